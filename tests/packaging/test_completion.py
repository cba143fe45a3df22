"""bash and zsh complete every command and option that the help names, by the shells' own doing."""

import functools
import re
import shlex
import tempfile

import pytest

import packaging

COMPLETION = packaging.ROOT / "packaging/completion"
COMMANDS = ["check", "dump", "explain", "flush", "run", "status"]

BASH = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$(({count} - 1))
_pacedns pacedns
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

# What compadd is given is printed instead of shown: completion itself needs a terminal, so one is made with zpty.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell {setup}
zpty -r shell output '*READY_TO_GO*'
zpty -w -n shell {line}$'\\t'
zpty -r shell output '*COMPLETED*'
print -r -- $output
zpty -d shell
"""
ZSH_SETUP = """\
PS1= PS2= RPS1=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -C -d {dump}; unsetopt zle_bracketed_paste; \
compadd() {{ [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)* ]] && {{ builtin compadd "$@"; return }}; \
local -a found; builtin compadd -O found "$@"; local each; for each in $found; print -r -- "<$each>"; builtin compadd "$@" }}; \
finished() {{ print COMPLETED }}; compprefuncs=(); comppostfuncs=(finished); print READY_TO'_'GO"""


@functools.cache
def help_of(*command: str) -> str:
    result = packaging.run(str(packaging.DAEMON), *command, "--help")
    assert result.returncode == 0, result.stderr
    return result.stdout


def commands() -> list[str]:
    return re.findall(r"^  (\w+)  ", help_of().split("\nSubcommands:\n")[1], re.MULTILINE)


def options(*command: str) -> set[str]:
    found = set(re.findall(r"(?<![\w-])--?\w[\w-]*", re.sub(r"(?m)^  .{28}.*?$", lambda m: m.group()[:30], help_of(*command))))
    assert "--help" in found
    return found


def bash(*words: str) -> set[str]:
    script = BASH.format(script=shlex.quote(str(COMPLETION / "pacedns.bash")), words=shlex.join(["pacedns", *words]),
                         count=len(words) + 1)
    result = packaging.run("bash", "--noprofile", "--norc", "-c", script)
    assert (result.returncode, result.stderr) == (0, "")
    return set(result.stdout.split())


@functools.cache
def folder_of_dump() -> tempfile.TemporaryDirectory:
    """For what compinit finds out, which takes it seconds."""
    return tempfile.TemporaryDirectory(prefix="pacedns-zsh-")


def zsh(*words: str) -> set[str]:
    setup = ZSH_SETUP.format(folder=shlex.quote(str(COMPLETION)), dump=shlex.quote(f"{folder_of_dump().name}/dump"))
    script = ZSH.format(setup=shlex.quote(setup), line=shlex.quote(shlex.join(["pacedns", *words[:-1]]) + " " + words[-1]))
    result = packaging.run("zsh", "-f", "-c", script)
    assert result.returncode == 0, result.stdout + result.stderr
    return set(re.findall(r"<([^<>\s]+)>", result.stdout))


SHELLS = pytest.mark.parametrize("complete", [bash, zsh])


def test_the_commands_are_those_of_the_help():
    assert sorted(commands()) == COMMANDS


@SHELLS
def test_every_command_is_offered(complete):
    assert complete("") >= set(COMMANDS)


@SHELLS
def test_every_option_is_offered(complete):
    assert complete("-") >= options()


@SHELLS
@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_offered(complete, command):
    offered = complete(command, "-")
    assert offered >= options(command) | {"-c", "--config"}
    assert offered <= options(command) | options() - {"--version"}

"""The scripts that dpkg runs are sound, and know the files that they are about."""

import os

import pytest

import packaging

SCRIPTS = packaging.ROOT / "packaging"


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_script_is_sound(name):
    script = SCRIPTS / name
    assert os.access(script, os.X_OK), f"{script}: not executable (chmod +x)"
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    result = packaging.run("shellcheck", "--shell=sh", str(script))
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_configuration_is_the_only_conffile():
    assert (SCRIPTS / "conffiles").read_text(encoding="utf-8") == "/etc/pacedns/pacedns.yaml\n"


def test_the_licence_is_the_projects():
    licence = (packaging.ROOT / "LICENSE").read_text(encoding="utf-8").split()
    copyright_file = [word for word in (SCRIPTS / "copyright").read_text(encoding="utf-8").split() if word != "."]
    grant = licence[licence.index("Permission"):]
    assert copyright_file[-len(grant):] == grant

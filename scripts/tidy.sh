#!/usr/bin/env bash
# Runs clang-tidy with the checks of .clang-tidy: scripts/tidy.sh [file...]
# Without files: every source in src, tools and bench. Test code is left out, GoogleTest's macros trip it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release
"$root/scripts/dependencies.sh" build lint

(cd "$root" && cmake --preset release --log-level=WARNING >/dev/null)
files=("$@")
if [ $# -eq 0 ]; then
  mapfile -t files < <(sed -nE "s#^ *\"file\": \"($root/(src|tools|bench)/.*)\".*#\1#p" \
    "$build/compile_commands.json" | grep -v "^$root/.*/tests/" | sort -u)
fi

# The compile commands are GCC's, and so are some warning options; clang's own warnings count as errors too.
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 --quiet -p "$build" --extra-arg=-Wno-unknown-warning-option \
    2> >(grep -vE '^[0-9]+ warnings? (generated|treated)' >&2) ||
  {
    echo "clang-tidy has findings. Mend them; where one is wrong, NOLINT(the-check) with the reason." >&2
    exit 1
  }
echo "clang-tidy: ${#files[@]} files, no findings"

#!/usr/bin/env bash
# Formats the C++ files of the tree: scripts/format.sh [--check]
# --check changes nothing, lists the files that are not formatted, and fails if there are any.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/dependencies.sh lint

# New files count before they are added; deleted ones are still listed until the deletion is.
mapfile -t listed < <(git ls-files --cached --others --exclude-standard -- \
  {include,src,tests,tools,bench}/'*.cpp' {include,src,tests,tools,bench}/'*.hpp')
files=()
for file in "${listed[@]}"; do
  if [ -f "$file" ]; then files+=("$file"); fi
done
if [ ${#files[@]} -eq 0 ]; then
  echo "No C++ files found: is this a git checkout?" >&2
  exit 1
fi

case ${1:-} in
  "") clang-format-14 -i "${files[@]}" ;;
  --check)
    unformatted=()
    for file in "${files[@]}"; do
      clang-format-14 "$file" | cmp -s - "$file" || unformatted+=("$file")
    done
    [ ${#unformatted[@]} -gt 0 ] || exit 0
    echo "Not formatted; scripts/format.sh puts it right:" >&2
    printf '  %s\n' "${unformatted[@]}" >&2
    exit 1
    ;;
  *)
    echo "usage: scripts/format.sh [--check]" >&2
    exit 2
    ;;
esac

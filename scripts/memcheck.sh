#!/usr/bin/env bash
# Runs the unit tests of the release build under valgrind's memcheck: scripts/memcheck.sh [module...]
# Finds what AddressSanitizer does not look for: the use of values that were never set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/dependencies.sh test

modules=("$@")
if [ $# -eq 0 ]; then
  for directory in tests/unit/*/; do modules+=("$(basename "$directory")"); done
fi
targets=()
for module in "${modules[@]}"; do targets+=("pacedns_${module}_unit_test"); done
scripts/build.sh release "${targets[@]}"

failed=()
for target in "${targets[@]}"; do
  printf '\n== %s\n' "$target"
  # Tests that count allocations, measure memory or use all descriptors see valgrind's own. Some replace operator new,
  # and valgrind wonders who freed what.
  valgrind --quiet --leak-check=full --show-mismatched-frees=no --error-exitcode=9 \
    "build/release/tests/$target" --gtest_brief=1 --gtest_filter="-*Allocat*:*Memory*:*Descriptor*" ||
    failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || {
  printf 'memcheck has findings in: %s\n' "${failed[*]}" >&2
  exit 1
}
echo "memcheck: ${#targets[@]} programs, no findings"

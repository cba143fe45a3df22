#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests: scripts/test.sh [fast]
# Labels decide what runs where:
#   architecture   once, in the release build
#   integration    in the dev build (ASan, UBSan), one at a time
#   optimized      in the release build, one at a time: some of the integration tests, and the benchmarks
#   system         once: the Debian package as a service of a systemd that is booted in a container
#   hot_path       in the dev build and in the release build; the instruction count exists in the latter only
#   concurrent     in the tsan build, too
#   fuzz           in the fuzz build: some seconds of each target
#   all but architecture, integration, optimized and system (unit tests first of all) in the dev build, with
#   the fuzz corpora
# clang-tidy runs beside the integration tests, and cppcheck at the end.
# `fast` makes the release build only, and leaves out the integration tests, the system test, cppcheck and clang-tidy.
# The last lines say what did not run, and why; the last of all sums up; the exit status is 0 only if something ran and nothing failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-all} in
  all | fast) mode=${1:-all} ;;
  *)
    echo "usage: scripts/test.sh [fast]" >&2
    exit 2
    ;;
esac

results=$(mktemp -d)
tidy=
trap 'rm -rf "$results"; if [ -n "$tidy" ]; then kill -- "-$tidy" 2>/dev/null || true; fi' EXIT

# See scripts/build.sh.
fixed_layout=()
if setarch -R true 2>/dev/null; then fixed_layout=(setarch -R); fi
# Undefined behaviour is only a printed line otherwise.
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}

# step NAME TITLE COMMAND...: a failure is noted in the results, and returned.
step() {
  local name=$1 title=$2 begin=$SECONDS outcome=finished
  printf '\n== %s\n' "$title"
  if ! "${@:3}"; then
    outcome=FAILED
    touch "$results/$name.failed"
  fi
  printf '== %s: %s after %d s\n' "$title" "$outcome" $((SECONDS - begin))
  [ "$outcome" = finished ]
}

# build PRESET TARGET...: everything without targets
build() {
  step "build-$1" "Build of $1" scripts/build.sh "$@"
}

make_package() {
  scripts/package.sh | tee "$results/package.log"
}

# tests NAME TITLE PRESET JOBS CTEST-SELECTION...
tests() {
  step "$1" "$2" "${fixed_layout[@]}" ctest --test-dir "build/$3" -j "$4" "${@:5}" \
    --output-on-failure --timeout 300 --no-tests=error --output-junit "$results/$1.xml" \
    --test-output-size-passed 1000000 --test-output-size-failed 1000000 || true
}

# The integration tests mostly wait: clang-tidy has what they leave of the processors.
start_tidy() {
  setsid nice -n 19 scripts/tidy.sh >"$results/tidy.log" 2>&1 &
  tidy=$!
}

finish_tidy() {
  local status=0
  wait "$tidy" || status=$?
  tidy=
  cat "$results/tidy.log"
  return "$status"
}

scripts/dependencies.sh build test lint system

other=(-LE '^(architecture|integration|optimized|system)$')
programs=(pacedns pacedns-upstream)
release=("${programs[@]}" pacedns-echo pacedns_cache_unit_test pacedns_hot_path_test pacedns-hits)
if [ "$mode" = fast ]; then release=(); fi
if build release "${release[@]}"; then
  tests architecture "Architecture tests" release 1 -L '^architecture$'
  if [ "$mode" = fast ]; then tests unit-release "Unit tests, release" release "$(nproc)" "${other[@]}"; fi
fi
if [ "$mode" = all ]; then
  if build dev; then
    tests unit-dev "Unit tests, dev (ASan, UBSan)" dev "$(nproc)" "${other[@]}"
    start_tidy
    tests integration-dev "Integration tests, dev (ASan, UBSan)" dev 1 -L '^integration$'
  else
    start_tidy
  fi
  step tidy "clang-tidy, the rest of it" finish_tidy || true
  if [ -x build/release/pacedns ]; then
    # Sanitizers bring an allocator of their own, so this one cannot be measured in the dev build.
    tests memory-release "Memory accounting, release" release 1 -R '^cache\.MessageCache\.CountsAllTheMemoryItTakes$'
    tests hot-path-release "Cost of a hit, release" release 1 -L '^hot_path$'
    tests integration-release "Integration tests, release" release 1 -L '^optimized$'
  fi
  if step package "Debian package" make_package; then
    PACEDNS_PACKAGE=$(tail -n 1 "$results/package.log") tests system "System test" release 1 -L '^system$'
  fi
  if build tsan "${programs[@]}" concurrent_tests; then
    tests concurrent-tsan "Concurrent tests, tsan" tsan 1 -L '^concurrent$'
  fi
  if build fuzz; then
    tests fuzz "Fuzz targets, some seconds each" fuzz "$(nproc)" -L '^fuzz$'
  fi
  step cppcheck "cppcheck" scripts/cppcheck.sh || true
  step conformance "Tests that docs/CONFORMANCE.md names" /usr/bin/python3 scripts/conformance.py "$results" || true
fi

echo
/usr/bin/python3 scripts/count_tests.py "$results"

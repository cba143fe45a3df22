#!/usr/bin/env bash
# Fuzzes: scripts/fuzz.sh MINUTES [TARGET...]
# Installs what is missing, builds, and runs each target (all, unless some are named) that long, two at a time. MINUTES
# may have a fraction. A target is a file tests/fuzz/TARGET_fuzz.cpp. It begins with tests/fuzz/corpus/TARGET and what
# earlier runs have added in build/fuzz/corpus/TARGET. What breaks it is kept in build/fuzz/findings/TARGET:
#   build/fuzz/fuzzers/pacedns-fuzz-TARGET FILE     runs one input again
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  echo "usage: scripts/fuzz.sh MINUTES [TARGET...]   (targets: ${known[*]})" >&2
  exit 2
}

known=(tests/fuzz/*_fuzz.cpp)
known=("${known[@]#tests/fuzz/}")
known=("${known[@]%_fuzz.cpp}")
[[ ${1:-} =~ ^[0-9]+(\.[0-9]+)?$ ]] || usage
seconds=$(awk -v minutes="$1" 'BEGIN { printf "%d", minutes * 60 + 0.5 }')
targets=("${@:2}")
if [ ${#targets[@]} -eq 0 ]; then targets=("${known[@]}"); fi
for target in "${targets[@]}"; do
  case " ${known[*]} " in *" $target "*) ;; *) usage ;; esac
done

scripts/build.sh fuzz "${targets[@]/#/pacedns-fuzz-}"

# See scripts/build.sh.
fixed_layout=()
if setarch -R true 2>/dev/null; then fixed_layout=(setarch -R); fi
# Undefined behaviour is only a printed line otherwise.
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}

# fuzz TARGET: its log is kept, and of it the end is shown
fuzz() {
  local target=$1 failed=0 dictionary=()
  local corpus=build/fuzz/corpus/$target findings=build/fuzz/findings/$target log=build/fuzz/logs/$target.log
  if [ -f "tests/fuzz/dictionary/$target.dict" ]; then dictionary=(-dict="tests/fuzz/dictionary/$target.dict"); fi
  mkdir -p "$corpus" "$findings" build/fuzz/logs
  "${fixed_layout[@]}" "build/fuzz/fuzzers/pacedns-fuzz-$target" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=1024 -print_final_stats=1 -print_funcs=0 "${dictionary[@]}" -artifact_prefix="$findings/" \
    "$corpus" "tests/fuzz/corpus/$target" >"$log" 2>&1 || failed=1
  awk -v target="$target" -v failed="$failed" -v log_file="$log" '
    /^broken rule:|^==[0-9]+==ERROR|runtime error:|Test unit written to/ { print target ": " $0 }
    /^stat::number_of_executed_units:/ { runs = $2 }
    /^stat::average_exec_per_sec:/ { rate = $2 }
    END {
      printf "%s: %d inputs, %d a second%s\n", target, runs, rate, failed ? ": FAILED, see " log_file : ""
    }' "$log"
  return "$failed"
}

failures=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  jobs=()
  for target in "${targets[@]:i:2}"; do
    fuzz "$target" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failures=$((failures + 1)); done
done
if [ "$failures" -gt 0 ]; then
  echo "$failures of ${#targets[@]} targets failed" >&2
  exit 1
fi

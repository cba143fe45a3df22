#!/usr/bin/env bash
# Installs what is missing and builds: scripts/build.sh [preset] [target...]
# The preset is release unless another is named; without targets everything is built, of fuzz its targets.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

presets="release dev tsan fuzz coverage"
preset=${1:-release}
case " $presets " in
  *" $preset "*) ;;
  *)
    echo "usage: scripts/build.sh [preset] [target...]   (presets: $presets)" >&2
    exit 2
    ;;
esac

targets=("${@:2}")
groups=(build)
if [ "$preset" = fuzz ]; then
  groups+=(fuzz)
  # clang 14 cannot compile Asio's coroutines with AddressSanitizer.
  if [ ${#targets[@]} -eq 0 ]; then targets=(fuzzers); fi
fi
scripts/dependencies.sh "${groups[@]}"

# The build runs test programs to list their tests, and sanitizers of this age fail at random where the
# kernel randomizes addresses widely.
fixed_layout=()
if setarch -R true 2>/dev/null; then fixed_layout=(setarch -R); fi

launcher=$(command -v ccache || true)
cmake --preset "$preset" -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" --log-level=WARNING >/dev/null
"${fixed_layout[@]}" ninja -C "build/$preset" -j "$(nproc)" "${targets[@]}"
if [ -x "build/$preset/pacedns" ]; then echo "The daemon is $PWD/build/$preset/pacedns"; fi

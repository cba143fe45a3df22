#!/usr/bin/env bash
# Installs what is missing, builds, and measures pacedns beside its peers: bench/run.sh [PART...] [OPTION...]
# Parts are hits, misses, tiers, memory, growth, watching and all; --help shows the options, bench/README.md says more.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

{
  "$root/scripts/dependencies.sh" bench peers
  "$root/scripts/build.sh" release pacedns pacedns-upstream pacedns-echo
} >&2
exec env PYTHONPATH="$root/bench" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -P -m suite "$@"

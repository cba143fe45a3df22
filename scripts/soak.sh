#!/usr/bin/env bash
# Installs what is missing, builds, and has clients of all kinds ask a daemon for a long time, while upstreams flap and
# the configuration is reloaded. Memory, descriptors, threads and latency go into build/soak/soak.csv and soak.svg.
#   scripts/soak.sh [MINUTES]     30 unless told
# At the end comes a verdict; the exit status is 0 only if memory and descriptors were flat and no query was lost.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

{
  "$root/scripts/dependencies.sh" faults
  # Whoever names a folder has built what is in it.
  if [ -z "${PACEDNS_BUILD_DIR:-}" ]; then "$root/scripts/build.sh" release pacedns pacedns-upstream; fi
} >&2
exec env PYTHONPATH="$root/tests/soak:$root/tests/integration" PYTHONDONTWRITEBYTECODE=1 \
  /usr/bin/python3 -P -m soak --folder "$root/build/soak" "$@"

#!/usr/bin/env bash
# Installs what is missing, builds, and takes docs/status-page.png: the status page of a daemon that has been busy for
# five minutes with five simulated upstreams.
#   scripts/screenshot.sh [--seconds N] [--output FILE]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
  exit 0
fi

"$root/scripts/dependencies.sh" demo test
"$root/scripts/build.sh" release pacedns pacedns-upstream
exec /usr/bin/python3 "$root/tools/screenshot/screenshot.py" --build-dir "$root/build/release" "$@"

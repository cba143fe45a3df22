#!/usr/bin/env bash
# Installs what is missing, builds, and does one fault after the other to a running daemon: dark, refusing and lying
# upstreams, full buffers, no descriptors, interfaces that go, a clock that steps, and others. Prints what each did to
# the queries that were asked meanwhile: how many were lost, how long they took, what was counted. Six minutes.
#   scripts/faults.sh [--only NAME]... [--list]
# The exit status is 0 only if no query was lost and every reply was right. As root, or those in namespaces are skipped.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

{
  "$root/scripts/dependencies.sh" faults
  # Whoever names a folder has built what is in it.
  if [ -z "${PACEDNS_BUILD_DIR:-}" ]; then "$root/scripts/build.sh" release pacedns pacedns-upstream; fi
} >&2
exec env PYTHONPATH="$root/tests/faults:$root/tests/integration" PYTHONDONTWRITEBYTECODE=1 \
  /usr/bin/python3 -P -m faults "$@"

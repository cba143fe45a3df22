#!/usr/bin/env bash
# Installs what is missing, builds, and runs the forwarder in the foreground on 127.0.0.1:5300.
#   scripts/run.sh             forwards to this machine's nameservers, or to public ones
#   scripts/run.sh -c FILE     with a configuration of yours; further arguments go to `pacedns run` too
#   scripts/run.sh --demo      against five simulated upstreams of unequal speed, and shows what happens
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}"
  exit 0
fi

if [ "${1:-}" = --demo ]; then
  "$root/scripts/dependencies.sh" demo
  "$root/scripts/build.sh" release pacedns pacedns-upstream
  exec /usr/bin/python3 "$root/tools/demo/demo.py" --build-dir "$build" "${@:2}"
fi

"$root/scripts/build.sh" release pacedns
for argument in "$@"; do
  case $argument in -c* | --config*) exec "$build/pacedns" run "$@" ;; esac
done

# Where systemd-resolved is in charge, resolv.conf names its stub and the second file the real ones.
mapfile -t servers < <(cat /etc/resolv.conf /run/systemd/resolve/resolv.conf 2>/dev/null |
  awk '$1 == "nameserver" && $2 !~ /^(127\.|::1$|0\.0\.0\.0$|::$)/ && !seen[$2]++ { print $2 }')
if [ ${#servers[@]} -eq 0 ]; then servers=(9.9.9.9 1.1.1.1); fi
{
  echo "# Written by scripts/run.sh at each start; to change something, copy it and use: scripts/run.sh -c FILE"
  echo 'listen: ["127.0.0.1:5300"]'
  echo 'upstream:'
  echo '  servers:'
  printf '    - "%s"\n' "${servers[@]}"
  echo 'status: { listen: "127.0.0.1:9853", privacy: full }'
  echo "control: { socket: \"$build/control.sock\" }"
} >"$build/run.yaml"

echo "Forwarding to ${servers[*]}"
echo "Ask it something: dig @127.0.0.1 -p 5300 example.org     Stop it: Ctrl-C"
echo "See what it does: http://127.0.0.1:9853/, or $build/pacedns status -c $build/run.yaml"
exec "$build/pacedns" run -c "$build/run.yaml" "$@"

#!/usr/bin/env bash
# Boots a copy of this machine with Debian's systemd in a container, lets it run one unit, and waits for its end:
#   container.sh SECONDS UNIT FOLDER=PLACE...
# UNIT is a file; the container is powered off when the unit has ended, and killed after SECONDS. Each FOLDER appears
# at PLACE in it, read-only unless PLACE ends with ":rw". What the container says goes to stdout. Needs root.
#
# The copy is an overlay of / on memory, so that nothing in it reaches the machine, and has a network of its own
# without a way out. Everything is mounted in a mount namespace and runs in a PID namespace, which the kernel clears
# when the first process of it ends; that one dies with this script, however it ends.
set -euo pipefail

limit=$1 unit=$2
shift 2

# Once more, in a mount namespace.
if [ -z "${PACEDNS_OWN_MOUNTS:-}" ]; then
  PACEDNS_OWN_MOUNTS=1 exec unshare --mount "$0" "$limit" "$unit" "$@"
fi

# One hierarchy for all control groups, as Debian's systemd has it, also where this machine's are of the old kind. A
# group at its top: the container must have one of its own, and within a login session's there is none to be had.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/pacedns-system-test-$$
mkdir "$group"
pid=
finish() {
  if [ -n "$pid" ]; then
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" || true
  fi
  # The kernel needs a moment for the last processes.
  for _ in {1..100}; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && return
    sleep 0.1
  done
  echo "Could not remove $group" >&2
}
trap finish EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT

# The copy. Other file systems that are mounted below / are not part of it, and /run belongs to the container's
# manager out here, which leaves files there.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/upper /run/work /run/copy
mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work overlay /run/copy
root=/run/copy

# What makes it this machine, or would start its services, goes.
rm -rf "$root"/etc/systemd/{system,network} "$root"/etc/systemd/*.conf.d "$root"/etc/sysctl.d "$root"/var/log/journal
rm -f "$root"/etc/fstab "$root"/etc/crypttab "$root"/etc/sysctl.conf "$root"/usr/sbin/policy-rc.d
mkdir -p "$root"/etc/systemd/system "$root"/etc/systemd/journald.conf.d
systemd-id128 new >"$root"/etc/machine-id
echo pacedns-test >"$root"/etc/hostname
printf '[Journal]\nStorage=volatile\nForwardToConsole=no\nRateLimitBurst=0\n' \
  >"$root"/etc/systemd/journald.conf.d/pacedns-test.conf
cp "$unit" "$root"/etc/systemd/system/

binds=()
for bind in "$@"; do
  case $bind in
    *:rw) bind=${bind%:rw} && binds+=("--bind=${bind%%=*}:${bind#*=}") ;;
    *) binds+=("--bind-ro=${bind%%=*}:${bind#*=}") ;;
  esac
done

(
  echo 0 >"$group"/cgroup.procs
  exec setpriv --pdeathsig KILL unshare --pid --fork --kill-child --mount-proc \
    timeout --signal=KILL "$limit" \
    systemd-nspawn --quiet --boot --directory="$root" --register=no --keep-unit --private-network \
    --machine=pacedns-test --link-journal=no --resolv-conf=off --timezone=off --console=read-only "${binds[@]}" \
    -- --unit="$(basename "$unit")" --log-target=journal --show-status=no
) &
pid=$!
wait "$pid" || status=$?
pid=
exit "${status:-0}"

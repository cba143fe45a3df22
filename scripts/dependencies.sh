#!/usr/bin/env bash
# Installs what is missing from Debian's packages: scripts/dependencies.sh GROUP...
# Says what it installs; prints and runs nothing when nothing is missing.
set -euo pipefail

declare -A groups=(
  [build]="g++ cmake ninja-build pkg-config libboost1.81-dev libldns-dev libspdlog-dev libyaml-cpp-dev
           libcli11-dev libsystemd-dev libxxhash-dev libgtest-dev libgmock-dev"
  [demo]="python3"
  [test]="git python3 python3-dnspython python3-pytest python3-yaml iproute2 procps bind9-dnsutils knot-dnsutils
          ldnsutils nsd unbound"
  [lint]="git clang-format-14 clang-tidy-14 python3"
  [fuzz]="clang-14 libclang-rt-14-dev"
)

# How to see on a machine without Debian's packages that one is not needed: a command, a C++ header in <>,
# or a Python module in ().
declare -A evidence=(
  [g++]=g++ [cmake]=cmake [ninja-build]=ninja [pkg-config]=pkg-config [git]=git [python3]=/usr/bin/python3
  [libboost1.81-dev]="<boost/asio.hpp>" [libldns-dev]="<ldns/ldns.h>" [libspdlog-dev]="<spdlog/spdlog.h>"
  [libyaml-cpp-dev]="<yaml-cpp/yaml.h>" [libcli11-dev]="<CLI/CLI.hpp>" [libxxhash-dev]="<xxhash.h>"
  [libsystemd-dev]="<systemd/sd-daemon.h>" [libgtest-dev]="<gtest/gtest.h>" [libgmock-dev]="<gmock/gmock.h>"
  [python3-dnspython]="(dns)" [python3-pytest]="(pytest)" [python3-yaml]="(yaml)"
  [iproute2]=ip [procps]=pgrep [bind9-dnsutils]=dig [knot-dnsutils]=kdig [ldnsutils]=drill [nsd]=nsd [unbound]=unbound
  [clang-format-14]=clang-format-14 [clang-tidy-14]=clang-tidy-14
  [clang-14]=clang++-14 [libclang-rt-14-dev]=clang++-14
)

# Daemons the tests start themselves; as services of this machine they would take port 53.
services=(nsd.service unbound.service unbound-resolvconf.service)
policy=/usr/sbin/policy-rc.d
policy_mark="pacedns: keeps nsd and unbound from starting while they are installed"

is_present() {
  local proof=${evidence[$1]}
  case $proof in
    "<"*) g++ -x c++ -E - <<<"#include $proof" >/dev/null 2>&1 ;;
    "("*) /usr/bin/python3 -c "import ${proof//[()]/}" 2>/dev/null ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$proof" >/dev/null ;;
  esac
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 "$@"
}

# A policy of the machine's own stays; one that an interrupted run of this script left is ours.
hold_services() {
  if [ -e "$policy" ] && ! grep -qs "$policy_mark" "$policy"; then return; fi
  trap 'as_root rm -f "$policy"' EXIT
  as_root tee "$policy" >/dev/null <<EOF
#!/bin/sh
# $policy_mark
case "\$1" in nsd* | unbound*) exit 101 ;; esac
exit 0
EOF
  as_root chmod 755 "$policy"
}

disable_services() {
  command -v systemctl >/dev/null || return 0
  local now=()
  [ -d /run/systemd/system ] && now=(--now)
  for service in "${services[@]}"; do
    # unbound-resolvconf.service, which would point resolv.conf at Unbound, belongs to unbound.
    case " $1 " in *" ${service%%[.-]*} "*) ;; *) continue ;; esac
    echo "Leaving $service disabled: the tests start their own."
    as_root systemctl disable --quiet "${now[@]}" "$service" 2>/dev/null ||
      echo "It could not be disabled; 'systemctl disable $service' may be needed." >&2
  done
}

packages=()
for group in "$@"; do
  if [ -z "${groups[$group]:-}" ]; then
    echo "usage: scripts/dependencies.sh GROUP...   (groups: ${!groups[*]})" >&2
    exit 2
  fi
  read -r -d '' -a members <<<"${groups[$group]}" || true
  packages+=("${members[@]}")
done

check=is_present
command -v apt-get >/dev/null && check=is_installed
missing=()
for package in "${packages[@]}"; do
  case " ${missing[*]} " in *" $package "*) continue ;; esac
  "$check" "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$check" = is_present ]; then
  echo "Missing, under the names of Debian 12's packages: ${missing[*]}" >&2
  echo "There is no apt-get here: install these by this system's own means, then try again." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
  echo "Missing, and there is neither root nor sudo to install them: ${missing[*]}" >&2
  echo "As root: apt-get install ${missing[*]}" >&2
  exit 1
fi

echo "Installing from Debian's packages: ${missing[*]}"
trap 'exit 130' INT TERM HUP
case " ${missing[*]} " in *" nsd "* | *" unbound "*) hold_services ;; esac
apt_get update || echo "apt-get update failed; going on with the package lists that are here." >&2
if ! apt_get install --no-install-recommends --no-remove "${missing[@]}"; then
  echo "Could not install: ${missing[*]} (pacedns is built from Debian 12's packages)." >&2
  exit 1
fi
disable_services "${missing[*]}"

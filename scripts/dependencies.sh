#!/usr/bin/env bash
# Installs what is missing from Debian's packages: scripts/dependencies.sh GROUP...
# Says what it installs; prints and runs nothing when nothing is missing.
set -euo pipefail

declare -A groups=(
  [build]="g++ cmake ninja-build pkg-config libboost1.81-dev libldns-dev libspdlog-dev libyaml-cpp-dev
           libcli11-dev libsystemd-dev libxxhash-dev libboost-json1.81-dev prometheus-cpp-dev
           libgtest-dev libgmock-dev"
  [demo]="python3"
  [test]="git python3 python3-dnspython python3-pytest python3-yaml iproute2 procps bind9-dnsutils knot-dnsutils
          ldnsutils nsd unbound dnsperf libbenchmark-dev valgrind
          binutils systemd scdoc shellcheck prometheus chromium chromium-driver python3-selenium zsh curl"
  [faults]="python3 python3-dnspython python3-yaml iproute2 faketime"
  [system]="python3 python3-dnspython python3-pytest python3-yaml bind9-dnsutils systemd systemd-container"
  [lint]="git clang-format-14 clang-tidy-14 cppcheck python3"
  [fuzz]="clang-14 libclang-rt-14-dev"
  [bench]="python3 dnsperf libbenchmark-dev"
  [package]="python3 scdoc dpkg-dev lintian"
  [peers]="dnsdist unbound dnsmasq-base smartdns knot-resolver pdns-recursor bind9"
)

# Whoever asks for this group can do without any of its packages: the script goes on and succeeds without them.
optional_group=peers

# How to see on a machine without Debian's packages that one is not needed: a command, a C++ header in <>,
# or a Python module in ().
declare -A evidence=(
  [g++]=g++ [cmake]=cmake [ninja-build]=ninja [pkg-config]=pkg-config [git]=git [python3]=/usr/bin/python3
  [libboost1.81-dev]="<boost/asio.hpp>" [libldns-dev]="<ldns/ldns.h>" [libspdlog-dev]="<spdlog/spdlog.h>"
  [libyaml-cpp-dev]="<yaml-cpp/yaml.h>" [libcli11-dev]="<CLI/CLI.hpp>" [libxxhash-dev]="<xxhash.h>"
  [libboost-json1.81-dev]="<boost/json.hpp>" [prometheus-cpp-dev]="<prometheus/text_serializer.h>"
  [libsystemd-dev]="<systemd/sd-daemon.h>" [libgtest-dev]="<gtest/gtest.h>" [libgmock-dev]="<gmock/gmock.h>"
  [python3-dnspython]="(dns)" [python3-pytest]="(pytest)" [python3-yaml]="(yaml)"
  [iproute2]=ip [procps]=pgrep [bind9-dnsutils]=dig [knot-dnsutils]=kdig [ldnsutils]=drill [nsd]=nsd [unbound]=unbound
  [scdoc]=scdoc [dpkg-dev]=dpkg-shlibdeps [lintian]=lintian [systemd]=systemd-analyze [shellcheck]=shellcheck
  [systemd-container]=systemd-nspawn [prometheus]=promtool [chromium]=chromium [chromium-driver]=chromedriver
  [faketime]=faketime [python3-selenium]="(selenium)" [zsh]=zsh [curl]=curl
  [binutils]=readelf [clang-format-14]=clang-format-14 [clang-tidy-14]=clang-tidy-14 [cppcheck]=cppcheck
  [clang-14]=clang++-14 [libclang-rt-14-dev]=clang++-14
  [dnsperf]=dnsperf [libbenchmark-dev]="<benchmark/benchmark.h>" [valgrind]=valgrind [dnsdist]=dnsdist [dnsmasq-base]=dnsmasq
  [smartdns]=smartdns [knot-resolver]=kresd [pdns-recursor]=pdns_recursor [bind9]=named
)

# Daemons that the tests and benchmarks start themselves or, as prometheus, do not need running, by package: as services
# of this machine DNS servers would take port 53, and the resolvconf ones would point resolv.conf at them. dnsmasq-base
# brings no service.
declare -A services=(
  [prometheus]=prometheus.service
  [nsd]=nsd.service [unbound]="unbound.service unbound-resolvconf.service" [dnsdist]=dnsdist.service
  [smartdns]=smartdns.service [knot-resolver]="kresd.target kres-cache-gc.service"
  [pdns-recursor]=pdns-recursor.service [bind9]="named.service named-resolvconf.service"
)
policy=/usr/sbin/policy-rc.d
policy_mark="pacedns: keeps servers from starting while they are installed"

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

install() {
  apt_get install --no-install-recommends --no-remove "$@"
}

# One that cannot be had does not keep the others away.
install_optional() {
  install "$@" && return
  echo "They cannot be installed all at once; going on one by one." >&2
  for package in "$@"; do
    is_installed "$package" || install "$package" || echo "Left out, as it cannot be installed: $package" >&2
  done
}

# Keeps the services of these packages from being started until the script ends. A policy of the machine's own stays;
# one that an interrupted run of this script left is ours.
hold_services() {
  local patterns="" package unit
  for package in "$@"; do
    for unit in ${services[$package]:-}; do patterns+="${patterns:+ | }${unit%%.*}*"; done
  done
  [ -n "$patterns" ] || return 0
  if [ -e "$policy" ] && ! grep -qs "$policy_mark" "$policy"; then return; fi
  trap 'as_root rm -f "$policy"' EXIT
  as_root tee "$policy" >/dev/null <<EOF
#!/bin/sh
# $policy_mark
case "\$1" in $patterns) exit 101 ;; esac
exit 0
EOF
  as_root chmod 755 "$policy"
}

# The services of those of these packages that have been installed.
disable_services() {
  command -v systemctl >/dev/null || return 0
  local now=() package unit
  [ -d /run/systemd/system ] && now=(--now)
  for package in "$@"; do
    is_installed "$package" || continue
    for unit in ${services[$package]:-}; do
      echo "Leaving $unit disabled: the tests and benchmarks start their own."
      as_root systemctl disable --quiet "${now[@]}" "$unit" 2>/dev/null ||
        echo "It could not be disabled; 'systemctl disable $unit' may be needed." >&2
    done
  done
}

# What of a group is not there and not yet listed in the other arguments.
missing_of() {
  local package
  for package in ${groups[$1]}; do
    case " ${*:2} " in *" $package "*) continue ;; esac
    "$check" "$package" || echo "$package"
  done
}

check=is_present
command -v apt-get >/dev/null && check=is_installed
required=()
optional=()
for group in "$@"; do
  if [ -z "${groups[$group]:-}" ]; then
    echo "usage: scripts/dependencies.sh GROUP...   (groups: ${!groups[*]})" >&2
    exit 2
  fi
  [ "$group" = "$optional_group" ] || mapfile -t -O ${#required[@]} required < <(missing_of "$group" "${required[@]}")
done
case " $* " in *" $optional_group "*) mapfile -t optional < <(missing_of "$optional_group" "${required[@]}") ;; esac
missing=("${required[@]}" "${optional[@]}")
[ ${#missing[@]} -gt 0 ] || exit 0

# How it ends when nothing can be installed.
failure=$((${#required[@]} > 0))
if [ "$check" = is_present ]; then
  echo "Missing, under the names of Debian 12's packages: ${missing[*]}" >&2
  echo "There is no apt-get here: install these by this system's own means, then try again." >&2
  exit "$failure"
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
  echo "Missing, and there is neither root nor sudo to install them: ${missing[*]}" >&2
  echo "As root: apt-get install ${missing[*]}" >&2
  exit "$failure"
fi

echo "Installing from Debian's packages: ${missing[*]}"
trap 'exit 130' INT TERM HUP
hold_services "${missing[@]}"
apt_get update || echo "apt-get update failed; going on with the package lists that are here." >&2
if [ ${#required[@]} -gt 0 ] && ! install "${required[@]}"; then
  echo "Could not install: ${required[*]} (pacedns is built from Debian 12's packages)." >&2
  exit 1
fi
[ ${#optional[@]} -eq 0 ] || install_optional "${optional[@]}"
disable_services "${missing[@]}"

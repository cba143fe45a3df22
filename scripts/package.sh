#!/usr/bin/env bash
# Installs what is missing and builds the Debian package: scripts/package.sh
# Then come its size, its dependencies and what lintian says; lintian's errors are failures.
# The last line is the path of the package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/dependencies.sh build package >&2

# The same commit gives the same package.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
export SOURCE_DATE_EPOCH
umask 022

build=$PWD/build/package
rm -rf "$build"
mkdir -p "$build"
cmake --preset release -DPACEDNS_PACKAGE=ON --log-level=WARNING >/dev/null
scripts/build.sh release pacedns pacedns_documents
cpack -G DEB --config build/release/CPackConfig.cmake -B "$build" >"$build/cpack.log" 2>&1 || {
  cat "$build/cpack.log" >&2
  exit 1
}
package=$(ls "$build"/pacedns_*.deb)

printf '\nSize: %s bytes, %s KiB installed\n' "$(stat -c %s "$package")" "$(dpkg-deb -f "$package" Installed-Size)"
echo "Depends: $(dpkg-deb -f "$package" Depends)"
echo "lintian:"
lintian --allow-root --fail-on error "$package"
echo "$package"

#!/usr/bin/env bash
# Runs cppcheck over the sources: scripts/cppcheck.sh
# What it finds is an error; .cppcheck-suppressions has what it is wrong about, each with the reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/dependencies.sh lint

cppcheck -j "$(nproc)" --std=c++20 --language=c++ --enable=warning,performance,portability --inline-suppr --quiet \
  --suppressions-list=.cppcheck-suppressions --suppress=missingIncludeSystem --error-exitcode=1 -I include \
  -i tools/upstream/tests src tools/upstream
echo "cppcheck: no findings"

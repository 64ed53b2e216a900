#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Everything that must hold before a change lands: house rules, formatting, all tests in the
# release build, the same tests under ASan + UBSan, and those of concurrent code under TSan.
set -euo pipefail
cd "$(dirname "$0")/../.."
say() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }

say "house rules"
/usr/bin/python3 deploy/ci/check_house.py
say "Python unit tests"
deploy/ci/python_tests.sh unit
say "manifests, rules and dashboards"
deploy/bootstrap.sh --operations
deploy/ci/python_tests.sh operations
say "formatting"
git ls-files -- '*.cc' '*.h' | xargs clang-format-19 --dry-run --Werror
say "release build"
deploy/build.sh release
say "release tests"
ctest --test-dir build/release --output-on-failure -j 2
deploy/ci/python_tests.sh integration
say "ASan + UBSan build"
deploy/build.sh asan
say "ASan + UBSan tests"
ctest --test-dir build/asan --output-on-failure -j 2
say "ThreadSanitizer build"
deploy/build.sh tsan tsan_tests
say "ThreadSanitizer tests"
ctest --test-dir build/tsan -L '^tsan$' --no-tests=error --output-on-failure -j 2

#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# The tests that are Python. usage: deploy/ci/python_tests.sh unit|operations|integration|deploy|offline
#   integration needs the release build; operations needs deploy/bootstrap.sh --operations, deploy
#   --cluster, --image and `make image`, offline --offline and `make build`.
set -euo pipefail
cd "$(dirname "$0")/../.."
/usr/bin/python3 client/python/generate.py
export PYTHONPATH=$PWD/client/python:$PWD
run() { # folder
  echo "$1"
  /usr/bin/python3 -m unittest discover -q -s "$1" -p '*_test.py'
}
case ${1:-} in
  unit)
    /usr/bin/python3 -m unittest -q deploy.ci.check_house_test deploy.onnx_metadata_test \
      tests.bench.load_test
    run tests/unit/client/python
    run tests/unit/models/ocr
    run tests/unit/eval
    ;;
  operations)
    /usr/bin/python3 -m unittest -q tests.deploy.kubernetes_test tests.deploy.dashboards_test \
      tests.deploy.bill_of_materials_test
    ;;
  integration)
    run tests/integration/python
    /usr/bin/python3 -m unittest -q tests.deploy.monitored_test
    ;;
  deploy) /usr/bin/python3 -m unittest discover -q -s tests/deploy -t . -p '*_test.py' ;;
  offline) build/deps/ray/bin/python -m unittest -v tests.offline.offline_test ;;
  *) echo "usage: deploy/ci/python_tests.sh unit|operations|integration|deploy|offline" >&2; exit 2 ;;
esac

# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# The front door. Every target sets itself up on a bare Debian 12 and does nothing twice.
.PHONY: demo serve test test-deploy image arm64 simulate bench bench-peers test-offline eval build asan tsan format bootstrap clean
.DEFAULT_GOAL := demo

CCACHE_DIR ?= $(CURDIR)/build/ccache
export CCACHE_DIR
JOBS ?= $(shell nproc)

bootstrap:
	@deploy/bootstrap.sh

PROGRAMS := omserve omserve-client omserve-doctor omserve-loadtest ascendcl atc

# Optimised programs and libraries, the OM files of the shipped models, the Python client's stubs.
build: bootstrap
	@deploy/build.sh release $(PROGRAMS)
	@deploy/compile_models.sh build/release build/models
	@deploy/compile_ocr.sh build/release models/ppocr_v4/pipeline.pbtxt build/models_ocr/ppocr_v4
	@/usr/bin/python3 client/python/generate.py

# Two simulated NPUs, held-out scenes in, drawn pictures out.
demo: build
	@deploy/demo.sh

# The same server on the usual ports (8500 gRPC, 8501 control, 8502 health, 8503 metrics), until Ctrl-C.
serve: build
	@deploy/serve.sh

# House rules, unit and integration tests, again under ASan + UBSan, and concurrent code under TSan.
test: bootstrap
	@deploy/ci/test.sh

# The container image with hostacl, without a Docker engine (root): build/image. FROM_SOURCE=1 compiles inside.
image: build
	@deploy/bootstrap.sh --image
	@deploy/image/build.sh $(if $(FROM_SOURCE),--from-source)

# For arm64 hosts, on x86-64 (root): the programs cross-compiled in build/arm64 (ten minutes on two cores), and
# the image with hostacl by qemu-user in build/image/arm64.
arm64: build
	@deploy/bootstrap.sh --arm64
	@deploy/bootstrap.sh --image
	@deploy/build.sh arm64 omserve omserve-client omserve-doctor ascendcl
	@deploy/image/build.sh --arm64

# What operates it, executed: the image in namespaces, every overlay against a real Kubernetes API server
# (built from source once, ten minutes), dashboards and rules against a real Prometheus, the image for
# arm64 under qemu-user.
test-deploy: image arm64
	@deploy/bootstrap.sh --cluster
	@deploy/ci/python_tests.sh deploy
	@PYTHONPATH=client/python:. /usr/bin/python3 -m tests.deploy.report --out build/deploy

# The scheduler in virtual time, against its invariants; replays a failure with a full trace:
# make simulate SEED=17
# With a profile: how many devices does a load need (docs/capacity.md)?
# make simulate PROFILE=hostacl/profiles/910b4-internvit-6b.json RATE=500 P99_MS=1000
SEEDS ?= 20000
FROM ?= 1
RATE ?= 500
P99_MS ?= 300
simulate: bootstrap
ifdef PROFILE
	@deploy/build.sh release capacity
	@build/release/tests/capacity --profile $(PROFILE) --rate $(RATE) --p99-ms $(P99_MS) \
	  $(foreach stage,$(ITEMS),--items $(stage)) $(if $(HOST_MS),--host-ms $(HOST_MS)) $(OPTIONS)
else
	@deploy/build.sh release simulate
	@build/release/tests/simulate $(if $(SEED),--seed $(SEED) --trace,--seeds $(SEEDS) --from $(FROM))
endif

# Speed: build/bench/report.json; parts of it: make bench ONLY=sched.crops,failover
bench: build
	@deploy/bootstrap.sh --eval
	@build/venv/bin/python -m tests.bench.bench --out build/bench $(if $(ONLY),--only $(ONLY))

# Beside Triton and other servers, in one run: build/peers/report.json, peers.md, peers.svg (x86-64)
bench-peers: build
	@deploy/bootstrap.sh --peers
	@build/venv/bin/python -m tests.bench.peers --out build/peers

# Embed over many pictures with Ray Data, a server and a run killed on the way: nothing lost, nothing twice.
test-offline: build
	@deploy/bootstrap.sh --offline
	@deploy/ci/python_tests.sh offline

# Accuracy through the running server: build/eval/report.json
eval: build
	@deploy/bootstrap.sh --eval
	@build/venv/bin/python -m tests.eval.eval --out build/eval

asan: bootstrap
	@deploy/build.sh asan
	@ctest --test-dir build/asan --output-on-failure

# What cmake/testing.cmake collects by omserve_tsan_tests.
tsan: bootstrap
	@deploy/build.sh tsan tsan_tests
	@ctest --test-dir build/tsan -L '^tsan$$' --no-tests=error --output-on-failure

format:
	@git ls-files -- '*.cc' '*.h' | xargs clang-format-19 -i

clean:
	rm -rf build/release build/arm64 build/dev build/asan build/tsan build/models build/models_ocr build/demo build/demo_models build/serve_models

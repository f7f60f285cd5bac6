# Everything installs what it needs by itself into .venv; only python3 (3.11+), git and make must be there.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
UV := $(BIN)/uv
READY := $(VENV)/.ready
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install up test check format control-plane test-cluster mesh test-mesh properties simulate docs bench bench-memory bench-rollouts clean

help: ## what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Holdfast needs Python 3.11 or newer. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

$(READY): $(UV) pyproject.toml uv.lock
	@echo "Installing the locked packages (about 250 MB the first time)"
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(UV) sync --frozen --all-groups --no-group mesh --quiet --inexact
	@touch $(READY)

install: $(READY) ## install the locked packages into .venv

up: $(READY) ## bring everything up on this machine: make up [ARGS='--once']
	@$(BIN)/holdfast up $(ARGS)

test: $(READY) ## the tests: make test [ARGS='tests/unit -k name']
	@$(BIN)/pytest -n 2 --dist loadgroup -m "not control_plane and not mesh" $(ARGS)

check: $(READY) ## format, lint, strict types, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## format the code and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

properties: $(READY) ## the property tests with many more examples
	@HOLDFAST_HYPOTHESIS=nightly $(BIN)/pytest -n 2 --timeout=1800 tests/properties tests/adversarial $(ARGS)

simulate: $(READY) ## the whole engine under faults: make simulate [WHAT=rollouts] [SEEDS=1000] [FIRST=1], or SEED=7 to replay one
	@$(BIN)/python scripts/simulate.py --what $(or $(WHAT),applications) $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),50) --first $(or $(FIRST),1))

docs: $(READY) ## write the generated pages of docs/
	@$(BIN)/python scripts/generate_docs.py

bench: control-plane ## what the engine costs on a real control plane: make bench [N=200]
	@$(BIN)/python -m tests.bench -n $(or $(N),200) $(ARGS)

bench-memory: $(READY) ## how its memory grows with what it manages, on the sandbox: make bench-memory [N=200]
	@$(BIN)/python -m tests.bench.memory -n $(or $(N),200) --further $(or $(N),200) $(ARGS)

bench-rollouts: control-plane ## what Rollouts cost that nothing happens to: make bench-rollouts [N=1000]
	@$(BIN)/python -m tests.bench.rollouts -n $(or $(N),1000) $(ARGS)

control-plane: $(READY) ## build the real Kubernetes control plane that the contract tests run against
	@$(BIN)/python -m tests.controlplane.build

test-cluster: control-plane ## the contract tests and the engine on a real Kubernetes control plane
	@HOLDFAST_CONTROL_PLANE=required $(BIN)/pytest tests/contract $(ARGS)
	@HOLDFAST_CONTROL_PLANE=required $(BIN)/pytest tests/cluster $(ARGS)
	@HOLDFAST_CONTROL_PLANE=required $(BIN)/pytest -m control_plane tests/features $(ARGS)

mesh: $(READY) ## build a real Istio and install a real Envoy (37 MB), for the tests of traffic
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(UV) sync --frozen --all-groups --quiet --inexact
	@$(BIN)/python -m tests.mesh.build

test-mesh: mesh ## releases through a real Envoy, told by a real Istio, with their traffic counted
	@HOLDFAST_MESH=required $(BIN)/pytest tests/mesh $(ARGS)

clean: ## remove what was installed and cached here
	rm -rf $(VENV) .holdfast .pytest_cache .mypy_cache .ruff_cache .hypothesis

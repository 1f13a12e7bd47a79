# `make` lists what there is. Everything that takes programs begins with `setup`, which does nothing when all is there.
PYTHON ?= python3
PROVISION = $(PYTHON) -m tools.provision
# The environment of a purpose: PATH with the engines, clients and tools that setup left in the cache.
ENV = environment=$$($(PROVISION) --print-env $(1)) && eval "$$environment"
PYTEST = .venv/bin/pytest --timeout 300
# Real engines on a shared machine: what failed is tried once more, alone, and both outcomes stand in the output.
AGAIN = echo "Some failed. Those are tried once more:" && $(PYTEST) --last-failed --last-failed-no-failures none

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test check fmt lock image bench bench-cluster clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "make %-14s %s\n", $$1, $$2}'

setup: ## make this machine ready for everything: packages, engines, .venv (installs no service)
	@$(PROVISION) --for test

run: ## the quickest look: build an image and run it, in a private Docker engine that is gone afterwards
	@$(PROVISION) --for run
	@$(call ENV,run) && .venv/bin/dinp run -- sh examples/hello/build-and-run.sh

test: setup check-code test-pure test-formats test-engines test-machine ## everything: style, types, pure tests, real engines

check: ## what to run before every commit; under a minute, needs no root
	@$(PROVISION) --for check
	@$(MAKE) --no-print-directory check-code test-pure

.PHONY: check-code test-pure test-formats test-engines test-machine
check-code:
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --cache-dir .import_linter_cache

test-pure:
	$(PYTEST) -m "not engine and not cluster and not machine and not formats"

test-formats: ## what dinp pipeline prints, in the hands of the CI systems' own programs
	@$(call ENV,test) && $(PYTEST) -m "formats"

test-engines:
	@$(call ENV,test) && { $(PYTEST) -m "engine" || { $(AGAIN) -m "engine"; }; }

test-machine: ## engines on an emulated machine with systemd and cgroup v2; some four minutes
	@$(call ENV,test) && { $(PYTEST) -m "machine" --log-cli-level=INFO || { $(AGAIN) -m "machine"; }; }

fmt: ## put the code into its form
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: ## pin the Python packages anew, with hashes, from pyproject.toml and requirements/*.in
	.venv/bin/uv pip compile $(LOCK) -o requirements/run.lock pyproject.toml requirements/run.in
	.venv/bin/uv pip compile $(LOCK) -c requirements/run.lock -o requirements/dev.lock pyproject.toml requirements/run.in requirements/dev.in
LOCK = --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock"

image: ## the agent's image with an engine, as an OCI archive in dist/; the same sources give the same digest
	@$(PROVISION) --for test
	@$(call ENV,test) && .venv/bin/python -m tools.image

bench-cluster: ## from a pod to an image, known recipes beside dinp's sidecar, on the bed that `make cluster` brought up
	@$(PROVISION) --for cluster
	@$(call ENV,cluster) && .venv/bin/python -m tests.cluster.pod_to_image

bench: setup ## measure dinp and what it is compared with
	@$(call ENV,test) && .venv/bin/python -m benchmarks

clean: ## remove what was made in this checkout; the shared cache stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

-include testbed/testbed.mk

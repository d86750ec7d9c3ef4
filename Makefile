# The commands of the project; `make help` lists them. Needs python3.11 with venv, make and git.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3.11
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.installed-run
DEV_READY := $(VENV)/.installed-dev
DEBIAN_PACKAGES := postgresql redis-server chromium espeak-ng libseccomp2
OURS := config voiceassist tools_library calls
WITH_SERVERS := $(BIN)/python -m tests.services.run --

.PHONY: help run install call test unit-tests embedded-tests bench check soak lock test-machine

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## Install, migrate, fill with demo data and serve on http://127.0.0.1:8000 (PORT=)
	@PORT=$(PORT) DEMO=1 $(BIN)/python manage.py seed_demo --migrate
	@PORT=$(PORT) DEMO=1 exec $(BIN)/python manage.py serve --port $(PORT)

install: $(RUN_READY) ## Prepare .venv alone

call: install ## Make a simulated call in the running server (PORT=)
	@PORT=$(PORT) DEMO=1 $(BIN)/python manage.py simulate_call --assistant demo --url http://127.0.0.1:$(PORT)

test: test-machine check unit-tests embedded-tests ## Run everything on real PostgreSQL, Redis and Chromium

check: $(DEV_READY) ## Style, types, imports, deployment checks, migrations, API schema
	@$(BIN)/python -m tests.services.checks

bench: $(DEV_READY) ## Run the benchmarks (BENCH=media for one) into benchmarks/results.json
	@$(BIN)/python -m benchmarks $(BENCH)

soak: $(DEV_READY) ## Run what takes long: many seeds, many calls
	@$(BIN)/python -m benchmarks --long $(BENCH)

lock: $(DEV_READY) ## Compile the lock files again from pyproject.toml
	@$(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 --extra dev pyproject.toml \
		-o requirements-dev.lock

unit-tests: $(DEV_READY)
	@$(WITH_SERVERS) $(BIN)/python -m pytest -n 4 --dist loadgroup -q

embedded-tests: $(DEV_READY)
	@TEST_GROUND=embedded $(BIN)/python -m pytest -n 3 --dist loadgroup -q

test-machine:
	@PACKAGES="$(DEBIAN_PACKAGES)" bash tests/services/machine.sh

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed: apt-get install python3.11 python3.11-venv" >&2; exit 1; }
	@echo "Creating $(VENV)"
	@# Where python3.11 has a pip of its own, it serves: making another takes as long as installing.
	@if $(PYTHON) -m pip --help 2>/dev/null | grep -q -e --python; \
	then $(PYTHON) -m venv --without-pip $(VENV); else $(PYTHON) -m venv $(VENV); fi

# The development set contains the other: where it is installed, it is kept and brought up to date.
$(RUN_READY): requirements.lock requirements-dev.lock | $(BIN)/python
	@if [ -e $(DEV_READY) ]; then $(MAKE) $(DEV_READY); \
	else bash tests/services/install.sh $(BIN) requirements.lock $(PYTHON); fi
	@touch $@

$(DEV_READY): requirements-dev.lock | $(BIN)/python
	@bash tests/services/install.sh $(BIN) requirements-dev.lock $(PYTHON)
	@touch $@ $(RUN_READY)

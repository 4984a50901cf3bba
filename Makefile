# ATLAS sets itself up: git, make and Python >= 3.10 are enough. PYTHON=python3.12 chooses another Python,
# VENV=.venv-3.12 another place for the development environment.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 3
ROUNDS ?= 200
RUN := $(VENV)/bin/python -m
READY := $(VENV)/.ready

.PHONY: test lint generate test-clients test-maestro torture bench demo clean

test: lint
	$(RUN) pytest -n $(WORKERS) --dist worksteal

lint: $(READY)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

generate: $(READY)
	$(RUN) tests.generate

test-clients: $(READY)
	$(RUN) tests.client.clients
	ATLAS_TEST_CLIENTS=all $(RUN) pytest tests/client

test-maestro: $(READY)
	@test -n '$(URL)' || { echo "make test-maestro URL=… needs AI Maestro's address" >&2; exit 1; }
	ATLAS_TEST_MAESTRO='$(URL)' $(RUN) pytest tests/transport/test_contract.py

torture: $(READY)
	ATLAS_TEST_ROUNDS=$(ROUNDS) $(RUN) pytest -m torture -n $(WORKERS) --dist worksteal

bench: $(READY)
	env -u PYTHONDONTWRITEBYTECODE $(RUN) bench

demo:
	$(PYTHON) -m tests.demo

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements-dev.txt scripts/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	    { echo "ATLAS needs Python 3.10 or newer: make PYTHON=python3.12 (or another)" >&2; exit 1; }
	@if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then \
	    uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV) && \
	    uv pip install --quiet --python $(VENV)/bin/python --requirement requirements-dev.txt; \
	elif $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
	    $(PYTHON) -m venv $(VENV) && \
	    $(RUN) pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt; \
	else \
	    echo "$(PYTHON) cannot make virtual environments: apt install python3-venv (Debian, Ubuntu), or install uv" >&2; \
	    exit 1; \
	fi
	@touch $@

# Every target forwards to plain commands, shown as they run. `make help` lists the targets.

# The first Python on this machine that is new enough; or name one: make run PYTHON=python3.12
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$python"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Modules are compiled when they are first imported: most of what is installed never is.
INSTALL := $(PIP) install --quiet --no-compile
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" pyproject.toml
# The modules of tests/benchmarks that can be run: each writes build/bench/NAME.json.
BENCHMARKS := $(shell grep -l '^if __name__' tests/benchmarks/*.py 2>/dev/null)

# Every process imports the same modules: what one compiled, the others need not.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo install install-dev check test test-slow bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z%-]+):.*## /  \1\t/' | expand -t 18

run: $(VENV)/.installed  ## install, start everything on this machine, print the address
	@exec $(BIN)/muniment serve

demo: $(VENV)/.installed  ## upload, ask and show the history, against what `make run` started
	$(BIN)/muniment demo

install: $(VENV)/.installed  ## make .venv with what running takes

install-dev: $(VENV)/.installed-dev  ## make .venv with what checking and testing take

check: $(VENV)/.installed-dev  ## format, lint, types, layers, house rules, reference docs
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/house tests/docs tests/settings/test_documentation.py

test: $(VENV)/.installed-dev  ## every test but the slow ones, on throw-away servers
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow"

test-slow: $(VENV)/.installed-dev  ## the crash and load suites
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m slow

bench: $(patsubst tests/benchmarks/%.py,bench-%,$(BENCHMARKS))  ## run every benchmark

bench-%: $(VENV)/.installed-dev  ## run one benchmark of tests/benchmarks, such as bench-pipeline
	$(BIN)/python -m tests.benchmarks.$*

lock:  ## lock every dependency with its hashes (takes uv)
	@command -v uv >/dev/null || { echo "make lock needs uv" >&2; exit 1; }
	$(LOCK) --extra build --output-file requirements.lock
	$(LOCK) --extra build --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock

clean:  ## remove .venv, caches and build results; data stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/pyvenv.cfg:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Muniment needs Python 3.11 or newer; $(or $(PYTHON),what is here) is not" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/pyvenv.cfg
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock requirements.lock pyproject.toml | $(VENV)/pyvenv.cfg
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.installed $@

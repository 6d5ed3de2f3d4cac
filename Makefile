# What a person types at this project. `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Every test process compiles what it imports; kept, that is done once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test siege check bench chaos lock

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: .venv/.developing ## the virtual environment with everything to develop and test

demo: .venv/.running ## Trellis in a Slack workspace on this machine, until Ctrl-C
	@$(BIN)/python app.py demo

demo-reset: .venv/.running ## the demo, from the beginning
	@$(BIN)/python app.py demo --fresh

test: setup ## the whole suite
	$(BIN)/pytest

siege: setup ## real processes killed, flooded and upgraded; takes minutes
	$(BIN)/pytest -m siege -n 2

check: setup ## format, lint, types and the rules of import
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## measure, print and keep the figures in benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks --keep

chaos: setup ## attack the delivery engine: 50 kills in 3,000 messages, three seeds, both stores (half an hour)
	$(BIN)/python -m tests.chaos
	$(BIN)/python -m tests.chaos --seed 1 --workers 8
	$(BIN)/python -m tests.chaos --seed 1 --store sqlite --wrong-hour
	$(BIN)/python -m tests.chaos --seed 1 --messages 600 --kills 10 --restore
	$(BIN)/python -m tests.chaos --seed 1 --messages 300 --kills 5 --variant resending
	$(BIN)/python -m tests.chaos --seed 1 --messages 300 --kills 5 --variant impatient
	$(BIN)/python -m tests.chaos --seed 1 --messages 300 --kills 5 --variant blind

lock: ## lock the newest releases that pyproject.toml allows (needs uv)
	uv pip compile --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		pyproject.toml -o requirements.txt
	uv pip compile --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--extra dev pyproject.toml -o requirements-dev.txt

# One environment serves both: what runs Trellis is a part of what develops it, in the same versions.
.venv/.running: requirements.txt | .venv/bin/pip
	@echo "Installing Trellis …" && $(BIN)/pip install --quiet --require-hashes -r requirements.txt
	@touch $@

.venv/.developing: requirements-dev.txt | .venv/bin/pip
	@echo "Installing Trellis and its tools …" && $(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Trellis needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ echo "Python's venv is missing; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }

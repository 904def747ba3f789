# make run    set up .venv and open the app (without a terminal: replay sessions/quickstart.json)
# make test   set up .venv and run the whole check
# make bench  set up .venv and run every benchmark
# make studies DATA=folder   record the studies' sessions anew, and write docs/STUDIES.md from them

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A test of a screen waits half of its time, so there are more workers than cores.
WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))

.PHONY: run test check bench assets studies clean

run: $(VENV)/.installed
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/prune-tui; else $(BIN)/prune-tui replay sessions/quickstart.json; fi

test: $(VENV)/.installed-test check

check:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks

# The shipped files that a command makes: the bundled baseline, the quickstart session, the screenshots.
assets: $(VENV)/.installed-test
	$(BIN)/python scripts/make_baseline.py
	$(BIN)/python scripts/make_quickstart.py
	$(BIN)/python scripts/make_screenshots.py

studies: $(VENV)/.installed-test
	$(BIN)/python scripts/make_sessions.py --data-dir $(DATA)
	$(BIN)/python scripts/make_studies_page.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "prune-tui needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Each target does all its own set-up; Python 3.11 or later with venv and pip is all that has to be there.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo-corpus

# The compiled parts are made anew by an install.
NATIVE := $(wildcard hatch_build.py engine/*/native/*.[ch])

.PHONY: demo test faults real check bench programs picture pictures format help

help:  ## what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/.tool  ## a small corpus, and the main job on it
	$(BIN)/gonogo demo $(DEMO)

test: $(VENV)/.dev  ## the whole suite
	$(BIN)/python -m pytest -n 2 --dist worksteal

faults: $(VENV)/.dev  ## all faults and bad input there are, minutes of them; ends with a table of what was lost
	$(BIN)/python -m pytest tests/faults -n 2 --dist worksteal -m "full or not full" --timeout 1800

real: .venv-real/.ready  ## tests against the programs whose logs are watched and those that read the exports; installs torch and friends
	.venv-real/bin/python -m pytest -n 2 --dist worksteal tests/engine/watch/real tests/engine/dataset/real

# Some trainers cannot be installed beside this torch: the two lists say why, and what is done instead.
REAL := tests/engine/watch/real
.venv-real/.ready: pyproject.toml constraints.txt $(REAL)/no-deps.txt $(REAL)/sdists.txt | $(VENV)/bin/python
	$(BIN)/python -m venv .venv-real
	.venv-real/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[dev,real]'
	.venv-real/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $(REAL)/no-deps.txt
	.venv-real/bin/python -m pip download --quiet --disable-pip-version-check --no-deps -d .venv-real/src -r $(REAL)/sdists.txt
	for sdist in .venv-real/src/*.tar.gz; do tar -xzf $$sdist -C .venv-real/src; done
	@touch $@

check: $(VENV)/.dev  ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev .venv-real/.ready .venv-bench/.ready programs  ## what gonogo costs, and how it compares, measured now
	.venv-bench/bin/python -m benchmarks.conversion --profile --plot docs/conversion_speed.svg
	.venv-bench/bin/python -m benchmarks.artifacts
	$(BIN)/python -m benchmarks.console_cost
	$(BIN)/python -m benchmarks.parquet_gate
	$(BIN)/python -m benchmarks.detectors
	$(BIN)/python -m benchmarks.tail_cost 1000
	.venv-real/bin/python -m benchmarks.tensorboard_reader

# What the conversion is compared with. Rows of what is not there are left out of the table, and it says so.
.venv-bench/.ready: pyproject.toml constraints.txt benchmarks/peers.txt $(NATIVE) | $(VENV)/bin/python
	$(BIN)/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . -r benchmarks/peers.txt
	@touch $@

PEERS := sox ffmpeg libflac-dev btop htop
programs:
	@dpkg -s $(PEERS) >/dev/null 2>&1 \
	|| { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq $(PEERS) >/dev/null; } \
	|| echo "not all of these are installed, and only root can: $(PEERS); rows of those that are not there are left out" >&2

picture: $(VENV)/.dev  ## docs/console.svg, from a conversion that runs while it is taken
	$(BIN)/python -m benchmarks.picture docs/console.svg

KEPT := tests/app/console/snapshots/kept
pictures: $(VENV)/.dev  ## every screen as it looks now: the snapshots that tests compare with, and the documentation's pictures
	SNAPSHOTS=write $(BIN)/python -m pytest -q -n 2 tests/app/console/snapshots
	mkdir -p docs/pictures
	for name in home run training; do cp $(KEPT)/$$name-120x36-gonogo-dark.svg docs/pictures/$$name.svg; done

format: $(VENV)/.dev  ## ruff format and the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "gonogo needs Python 3.11 or later; found none (PYTHON=/path/to/python names one)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "no virtual environment: on Debian, apt install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.tool: pyproject.toml constraints.txt $(NATIVE) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt $(NATIVE) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.tool

# Two commands do all the set-up: `make demo` and `make test`. Both work in .venv at the project's root and install nothing twice.

VENV := .venv
BIN := $(VENV)/bin
# The first of these that is there, is at least 3.11 and can make a virtual environment.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
export TF_CPP_MIN_LOG_LEVEL ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test test-r lint format bench clean

demo: $(VENV)/.installed
	$(BIN)/pixelcnn demo

test: $(VENV)/.installed-dev lint
	$(BIN)/python -m pytest -q --durations=10

# The R package against the Python package as it stands here; installs R from Debian's packages where it may.
test-r: $(VENV)/.installed-dev
	r-package/tools/install_r.sh --check || r-package/tools/install_r.sh
	RETICULATE_PYTHON=$(CURDIR)/$(BIN)/python r-package/tools/test.sh

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No python3 >= 3.11 with venv found; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[dev,tfp,tfds,strokes]"
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache

# Two commands do all the set-up: `make demo` and `make test`. Both work in .venv at the project's root and install nothing twice.

VENV := .venv
BIN := $(VENV)/bin
# The first of these that is there, is at least 3.11 and can make a virtual environment.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
# PyTorch for the tests that run on its backend: pinned to the release they were last run on, of which pip was offered a
# build for CPUs (0.2 GB). A newer one may come with gigabytes of CUDA; CONTRIBUTING.md says when to move on.
TORCH ?= torch==2.13.0
export TF_CPP_MIN_LOG_LEVEL ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test test-all docs docs-serve test-install test-ray mutations r r-source test-r check-r check-r-debian13 lint figures format bench bench-all bench-quality bench-r clean

demo: $(VENV)/.installed
	$(BIN)/pixelcnn demo

PYTEST := $(BIN)/python -m pytest -q -n auto --dist worksteal
PROPERTIES := $(PYTEST) tests/properties tests/interop tests/layers tests/sampling tests/inference tests/codec tests/anomaly \
	tests/test_export.py tests/test_preset.py tests/test_vq.py tests/training/test_inputs.py tests/training/test_arguments.py tests/training/test_backup.py
ON_JAX := KERAS_BACKEND=jax JAX_ENABLE_X64=1
# Tests compile much and compute little: by default XLA leaves out what makes the code faster, and its fusions are written by
# its older emitter, in half the time; the full run compiles as users do. (A flag that XLA no longer has stops it at once: drop it here.)
QUICKLY := XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true --xla_cpu_use_fusion_emitters=false"
# One thread a worker: threads of two workers that spin while they wait take the cores from each other (215 s in place of 80).
ON_TORCH := KERAS_BACKEND=torch OMP_NUM_THREADS=1

# SKIP_R=1 leaves out the tests of the R package.
SKIP_R ?=

test: $(VENV)/.installed-dev $(if $(SKIP_R),,r) lint
	$(QUICKLY) $(PYTEST) --durations=10
	$(QUICKLY) $(ON_JAX) $(PROPERTIES) -m "quick and not full"
	$(ON_TORCH) $(PROPERTIES) -m "quick and not full"
	$(if $(SKIP_R),,$(QUICKLY) $(MAKE) --no-print-directory test-r)

# Every test on every backend.
test-all: $(VENV)/.installed-dev lint
	$(PYTEST) -m "full or not full" --durations=15
	$(ON_JAX) $(PROPERTIES) -m "full or not full" --durations=15
	$(ON_TORCH) $(PROPERTIES) -m "full or not full" --durations=15
	$(MAKE) --no-print-directory docs

# The site of both languages, in build/site; warnings are errors. With SKIP_R=1 links to R's pages lead to docs/r.md.
R_SITE := build/r-site
MKDOCS := NO_MKDOCS_2_WARNING=1 PYTHONPATH=python $(BIN)/python -m mkdocs

docs: $(VENV)/.installed-docs $(if $(SKIP_R),,$(R_SITE)/index.html)
	$(MKDOCS) build --strict --quiet

docs-serve: $(VENV)/.installed-docs $(if $(SKIP_R),,$(R_SITE)/index.html)
	$(MKDOCS) serve

$(R_SITE)/index.html: $(shell find r-package -name '*.Rd' -o -name '*.Rmd' -o -name '*.md' -o -name '*.yml' -o -path 'r-package/pkgdown/*' -type f) r-package/tools/site.R
	r-package/tools/install_r.sh --docs
	cd r-package && Rscript tools/site.R $(CURDIR)/$(R_SITE)

# The wheel in empty environments: Python 3.11, 3.12 and 3.13, with each backend alone and with none (half an hour, a network).
test-install:
	TORCH="$(TORCH)" tests/fresh_install.sh

# Ray, on two nodes that are processes of this machine. It has an environment of its own, because it brings many packages.
test-ray:
	$(PYTHON) -m venv build/ray
	build/ray/bin/python -m pip install --quiet --editable ".[jax]" "ray[data,train]" pytest
	KERAS_BACKEND=jax build/ray/bin/python -m pytest -q -m full -k ray tests/shards tests/training/test_machines.py

# Breaks the package in one place at a time and sees which test notices; writes the table in docs/correctness.md.
mutations: $(VENV)/.installed-dev
	$(BIN)/python tests/mutations.py --write

# R and what its tests need: installed from Debian's packages where that may be and they are missing.
r:
	@r-package/tools/install_r.sh --check || r-package/tools/install_r.sh

# The Python package, which is once in git, goes to where the R package takes it along: before R CMD INSTALL or build.
r-source:
	cd r-package && Rscript bootstrap.R

# The R package against the Python package as it stands here.
test-r: $(VENV)/.installed-dev r
	RETICULATE_PYTHON=$(CURDIR)/$(BIN)/python r-package/tools/test.sh

# R CMD check as CRAN does it, without Python and then with it.
check-r: $(VENV)/.installed-dev r
	r-package/tools/check.sh
	RETICULATE_PYTHON=$(CURDIR)/$(BIN)/python r-package/tools/check.sh

# The same in Debian 13's R 4.5, as root and with debootstrap.
check-r-debian13:
	r-package/tools/check_debian13.sh
	r-package/tools/check_debian13.sh --with-python

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The figures of docs/figures.md.
figures: $(VENV)/.installed-dev
	$(BIN)/python docs/figures/make.py

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py

# Every row and every training, a day; goes on where it was killed.
bench-all: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py --all

# What measures drawings: the demo at full and half speed, half an hour on quickdraw13 beside TFP, the seconds until TFP's figure,
# guidance, drawings by two judges, digits.
bench-quality: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py --quality

# What calling from R costs over calling from Python.
bench-r: $(VENV)/.installed-dev r r-source
	library=$$(mktemp -d) && R CMD INSTALL --library=$$library --no-test-load r-package && R_LIBS=$$library \
		RETICULATE_PYTHON=$(CURDIR)/$(BIN)/python Rscript r-package/tools/overhead.R benchmarks/results/r_overhead.json

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No python3 >= 3.11 with venv found; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[tensorflow]"
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[dev,tensorflow,tfp,tfds,strokes,jax,onnx,serve]" "$(TORCH)"
	touch $(VENV)/.installed $@

# What builds the site, beside the package.
$(VENV)/.installed-docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[docs,tensorflow]"
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache

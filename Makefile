# `make demo` and `make test` need only Python 3.11+, a C compiler and make.
PYTHON ?= python3
# durable-rules 2.0.28 calls a function that Python 3.13 took away; this name took its place.
CPPFLAGS += -DPyEval_CallObject=PyObject_CallObject
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench load fuzz wheels sbom audit format clean setup

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	CPPFLAGS='$(CPPFLAGS)' $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup
	$(BIN)/postloan demo

test: check
	$(BIN)/python -m pytest -n auto tests

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q docs README.md

# Side by side with other engines, which are installed for this alone.
bench: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python benchmarks/peers.py

# The service over loopback, in a process of its own: figures of this machine, at this moment.
load: setup
	$(BIN)/python benchmarks/load.py

# Bytes from anywhere into each reader, so many minutes for each; what was found stays in build/fuzz.
MINUTES ?= 10
TARGETS ?= policy expression snapshot dmn decide
fuzz: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	@for target in $(TARGETS); do $(BIN)/python tests/fuzz/run.py $$target $(MINUTES) || exit 1; done

# The wheel with the core alone, under each of these that is on the machine.
PYTHONS ?= python3.11 python3.12 python3.13 python3.14
wheels: setup
	$(BIN)/python tests/try_wheel.py $(PYTHONS)

# What is installed with the package, or with some of its extras: make sbom EXTRAS=[columns,service]
EXTRAS ?=
SBOM := build/sbom
sbom: setup
	rm -rf $(SBOM) && mkdir -p $(SBOM)
	$(PYTHON) -m venv --without-pip $(SBOM)/installed
	$(PYTHON) -m venv $(SBOM)/tool
	$(SBOM)/tool/bin/pip install --quiet --disable-pip-version-check 'cyclonedx-bom>=7,<8'
	CPPFLAGS='$(CPPFLAGS)' $(SBOM)/tool/bin/pip --python $(SBOM)/installed/bin/python install --quiet --disable-pip-version-check '.$(EXTRAS)'
	$(SBOM)/tool/bin/cyclonedx-py environment --output-reproducible --mc-type library --pyproject pyproject.toml \
		--output-format JSON --output-file $(SBOM)/sbom.json $(SBOM)/installed/bin/python
	@echo $(SBOM)/sbom.json

# Known weaknesses of what is installed; it asks a service on the internet.
audit: sbom
	$(SBOM)/tool/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.9,<3'
	$(SBOM)/tool/bin/pip-audit --path $(SBOM)/installed/lib/python*/site-packages

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis demo-out

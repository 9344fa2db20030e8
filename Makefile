# Two commands for a newcomer: `make demo` and `make test`. Each makes the virtual environment that it needs.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lowest check format paper clean

demo: .venv/installed
	$(BIN)/python examples/write_diabetes.py demo
	$(BIN)/python examples/write_tariff.py demo
	$(BIN)/prelu-rules fit demo/diabetes.csv --target progression --out demo/progression
	$(BIN)/prelu-rules fit demo/tariff.csv --target price --out demo/tariff
	$(BIN)/prelu-rules fit demo/cholesterol.csv --target ratio --max-nonlinear 2 --out demo/ratio

test: .venv/installed-test
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The core and the estimators on exactly the lowest versions in pyproject.toml, which need PYTHON=python3.11 or 3.12.
# These releases warn of what they use of each other that is deprecated by now.
lowest: .venv-lowest/installed
	.venv-lowest/bin/python -m pytest -W ignore::DeprecationWarning tests/columns tests/network tests/rules tests/refine \
		tests/export tests/readers tests/training tests/estimators/test_rule_estimators.py

check: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

paper: .venv/installed
	$(MAKE) -C paper PYTHON=$(CURDIR)/$(BIN)/python

clean:
	rm -rf .venv .venv-lowest demo paper/generated

.venv/bin/python:
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo "cannot make .venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/installed-test: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@ .venv/installed

.venv-lowest/installed: pyproject.toml tests/lowest_versions.py
	$(PYTHON) -m venv --clear .venv-lowest
	$(PYTHON) tests/lowest_versions.py pyproject.toml > .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pip install --quiet --constraint .venv-lowest/lowest.txt --editable ".[distributed,parquet]" \
		hypothesis polars pytest
	touch $@

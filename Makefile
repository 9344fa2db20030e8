# Two commands for a newcomer: `make demo` and `make test`. Each makes the virtual environment that it needs.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check format paper clean

demo: .venv/installed
	$(BIN)/python examples/write_diabetes.py demo
	$(BIN)/python examples/write_tariff.py demo
	$(BIN)/prelu-rules fit demo/diabetes.csv --target progression --out demo/progression
	$(BIN)/prelu-rules fit demo/tariff.csv --target price --out demo/tariff
	$(BIN)/prelu-rules fit demo/cholesterol.csv --target ratio --max-nonlinear 2 --out demo/ratio

test: .venv/installed-test
	$(BIN)/python -m pytest -n 2 --dist loadfile

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
	rm -rf .venv demo paper/generated

.venv/bin/python:
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo "cannot make .venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/installed-test: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@ .venv/installed

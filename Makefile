# Needs only Python >= 3.11 (with venv) and make. Everything else comes from the package index, pinned by hash.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: dev format check test

$(VENV)/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv "$(VENV)"
	"$(BIN)/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	"$(BIN)/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch "$(VENV)/ready"

dev: $(VENV)/ready

format: dev
	"$(BIN)/ruff" format src tests
	"$(BIN)/ruff" check --fix --quiet src tests

check: dev
	"$(BIN)/ruff" format --check --quiet src tests
	"$(BIN)/ruff" check --quiet src tests
	"$(BIN)/lint-imports" --no-cache
	"$(BIN)/mypy"

test: dev
	"$(BIN)/pytest"

# Needs only Python >= 3.11 (with venv) and make. Everything else comes from the package index, pinned by hash.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests wait for stores, browsers and each other's processes: two more than there are cores keep them busy.
WORKERS ?= $(shell "$(BIN)/python" -c 'import os; print((os.cpu_count() or 1) + 2)')
PIP := "$(BIN)/python" -m pip --quiet --disable-pip-version-check --no-input
UV := "$(BIN)/uv" --quiet
# Named after the place: a clone that was moved needs its environment anew.
PACKAGES := $(VENV)/packages-$(shell pwd | cksum | cut -d' ' -f1)
READY := $(VENV)/ready
# Many modules of which few are ever loaded; the others are compiled at once, by all cores, which pip does not.
SELDOM := /(pip|setuptools|phonenumbers|faker|mypy|mypyc|tests)/
RUNNABLE := $(VENV)/runnable-$(shell pwd | cksum | cut -d' ' -f1)

.PHONY: demo dev lock format contracts check test soak bench

define CHECK_PYTHON
	@command -v "$(PYTHON)" >/dev/null || { echo "recado: there is no $(PYTHON): install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "recado: $(PYTHON) is older than Python 3.11: name a newer one: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "recado: $(PYTHON) lacks venv and pip: install them (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }
endef

# uv takes a tenth of pip's time. It is told of the index that pip was told of; where it can't be had or can't reach
# anything, pip does the work. Both refuse what is not in the list.
define INSTALL
	@echo "recado: installing $(1)"
	@test -x "$(BIN)/uv" || $(PIP) install --no-compile --require-hashes -r requirements/uv.txt || true
	@index=$$($(PIP) config list | sed -n "s/.*[.]index-url='\(.*\)'$$/\1/p" | tail -n 1); \
	env $${index:+"UV_DEFAULT_INDEX=$$index"} $(UV) pip install --python "$(BIN)/python" $(1) \
	|| { echo "recado: uv could not, pip tries"; $(PIP) install --no-compile $(1); }
endef

# Each stamp is written last: an interrupted step leaves none, and the next run does it again from its beginning.
$(PACKAGES): requirements/dev.txt
	$(CHECK_PYTHON)
	"$(PYTHON)" -m venv --clear "$(VENV)"
	$(call INSTALL,--require-hashes -r requirements/dev.txt)
	@"$(BIN)/python" -m compileall -qq -j 0 -x "$(SELDOM)" "$(VENV)/lib" || true
	touch "$(PACKAGES)"

$(READY): $(PACKAGES) pyproject.toml
	$(call INSTALL,--no-deps --no-build-isolation -e .)
	touch "$(READY)"

dev: $(READY)

# Who only wants to look needs what runs and nothing that tests; compiling modules nobody loads takes longest of all.
$(RUNNABLE): requirements/run.txt
	$(CHECK_PYTHON)
	@test -x "$(BIN)/python" || "$(PYTHON)" -m venv "$(VENV)"
	$(call INSTALL,--require-hashes -r requirements/run.txt)
	touch "$(RUNNABLE)"

# Resolves again after a change of pyproject.toml; UPGRADE=--upgrade also takes newer releases.
lock: LOCK = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header $(UPGRADE)
lock: dev
	$(LOCK) --extra embedded -o requirements/run.txt
	$(LOCK) --extra embedded --group dev -o requirements/dev.txt
	$(LOCK:pyproject.toml=) --group install -o requirements/uv.txt

format: dev
	"$(BIN)/ruff" format src tests
	"$(BIN)/ruff" check --fix --quiet src tests

check: dev
	"$(BIN)/ruff" format --check --quiet src tests
	"$(BIN)/ruff" check --quiet src tests
	"$(BIN)/lint-imports" --no-cache
	"$(BIN)/mypy"

# Event schemas, the OpenAPI document and the problem list are generated and committed; a test fails on drift.
contracts: dev
	"$(BIN)/recado" contracts .

demo: $(RUNNABLE)
	@PYTHONPATH=src "$(BIN)/python" -P -m recado demo $(ARGS)

# Hundreds of processes are started: each would compile all of us anew where the environment forbids to keep what it compiled.
test soak: export PYTHONDONTWRITEBYTECODE :=

test: dev
	"$(BIN)/pytest" -n $(WORKERS) --dist worksteal

# The same tests with their full budgets: 10,000 interleavings instead of 200, 50 kills instead of 3.
soak: dev
	RECADO_SOAK_FACTOR=50 "$(BIN)/pytest" -n $(WORKERS) --dist worksteal -o faulthandler_timeout=0

# One bench by its name, `make bench NAME=orders`, in full; without a name all of them, quickly.
bench: dev
	"$(BIN)/recado" bench $(if $(NAME),$(NAME),all --quick)

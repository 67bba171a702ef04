# The two that matter: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?=
# One more than there are cores: some tests wait for a process, or for a clock.
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
export SHEAF_PORT := $(if $(PORT),$(PORT),$(SHEAF_PORT))

.PHONY: help run test check docs format lint types floors bench hard revision texts requirements clean

help:            ## what can be made
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/' | expand -t 16

run: $(VENV)/.run    ## start Sheaf on SQLite under ./var, with example works on the very first start
	$(BIN)/sheaf serve

test: $(VENV)/.dev   ## install what the tests need and run them all, on every core
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/.dev lint types floors   ## everything: lint, types, floors, tests
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.dev   ## ruff, all rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

floors: $(VENV)/.dev ## the import contract
	$(BIN)/lint-imports

docs: $(VENV)/.dev   ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

format: $(VENV)/.dev ## put the code in form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## measure against yardsticks, in ratios
	$(BIN)/python -m bench.harvest

hard: $(VENV)/.dev   ## the long runs: kills, races, a body of two gigabytes
	SHEAF_TEST_ROUNDS=20 SHEAF_TEST_MINTS=10000 SHEAF_TEST_EVENTS=10000 SHEAF_TEST_MEGABYTES=2048 SHEAF_TEST_RECORDS=200000 SHEAF_TEST_BACKUP_SECONDS=60 SHEAF_TEST_FUZZ=100000 SHEAF_TEST_HOSTILE=20000 SHEAF_TEST_ENTRIES=100000 SHEAF_TEST_MIGRATED=80000 SHEAF_TEST_SCRIPTS=all SHEAF_TEST_FAULT_SCRIPTS=2000 SHEAF_TEST_OUTAGE=10000 SHEAF_TEST_STRIDE=1 SHEAF_TEST_EXAMPLES=300 SHEAF_TEST_ORCID_SCRIPTS=500 SHEAF_TEST_CLICKS=1000000 SHEAF_TEST_TELLS=200000 SHEAF_TEST_WORKS=10000 $(BIN)/python -m pytest tests/hard tests/metadata tests/registration tests/browser/test_profiles.py tests/sword/test_memory.py tests/sword/test_faults.py tests/orcid/test_faults.py -p no:randomly -rP

revision: $(VENV)/.dev ## write a migration: make revision m="what changes"
	@rm -f .make-revision.db
	$(BIN)/python -c 'import sys, server.app; from server.db.migrate import migrate, new_revision; u = "sqlite:///.make-revision.db"; migrate(u); new_revision(u, sys.argv[1])' "$(m)"
	@rm -f .make-revision.db*

# Which calls hold words for people, and which of their arguments.
WORDS := -k _ -k gettext -k title:1,2 -k Word:1,2 -k Link:2 -k Group:1 -k Source:1 -k Card:1 -k Watch:3 -k Label:1,2 -k Choice:2 -k Kind:2,3

texts: $(VENV)/.dev  ## collect what can be translated in locale/sheaf.pot, and compile what was (locale/LANGUAGE/LC_MESSAGES/sheaf.po)
	@$(BIN)/python locale/tables.py > locale/.tables.py
	$(BIN)/pybabel -q extract -F locale/babel.cfg $(WORDS) --project Sheaf --sort-by-file -o locale/sheaf.pot server templates/html locale
	@rm -f locale/.tables.py
	@for po in locale/*/LC_MESSAGES/sheaf.po; do if [ -e "$$po" ]; then $(BIN)/pybabel compile -i "$$po" -o "$${po%.po}.mo"; fi; done

requirements:        ## compile the hashed requirement files anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra dev --override requirements/overrides.txt --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements/dev.txt

clean:               ## remove what was built, never ./var
	rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sheaf needs Python 3.11 or later; set PYTHON=python3.12 or the like."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run | $(VENV)/.axe
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# The accessibility rules come from npm; where it is not, those tests are skipped and say so.
$(VENV)/.axe: tests/browser/package.json | $(VENV)/bin/python
	@mkdir -p $(VENV)/axe && cp tests/browser/package.json $(VENV)/axe/
	@if ! command -v npm >/dev/null; then echo "npm is not here: the accessibility tests will be skipped."; touch $@; \
	elif npm install --silent --no-audit --no-fund --no-package-lock --prefix $(VENV)/axe; then touch $@; \
	else echo "npm could not bring axe-core: the accessibility tests will be skipped this time."; fi

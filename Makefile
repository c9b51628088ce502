# Needs python3 (3.11 to 3.13) with venv, and make. Everything else comes from the hashed locks.

.DEFAULT_GOAL := help
.PHONY: help run test check test-spark bench soak lock clean
.DELETE_ON_ERROR:

# The first of these that is 3.11 to 3.13; PYTHON=... overrides.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c "$(SUPPORTED)" 2>/dev/null && { echo "$$p"; break; }; done)

# Errors only: a mirror's warnings, one for each package, would drown what make says.
PIP_INSTALL := install -qq --disable-pip-version-check --no-deps
# Two makes at once wait for each other; without flock (not on every system) only one may install.
ONE_AT_A_TIME := $(if $(shell command -v flock),flock .venv.lock)
PYTEST_ARGS ?=

# $(call fresh_venv,folder,lock file,stamp,environment below): an environment that holds exactly what the lock says. What
# the environment below holds in the same version is taken from there instead of being installed again.
define fresh_venv
@$(ONE_AT_A_TIME) sh -c 'set -e; \
	if [ "$(3)" -nt "$(2)" ]; then exit 0; fi; \
	if ! "$(PYTHON)" -c "$(SUPPORTED)" 2>/dev/null; then \
		echo "make: found no Python 3.11 to 3.13; install one, or say make PYTHON=..." >&2; exit 1; fi; \
	echo "Installing $$(grep -c "^[a-z].*==" $(2)) packages from $(2) into $(1): about a minute, no output until done ..."; \
	start=$$(date +%s); \
	"$(PYTHON)" -m venv --clear $(1) || { \
		echo "make: $(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
	if [ -n "$(4)" ]; then for site in "$(1)"/lib/python3*/site-packages; do \
		for below in "$(CURDIR)/$(4)"/lib/python3*/site-packages; do echo "$$below" >"$$site/below.pth"; done; done; fi; \
	$(1)/bin/python -m pip $(PIP_INSTALL) --require-hashes -r $(2); \
	touch "$(3)"; \
	echo "Installed $(2) in $$(( $$(date +%s) - start )) s."'
endef

# setuptools is in the lock, so that installing the project asks no registry.
PROJECT := $(PIP_INSTALL) --no-build-isolation --no-index --editable .

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "make %-11s %s\n", $$1, $$2 }'

.venv/.stamp-locked: requirements.lock
	$(call fresh_venv,.venv,requirements.lock,$@)

.venv/.stamp-project: .venv/.stamp-locked pyproject.toml
	@$(ONE_AT_A_TIME) .venv/bin/python -m pip $(PROJECT)
	@touch $@

.venv/.stamp-test: .venv/.stamp-project requirements-test.lock
	@echo "Installing what the tests need from requirements-test.lock ..."
	@$(ONE_AT_A_TIME) .venv/bin/python -m pip $(PIP_INSTALL) --require-hashes -r requirements-test.lock
	@touch $@

.venv-spark/.stamp-locked: requirements-spark.lock .venv/.stamp-test
	$(call fresh_venv,.venv-spark,requirements-spark.lock,$@,.venv)

.venv-spark/.stamp-project: .venv-spark/.stamp-locked pyproject.toml
	@$(ONE_AT_A_TIME) .venv-spark/bin/python -m pip $(PROJECT)
	@touch $@

run: .venv/.stamp-project ## Assess two example quarters from nothing and say where the documents are.
	@start=$$(date +%s); .venv/bin/kaohe demo && echo "make run: $$(( $$(date +%s) - start )) s after installation."

test: .venv/.stamp-test ## Ruff, mypy, then all tests (PYTEST_ARGS="-k name" for some).
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy
	@.venv/bin/python -m pytest --quiet --numprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: .venv/.stamp-test ## Ruff, mypy and the linter of the shipped plan; no tests.
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/kaohe plan check data/plans/cast-2023

test-spark: ## The same numbers on Spark (needs Java 17 or newer; installs pyspark apart).
	@command -v java >/dev/null 2>&1 || { \
		echo "make: Spark needs a Java runtime, 17 or newer; on Debian: apt-get install default-jre-headless" >&2; exit 1; }
	@$(MAKE) --no-print-directory .venv-spark/.stamp-project
	@.venv-spark/bin/python -m pytest --quiet -m java tests/spark $(PYTEST_ARGS)

bench: .venv/.stamp-project ## Run every benchmark and print it beside its baseline.
	@set -e; for file in benchmarks/[a-z]*.py; do \
		[ -e "$$file" ] || { echo "make: there is no benchmark in benchmarks/ yet" >&2; exit 1; }; \
		echo "== $$file"; .venv/bin/python "$$file"; done

soak: .venv/.stamp-test ## The tests that run for minutes.
	@.venv/bin/python -m pytest -m soak $(PYTEST_ARGS)

UV_COMPILE := uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	--quiet -p 3.11 pyproject.toml --extra build
lock: ## Resolve pyproject.toml into the three lock files (needs uv; UPGRADE=--upgrade for newer versions).
	@command -v uv >/dev/null 2>&1 || { echo "make: uv is not installed; pip install uv" >&2; exit 1; }
	$(UV_COMPILE) $(UPGRADE) -o requirements.lock
	$(UV_COMPILE) $(UPGRADE) --extra test -c requirements.lock -o requirements-test.lock
	$(UV_COMPILE) $(UPGRADE) --extra test --extra spark -c requirements-test.lock -o requirements-spark.lock

clean: ## Remove environments and caches; documents and databases stay.
	rm -rf .venv .venv-spark .venv.lock build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The whole house by its front door: `make` lists what there is.  Needs python3 and make only.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
UV := .tools/bin/uv
REAL := $(sort $(patsubst %/workspace.yaml,%,$(wildcard data/real/*/workspace.yaml)))
STAMPS := .venv/.stamps
export VIRTUAL_ENV := $(CURDIR)/.venv
export PYTHONUTF8 := 1
# where this is set, each of a run's processes would compile pandas and its like anew: seconds, every time
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help reports test lab real sample lock bench check clean

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

reports: $(STAMPS)/reports  ## publish the book of reports on the sample company into reports/book
	$(BIN)/cx run -w data/sample $(ARGS)

# two workers fill two cores: more threads would wait for each other, and spin meanwhile
test: export OMP_NUM_THREADS := 1
test: export OPENBLAS_NUM_THREADS := 1
test: $(STAMPS)/test  ## run all tests (ARGS="-k survey -x" for some)
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder $(ARGS)

lab: $(STAMPS)/reports  ## open the notebooks in JupyterLab, Persian cells right to left (IN=mycompany/notebooks)
	JUPYTER_CONFIG_DIR=$(CURDIR)/.jupyter $(BIN)/jupyter lab $(ARGS) $(or $(IN),notebooks)

real: $(STAMPS)/reports  ## read and publish every company in data/real (rows come from CX_REAL_DATA)
	@for company in $(REAL); do \
		echo "== $$company" && $(BIN)/cx ingest -w $$company && \
		$(BIN)/cx run -w $$company $$(test ! -f $$company/book.yaml || echo --plan $$company/book.yaml) \
			--out reports/real/$${company##*/} || exit 1; \
	done

sample: $(STAMPS)/reports  ## write the sample company anew (the same bytes from the same seed)
	$(BIN)/python -m tools.sample data/sample

lock: $(STAMPS)/reports $(UV)  ## write requirements*.lock and environment.yml from pyproject.toml
	UV=$(UV) $(BIN)/python tools/lock.py

bench: $(STAMPS)/reports  ## how fast is a run against plain papermill and nbconvert? (OF=identity: are customers linked right?)
	$(BIN)/python -m benchmarks.$(or $(OF),run_speed) $(ARGS)

check: $(STAMPS)/test  ## what the hooks hold a commit to: style and stripped notebooks
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb

clean:  ## remove the environment, caches and published reports
	rm -rf .venv .tools build dist *.egg-info .pytest_cache .ruff_cache .hypothesis reports/[!R]*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- the environment: each stamp says that .venv matches a lock; touching a lock or pyproject.toml makes it stale ------

# uv from pip, in a place of its own.  It takes a fitting Python where there is one and brings one where there is none.
$(UV):
	@mkdir -p $(@D)
	@$(PYTHON) -m venv .tools/venv 2>/dev/null && .tools/venv/bin/python -m pip install --quiet "uv==$(UV_VERSION)" \
		&& ln -sf ../venv/bin/uv $(UV) \
	|| { $(PYTHON) -m pip install --quiet --target .tools/uv "uv==$(UV_VERSION)" && ln -sf ../uv/bin/uv $(UV); } \
	|| { echo "$(PYTHON) has neither venv nor pip: install one (Debian: apt-get install python3-venv)"; exit 1; }

$(BIN)/python: | $(UV)
	@$(UV) venv --quiet --allow-existing --no-python-downloads --python "$$(cat .python-version)" .venv 2>/dev/null \
		|| $(UV) venv --quiet --allow-existing --python ">=3.12,<3.14" .venv

$(STAMPS)/reports: requirements.lock pyproject.toml | $(BIN)/python
	$(UV) pip sync --quiet --require-hashes $(if $(wildcard $(STAMPS)/test),requirements-dev.lock,requirements.lock)
	$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(UV) pip sync --quiet --require-hashes requirements-dev.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $(STAMPS)/reports $@

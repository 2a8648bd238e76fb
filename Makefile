# make run    serve the demo; sets everything up the first time (Python 3.11 or newer, and make, are all it needs)
# make test   the everyday tests         make test-slow   the long ones         make bench   what it costs
# make setup  libraries, region data     make assets      region data alone     make lock    requirements/ from setup.cfg
# make clean  what these made; never the data in var/

.POSIX:
.DELETE_ON_ERROR:
.PHONY: run setup test test-slow bench assets lock clean

BIN = .venv/bin
REGIONS = server/store/regions.csv.gz

# uv is quicker where it is installed; pip reads the same files.
INSTALL = if command -v uv >/dev/null 2>&1; \
	then uv pip install --quiet --python $(BIN)/python "$$@"; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$@"; fi

run: setup
	$(BIN)/python -m server.demo

setup: .venv/.core $(REGIONS)

test: setup .venv/.dev
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-slow: setup .venv/.dev
	$(BIN)/python -m pytest -q -n 2 -m slow

bench: setup .venv/.dev
	$(BIN)/python -m bench

assets: $(REGIONS)

.venv/.made:
	@for python in python3.11 python3 python3.12 python3.13 python; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$python"; $$python -m venv .venv && touch $@; exit; fi; \
	done; echo "Python 3.11 or newer was not found; please install it. / Python 3.11 ke atas tidak ada; pasang dulu." >&2; exit 1

.venv/.core: .venv/.made requirements/core.txt setup.cfg pyproject.toml
	@echo "Installing the Python libraries"
	@set -- --require-hashes -r requirements/core.txt; $(INSTALL)
	@# A plain .pth, so that a room that is new tomorrow is found as well; setuptools warns of it at length.
	@set -- --no-deps --no-build-isolation --config-settings editable_mode=compat -e .; \
		PYTHONWARNINGS=ignore; export PYTHONWARNINGS; $(INSTALL)
	@touch $@

.venv/.dev: .venv/.core requirements/dev.txt
	@echo "Installing what the tests need"
	@set -- --require-hashes -r requirements/dev.txt; $(INSTALL)
	@touch $@

# npm comes with Node; where there is none, PyPI has one.
node_modules/.made: package.json package-lock.json requirements/node.txt | .venv/.core
	@command -v npm >/dev/null 2>&1 || { echo "Installing Node"; set -- --require-hashes -r requirements/node.txt; $(INSTALL); }
	@echo "Fetching the region data"
	@PATH="$$PATH:$$PWD/$(BIN)" npm ci --ignore-scripts --loglevel=error
	@touch $@

$(REGIONS): node_modules/.made server/store/regions_data.py | .venv/.core
	@$(BIN)/python -m server.store.regions_data node_modules/idn-area-data

# Versions stay as they are where setup.cfg allows; `make lock UPGRADE=--upgrade` takes the newest of everything.
UPGRADE =
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(COMPILE) setup.cfg requirements/build.in --extra dev -o requirements/dev.txt
	$(COMPILE) setup.cfg requirements/build.in -c requirements/dev.txt -o requirements/core.txt
	$(COMPILE) setup.cfg requirements/build.in --extra postgres -c requirements/dev.txt -o requirements/postgres.txt
	$(COMPILE) requirements/node.in -o requirements/node.txt
	npm install --package-lock-only --ignore-scripts

clean:
	rm -rf .venv node_modules build dist *.egg-info $(REGIONS) server/store/regions.attribution.txt
	rm -rf .pytest_cache .hypothesis .mypy_cache .ruff_cache .coverage htmlcov

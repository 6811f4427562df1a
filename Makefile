# Every target does its own set-up. Needed: Rust, Python >= 3.10, Node >= 20, gcc and make; nothing of ours.
# What is made lies in target/, build/, dist/, node_modules/ and .venv*/; `make clean` takes all of it away.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
CARGO_DIR := $(or $(CARGO_HOME),$(HOME)/.cargo)

# Release libraries name no folder of the machine that built them. node/scripts/pack.mjs sets the same words: with
# other flags cargo would compile every dependency a second time.
RELEASE_FLAGS = $(strip $(RUSTFLAGS) --remap-path-prefix=$(CARGO_DIR)=/cargo --remap-path-prefix=$(CURDIR)=/src)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: packages ## one failing-primary story from Python and from Node; LIVE=1 with OPENROUTER_API_KEY: against OpenRouter
	.venv/bin/python -m pip install -q --force-reinstall --no-deps build/packages/*.whl
	rm -rf build/demo && mkdir -p build/demo && echo '{"private": true}' > build/demo/package.json
	npm install --silent --offline --prefix build/demo build/packages/*.tgz
	cp docs/examples/demo.mjs build/demo/
	@echo && .venv/bin/python docs/examples/demo.py
	@echo && node build/demo/demo.mjs

test: ## everything that must hold; STEPS="clippy python" runs only these steps
	@$(PYTHON) .ci/test.py $(STEPS)

sim: ## a world in virtual time, twice: promises checked after every event, same seed, same digest (SEED=, CALLS=)
	@cargo build --locked --quiet $(SIM_PROFILE) -p resilient-completion-simulator --bin sim
	@mkdir -p build
	@for run in 1 2; do \
	    $(TARGET)/$(if $(SIM_PROFILE),release,debug)/sim --seed $(SEED) --calls $(CALLS) > build/sim-$$run || { cat build/sim-$$run; exit 1; }; \
	    grep -oE '"(seed|calls|violations|calls_per_second|digest)":[^,}]+' build/sim-$$run | tr -d '"' | paste -sd' '; \
	done
	@cmp <(grep -o '"digest":"[^"]*"' build/sim-1) <(grep -o '"digest":"[^"]*"' build/sim-2)
SEED := 1
CALLS := 10000

sim-long: ## the same with a million calls
	$(MAKE) sim SIM_PROFILE=--release CALLS=1000000

bench: packages ## the figures: ours beside the libraries by hand, CPU time of whole processes; BENCH_ARGS=--save keeps them
	RUSTFLAGS="$(RELEASE_FLAGS)" $(PYTHON) tests/bench/run.py $(BENCH_ARGS)

exit-test: .venv-test/done ## Python scripts that end with calls in flight, a hundred times each
	EXIT_ROUNDS=100 .venv-test/bin/python -m pytest tests/python/test_exit.py

# --- packages ----------------------------------------------------------------------------------------------------

packages: wheel tarballs # for this machine only; what `demo` and `test` install

wheel: .venv/done
	rm -f build/packages/*.whl
	RUSTFLAGS="$(RELEASE_FLAGS)" .venv/bin/maturin build --release --locked --quiet --out build/packages

tarballs: node_modules/.package-lock.json
	rm -f build/packages/*.tgz
	node node/scripts/pack.mjs --out build/packages

dist: .venv/zig node_modules/.package-lock.json ## wheel and npm tarballs for others into dist/, checked by check-dist
	rm -rf dist && mkdir dist
	export PATH="$(CURDIR)/.venv/bin:$$PATH"; \
	    RUSTFLAGS="$(RELEASE_FLAGS)" maturin build --release --locked --quiet --zig --target $(LINUX) \
	        --compatibility manylinux_2_17 --out dist; \
	    node node/scripts/pack.mjs --zig --out dist
	$(MAKE) check-dist
LINUX := $(shell uname -m)-unknown-linux-gnu

check-dist: ## installs dist/ elsewhere and makes a call with each package
	$(PYTHON) .ci/check_dist.py dist

# --- environments ------------------------------------------------------------------------------------------------

.venv/done: .ci/requirements-build.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	rm -rf .venv && $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q -r .ci/requirements-build.txt
	touch $@

.venv/zig: .venv/done .ci/requirements-zig.txt
	.venv/bin/python -m pip install -q -r .ci/requirements-zig.txt
	touch $@

# Made anew whenever the wheel is: nothing but the wheel and the tools of the tests.
.venv-test/done: .ci/requirements-test.txt wheel
	rm -rf .venv-test && $(PYTHON) -m venv .venv-test
	.venv-test/bin/python -m pip install -q -r .ci/requirements-test.txt build/packages/*.whl
	touch $@

# Not `npm ci`: it refuses a lock file without every platform's build of the linter, and a mirror may lack some.
node_modules/.package-lock.json: package.json package-lock.json
	npm install --silent --no-save
	touch $@

clean: ## removes everything that is made here
	rm -rf build dist node_modules node/dist .venv .venv-*
	cargo clean

.PHONY: help demo test sim sim-long bench exit-test packages wheel tarballs dist check-dist clean

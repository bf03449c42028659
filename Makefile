# Every door of the project; `make help` lists them. Steps print one line each; whole output: build/log/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run setup test unit lint fmt bench deep install clean
PREFIX ?= /usr/local

help: ## list the doors
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

run: ## install what is missing, build, prepare the demo data, run the main job on it
	@tools/setup run && tools/build release tagwerk && tools/demo

setup: ## install everything that building, testing and linting need
	@tools/setup test

test: ## build and run all tests: unit (with sanitizers), flow, Python
	@tools/test

unit: ## build and run the unit tests, without sanitizers
	@TAGWERK_STEPS=3 tools/setup test && TAGWERK_STEPS=3 tools/build dev && ctest --test-dir build/dev -j2 --output-on-failure

lint: ## formatting, clang-tidy on changed files, layers, ruff, mypy
	@tools/lint

fmt: ## format all sources
	@.venv/bin/clang-format -i $$(git ls-files 'src/*.cc' 'src/*.h' 'include/*.h' 'python/*.cc') && .venv/bin/ruff format examples tests tools python bench

bench: ## measure against peers, side by side; results for docs/benchmarks.md
	@tools/bench

deep: ## what takes longer: thread sanitizer, long fuzzing
	@tools/deep

install: ## build, and install the program under PREFIX (default /usr/local)
	@tools/setup run && tools/build release tagwerk && cmake --install build/release --component program --prefix $(PREFIX)

clean: ## remove what was built
	@rm -rf build

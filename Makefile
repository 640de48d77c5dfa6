# The commands of this project; `make` alone lists them. The work is done by the scripts in .ci/.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup serve dev build sizes test check e2e pictures bench clean

CARGO_HOME ?= $(HOME)/.cargo
export PATH := $(CURDIR)/node_modules/.bin:$(PATH):$(CARGO_HOME)/bin

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## install what building the page needs, where it is missing
	@./.ci/setup.sh

serve: setup ## build the page and serve it at http://127.0.0.1:8080, rebuilding on every change
	@echo "== serving at http://127.0.0.1:8080 (first build: a few minutes; stop with Ctrl-C)" >&2
	@trunk serve

dev: setup ## build the page into dist/ as `make serve` does
	@echo "== building the page (development)" >&2
	@trunk build

build: setup ## build the page for publishing into dist/: any static host, any path
	@./.ci/setup.sh browser
	@./.ci/build.sh

test: ## install what tests need and run every test
	@./.ci/test.sh

check: ## format, lints and native tests only
	@./.ci/test.sh native

e2e: ## the tests in a real browser only
	@./.ci/test.sh browser

pictures: e2e ## take the pictures of the README anew
	@cp target/e2e/readme.png docs/screenshot.png

bench: ## measure the core, natively
	@echo "== cargo bench" >&2
	@cargo bench

clean: ## remove everything that was built (not what was installed)
	@rm -rf dist target node_modules

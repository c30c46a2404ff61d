# Stockwell's commands. `make help` lists them; CI calls nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo run build check test race fuzz lint generate verify bench load month soak mutants deps deps-test deps-race

# ARGS goes to the command that a target runs, as: make demo ARGS=--once
ARGS ?=
# How long each fuzz target runs.
FUZZTIME ?= 30s
# Packages tested at once: each with a database has a server of its own.
PARALLEL ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$(( n < 4 ? n : 4 )))

# Git refuses to tell its state to a user who does not own the tree, and go
# would then refuse to build.
VCS := $(shell git rev-parse HEAD >/dev/null 2>&1 && echo auto || echo false)
export GOFLAGS := $(GOFLAGS) -buildvcs=$(VCS)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## install what is missing, build, and tell the story (ARGS=--once exits after it)
	@exec scripts/demo.sh $(ARGS)

run: build ## serve with config/stockwell.yaml (ARGS are given to serve)
	@exec bin/stockwell serve $(ARGS)

build: ## build bin/stockwell
	@CGO_ENABLED=0 go build -o bin/stockwell ./cmd/stockwell

check: ## compile and vet everything, quickly
	@CGO_ENABLED=0 go build ./...
	@go vet ./...

test: deps-test ## run all tests (installs what they need)
	@PARALLEL=$(PARALLEL) scripts/test.sh $(ARGS)

race: deps-test deps-race ## run all tests under the race detector
	@PARALLEL=$(PARALLEL) scripts/test.sh -race $(ARGS)

fuzz: ## run each fuzz target for FUZZTIME (default 30s)
	@scripts/fuzz.sh $(FUZZTIME) $(ARGS)

lint: ## formatting, vet, staticcheck
	@scripts/lint.sh

generate: ## write generated files anew
	@go generate ./...

verify: ## fail on generated drift, a forbidden import, a changed published mapping
	@scripts/verify-generated.sh
	@go test -count=1 ./internal/archtest
	@go test -count=1 -run PublishedProfile ./mapping

bench: deps deps-test ## measure against the yardsticks (ARGS='--only NAME --json FILE')
	@go run ./internal/bench $(ARGS)

load: deps ## kill hub and database at random under load and judge what is left (ARGS='--kills 200')
	@go run ./internal/load $(ARGS)

month: deps ## a simulated month of twenty theatres with random kills, compared at the end (ARGS='FOLDER THEATRES DAYS SPEED')
	@scripts/month.sh $(ARGS)

soak: deps ## a million messages of a synthetic hospital, with memory and answers by the 100,000 (ARGS='FOLDER THEATRES DAYS RATE')
	@scripts/soak.sh $(ARGS)

mutants: ## break the rules one by one and see that the tests notice (ARGS='-only NAME')
	@go run ./internal/mutants $(ARGS)

deps: ## install what the hub needs, if it is missing
	@scripts/deps.sh hub

deps-test: ## install what the tests need, if it is missing
	@scripts/deps.sh hub test
	@scripts/peers.sh

deps-race: ## install the C compiler that the race detector needs, if it is missing
	@scripts/deps.sh race

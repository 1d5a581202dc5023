# `go test ./...` and `go run ./cmd/failsim` need only Go and git. These targets are for work on failsim itself.

# Packages whose tests know -update; another package refuses the flag.
GOLDEN := ./cmd/failsim ./describe ./dist ./report
# Packages with benchmarks.
BENCH  := ./sim ./dist ./experiment ./rows ./query ./sigv4
# Packages that start goroutines, and what is called from several at a time.
RACE  := ./experiment ./store ./query ./sigv4 ./server ./control
# What must give the same bits on arm64. The commands' tests start their own binary, which an emulator cannot do unless
# the kernel knows it, so of those only the goldens run.
CROSS  := ./dist ./sim ./measure ./stats ./experiment ./scenario ./rows

# golangci-lint from the path or from Go's bin folder, otherwise built by go run (minutes, the first time).
LINT := $(firstword $(shell which golangci-lint 2>/dev/null) $(wildcard $(shell go env GOPATH)/bin/golangci-lint))
ifeq ($(LINT),)
LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
endif

.PHONY: election-check help check test golden results results-check bench fuzz crosscheck crosscheck-aws page-check

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 16

check: ## vet, lint, tests, and the race detector where there is more than one goroutine: before every commit
	go vet ./...
	$(LINT) run ./...
	go test ./...
	go test -race $(RACE)
	go test -race -run 'Workers|Interrupted|KeptApart|Scripts/(run|merge)' ./cmd/failsim

test: ## the tests, source rules included
	go test ./...

golden: ## rewrite the golden files; read the diff as a reviewer
	go test $(GOLDEN) -update

results: ## run every scenario again and rewrite its baseline in results/
	go build -o bin/failsim ./cmd/failsim
	set -e; for s in scenarios/*.toml; do bin/failsim run $$s --update --quiet; done

results-check: ## run every scenario again; fail if a baseline changed or is missing from git, and tell by how much it did
	go build -o bin/failsim ./cmd/failsim
	@set -e; new=$$(mktemp -d); trap 'rm -rf "$$new"' EXIT; bad=; \
	for s in scenarios/*.toml; do bin/failsim run $$s --quiet -o $$new/$$(basename $$s .toml); done; \
	bin/failsim compare results $$new || bad=1; \
	for d in $$new/*; do for f in manifest.json summary.json timeline.txt; do \
		cmp results/$${d##*/}/$$f $$d/$$f || bad=1; \
	done; done; \
	for d in $$(git ls-files results | cut -d/ -f2 | sort -u); do \
		test -d $$new/$$d || { echo "results/$$d: no scenario has this name"; bad=1; }; \
	done; \
	git diff --exit-code -- results/ || bad=1; \
	more=$$(git ls-files --others --exclude-standard results/); test -z "$$more" || { echo "not committed:" $$more; bad=1; }; \
	test -z "$$bad"

bench: ## the kernel against C, run in turn, as a ratio; then Go's benchmarks
	bench/ratio.sh
	go test -bench . -run '^$$' $(BENCH)

fuzz: ## every fuzz target, 30 seconds each
	set -e; for p in $$(go list ./...); do \
		for t in $$(go test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			go test -run '^$$' -fuzz "^$$t\$$" -fuzztime 30s -fuzzminimizetime 10x $$p; \
		done; \
	done

crosscheck: crosscheck-aws ## the tests and goldens for arm64 under qemu-user (installs Debian's package if it is missing), and crosscheck-aws
	@command -v qemu-aarch64 >/dev/null || { echo "crosscheck: installing qemu-user"; apt-get update && apt-get install -y --no-install-recommends qemu-user; }
	GOARCH=arm64 CGO_ENABLED=0 go test -exec qemu-aarch64 $(CROSS)
	GOARCH=arm64 CGO_ENABLED=0 go test -exec qemu-aarch64 -run Golden ./cmd/failsim
	go build -o bin/failsim ./cmd/failsim && GOARCH=arm64 CGO_ENABLED=0 go build -o bin/failsim-arm64 ./cmd/failsim
	set -e; d=$$(mktemp -d); trap 'rm -rf '$$d EXIT; s=scenarios/game-day.toml; \
		qemu-aarch64 bin/failsim-arm64 run $$s --shard 0/2 -o $$d/0 --quiet; bin/failsim run $$s --shard 1/2 -o $$d/1 --quiet; \
		bin/failsim merge $$d/0 $$d/1 -o $$d/merged --quiet; bin/failsim run $$s -o $$d/straight --quiet; \
		diff -r -x environment.json $$d/merged $$d/straight; echo "parts of two architectures merge to the same bytes"

# The clients of crosscheck-aws: Debian's, unless others are named.
PYTHON := /usr/bin/python3
AWS    := /usr/bin/aws

crosscheck-aws: ## a game day with the AWS SDK for Go, boto3 and the AWS CLI; rewrites crosscheck/aws/results.md (installs Debian's packages if missing)
	go -C crosscheck/aws vet ./...
	@mkdir -p bin && rm -f bin/sdk-go.json
	go -C crosscheck/aws test -count=1 . -report $(CURDIR)/bin/sdk-go.json || test -f bin/sdk-go.json # failed tests are counted there
	@$(PYTHON) -c 'import boto3' 2>/dev/null && test -x $(AWS) || { echo "crosscheck-aws: installing python3-boto3 and awscli"; apt-get update && apt-get install -y --no-install-recommends python3-boto3 awscli; }
	go build -o bin/failsim ./cmd/failsim
	$(PYTHON) crosscheck/aws/gameday.py --failsim bin/failsim --aws $(AWS) --sdk-go bin/sdk-go.json > bin/results.md; code=$$?; cat bin/results.md; \
		test $$code = 0 && cp bin/results.md crosscheck/aws/results.md

election-check: ## a few failovers of a real redis-server cluster, held against the engine's source (installs Debian's package if it is missing)
	@command -v redis-server >/dev/null || { echo "election-check: installing redis-server"; apt-get update && apt-get install -y --no-install-recommends redis-server; }
	go -C crosscheck/election vet ./...
	go -C crosscheck/election test ./...
	go -C crosscheck/election run . -check -header -case crash -replicas 1 -timeout 1s -rounds 3
	go -C crosscheck/election run . -check -case manual -replicas 1 -timeout 1s -rounds 2

# The accessibility checker that page-check uses; its digest stands in crosscheck/page.
AXE := axe-core-4.14.1
# -short: two pages, and no pictures.
PAGE_FLAGS :=

page-check: ## report pages in a headless Chromium; pictures go to crosscheck/page/out (installs Debian's chromium and npm if missing)
	@command -v chromium >/dev/null || { echo "page-check: installing chromium"; apt-get update && apt-get install -y --no-install-recommends chromium; }
	@command -v npm >/dev/null || { echo "page-check: installing npm"; apt-get update && apt-get install -y --no-install-recommends npm; }
	@mkdir -p crosscheck/page/out
	@test -f crosscheck/page/out/$(AXE).tgz || { echo "page-check: fetching $(AXE)"; cd crosscheck/page/out && npm pack --silent $(subst core-,core@,$(AXE)); }
	go -C crosscheck/page vet ./...
	go -C crosscheck/page test -count=1 -timeout 20m $(PAGE_FLAGS) ./...

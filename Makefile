# exeunt: `make` alone prints what there is.

GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Every folder with npm packages of its own, the SDK first: the others build upon it.
NODE := sdk $(filter-out sdk,$(patsubst %/package.json,%,$(wildcard */package.json */*/package.json)))

GO_FILES := $(shell git ls-files '*.go' ':!*.pb.go')

STEP := @.ci/step
# each runs one npm script in every folder that has it, all of them even when one fails.
each = code=0; for dir in $(NODE); do .ci/step "$(1) $$dir" npm run --prefix $$dir --if-present --silent $(1) \
	|| code=1; done; exit $$code
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

##@ Use
run: build ## build and start a server in development mode (needs Go, nothing else)
	bin/exeunt serve

build: ## build bin/exeunt
	go build -o bin/exeunt ./cmd/exeunt

##@ Change
deps: browsers $(NODE:%=%/node_modules/.package-lock.json) ## install what tests need: npm packages, browsers
	@cd sdk && npm run --silent build

generate: deps ## make the generated files anew: wire, exit codes, pages
	$(STEP) 'wire' sdk/node_modules/.bin/buf generate
	$(STEP) 'exit codes' sh -c 'go run server/exit/codes_gen.go >sdk/src/codes.ts'
	$(STEP) 'pages' go generate ./web/...

fmt: deps ## format the code
	go run $(GOFUMPT) -w $(GO_FILES)
	sdk/node_modules/.bin/biome format --write sdk

##@ Prove
check: check-format check-go check-node check-sim fuzz ## formatters, linters, type checkers, house rules (no browser)

check-format: deps
	$(STEP) 'gofumpt' sh -c 'stale=$$(go run $(GOFUMPT) -l $(GO_FILES)); echo "$$stale"; test -z "$$stale"'

check-go: deps
	$(STEP) 'go vet' go vet ./...
	$(STEP) 'staticcheck' go run $(STATICCHECK) ./...
	$(STEP) 'go mod tidy' go mod tidy -diff
	$(STEP) 'page bundler' sh -c 'go -C web/bundle mod tidy -diff && go -C web/bundle vet ./... && \
		go -C web/bundle test -count=1 ./...'
	$(STEP) 'house rules and freshness' go test -count=1 . ./test/failures ./test/mutants

check-node: deps
	@$(call each,check)

test: test-go bench-gate test-node ## everything that runs: Go with the race detector, SDK, pages, browsers

test-go: deps build
	$(STEP) 'Go tests' go run ./test/failures record -race ./...
	$(STEP) 'soak, 60 seconds' go test -count=1 -run TestK8 ./test/soak $(CROWD) -for=60s
	$(STEP) 'histories' go run ./test/failures record -C test/history -count=1 . -histories=300 -killed=40

test-node: deps build
	@$(call each,test)

e2e: deps build ## the browser tests alone
	$(STEP) 'test/e2e' npm run --prefix test/e2e --silent test

SIM ?= 60s
sim: ## simulate rooms, links, faults and restarts for SIM (60s), with seeds that were never tried
	@go test -count=1 -run '^TestSim$$' -v ./server/room -sim.time=$(SIM)

check-sim: deps
	$(STEP) 'simulator, 30 seconds' $(MAKE) sim SIM=30s

fuzz: ## give every parser that meets the network ten seconds of strange input
	$(STEP) 'fuzz targets' .ci/fuzz 10

failures: ## what goes wrong with rooms, the test that holds each row, and its last result (after make test)
	@go run ./test/failures

# How long the soak lasts.
SOAK := 10m
# What churns.
CROWD := -members=2000 -rooms=200 -media=12

soak: ## 2,000 members churn over 200 rooms with faults for ten minutes (SOAK=1h for longer); nothing may stay behind
	go test -count=1 -v -timeout 0 -run TestK8 ./test/soak $(CROWD) -for=$(SOAK) -keep

history: ## 1,000 histories of 200 operations, and 100 through kills, must each fit one order (about five minutes)
	go -C test/history test -count=1 -v -timeout 30m .

bench: bench-exit bench-media ## measure all that is measured: exits and media, about an hour and a half

bench-exit: build ## measure exits beside LiveKit, up to 12 minutes; writes docs/exit.md
	go -C bench run . -exeunt $(CURDIR)/bin/exeunt -write $(CURDIR)/docs/exit.md

# What bench-media measures: scenarios or groups of them, as PART=join,growth; empty for all. The other parts stay as they
# were measured before.
PART :=
bench-media: build ## measure media beside LiveKit and others, over an hour (PART=T10 for a part); writes docs/media.md
	go -C bench run ./forward -exeunt $(CURDIR)/bin/exeunt -scenario "$(PART)" -write $(CURDIR)/docs/media.md \
		-json $(CURDIR)/docs/benchmarks/media.json -html $(CURDIR)/docs/benchmarks/media.html

# The peers that take no download, and the targets with room for a busy machine.
bench-gate: build ## two minutes: a forwarded packet may not cost much more than it should, beside the floor and Pion
	$(STEP) 'forwarding costs' go -C bench run ./forward -exeunt $(CURDIR)/bin/exeunt -only exeunt,floor,pion \
		-scenario T10 -rounds 5 -seconds 2 -gate 1.25

mutants: deps ## plant each fault of test/mutants into a copy; the tests must notice (about ten minutes)
	@go run ./test/mutants

##@ Tidy up
clean: ## remove what was built and installed here
	rm -rf bin .results sdk/liteav $(NODE:%=%/node_modules)

help: ## print this list
	@awk -F ':.*## ' '/^##@/ { print "\n" substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

browsers:
	@.ci/browsers

# npm writes this file when it has installed what the lockfile says. No package's install script is run: the binaries
# that we need come as packages.
%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json

.PHONY: run build deps generate fmt check check-format check-go check-node check-sim sim bench bench-exit bench-media bench-gate \
	test test-go test-node e2e failures soak history mutants fuzz clean help browsers

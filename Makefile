# `make` lists the targets. Anything longer than three lines lives in .ci/.

SWIFT ?= swift
PREFIX ?= /usr/local
# The layers of Package.swift are proven on every build. Debug and test builds share it, so that
# `build`, `check` and `test` compile once.
LAYERED := --explicit-target-dependency-import-check error
RELEASE := -c release --static-swift-stdlib $(LAYERED)
FUZZ_SECONDS ?= 3600
SOAK_SECONDS ?= 3600
export SWIFT

.DEFAULT_GOAL := help
.PHONY: demo test build release bench bench-data fuzz soak check format completions install clean help toolchain

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: toolchain ## record a container, remove it, print what it did
	@.ci/install build demo
	@.ci/demo

test: toolchain ## install what is missing, check the house rules, run every test
	@.ci/install build test
	@.ci/check
	@.ci/fuzz 20
	@.ci/test

build: toolchain ## build for debugging
	@.ci/install build
	@$(SWIFT) build $(LAYERED)

release: toolchain ## build the optimised program, with Swift's library inside
	@.ci/install build
	@$(SWIFT) build $(RELEASE) --product aftertrace

bench: release ## measure against the targets, ratios in one run
	@.ci/install bench
	@.ci/bench run

bench-data: release ## make the large capture that the benchmarks read
	@.ci/bench data

fuzz: toolchain ## feed the readers garbage for FUZZ_SECONDS (3600)
	@.ci/install build
	@.ci/fuzz $(FUZZ_SECONDS)

soak: release ## record for SOAK_SECONDS (3600), then random keys into the inspector for 600 of them at most
	@.ci/install demo test
	@.ci/soak $(SOAK_SECONDS)
	@.ci/soak-inspector $$(($(SOAK_SECONDS) < 600 ? $(SOAK_SECONDS) : 600))

check: toolchain ## format, layers, file lengths, generated files
	@.ci/install build
	@.ci/check

format: toolchain ## rewrite the sources in the house format
	@$(SWIFT) format -i -r --configuration .swift-format Package.swift Sources Tests Plugins

completions: build ## make completions/ and docs/aftertrace.1 again
	@.ci/generate .

install: release ## install into PREFIX (/usr/local), DESTDIR honoured
	@.ci/place "$(DESTDIR)" "$(PREFIX)"

clean: ## delete what was built
	@rm -rf .build .build-*

toolchain:
	@command -v $(SWIFT) >/dev/null || { echo "make: no '$(SWIFT)' in PATH: install Swift 6.2 or newer from swift.org/install, or make SWIFT=/path/to/swift" >&2; exit 2; }

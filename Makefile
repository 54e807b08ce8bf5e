# Every target works on a fresh Debian or Ubuntu with Rust (1.95 or later), Node 20 or later, and sudo or root. What else
# is needed is installed by `make deps`, which every target asks for.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# A clone can share the build folder of another one: `export CARGO_TARGET_DIR=…`.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
LISTEN ?= 127.0.0.1:8080
DATA ?= data
DENY_VERSION := 0.20.2
MUTANTS_VERSION := 27.1.0
# waproto's build script writes a file and watches it too: newer than the build that wrote it, it would make cargo build
# nearly everything once more the next time.
SETTLE = @find $(TARGET) -path '*/waproto-*/out/whatsapp.local.desc' -newermt 2000-01-02 -exec touch -d 2000-01-01 {} +

.PHONY: help deps deps-browser deny web demo run build test test-rust test-web test-browser check chaos chaos-short bench mutants cargo-mutants openapi screenshots figures clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: deps web ## Build everything and run the product with a simulated WhatsApp network and sample data
	@echo "── Building the demo (the first time takes several minutes, later a few seconds) …"
	cargo build --release --features sandbox -p pesan
	$(SETTLE)
	@echo "── Starting the demo; stop it with Ctrl+C. Its data is in $(DATA)/demo"
	@mkdir -p $(DATA)/demo
	$(TARGET)/release/pesan demo --listen $(LISTEN) --data $(DATA)/demo

run: deps web ## Build and run the product for real
	@echo "── Building (the first time takes several minutes, later a few seconds) …"
	cargo build --release -p pesan
	$(SETTLE)
	@mkdir -p $(DATA)/pesan
	$(TARGET)/release/pesan serve --listen $(LISTEN) --data $(DATA)/pesan

build: deps web ## Build what is shipped: one small binary, without the simulated network
	cargo build --profile dist -p pesan
	$(SETTLE)
	@ls -l $(TARGET)/dist/pesan

test: deps deps-browser web test-rust test-web test-browser chaos-short ## Run every test

test-rust:
	@echo "── Tests of the crates, on SQLite and PostgreSQL, with the simulated network and with Baileys …"
	cargo test --workspace --features pesan/sandbox
	$(SETTLE)

test-web:
	@echo "── Tests of the web app …"
	cd web && npm run --silent test

test-browser:
	@echo "── The web app in a browser, against the real program …"
	cargo build --workspace --bins --features pesan/sandbox
	$(SETTLE)
	cd web && PESAN_BIN=$(TARGET)/debug/pesan npm run --silent e2e

chaos-short:
	@echo "── Killing the program at random moments, on both databases …"
	cargo build --workspace --bins --features pesan/sandbox
	$(SETTLE)
	$(TARGET)/debug/chaos --kills 20 --db sqlite --drain-seconds 400
	$(TARGET)/debug/chaos --kills 20 --db postgres --drain-seconds 400

chaos: deps web ## Kill the program 500 times under load on each database and account for every message
	cargo build --release --features pesan/sandbox -p pesan -p wanet -p pesan-bench
	$(SETTLE)
	$(TARGET)/release/chaos --kills 500 --db sqlite --drain-seconds 600
	$(TARGET)/release/chaos --kills 500 --db postgres --drain-seconds 600

bench: build ## Measure what docs/benchmarks.md promises
	cargo build --release --features pesan/sandbox -p pesan -p wanet -p pesan-bench
	$(SETTLE)
	$(TARGET)/release/bench all

check: deps deny web ## Lint everything; a warning is an error
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features pesan/sandbox -- -D warnings
	$(SETTLE)
	@echo "── The product without the sandbox must build, and must verify WhatsApp's certificates …"
	cargo clippy -p pesan -- -D warnings
	$(SETTLE)
	@if cargo tree -p pesan -e features,normal | grep -E 'danger-skip'; then echo "the release carries a sandbox feature"; exit 1; fi
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --workspace --no-deps --document-private-items --features pesan/sandbox
	$(SETTLE)
	cargo deny --log-level error check bans licenses sources
	cd web && npm run --silent check

mutants: deps cargo-mutants ## Change the pure modules in every small way and see that a test notices (hours)
	@echo "── More than 500 changes, each built and tested alone: this takes hours …"
	CARGO_PROFILE_DEV_DEBUG=0 cargo mutants --workspace --timeout 60

cargo-mutants:
	@[ "$$(cargo mutants --version 2>/dev/null)" = "cargo-mutants $(MUTANTS_VERSION)" ] || { \
		echo "── Installing cargo-mutants (some minutes, once) …"; \
		cargo install --locked --quiet cargo-mutants --version $(MUTANTS_VERSION); }

openapi: ## Write openapi.json anew
	PESAN_WITHOUT_UI=1 cargo run -p pesan -- openapi > openapi.json.new
	mv openapi.json.new openapi.json

screenshots: deps deps-browser web ## Take pictures of every screen
	cargo build --workspace --bins --features pesan/sandbox
	$(SETTLE)
	cd web && PESAN_BIN=$(TARGET)/debug/pesan npm run --silent screenshots

figures: deps deps-browser web ## Measure the web app in a browser (of PESAN_URL, PESAN_EMAIL, PESAN_PASSWORD, or of a demo)
	cargo build --release --features sandbox -p pesan
	$(SETTLE)
	cd web && PESAN_BIN=$(TARGET)/release/pesan npm run --silent figures

web: deps ## Build the web app
	@cd web && if [ ! -f dist/index.html ] || [ -n "$$(find src index.html package-lock.json vite.config.ts ../openapi.json -newer dist/index.html -print -quit)" ]; then \
		echo "── Building the web app …"; npm run --silent build; fi

deps: ## Install what is needed besides Rust and Node (asks for root)
	@command -v cargo >/dev/null || { echo "Rust is missing: install it from https://rustup.rs"; exit 1; }
	@command -v npm >/dev/null || { echo "Node is missing: install version 20 or later"; exit 1; }
	@missing=""; \
	command -v cc >/dev/null || missing="$$missing build-essential"; \
	command -v make >/dev/null || missing="$$missing make"; \
	command -v setpriv >/dev/null || missing="$$missing util-linux"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	if [ -n "$$missing" ]; then \
		echo "── Installing$$missing …"; \
		$(SUDO) apt-get update -q; \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qy --no-install-recommends$$missing; \
	fi
	@for folder in web tests/baileys; do \
		if [ ! -f $$folder/node_modules/.package-lock.json ] || [ $$folder/package-lock.json -nt $$folder/node_modules/.package-lock.json ]; then \
			echo "── Installing the packages of $$folder …"; \
			(cd $$folder && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json); \
		fi; \
	done

deps-browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
		echo "── Installing chromium …"; \
		$(SUDO) apt-get update -q; \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qy --no-install-recommends chromium fonts-noto-core fonts-noto-color-emoji; }

deny:
	@[ "$$(cargo deny --version 2>/dev/null)" = "cargo-deny $(DENY_VERSION)" ] || { \
		echo "── Installing cargo-deny (some minutes, once) …"; \
		cargo install --locked --quiet cargo-deny --version $(DENY_VERSION); }

clean: ## Delete what was built (not the data)
	cargo clean
	rm -rf web/dist web/node_modules tests/baileys/node_modules

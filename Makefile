# The runbook's commands. `make smoke ENV=staging` is the gate after a deploy.

ENV ?= $(or $(SMOKE_ENV),local)
RUN := sh scripts/with-setup

.PHONY: help smoke test lint bench

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

smoke: ## Run the smoke checks against ENV (default: local)
	$(RUN) cargo test --locked --test smoke -- --env $(ENV)

test: ## Run the project's own tests
	$(RUN) cargo test --locked --workspace

lint: ## Format, clippy and docs, as CI wants them
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --test smoke -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

bench: ## Measure against Hurl (cargo install hurl --version 8.0.1 --locked)
	$(RUN) cargo bench --locked --bench versus_hurl

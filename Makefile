# The runbook's commands. `make smoke ENV=staging` is the gate after a deploy.

RUN := sh scripts/with-setup

.PHONY: help smoke test lint bench

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "%-8s %s\n", $$1, $$2 }'

smoke: ## Run the smoke checks against ENV (default: SMOKE_ENV, or else local)
	$(RUN) cargo test --locked --test smoke$(if $(ENV), -- --env "$(ENV)")

test: ## Run the project's own tests
	$(RUN) cargo test --locked --workspace

lint: ## Format, clippy and docs, as CI wants them
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --test smoke -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

bench: ## Measure against Hurl (cargo install hurl --version 8.0.1 --locked)
	$(RUN) cargo bench --locked --bench versus_hurl

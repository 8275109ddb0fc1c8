# The runbook's commands. `make smoke ENV=staging` is the gate after a deploy, and
# `make backup-prod ENV=production` backs production up.

RUN := sh scripts/with-setup
PROGRAM := $(RUN) cargo run --locked --quiet --
# Behind the `--` of a test harness: the environment, if one is named.
ENVIRONMENT = $(if $(ENV), -- --env "$(ENV)")
# Which backup: latest, previous, or its name.
BACKUP ?= latest

.PHONY: help smoke backup-prod verify-backup list-backups prune-backups audit psql-prod-readonly \
	test lint bench

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "%-19s %s\n", $$1, $$2 }'

smoke: ## Run the smoke checks against ENV (default: SMOKE_ENV, or else local)
	$(RUN) cargo test --locked --test smoke$(ENVIRONMENT)

backup-prod: ## Back up and prove the backup: ENV=production, or else the demo of local
	$(RUN) cargo test --locked --test drill$(ENVIRONMENT)

verify-backup: ## Read a backup to its end and compare it with its manifest (BACKUP=latest)
	$(PROGRAM) backup verify "$(BACKUP)"$(if $(IDENTITY), --identity "$(IDENTITY)")

list-backups: ## List the backups that are there
	$(PROGRAM) backup list

prune-backups: ## Remove backups that are older than the retention
	$(PROGRAM) backup prune

audit: ## Find lines of the audit log that were altered, removed or inserted
	$(PROGRAM) audit verify

psql-prod-readonly: ## Open psql on production (or ENV), read-only and on record
	$(PROGRAM) psql$(if $(ENV), --env "$(ENV)")

test: ## Run the project's own tests
	$(RUN) cargo test --locked --workspace

lint: ## Format, clippy and docs, as CI wants them
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --test smoke --test drill -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

bench: ## Measure against Hurl (cargo install hurl --version 8.0.1 --locked) and pg_dump
	$(RUN) cargo bench --locked --bench versus_hurl
	$(RUN) cargo bench --locked --bench versus_pg_dump

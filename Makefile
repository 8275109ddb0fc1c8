# The runbook's commands. `make smoke ENV=staging` is the gate after a deploy,
# `make backup-prod ENV=production` backs production up, and `make restore-staging ENV=staging`
# restores the newest backup, masked. Without ENV all of it happens in the demo.

RUN := sh scripts/with-setup
# By the build of the tests, so that there is one.
PROGRAM := $(RUN) sh scripts/program
# The environment, if one is named.
ENVIRONMENT = $(if $(ENV), --env "$(ENV)")
# Whose backups: without ENV those of drill.toml's source; the demo's where that is unknown here.
SOURCE = $(addprefix --env ,$(or $(ENV),$(SMOKE_ENV)))
# A build with optimizations (RELEASE=1): for gigabytes.
PROFILE = $(if $(RELEASE), --release)
# Which backup: latest, previous, or its name. The demo makes one of its own, unless one is named.
BACKUP ?= latest
CHOICE = $(if $(ENV)$(findstring command,$(origin BACKUP)), --backup "$(BACKUP)")
KEY = $(if $(IDENTITY), --identity "$(IDENTITY)")
# Whether to go on with what an earlier restore has loaded (RESUME=1).
GOING_ON = $(if $(RESUME), --resume)
# What evidence is signed with; `smokedrill review key FILE` makes one.
KEY_FILE = $(or $(SIGN),$(error say SIGN=FILE, the private key to sign with))

.PHONY: help smoke drill drill-history drill-status review tasks evidence backup-prod \
	verify-backup list-backups prune-backups prune-reports restore-staging mark-staging check-masking audit \
	psql-prod-readonly rotate-twilio sentry-scrub-test test lint bench

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "%-19s %s\n", $$1, $$2 }'

smoke: ## Run the smoke checks against ENV (default: SMOKE_ENV, or else local)
	$(RUN) cargo test --locked --test smoke --$(ENVIRONMENT)

backup-prod: ## Back up and prove the backup: ENV=production, or else the demo of local
	$(RUN) cargo test --locked$(PROFILE) --test drill --$(ENVIRONMENT)$(KEY) --tag backup

verify-backup: ## Read a backup to its end and compare it with its manifest (BACKUP=latest, of ENV)
	$(PROGRAM) backup verify "$(BACKUP)" $(SOURCE)$(KEY)

list-backups: ## List the backups that are there, all of them or those of ENV
	$(PROGRAM) backup list $(SOURCE)

prune-backups: ## Remove backups that are older than the retention
	$(PROGRAM) backup prune

prune-reports: ## Remove reports of drills that are older than they are kept (three years)
	$(PROGRAM) reports prune

restore-staging: ## Restore a backup into ENV, masked and proved, and run the smoke checks
	$(RUN) cargo test --locked$(PROFILE) --test drill --$(ENVIRONMENT)$(CHOICE)$(KEY)$(GOING_ON) --exclude-tag backup

mark-staging: ## Say once that the database of ENV may be overwritten; asks for its name
	$(PROGRAM) staging mark --env "$(ENV)"

check-masking: ## Show what becomes of each column of a backup (BACKUP=latest, of ENV)
	$(PROGRAM) masking check "$(BACKUP)" $(SOURCE)$(KEY)

drill: ## All of it: back up, restore into ENV, prove both, run the smoke checks
	$(RUN) cargo test --locked$(PROFILE) --test drill --$(ENVIRONMENT)$(KEY)

drill-history: ## Show the drills that were made (of ENV), and how their figures change
	$(PROGRAM) drill-history$(ENVIRONMENT)

drill-status: ## Say when the last drill was and the next is due; fails where one is overdue
	$(PROGRAM) drill-status$(ENVIRONMENT)

review: ## Show how the newest drill stands: checklist, what is in the way of a go, the decision
	$(PROGRAM) review show

tasks: ## List what is to be done after drills
	$(PROGRAM) tasks list

evidence: ## Put all that the newest drill left into one file, signed with SIGN=FILE (minisign)
	$(PROGRAM) evidence pack --key "$(KEY_FILE)"

audit: ## Find lines of the audit log that were altered, removed or inserted
	$(PROGRAM) audit verify

psql-prod-readonly: ## Open psql on production (or ENV), read-only and on record
	$(PROGRAM) psql$(if $(ENV), --env "$(ENV)")

rotate-twilio: ## Replace Twilio's auth token, locking nobody out (DRY_RUN=1, RESUME=1)
	$(PROGRAM) rotate twilio$(if $(DRY_RUN), --dry-run)$(if $(RESUME), --resume)

sentry-scrub-test: ## Look whether Sentry keeps personal data or secrets
	$(PROGRAM) sentry scrub-test

test: ## Run the project's own tests
	$(RUN) cargo test --locked --workspace

lint: ## Format, clippy and docs, as CI wants them
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --test smoke --test drill -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

bench: ## Measure against Hurl (cargo install hurl --version 8.0.1 --locked) and PostgreSQL's tools
	$(RUN) cargo bench --locked --bench versus_hurl
	$(RUN) cargo bench --locked --bench versus_pg_dump
	$(RUN) cargo bench --locked --bench versus_pg_restore

# Every command of the project. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
RASA := RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 PYTHONWARNINGS=ignore PYTHONPATH=. $(PYTHON)

.PHONY: run whatsapp-simulator test train evaluate bench compare reconcile chaos lint clean help environment backup restore promote rollback why corrections data-report log-bench review-loop

run: environment  ## Start everything on this machine and print one URL (Ctrl-C ends it)
	@$(PYTHON) -m scripts.train
	@$(PYTHON) -m scripts.run

whatsapp-simulator: environment  ## The same, with simulated WhatsApp phones beside it
	@$(PYTHON) -m scripts.train
	@$(PYTHON) -m scripts.whatsapp_simulator

test: environment  ## Run all tests against the real model, servers and browser
	@$(PYTHON) -m scripts.train
	@$(RASA) -m pytest $(ARGS)

train: environment  ## Train the model if data or configuration changed
	@$(PYTHON) -m scripts.train

evaluate: environment  ## Measure quality on the held-out reporting half
	@$(PYTHON) -m scripts.train
	@$(RASA) -m evaluation.evaluate $(ARGS)

compare: environment  ## Compare the intent classifier with Rasa's own, on the development half
	@$(RASA) -m evaluation.compare $(ARGS)

bench: environment  ## Measure speed and memory against stock Rasa, in one run
	@$(PYTHON) -m scripts.train
	@$(RASA) -m evaluation.bench $(ARGS)
	@$(RASA) -m evaluation.desk_bench $(filter --quick,$(ARGS))

reconcile: environment  ## Check that every message received ended as exactly one thing; lists those that did not
	@$(PYTHON) manage.py reconcile $(ARGS)

chaos: environment  ## Kill, freeze and fill up real processes; no message may be lost (20 minutes; ARGS="--scale 0.1")
	@$(PYTHON) -m scripts.train
	@$(RASA) -m tests.faults.chaos $(ARGS)

lint: environment  ## Check style, types and import rules
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports

backup: environment  ## Back the database up (ARGS="--to DIR --keep 14"); the desk may run
	@$(PYTHON) manage.py backup $(ARGS)

restore: environment  ## Restore a backup: make restore FILE=... (stop the desk first; ARGS=--replace over messages)
	@$(PYTHON) manage.py restore "$(FILE)" $(ARGS)

promote: environment  ## Put a trained model into service once it has shown that it answers (MODEL=fingerprint)
	@$(RASA) -m scripts.promote $(MODEL)

rollback: environment  ## Put the model before it back into service
	@$(RASA) -m scripts.promote --back

why: environment  ## Say why a message is understood as it is: make why TEXT="..."
	@$(RASA) -m scripts.why "$$TEXT"

corrections: environment  ## Learn from the corrections that staff accepted; promoted only if no figure falls
	@$(PYTHON) -m scripts.train
	@$(RASA) -m scripts.corrections $(ARGS)

data-report: environment  ## What the training data is like; fails when held-out texts leaked into it
	@$(RASA) -m evaluation.data_report

log-bench: environment  ## Fill a PostgreSQL database with 1,000,000 messages and time the log and its search
	@$(PYTHON) -m evaluation.log_bench $(ARGS)

review-loop: environment  ## Test the whole way from a wrong answer to a better model (trains one)
	@$(PYTHON) -m scripts.train
	@$(RASA) -m pytest tests/review_loop $(ARGS)

clean:  ## Remove models, caches and run-time files (the environment and .run/*.sqlite3 stay)
	rm -rf models/*.tar.gz models/*.sha256 models/train.log models/candidates models/training models/history models/pinned .rasa .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

environment:
	@scripts/bootstrap.sh

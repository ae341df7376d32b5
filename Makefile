# Each target needs Python 3.11 or newer, make and the package registries; what is missing is put into .venv.
# `make PYTHON=/path/to/python3.12 test` makes the environment with a Python of your choice.

.DEFAULT_GOAL := test
.PHONY: demo test check soak test-real test-wheel bench build clean

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python,\
	$(shell $(name) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(name))))
BIN := .venv/bin

demo: .venv/.cli
	@$(BIN)/onellm demo

test: .venv/.dev
	$(BIN)/pytest -m "not real and not soak"

# What the async engine does must hold on its second transport too, hence the second run.
# Coverage starts before pytest does, because pytest imports onellm's fixtures as a plugin.
check: .venv/.dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/coverage run -m pytest -m "not real and not soak"
	ONELLM_TRANSPORT=aiohttp $(BIN)/coverage run --append -m pytest -m "not real and not soak" tests/engine tests/hardcases tests/transport tests/test_secrets.py
	ONELLM_TRANSPORT=httpx2 $(BIN)/coverage run --append -m pytest -m "not real and not soak" tests/engine/test_cancel.py tests/engine/test_limits_connect.py tests/transport
	$(BIN)/coverage report

soak: .venv/.dev
	$(BIN)/pytest -m soak tests/stress

# One compile of llama.cpp gives the server, and the libraries that `llama_cpp` loads.
test-real: .venv/.real
	$(BIN)/python tests/real/llama_server.py
	$(BIN)/pytest -m real tests/real

test-wheel: .venv/.dev
	$(BIN)/pytest tests/test_wheel.py
	$(BIN)/python tests/run_on_wheel.py

bench: .venv/.dev
	$(BIN)/python bench/overhead.py
	$(BIN)/python bench/translation.py

build: .venv/.dev
	$(BIN)/python -m build

clean:
	rm -rf .venv .cache dist build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp says which extra was installed from which pyproject.toml; dev holds what cli does.
.venv/.cli: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[cli]'
	@touch $@

.venv/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch .venv/.cli $@

.venv/.real: .venv/.dev
	$(BIN)/python -m pip install --quiet --editable '.[real]'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "OneLLM needs Python 3.11 or newer; none was found on PATH."; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "OneLLM needs Python 3.11 or newer; $(PYTHON) is older."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make a virtual" \
		"environment: its venv module is missing (on Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	$(PYTHON) -m venv .venv

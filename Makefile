# Two commands: `make demo` and `make test`. Each installs what it needs into .venv/;
# the pictures go to out/. `make clean` takes away what they made.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test fuzz lint bench clean

demo: .venv/examples.stamp
	$(BIN)/python examples/chain_rule.py
	$(BIN)/python examples/own_rule.py
	$(BIN)/python examples/gallery.py
	$(BIN)/python examples/lesson_network.py
	$(BIN)/python examples/exciter_network.py
	@echo "The pictures are in $(CURDIR)/out:" && ls out/*.png out/gallery/*.png

test: .venv/test.stamp
	$(BIN)/python -m pytest

FUZZ ?= 10000

fuzz: .venv/test.stamp
	FUZZ=$(FUZZ) $(BIN)/python -m pytest -q -k "random_programs_have" tests

lint: .venv/lint.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/bench.stamp
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/benchmarks/bench.py
	$(BIN)/python tests/benchmarks/bench.py
	$(BIN)/python tests/benchmarks/memory.py
	$(BIN)/python tests/benchmarks/pictures.py

clean:
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An optional part of pyproject.toml (examples, test, ...), installed once.
.venv/%.stamp: pyproject.toml
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

# Three commands: `make demo`, `make quick` while you work, and `make test` before a
# change lands. Each installs what it needs into .venv/; the pictures go to out/.
# `make clean` takes away what they made.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo gallery quick test fuzz lint bench clean

demo: .venv/examples.stamp
	$(BIN)/python examples/micro.py
	$(BIN)/python examples/chain_rule.py
	$(BIN)/python examples/own_rule.py
	$(BIN)/python examples/gallery.py
	$(BIN)/python examples/lesson_network.py
	$(BIN)/python examples/exciter_network.py
	@echo "The pictures are in $(CURDIR)/out:" && ls out/*.png out/gallery/*.png

# How pictures read: 32 of them in out/measured, and a table. GALLERY=folder measures the
# programs of another folder.
gallery: .venv/examples.stamp
	$(BIN)/python tests/benchmarks/gallery.py $(GALLERY)

# On all cores: a process that has no more tests takes some of another's.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist worksteal

quick: .venv/test.stamp
	$(PYTEST) -m "not slow"

test: .venv/test.stamp
	$(PYTEST) --cov=engine --cov=nn --cov=viz --cov-report=
	$(BIN)/python tests/helpers/provoked.py

FUZZ ?= 10000

fuzz: .venv/test.stamp
	FUZZ=$(FUZZ) $(PYTEST) tests/engine/test_random_programs.py \
	    tests/viz/lesson/test_code.py tests/engine/compilation/test_rows.py \
	    -k "programs_have"
	@$(BIN)/python -c "import torch" 2>/dev/null || echo "PyTorch is not installed:" \
	    "the half that runs beside it was skipped. This brings it:" \
	    '$(BIN)/python -m pip install ".[parity]"'

lint: .venv/lint.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/bench.stamp
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/benchmarks/bench.py
	$(BIN)/python tests/benchmarks/bench.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/benchmarks/compiled.py
	$(BIN)/python tests/benchmarks/memory.py
	$(BIN)/python tests/benchmarks/pictures.py

clean:
	rm -rf .venv out .coverage* .hypothesis .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An optional part of pyproject.toml (examples, test, ...), installed once.
.venv/%.stamp: pyproject.toml
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

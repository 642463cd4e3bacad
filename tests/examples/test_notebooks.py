"""The two lessons run from the first cell to the last, and print what they keep."""

import subprocess
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def printed(notebook):
    """By cell, what it printed and the text of what it showed."""
    return [
        [o.get("text") or o.get("data", {}).get("text/plain", o) for o in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_there_are_two():
    assert [path.stem for path in NOTEBOOKS] == ["backpropagation", "chain_rule_drawn"]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_it_keeps(path, tmp_path):
    target = tmp_path / path.name
    command = [
        sys.executable,
        ROOT / "tests" / "helpers" / "notebooks.py",
        path,
        target,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    again, kept = nbformat.read(target, 4), nbformat.read(path, 4)
    assert printed(again) == printed(kept)
    assert [cell.source for cell in again.cells] == [c.source for c in kept.cells]
    steps = tmp_path / "out" / "steps.html"
    assert steps.exists() == (path.stem == "chain_rule_drawn")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_its_pictures_without_being_run(path):
    outputs = [
        output
        for cell in nbformat.read(path, 4).cells
        for output in cell.get("outputs", ())
    ]
    pictures = [o for o in outputs if "image/svg+xml" in o.get("data", {})]
    assert pictures
    assert all(o.output_type != "error" for o in outputs)
    assert str(ROOT) not in path.read_text("utf-8")

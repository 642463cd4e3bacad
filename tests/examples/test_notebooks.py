"""The six lessons run from the first cell to the last, and print what they keep."""

import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
TEXTS = ("text/plain", "text/markdown")
WRITTEN = {  # lesson -> the files that it leaves in out/
    "backpropagation": [],
    "bug_lab": [],
    "chain_rule_drawn": ["steps.html"],
    "exercises": [],
    "training_seen": [],
    "written_out": ["step.py"],
}


def printed(notebook):
    """By cell, what it printed and the text of what it showed."""
    return [
        [o.get("text") or [o.data.get(kind) for kind in TEXTS] for o in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_there_are_six():
    assert [path.stem for path in NOTEBOOKS] == list(WRITTEN)


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
    left = [file.name for file in tmp_path.glob("out/*.*")]
    assert left == WRITTEN[path.stem]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_its_pictures_without_being_run(path):
    outputs = [
        output
        for cell in nbformat.read(path, 4).cells
        for output in cell.get("outputs", ())
    ]
    pictures = [o.data for o in outputs if "image/svg+xml" in o.get("data", {})]
    assert pictures
    for data in pictures:  # the PNG is for sites that show no SVG
        assert b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert path.stat().st_size < 600_000
    assert all(o.output_type != "error" for o in outputs)
    assert str(ROOT) not in path.read_text("utf-8")


def test_a_notebook_shows_a_program_as_python():
    cells = nbformat.read(ROOT / "examples" / "written_out.ipynb", 4).cells
    shown = [o.get("data", {}) for cell in cells for o in cell.get("outputs", ())]
    programs = [data for data in shown if "text/markdown" in data]
    assert len(programs) == 5
    for data in programs:
        assert data["text/plain"].startswith("def value_and_gradients(")
        assert data["text/markdown"] == f"```python\n{data['text/plain']}\n```"

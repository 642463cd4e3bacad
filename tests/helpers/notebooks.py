"""Runs a notebook from its first cell, in a process and a kernel of its own.

    python tests/helpers/notebooks.py examples/backpropagation.ipynb

writes what its cells print today into the file. The suite does not: it holds what they
print to what the file keeps (test_notebooks.py).
"""

import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image  # matplotlib brings it


def run(path):
    """The notebook, with the outputs that its cells have now."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    for cell in notebook.cells:
        cell.metadata = {}  # times of the run
        if "outputs" in cell:
            cell.outputs = list(_joined(cell.outputs))
        for output in cell.get("outputs", ()):
            if "image/svg+xml" in output.get("data", {}):  # the same, inside a box
                output.data.pop("text/html", None)
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = _in_few_colours(output.data["image/png"])
    return notebook


def _in_few_colours(png):
    """A picture for sites that show no SVG, in a quarter of the bytes."""
    kept = BytesIO()
    picture = Image.open(BytesIO(b64decode(png))).convert("RGB")
    picture.quantize(32).save(kept, "png", optimize=True)
    return b64encode(kept.getvalue()).decode()


def _joined(outputs):
    """Outputs with what was printed in one piece, however it arrived."""
    before = None
    for output in outputs:
        if before and output.get("name") == before.get("name", "?"):
            before.text += output.text
            continue
        before = output
        yield output


if __name__ == "__main__":
    source, target = Path(sys.argv[1]), Path(sys.argv[-1])
    nbformat.write(run(source), target)

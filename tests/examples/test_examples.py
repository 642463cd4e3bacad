"""Every example prints what its docstring promises, and leaves its picture."""

import ast
import gc
import importlib.util
import inspect
import runpy
import textwrap
from pathlib import Path

import numpy as np
import pytest

from nn import accuracy

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(
    path.stem for path in EXAMPLES.glob("*.py") if "def main" in path.read_text("utf-8")
)


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def promised(name):
    """What stands after "Prints:" in the docstring."""
    source = (EXAMPLES / f"{name}.py").read_text("utf-8")
    documentation = inspect.cleandoc(ast.get_docstring(ast.parse(source)))
    return textwrap.dedent(documentation.split("Prints:\n\n", 1)[1])


def test_all_programs_are_found():
    networks = {"lesson_network", "exciter_network", "scale_out", "two_moons"}
    networks |= {"digits_mlp", "digits_cnn", "names_gpt"}
    assert {"chain_rule", "own_rule", "gallery"} | networks <= set(PROGRAMS)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_prints_what_its_docstring_promises(
    name, capsys, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.chdir(tmp_path)
    load(name).main()
    while gc.collect():  # an event loop leaves cycles, and other tests count them
        pass
    assert capsys.readouterr().out.rstrip() == promised(name).rstrip()
    folder = tmp_path / "out" / "gallery" if name == "gallery" else tmp_path / "out"
    pictures = sorted(folder.glob("*.png"))
    assert len(pictures) == {"gallery": 11, "names_gpt": 2}.get(name, 1)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    if name == "names_gpt":  # which the README shows
        shown = (EXAMPLES / "names_gpt.png").read_bytes()
        assert pictures[0].read_bytes()[16:24] == shown[16:24]  # width and height


def test_the_micro_engine_prints_what_its_docstring_promises(capsys):
    runpy.run_path(str(EXAMPLES / "micro.py"), run_name="__main__")
    assert capsys.readouterr().out.rstrip() == promised("micro").rstrip()


def test_the_data_is_what_its_source_says(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    table = (EXAMPLES / "diabetes.csv").read_text("utf-8").split()
    assert len(table) == 1 + 442
    names = "age,sex,bmi,bp,tc,ldl,hdl,tch,ltg,glu,progression"
    assert table[0] == names
    targets = [float(row.split(",")[-1]) for row in table[1:]]
    assert (min(targets), max(targets)) == (25.0, 346.0)


def test_no_patient_is_both_trained_on_and_held_out(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    data = load("diabetes").load(rng=np.random.default_rng(0))
    rows = {tuple(row) for row in np.vstack([data.x, data.x_test]).round(9)}
    assert len(rows) == len(data.x) + len(data.x_test) == 442
    np.testing.assert_allclose(data.x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.x.std(axis=0), 1)


def test_the_digits_are_what_their_source_says(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    data = load("digits").load(rng=np.random.default_rng(0))
    x, y = np.vstack([data.x, data.x_test]), np.r_[data.y, data.y_test]
    assert x.shape == (1797, 64)
    assert data.x_test.shape == (360, 64)
    assert set(np.unique(x * 16)) == set(range(17))
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(y).tolist() == counts


def test_the_names_are_distinct_and_of_small_letters():
    names = (EXAMPLES / "names.txt").read_text("utf-8").split()
    assert len(names) == len(set(names)) == 5163
    assert names == sorted(names)
    assert set("".join(names)) <= set("abcdefghijklmnopqrstuvwxyz")
    assert {"james", "mary", "anna"} <= set(names)
    assert max(map(len, names)) == 11


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"), [("digits_mlp", 0.97), ("digits_cnn", 0.985)]
)
def test_digits_held_out_are_read(name, least, capsys, tmp_path, monkeypatch):
    """Of the numbers themselves, which the examples print in whole percents."""
    monkeypatch.syspath_prepend(EXAMPLES)
    example, found = load(name), []
    monkeypatch.setattr(
        example, "accuracy", lambda *pair: found.append(accuracy(*pair)) or found[-1]
    )
    example.main(tmp_path)
    assert found[-1] >= least

"""What the engine says that it supports, and the choices it documents: both hold."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import Tensor, numpy_protocol, rules
from engine.rules import choices
from engine.rules.__main__ import page

ROOT = Path(__file__).parents[2]
README = ROOT / "engine" / "rules" / "README.md"


def test_the_page_is_what_the_registry_says():
    assert README.read_text("utf-8") == page(), "python -m engine.rules > that file"


def test_the_page_is_printed_by_the_package():
    command = [sys.executable, "-W", "error", "-m", "engine.rules"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.decode("utf-8").replace("\r\n", "\n") == page()


def test_every_function_and_every_rule_is_on_the_page_once():
    tables = re.findall(r"^\|.*", page(), re.MULTILINE)
    listed = re.findall(r"`((?:np|scipy)\.[\w.]+)` ", "\n".join(tables))
    known = [*numpy_protocol._rules, *numpy_protocol._compositions]
    assert sorted(listed) == sorted(map(numpy_protocol._name, known))
    assert all(f"`{name}`" in page() for name in ("getitem", "scatter", "logsumexp"))


def test_more_is_differentiated_than_by_hips_autograd():
    """Whose wrappers of NumPy, linalg and fft have 119 functions with a derivative."""
    known = {*numpy_protocol._rules, *numpy_protocol._compositions}
    assert sum(numpy_protocol._name(f).startswith("np.") for f in known) > 119


def test_the_page_needs_scipy_and_says_so(monkeypatch):
    for name in [n for n in sys.modules if n.startswith("engine.rules.special")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(rules, "special")
    monkeypatch.setitem(sys.modules, "scipy", None)
    words = "has SciPy's functions too, and scipy is not installed; pip install scipy"
    with pytest.raises(SystemExit, match=words):
        runpy.run_path(str(README.with_name("__main__.py")))


def choice_rows():
    lines = choices.__doc__.partition("the gradient\n")[2].partition("\n\n")[0]
    for line in lines.splitlines():
        expression, at, slope = re.split(r"\s{2,}", line.strip())[:3]
        yield pytest.param(expression, at, slope, id=f"{expression} at {at}")


@pytest.mark.parametrize(("expression", "at", "slope"), list(choice_rows()))
def test_where_calculus_leaves_a_choice_it_is_the_documented_one(expression, at, slope):
    names = {"np": np, "rules": rules, "nan": np.nan, "inf": np.inf}
    x = Tensor(np.array(eval(at, names), dtype=float))
    with np.errstate(all="ignore"):
        y = eval(expression, names | {"x": x})
        y.sum().backward()
    np.testing.assert_allclose(x.grad, eval(slope, names), rtol=1e-15, atol=0)


def test_equal_entries_keep_their_order_when_sorted_and_taken():
    x = Tensor([2.0, 1.0, 2.0, 1.0])
    (np.sort(x) * np.array([1.0, 2.0, 3.0, 4.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 1.0, 4.0, 2.0])

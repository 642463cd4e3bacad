"""A name that another engine has: the error says what to write here."""

import numpy as np
import pytest

import nn
from engine import Tensor, _other_names


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("exp", r"np\.exp\(t\)"),
        ("tanh", r"np\.tanh\(t\)"),
        ("median", r"np\.median\(t\)"),
        ("relu", r"np\.maximum\(t, 0\), or nn\.ReLU\(\)"),
        ("numpy", r"t\.data"),
        ("zero_grad", r"t\.grad = None"),
        ("requires_grad_", r"Tensor\(t\.data, requires_grad=True\)"),
        ("view", r"t\.reshape\(\.\.\.\)"),
    ],
)
def test_the_error_says_what_it_is_called_here(name, ours):
    with pytest.raises(
        AttributeError, match=f"^Tensor: {name!r} is not an attribute; write {ours}$"
    ):
        getattr(Tensor([1.0, 2.0]), name)


def test_a_name_that_nobody_knows_is_no_attribute_in_python_s_own_words():
    for name in ("foo", "_private", "array", "random", "pi", "ndarray", "__len__x"):
        with pytest.raises(AttributeError, match=f"object has no attribute '{name}'"):
            getattr(Tensor(1.0), name)
    assert not hasattr(Tensor(1.0), "__array_interface__")


def test_these_names_are_nowhere_listed():
    assert not hasattr(Tensor, "exp")
    assert {"exp", "relu"}.isdisjoint(dir(Tensor(1.0)))
    assert {"data", "sum", "backward", "T"} <= set(dir(Tensor(1.0)))


def test_what_the_table_recommends_works_and_no_name_in_it_is_an_attribute():
    import engine

    for name, ours in _other_names._OURS.items():
        assert not hasattr(Tensor, name), name
        t = Tensor(np.eye(2) + 1)
        context = {"t": t, "u": t, "y": t, "w": t, "np": np, "engine": engine, "nn": nn}
        context |= {"Tensor": Tensor, "axis": 0, "shape": (2, 2), "dtype": np.float32}
        context |= {"low": 0.0, "high": 1.0}
        for code in _alternatives(ours):
            exec(code, context)


def _alternatives(ours):
    """The pieces of code in a recommendation, with something to do in `...`."""
    if ours.startswith("nothing") or "one for each" in ours:
        return [ours.partition(",")[0]] if "one for each" in ours else []
    return [
        part.replace("(...)", "((1, 0))")
        if "transpose" in part
        else part.replace("(...)", "(4)")
        for part in ours.split(", or ")
    ]


def test_an_error_of_python_names_the_tensor_and_no_private_class():
    for wrong in (
        lambda t: t.ravel(1, 2, 3),
        lambda t: t.mean(no_such_option=1),
        lambda t: t.swapaxes(),
    ):
        with pytest.raises(TypeError, match=r"^Tensor\.\w+\(\) |: 'no_such_option'"):
            wrong(Tensor([1.0, 2.0]))

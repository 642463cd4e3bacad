"""A view of a named array is called by its index."""

import numpy as np
import pytest

from engine import Tensor
from viz import code, draw, explain
from viz.words.views import index_in

X = np.arange(60.0).reshape(10, 6)
CUBE = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("view", "index"),
    [
        (X[0], "[0]"),
        (X[9], "[9]"),
        (X[2:5], "[2:5]"),
        (X[:3], "[:3]"),
        (X[3:], "[3:]"),
        (X[:], "[:]"),
        (X[:, 1], "[:, 1]"),
        (X[0:1], "[:1]"),
        (X[::2], ""),
        (X[::-1], ""),
        (X.T, ""),
        (X[:, 1:3], ""),
        (X.ravel(), ""),
        (X[3][2:4], ""),
        (X.reshape(5, 12), ""),
        (X[2:2], ""),
        (X.view(np.int64)[0], ""),
        (X[0].copy(), ""),
        (np.zeros((5, 6))[0], ""),
    ],
)
def test_an_index_gives_the_view(view, index):
    assert index_in(view, X) == index
    if index:
        assert eval(f"X{index}").tobytes() == view.tobytes()


def test_views_of_views_have_an_index_too():
    part = X[2:8]
    assert index_in(part[1], part) == "[1]"
    assert index_in(part[1], X) == "[3]"
    assert index_in(X[0], part) == index_in(X[9], part) == ""
    entry = CUBE.reshape(2, 3, 4)[1]
    assert index_in(entry, CUBE) == "[1]"
    assert index_in(CUBE[:, 1], CUBE) == ""  # of a matrix only


def test_where_an_array_repeats_itself_there_is_none():
    spread = np.broadcast_to(np.arange(3.0), (4, 3))
    assert index_in(spread[1], spread) == ""
    columns = np.broadcast_to(np.arange(3.0)[:, None], (3, 4))
    assert index_in(columns[:, 1], columns) == ""


def test_batches_and_steps_are_called_so_in_pictures_code_and_explanations():
    w = Tensor(np.ones((6, 2)), name="w")
    loss = np.sum(np.tanh(X[2:4] @ w) * CUBE.reshape(12, 2)[3])
    loss.backward()
    names = {"X": X, "rows": CUBE.reshape(12, 2), "w": w}
    drawn = draw(loss, names=names)
    assert "X[2:4]" in drawn.svg()
    assert "X[2:4] @ w" in drawn.svg()
    assert "X[2:4].T @ " in str(explain(loss, w, names=names))
    assert "np.tanh(X_2_4 @ w)" in str(code(loss, names=names))


def test_a_name_of_its_own_or_a_variable_wins():
    first = X[0]
    loss = np.sum(Tensor(np.ones(6), name="w") * first)
    assert "X[0]" in draw(loss, names={"X": X}).svg()
    svg = draw(loss, names={"X": X, "first": first}).svg()
    assert "first" in svg
    assert "X[0]" not in svg


def test_what_an_op_gave_has_no_such_name():
    x = Tensor(X, name="x")
    loss = np.sum(x[2:4] * 2.0)  # whose data is a view of X
    assert loss.parents[0].parents[0].data.base is X.base
    assert "X[" not in draw(loss, names={"X": X}).svg()
    leaf = Tensor(X[1])
    assert "X[1]" in draw(np.sum(leaf * 2.0), names={"X": X}).svg()

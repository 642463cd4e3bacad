"""Which arguments have a program in common."""

import collections

import numpy as np
import pytest
from helpers.compiling import X

from engine.compilation.forms import Other, has_writing, key_of, layout_of, leaves_of

Pair = collections.namedtuple("Pair", "a b")
Twin = collections.namedtuple("Twin", "a b")


def test_numbers_and_entries_are_no_part_of_the_form():
    assert key_of((X, [1.0, {"a": 2}])) == key_of((X * 2, [3.0, {"a": 4}]))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X, X.T),
        (X, np.asfortranarray(X)),
        (X, X.astype(np.float32)),
        (X, X[:1]),
        (1.0, 1),
        (1, True),
        (1.0, np.float64(1)),
        (np.float64(1), np.array(1.0)),
        (True, False),
        ("a", "b"),
        ([X], (X,)),
        ([X], [X, X]),
        (Pair(X, X), (X, X)),
        (Pair(X, X), Twin(X, X)),
        ({"a": X, "b": X}, {"b": X, "a": X}),
        ({1: X}, {True: X}),
        ({1: X}, {1.0: X}),
        (None, 0),
    ],
    ids=str,
)
def test_arguments_of_different_forms(x, y):
    assert key_of(x) != key_of(y)


@pytest.mark.parametrize(
    "x",
    [X.astype(">f8"), X.astype(np.longdouble), X + 1j, np.array(["a"]), {1.0}, 1j],
    ids=lambda x: str(getattr(x, "dtype", type(x))),
)
def test_what_a_program_does_not_take(x):
    with pytest.raises(Other, match="an argument is "):
        key_of([x])


def test_an_object_is_a_form_of_its_own():
    class Holder:
        pass

    one, two = Holder(), Holder()
    assert key_of(one) == key_of(one)
    assert key_of(one) != key_of(two)


def test_the_layout_is_none_where_entry_follows_on_entry():
    assert layout_of(X) is layout_of(X[1]) is layout_of(X[:1, :]) is None
    assert layout_of(X.T) == X.T.strides
    assert layout_of(X[:, ::2]) == X[:, ::2].strides


def test_leaves_are_found_at_any_depth():
    assert list(leaves_of([1, (2, {"a": 3, "b": [4]}), []])) == [1, 2, 3, 4]
    assert not has_writing([1, (2, {"a": X})])

"""Batches of examples, and accuracy."""

import numpy as np
import pytest

from engine import Tensor
from nn import accuracy, batches

# --- batches ------------------------------------------------------------------------


def test_batches_come_in_order_and_the_last_may_be_smaller():
    x, y = np.arange(14).reshape(7, 2), np.arange(7)
    found = list(batches(x, y, 3))
    assert [len(b) for b, _ in found] == [3, 3, 1]
    np.testing.assert_array_equal(np.vstack([b for b, _ in found]), x)
    np.testing.assert_array_equal(np.hstack([b for _, b in found]), y)


def test_with_a_generator_the_order_is_drawn_and_pairs_stay_together():
    x, y = np.arange(100)[:, None], np.arange(100)
    rng = np.random.default_rng(0)
    one, two = (np.hstack([b for _, b in batches(x, y, 8, rng=rng)]) for _ in range(2))
    assert sorted(one) == sorted(two) == list(range(100))
    assert (one != two).any()
    for some, targets in batches(x, y, 8, rng=rng):
        np.testing.assert_array_equal(some[:, 0], targets)


def test_tables_of_pandas_are_taken_by_place_and_not_by_label():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": range(50), "t": range(50)}).sample(
        frac=1, random_state=0
    )
    rng = np.random.default_rng(0)
    for x, y in batches(table[["a"]], table["t"], 8, rng=rng):
        np.testing.assert_array_equal(x[:, 0], y)


def test_there_may_be_no_example():
    assert list(batches(np.zeros((0, 2)), np.zeros(0), 4)) == []


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: batches(np.ones((3, 2)), np.ones(2), 1),
            ValueError,
            "batches: 3 examples came with 2 targets",
        ),
        (
            lambda: batches(np.ones(3), np.ones(3), 0),
            ValueError,
            "batches: size is 0, and must be at least 1",
        ),
        (
            lambda: batches(np.ones(3), np.ones(3), 1.5),
            TypeError,
            "batches: size is 1.5, and must be an int",
        ),
        (
            lambda: batches(np.ones(3), np.ones(3), 1, rng=0),
            TypeError,
            "batches: rng is 0; pass np.random",
        ),
    ],
)
def test_batches_that_can_not_be_are_refused_at_once(call, error, words):
    with pytest.raises(error, match=words):
        call()


# --- accuracy -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "target"),
    [
        ([[1, 5, 2], [9, 0, 3], [0, 1, 2], [3, 2, 1]], [1, 0, 2, 2]),
        ([[1, 5, 2], [9, 0, 3], [0, 1, 2], [3, 2, 1]], np.eye(3)[[1, 0, 2, 2]]),
        ([[[1, 5], [9, 0]], [[0, 1], [3, 2]]], [[1, 0], [1, 1]]),
        ([[2.0], [-1.0], [0.5], [-3.0]], [1, 0, 0, 0]),
        ([[2.0], [-1.0], [0.5], [-3.0]], [[1], [0], [0], [0]]),
        ([2.0, -1.0, 0.5, -3.0], [1, -1, -1, -1]),
    ],
    ids=["ids", "rows", "sequences", "a column", "two columns", "-1 and 1"],
)
def test_accuracy_is_the_share_of_what_is_right(output, target):
    assert accuracy(np.array(output), np.array(target)) == 0.75
    assert accuracy(Tensor(np.array(output, float)), np.array(target)) == 0.75


@pytest.mark.parametrize(
    ("output", "target", "words"),
    [
        ((4, 3), (3,), r"accuracy: output \(4, 3\) against target \(3,\)"),
        ((4, 1), (3,), r"accuracy: output \(4, 1\) against target \(3,\)"),
        ((4, 1), (4, 3), r"accuracy: output \(4, 1\) against target \(4, 3\)"),
        ((0, 3), (0,), "accuracy: there is no example"),
    ],
)
def test_accuracy_of_what_does_not_go_together_is_refused(output, target, words):
    with pytest.raises(ValueError, match=words):
        accuracy(np.ones(output), np.ones(target, int))


def test_accuracy_of_words_is_refused():
    with pytest.raises(
        TypeError, match="accuracy: target is of <U1, and must be of nu"
    ):
        accuracy(np.ones((2, 2)), np.array(["a", "b"]))

"""Undoing broadcasting."""

import numpy as np
import pytest

from engine import Tensor, unbroadcast


@pytest.mark.parametrize(
    ("shape", "to"),
    [
        ((), ()),
        ((), (3,)),
        ((3,), (3,)),
        ((1,), (3,)),
        ((3,), (2, 3)),
        ((2, 1), (2, 3)),
        ((1, 1), (2, 3)),
        ((2, 1, 4), (5, 2, 3, 4)),
        ((0,), (2, 0)),
        ((1,), (0,)),
        ((1, 3), (1, 3)),
    ],
)
def test_each_entry_gets_the_sum_over_its_uses(shape, to):
    g = np.arange(1.0, 1 + np.prod(to)).reshape(to)
    places = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), to)
    expected = np.bincount(places.ravel(), g.ravel(), int(np.prod(shape)))
    result = unbroadcast(g, shape)
    assert result.shape == shape
    np.testing.assert_allclose(result.ravel(), expected)


@pytest.mark.parametrize(
    ("shape", "to"),
    [((2,), (3,)), ((3,), ()), ((2, 3), (3,)), ((3,), (1,)), ((3, 1), (3,))],
)
def test_shapes_that_no_broadcasting_explains_are_refused(shape, to):
    with pytest.raises(ValueError, match="does not broadcast to"):
        unbroadcast(np.ones(to), shape)


def test_it_works_on_tensors():
    g = Tensor(np.ones((2, 3)))
    unbroadcast(g, (1, 3)).sum().backward()
    np.testing.assert_array_equal(g.grad, np.ones((2, 3)))

"""Dropout: what is left out, when, and what is refused."""

import numpy as np
import pytest

from engine import Tensor
from nn import Dropout, Lin, Network, drop, dropout


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_others_are_divided_so_that_the_mean_stays():
    x = Tensor(np.ones(100_000))
    y = dropout(x, 0.2, rng=rng())
    assert set(np.unique(y.data)) == {0.0, 1.25}
    assert abs(y.data.mean() - 1) < 0.01
    y.backward(np.ones(x.shape))
    np.testing.assert_array_equal(x.g, y.data)


def test_the_same_seed_leaves_out_the_same():
    x = np.ones((4, 5))
    one, two, other = (dropout(x, 0.5, rng=rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


@pytest.mark.parametrize(("p", "y"), [(0.0, 1.0), (1.0, 0.0)])
def test_none_or_all_may_be_left_out(p, y):
    np.testing.assert_array_equal(dropout(np.ones(3), p, rng=rng()), y)


def test_after_eval_the_layer_gives_its_input():
    layer, x = Dropout(0.5, rng=rng()), Tensor(np.ones(4))
    assert layer(x) is not x
    assert layer.eval()(x) is x
    assert Dropout(0.0, rng=rng())(x) is x


def test_a_prediction_leaves_nothing_out_and_draws_nothing():
    layer = Dropout(0.5, rng=rng())
    network = Network([layer, Lin(np.ones((4, 1)), np.zeros(1))])
    state = layer.rng.bit_generator.state
    np.testing.assert_array_equal(network.predict(np.ones((2, 4))), [[4], [4]])
    assert layer.rng.bit_generator.state == state


def test_float32_stays_float32():
    y = dropout(Tensor(np.ones(4, np.float32)), 0.5, rng=rng())
    assert y.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Dropout(1.5, rng=rng()), ValueError, "Dropout: p is 1.5, and must be"),
        (lambda: dropout(1.0, -0.1, rng=rng()), ValueError, "dropout: p is -0.1"),
        (lambda: Dropout("p", rng=rng()), ValueError, "Dropout: p is 'p', and must be"),
        (lambda: Dropout(0.5, rng=0), TypeError, "Dropout: rng is 0; pass np.random"),
        (lambda: dropout(1.0, 0.5, rng=None), TypeError, "dropout: rng is None; pass"),
    ],
)
def test_what_is_no_probability_and_no_generator_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_what_is_kept_has_the_shape_of_the_input():
    with pytest.raises(
        ValueError, match=r"drop: kept has shape \(5, 3\), and must .* of x, \(1, 3\)"
    ):
        drop(Tensor(np.ones((1, 3))), kept=np.ones((5, 3), bool), p=0.5)


def test_a_list_is_taken():
    np.testing.assert_array_equal(dropout([1.0, 2.0], 0.0, rng=rng()), [1, 2])


def test_it_reads_as_what_it_is():
    assert repr(Dropout(0.5, rng=rng())) == "Dropout(0.5)"

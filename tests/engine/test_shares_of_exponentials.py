"""The slopes of logaddexp to third order, at ties and far from them."""

import numpy as np
import pytest

from engine import Tensor, check_gradients, grad

SCALES = {np.logaddexp: 1.0, np.logaddexp2: np.log(2)}


def by_order(f, x, y):
    """The first three derivatives in x."""
    first = grad(f)
    second = grad(lambda x, y: first(x, y))
    third = grad(lambda x, y: second(x, y))
    return [first(x, y), second(x, y), third(x, y)]


@pytest.mark.parametrize("f", SCALES)
@pytest.mark.parametrize("apart", [0.0, 0.3, -0.3, 5.0, -5.0, 50.0, -50.0, 1000.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_share_of_an_exponential_is_right_to_third_order(f, apart, dtype):
    k = SCALES[f]
    e = np.exp(-k * abs(apart))
    p, q = (1 / (1 + e), e / (1 + e)) if apart >= 0 else (e / (1 + e), 1 / (1 + e))
    expected = [p, k * p * q, k * k * p * q * (q - p)]
    found = by_order(f, dtype(1.0 + apart), dtype(1.0))
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(found, expected, rtol=64 * eps, atol=4 * eps)


@pytest.mark.parametrize("f", SCALES)
@pytest.mark.parametrize("at", [1e16, -1e300, np.float32(1e8)])
def test_at_a_tie_of_large_numbers_too(f, at):
    k = SCALES[f]
    np.testing.assert_allclose(by_order(f, at, at), [1 / 2, k / 4, 0], rtol=1e-6)


@pytest.mark.parametrize("f", SCALES)
def test_the_smaller_share_keeps_its_digits(f):
    (tiny, *_) = by_order(f, 0.0, 600.0)
    assert tiny == pytest.approx(np.exp(-600 * SCALES[f]), rel=1e-12, abs=0)


@pytest.mark.parametrize("f", SCALES)
def test_in_half_precision_shares_far_apart_are_0_and_1(f):
    x, y = Tensor(np.float16([30, -30, 12, 3])), Tensor(np.float16([0, 0, 0, 3]))
    f(x, y).sum().backward()
    assert x.grad.dtype == y.grad.dtype == np.float16
    np.testing.assert_allclose(x.grad, [1, 0, 1, 0.5], atol=1e-3)
    np.testing.assert_allclose(y.grad, [0, 1, 0, 0.5], atol=1e-3)


@pytest.mark.parametrize("f", SCALES)
def test_a_tie_of_arrays_agrees_with_differences(f):
    x = np.array([0.0, 1.0, -2.0])
    check_gradients(f, x, x.copy(), order=2)
    check_gradients(lambda x: f(x, 1.0), x, order=2)

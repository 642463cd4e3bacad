"""Lists of Tensors where NumPy takes an array: bounds, ranks, frames, weights."""

import numpy as np
import pytest

from engine import Tensor, check_gradients

X = np.array([0.3, 2.2, 1.4, 0.9])
CASES = {
    "clip": lambda x, s: np.clip(x, [s, 0.0, s, 0.0], (2.0, 2.0, 2.0, s)),
    "clip, min and max": lambda x, s: np.clip(x, min=[0.0, s, 0, 0], max=[3, 3, 3, s]),
    "quantile": lambda x, s: np.quantile(x, [s, 0.25]),
    "percentile": lambda x, s: np.percentile(x, (s, 30)),
    "nanquantile": lambda x, s: np.nanquantile(x, [s, 0.25]),
    "nanpercentile": lambda x, s: np.nanpercentile(x, [40, s]),
    "pad": lambda x, s: np.pad(x, 2, constant_values=(0, s)),
    "pad by a ramp": lambda x, s: np.pad(x, 2, mode="linear_ramp", end_values=(s, 1)),
    "cov": lambda x, s: np.cov(x, aweights=[s, 1, 1, 2]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_value_is_numpys_and_the_slopes_agree_with_differences(name):
    f = CASES[name]
    ours = f(Tensor(X), Tensor(0.55))
    np.testing.assert_array_equal(ours.data, f(X, 0.55), strict=True)
    check_gradients(f, X, 0.55, order=2)

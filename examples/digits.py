"""The handwritten digits of 13 people: loading and splitting.

Source: E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits" (1998),
UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, under the licence
CC BY 4.0; its test set, as scikit-learn ships it. For 1797 digits, a line of
`digits.csv.gz` holds 8 x 8 pixels, row by row, each from 0 (paper) to 16 (ink), and
which digit it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np


class Data(NamedTuple):
    """Pixels from 0 to 1, and which digit they are."""

    x: np.ndarray  # (n, 64): digits to train on, one in a row
    y: np.ndarray  # (n,): 0 to 9
    x_test: np.ndarray  # the digits held out
    y_test: np.ndarray


def load(*, rng: np.random.Generator, held_out: int = 360) -> Data:
    """Read the digits and hold out some at random.

    Args:
        rng: draws the digits that are held out.
        held_out: how many.
    """
    path = Path(__file__).with_name("digits.csv.gz")
    table = np.loadtxt(path, delimiter=",", dtype=int)
    x, y = table[:, :-1] / 16, table[:, -1]
    order = rng.permutation(len(y))
    test, train = order[:held_out], order[held_out:]
    return Data(x[train], y[train], x[test], y[test])

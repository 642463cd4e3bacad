"""The diabetes progression data: loading, splitting, standardising, and two baselines.

Source: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least Angle Regression",
Annals of Statistics 32 (2004), 407-499; the data as published with that paper. For 442
patients, `diabetes.csv` holds ten measurements (age, sex, body mass index, mean blood
pressure, and six of blood serum: total, low- and high-density cholesterol, the ratio of
total to high-density, the logarithm of triglycerides, glucose) and a measure of how far
the disease had progressed one year later, from 25 to 346.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

TARGET = "progression"


class Data(NamedTuple):
    """Standardised by the training patients: mean 0 and standard deviation 1 there."""

    x: np.ndarray  # (n, d): training patients, one in a row
    y: np.ndarray  # (n,)
    x_test: np.ndarray  # the patients held out
    y_test: np.ndarray
    unit: float  # the standard deviation of the target, in its own units


def load(
    features: list[str] | None = None, *, rng: np.random.Generator, held_out: int = 111
) -> Data:
    """Read the data and hold out patients at random.

    Args:
        features: the columns to use; all ten if None.
        rng: draws the patients that are held out.
        held_out: how many.
    """
    path = Path(__file__).with_name("diabetes.csv")
    table = np.genfromtxt(path, delimiter=",", names=True)
    columns = features or [n for n in table.dtype.names if n != TARGET]
    x = np.column_stack([table[n] for n in columns])
    y = table[TARGET]
    order = rng.permutation(len(y))
    test, train = order[:held_out], order[held_out:]
    x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    unit = y[train].std()
    y = (y - y[train].mean()) / unit
    return Data(x[train], y[train], x[test], y[test], unit)


def error(data: Data, predicted: np.ndarray | float) -> float:
    """Root mean squared error on the patients held out, in the target's own units."""
    difference = np.reshape(predicted, -1) - data.y_test
    return float(np.sqrt(np.mean(difference**2)) * data.unit)


def least_squares(data: Data) -> np.ndarray:
    """The linear prediction for the patients held out, fitted to the others."""
    weights, *_ = np.linalg.lstsq(data.x, data.y, rcond=None)  # means are 0: no offset
    return data.x_test @ weights


def report(data: Data, network: str, predicted: np.ndarray) -> None:
    """Print the network's error beside those of the mean and of least squares."""
    print(f"error on {len(data.y_test)} patients held out (root mean square)")
    for name, guess in [
        ("predicting the mean", 0.0),
        ("least squares", least_squares(data)),
        (network, predicted),
    ]:
        print(f"    {name:<22}{error(data, guess):5.1f}")

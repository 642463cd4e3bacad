"""Functions that everybody knows, found by what some ops compute."""

import numpy as np
import pytest

from engine import Tensor
from viz.picture.scene import read
from viz.picture.titles import named_parts

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 5))


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def norm(x, axis=-1):
    d = x - x.mean(axis=axis, keepdims=True)
    return d / np.sqrt((d**2).mean(axis=axis, keepdims=True) + 1e-5)


def attention(x):
    q, k, v = (x @ w for w in rng.normal(size=(3, 5, 5)))
    return softmax(q @ k.T / np.sqrt(5)) @ v


def masked(x):
    q, k, v = (x @ w for w in rng.normal(size=(3, 5, 5)))
    scores = np.where(np.tri(4) > 0, q @ k.T / np.sqrt(5), -np.inf)
    return softmax(scores) @ v


NAMED = {
    "softmax": [softmax, lambda x: np.exp(x) / np.exp(x).sum(), lambda x: bare(x)],
    "layer norm": [norm, lambda x: norm(x, axis=1)],
    "batch norm": [lambda x: norm(x, axis=0)],
    "sigmoid": [lambda x: 1 / (1 + np.exp(-x)), lambda x: 1.0 / (np.exp(-x) + 1.0)],
    "mean squared error": [
        lambda x: ((x - 1.0) ** 2).mean(),
        lambda x: np.square(x - X).mean(),
    ],
    "attention": [attention, masked],
}


def bare(x):
    e = np.exp(x)
    return e / e.sum()


def parts(result):
    """What has a name in a graph: of the ops before its result, which is alone."""
    return [(part.name, len(part.ops)) for part in named_parts(read(result * 1.0))]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        (name, make)
        for name, makes in NAMED.items()
        for i, make in enumerate(makes)
        if (name, i) != ("softmax", 1)
    ],
)
def test_what_everybody_knows_has_its_name(name, make):
    assert [found for found, _ in parts(make(Tensor(X)))] == [name]


@pytest.mark.parametrize(
    "make",
    [
        lambda x: np.exp(x) / np.exp(x).sum(),  # two exp: shares of another thing
        lambda x: np.exp(x) / np.exp(x + 1.0).sum(),
        lambda x: 1 / (2 + np.exp(-x)),
        lambda x: 2 / (1 + np.exp(-x)),
        lambda x: 1 / (1 + np.exp(x)),
        lambda x: ((x - 1.0) ** 3).mean(),
        lambda x: ((x - 1.0) ** 2).mean(axis=0),
        lambda x: (x - x.mean()) / np.sqrt(((x - 1.0) ** 4).mean() + 1e-5),
    ],
)
def test_what_only_looks_like_it_has_none(make):
    assert parts(make(Tensor(X))) == []


def test_what_others_use_from_inside_has_no_name():
    x = Tensor(X)
    e = np.exp(x)
    assert parts((e / e.sum()).sum() + e.mean()) == []


def test_a_norm_may_have_a_gain_and_a_bias():
    gain, bias = Tensor(np.ones(5)), Tensor(np.zeros(5))
    assert parts(gain * norm(Tensor(X)) + bias) == [("layer norm", 9)]

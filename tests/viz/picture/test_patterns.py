"""Functions that everybody knows, found by what some ops compute."""

import numpy as np
import pytest

from engine import Tensor
from viz.picture.patterns import named_parts
from viz.picture.scene import read

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


def shares(x, total):
    """The exponentials of the entries, by some total of them."""
    e = np.exp(x)
    return e / total(e)


def normed(x, axis, variance):
    """The entries less their mean, by the root of something of their squares."""
    d = x - x.mean(axis=axis, keepdims=True)
    return d / np.sqrt(variance(d**2))


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
        lambda x: shares(x @ X.T, lambda e: e.sum(axis=1)),  # spread over columns
        lambda x: 1 / (Tensor(1.0) + np.exp(-x)),  # which may be learnt
        lambda x: ((x - x.mean()) ** 2).mean(),  # a variance
        lambda x: normed(x @ X.T, 1, lambda d: d.mean(axis=1)),  # as above
        lambda x: normed(x, 1, lambda d: d.mean(axis=0)),
        lambda x: normed(x, 1, lambda d: d.mean(axis=1, keepdims=True) + 5.0),
        lambda x: normed(x, 1, lambda d: d.mean(axis=1, keepdims=True) + Tensor(1e-5)),
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


def test_what_a_residual_connection_adds_is_no_bias_of_a_norm():
    x, other = Tensor(X), Tensor(X + 1.0)
    assert parts(x + norm(x)) == parts(norm(x) + other) == [("layer norm", 7)]
    row = Tensor(X[0])
    assert parts(row + norm(row)) == [("layer norm", 7)]


def test_a_maximum_that_does_not_cancel_is_outside_of_the_softmax():
    x = Tensor(X)
    far = x - x.max(axis=0, keepdims=True)
    e = np.exp(far)
    assert parts(e / e.sum(axis=1, keepdims=True)) == [("softmax", 3)]


def test_shares_by_columns_or_of_a_layers_outputs_are_no_attention():
    q, k, v = (Tensor(rng.normal(size=(5, 5))) for _ in range(3))
    assert [name for name, _ in parts(softmax(q @ k.T) @ v)] == ["attention"]
    assert [name for name, _ in parts(softmax(q @ k.T, axis=0) @ v)] == ["softmax"]
    assert [name for name, _ in parts(softmax(q @ k) @ v)] == ["softmax"]

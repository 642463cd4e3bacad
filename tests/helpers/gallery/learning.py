"""Regressions, classifiers and small networks: what a first course trains."""

import numpy as np

from engine import Tensor
from helpers.gallery.scalars import Drawn
from nn import ExciterNet, Model


def linear_regression() -> Drawn:
    """eight points, three weights, the mean squared error"""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(8, 3))
    y = X @ [1.0, -2.0, 0.5] + 0.3
    w, b = Tensor(np.zeros(3)), Tensor(0.0)
    pred = X @ w + b
    loss = ((pred - y) ** 2).mean()
    loss.backward()
    return loss, locals()


def logistic_regression() -> Drawn:
    """forty points, a sigmoid, the log likelihood"""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(40, 2))
    y = (X[:, 0] > X[:, 1]).astype(float)
    w, b = Tensor(rng.normal(size=2)), Tensor(0.0)
    z = X @ w + b
    p = 1 / (1 + np.exp(-z))
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    loss.backward()
    return loss, locals()


def softmax() -> Drawn:
    """softmax and cross-entropy, written out"""
    rng = np.random.default_rng(3)
    logits = Tensor(rng.normal(size=(4, 3)))
    labels = np.array([0, 2, 1, 1])
    shifted = logits - logits.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(4), labels]).mean()
    loss.backward()
    return loss, locals()


def two_layers() -> Drawn:
    """a perceptron of two layers, by hand"""
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
    w1, b1 = Tensor(rng.normal(size=(3, 4))), Tensor(np.zeros(4))
    w2, b2 = Tensor(rng.normal(size=(4, 1))), Tensor(np.zeros(1))
    h = np.tanh(x @ w1 + b1)
    out = h @ w2 + b2
    loss = ((out - y) ** 2).mean()
    loss.backward()
    return loss, locals()


def lesson_network() -> Drawn:
    """nn.Model on 442 rows of 10 columns"""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(442, 10)), rng.normal(size=442)
    model = Model.init(10, 50, 1, rng=rng)
    model(x, y).backward()
    return model.loss.out, {"x": x, "y": y, "model": model}


def exciter_network() -> Drawn:
    """nn.ExciterNet on six rows"""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(6, 5)), rng.normal(size=6)
    net = ExciterNet.init(rng=rng)
    net(x, y).backward()
    return net.loss.out, {"x": x, "y": y, "net": net}

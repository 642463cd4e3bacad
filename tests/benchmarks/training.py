"""What is raced, of training: one step of a network, its optimiser included.

As in workloads.py, a workload is a table from a contestant's name to a function of no
arguments; it returns the loss and the gradients of one step. All begin with the same
parameters, and the learning rate is so small that every step gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from workloads import Contestants, imported

from engine import Tensor
from nn import (
    LSTM,
    SGD,
    Adam,
    Attention,
    Conv2d,
    CrossEntropy,
    Embedding,
    Flatten,
    Layer,
    Lin,
    MaxPool2d,
    Network,
    Recurrent,
    ReLU,
    Residual,
    RMSNorm,
    relu,
)

RATE = 1e-12


def digits_mlp() -> Contestants:
    """64-32-10 with cross-entropy, on 32 digits, and a step of Adam."""
    rng = np.random.default_rng(0)
    x, y = rng.random((32, 64)), rng.integers(0, 10, 32)
    network = Network(
        [Lin.init(64, 32, rng=rng), ReLU(), Lin.init(32, 10, rng=rng)], CrossEntropy()
    )

    def by_torch(torch: Any, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return torch.addmm(b2, torch.relu(torch.addmm(b1, x, w1)), w2)

    return _classifiers(network, x, y, by_torch)


def digits_cnn() -> Contestants:
    """Two convolutions of 3 x 3, each with ReLU and max pooling; 32 digits of 8 x 8."""
    rng = np.random.default_rng(0)
    x = rng.random((32, 1, 8, 8)).astype(np.float32)
    y = rng.integers(0, 10, 32)
    network = Network(
        [
            Conv2d.init(1, 16, 3, rng=rng, padding=1),
            ReLU(),
            MaxPool2d(2),
            Conv2d.init(16, 32, 3, rng=rng, padding=1),
            ReLU(),
            MaxPool2d(2),
            Flatten(),
            Lin.init(128, 10, rng=rng),
        ],
        CrossEntropy(),
    )

    def by_torch(torch: Any, x: Any, *weights: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = weights
        f = torch.nn.functional
        x = f.max_pool2d(torch.relu(f.conv2d(x, w1, b1, padding=1)), 2)
        x = f.max_pool2d(torch.relu(f.conv2d(x, w2, b2, padding=1)), 2)
        return torch.addmm(b3, x.flatten(1), w3)

    return _classifiers(network, x, y, by_torch)


class GPT(Layer):
    """One block of 16 dimensions and 4 heads, on one name of 16 letters of 27."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.tokens = Embedding.init(27, 16, rng=rng)
        self.places = Embedding.init(16, 16, rng=rng)
        self.norm = RMSNorm(16)
        attention = Attention.init(16, heads=4, causal=True, rng=rng)
        self.attend = Residual(RMSNorm(16), attention)
        first = Lin.init(16, 64, rng=rng, bias=False)
        second = Lin.init(64, 16, rng=rng, bias=False)
        self.think = Residual(RMSNorm(16), first, ReLU(), second)
        self.head = Lin.init(16, 27, rng=rng, bias=False)

    def forward(self, ids: Any) -> Any:
        x = self.norm(self.tokens(ids) + self.places(np.arange(len(ids))))
        return self.head(self.think(self.attend(x)))


def gpt() -> Contestants:
    """A GPT of names, on 15 letters of one name."""
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 27, 16)
    network = Network([GPT(rng)], CrossEntropy())

    def by_torch(torch: Any, ids: Any, *weights: Any) -> Any:
        f = torch.nn.functional
        tokens, places, n0, n1, wq, wk, wv, wo, n2, w1, w2, head = weights

        def norm(x: Any, scale: Any) -> Any:
            return f.rms_norm(x, (16,), scale, 1e-5)

        def heads(x: Any) -> Any:
            return x.view(len(ids), 4, 4).transpose(0, 1)

        x = norm(f.embedding(ids, tokens) + places[: len(ids)], n0)
        a = norm(x, n1)
        a = f.scaled_dot_product_attention(
            heads(a @ wq), heads(a @ wk), heads(a @ wv), is_causal=True
        )
        x = x + a.transpose(0, 1).reshape(len(ids), 16) @ wo
        x = x + torch.relu(norm(x, n2) @ w1) @ w2
        return x @ head

    return _classifiers(network, ids[:-1], ids[1:], by_torch)


def lstm() -> Contestants:
    """An LSTM of 32 over 16 time steps of 16 features, 32 sequences, and a class."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((32, 16, 16)), rng.integers(0, 10, 32)
    cell = LSTM.init(16, 32, rng=rng)
    network = Network(
        [Recurrent(cell, last=True), Lin.init(32, 10, rng=rng)], CrossEntropy()
    )

    def by_torch(torch: Any, x: Any, w: Any, u: Any, b: Any, v: Any, c: Any) -> Any:
        """nn.LSTM's own loop, which is compiled."""
        zeros = torch.zeros(1, 32, 32, dtype=x.dtype)
        weights = [w.T, u.T, b, torch.zeros_like(b)]
        out, _, _ = torch.lstm(
            x, (zeros, zeros), weights, True, 1, 0.0, True, False, True
        )
        return torch.addmm(c, out[:, -1], v)

    return _classifiers(network, x, y, by_torch)


def _classifiers(
    network: Network, x: np.ndarray, y: np.ndarray, by_torch: Callable[..., Any]
) -> Contestants:
    """A network's step of Adam, and PyTorch's, from the same parameters."""
    if x.dtype == np.float32:
        for p in network.parameters():
            p.data = p.data.astype(np.float32)
    parameters = network.parameters()
    start = [p.data for p in parameters]
    adam = Adam(parameters, lr=RATE)

    def ours() -> Any:
        adam.zero_grad()
        loss = network(x, y)
        loss.backward()
        adam.step()
        return [loss.item(), *[p.grad for p in parameters]]

    runs: Contestants = {"ours": ours}
    if torch := imported("torch"):
        weights = [torch.from_numpy(w.copy()).requires_grad_() for w in start]
        examples, ids = torch.from_numpy(x), torch.from_numpy(y)
        theirs = torch.optim.Adam(weights, lr=RATE)

        def step_of_torch() -> Any:
            theirs.zero_grad()
            output = by_torch(torch, examples, *weights)
            loss = torch.nn.functional.cross_entropy(output, ids)
            loss.backward()
            theirs.step()
            return [loss.item(), *[w.grad for w in weights]]

        runs["PyTorch"] = step_of_torch
    return runs


# --- micrograd's demo -----------------------------------------------------------------


def moons() -> Contestants:
    """The MLP 2-16-16-1 of micrograd's demo, scalar by scalar, on ten points.

    Hinge loss and L2 regularisation, as there. Ours runs the very same program: a
    Tensor takes the place of each Value.
    """
    rng = np.random.default_rng(0)
    angles = rng.random(10) * np.pi
    labels = np.arange(10) % 2 * 2 - 1
    xs = np.column_stack([labels * np.cos(angles), labels * np.sin(angles)]).tolist()
    sizes = [(2, 16), (16, 16), (16, 1)]
    start = [rng.uniform(-1, 1, size=(k, d + 1)).tolist() for d, k in sizes]

    def contestant(number: Any, rectified: Callable[[Any], Any], step: Any) -> Any:
        layers = [[[number(w) for w in unit] for unit in layer] for layer in start]
        weights = [w for layer in layers for unit in layer for w in unit]

        def unit(weights: Any, x: Any) -> Any:
            *w, b = weights
            return sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)

        def run() -> Any:
            for w in weights:
                w.grad = None if number is Tensor else 0
            losses = []
            for x, label in zip(xs, labels.tolist(), strict=True):
                for layer in layers[:-1]:
                    x = [rectified(unit(w, x)) for w in layer]
                score = unit(layers[-1][0], x)
                losses.append(rectified(1 + -label * score))
            loss = sum(losses) * (1 / len(losses)) + 1e-4 * sum(w * w for w in weights)
            loss.backward()
            gradients = [w.grad for w in weights]
            step()
            return [loss.data, *gradients]

        return run, weights

    run, weights = contestant(Tensor, relu, lambda: sgd.step())
    sgd = SGD(weights, lr=RATE)
    runs: Contestants = {"ours": run}
    if micrograd := imported("micrograd.engine"):
        value = micrograd.Value

        def step() -> None:
            for w in theirs:
                w.data -= RATE * w.grad

        runs["micrograd"], theirs = contestant(value, value.relu, step)
    return runs

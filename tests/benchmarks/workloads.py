"""What is raced: each workload, forward and backward, written once for each library.

A workload is a table from a contestant's name to a function of no arguments that
returns its gradients. `bench.py` compares these gradients before it takes any time.
`absent()` lists the libraries that are not installed.

`by hand` is what a NumPy user writes out without an engine: plain expressions, each
value that the derivative needs kept under a name.
"""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor
from nn import SGD, Model, relu

Contestants = dict[str, Callable[[], Any]]


MODULES = {
    "micrograd": "micrograd.engine",
    "HIPS autograd": "autograd",
    "MyGrad": "mygrad",
    "PyTorch": "torch",
}


@functools.cache
def imported(name: str) -> Any:
    """A module, or None if it is not installed; not before it is raced: it is large."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, about what NumPy deprecates
        try:
            return importlib.import_module(name)
        except ImportError:
            return None


def absent() -> list[str]:
    return [name for name, module in MODULES.items() if not imported(module)]


# --- scalars --------------------------------------------------------------------------


def expression(a: Any, b: Any, rectified: Callable[[Any], Any]) -> Any:
    """The expression of micrograd's README."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + rectified(b + a)
    d += 3 * d + rectified(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def scalar() -> Contestants:
    """micrograd's expression at a = -4, b = 2: its gradients by a and b."""

    def passed(number: Callable[[float], Any], rectified: Callable[[Any], Any]) -> Any:
        a, b = number(-4.0), number(2.0)
        expression(a, b, rectified).backward()
        return a.grad, b.grad

    runs: Contestants = {"ours": lambda: passed(Tensor, relu)}
    if micrograd := imported("micrograd.engine"):
        value = micrograd.Value
        runs["micrograd"] = lambda: passed(value, value.relu)
    if autograd := imported("autograd"):
        anp = imported("autograd.numpy")
        slopes = autograd.grad(
            lambda a, b: expression(a, b, lambda x: anp.maximum(x, 0.0)), (0, 1)
        )
        runs["HIPS autograd"] = lambda: slopes(-4.0, 2.0)
    if mygrad := imported("mygrad"):
        runs["MyGrad"] = lambda: passed(mygrad.tensor, lambda x: mygrad.maximum(x, 0.0))
    if torch := imported("torch"):

        def number(x: float) -> Any:
            return torch.tensor(x, dtype=torch.float64, requires_grad=True)

        runs["PyTorch"] = lambda: passed(number, torch.relu)
    return runs


# --- networks -------------------------------------------------------------------------


def mlp(d: int, h: int, n: int, dtype: type) -> Contestants:
    """An MLP d-h-1 on a batch of n: the gradients of its four parameters."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=n).astype(dtype)
    model = Model.init(d, h, 1, rng=rng)
    for p in model.parameters():
        p.data = p.data.astype(dtype)
    parameters = model.parameters()
    arrays = [p.data for p in parameters]
    sgd = SGD(parameters, lr=0.1)

    def ours() -> Any:
        sgd.zero_grad()
        loss = model(x, y)
        loss.backward()
        return [loss.item(), *[p.grad for p in parameters]]

    runs: Contestants = {
        "ours": ours,
        "NumPy by hand": lambda: mlp_by_hand(x, y, *arrays),
    }
    if autograd := imported("autograd"):
        anp = imported("autograd.numpy")
        both = autograd.value_and_grad(lambda *w: mlp_loss(anp, x, y, *w), (0, 1, 2, 3))
        runs["HIPS autograd"] = lambda: (lambda v, g: [float(v), *g])(*both(*arrays))
    if mygrad := imported("mygrad"):
        weights = [mygrad.tensor(w) for w in arrays]

        def by_mygrad() -> Any:
            loss = mlp_loss(mygrad, x, y, *weights)
            loss.backward()
            return [loss.item(), *[w.grad for w in weights]]

        runs["MyGrad"] = by_mygrad
    if imported("torch"):
        runs["PyTorch"] = _mlp_by_torch(x, y, arrays)
    return runs


def mlp_loss(np: Any, x: Any, y: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """In whatever namespace writes NumPy."""
    h = np.maximum(np.matmul(x, w1) + b1, 0)
    difference = (np.matmul(h, w2) + b2)[:, 0] - y
    return np.mean(difference * difference)


def mlp_by_hand(
    x: Any, y: Any, w1: Any, b1: Any, w2: Any, b2: Any
) -> tuple[float, Any, Any, Any, Any]:
    h = x @ w1 + b1
    a = np.maximum(h, 0)
    diff = (a @ w2 + b2)[:, 0] - y
    loss = np.mean(diff**2)
    gout = (2 * diff / len(y))[:, None]
    gh = gout @ w2.T * (h > 0)
    return float(loss), x.T @ gh, gh.sum(axis=0), a.T @ gout, gout.sum(axis=0)


def _mlp_by_torch(x: Any, y: Any, arrays: list[Any]) -> Callable[[], Any]:
    torch = imported("torch")
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    weights = [torch.from_numpy(w.copy()).requires_grad_() for w in arrays]
    w1, b1, w2, b2 = weights

    def run() -> Any:
        for w in weights:
            w.grad = None
        h = torch.relu(torch.addmm(b1, x, w1))
        out = torch.addmm(b2, h, w2)
        loss = torch.nn.functional.mse_loss(out[:, 0], y)
        loss.backward()
        return [loss.item(), *[w.grad for w in weights]]

    return run


# --- arrays ---------------------------------------------------------------------------


def elementwise() -> Contestants:
    """Eight elementwise ops on a million float32, and a sum: value and gradient."""
    x = np.random.default_rng(0).uniform(0.5, 1.5, 10**6).astype(np.float32)
    leaf = Tensor(x)

    def ours() -> Any:
        leaf.grad = None
        y = chain(np, leaf)
        y.backward()
        return y.item(), leaf.grad

    runs: Contestants = {"ours": ours, "NumPy by hand": lambda: chain_by_hand(x)}
    if autograd := imported("autograd"):
        anp = imported("autograd.numpy")
        both = autograd.value_and_grad(lambda x: chain(anp, x))
        runs["HIPS autograd"] = lambda: both(x)
    if mygrad := imported("mygrad"):
        theirs = mygrad.tensor(x)

        def by_mygrad() -> Any:
            y = chain(mygrad, theirs)
            y.backward()
            return float(y), theirs.grad

        runs["MyGrad"] = by_mygrad
    if torch := imported("torch"):
        tensor = torch.from_numpy(x.copy()).requires_grad_()

        def by_torch() -> Any:
            tensor.grad = None
            y = chain(torch, tensor)
            y.backward()
            return y.item(), tensor.grad

        runs["PyTorch"] = by_torch
    return runs


def chain(np: Any, x: Any) -> Any:
    """In whatever namespace has NumPy's names."""
    y = np.sin(x * 0.5)
    y = np.log(y + 1.5)
    y = np.square(np.tanh(y))
    return np.exp(-y).sum()


def chain_by_hand(x: Any) -> tuple[float, Any]:
    a = x * 0.5
    b = np.sin(a)
    c = b + 1.5
    d = np.log(c)
    e = np.tanh(d)
    f = np.square(e)
    h = np.exp(-f)
    g = -h
    g = g * 2 * e
    g = g * (1 - e * e)
    g = g / c
    g = g * np.cos(a)
    return float(h.sum()), g * 0.5

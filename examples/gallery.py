"""Eleven pictures, each of something that people ask about backpropagation.

    python examples/gallery.py

Prints:

    out/gallery/expression.png     micrograd's expression: 24 ops, one chain rule
    out/gallery/twice.png          a + a: one tensor, two edges, two shares
    out/gallery/diamond.png        two paths from x: their products add up
    out/gallery/broadcasting.png   a row added to every row: going back, a sum over them
    out/gallery/matmul.png         matrices: shapes say which side is transposed
    out/gallery/softmax.png        softmax and cross-entropy: the gradient is p - y
    out/gallery/lesson.png         the lesson network, one box per layer
    out/gallery/exciter.png        the Exciter network, and a unit that is dead
    out/gallery/vanishing.png      eight tanh in a row: the gradient fades
    out/gallery/nan.png            a NaN: the ring says where it began
    out/gallery/deep.png           50 layers, drawn as a loop of one
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine import Tensor, logsumexp
from nn import ExciterNet, Lin, Model, Network, ReLU
from viz import Drawing, draw


def expression() -> Drawing:
    """micrograd's expression: 24 ops, one chain rule"""
    a, b = Tensor(-4.0, name="a"), Tensor(2.0, name="b")
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c - a
    d = d + d * 2 + np.maximum(b + a, 0)
    d = d + 3 * d + np.maximum(b - a, 0)
    e = c - d
    f = e**2
    g = f / 2 + 10 / f
    g.backward()
    return draw(g, names=locals())


def twice() -> Drawing:
    """a + a: one tensor, two edges, two shares"""
    a = Tensor(3.0, name="a")
    y = a + a
    y.backward()
    return draw(y, names=locals())


def diamond() -> Drawing:
    """two paths from x: their products add up"""
    x = Tensor(2.0, name="x")
    u, v = x * 3.0, np.sin(x)
    y = u * v
    y.backward()
    return draw(y, names=locals())


def broadcasting() -> Drawing:
    """a row added to every row: going back, a sum over them"""
    table = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="table")
    row = Tensor([10.0, 20.0], name="row")
    loss = ((table + row) ** 2).mean()
    loss.backward()
    return draw(loss)


def matmul() -> Drawing:
    """matrices: shapes say which side is transposed"""
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(6, 4)), name="x")
    w = Tensor(rng.normal(size=(4, 3)), name="w")
    loss = np.tanh(x @ w).sum()
    loss.backward()
    return draw(loss)


def softmax() -> Drawing:
    """softmax and cross-entropy: the gradient is p - y"""
    scores = Tensor([2.0, 1.0, -1.0], name="scores")
    target = np.array([0.0, 1.0, 0.0])
    log_p = scores - logsumexp(scores)
    loss = -(target * log_p).sum()
    loss.backward()
    return draw(loss, names=locals())


def lesson() -> Drawing:
    """the lesson network, one box per layer"""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 5)), rng.normal(size=12)
    model = Model.init(5, 8, 1, rng=rng)
    model(x, y).backward()
    return draw(model.loss.out, names=locals(), direction="TB")


def exciter() -> Drawing:
    """the Exciter network, and a unit that is dead"""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(6, 5)), rng.normal(size=6)
    net = ExciterNet.init(rng=rng)
    net(x, y).backward()
    return draw(net.loss.out, names=locals(), direction="TB")


def vanishing() -> Drawing:
    """eight tanh in a row: the gradient fades"""
    h = Tensor(2.0, name="x")
    for _ in range(8):
        h = np.tanh(h * 0.7)
    h.backward()
    return draw(h, direction="TB", legend=False)


def nan() -> Drawing:
    """a NaN: the ring says where it began"""
    x, y = Tensor(1.0, name="x"), Tensor(4.0, name="y")
    with np.errstate(all="ignore"):
        root = np.sqrt(x * 3.0 - y)
        loss = root * y + np.exp(y)
        loss.backward()
    return draw(loss, names=locals())


def deep() -> Drawing:
    """50 layers, drawn as a loop of one"""
    rng = np.random.default_rng(0)
    layers = [Lin.init(5, 16, rng=rng)]
    for _ in range(24):
        layers += [ReLU(), Lin.init(16, 16, rng=rng)]
    layers += [Lin.init(16, 1, rng=rng)]
    net, x, y = Network(layers), rng.normal(size=(20, 5)), rng.normal(size=20)
    net(x, y).backward()
    return draw(net.loss.out, max_nodes=12)


PICTURES: list[Callable[[], Drawing]] = [
    expression,
    twice,
    diamond,
    broadcasting,
    matmul,
    softmax,
    lesson,
    exciter,
    vanishing,
    nan,
    deep,
]


def main(out: Path = Path("out")) -> None:
    folder = out / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        path = folder / f"{picture.__name__}.png"
        picture().save(path)
        print(f"{path!s:30} {picture.__doc__}")


if __name__ == "__main__":
    main()

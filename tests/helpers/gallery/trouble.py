"""What is hard to draw: NaN, dead units, odd names, stale data, many uses."""

import numpy as np

from engine import Tensor
from helpers.gallery.learning import linear_regression
from helpers.gallery.scalars import Drawn


def nan() -> Drawn:
    """a square root of a negative number, and what it spoils"""
    x, y = Tensor(1.0), Tensor(4.0)
    with np.errstate(all="ignore"):
        root = np.sqrt(x * 3.0 - y)
        loss = root * y + np.exp(y)
        loss.backward()
    return loss, locals()


def dead_units() -> Drawn:
    """five units behind a relu, of which three are dead"""
    rng = np.random.default_rng(18)
    x = rng.normal(size=(6, 3))
    w, b = Tensor(rng.normal(size=(3, 5))), Tensor([0.0, -9.0, -9.0, 0.0, -9.0])
    v = Tensor(rng.normal(size=5))
    hidden = np.maximum(x @ w + b, 0)
    out = hidden @ v
    loss = ((out - 1.0) ** 2).mean()
    loss.backward()
    return loss, locals()


def odd_names() -> Drawn:
    """names that are long, and names that are not words"""
    the_learning_rate_of_the_outer_loop = Tensor(0.1)
    markup = Tensor(2.0, name='<b>"a"</b> & {p0|x}')
    slashes = Tensor(3.0, name="C:\\new\\table")
    lines = Tensor(-1.0, name="two\nlines\tand   spaces")
    foreign = Tensor(0.5, name="größe λ̂ ∂x 中文")
    scaled = the_learning_rate_of_the_outer_loop * markup
    a_sum_that_has_a_rather_long_name_too = scaled + slashes * lines
    loss = np.exp(a_sum_that_has_a_rather_long_name_too) * foreign
    loss.backward()
    return loss, locals()


def broadcasting() -> Drawn:
    """numbers, rows, columns and a stack of matrices in one sum"""
    rng = np.random.default_rng(19)
    scalar, row, column = Tensor(2.0), Tensor([1.0, -1.0, 0.5]), Tensor([[1.0], [2.0]])
    stack, one = Tensor(rng.normal(size=(4, 2, 3))), Tensor([[[3.0]]])
    total = (stack * row + column) / one - scalar * row
    loss = (total**2).mean()
    loss.backward()
    return loss, locals()


def stale() -> Drawn:
    """a regression whose weights were updated after the pass"""
    loss, names = linear_regression()
    w, b = names["w"], names["b"]
    w.data = w.data - 0.1 * w.grad
    b.data = b.data - 0.1 * b.grad
    return loss, names


def fan_out() -> Drawn:
    """one number that twelve others are computed from"""
    x = Tensor(0.7)
    waves = [np.sin(k * x) / k for k in range(1, 13)]
    total = waves[0]
    for wave in waves[1:]:
        total = total + wave
    total.backward()
    return total, {"x": x, "total": total}

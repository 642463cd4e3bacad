"""Expressions of a few numbers, and motions in small steps."""

import numpy as np

from engine import Tensor

Drawn = tuple[Tensor, dict[str, object]]  # what is drawn, and the names to draw it with


def first_graph() -> Drawn:
    """the first picture of the README"""
    a, b, c, f = Tensor(2.0), Tensor(-3.0), Tensor(10.0), Tensor(-2.0)
    e = a * b
    d = e + c
    L = d * f
    L.backward()
    return L, locals()


def neuron() -> Drawn:
    """two inputs, two weights, a bias, a sigmoid"""
    x1, x2 = Tensor(2.0), Tensor(0.0)
    w1, w2 = Tensor(-3.0), Tensor(1.0)
    b = Tensor(6.8813735870195432)
    n = x1 * w1 + x2 * w2 + b
    o = 1 / (1 + np.exp(-n))
    o.backward()
    return o, locals()


def micrograd() -> Drawn:
    """the expression of micrograd's README"""
    a, b = Tensor(-4.0), Tensor(2.0)
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + np.maximum(b + a, 0)
    d = d + 3 * d + np.maximum(b - a, 0)
    e = c - d
    f = e**2
    g = f / 2.0
    g = g + 10.0 / f
    g.backward()
    return g, locals()


def second_order() -> Drawn:
    """a penalty on the gradient of a function of two numbers"""
    u, v = Tensor(1.5), Tensor(-0.5)
    f = u**2 * v + np.sin(v)
    f.backward(create_graph=True)
    du, dv = u.grad, v.grad
    u.grad = v.grad = None  # or each would keep the other alive
    penalty = du**2 + dv**2
    penalty.backward()
    return penalty, locals()


def pendulum() -> Drawn:
    """20 steps of Euler's method: how far from upright?"""
    angle, speed, length = Tensor(0.5), Tensor(0.0), Tensor(1.0)
    start, g, dt = angle, 9.81, 0.05
    for _ in range(20):
        pull = -g / length * np.sin(angle)
        angle, speed = angle + dt * speed, speed + dt * pull
    miss = (angle - np.pi) ** 2
    miss.backward()
    return miss, locals()


def spring() -> Drawn:
    """200 steps of a mass on a damped spring"""
    k, damping = Tensor(2.0), Tensor(0.1)
    x, v, dt = Tensor(1.0), Tensor(0.0), 0.02
    x0, v0 = x, v
    for _ in range(200):
        v = v + dt * (-k * x - damping * v)
        x = x + dt * v
    energy = k * x**2 / 2 + v**2 / 2
    energy.backward()
    return energy, locals()

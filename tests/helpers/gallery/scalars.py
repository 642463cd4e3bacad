"""Expressions of a few numbers, and motions in small steps."""

import numpy as np

from engine import Tensor, scope

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
    return _pendulum(20, 0.05)


def long_pendulum() -> Drawn:
    """the same in 200 steps"""
    return _pendulum(200, 0.01)


def _pendulum(steps: int, dt: float) -> Drawn:
    angle, speed, length = Tensor(0.5), Tensor(0.0), Tensor(1.0)
    start, g = angle, 9.81
    for _ in range(steps):
        pull = -g / length * np.sin(angle)
        angle, speed = angle + dt * speed, speed + dt * pull
    miss = (angle - np.pi) ** 2
    miss.backward()
    return miss, locals()


def runge_kutta() -> Drawn:
    """200 steps of the classical Runge-Kutta method, each in a scope"""
    y0, k = Tensor([1.0, 0.0]), Tensor(2.0)
    y, dt, A = y0, 0.05, np.array([[0.0, 1.0], [-1.0, -0.1]])

    def slope(y: Tensor) -> Tensor:
        return np.tanh(y @ A.T) * k

    for _ in range(200):
        with scope("RK4 step"):
            k1 = slope(y)
            k2 = slope(y + dt / 2 * k1)
            k3 = slope(y + dt / 2 * k2)
            k4 = slope(y + dt * k3)
            y = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    loss = (y**2).sum()
    loss.backward()
    return loss, locals()


def trajectory() -> Drawn:
    """an oscillator of 1,000 places, stacked and compared with what was seen"""
    x0, v0, k = Tensor(1.0), Tensor(0.0), Tensor(2.0)
    x, v, dt, xs = x0, v0, 0.02, [x0]
    for _ in range(999):
        v = v - dt * k * x
        x = x + dt * v
        xs.append(x)
    seen = np.cos(dt * np.arange(1000))
    path = np.stack(xs)
    loss = ((path - seen) ** 2).mean()
    loss.backward()
    return loss, locals()


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

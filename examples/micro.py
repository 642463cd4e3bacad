"""Automatic differentiation, the whole idea in 100 lines: the file to read first.

    unbroadcast  where NumPy stretched an operand, its gradient is a sum
    op           makes an operation of a rule: a value, and a way back to each operand
    Tensor       an array that knows its operands; backward() is the chain rule

The real engine is engine/. It adds 180 functions of NumPy, other dtypes, derivatives of
any order, speed, and errors that name the cure: file by file in CONTRIBUTING.md.

Prints:

    L = -8.0 and its gradients: 6.0 -4.0 -2.0 4.0
"""

from heapq import heappop, heappush
from itertools import count

import numpy as np


def unbroadcast(g, shape):
    """Sum g over the axes that broadcasting added to shape, or stretched from 1."""
    padded = (1,) * (g.ndim - len(shape)) + shape
    axes = tuple(i for i, n in enumerate(padded) if n != g.shape[i])
    return g.sum(axis=axes, keepdims=True).reshape(shape)


def op(rule):
    """Turn a rule, of arrays, into an operation on Tensors, arrays and numbers."""

    def operation(*operands, **options):
        parents = tuple(x if isinstance(x, Tensor) else Tensor(x) for x in operands)
        value, grad_fns = rule(*(x.data for x in parents), **options)
        return Tensor(value, parents, grad_fns)

    return operation


class Tensor:
    def __init__(self, data, parents=(), grad_fns=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = None  # the gradient of the final scalar with respect to self
        self.parents = parents  # the operands, in order; a leaf has none
        self.grad_fns = grad_fns  # per operand: gradient of self -> gradient of it
        self.turn = next(self.turns)  # downward: what is made later comes first

    def backward(self):
        """Set the gradient of self (of the sum of its entries) on all it depends on."""
        gradients, waiting = {self: np.ones_like(self.data)}, [(self.turn, self)]
        while waiting:  # the newest first: all that used it have had their turn
            _, node = heappop(waiting)
            for x, grad_fn in zip(node.parents, node.grad_fns, strict=True):
                if x not in gradients:
                    heappush(waiting, (x.turn, x))
                gx = unbroadcast(grad_fn(gradients[node]), x.data.shape)
                gradients[x] = gradients.get(x, 0.0) + gx  # a sum over all uses
        for x, g in gradients.items():  # leaves accumulate, the rest is set anew
            x.grad = g if x.parents or x.grad is None else x.grad + g

    # The rules; g is the gradient of the final scalar with respect to the output.
    @op
    def __add__(x, y):
        return x + y, (lambda g: g, lambda g: g)

    @op
    def __mul__(x, y):
        return x * y, (lambda g: g * y, lambda g: g * x)

    @op
    def __matmul__(x, w):
        return x @ w, (lambda g: g @ w.mT, lambda g: x.mT @ g)

    @op
    def exp(x):
        y = np.exp(x)
        return y, (lambda g: g * y,)

    @op
    def sum(x, *, axis=None):
        y = x.sum(axis, keepdims=True)
        return y.squeeze(axis), (lambda g: np.ones_like(x) * g.reshape(y.shape),)

    @op
    def max(x, *, axis=None):
        y = x.max(axis, keepdims=True)
        ties = (x == y).sum(axis, keepdims=True)  # they share the gradient
        return y.squeeze(axis), (lambda g: (x == y) * g.reshape(y.shape) / ties,)

    turns = count(0, -1)
    __array_ufunc__ = None  # so that NumPy leaves array * Tensor to __rmul__
    __radd__, __rmul__ = __add__, __mul__
    __rmatmul__, __rsub__ = lambda w, x: Tensor(x) @ w, lambda y, x: x + -y
    __neg__, __sub__ = lambda x: -1.0 * x, lambda x, y: x + -y


if __name__ == "__main__":
    a, b, c, f = Tensor(2.0), Tensor(-3.0), Tensor(10.0), Tensor(-2.0)
    L = (a * b + c) * f
    L.backward()
    print(f"L = {L.data} and its gradients: {a.grad} {b.grad} {c.grad} {f.grad}")

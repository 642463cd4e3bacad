"""A layer and an optimiser of a user's own: public names of engine and nn suffice."""

import numpy as np

from engine import Tensor, data_of, keep_dtype, scope, topological_order
from nn import Layer, Module


class Dense(Layer):
    """tanh(inp @ w): two ops."""

    def __init__(self, w, name="Dense"):
        self.w = w if isinstance(w, Tensor) else Tensor(w)
        self.name = name

    def forward(self, inp):
        return np.tanh(inp @ self.w)

    def __repr__(self):
        return f"Dense({' -> '.join(map(str, self.w.shape))})"


class Net(Module):
    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x, y):
        for layer in self.layers:
            x = layer(x)
        return ((x - y) ** 2).mean()


class Momentum:
    """Steps along a running sum of gradients."""

    def __init__(self, parameters, *, lr, momentum):
        self.parameters = list(parameters)
        self.lr, self.momentum = lr, momentum
        self.speeds = [0 * p.data for p in self.parameters]

    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                self.speeds[i] = self.momentum * self.speeds[i] + data_of(p.grad)
                p.data = keep_dtype(p.data - self.lr * self.speeds[i], p.data)


def batch():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 3)).astype(np.float32)
    return rng, x, np.tanh(x.sum(axis=1, keepdims=True))


def test_they_train_and_keep_float32():
    rng, x, y = batch()
    weights = [rng.standard_normal(s).astype(np.float32) for s in ((3, 4), (4, 1))]
    net = Net(*map(Dense, weights))
    optimiser = Momentum(net.parameters(), lr=np.float64(0.1), momentum=0.9)
    losses = []
    for _ in range(100):
        net.zero_grad()
        loss = net(x, y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 20
    assert all(p.dtype == np.float32 for p in net.parameters())


def test_a_step_of_momentum_is_the_one_worked_out_by_hand():
    p = Tensor([1.0, 2.0])
    optimiser = Momentum([p], lr=0.5, momentum=0.5)
    for _ in range(2):
        p.grad = None
        (p * p).sum().backward()
        optimiser.step()
    # 1 - 0.5 * 2 = 0; then the speed is 0.5 * 2 + 0 = 1. Twice that for 2.
    np.testing.assert_array_equal(p.data, [-0.5, -1.0])


def test_both_ops_of_a_layer_belong_to_it():
    rng, x, _ = batch()
    dense = Dense(rng.standard_normal((3, 4)))
    first, second = dense(Tensor(x)), dense(Tensor(x))
    made = [node for node in topological_order([first]) if node.parents]
    assert [node.op for node in made] == ["matmul", "tanh"]
    assert made[0].group is made[1].group
    assert second.group is not first.group
    label, around = first.group
    assert str(label) == "Dense: Dense(3 -> 4)" or str(label) == "Dense(3 -> 4)"
    assert around is None


def test_link_by_link_it_gives_what_the_whole_chain_gives():
    rng, x, y = batch()
    layers = [Dense(rng.standard_normal(s)) for s in ((3, 4), (4, 1))]
    net = Net(*layers)
    net(x, y).backward()
    wanted = [p.grad for p in net.parameters()]
    net.zero_grad()
    for layer in reversed(layers):  # `out.g` of the last is still there
        layer.backward()
    for p, g in zip(net.parameters(), wanted, strict=True):
        np.testing.assert_array_equal(p.grad, g)


def test_a_label_may_be_an_object_that_is_named_when_it_is_drawn():
    class Round:
        def __init__(self):
            self.count = 0

        def __str__(self):
            return f"round {self.count}"

    label = Round()
    with scope(label):
        made = Tensor(1.0) * 2
    label.count = 7
    assert str(made.group[0]) == "round 7"

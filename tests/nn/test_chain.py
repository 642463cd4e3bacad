"""Sequential and Residual: layers made of layers, forward and link by link."""

import copy
import pickle
import weakref

import numpy as np
import pytest
from helpers.layer_rows import linear, normal

from engine import Tensor, check_gradients
from nn import (
    GRU,
    LSTM,
    Layer,
    Lin,
    Mse,
    Network,
    Recurrent,
    ReLU,
    Residual,
    Sequential,
)


class Tanh(Layer):
    name = "Tanh"

    def forward(self, inp):
        return np.tanh(inp)


def block(seed=0):
    return Sequential(linear(4, 6, seed), ReLU(), linear(6, 4, seed + 2))


def test_a_sequential_calls_its_layers_one_after_the_other():
    made, x = block(), normal(9, 5, 4)
    first, relu, second = made.layers
    np.testing.assert_array_equal(
        made(x).data, second.forward(relu.forward(first.forward(x))).data
    )
    assert first.inp is x
    assert relu.inp is first.out
    assert made.out is second.out


def test_a_residual_adds_what_comes_in():
    made, x = Residual(block()), normal(9, 5, 4)
    np.testing.assert_array_equal(made(x).data, x + block()(x).data)


def test_a_residual_of_another_shape_is_refused_and_says_both():
    with pytest.raises(
        ValueError, match=r"^Residual: \(5, 4\) came in and the layers gave \(5, 3\)"
    ):
        Residual(linear(4, 3))(Tensor(normal(0, 5, 4)))


@pytest.mark.parametrize("make", [block, lambda: Residual(block())])
def test_nested_layers_agree_with_central_differences(make):
    check_gradients(make(), normal(9, 3, 4), order=2)


def net(seed=0):
    return Network(
        [linear(3, 4, seed), Residual(Tanh(), linear(4, 4, 5)), block(), linear(4, 1)]
    )


def all_layers(network):
    return [x for _, x in network.named_modules() if isinstance(x, Layer)]


def test_link_by_link_equals_the_whole_for_nested_layers():
    x, y = normal(1, 5, 3), normal(2, 5)
    whole, links = net(), net()
    whole(x, y).backward()
    links(x, y)
    links.backward()
    for p, q in zip(whole.parameters(), links.parameters(), strict=True):
        np.testing.assert_allclose(p.g, q.g, rtol=1e-12)
    for a, b in zip(whole.layers, links.layers, strict=True):
        np.testing.assert_allclose(a.out.g, b.out.g, rtol=1e-12)
    inner = links.layers[2].layers[1]  # of a Sequential, whose links are its layers
    np.testing.assert_allclose(inner.out.g, whole.layers[2].layers[1].out.g, rtol=1e-12)


def test_an_input_that_one_layer_uses_twice_is_no_fork():
    class Swish(Layer):
        def forward(self, inp):
            return inp * np.tanh(inp)

    for odd in (Swish(), Residual(Tanh())):
        layers = [linear(3, 4), odd, linear(4, 1)]
        network = Network(layers)
        x, y = normal(1, 5, 3), normal(2, 5)
        network(x, y).backward()
        wanted = [p.g for p in network.parameters()]
        network.zero_grad()
        network(x, y)
        network.backward()
        for p, g in zip(network.parameters(), wanted, strict=True):
            np.testing.assert_allclose(p.g, g, rtol=1e-12)


def test_a_network_with_nested_layers_keeps_no_two_graphs_alive():
    network, x, y = net(), normal(1, 5, 3), normal(2, 5)
    network(x, y)
    old = [weakref.ref(layer.out) for layer in all_layers(network)]
    alive = []

    class First(Layer):
        def forward(self, inp):
            alive.append([ref() for ref in old if ref() is not None])
            return inp

    network.layers.insert(0, First())
    network(x, y)
    assert alive == [[]]


def test_a_prediction_leaves_what_inner_layers_remember():
    network, x, y = net(), normal(1, 5, 3), normal(2, 5)
    network(x, y)
    before = [(layer.inp, layer.out) for layer in all_layers(network)]
    assert network.predict(normal(3, 2, 3)).shape == (2, 1)
    after = [(layer.inp, layer.out) for layer in all_layers(network)]
    for (a, b), (c, d) in zip(before, after, strict=True):
        assert a is c
        assert b is d
    network.backward()


def test_an_empty_sequential_gives_its_input_back():
    x, empty = Tensor(1.0), Sequential()
    assert empty(x) is x
    empty.backward()
    assert x.g is None


def test_a_link_of_a_sequential_that_fails_leaves_every_gradient_as_it_was():
    made = block()
    made(Tensor(normal(0, 5, 4)))
    with pytest.raises(RuntimeError, match="out.g is not there yet"):
        made.backward()
    assert all(p.g is None for p in made.parameters())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sequential(5), "Sequential: 5 is not a Layer; subclass nn.Layer"),
        (
            lambda: Residual([ReLU()]),
            r"Residual: \[ReLU\(\)\] is not a Layer; put a \* before a list of layers",
        ),
        (lambda: Network([ReLU]), r"ReLU'> is not a Layer; call it: ReLU\(\.\.\.\)"),
        (lambda: Network(ReLU()), "Network: layers is ReLU.*, and must be a list"),
    ],
)
def test_what_is_not_a_layer_is_refused(make, words):
    with pytest.raises(TypeError, match=words):
        make()


def test_they_read_as_what_they_are_and_copy():
    made = Residual(Sequential(Lin(np.ones((2, 2)), np.ones(2)), ReLU()))
    assert repr(made) == "Residual(Sequential(Lin(2 -> 2), ReLU()))"
    made(normal(0, 5, 2))
    for twin in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert twin.out is None
        np.testing.assert_array_equal(
            twin(normal(0, 5, 2)).data, made(normal(0, 5, 2)).data
        )


def test_a_sequential_before_a_loss_is_a_chain_by_hand():
    made, mse = block(), Mse()
    x, y = Tensor(normal(0, 5, 4)), normal(1, 5, 4)
    mse(made(x), y).backward()
    wanted = x.g
    x.g = None
    mse(made(x), y)
    mse.backward()
    made.backward()
    np.testing.assert_allclose(x.g, wanted, rtol=1e-12)


def test_a_cell_before_another_layer_is_refused_and_the_cure_is_named():
    rng = np.random.default_rng(0)
    layers = [LSTM.init(4, 3, rng=rng), Lin.init(3, 1, rng=rng)]
    words = r"LSTM\(4 -> 3\) gave 2 things, and the next layer takes one; nn\.Recurrent"
    x = normal(0, 2, 4)
    with pytest.raises(TypeError, match=words):
        Sequential(*layers)(x)
    with pytest.raises(TypeError, match=words):
        Network(layers)(x, normal(1, 2))
    with pytest.raises(TypeError, match=words):
        Network(layers).predict(x)


class Forked(Layer):
    """A layer of layers, with a fork inside."""

    def __init__(self):
        self.first, self.second = linear(4, 4, 1), linear(4, 4, 3)

    def forward(self, inp):
        h = self.first(inp)
        return h + self.second(h)


@pytest.mark.parametrize(
    "make",
    [
        lambda: [Recurrent(GRU.init(4, 3, rng=np.random.default_rng(0)))],
        lambda: [Recurrent(LSTM.init(4, 3, rng=np.random.default_rng(0)))],
        lambda: [Forked(), Forked()],
    ],
)
def test_forks_inside_one_layer_are_added_up_by_its_link(make):
    layers, x = make(), normal(1, 2, 5, 4)
    network = Network(layers)
    network(x, 0 * network.predict(x)).backward()
    wanted = [p.g for p in network.parameters()]
    network.zero_grad()
    network(x, 0 * network.predict(x))
    network.backward()
    for p, g in zip(network.parameters(), wanted, strict=True):
        np.testing.assert_allclose(p.g, g, rtol=1e-12)


def test_what_leaves_a_layer_from_its_middle_is_a_fork():
    forked, mse = Forked(), Mse()
    out = forked(Tensor(normal(0, 5, 4)))
    mse(out + forked.first.out, normal(1, 5, 4))
    with pytest.raises(ValueError, match="feeds 2 nodes"):
        mse.backward()


def test_a_fork_between_the_layers_of_a_sequential_is_refused():
    class Again(Layer):
        """Adds what an earlier layer gave."""

        def forward(self, inp):
            return inp + first.out

    first, mse = linear(4, 4), Mse()
    chain = Sequential(first, ReLU(), Again())
    loss = mse(chain(Tensor(normal(0, 5, 4))), normal(1, 5, 4))
    with pytest.raises(ValueError, match=r"the output of Lin\(4 -> 4\), feeds 2 nodes"):
        mse.backward()
    loss.backward()
    assert first.w.g is not None

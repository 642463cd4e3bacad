"""The table of a network, and how networks print."""

import numpy as np
import pytest

from nn import (
    LSTM,
    CrossEntropy,
    Lin,
    Model,
    Module,
    Network,
    Recurrent,
    ReLU,
    Residual,
    Sequential,
)


def net():
    rng = np.random.default_rng(0)
    inner = Sequential(ReLU(), Lin.init(8, 8, rng=rng))
    layers = [Lin.init(4, 8, rng=rng), Residual(inner), Lin.init(8, 3, rng=rng)]
    return Network(layers, CrossEntropy())


def test_the_table_has_layers_shapes_and_counts():
    assert (
        net().summary(np.ones((2, 4)))
        == """\
layer                                        output  parameters
---------------------------------------------------------------
layers.0  Lin(4 -> 8)                        (2, 8)          40
layers.1  Residual                           (2, 8)
  layers.1.layers.0  Sequential              (2, 8)
    layers.1.layers.0.layers.0  ReLU()       (2, 8)
    layers.1.layers.0.layers.1  Lin(8 -> 8)  (2, 8)          72
layers.2  Lin(8 -> 3)                        (2, 3)          27
loss  CrossEntropy()
---------------------------------------------------------------
total                                                       139"""
    )


def test_a_table_leaves_no_call_behind_and_uses_that_of_the_last():
    network = net()
    network.summary(np.ones((2, 4)))
    assert network.layers[0].out is None
    assert "(" not in network.summary().split("\n")[2].split("8)")[1]
    network(np.ones((5, 4)), np.zeros(5, int))
    assert "(5, 3)" in network.summary()


def test_a_layer_and_a_module_of_ones_own_have_tables_too():
    rng = np.random.default_rng(0)
    table = Recurrent(LSTM.init(2, 3, rng=rng)).summary(np.ones((4, 5, 2)))
    assert "cell  LSTM(2 -> 3)" in table
    assert "(4, 5, 3)" in table
    own = Module()
    own.parts = {"one": Lin.init(2, 3, rng=rng)}
    assert "parts.one  Lin(2 -> 3)" in own.summary()


def test_a_shared_layer_counts_once_in_the_total():
    lin = Lin.init(4, 4, rng=np.random.default_rng(0))
    assert Network([lin, lin]).summary().split("\n")[-1].endswith(" 20")


def test_a_network_prints_on_one_line_if_it_fits():
    rng = np.random.default_rng(0)
    assert (
        str(Model.init(2, 3, 1, rng=rng)) == "Model(Lin(2 -> 3), ReLU(), Lin(3 -> 1))"
    )
    deep = [layer for _ in range(4) for layer in (Lin.init(10, 10, rng=rng), ReLU())]
    assert (
        str(Network([Sequential(*deep), Lin.init(10, 1, rng=rng)]))
        == """\
Network(
    Sequential(
        Lin(10 -> 10),
        ReLU(),
        Lin(10 -> 10),
        ReLU(),
        Lin(10 -> 10),
        ReLU(),
        Lin(10 -> 10),
        ReLU(),
    ),
    Lin(10 -> 1),
)"""
    )


def test_a_module_of_ones_own_is_not_run_for_its_table():
    with pytest.raises(TypeError, match=r"Module\.summary: x is run by layers and net"):
        Module().summary(np.ones(2))


def test_modules_that_refer_to_each_other_have_a_table():
    rng = np.random.default_rng(0)
    chain = Sequential(Lin.init(2, 3, rng=rng))
    chain.layers[0].up = chain
    assert chain.summary().count("Lin") == 1
    own = Module()
    own.parts = {"a": Lin.init(2, 3, rng=rng), "a.b": Lin.init(2, 3, rng=rng)}
    assert own.summary().count("Lin(2 -> 3)") == 2

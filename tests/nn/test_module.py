"""Module: which Tensors are parameters, and which never are."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import Tensor
from nn import (
    Adam,
    BatchNorm,
    CrossEntropy,
    Exciter,
    ExciterNet,
    Lin,
    MaskedLinear,
    Model,
    Module,
    Mse,
    Network,
    ReLU,
)


class Bag(Module):
    """A module of whatever it is given."""

    def __init__(self, **parts):
        vars(self).update(parts)


def leaf(name=""):
    return Tensor([1.0, 2.0], name=name)


def same(found, wanted):
    return [id(t) for t in found] == [id(t) for t in wanted]


def test_parameters_come_in_the_order_of_the_attributes():
    b, a = leaf(), leaf()
    assert same(Bag(b=b, a=a).parameters(), [b, a])


def test_parameters_are_found_in_nested_lists_tuples_dicts_and_modules():
    a, b, c, d, e = (leaf() for _ in range(5))
    bag = Bag(
        first=[a, (b, [{"x": c}])],
        second={"deep": Bag(d=d), 3: [[[]]]},
        third=((Bag(inner=Bag(e=e)),),),
    )
    assert same(bag.parameters(), [a, b, c, d, e])


def test_a_shared_parameter_counts_once_and_where_it_comes_first():
    a, b = leaf(), leaf()
    bag = Bag(one=Bag(w=a), two=Bag(w=b, again=a), three=[a, a, {"k": b}])
    assert same(bag.parameters(), [a, b])


def test_two_parameters_with_equal_values_are_two():
    bag = Bag(a=leaf(), b=leaf())
    assert len(bag.parameters()) == 2


def test_what_wants_no_gradient_or_was_computed_is_not_a_parameter():
    a = leaf()
    bag = Bag(
        a=a,
        constant=Tensor([1.0], requires_grad=False),
        computed=a * 2,
        array=np.ones(3),
        number=1.0,
        text="w",
        nothing=None,
        unread={id(a)},
    )
    assert same(bag.parameters(), [a])


def test_modules_that_refer_to_each_other_are_walked_once():
    a, b = leaf(), leaf()
    one, two = Bag(w=a), Bag(w=b)
    one.other, two.other = two, one
    one.me = one
    assert same(one.parameters(), [a, b])
    assert same(two.parameters(), [b, a])


def test_a_list_that_holds_itself_is_walked_once():
    a = leaf()
    parts = [a]
    parts.append(parts)
    assert same(Bag(parts=parts).parameters(), [a])


def test_a_module_without_parameters_has_none():
    assert Module().parameters() == []
    assert ReLU().parameters() == []
    assert Exciter().parameters() == []
    assert Mse().parameters() == []


@pytest.mark.parametrize("layer", [Lin, MaskedLinear])
def test_the_parameters_of_a_linear_layer_are_w_and_b(layer):
    made = layer.init(3, 3, rng=np.random.default_rng(0))
    assert same(made.parameters(), [made.w, made.b])


def test_what_a_layer_remembers_of_a_call_is_never_a_parameter():
    rng = np.random.default_rng(0)
    x, y = Tensor(rng.standard_normal((4, 3))), Tensor(rng.standard_normal(4))
    model = Model.init(3, 2, 1, rng=rng)
    before = model.parameters()
    model(x, y)
    assert model.layers[0].inp is x
    assert model.loss.targ is y
    assert same(model.parameters(), before)
    assert len(before) == 4


def test_an_input_leaf_of_a_layer_without_parameters_is_not_a_parameter():
    relu, mse, x, y = ReLU(), Mse(), leaf(), leaf()
    relu(x), mse(x, y)
    assert relu.parameters() == mse.parameters() == []


def test_the_networks_list_their_parameters_layer_by_layer():
    net = ExciterNet.init(rng=np.random.default_rng(0))
    lin1, _, masked, _, lin2 = net.layers
    assert same(net.parameters(), [lin1.w, lin1.b, masked.w, masked.b, lin2.w, lin2.b])


def test_zero_grad_sets_every_gradient_to_none():
    rng = np.random.default_rng(0)
    model = Model.init(3, 2, 1, rng=rng)
    x = Tensor(np.ones((4, 3)))
    model(x, np.ones(4)).backward()
    assert all(p.g is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.g is None for p in model.parameters())
    assert x.g is not None  # which is no parameter


# --- names --------------------------------------------------------------------------


def test_a_parameter_is_named_by_the_way_to_it():
    a, b, c = leaf(), leaf(), leaf()
    bag = Bag(layers=[Bag(w=a), (Bag(b=b),)], table={"k": c}, again=a)
    assert [name for name, _ in bag.named_parameters()] == [
        "layers.0.w",
        "layers.1.0.b",
        "table.k",
    ]


def test_modules_are_named_too_and_the_whole_has_no_name():
    inner = Bag()
    bag = Bag(layers=[inner])
    assert bag.named_modules() == [("", bag), ("layers.0", inner)]


def test_buffers_are_named_and_are_no_parameters():
    class Running(Module):
        _buffers = ("mean",)

        def __init__(self):
            self.mean, self.other = np.zeros(2), np.ones(2)

    one = Running()
    assert one.parameters() == []
    assert one.named_buffers() == [("mean", one.mean)]
    assert [n for n, _ in Bag(a=[one]).named_buffers()] == ["a.0.mean"]


def test_a_network_names_the_parameters_that_its_layers_made_and_nobody_named():
    rng = np.random.default_rng(0)
    own = Tensor(np.zeros(3), name="mine")
    plain = Tensor(np.ones((2, 3)))
    net = Network([Lin(plain, own), Lin.init(3, 1, rng=rng)])
    assert [p.name for p in net.parameters()] == [
        "",
        "mine",
        "layers.1.w",
        "layers.1.b",
    ]


# --- modes --------------------------------------------------------------------------


def test_train_and_eval_switch_every_module_inside():
    relu = ReLU()
    bag = Bag(inner=Bag(layers=[relu]))
    assert bag.training
    assert bag.eval() is bag
    assert not any(x.training for x in (bag, bag.inner, relu))
    assert bag.train() is bag
    assert bag.training
    assert relu.training
    assert not bag.train(False).training


def test_a_mode_that_is_no_bool_is_refused_and_names_the_loop():
    with pytest.raises(TypeError, match=r"Bag\.train: mode is .* nn\.train\(network"):
        Bag().train([1.0])


def test_evaluating_records_nothing_and_restores_every_mode():
    one, two = Bag(), Bag()
    bag = Bag(parts=[one, two])
    two.eval()
    with pytest.raises(KeyError), bag.evaluating():
        assert not any(x.training for x in (bag, one, two))
        assert not (Tensor(1.0) * 2).requires_grad
        raise KeyError
    assert bag.training
    assert one.training
    assert not two.training
    assert "training" not in vars(one)  # as before


def test_what_a_forward_counts_while_evaluating_is_kept():
    class Counting(Module):
        count = 0

    one = Counting()
    with one.evaluating():
        one.count += 1
    assert one.count == 1


# --- saved, copied, pickled -----------------------------------------------------------


def network(seed=0):
    rng = np.random.default_rng(seed)
    layers = [Lin.init(3, 4, rng=rng), BatchNorm(4), MaskedLinear.init(4, 4, rng=rng)]
    return Network([*layers, ReLU(), Lin.init(4, 2, rng=rng)], CrossEntropy())


def trained(seed=0):
    net, rng = network(seed), np.random.default_rng(1)
    adam = Adam(net.parameters(), lr=0.05)
    for _ in range(5):
        adam.zero_grad()
        net(rng.standard_normal((8, 3)), rng.integers(0, 2, 8)).backward()
        adam.step()
    return net


X = np.random.default_rng(2).standard_normal((4, 3))


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_a_network_that_is_loaded_predicts_the_same_to_the_last_bit(ending, tmp_path):
    if ending == ".safetensors":
        pytest.importorskip("safetensors")
    net, other, path = trained(), network(seed=9), tmp_path / f"net{ending}"
    net.save(path)
    assert other.load(path) is other
    np.testing.assert_array_equal(other.predict(X), net.predict(X))
    assert (other.layers[1].mean == net.layers[1].mean).all()


def test_an_npz_file_is_numpys_own_with_the_names_of_the_network(tmp_path):
    net = trained()
    net.save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == sorted(
            [name for name, _ in net.named_parameters() + net.named_buffers()]
        )
        np.testing.assert_array_equal(arrays["layers.1.mean"], net.layers[1].mean)


def test_a_network_comes_back_in_another_process(tmp_path):
    net = trained()
    net.save(tmp_path / "net.npz")
    (tmp_path / "net.pickle").write_bytes(pickle.dumps(net))
    np.save(tmp_path / "x.npy", X)
    code = (
        "import pickle, numpy as np; from pathlib import Path;"
        "net = pickle.loads(Path('net.pickle').read_bytes()); x = np.load('x.npy');"
        "one = net.predict(x);"
        "[setattr(p, 'data', p.data * 0) for p in net.parameters()];"
        "two = net.load('net.npz').predict(x);"
        "assert (one == two).all(); np.save('y.npy', one)"
    )
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": str(root)}
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True
    )
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), net.predict(X))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda net: net.layers.pop(),
            r"Network\.load: .*net\.npz has, unexpectedly, 'layers\.4\.b' and 1 more",
        ),
        (
            lambda net: net.layers.append(Lin(np.ones((2, 2)), np.ones(2))),
            r"Network\.load: .*net\.npz lacks 'layers\.5\.b' and 1 more",
        ),
        (
            lambda net: setattr(net.layers[4].b, "data", np.ones(3)),
            r"'layers\.4\.b' has shape \(2,\), and must have \(3,\)",
        ),
        (
            lambda net: setattr(net.layers[0].b, "data", np.ones(4, np.float32)),
            r"'layers\.0\.b' is of float64, and must be of float32",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(change, words, tmp_path):
    trained().save(tmp_path / "net.npz")
    other = network(seed=9)
    change(other)
    before = [p.data for p in other.parameters()]
    with pytest.raises(ValueError, match=words):
        other.load(tmp_path / "net.npz")
    assert all(
        p.data is data for p, data in zip(other.parameters(), before, strict=True)
    )


def test_a_shared_parameter_is_saved_once(tmp_path):
    a = leaf()
    bag = Bag(one=Bag(w=a), two=Bag(w=a))
    bag.save(tmp_path / "bag.npz")
    with np.load(tmp_path / "bag.npz") as arrays:
        assert list(arrays) == ["one.w"]
    bag.load(tmp_path / "bag.npz")
    assert bag.one.w is bag.two.w


def test_a_frozen_parameter_is_saved_too(tmp_path):
    one, two = network(), network(seed=9)
    for net in (one, two):
        net.layers[0].w.requires_grad = False
    one.save(tmp_path / "net.npz")
    two.load(tmp_path / "net.npz")
    np.testing.assert_array_equal(one.predict(X), two.predict(X))
    assert "layers.0.w" not in dict(one.named_parameters())


@pytest.mark.parametrize(
    "table", [{1: leaf(), "1": leaf()}, {"a.b": leaf(), "a": {"b": leaf()}}]
)
def test_two_parameters_of_one_name_are_not_saved(table, tmp_path):
    with pytest.raises(
        ValueError, match=r"Bag: two arrays are called 'parts\..*'; give"
    ):
        Bag(parts=table).save(tmp_path / "bag.npz")
    assert not list(tmp_path.iterdir())

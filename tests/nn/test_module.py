"""Module: which Tensors are parameters, and which never are."""

import numpy as np
import pytest

from engine import Tensor
from nn import Exciter, ExciterNet, Lin, MaskedLinear, Model, Module, Mse, ReLU


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

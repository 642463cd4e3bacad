"""Why a gradient is None, 0 or NaN, or is not what is stored.

Every reason is held to a program that has that reason and no other.
"""

import re

import numpy as np
import pytest
from helpers.explanations import leaf, lesson, lines, reasons, told

from engine import Tensor, no_grad
from nn import ExciterNet, relu
from viz.lesson.explain import explain

# --- None -----------------------------------------------------------------------------


def test_what_is_on_no_path_is_said_to_be():
    x, y = leaf(2.0), leaf(3.0, "y")
    assert told(x * 2.0, y) == [
        "∂L/∂y is None: y is not on any path to the loss: it was not used, only its "
        "data was (t.data, t.item()), or the path was cut (detach(), no_grad())"
    ]
    for cut in (y.data, y.detach(), y.item()):
        assert "y is not on any path" in str(explain(x * cut, y))


def test_a_constant_is_said_to_be_one():
    x, c = leaf(2.0), Tensor(3.0, requires_grad=False, name="c")
    with no_grad():
        d = x * 2.0
    d.name = "d"
    for constant in (c, d):
        assert told(x * constant, constant) == [
            f"∂L/∂{constant.name} is None: {constant.name} is a constant: it was made "
            "with requires_grad=False, under no_grad(), by detach(), or of constants "
            "alone"
        ]


def test_a_loss_without_a_graph_is_said_to_have_none():
    x = leaf(2.0)
    with no_grad():
        loss = x * x
    words = "nothing was recorded: the loss was made under no_grad(), or of constants"
    assert lines(explain(loss, x)) == [f"∂L/∂x is None: {words} alone"]


@pytest.mark.parametrize("value", [2.0, [1.0, 2.0]])
def test_a_tensor_without_a_name_is_not_left_out_of_the_sentence(value):
    x = leaf(2.0)
    for other in (Tensor(value), Tensor(value, requires_grad=False)):
        first = str(explain(x * 2.0, other))
        start, _, rest = first.partition(" is None: ")
        symbol = start.removeprefix("∂L/∂")
        assert symbol.strip()
        assert not re.fullmatch(r"[\d.]+", symbol)  # by a number, one can't derive
        assert re.match(r"(the|this) Tensor is|v\d+ is", rest), first


# --- 0 --------------------------------------------------------------------------------


def test_a_dead_unit_is_named_wherever_it_lies_on_the_path():
    x = leaf(-1.0)
    dead = "the unit is dead, with inputs at or below 0"
    assert reasons(relu(x), x) == [f"L = relu(x) lets nothing through to x: {dead}"]
    assert reasons(relu(x * 3.0) * 2.0, x) == [
        f"v2 = relu(v1) lets nothing through to v1: {dead}"
    ]
    assert reasons(np.maximum(x, 0.0), x) == [
        f"L = maximum(x, 0.0) lets nothing through to x: {dead}"
    ]


def test_of_a_layer_the_share_of_dead_units_is_told():
    x = leaf(np.r_[1.0, -np.ones(7)])
    kept, why = "keeps a part back from", "with inputs at or below 0"
    assert reasons(relu(x * 2.0).sum(), x) == [
        "7 of 8 entries of ∂L/∂x are 0",
        f"v2 = relu(v1) {kept} v1: 88 % of its units are dead, {why}",
    ]
    batch = leaf([[1.0, -1.0], [-1.0, -1.0]])
    assert reasons(relu(batch).sum(), batch) == [
        "3 of 4 entries of ∂L/∂x are 0",
        f"v1 = relu(x) {kept} x: 50 % of its units are dead, {why}",
    ]
    all_dead = leaf(-np.ones(8))
    assert reasons(relu(all_dead).sum(), all_dead) == [
        f"v1 = relu(x) lets nothing through to x: 100 % of its units are dead, {why}"
    ]


@pytest.mark.parametrize("dead", [1, 999])
def test_a_share_of_units_is_never_rounded_to_none_or_to_all(dead):
    x = leaf(np.r_[-np.ones(dead), np.ones(1000 - dead)])
    (line,) = (line for line in reasons(relu(x).sum(), x) if "units are dead" in line)
    share = line.partition(": ")[2].partition(" of its")[0]
    assert share not in ("0 %", "100 %")


def test_where_some_inputs_alone_are_below_zero_that_is_told():
    x = leaf([[1.0, -1.0], [-1.0, 1.0]])
    assert reasons(relu(x).sum(), x) == [
        "2 of 4 entries of ∂L/∂x are 0",
        "v1 = relu(x) keeps a part back from x: nothing passes where its input is at "
        "or below 0",
    ]


def test_some_zeros_have_nothing_to_do_with_what_lies_further_on():
    w, away = leaf([1.0, 2.0], "w"), np.array([1.0, 0.0])
    h = relu((w * away)[:, None] * np.array([[1.0, -1.0], [1.0, 1.0]]) + 0.5)
    found = reasons(h.sum(), w)
    assert found[0] == "1 of 2 entries of ∂L/∂w are 0"
    assert not any("relu" in line or "cancel" in line for line in found)


def test_masked_weights_are_counted():
    rng = np.random.default_rng(0)
    net = ExciterNet.init(rng=rng)
    loss = net(rng.normal(size=(8, 5)), rng.normal(size=8))
    w = net.layers[2].w
    found = reasons(loss, w)
    assert found[0] == "6 of 9 entries of ∂L/∂wm are 0"
    assert re.fullmatch(
        r"v\d = masked_linear\(v\d, wm, bm, mask\) keeps a part back "
        "from wm: 6 of 9 weights are masked",
        found[1],
    )


def test_a_product_with_zero_is_the_reason():
    x, z = leaf(2.0), leaf(0.0, "z")
    assert reasons(x * z, x) == [
        "L = x × z lets nothing through to x: its local derivative, z, is 0 here"
    ]
    assert reasons(np.tanh(x * z), x) == [
        "v1 = x × z lets nothing through to x: its local derivative, z, is 0 here"
    ]
    w = leaf([1.0, 2.0], "w")
    assert reasons((w * 0.0).sum(), w) == [
        "v1 = w × 0.0 lets nothing through to w: its local derivative is 0 here"
    ]


def test_a_branch_that_was_not_taken_is_the_reason():
    x, y = leaf(2.0), leaf(5.0, "y")
    (found,) = reasons(np.where(True, y, x), x)
    assert found.endswith("lets nothing through to x: its local derivative is 0 here")


def test_a_maximum_of_two_tensors_is_not_a_unit_even_if_one_is_zero():
    z, u = leaf(0.0, "z"), leaf(1.0, "u")
    (found,) = reasons(np.maximum(z, u), z)
    assert found.startswith("L = maximum(z, u) lets nothing through to z: ")
    assert "dead" not in found


def test_terms_that_cancel_are_the_reason():
    x = leaf(2.0)
    y = np.tanh(x)
    words = ["the terms cancel: what comes back along one path, another takes away"]
    assert reasons(x - x, x) == words
    assert reasons(y - y, x) == words
    assert reasons(np.tanh(x) - np.tanh(x), x) == words
    w = leaf([1.0, 2.0], "w")
    assert reasons((w - w).sum(), w) == words


def test_terms_that_cancel_beside_a_zero_are_told_too():
    x = leaf(2.0)
    assert any("cancel" in line for line in reasons(x - x + x * 0.0, x))


def test_a_product_too_small_for_a_float_is_not_called_a_zero_derivative():
    x = leaf(1.0)
    assert not any("1e-200, is 0" in r for r in reasons(x * 1e-200 * 1e-200, x))


def test_of_many_reasons_three_are_told_and_the_rest_counted():
    x = leaf(2.0)
    found = reasons(sum(np.sin(x * 0.0) for _ in range(5)), x)
    assert len(found) == 4
    assert all("lets nothing through to x" in line for line in found[:3])
    assert found[3] == "and 2 more ops on the way do the same"


def test_a_gradient_without_zeros_needs_no_reason():
    L, named = lesson()
    named["a"].grad = None
    assert reasons(L, named["a"]) == []
    assert reasons(L, named["a"]) == [
        "a.grad, 12.0, is another: passes add up there until it is zeroed"
    ]


# --- NaN and ∞ ------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: np.log(x - 5.0) * x, "NaN began in the value of v2 = log(v1)"),
        (lambda x: np.log(x - 2.0) * x, "∞ began in the value of v2 = log(v1)"),
        (lambda x: Tensor(np.nan, name="n") * x, "NaN began in the value of n"),
        (lambda x: Tensor(np.inf, name="n") * x, "∞ began in the value of n"),
    ],
)
def test_the_value_in_which_it_began_is_named(make, words):
    x = leaf(2.0)
    assert words in reasons(make(x), x)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x * np.array(np.nan),
        lambda x: x * float("nan"),
        lambda x: (x * np.array([1.0, np.nan])).sum(),
        lambda x: x * Tensor(np.nan, requires_grad=False, name="n"),
        lambda x: x * Tensor(np.nan, requires_grad=False),
    ],
)
def test_a_constant_in_which_it_began_is_named_too(make):
    x = leaf(2.0)
    (found,) = reasons(make(x), x)
    assert "NaN began in" in found


def test_an_infinity_that_began_going_back_is_traced_to_its_step():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        loss = np.sqrt(x) * 2.0
    assert reasons(loss, x) == [
        "∞ began going backward, from v1 = sqrt(x) to x: the local derivative "
        "1 / (2 · v1) is not finite"
    ]


def test_each_gradient_has_its_own_origin():
    p, q = leaf(0.0, "p"), leaf(0.0, "q")
    loss = np.sqrt(p) + np.sqrt(q)
    for x in (p, q):
        (found,) = reasons(loss, x)
        assert f"sqrt({x.name}) to {x.name}:" in found


def test_a_mask_of_infinities_is_not_where_it_began():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        loss = np.exp(x - np.array([0.0, np.inf])).sum() + np.sqrt(x)
        (found,) = reasons(loss, x)
    assert "sqrt(x) to x" in found


def test_a_finite_gradient_beside_an_infinite_one_needs_no_reason():
    p, q = leaf(0.0, "p"), leaf(1.0, "q")
    assert reasons(np.sqrt(p) + np.sqrt(q), q) == []


def test_what_overflows_going_back_is_not_called_an_infinite_derivative():
    x = leaf(1e-200)
    (found,) = reasons(x * 1e200 * 1e200, x)
    assert found.startswith("∞ began going backward, from v1 = x × 1e200 to x")
    assert "1e200 is not finite" not in found


def test_a_sum_that_overflows_is_a_reason_too():
    x = leaf(0.0)
    assert any("∞" in r for r in reasons(x * 1.5e308 + x * 1.5e308, x))


def test_infinities_of_many_uses_warn_of_nothing():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        loss = sum(np.sqrt(x) for _ in range(10))
        other = np.sqrt(x) - np.sqrt(x)
    assert lines(explain(loss, x))[9].startswith("  … 2 more uses, together ")
    assert lines(explain(other, x))[3] == "  = NaN"


# --- not stored -----------------------------------------------------------------------


def test_backward_not_run_is_said_beside_the_gradient():
    x = leaf(2.0)
    loss = x * 3.0
    words = "x.grad is None: backward() has not run since it was made or zeroed"
    assert lines(explain(loss, x))[-1] == words
    assert lines(explain(loss, x))[2].startswith("  = 3.0")
    loss.backward()
    assert words not in lines(explain(loss, x))
    x.grad = None
    assert lines(explain(loss, x))[-1] == words


def test_data_that_was_changed_since_is_told_and_not_nudged():
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    loss = x * y
    loss.backward()
    y.data = y.data - 1.0
    assert lines(explain(loss, x)) == [
        "∂L/∂x = 1.0 · ∂(x × y)/∂x  x is used once",
        "  = (1.0) · (3.0)",
        "  = 3.0",
        "where L = x × y = 6.0",
        "changed since: the numbers are those of the recorded pass",
    ]


def test_hooks_are_told_and_do_not_run():
    x = leaf(2.0)
    loss = x * 3.0
    handle = x.register_hook(lambda g: 1 / 0)
    words = "hooks do not run here, and may change what backward() stores"
    assert words in lines(explain(loss, x))
    handle.remove()
    assert words not in lines(explain(loss, x))

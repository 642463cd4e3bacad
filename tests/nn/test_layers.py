"""Layers: what they remember, and one link of the chain at a time."""

import copy
import math
import pickle
import weakref

import numpy as np
import pytest
from helpers.layer_rows import LAYERS, MASK, linear, normal

from engine import Tensor, check_gradients, no_grad, scope, topological_order
from nn import Layer, Lin, MaskedLinear, Mse, ReLU

layers = pytest.mark.parametrize(("make", "shape"), LAYERS.values(), ids=LAYERS)


# --- what a layer remembers ---------------------------------------------------------


@layers
def test_a_layer_keeps_the_input_and_output_of_its_last_call(make, shape):
    layer = make()
    assert layer.inp is layer.out is None
    for seed in (1, 2):
        x = Tensor(normal(seed, *shape))
        y = layer(x)
        assert layer.inp is x
        assert layer.out is y


def test_mse_keeps_its_target_too():
    mse = Mse()
    assert mse.inp is mse.out is mse.targ is None
    x, y = Tensor(normal(0, 5, 1)), normal(1, 5)
    loss = mse(x, y)
    assert mse.inp is x
    assert mse.out is loss
    assert mse.targ is y


def test_a_call_that_fails_leaves_nothing_of_the_call_before():
    lin, mse = linear(), Mse()
    targ = normal(1, 5)
    lin(normal(0, 5, 4)), mse(Tensor(normal(0, 5)), targ)
    with pytest.raises(ValueError, match="lin:"):
        lin(normal(0, 5, 3))
    with pytest.raises(ValueError, match="mse:"):
        mse(Tensor(normal(0, 5)), normal(1, 4))
    assert lin.inp is lin.out is None
    assert mse.inp is mse.out is None
    assert mse.targ is not targ


@layers
@pytest.mark.usefixtures("no_collector")
def test_the_graph_of_the_call_before_is_freed_before_the_new_one_is_made(make, shape):
    layer = make()
    old, seen = None, []

    class Watching(type(layer)):
        def forward(self, *inputs):
            seen.append(old and old())
            return super().forward(*inputs)

    layer.__class__ = Watching
    for _ in range(3):
        old = weakref.ref(layer(Tensor(normal(0, *shape))))
    assert seen == [None] * 3


@layers
def test_what_a_layer_makes_belongs_to_it_by_name_and_repr(make, shape):
    layer = make()
    layer.name = "mine"
    label, outer = layer(Tensor(normal(0, *shape))).group
    while outer is not None:  # out of a layer inside
        label, outer = outer
    assert str(label) == f"mine: {layer!r}"
    layer.name = type(layer).__name__
    assert str(label) == repr(layer)
    name = layer.name
    del layer
    assert str(label) == name or str(label) == "mine"


class Block(Layer):
    """A layer of three ops."""

    name = "block"

    def __init__(self, w):
        self.w = w

    def forward(self, inp):
        return np.tanh(inp @ self.w + 1.0)


def test_all_that_a_layer_makes_in_one_call_is_one_group_in_the_scope_around_it():
    block, x = Block(Tensor(np.eye(3))), Tensor(np.ones((2, 3)))
    with scope("net"):
        first = block(x)
        second = block(first)
    ops = [node for node in topological_order([second]) if node.parents]
    groups = [node.group for node in ops]
    assert len(groups) == 6
    assert all(group is first.group for group in groups[:3])
    assert all(group is second.group for group in groups[3:])
    assert first.group is not second.group
    assert str(first.group[1][0]) == "net"
    assert first.group[1] is second.group[1]


def test_a_subclass_with_a_forward_of_its_own_is_grouped_as_what_it_is():
    class Shifted(Lin):
        def forward(self, inp):
            return super().forward(inp) + 1.0

    out = Shifted(Tensor(np.eye(3)), Tensor(np.zeros(3)))(Tensor(np.ones((2, 3))))
    assert out.parents[0].group is out.group
    assert Lin._one_rule
    assert not Shifted._one_rule


def test_a_layer_that_fails_leaves_its_group():
    with pytest.raises(ValueError):
        Block(Tensor(np.eye(3)))(Tensor(np.ones((2, 2))))
    assert np.tanh(Tensor(1.0)).group is None


def test_a_layer_copies_and_pickles_after_a_call():
    lin = linear(4, 1)
    lin(normal(0, 5, 4))
    for twin in (copy.deepcopy(lin), pickle.loads(pickle.dumps(lin))):
        out = twin(normal(0, 5, 4))
        twin.name = "twin"
        assert str(out.group[0]) == f"twin: {twin!r}"


@layers
def test_forward_remembers_nothing(make, shape):
    layer = make()
    x = Tensor(normal(0, *shape))
    y = layer(x)
    assert layer.forward(normal(1, *shape)).shape == y.shape
    assert layer.inp is x
    assert layer.out is y


def test_a_layer_of_its_own_kind_needs_a_forward():
    with pytest.raises(NotImplementedError, match="Layer has no forward"):
        Layer()(1.0)


def put(module, path, value):
    """Replace what stands at a path such as `layers.0.w`."""
    *way, last = path.split(".")
    for key in way:
        module = module[int(key)] if key.isdigit() else getattr(module, key)
    setattr(module, last, value)


# --- one link of the chain ----------------------------------------------------------


def seeded(layer, x):
    """The layer called on x, and a gradient laid on its output, as the next would."""
    out = layer(x)
    out.g = normal(9, *out.shape)
    return out


def test_lin_backward_gives_the_closed_forms():
    lin, inp = linear(), Tensor(normal(2, 5, 4))
    out = seeded(lin, inp)
    lin.backward()
    np.testing.assert_allclose(inp.g, out.g @ lin.w.data.T, rtol=1e-13)
    np.testing.assert_allclose(lin.w.g, inp.data.T @ out.g, rtol=1e-13)
    np.testing.assert_allclose(lin.b.g, out.g.sum(0), rtol=1e-13)


def test_masked_linear_backward_gives_the_closed_forms():
    layer, inp = LAYERS["MaskedLinear"][0](), Tensor(normal(2, 5, 4))
    out = seeded(layer, inp)
    layer.backward()
    np.testing.assert_allclose(inp.g, out.g @ (layer.w.data * MASK).T, rtol=1e-13)
    np.testing.assert_allclose(layer.w.g, (inp.data.T @ out.g) * MASK, rtol=1e-13)
    np.testing.assert_allclose(layer.b.g, out.g.sum(0), rtol=1e-13)
    assert (layer.w.g[MASK == 0] == 0).all()


def test_relu_backward_gives_the_closed_form_and_slope_0_at_0():
    relu, inp = ReLU(), Tensor(np.array([[-1.0, 0.0, 2.0], [3.0, -0.0, -4.0]]))
    out = seeded(relu, inp)
    relu.backward()
    np.testing.assert_array_equal(inp.g, (inp.data > 0) * out.g)
    assert inp.g[0, 1] == 0


def test_mse_backward_begins_the_chain_and_gives_the_closed_form():
    mse, inp, targ = Mse(), Tensor(normal(0, 7, 1)), normal(1, 7)
    loss = mse(inp, targ)
    mse.backward()
    assert loss.g == 1
    wanted = 2 * (inp.data.squeeze() - targ)[:, None] / 7
    np.testing.assert_allclose(mse.inp.g, wanted, rtol=1e-14)


def test_mse_of_equal_shapes_gives_the_gradient_of_the_mean_over_all_entries():
    mse, inp, targ = Mse(), Tensor(normal(0, 7, 2)), normal(1, 7, 2)
    mse(inp, targ)
    mse.backward()
    np.testing.assert_allclose(inp.g, 2 * (inp.data - targ) / 14, rtol=1e-14)


@layers
def test_a_link_agrees_with_central_differences(make, shape):
    def through(x, *parameters):
        layer = make()
        for (path, _), p in zip(layer.named_parameters(), parameters, strict=True):
            put(layer, path, p)
        return layer(x)

    parameters = [p.data for p in make().parameters()]
    check_gradients(through, normal(2, *shape), *parameters, order=2)


@layers
def test_a_second_backward_adds_to_leaves_and_sets_interior_tensors_anew(make, shape):
    layer, x = make(), Tensor(normal(2, *shape))
    leaves = [x, *layer.parameters()]
    out = seeded(layer, x)
    layer.backward()
    once = [t.g.copy() for t in leaves]
    layer.backward()
    for t, g in zip(leaves, once, strict=True):
        np.testing.assert_array_equal(t.g, 2 * g)
    np.testing.assert_array_equal(out.g, normal(9, *out.shape))

    h = x * 1.0
    seeded(layer, h)
    layer.backward()
    layer.backward()
    np.testing.assert_array_equal(h.g, once[0])


@layers
def test_a_link_stops_at_the_layers_input(make, shape):
    layer, x = make(), Tensor(normal(2, *shape))
    h = x * 3.0
    seeded(layer, h)
    layer.backward()
    assert h.g is not None
    assert x.g is None


@pytest.mark.parametrize("name", ["Lin", "MaskedLinear"])
def test_a_plain_input_gets_nothing_and_the_parameters_get_theirs(name):
    layer, other, x = LAYERS[name][0](), LAYERS[name][0](), normal(2, 5, 4)
    seeded(layer, x), seeded(other, Tensor(x))
    layer.backward(), other.backward()
    assert layer.inp is x
    for p, q in zip(layer.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(p.g, q.g)


def test_a_frozen_parameter_gets_no_gradient():
    lin = Lin(Tensor(normal(0, 4, 3), requires_grad=False), normal(1, 3))
    seeded(lin, Tensor(normal(2, 5, 4)))
    lin.backward()
    assert lin.w.g is None
    assert lin.inp.g is not None
    assert lin.b.g is not None


def test_a_link_runs_the_hooks_of_its_input_once():
    lin, relu, calls = linear(), ReLU(), []
    h = lin(Tensor(normal(0, 5, 4)))
    h.register_hook(lambda g: calls.append(g.copy()) or 10 * g)
    out = seeded(relu, h)
    relu.backward()
    np.testing.assert_array_equal(calls[0], (h.data > 0) * out.g)
    np.testing.assert_array_equal(h.g, 10 * calls[0])
    lin.backward()  # the gradient of h has met its hook
    np.testing.assert_allclose(lin.b.g, 10 * calls[0].sum(0), rtol=1e-13)
    assert len(calls) == 1


def test_layers_written_by_hand_have_a_backward_of_their_own():
    class Sandwich(Layer):
        name = "Sandwich"

        def __init__(self):
            self.scale = Tensor(normal(5, 4))

        def forward(self, inp):
            return np.exp(np.tanh(inp * self.scale))

    layer, x = Sandwich(), Tensor(normal(2, 5, 4))
    out = seeded(layer, x)
    layer.backward()
    by_link = x.g, layer.scale.g
    x.g = layer.scale.g = None
    layer(x).backward(out.g)
    np.testing.assert_array_equal(by_link[0], x.g)
    np.testing.assert_array_equal(by_link[1], layer.scale.g)


def test_a_leaf_owns_the_gradient_that_a_link_gives_it():
    class Shift(Layer):
        def __init__(self):
            self.by = Tensor(np.ones((5, 4)))

        def forward(self, inp):
            return inp + self.by

    layer, x = Shift(), Tensor(normal(2, 5, 4))
    out = seeded(layer, x)
    layer.backward()
    x.g *= 100
    np.testing.assert_array_equal(layer.by.g, normal(9, 5, 4))
    np.testing.assert_array_equal(out.g, normal(9, 5, 4))


@layers
def test_link_by_link_equals_the_whole_from_the_loss_on(make, shape):
    layer, mse, x = make(), Mse(), Tensor(normal(2, *shape))
    h = x * 1.0
    y = 0 * layer.forward(h).data
    mse(layer(h), y).backward()
    leaves = [h, *layer.parameters()]
    whole = [t.g for t in leaves]
    for t in (x, *leaves):
        t.g = None
    mse(layer(h), y)
    mse.backward()
    layer.backward()
    for t, g in zip(leaves, whole, strict=True):
        np.testing.assert_allclose(t.g, g, rtol=1e-12, atol=1e-14)


@layers
def test_float32_stays_float32_forward_and_backward(make, shape):
    layer, x = make(), Tensor(normal(2, *shape).astype(np.float32))
    for p in layer.parameters():
        p.data = p.data.astype(np.float32)
    out = layer(x)
    out.backward(np.ones(out.shape, np.float32))
    assert out.dtype == np.float32
    assert {t.g.dtype for t in (x, *layer.parameters())} == {np.dtype(np.float32)}


@layers
@pytest.mark.parametrize("n", [0, 1])
def test_a_batch_of_none_and_of_one_is_taken_or_refused_by_name(make, shape, n):
    layer, x = make(), Tensor(normal(2, n, *shape[1:]))
    who = type(layer).__name__
    few = layer.training and n * math.prod(shape[2:]) < 2  # numbers of each feature
    refused = {"Attention": len(shape) == 2 and n == 0, "BatchNorm": few}
    if refused.get(who):
        with pytest.raises(ValueError, match=f"^{who}: "):
            layer(x)
        return
    out = layer(x)
    out.backward(np.ones(out.shape))
    assert out.shape[0] == n
    assert x.g.shape == x.shape
    assert all(p.g.shape == p.shape for p in layer.parameters())


@layers
def test_a_copy_and_a_pickle_compute_the_same(make, shape):
    layer, x = make(), normal(2, *shape)
    out = layer(x)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert twin.inp is twin.out is None
        assert repr(twin) == repr(layer)
        np.testing.assert_array_equal(twin(x).data, getattr(out, "data", out))


# --- what going backward refuses ----------------------------------------------------


@pytest.mark.parametrize("make", [*(make for make, _ in LAYERS.values()), Mse])
def test_backward_before_any_call_is_refused(make):
    who = type(make()).__name__
    with pytest.raises(
        RuntimeError, match=f"{who}.backward: the layer was not called yet"
    ):
        make().backward()


@layers
def test_backward_before_the_gradient_of_the_output_is_there_is_refused(make, shape):
    layer = make()
    layer(Tensor(normal(0, *shape)))
    with pytest.raises(RuntimeError, match=r"out\.g is not there yet; run backward"):
        layer.backward()


@layers
def test_backward_of_a_call_under_no_grad_is_refused(make, shape):
    layer = make()
    with no_grad():
        layer(Tensor(normal(0, *shape)))
    with pytest.raises(RuntimeError, match="the last call recorded nothing"):
        layer.backward()


def test_mse_backward_of_plain_arrays_is_refused():
    mse = Mse()
    mse(normal(0, 5, 1), normal(1, 5))
    with pytest.raises(RuntimeError, match="the last call recorded nothing"):
        mse.backward()


def forked():
    """A layer's output that feeds a layer and a sum: no chain."""
    first, second, mse = linear(4, 4), linear(4, 4, seed=5), Mse()
    h = first(Tensor(normal(0, 5, 4)))
    loss = mse(second(h) + h, normal(1, 5, 4))
    return first, second, mse, h, loss


def test_a_layer_output_that_feeds_two_nodes_is_refused():
    *_, mse, h, _ = forked()
    with pytest.raises(
        ValueError, match=r"Mse\.backward: Tensor\(.*op='lin'.* feeds 2"
    ):
        mse.backward()
    assert h.g is None


def test_a_refusal_names_the_layer_and_the_cure():
    *_, mse, _, _ = forked()
    with pytest.raises(
        ValueError, match=r"the output of Lin, feeds 2 nodes; use loss\.backward\(\)"
    ):
        mse.backward()


def test_a_fork_that_loss_backward_has_added_up_is_never_overwritten():
    first, second, mse, h, loss = forked()
    loss.backward()
    wanted = h.g.copy()
    with pytest.raises(ValueError, match="feeds 2 nodes"):
        mse.backward(), second.backward(), first.backward()
    np.testing.assert_array_equal(h.g, wanted)


def test_an_interior_input_that_feeds_two_layers_is_refused():
    one, two, mse = linear(4, 4), linear(4, 4, seed=5), Mse()
    h = np.tanh(Tensor(normal(0, 5, 4)))
    mse(one(h), two(h))
    with pytest.raises(ValueError, match=r"use loss\.backward\(\)"):
        mse.backward(), one.backward(), two.backward()


class Cell(Layer):
    """Takes a state, too."""

    def forward(self, inp, state=None):
        out = np.tanh(inp if state is None else inp + state)
        return (out, out) if state is not None and state.shape == (2,) else out


def test_a_layer_that_took_more_than_one_input_has_no_link():
    cell, x = Cell(), Tensor(normal(0, 3))
    h = cell(cell(x), x)
    h.g = np.ones(3)
    with pytest.raises(
        ValueError, match=r"Cell\.backward: the last call took more than one input, and"
    ):
        cell.backward()
    out = cell(x)
    out.g = np.ones(3)
    cell.backward()
    np.testing.assert_allclose(x.g, 1 - np.tanh(x.data) ** 2)


def test_a_layer_that_gave_a_tuple_has_no_link():
    class Two(Layer):
        def forward(self, inp):
            return inp * 1.0, inp * 2.0

    two = Two()
    two(Tensor(1.0))
    with pytest.raises(ValueError, match=r"Two\.backward: the last call gave a tuple"):
        two.backward()


# --- what a layer is made of --------------------------------------------------------

LIN_REFUSED = {
    "w is a vector": (
        lambda: Lin(np.ones(3), np.ones(1)),
        ValueError,
        r"Lin: w has shape \(3,\), and must have \(d, k\)",
    ),
    "w is a stack": (
        lambda: Lin(np.ones((2, 3, 4)), np.ones(4)),
        ValueError,
        r"Lin: w has shape \(2, 3, 4\), and must have \(d, k\)",
    ),
    "b is too long": (
        lambda: Lin(np.ones((3, 2)), np.ones(3)),
        ValueError,
        r"Lin: b has shape \(3,\), and must have \(2,\) to go with w \(3, 2\)",
    ),
    "b is a row": (
        lambda: Lin(np.ones((3, 2)), np.ones((1, 2))),
        ValueError,
        r"Lin: b has shape \(1, 2\), and must have \(2,\)",
    ),
    "sizes came for arrays": (
        lambda: Lin(3, 4),
        ValueError,
        r"^Lin: w is 3, .* shape \(d, k\); Lin\.init\(d, k, rng=np\.random",
    ),
    "sizes came for arrays, and a mask": (
        lambda: MaskedLinear(3, 3, mask=np.eye(3)),
        ValueError,
        r"^MaskedLinear: w is 3, .* MaskedLinear\.init\(d, k, rng=",
    ),
    "w holds integers": (
        lambda: Lin(np.ones((3, 2), int), np.ones(2)),
        TypeError,
        r"array of int64 wants a gradient.*astype\(float\)",
    ),
    "mask is too small": (
        lambda: MaskedLinear(np.ones((3, 2)), np.ones(2), mask=np.ones((2, 2))),
        ValueError,
        r"MaskedLinear: mask has shape \(2, 2\), and must have w's, \(3, 2\)",
    ),
    "mask would broadcast": (
        lambda: MaskedLinear(np.ones((3, 2)), np.ones(2), mask=np.ones(2)),
        ValueError,
        r"MaskedLinear: mask has shape \(2,\), and must have w's, \(3, 2\)",
    ),
    "mask holds a half": (
        lambda: MaskedLinear(np.ones((1, 2)), np.ones(2), mask=[[0.5, 1]]),
        ValueError,
        r"MaskedLinear: mask holds 0\.5, and must hold zeros and ones",
    ),
    "mask holds NaN": (
        lambda: MaskedLinear(np.ones((1, 2)), np.ones(2), mask=[[np.nan, 1]]),
        ValueError,
        r"MaskedLinear: mask holds nan, and must hold zeros and ones",
    ),
    "one to one of unequal sizes": (
        lambda: MaskedLinear.init(3, 2, rng=np.random.default_rng(0)),
        ValueError,
        r"MaskedLinear: one to one needs 3 == 2; give a mask",
    ),
    "no generator": (
        lambda: Lin.init(3, 2, rng=0),
        TypeError,
        r"init: rng is 0; pass np\.random\.default_rng\(seed\)",
    ),
}


@pytest.mark.parametrize(
    ("call", "error", "words"), LIN_REFUSED.values(), ids=LIN_REFUSED
)
def test_weights_biases_and_masks_that_do_not_fit_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("name", ["Lin", "MaskedLinear"])
@pytest.mark.parametrize("shape", [(4,), ()])
def test_an_input_that_is_not_a_batch_is_refused(name, shape):
    with pytest.raises(ValueError, match="must be a batch of shape"):
        LAYERS[name][0]()(Tensor(np.ones(shape)))


def test_a_tensor_given_as_weight_is_the_parameter_itself():
    w, b = Tensor(np.ones((3, 2))), Tensor(np.ones(2))
    lin = Lin(w, b)
    assert lin.w is w
    assert lin.b is b


def test_the_mask_is_a_copy_that_cannot_be_written_to():
    mask = np.eye(3)
    layer = MaskedLinear(np.ones((3, 3)), np.zeros(3), mask=mask)
    mask[0, 1] = 1
    np.testing.assert_array_equal(layer.mask, np.eye(3))
    with pytest.raises(ValueError, match="read-only"):
        layer.mask[0, 1] = 1


@pytest.mark.parametrize("mask", [np.eye(2, dtype=bool), [[1, 0], [0, 1]]])
def test_a_mask_may_be_boolean_or_a_list(mask):
    layer = MaskedLinear(np.full((2, 2), 3.0), np.zeros(2), mask=mask)
    np.testing.assert_array_equal(layer(np.ones((1, 2))).data, [[3, 3]])


@pytest.mark.parametrize("name", ["Lin", "MaskedLinear"])
def test_a_float32_layer_computes_in_float32(name):
    layer = LAYERS[name][0]()
    parameters = [p.data.astype(np.float32) for p in layer.parameters()]
    mask = {"mask": MASK} if name == "MaskedLinear" else {}
    out = type(layer)(*parameters, **mask)(np.ones((5, 4), np.float32))
    assert out.dtype == np.float32


def test_init_draws_weights_of_variance_2_over_d_and_zero_biases():
    lin = Lin.init(400, 300, rng=np.random.default_rng(0))
    assert lin.w.shape == (400, 300)
    assert abs(lin.w.data.var() * 400 / 2 - 1) < 0.02
    assert abs(lin.w.data.mean()) < 1e-3
    assert not lin.b.data.any()
    assert lin.b.shape == (300,)


def test_init_gives_the_name_on():
    rng = np.random.default_rng(0)
    for kind in (Lin, MaskedLinear):
        assert kind.init(2, 2, rng=rng, name="first").name == "first"


def test_masked_init_counts_only_the_inputs_that_the_mask_lets_through():
    rng = np.random.default_rng(0)
    mask = rng.permuted(np.arange(400)[:, None] < np.full(300, 50), axis=0)
    layer = MaskedLinear.init(400, 300, rng=rng, mask=mask)
    assert abs(layer.w.data[mask].var() * 50 / 2 - 1) < 0.05
    assert not layer.w.data[~mask].any()
    one = MaskedLinear.init(300, 300, rng=rng)
    np.testing.assert_array_equal(one.mask, np.eye(300))
    assert abs(np.diag(one.w.data).var() / 2 - 1) < 0.3


def test_init_of_an_input_that_nothing_reaches_divides_by_no_zero():
    layer = MaskedLinear.init(2, 2, rng=np.random.default_rng(0), mask=np.zeros((2, 2)))
    assert not layer.w.data.any()


@pytest.mark.parametrize("layer", [Lin, MaskedLinear])
def test_the_same_seed_draws_the_same_weights(layer):
    one, two, other = (
        layer.init(3, 3, rng=np.random.default_rng(s)) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.w.data, two.w.data)
    assert (one.w.data != other.w.data).any()


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (linear(), "Lin(4 -> 3)"),
        (LAYERS["MaskedLinear"][0](), "MaskedLinear(4 -> 3)"),
        (ReLU(), "ReLU()"),
        (Mse(), "Mse()"),
    ],
)
def test_a_layer_reads_as_what_it_is(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"w": (5, 8), "b": (8,)}, "Own(5 -> 8)"),
        ({"w": (8, 5), "b": (8,)}, "Own(5 -> 8)"),  # w @ inp + b
        ({"w": (5, 8)}, "Own(5 -> 8)"),
        ({"factors": (4,)}, "Own(4)"),
        ({"slope": ()}, "Own(1)"),
        ({"filters": (3, 3, 2), "b": (2,)}, "Own((3, 3, 2), 2)"),
        (dict.fromkeys("qkvo", (8, 8)), "Own((8, 8), (8, 8), … 2 more)"),
        ({}, "Own()"),
    ],
)
def test_a_layer_without_a_repr_reads_as_its_class_and_sizes(parts, text):
    class Own(Layer):
        def forward(self, inp):
            return inp * 2.0

    layer = Own()
    vars(layer).update({name: Tensor(np.ones(s)) for name, s in parts.items()})
    assert repr(layer) == text
    label, _ = layer(Tensor(1.0)).group
    assert str(label) == text
    layer.name = "mine"
    assert str(label) == f"mine: {text}"
    del layer
    assert str(label) == "Own"


# --- what a call leaves alone -------------------------------------------------------


class Same(Layer):
    """A layer that does nothing to its input."""

    def forward(self, inp):
        return inp


def test_a_layer_that_gives_its_input_back_adds_nothing_link_by_link():
    lin, same, mse = linear(4, 1), Same(), Mse()
    x, y = Tensor(normal(0, 5, 4)), normal(1, 5)
    loss = mse(same(lin(x)), y)
    loss.backward()
    whole = lin.w.g
    assert str(lin.out.group[0]) == repr(lin)
    lin.zero_grad()
    mse(same(lin(x)), y)
    for layer in (mse, same, lin):
        layer.backward()
    np.testing.assert_array_equal(lin.w.g, whole)


def test_an_output_gradient_set_by_hand_must_have_the_shape_of_the_output():
    relu = ReLU()
    relu(Tensor(normal(0, 3, 2)))
    relu.out.g = np.ones((7, 3, 2))
    with pytest.raises(ValueError, match=r"gradient has shape \(7, 3, 2\), and must"):
        relu.backward()
    relu.out.g = np.ones((3, 2))
    relu.backward()
    np.testing.assert_array_equal(relu.inp.g, relu.inp.data > 0)


def test_a_layer_copies_and_pickles_without_its_last_call():
    lin = linear(4, 3)
    lin(Tensor(normal(0, 5, 4)))
    for twin in (copy.deepcopy(lin), pickle.loads(pickle.dumps(lin))):
        assert twin.inp is twin.out is None
        assert lin.out is not None
        np.testing.assert_array_equal(twin.w.data, lin.w.data)
        assert repr(twin) == repr(lin)


def test_a_mask_widens_no_weights():
    layer = MaskedLinear(np.ones((3, 3)), np.zeros(3), mask=np.eye(3))
    for p in layer.parameters():
        p.data = p.data.astype(np.float32)
    assert layer(np.ones((2, 3), dtype=np.float32)).dtype == np.float32


def test_a_mask_of_the_wrong_shape_is_named_before_anything_is_drawn():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"mask has shape \(2, 3\), and must .*\(3, 2"):
        MaskedLinear.init(3, 2, rng=rng, mask=np.ones((2, 3)))


def test_a_batch_of_one_is_not_a_loss():
    lin = linear(4, 1)
    lin(Tensor(normal(0, 1, 4)))
    with pytest.raises(RuntimeError, match="out.g is not there yet"):
        lin.backward()


def test_masks_that_are_no_plain_array_are_refused():
    w, b = np.ones((3, 3)), np.zeros(3)
    with pytest.raises(TypeError, match="MaskedLinear: mask is a Tensor, and must be"):
        MaskedLinear(w, b, mask=Tensor(np.eye(3)))
    with pytest.raises(TypeError, match="MaskedLinear: mask is a NoneType"):
        MaskedLinear(w, b, mask=None)
    layer = MaskedLinear(w, b, mask=[[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    np.testing.assert_array_equal(layer.mask, np.eye(3))


def test_a_fork_inside_a_layer_is_added_up_by_its_link():
    class Swish(Layer):
        def forward(self, inp):
            inner = np.tanh(inp * 1.0)
            return inner * inner + inner

    lin, swish, mse = linear(4, 1), Swish(), Mse()
    x, y = Tensor(normal(0, 5, 4)), normal(1, 5)
    mse(swish(lin(x)), y).backward()
    whole = lin.w.g
    lin.zero_grad()
    mse(swish(lin(x)), y)
    for layer in (mse, swish, lin):
        layer.backward()
    np.testing.assert_allclose(lin.w.g, whole)


def test_a_mask_of_ragged_rows_is_refused_by_name():
    with pytest.raises(ValueError, match="MaskedLinear: mask is not an array: "):
        MaskedLinear(np.ones((2, 2)), np.ones(2), mask=[[1], [1, 0]])


@pytest.mark.parametrize("layer", [Lin, MaskedLinear])
def test_a_size_that_is_none_is_refused_by_name(layer):
    rng = np.random.default_rng(0)
    for d, k in (("a", 3), (3, 1.5)):
        with pytest.raises(TypeError, match=r"^\w+: (d|k) is .*, and must be an int"):
            layer.init(d, k, rng=rng)
    with pytest.raises(ValueError, match=r"^\w+: d is -1, and a size is not negative"):
        layer.init(-1, -1, rng=rng)


def test_a_linear_layer_may_have_no_biases_and_a_masked_one_must():
    rng = np.random.default_rng(0)
    lin = Lin.init(3, 2, rng=rng, bias=False)
    assert [name for name, _ in lin.named_parameters()] == ["w"]
    assert repr(lin) == "Lin(3 -> 2)"
    x = normal(0, 5, 3)
    np.testing.assert_array_equal(lin(x).data, x @ lin.w.data)
    with pytest.raises(TypeError, match="MaskedLinear: b is None, and must be"):
        MaskedLinear(np.ones((2, 2)), None, mask=np.eye(2))


def test_a_link_goes_through_what_is_older_than_its_input_as_well():
    w = Tensor(normal(0, 4, 4))
    tied = w.T

    class Tied(Layer):
        def forward(self, inp):
            return inp @ tied

    layer = Tied()
    out = layer(Tensor(normal(1, 2, 4)))
    out.g = np.ones((2, 4))
    layer.backward()
    np.testing.assert_allclose(w.g, np.ones((4, 2)) @ layer.inp.data)

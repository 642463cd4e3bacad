"""The two networks: forward, both ways of going backward, and what they forget."""

import weakref
from itertools import pairwise

import numpy as np
import pytest

from engine import Tensor, check_gradients
from nn import (
    SGD,
    Exciter,
    ExciterNet,
    Layer,
    Lin,
    MaskedLinear,
    Model,
    Mse,
    Network,
    ReLU,
)
from viz import draw


def normal(rng, dtype, *shape):
    return rng.standard_normal(shape).astype(dtype)


def model(dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (5, 7), (7,), (7, 1), (1,)
    return Model(*(normal(rng, dtype, *shape) for shape in shapes))


def exciter_net(dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return ExciterNet(
        Lin(normal(rng, dtype, 5, 3), normal(rng, dtype, 3), name="Lin 1"),
        Exciter(low=-1.5, high=1.5),
        MaskedLinear(normal(rng, dtype, 3, 3), normal(rng, dtype, 3), mask=np.eye(3)),
        Lin(normal(rng, dtype, 3, 1), normal(rng, dtype, 1), name="Lin 2"),
    )


NETWORKS = {"Model": model, "ExciterNet": exciter_net}
networks = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
inputs = pytest.mark.parametrize("wrap", [Tensor, np.asarray], ids=["Tensor", "array"])


def batch(dtype=np.float64, n=8, seed=1):
    rng = np.random.default_rng(seed)
    return normal(rng, dtype, n, 5), normal(rng, dtype, n)


def leaf_gradients(net, x):
    leaves = [x, *net.parameters()]
    return [t.g.copy() for t in leaves if isinstance(t, Tensor)]


def interior_gradients(net):
    links = [*net.layers, net.loss]
    ends = [t for layer in links for t in (layer.inp, layer.out)]
    return [t.g.copy() for t in ends if isinstance(t, Tensor) and t.parents]


def assert_equal(some, others, times=1):
    assert len(some) == len(others) > 0
    for g, h in zip(some, others, strict=True):
        np.testing.assert_array_equal(g, times * h)


# --- forward ------------------------------------------------------------------------


def test_a_model_is_lin_relu_lin_and_mse():
    net = model()
    assert [type(layer) for layer in net.layers] == [Lin, ReLU, Lin]
    assert type(net.loss) is Mse
    assert [layer.name for layer in net.layers] == ["Lin 1", "ReLU", "Lin 2"]


def test_the_exciter_network_is_lin_exciter_masked_relu_lin_and_mse():
    net = ExciterNet.init(rng=np.random.default_rng(0))
    assert [type(a) for a in net.layers] == [Lin, Exciter, MaskedLinear, ReLU, Lin]
    assert [net.layers[i].w.shape for i in (0, 2, 4)] == [(5, 3), (3, 3), (3, 1)]
    np.testing.assert_array_equal(net.layers[2].mask, np.eye(3))
    assert type(net.loss) is Mse
    assert net.exciter is net.layers[1]
    assert (net.exciter.low, net.exciter.high) == (-10.0, 10.0)


def model_by_hand(x, w1, b1, w2, b2):
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


def exciter_net_by_hand(x, w1, b1, wm, bm, w2, b2):
    excited = np.clip(x @ w1 + b1, -1.5, 1.5)
    return np.maximum(excited * np.diag(wm) + bm, 0) @ w2 + b2


@pytest.mark.parametrize(
    ("make", "by_hand"), [(model, model_by_hand), (exciter_net, exciter_net_by_hand)]
)
def test_the_prediction_and_the_loss_are_those_written_by_hand(make, by_hand):
    net, (x, y) = make(), batch()
    yhat = by_hand(x, *(p.data for p in net.parameters()))
    np.testing.assert_allclose(net.get_test_yhat(x), yhat, rtol=1e-13, atol=1e-14)
    loss = net(x, y)
    np.testing.assert_allclose(loss.item(), np.mean((yhat[:, 0] - y) ** 2), rtol=1e-13)


def test_every_link_remembers_what_went_through_it():
    net, (x, y) = exciter_net(), batch()
    loss = net(x, y)
    links = [*net.layers, net.loss]
    assert net.layers[0].inp is x
    for link, following in pairwise(links):
        assert link.out is following.inp
    assert net.loss.out is loss
    assert net.loss.targ is y


# --- both ways of going backward ----------------------------------------------------


@networks
@dtypes
@inputs
def test_both_ways_of_going_backward_give_the_same_gradients(make, dtype, wrap):
    x, y = batch(dtype)
    whole, links, x1, x2 = make(dtype), make(dtype), wrap(x), wrap(x)
    loss, loss2 = whole(x1, y), links(x2, y)
    for times in (1, 2, 3):
        loss.backward()
        links.backward()
        assert_equal(leaf_gradients(links, x2), leaf_gradients(whole, x1))
        assert_equal(interior_gradients(links), interior_gradients(whole))
        if times == 1:
            leaves, interior = leaf_gradients(whole, x1), interior_gradients(whole)
        np.testing.assert_allclose(
            np.concatenate([g.ravel() for g in leaf_gradients(links, x2)]),
            times * np.concatenate([g.ravel() for g in leaves]),
            rtol=4 * np.finfo(dtype).eps,
        )
        assert_equal(interior_gradients(links), interior)
    assert {g.dtype for g in leaf_gradients(links, x2)} == {np.dtype(dtype)}
    assert {g.dtype for g in interior_gradients(links)} == {np.dtype(dtype)}
    assert loss.dtype == loss2.dtype == dtype


@networks
@inputs
def test_the_two_ways_may_follow_each_other_on_one_graph(make, wrap):
    x, y = batch()
    net, x = make(), wrap(x)
    loss = net(x, y)
    loss.backward()
    once, interior = leaf_gradients(net, x), interior_gradients(net)
    net.backward()
    assert_equal(leaf_gradients(net, x), once, times=2)
    assert_equal(interior_gradients(net), interior)
    net.zero_grad()
    if isinstance(x, Tensor):
        x.g = None
    net.backward()
    loss.backward()
    assert_equal(leaf_gradients(net, x), once, times=2)


@networks
def test_going_backward_by_hand_is_the_loop_over_the_layers(make):
    x, y = batch()
    one, two = make(), make()
    one(x, y), two(x, y)
    one.backward()
    two.loss.backward()
    for layer in reversed(two.layers):
        layer.backward()
    assert_equal(leaf_gradients(one, x), leaf_gradients(two, x))
    assert_equal(interior_gradients(one), interior_gradients(two))


@networks
def test_a_link_stores_only_what_is_its_own(make):
    net, (x, y) = make(), batch()
    net(x, y)
    net.loss.backward()
    last = net.layers[-1]
    assert last.out.g is not None
    assert last.inp.g is last.w.g is last.b.g is None
    last.backward()
    assert last.inp.g is not None
    assert last.w.g is not None
    assert all(p.g is None for p in net.layers[0].parameters())


def test_the_model_meets_the_closed_forms():
    net, (x, y) = model(), batch()
    x = Tensor(x)
    net(x, y)
    net.backward()
    first, relu, second = net.layers
    inp = net.loss.inp
    np.testing.assert_allclose(
        inp.g, 2 * (inp.data.squeeze() - y)[:, None] / len(y), rtol=1e-14
    )
    np.testing.assert_array_equal(relu.inp.g, (relu.inp.data > 0) * relu.out.g)
    for lin in (first, second):
        np.testing.assert_allclose(lin.inp.g, lin.out.g @ lin.w.data.T, rtol=1e-13)
        np.testing.assert_allclose(lin.w.g, lin.inp.data.T @ lin.out.g, rtol=1e-13)
        np.testing.assert_allclose(lin.b.g, lin.out.g.sum(0), rtol=1e-13)


@networks
def test_the_loss_agrees_with_central_differences(make):
    x, y = batch(n=3)

    def loss(x, *parameters):
        net = make()
        linear = [layer for layer in net.layers if isinstance(layer, Lin)]
        for i, layer in enumerate(linear):
            layer.w, layer.b = parameters[2 * i : 2 * i + 2]
        return net(x, y)

    check_gradients(loss, x, *(p.data for p in make().parameters()), order=2)


@networks
def test_the_target_may_want_a_gradient_too(make):
    x, y = batch()
    net, targ = make(), Tensor(y)
    net(x, targ).backward()
    np.testing.assert_allclose(targ.g, -net.loss.inp.g[:, 0], rtol=1e-14)


@networks
@pytest.mark.parametrize("n", [1, 2, 33])
def test_a_batch_is_the_mean_of_its_examples(make, n):
    x, y = batch(n=n)
    net = make()
    net(x, y).backward()
    together = leaf_gradients(net, x)
    net.zero_grad()
    for i in range(n):
        net(x[i : i + 1], y[i : i + 1]).backward()
    for g, h in zip(together, leaf_gradients(net, x), strict=True):
        np.testing.assert_allclose(g, h / n, rtol=1e-11, atol=1e-12)


def test_a_model_with_several_outputs_takes_targets_of_their_shape():
    net = Model.init(5, 4, 3, rng=np.random.default_rng(0))
    x, _ = batch()
    y = np.random.default_rng(2).standard_normal((8, 3))
    loss = net(x, y)
    net.backward()
    np.testing.assert_allclose(
        net.loss.inp.g, 2 * (net.get_test_yhat(x) - y) / 24, rtol=1e-13
    )
    assert loss.shape == ()


def test_a_parameter_that_two_layers_share_gets_both_gradients():
    rng = np.random.default_rng(0)
    w, b, c = (Tensor(rng.standard_normal(s)) for s in ((5, 5), 5, 5))
    x = rng.standard_normal((8, 5))
    y = rng.standard_normal((8, 5))
    net = Network([Lin(w, b), ReLU(), Lin(w, c)])
    loss = net(x, y)
    loss.backward()
    whole = [p.g for p in (w, b, c)]
    net.zero_grad()
    net.backward()
    for p, g in zip((w, b, c), whole, strict=True):
        np.testing.assert_allclose(p.g, g, rtol=1e-13)


@inputs
def test_a_chain_may_begin_with_a_layer_without_parameters(wrap):
    rng = np.random.default_rng(0)
    x, y = batch()
    net = Network([ReLU(), Exciter(), Lin.init(5, 1, rng=rng)])
    x = wrap(x)
    net(x, y).backward()
    whole = leaf_gradients(net, x)
    net.zero_grad()
    if isinstance(x, Tensor):
        x.g = None
    net(x, y)
    net.backward()
    assert_equal(leaf_gradients(net, x), whole)


def test_a_chain_may_begin_with_a_frozen_layer():
    rng = np.random.default_rng(0)
    x, y = batch()
    w, b = (Tensor(rng.standard_normal(s), requires_grad=False) for s in ((5, 3), 3))
    net = Network([Lin(w, b), ReLU(), Lin.init(3, 1, rng=rng)])
    net(x, y).backward()
    whole = leaf_gradients(net, x)
    net.zero_grad()
    net(x, y)
    net.backward()
    assert_equal(leaf_gradients(net, x), whole)
    assert w.g is None


def test_a_layer_that_stands_in_the_chain_twice_is_refused_link_by_link():
    rng = np.random.default_rng(0)
    tied = Lin(rng.standard_normal((5, 5)), rng.standard_normal(5))
    net = Network([tied, ReLU(), tied, Lin.init(5, 1, rng=rng)])
    net(*batch())
    with pytest.raises((RuntimeError, ValueError), match="Lin"):
        net.backward()


# --- what is refused ----------------------------------------------------------------


@networks
def test_going_backward_before_a_call_is_refused(make):
    with pytest.raises(RuntimeError, match=r"Mse\.backward: the layer was not called"):
        make().backward()


@networks
def test_an_output_of_several_columns_against_a_vector_is_refused(make):
    net = make()
    net.layers[-1] = Lin(np.ones((net.layers[-1].w.shape[0], 2)), np.ones(2))
    with pytest.raises(ValueError, match=r"mse: output \(8, 2\) against target \(8,\)"):
        net(*batch())


@networks
def test_one_example_must_be_a_batch_of_one(make):
    x, y = batch()
    with pytest.raises(ValueError, match=r"for one example use x\[None, :\]"):
        make()(x[0], y[:1])


@networks
def test_a_call_that_fails_leaves_no_old_graph_behind(make):
    net, (x, y) = make(), batch()
    net(x, y)
    with pytest.raises(ValueError, match="mse"):
        net(x, y[:-1])
    assert net.loss.out is None
    with pytest.raises((RuntimeError, ValueError), match="Mse"):
        net.backward()
    assert all(p.g is None for p in net.parameters())


# --- asking without recording -------------------------------------------------------


@networks
@inputs
def test_a_test_prediction_is_an_array_and_no_layer_takes_note(make, wrap):
    net, (x, y) = make(), batch()
    net(x, y)
    links = [*net.layers, net.loss]
    before = [(layer.inp, layer.out) for layer in links]
    yhat = net.get_test_yhat(wrap(x[:3]))
    assert type(yhat) is np.ndarray
    assert yhat.shape == (3, 1)
    for layer, (inp, out) in zip(links, before, strict=True):
        assert layer.inp is inp
        assert layer.out is out
    np.testing.assert_array_equal(net.get_test_yhat(x), net.layers[-1].out.data)
    net.backward()


@networks
def test_a_test_prediction_is_made_with_recording_off_and_switches_it_on_again(make):
    recorded = []

    class Asking(Layer):
        def forward(self, inp):
            recorded.append((Tensor(1.0) * 2).requires_grad)
            return inp

    net = make()
    net.layers.append(Asking())
    net.get_test_yhat(batch()[0])
    net.layers[-1].forward(None)
    assert recorded == [False, True]


@networks
def test_a_test_prediction_needs_no_call_before(make):
    assert make().get_test_yhat(batch()[0]).shape == (8, 1)


# --- forgotten graphs ---------------------------------------------------------------


def nodes_of(net):
    return [weakref.ref(layer.out) for layer in (*net.layers, net.loss)]


@networks
@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("way", ["none", "whole", "links"])
def test_a_new_call_frees_the_old_graph_once_the_loss_is_dropped(make, way):
    net, (x, y) = make(), batch()
    loss = net(x, y)
    if way == "whole":
        loss.backward()
    elif way == "links":
        net.backward()
    old = nodes_of(net)
    assert all(ref() is not None for ref in old)
    del loss
    assert all(ref() is not None for ref in old)  # the layers show the last call
    net(x, y)
    assert [ref() for ref in old] == [None] * len(old)


@networks
@pytest.mark.usefixtures("no_collector")
def test_two_graphs_are_never_alive_at_once(make):
    net, (x, y) = make(), batch()
    old, alive = [], []

    class First(Layer):
        name = "First"

        def forward(self, inp):
            alive.append(sum(ref() is not None for ref in old))
            return inp * 1.0

    net.layers.insert(0, First())
    for _ in range(3):
        net(Tensor(x), y).backward()
        old = nodes_of(net)
    assert alive == [0, 0, 0]


@networks
def test_a_loss_that_is_kept_keeps_its_graph(make):
    net, x = make(), Tensor(batch()[0])
    loss = net(x, batch()[1])
    loss.backward()
    once = x.g
    net(batch(seed=5)[0], batch()[1])
    loss.backward()
    np.testing.assert_array_equal(x.g, 2 * once)


# --- masked weights and training ----------------------------------------------------


@pytest.mark.parametrize("links", [False, True])
def test_masked_weights_get_exactly_zero_gradient_and_never_move(links):
    net, (x, y) = exciter_net(seed=3), batch(n=32)
    masked = net.layers[2]
    off = masked.mask == 0
    start = masked.w.data
    assert start[off].all()
    sgd = SGD(net.parameters(), lr=0.05)
    for _ in range(50):
        sgd.zero_grad()
        loss = net(x, y)
        net.backward() if links else loss.backward()
        assert (masked.w.g[off] == 0).all()
        sgd.step()
    np.testing.assert_array_equal(masked.w.data[off], start[off])
    assert (masked.w.data[~off] != start[~off]).all()


@networks
def test_both_ways_train_to_the_same_last_bit(make):
    x, y = batch(n=32)
    whole, links = make(), make()
    for net in (whole, links):
        sgd = SGD(net.parameters(), lr=0.02)
        for _ in range(20):
            sgd.zero_grad()
            loss = net(x, y)
            net.backward() if net is links else loss.backward()
            sgd.step()
    for p, q in zip(whole.parameters(), links.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


@pytest.mark.parametrize(
    "init",
    [
        lambda rng: Model.init(5, 4, 1, rng=rng),
        lambda rng: ExciterNet.init(5, 4, 1, rng=rng),
    ],
    ids=["Model", "ExciterNet"],
)
def test_the_same_seed_draws_the_same_network(init):
    one, two, other = (init(np.random.default_rng(seed)) for seed in (3, 3, 4))
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    assert (one.layers[0].w.data != other.layers[0].w.data).any()


def test_init_names_the_parameters_for_the_picture():
    rng = np.random.default_rng(0)
    names = [p.name for p in Model.init(5, 4, 1, rng=rng).parameters()]
    assert names == ["w1", "b1", "w2", "b2"]
    names = [p.name for p in ExciterNet.init(rng=rng).parameters()]
    assert names == ["w1", "b1", "wm", "bm", "w2", "b2"]


def test_a_picture_calls_the_parameters_by_their_place_in_the_network():
    rng, (x, y) = np.random.default_rng(0), batch()
    net = Network([Lin.init(5, 3, rng=rng), ReLU(), Lin.init(3, 1, rng=rng)])
    source = draw(net(x, y)).source
    for name in ("layers.0.w", "layers.0.b", "layers.2.w", "layers.2.b"):
        assert name in source


def test_a_network_reads_as_what_it_is():
    assert repr(model()) == "Model(Lin(5 -> 7), ReLU(), Lin(7 -> 1))"
    assert repr(exciter_net()) == (
        "ExciterNet(Lin(5 -> 3), Exciter(low=-1.5, high=1.5), MaskedLinear(3 -> 3), "
        "ReLU(), Lin(3 -> 1))"
    )


def test_a_network_may_be_given_a_loss():
    class Half(Mse):
        def forward(self, *inputs):
            return super().forward(*inputs) / 2

    net, (x, y) = model(), batch()
    half = Network(net.layers, Half())
    assert half(x, y).item() == net(x, y).item() / 2
    half(x, y)
    half.backward()
    g = net.layers[0].w.g
    net.zero_grad()
    net(x, y).backward()
    np.testing.assert_allclose(g, net.layers[0].w.g / 2, rtol=1e-13)


def test_a_link_that_fails_leaves_every_gradient_as_it_was():
    def fail(layer, grad_output):
        raise KeyError("the callback")

    net = ExciterNet.init(5, 3, 1, rng=np.random.default_rng(0))
    x, y = batch()
    net(x, y)
    net.backward()
    before = [p.g.copy() for p in net.parameters()]
    net.exciter.callback_fn = fail
    net(x, y)
    with pytest.raises(KeyError, match="the callback"):
        net.backward()
    for p, gradient in zip(net.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.g, gradient)
    assert net.loss.out.g is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: Network([5]),
        lambda: Network([None]),
        lambda: Network([np.tanh]),
        lambda: Network([ReLU()], 5),
        lambda: Network([ReLU()], 0),
        lambda: ExciterNet(1, 2, 3, 4),
    ],
)
def test_what_is_not_a_layer_is_refused_by_name(make):
    with pytest.raises(
        TypeError, match="^(Network|ExciterNet): .* is not a Layer; sub"
    ):
        make()
    with pytest.raises(TypeError, match=r"^Network: layers is ReLU\(\), and must be a"):
        Network(ReLU())

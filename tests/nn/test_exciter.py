"""Exciter: the clamp, and the callback when its gradient arrives."""

import weakref

import numpy as np
import pytest

from engine import Tensor, backward_pass, check_gradients, no_grad
from nn import Exciter, ExciterNet, Network

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((6, 5)), rng.standard_normal(6)

WAYS = {
    "loss.backward()": lambda _net, loss: loss.backward(),
    "link by link": lambda net, _loss: net.backward(),
}
ways = pytest.mark.parametrize("backward", WAYS.values(), ids=WAYS)


def network(callback_fn=None, **bounds):
    rng = np.random.default_rng(7)
    net = ExciterNet.init(rng=rng, callback_fn=callback_fn, **bounds)
    for p in net.parameters():
        p.data = p.data + 0.1  # that biases and masked weights are not 0
    return net


def gradients(net, x):
    inputs = [layer.inp for layer in (*net.layers, net.loss)]
    outputs = [layer.out for layer in (*net.layers, net.loss)]
    tensors = [x, *net.parameters(), *inputs, *outputs]
    return [t.g for t in tensors if isinstance(t, Tensor)]


def assert_equal(some, others):
    assert len(some) == len(others)
    for g, h in zip(some, others, strict=True):
        np.testing.assert_array_equal(g, h)


# --- the clamp ----------------------------------------------------------------------


def test_it_clamps_going_forward_to_ten_unless_told_otherwise():
    x = np.array([-11.0, -10.0, 0.5, 10.0, 12.0])
    assert Exciter()(Tensor(x)).data.tolist() == [-10, -10, 0.5, 10, 10]
    assert Exciter(low=-1, high=2)(x).tolist() == [-1, -1, 0.5, 2, 2]


def test_the_gradient_passes_at_a_bound_and_is_0_outside():
    layer, x = Exciter(low=-1.0, high=2.0), Tensor([-1.5, -1.0, 0.0, 2.0, 2.5])
    layer(x).backward(np.full(5, 3.0))
    assert x.g.tolist() == [0, 3, 3, 3, 0]


def test_its_derivative_agrees_with_central_differences():
    layer = Exciter(low=-1.0, high=1.0)
    check_gradients(layer, np.array([[-3.0, -0.4, 0.2], [0.7, 1.5, -1.2]]), order=2)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, -2.0), (np.nan, 1.0)])
def test_bounds_that_leave_no_room_are_refused(low, high):
    with pytest.raises(ValueError, match=r"Exciter: low .* must be less than high"):
        Exciter(low=low, high=high)


@pytest.mark.parametrize("callback_fn", [1, "print", [print]])
def test_a_callback_that_cannot_be_called_is_refused(callback_fn):
    with pytest.raises(
        TypeError, match=r"Exciter: callback_fn is .*must be a function"
    ):
        Exciter(callback_fn)


def test_bounds_are_given_by_name():
    with pytest.raises(TypeError):
        Exciter(None, -1.0, 1.0)


def test_float32_stays_float32_whatever_number_a_bound_is():
    x = Tensor(np.ones(3, np.float32))
    assert Exciter(low=np.float64(-1), high=np.float64(1))(x).dtype == np.float32


def test_it_reads_as_what_it_is():
    assert repr(Exciter(low=-1.0)) == "Exciter(low=-1.0, high=10.0)"


# --- the callback -------------------------------------------------------------------


@ways
def test_the_callback_gets_the_layer_and_its_gradient_once_per_pass(backward):
    calls = []
    net = network(lambda layer, g: calls.append((layer, g.copy())))
    loss = net(X, Y)
    assert not calls
    for n in (1, 2, 3):
        backward(net, loss)
        assert len(calls) == n
        layer, g = calls[-1]
        assert layer is net.exciter
        np.testing.assert_array_equal(g, net.exciter.out.g)


@ways
def test_the_gradient_is_that_of_the_output_not_of_the_input(backward):
    calls = []
    net = network(lambda _layer, g: calls.append(g.copy()), low=-0.3, high=0.3)
    loss = net(X, Y)
    backward(net, loss)
    inside = np.abs(net.exciter.inp.data) <= 0.3
    assert not inside.all()
    assert calls[0][~inside].any()
    np.testing.assert_array_equal(net.exciter.inp.g, calls[0] * inside)


def test_the_callback_waits_until_the_gradient_is_complete():
    calls = []
    layer, x = Exciter(lambda _layer, g: calls.append(g.tolist())), Tensor([1.0, 2.0])
    y = layer(x)
    (y * 3 + y * y + np.exp(y) * 0).sum().backward()
    assert calls == [[5.0, 7.0]]


def test_a_pass_that_never_reaches_the_layer_does_not_fire_the_callback():
    calls = []
    layer, x = Exciter(lambda *args: calls.append(args)), Tensor([1.0])
    layer(x)
    (x * 2).sum().backward()
    assert not calls


@ways
def test_recording_is_off_inside_the_callback_and_on_again_after(backward):
    recorded = []

    def probe(_layer, _g):
        recorded.append((Tensor(1.0) * 2).requires_grad)

    net = network(probe)
    backward(net, net(X, Y))
    assert recorded == [False]
    assert (Tensor(1.0) * 2).requires_grad


def test_recording_is_off_even_in_a_pass_that_is_recorded_itself():
    recorded = []

    def probe(_layer, _g):
        recorded.append((Tensor(1.0) * 2).requires_grad)

    net = network(probe)
    backward_pass([net(X, Y)], [np.float64(1)], create_graph=True)
    assert recorded == [False]


@ways
def test_the_callback_may_probe_the_network(backward):
    seen = []

    def probe(layer, _g):
        seen.append(net.get_test_yhat(X[:2]))
        seen.append((layer.inp, layer.out))

    quiet, net = network(), network(probe)
    x, x2 = Tensor(X), Tensor(X)
    backward(quiet, quiet(x, Y))
    backward(net, net(x2, Y))
    np.testing.assert_array_equal(seen[0], quiet.get_test_yhat(X[:2]))
    assert seen[1][0] is net.layers[0].out
    assert seen[1][1] is net.exciter.out
    assert_equal(gradients(net, x2), gradients(quiet, x))


LINEAR = [0, 2, 4]


@ways
@pytest.mark.parametrize("which", [[0], [2], [4], LINEAR])
@pytest.mark.parametrize("what", [["w"], ["b"], ["w", "b"]], ids="".join)
def test_the_callback_may_bind_new_weights_without_disturbing_the_pass(
    backward, which, what
):
    def disturb(_layer, _g):
        for i in which:
            for name in what:
                parameter = getattr(net.layers[i], name)
                parameter.data = parameter.data * -3 + 1
        net.get_test_yhat(X)

    quiet, net = network(), network(disturb)
    x, x2 = Tensor(X), Tensor(X)
    backward(quiet, quiet(x, Y))
    loss = net(x2, Y)
    backward(net, loss)
    assert_equal(gradients(net, x2), gradients(quiet, x))

    for i in which:  # and the next call computes with what was bound
        for name in what:
            parameter = getattr(quiet.layers[i], name)
            parameter.data = parameter.data * -3 + 1
    wanted = quiet(X, Y).item()
    assert net(X, Y).item() == wanted
    assert loss.item() != wanted


@ways
def test_a_gradient_that_the_callback_returns_is_used_instead(backward):
    def halve(_layer, g):
        return g / 2

    quiet, net = network(), network(halve)
    x, x2 = Tensor(X), Tensor(X)
    backward(quiet, quiet(x, Y))
    backward(net, net(x2, Y))
    np.testing.assert_array_equal(net.exciter.out.g, quiet.exciter.out.g / 2)
    np.testing.assert_array_equal(net.exciter.inp.g, quiet.exciter.inp.g / 2)
    np.testing.assert_array_equal(x2.g, x.g / 2)
    np.testing.assert_array_equal(net.layers[0].w.g, quiet.layers[0].w.g / 2)
    np.testing.assert_array_equal(net.layers[2].w.g, quiet.layers[2].w.g)
    np.testing.assert_array_equal(net.layers[4].w.g, quiet.layers[4].w.g)


@ways
def test_what_the_callback_returns_may_live_on_in_its_hands(backward):
    mine = np.ones((6, 3))
    net = network(lambda _layer, _g: mine)
    backward(net, net(X, Y))
    mine[:] = 99
    np.testing.assert_array_equal(net.exciter.out.g, np.ones((6, 3)))


@ways
@pytest.mark.parametrize(
    "wrong",
    [1.0, np.ones(7), np.ones((6, 4)), np.ones((2, 6, 3))],
    ids=["number", "vector", "too wide", "stack"],
)
def test_a_replacement_of_another_shape_is_refused(backward, wrong):
    net = network(lambda _layer, _g: wrong)
    loss = net(X, Y)
    with pytest.raises(ValueError, match=r"hook on .*shape"):
        backward(net, loss)


@ways
def test_the_gradient_is_read_only_in_the_callback(backward):
    refused = []

    def write(_layer, g):
        try:
            g *= 2
        except ValueError as error:
            refused.append(str(error))

    net = network(write)
    backward(net, net(X, Y))
    assert len(refused) == 1
    assert "read-only" in refused[0]


def test_an_exception_in_the_callback_leaves_every_gradient_as_it_was():
    def fail(_layer, _g):
        raise ZeroDivisionError("in the callback")

    net, x = network(), Tensor(X)
    loss = net(x, Y)
    loss.backward()
    before = gradients(net, x)
    copies = [g.copy() for g in before]
    net.exciter.callback_fn = fail
    with pytest.raises(ZeroDivisionError, match="in the callback"):
        loss.backward()
    after = gradients(net, x)
    assert all(g is h for g, h in zip(before, after, strict=True))
    assert_equal(after, copies)
    assert (Tensor(1.0) * 2).requires_grad  # recording is on again

    net.exciter.callback_fn = None
    loss.backward()
    np.testing.assert_array_equal(x.g, 2 * copies[0])


def test_an_exception_in_the_first_pass_leaves_no_gradient_at_all():
    def fail(_layer, _g):
        raise ZeroDivisionError

    net, x = network(fail), Tensor(X)
    loss = net(x, Y)
    with pytest.raises(ZeroDivisionError):
        loss.backward()
    assert gradients(net, x) == [None] * len(gradients(net, x))


@ways
def test_a_subclass_may_say_what_happens_itself(backward):
    calls = []

    class Loud(Exciter):
        def custom_backward(self, grad_output):
            calls.append(grad_output.shape)
            return grad_output * 0

    net = network()
    net.layers[1] = net.exciter = Loud()
    backward(net, net(X, Y))
    assert calls == [(6, 3)]
    assert not net.layers[0].w.g.any()
    assert net.layers[2].w.g.any()


@ways
def test_the_callback_may_be_given_or_taken_away_between_passes(backward):
    calls = []
    net = network()
    loss = net(X, Y)
    backward(net, loss)
    net.exciter.callback_fn = lambda _layer, _g: calls.append(1)
    backward(net, loss)
    net.exciter.callback_fn = None
    backward(net, loss)
    assert calls == [1]


@ways
@pytest.mark.parametrize("place", [0, 1, 2, 3, 4])
def test_it_is_called_once_wherever_it_stands_in_the_chain(backward, place):
    calls = []
    layers = [layer for layer in network().layers if type(layer) is not Exciter]
    layers.insert(place, Exciter(lambda _layer, g: calls.append(g.shape)))
    net = Network(layers)
    loss = net(Tensor(X), Y)
    backward(net, loss)
    assert calls == [layers[place].out.shape]
    backward(net, loss)
    assert len(calls) == 2


@ways
def test_two_exciters_are_each_called_once_the_later_first(backward):
    calls = []
    layers = network().layers
    one, two = (Exciter(lambda layer, _g: calls.append(layer)) for _ in range(2))
    net = Network([layers[0], one, layers[2], two, layers[4]])
    backward(net, net(X, Y))
    assert calls == [two, one]


# --- when it is not called ----------------------------------------------------------


def test_asking_without_recording_never_fires_the_callback():
    calls = []
    net = network(lambda *args: calls.append(args))
    net.get_test_yhat(X)
    net.exciter(np.ones((2, 3)))
    with no_grad():
        out = net.exciter(Tensor(np.ones((2, 3))))
    assert not out.requires_grad
    assert not calls


def test_drawing_never_fires_the_callback():
    import viz

    calls = []
    net = network(lambda *args: calls.append(args))
    loss = net(X, Y)
    viz.draw(loss)
    loss.backward()
    viz.draw(loss)
    assert len(calls) == 1


def test_running_a_rule_again_never_fires_the_callback():
    calls = []
    net = network(lambda *args: calls.append(args))
    net(X, Y)
    out = net.exciter.out
    value, (backward,) = out.rule(*out.parents, **out.options)
    backward(np.ones(out.shape))
    assert not calls
    np.testing.assert_array_equal(value.data, out.data)


# --- memory -------------------------------------------------------------------------


@pytest.mark.usefixtures("no_collector")
def test_a_layer_without_a_callback_is_freed_with_the_last_name_for_it():
    layer = Exciter()
    layer(Tensor([1.0])).backward()
    held = weakref.ref(layer), weakref.ref(layer.out)
    del layer
    assert [ref() for ref in held] == [None, None]


def test_a_loss_outlives_its_network_and_still_goes_backward():
    calls, x = [], Tensor(X)
    net = network(lambda _layer, g: calls.append(g))  # holds the layer only weakly
    loss = net(x, Y)
    loss.backward()
    once = x.g
    del net
    loss.backward()
    np.testing.assert_array_equal(x.g, 2 * once)
    assert len(calls) == 1


def test_a_bound_of_another_kind_is_refused_by_name():
    with pytest.raises(TypeError, match=r"^Exciter: low is None, and must be a number"):
        Exciter(low=None)
    with pytest.raises(TypeError, match=r"^Exciter: high has shape \(2,\), and must"):
        Exciter(high=np.ones(2))


def test_a_bound_that_is_too_large_for_a_float_is_refused():
    with pytest.raises(ValueError, match="^Exciter: low is too large for a float"):
        Exciter(low=-(10**400))


@ways
def test_integer_weights_that_the_callback_binds_are_refused(backward):
    def bind(layer, grad_output):
        net.layers[0].w.data = np.ones((5, 3), int)

    net = network(bind)
    loss = net(X, Y)
    with pytest.raises(TypeError, match=r"^lin: a gradient came back .* of int64"):
        backward(net, loss)
    assert all(p.grad is None for p in net.parameters())

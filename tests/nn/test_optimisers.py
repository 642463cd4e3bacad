"""Optimisers: the step, that it binds anew, what goes on later, and what is refused."""

import copy
import math
import pickle

import numpy as np
import pytest

from engine import Tensor
from nn import (
    SGD,
    Adam,
    AdamW,
    ExciterNet,
    Model,
    Optimiser,
    clip_gradients,
    cosine,
    warmup,
)


def with_gradient(data, grad):
    p = Tensor(data)
    p.grad = grad
    return p


def test_a_step_goes_against_the_gradient():
    p = with_gradient(np.array([1.0, 2.0]), np.array([0.5, -4.0]))
    q = with_gradient(np.float64(3.0), np.float64(2.0))
    SGD([p, q], lr=0.25).step()
    assert p.data.tolist() == [0.875, 3.0]
    assert q.data == 2.5
    assert type(q.data) is np.float64


def test_a_step_binds_new_data_and_writes_into_nothing():
    data, grad = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    p = with_gradient(data, grad)
    SGD([p], lr=0.1).step()
    assert p.data is not data
    assert not np.shares_memory(p.data, data)
    assert data.tolist() == [1, 2]
    assert p.grad is grad
    assert grad.tolist() == [1, 1]


def test_read_only_data_can_be_trained():
    data = np.array([1.0])
    data.flags.writeable = False
    p = with_gradient(data, np.array([1.0]))
    SGD([p], lr=0.5).step()
    assert p.data.tolist() == [0.5]


def test_a_graph_recorded_before_a_step_keeps_its_gradients():
    rng = np.random.default_rng(0)
    model = Model.init(3, 4, 1, rng=rng)
    x, y = rng.standard_normal((6, 3)), rng.standard_normal(6)
    loss = model(x, y)
    loss.backward()
    wanted = [p.g for p in model.parameters()]
    SGD(model.parameters(), lr=0.5).step()
    model.zero_grad()
    loss.backward()
    for p, g in zip(model.parameters(), wanted, strict=True):
        np.testing.assert_array_equal(p.g, g)


def test_a_parameter_without_a_gradient_stays_where_it_is():
    p, q = Tensor([1.0]), with_gradient([1.0], np.array([1.0]))
    before = p.data
    SGD([p, q], lr=0.5).step()
    assert p.data is before
    assert q.data.tolist() == [0.5]


def test_zero_grad_forgets_the_gradients_of_its_own_parameters():
    p, q = (with_gradient([1.0], np.array([1.0])) for _ in range(2))
    SGD([p], lr=0.5).zero_grad()
    assert p.grad is None
    assert q.grad is not None


def test_two_batches_before_a_step_add_up():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((8, 3)), rng.standard_normal(8)
    model = Model.init(3, 4, 1, rng=np.random.default_rng(2))
    before = [p.data for p in model.parameters()]
    model(x[:4], y[:4]).backward()
    model(x[4:], y[4:]).backward()
    SGD(model.parameters(), lr=0.05).step()  # of the sum: twice the mean's
    whole = Model(*before)
    whole(x, y).backward()
    SGD(whole.parameters(), lr=0.1).step()
    for p, q in zip(model.parameters(), whole.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "lr", [0.5, 1, np.float64(0.5), np.float32(0.5), np.int64(1)], ids=repr
)
def test_a_step_keeps_the_dtype_of_the_data_whatever_number_lr_is(dtype, lr):
    p = with_gradient(np.ones(2, dtype), np.ones(2, dtype))
    q = with_gradient(dtype(1), dtype(1))
    SGD([p, q], lr=lr).step()
    assert p.dtype == q.dtype == dtype
    assert p.data.tolist() == [1 - lr, 1 - lr]


def test_a_gradient_that_has_a_graph_steps_as_its_numbers():
    p = Tensor([2.0, 3.0])
    (p * p * p).sum().backward(create_graph=True)
    assert isinstance(p.grad, Tensor)
    SGD([p], lr=0.125).step()
    assert type(p.data) is np.ndarray
    assert p.data.tolist() == [2 - 1.5, 3 - 27 / 8]
    p.grad = None


@pytest.mark.parametrize("lr", [0, 0.0, -0.1, np.nan, np.inf, -np.inf])
def test_a_learning_rate_that_is_not_positive_and_finite_is_refused(lr):
    with pytest.raises(ValueError, match=r"SGD: lr is .*must be positive and finite"):
        SGD([Tensor(1.0)], lr=lr)


def test_lr_must_be_given_by_its_name():
    with pytest.raises(TypeError):
        SGD([Tensor(1.0)], 0.1)
    with pytest.raises(TypeError, match="lr"):
        SGD([Tensor(1.0)])


@pytest.mark.parametrize("parameters", [[], (), iter([])])
def test_nothing_to_train_is_refused(parameters):
    with pytest.raises(ValueError, match=r"SGD: parameters is empty"):
        SGD(parameters, lr=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        Tensor([1.0]) * 2,
        Tensor([1.0], requires_grad=False),
        np.ones(2),
        1.0,
        None,
    ],
    ids=["interior", "constant", "array", "number", "None"],
)
def test_only_leaf_tensors_that_want_a_gradient_can_be_trained(wrong):
    with pytest.raises(TypeError, match="is not a leaf Tensor that wants a gradient"):
        SGD([Tensor(1.0), wrong], lr=0.1)


def test_parameters_may_come_from_a_generator():
    p = with_gradient([1.0], np.array([1.0]))
    sgd = SGD((q for q in [p]), lr=0.5)
    sgd.step(), sgd.step()
    assert p.data.tolist() == [0.0]


def trained(make, seed, steps=40):
    rng = np.random.default_rng(seed)
    net = make(rng)
    x, y = rng.standard_normal((32, 5)), rng.standard_normal(32)
    sgd = SGD(net.parameters(), lr=0.05)
    losses = []
    for _ in range(steps):
        sgd.zero_grad()
        loss = net(x, y)
        loss.backward()
        sgd.step()
        losses.append(loss.item())
    return losses, [p.data for p in net.parameters()]


MAKERS = {
    "Model": lambda rng: Model.init(5, 8, 1, rng=rng),
    "ExciterNet": lambda rng: ExciterNet.init(rng=rng),
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@makers
def test_training_lowers_the_loss(make):
    losses, _ = trained(make, seed=1)
    assert losses[-1] < 0.9 * losses[0]


@makers
def test_the_same_seed_trains_to_the_same_last_bit(make):
    losses, weights = trained(make, seed=3)
    again, weights_again = trained(make, seed=3)
    assert losses == again
    for w, v in zip(weights, weights_again, strict=True):
        np.testing.assert_array_equal(w, v)
    assert trained(make, seed=4)[0] != losses


def test_a_parameter_given_twice_steps_once():
    p = Tensor(1.0)
    p.grad = np.float64(1)
    SGD([p, p], lr=0.25).step()
    assert p.item() == 0.75


def test_parameters_and_a_rate_of_another_kind_are_refused_by_name():
    p = Tensor([1.0])
    for parameters in (None, p, 3):
        with pytest.raises(
            TypeError, match=r"^SGD: parameters is .* a list of Tensors"
        ):
            SGD(parameters, lr=0.1)
    with pytest.raises(TypeError, match=r"^SGD: lr is None, and must be a number"):
        SGD([p], lr=None)
    with pytest.raises(ValueError, match=r"^SGD: lr is 'fast', and must be a number"):
        SGD([p], lr="fast")
    with pytest.raises(TypeError, match=r"^SGD: lr has shape \(1,\), and must be"):
        SGD([p], lr=np.ones(1))


def two(grad, data=None):
    """A parameter with a right gradient, and one with another."""
    first, second = Tensor([1.0]), Tensor([1.0, 2.0], name="w")
    first.grad, second.grad = np.ones(1), grad
    if data is not None:
        second.data = data
    return first, second


@pytest.mark.parametrize(
    ("grad", "error", "words"),
    [
        (np.ones((2, 1)), ValueError, r"has shape \(2, 1\), and must .*\(2,\)"),
        (np.ones(3), ValueError, r"has shape \(3,\), and must .* data, \(2,\)"),
        (2.0, ValueError, r"has shape \(\), and must"),
        (np.ones(2) * 1j, TypeError, "is a ndarray of complex128, and must be a plain"),
        (np.ones(2, object), TypeError, "is a ndarray of object, and must be a plain"),
        (np.ma.array(np.ones(2)), TypeError, "is a MaskedArray of float64, and must"),
        ([1.0, 2.0], TypeError, "is a list of object, and must be a plain array"),
    ],
)
def test_a_gradient_that_does_not_fit_is_refused_before_any_parameter_moves(
    grad, error, words
):
    first, second = two(grad)
    with pytest.raises(error, match=f"^SGD: the gradient of parameter 'w' {words}"):
        SGD([first, second], lr=0.5).step()
    assert (first.data.tolist(), second.data.tolist()) == ([1.0], [1.0, 2.0])
    second.name = ""
    with pytest.raises(error, match="^SGD: the gradient of parameter 1 "):
        SGD([first, second], lr=0.5).step()


@pytest.mark.parametrize(
    "data",
    [np.array([1, 2]), np.ones((1, 2)).view(np.matrix), Tensor([1.0, 2.0])],
    ids=repr,
)
def test_data_that_is_not_an_array_of_floats_is_refused_too(data):
    first, second = two(np.ones(data.shape), data)
    with pytest.raises(
        TypeError, match="^SGD: the data of parameter 'w' is a .* floats"
    ):
        SGD([first, second], lr=0.5).step()
    assert first.data.tolist() == [1.0]
    assert second.data is data


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", ">f8"])
@pytest.mark.parametrize("wide", [np.float64, np.int64, np.longdouble])
def test_a_wider_gradient_widens_no_parameter(dtype, wide):
    p = with_gradient(np.ones(2, dtype), np.ones(2, wide))
    SGD([p], lr=0.5).step()
    assert p.dtype == np.dtype(dtype)
    assert p.data.tolist() == [0.5, 0.5]


def test_a_number_that_somebody_set_steps_a_number():
    p = with_gradient(1.0, 2)
    SGD([p], lr=0.5).step()
    assert p.data == 0.0


def test_a_rate_may_be_text_that_is_a_number_but_not_too_large_a_one():
    assert SGD([Tensor(1.0)], lr="0.1").lr == 0.1
    with pytest.raises(ValueError, match="^SGD: lr is too large for a float"):
        SGD([Tensor(1.0)], lr=10**400)


# --- momentum, Adam, AdamW ------------------------------------------------------------

KINDS = {
    "SGD": lambda ps: SGD(ps, lr=0.1),
    "momentum": lambda ps: SGD(ps, lr=0.1, momentum=0.9),
    "nesterov": lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda ps: Adam(ps, lr=0.1, eps=1e-4),
    "AdamW": lambda ps: AdamW(ps, lr=cosine(0.1, 50), eps=1e-4),
}
kinds = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


def test_momentum_adds_up_the_gradients():
    p = with_gradient([0.0], np.array([1.0]))
    sgd, seen = SGD([p], lr=1, momentum=0.5), []
    for _ in range(3):
        sgd.step()
        seen.append(p.item())
    assert seen == [-1, -1 - 1.5, -1 - 1.5 - 1.75]


def test_nesterov_is_a_step_ahead():
    p = with_gradient([0.0], np.array([1.0]))
    SGD([p], lr=1, momentum=0.5, nesterov=True).step()
    assert p.item() == -1.5


def test_the_first_step_of_adam_is_of_the_rate_whatever_the_gradient():
    p = with_gradient([1.0, 1.0, 1.0], np.array([1e-3, -7.0, 1e9]))
    Adam([p], lr=0.25, eps=0).step()
    np.testing.assert_allclose(p.data, [0.75, 1.25, 0.75], rtol=1e-15)


def test_weight_decay_is_added_to_the_gradient_of_sgd():
    p = with_gradient([2.0], np.array([3.0]))
    SGD([p], lr=0.5, weight_decay=0.25).step()
    assert p.item() == 2 - 0.5 * (3 + 0.25 * 2)


def test_weight_decay_is_in_the_gradient_of_adam_and_beside_it_in_adamw():
    for make, wanted in ((Adam, 2 - 0.5), (AdamW, 2 * (1 - 0.5 * 0.1) - 0.5)):
        p = with_gradient([2.0], np.array([3.0]))
        make([p], lr=0.5, weight_decay=0.1).step()
        np.testing.assert_allclose(p.data, [wanted], rtol=1e-8)


@kinds
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4"])
@pytest.mark.parametrize("wide", [False, True], ids=["", "wide gradients"])
def test_parameters_and_what_is_kept_for_them_keep_their_dtype(make, dtype, wide):
    p, q = Tensor(np.ones((2, 3), dtype)), Tensor(np.ones((), dtype))
    optimiser = make([p, q])
    for _ in range(3):
        for x in (p, q):
            x.grad = np.full(x.shape, 0.5, "f8" if wide else dtype)
        optimiser.step()
    kept = [x for name, x in optimiser.state().items() if "." in name]
    assert {x.dtype for x in (p, q, *kept)} == {np.dtype(dtype)}
    assert (p.data < 1).all()
    assert np.ptp(p.data) == 0
    np.testing.assert_allclose(q.data, p.data[0, 0], rtol=1e-3)


@kinds
def test_no_kind_of_step_writes_into_an_array(make):
    def frozen(x):
        x = np.array(x)
        x.flags.writeable = False
        return x

    p = with_gradient(frozen([1.0, 2.0]), frozen([3.0, 4.0]))
    optimiser = make([p])
    for _ in range(3):
        before = {name: x.copy() for name, x in optimiser.state().items()}
        state, data = optimiser.state(), p.data
        optimiser.step()
        assert not np.shares_memory(p.data, data)
        for name, x in state.items():
            np.testing.assert_array_equal(x, before[name])
    assert p.grad.tolist() == [3, 4]


@kinds
def test_empty_parameters_and_zero_gradients_can_be_stepped(make):
    p, q = with_gradient(np.ones((0, 3)), np.ones((0, 3))), with_gradient([1.0], 0 * X)
    optimiser = make([p, q])
    optimiser.step(), optimiser.step()
    assert p.shape == (0, 3)
    assert np.isfinite(q.data).all()


X = np.ones(1)


@kinds
def test_what_is_not_finite_goes_through_and_hurts_no_other_parameter(make):
    p, q = with_gradient([1.0, 1.0], np.array([np.nan, 1.0])), with_gradient([1.0], X)
    optimiser = make([p, q])
    optimiser.step()
    assert np.isnan(p.data).tolist() == [True, False]
    assert q.item() < 1


@kinds
def test_a_parameter_that_had_no_gradient_begins_where_it_first_has_one(make):
    p, q, r = (Tensor([1.0]) for _ in range(3))
    together, alone = make([p, q]), make([r])
    together.lr = alone.lr = 0.1
    for step in range(4):
        p.grad = X
        q.grad = r.grad = X if step > 1 else None
        if step > 1:
            alone.step()
        together.step()
    assert q.item() == r.item()
    assert together.state()["moves"].tolist() == [4, 2]


def test_a_parameter_that_changed_its_shape_needs_a_new_optimiser():
    p = with_gradient([1.0], X)
    adam = Adam([p])
    adam.step()
    p.data, p.grad = np.ones(3), np.ones(3)
    with pytest.raises(
        ValueError, match=r"^Adam: parameter 0 has shape \(3,\), and had"
    ):
        adam.step()
    assert p.data.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("make", "options", "error", "words"),
    [
        (SGD, {"momentum": 1}, ValueError, "SGD: momentum is 1.0, and must be from 0"),
        (SGD, {"momentum": -0.1}, ValueError, "SGD: momentum is -0.1, and must be"),
        (SGD, {"momentum": np.nan}, ValueError, "SGD: momentum is nan, and must be"),
        (SGD, {"momentum": "much"}, ValueError, "SGD: momentum is 'much', and must"),
        (SGD, {"nesterov": True}, ValueError, "SGD: nesterov needs momentum, such as"),
        (SGD, {"nesterov": 1}, TypeError, "SGD: nesterov is 1, and must be a bool"),
        (SGD, {"weight_decay": -1}, ValueError, "SGD: weight_decay is -1.0, and must"),
        (Adam, {"weight_decay": np.inf}, ValueError, "Adam: weight_decay is inf, and"),
        (
            Adam,
            {"betas": 0.9},
            TypeError,
            "Adam: betas is 0.9, and must be two numbers",
        ),
        (Adam, {"betas": (0.9,)}, TypeError, "Adam: betas is (0.9,), and must be two"),
        (
            Adam,
            {"betas": (0.9, 1)},
            ValueError,
            "Adam: beta 1 is 1.0, and must be from",
        ),
        (
            AdamW,
            {"betas": (2, 0)},
            ValueError,
            "AdamW: beta 0 is 2.0, and must be from",
        ),
        (
            AdamW,
            {"eps": -1e-8},
            ValueError,
            "AdamW: eps is -1e-08, and must be at least",
        ),
        (AdamW, {"lr": 0}, ValueError, "AdamW: lr is 0.0, and must be positive"),
    ],
)
def test_an_option_that_is_out_of_range_is_refused_by_name(make, options, error, words):
    with pytest.raises(error) as caught:
        make([Tensor(1.0)], **{"lr": 0.1, **options})
    assert str(caught.value).startswith(words)


def test_an_eps_that_float16_takes_for_0_is_refused():
    with pytest.raises(ValueError, match=r"^Adam: eps is 1e-08, which is 0 in float16"):
        Adam([Tensor(np.ones(2, "f2"))])


class Signs(Optimiser):
    """Steps of the size of the rate, and counts them."""

    moment_names = ("count",)

    def moved(self, p, g, moments, *, lr, t):
        assert moments[0].tolist() == [t - 1.0]
        return p - lr * np.sign(g), (moments[0] + 1,)


def test_an_optimiser_of_your_own_defines_moved():
    p = with_gradient([1.0], np.array([-7.0]))
    signs = Signs([p], lr=0.5)
    signs.step(), signs.step()
    assert p.item() == 2
    assert signs.state()["0.count"].tolist() == [2]
    with pytest.raises(NotImplementedError, match="Optimiser does not define moved"):
        Optimiser([p], lr=0.5).step()


# --- rates that change ----------------------------------------------------------------


def test_a_rate_may_be_a_function_of_the_step_and_be_set_anew():
    p = with_gradient([0.0], X)
    sgd, seen = SGD([p], lr=lambda step: 2.0**-step), []
    for _ in range(3):
        sgd.step()
        seen.append(p.item())
    assert seen == [-1, -1.5, -1.75]
    assert (sgd.steps, sgd.rate()) == (3, 0.125)
    sgd.lr = np.float32(1)
    assert (sgd.lr, type(sgd.lr)) == (1.0, float)
    sgd.step()
    sgd.lr = lambda step: step
    sgd.step()
    assert p.item() == -1.75 - 1 - 4


def test_a_rate_of_0_from_a_function_stands_still():
    p = with_gradient([1.0], X)
    AdamW([p], lr=lambda step: 0.0).step()
    assert p.item() == 1


def test_a_rate_that_does_not_fit_is_refused_where_it_comes_in():
    p = with_gradient([1.0], X)
    sgd = SGD([p], lr=0.1)
    with pytest.raises(ValueError, match=r"^SGD: lr is -1.0, and must be positive"):
        sgd.lr = -1
    assert sgd.lr == 0.1
    sgd.lr = lambda step: -0.5
    with pytest.raises(ValueError, match=r"^SGD: lr of step 0 is -0.5, and must be"):
        sgd.step()
    sgd.lr = lambda step: None
    with pytest.raises(TypeError, match=r"^SGD: lr of step 0 is None, and must be a n"):
        sgd.step()
    sgd.lr = len
    with pytest.raises(TypeError, match=r"^SGD: lr is <built-in .* function of the st"):
        sgd.step()
    assert (sgd.steps, p.item()) == (0, 1)


# --- training that goes on later ------------------------------------------------------


def steps_of(optimiser, net, data, steps):
    for _ in range(steps):
        optimiser.zero_grad()
        net(*data).backward()
        optimiser.step()


@pytest.fixture
def data():
    rng = np.random.default_rng(5)
    return rng.standard_normal((16, 5)), rng.standard_normal(16)


def fresh(dtype="f8"):
    net = Model.init(5, 8, 1, rng=np.random.default_rng(6))
    for p in net.parameters():
        p.data = p.data.astype(dtype)
    return net


def by_state(optimiser, other, path):
    other.load_state(optimiser.state())


def by_npz(optimiser, other, path):
    optimiser.save(path / "state.npz")
    other.load(str(path / "state.npz"))


def by_safetensors(optimiser, other, path):
    pytest.importorskip("safetensors")
    optimiser.save(path / "state.safetensors")
    other.load(path / "state.safetensors")


@kinds
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("carry", [by_state, by_npz, by_safetensors])
def test_training_that_goes_on_from_a_state_is_the_same_to_the_last_bit(
    make, dtype, carry, data, tmp_path
):
    net, later = fresh(dtype), fresh(dtype)
    optimiser = make(net.parameters())
    steps_of(optimiser, net, data, 5)
    other = make(later.parameters())
    carry(optimiser, other, tmp_path)
    for p, q in zip(net.parameters(), later.parameters(), strict=True):
        q.data = p.data
    steps_of(optimiser, net, data, 5)
    steps_of(other, later, data, 5)
    assert other.steps == 10
    for p, q in zip(net.parameters(), later.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data, strict=True)


@kinds
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_copy_of_a_network_with_its_optimiser_trains_alike(make, copied, data):
    net = fresh()
    optimiser = make(net.parameters())
    steps_of(optimiser, net, data, 3)
    net_2, optimiser_2 = copied((net, optimiser))
    assert optimiser_2.parameters == net_2.parameters()
    steps_of(optimiser, net, data, 3)
    steps_of(optimiser_2, net_2, data, 3)
    for p, q in zip(net.parameters(), net_2.parameters(), strict=True):
        assert p is not q
        np.testing.assert_array_equal(p.data, q.data)


def test_a_state_before_the_first_step_is_a_state():
    adam = Adam([Tensor(np.ones((2, 3))), Tensor(1.0)])
    state = adam.state()
    assert {name: x.shape for name, x in state.items()} == {
        **{"steps": (), "moves": (2,), "0.m": (2, 3), "0.v": (2, 3)},
        **{"1.m": (), "1.v": ()},
    }
    adam.load_state(state)
    assert adam.steps == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"0.m": None}, "the state lacks '0.m'; it is of something else, or"),
        ({"0.m": None, "0.v": None}, "the state lacks '0.m' and 1 more"),
        ({"2.m": X}, "the state has, unexpectedly, '2.m'"),
        ({"0.m": np.ones(2)}, r"the state: '0.m' has shape \(2,\), and must have \(1,"),
        ({"0.m": np.ones(1, "f4")}, "the state: '0.m' is of float32, and must be of f"),
        ({"0.m": [1.0]}, r"the state: '0.m' has shape \(\), and must have \(1,\)"),
        (
            {"steps": 3},
            "the state: 'steps' is of int, and must be of int64; save it as",
        ),
        ({"steps": np.array(-1)}, r"steps is -1 and moves \[1, 1\]: below 0"),
        ({"moves": np.array([2, -1])}, r"steps is 1 and moves \[2, -1\]: below 0"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change, words):
    parameters = [with_gradient([1.0], X), with_gradient([1.0], X)]
    adam = Adam(parameters)
    adam.step()
    before = adam.state()
    state = {k: x for k, x in {**before, **change}.items() if x is not None}
    with pytest.raises(ValueError, match=f"^Adam.load_state: {words}"):
        adam.load_state(state)
    after = adam.state()
    assert before.keys() == after.keys()
    for name, x in before.items():
        np.testing.assert_array_equal(x, after[name])


def test_what_is_no_state_is_refused():
    with pytest.raises(
        TypeError, match=r"^Adam.load_state: state is 'x.npz', and must"
    ):
        Adam([Tensor(1.0)]).load_state("x.npz")


def test_a_saved_state_of_another_optimiser_is_refused_by_the_name_of_the_file(
    tmp_path,
):
    p = with_gradient([1.0], X)
    SGD([p], lr=0.1, momentum=0.9).save(tmp_path / "sgd.npz")
    with pytest.raises(ValueError, match=r"^Adam.load: .*sgd.npz lacks '0.v'"):
        Adam([p]).load(tmp_path / "sgd.npz")


# --- clipping -------------------------------------------------------------------------


def test_gradients_are_scaled_alike_to_a_joint_norm():
    p, q, r = with_gradient([0.0], X * 3), with_gradient(0.0, 4.0), Tensor(1.0)
    grad = p.grad
    assert clip_gradients([p, q, r, p], 1.0) == 5.0
    np.testing.assert_allclose([p.grad[0], q.grad], [0.6, 0.8], rtol=1e-15)
    assert grad.tolist() == [3.0]
    assert r.grad is None


@pytest.mark.parametrize("norm", [5.0, 6, math.inf])
def test_gradients_that_are_small_enough_stay_the_same_objects(norm):
    p = with_gradient([0.0, 0.0], np.array([3.0, 4.0]))
    grad = p.grad
    assert clip_gradients((x for x in [p]), norm) == 5.0
    assert p.grad is grad


def test_nothing_to_clip_has_norm_0():
    assert clip_gradients([], 1.0) == 0.0
    assert clip_gradients([Tensor(1.0)], 1.0) == 0.0


def test_a_sum_too_large_for_float16_and_float32_is_no_trouble():
    for dtype, large in (("f2", 6e4), ("f4", 1e30)):
        p = with_gradient(np.ones(1000, dtype), np.full(1000, large, dtype))
        before = clip_gradients([p], 1.0)
        np.testing.assert_allclose(before, large * 1000**0.5, rtol=1e-3)
        assert p.grad.dtype == np.dtype(dtype)
        np.testing.assert_allclose(np.linalg.norm(p.grad.astype("f8")), 1, rtol=1e-3)


def test_a_gradient_with_a_graph_is_clipped_to_a_plain_array():
    p = Tensor([3.0, 4.0])
    (p * p / 2).sum().backward(create_graph=True)
    assert clip_gradients([p], 1.0) == 5.0
    assert type(p.grad) is np.ndarray
    np.testing.assert_allclose(p.grad, [0.6, 0.8], rtol=1e-15)


def test_a_norm_that_is_not_finite_is_told_by_the_norm():
    for odd, wanted in ((np.nan, [np.nan, np.nan]), (-np.inf, [np.nan, 0])):
        p, q = with_gradient([0.0], X * odd), with_gradient([0.0], X)
        np.testing.assert_equal(clip_gradients([p, q], 1.0), abs(odd))
        np.testing.assert_array_equal([p.grad[0], q.grad[0]], wanted)


def test_what_can_not_be_clipped_is_refused_by_name():
    p = with_gradient([1.0], X)
    for norm in (0, -1, np.nan):
        with pytest.raises(
            ValueError, match=r"^clip_gradients: norm is .* be positive"
        ):
            clip_gradients([p], norm)
    with pytest.raises(TypeError, match=r"^clip_gradients: norm is None, and must be"):
        clip_gradients([p], None)
    with pytest.raises(TypeError, match=r"^clip_gradients: parameters is .* a list of"):
        clip_gradients(p, 1.0)
    with pytest.raises(TypeError, match=r"^clip_gradients: 3 is not a leaf Tensor"):
        clip_gradients([3], 1.0)


@pytest.mark.parametrize("make", [Adam, AdamW])
def test_adam_trains_a_network_with_a_warm_start_and_clipped_gradients(make, data):
    net = fresh()
    adam, losses = make(net.parameters(), lr=warmup(0.02, 5)), []
    for _ in range(60):
        adam.zero_grad()
        loss = net(*data)
        loss.backward()
        clip_gradients(adam.parameters, 1.0)
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]

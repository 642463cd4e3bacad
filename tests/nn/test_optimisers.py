"""SGD: the step, that it binds anew, and what it refuses."""

import numpy as np
import pytest

from engine import Tensor
from nn import SGD, ExciterNet, Model


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

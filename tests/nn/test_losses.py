"""Losses: values far from zero, classes, and what is said of a wrong target."""

import pickle
import warnings

import numpy as np
import pytest

from engine import Tensor, check_gradients, grad
from nn import (
    BinaryCrossEntropy,
    CrossEntropy,
    Hinge,
    Huber,
    Lin,
    Mae,
    Mse,
    Network,
    Sigmoid,
    Softmax,
    binary_cross_entropy,
    cross_entropy,
    hinge,
    huber,
    mae,
    sigmoid,
    softmax,
)


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


IDS = np.array([2, 0, 1, 2])


# --- classes ------------------------------------------------------------------------


def test_cross_entropy_goes_backward_by_the_softmax_less_the_target_over_n():
    x = Tensor(normal(0, 4, 3))
    loss = cross_entropy(x, IDS)
    loss.backward()
    p = softmax(x.data)
    np.testing.assert_allclose(loss.item(), -np.log(p[np.arange(4), IDS]).mean())
    np.testing.assert_allclose(x.g, (p - np.eye(3)[IDS]) / 4, rtol=1e-13, atol=1e-16)


def test_probabilities_that_are_one_hot_are_the_ids():
    x, y = Tensor(normal(0, 4, 3)), Tensor(normal(0, 4, 3))
    one, two = cross_entropy(x, IDS), cross_entropy(y, np.eye(3)[IDS])
    one.backward(), two.backward()
    np.testing.assert_allclose(one.item(), two.item(), rtol=1e-15)
    np.testing.assert_allclose(x.g, y.g, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("target", [np.eye(3, dtype=int), np.eye(3) > 0, np.arange(3)])
def test_one_hot_rows_may_be_integers_or_booleans(target):
    loss = CrossEntropy()(Tensor(normal(0, 3, 3)), target)
    want = cross_entropy(normal(0, 3, 3), np.arange(3))
    np.testing.assert_allclose(loss.item(), want, rtol=1e-15)


def test_ids_may_be_a_list():
    x = normal(0, 4, 3)
    assert CrossEntropy()(x, IDS.tolist()) == cross_entropy(x, IDS)


def test_sequences_are_all_their_examples():
    x, ids = normal(0, 2, 2, 3), IDS.reshape(2, 2)
    assert cross_entropy(x, ids) == cross_entropy(x.reshape(4, 3), IDS)


def test_an_id_that_is_ignored_does_not_count():
    x, y = Tensor(normal(0, 4, 3)), Tensor(normal(0, 4, 3)[:3])
    loss = cross_entropy(x, np.array([2, 0, 1, -1]), ignore=-1)
    wanted = cross_entropy(y, IDS[:3])
    loss.backward(), wanted.backward()
    np.testing.assert_allclose(loss.item(), wanted.item(), rtol=1e-15)
    np.testing.assert_allclose(x.g[:3], y.g, rtol=1e-13)
    assert not x.g[3].any()
    padded = CrossEntropy(ignore=-1)(x, np.array([2, 0, 1, -1]))
    assert padded.item() == loss.item()


def test_the_class_that_is_ignored_may_be_one_of_the_output():
    x, y = Tensor(normal(0, 4, 3)), Tensor(normal(0, 4, 3))
    loss = cross_entropy(x, IDS, ignore=0)  # IDS[1] is 0
    wanted = cross_entropy(y[[0, 2, 3]], IDS[[0, 2, 3]])
    loss.backward(), wanted.backward()
    np.testing.assert_allclose(loss.item(), wanted.item(), rtol=1e-15)
    np.testing.assert_allclose(x.g, y.g, rtol=1e-13)
    check_gradients(lambda x: cross_entropy(x, IDS, ignore=0), x.data, order=2)


def test_what_is_ignored_may_be_nan():
    x = Tensor([[np.nan, 0.0], [0.0, 0.0]])
    loss = cross_entropy(x, np.array([-1, 0]), ignore=-1)
    loss.backward()
    np.testing.assert_allclose(loss.item(), np.log(2))
    np.testing.assert_array_equal(x.g, [[0, 0], [-0.5, 0.5]])


@pytest.mark.parametrize("counted", [1, 69_999])
def test_many_examples_of_float16_may_count_or_be_ignored(counted):
    x, ids = Tensor(np.zeros((70_000, 2), np.float16)), np.full(70_000, -1)
    ids[:counted] = 1
    loss = cross_entropy(x, ids, ignore=-1)
    loss.backward()
    assert loss.dtype == x.g.dtype == np.float16
    np.testing.assert_allclose(loss.item(), np.log(2), rtol=1e-3)
    np.testing.assert_allclose(x.g[0], [0.5 / counted, -0.5 / counted], rtol=1e-2)
    assert not x.g[-1].any()


@pytest.mark.parametrize("dtype", [int, np.uint8, np.int32])
def test_derivatives_beside_class_ids_agree_with_differences(dtype):
    ids = IDS.astype(dtype)
    check_gradients(lambda x: cross_entropy(x, ids), normal(0, 4, 3), order=2)
    assert cross_entropy(normal(0, 4, 3), ids) == cross_entropy(normal(0, 4, 3), IDS)


@pytest.mark.parametrize("label", [int, bool, np.uint8, np.float32])
@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (cross_entropy, np.eye(4)),
        (binary_cross_entropy, np.eye(4)),
        (hinge, np.ones(1)),
    ],
)
def test_labels_of_any_dtype_leave_float32_as_it_is(loss, target, label):
    x = Tensor(normal(0, *target.shape).astype(np.float32))
    value = loss(x, target.astype(label))
    value.backward(create_graph=True)
    assert value.dtype == x.grad.dtype == np.float32
    assert value.item() == loss(x.data, target.astype(np.float32))
    x.grad = None


def test_logits_may_be_huge():
    x = Tensor([[1e300, -1e300, 0.0], [800.0, 0.0, -800.0]])
    loss = cross_entropy(x, np.array([0, 1]))
    loss.backward()
    assert loss.item() == 400
    np.testing.assert_allclose(x.g, [[0, 0, 0], [0.5, -0.5, 0]], atol=1e-300)


def test_a_class_that_is_ruled_out_costs_nothing_if_it_is_not_the_target():
    x = Tensor([[0.0, -np.inf, 0.0]])
    loss = cross_entropy(x, np.array([0]))
    loss.backward()
    np.testing.assert_allclose(loss.item(), np.log(2))
    np.testing.assert_allclose(x.g, [[-0.5, 0, 0.5]])
    np.testing.assert_allclose(
        cross_entropy(x.data, np.array([[0.5, 0, 0.5]])), np.log(2)
    )


def test_binary_cross_entropy_is_that_of_two_classes():
    x, y = normal(0, 6, 1), np.array([0, 1, 1, 0, 1, 0])
    two = np.hstack([np.zeros((6, 1)), x])
    np.testing.assert_allclose(
        binary_cross_entropy(x, y), cross_entropy(two, y), rtol=1e-14
    )


def test_binary_cross_entropy_of_huge_logits_is_finite():
    x = Tensor([1e300, -1e300, 800.0])
    loss = binary_cross_entropy(x, np.array([1.0, 0.0, 0.0]))
    loss.backward()
    np.testing.assert_allclose(loss.item(), 800 / 3)
    np.testing.assert_allclose(x.g, [0, 0, 1 / 3])


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_the_second_derivative_of_binary_cross_entropy_at_a_logit_of_0_is_a_quarter(y):
    assert grad(grad(lambda x: binary_cross_entropy(x, y)))(0.0) == 0.25


def test_a_small_probability_keeps_all_its_digits():
    x = Tensor([-40.0, 40.0])
    loss = binary_cross_entropy(x, np.array([0.0, 1.0]))
    loss.backward()
    np.testing.assert_allclose(loss.item(), np.exp(-40.0), rtol=1e-15)
    np.testing.assert_allclose(x.g[0], np.exp(-40.0) / 2, rtol=1e-15)


def test_hinge_lets_nan_through():
    x = Tensor([np.nan, 0.0])
    loss = hinge(x, np.ones(2))
    loss.backward()
    assert np.isnan(loss.item())
    np.testing.assert_array_equal(x.g, [-0.5, -0.5])  # not 0, as if all were well


def test_hinge_asks_for_a_margin_of_1():
    x = Tensor([2.0, 1.0, 0.5, -3.0])
    loss = hinge(x, np.array([1.0, 1, 1, 1]))
    loss.backward()
    assert loss.item() == (0 + 0 + 0.5 + 4) / 4
    np.testing.assert_array_equal(x.g, [0, 0, -0.25, -0.25])


# --- numbers ------------------------------------------------------------------------


def test_the_slope_of_mae_on_the_target_is_0():
    x = Tensor([1.0, 2.0, 5.0])
    mae(x, np.array([1.0, 3.0, 3.0])).backward()
    np.testing.assert_allclose(x.g, [0, -1 / 3, 1 / 3])


def test_huber_is_square_near_the_target_and_linear_beyond():
    x = Tensor([0.5, 2.0, -10.0])
    loss = huber(x, np.zeros(3), delta=2.0)
    loss.backward()
    np.testing.assert_allclose(loss.item(), (0.125 + 2 + 18) / 3)
    np.testing.assert_allclose(x.g, [0.5 / 3, 2 / 3, -2 / 3])


def test_the_kinks_of_huber_have_the_second_derivative_of_inside():
    second = grad(grad(lambda x: huber(x, 0.0, delta=2.0)))
    assert [second(x) for x in (-2.1, -2.0, 0.0, 2.0, 2.1)] == [0, 1, 1, 1, 0]


def test_a_delta_of_numpys_leaves_float32_as_it_is():
    x = Tensor(np.ones(3, np.float32))
    assert huber(x, x.data * 2, delta=np.float64(0.5)).dtype == np.float32


@pytest.mark.parametrize("loss", [Mae, Huber, Hinge, BinaryCrossEntropy, Mse])
def test_a_column_against_a_vector_never_broadcasts(loss):
    x, y = Tensor(normal(0, 5, 1)), np.ones(5)
    one, two = loss()(x, y), loss()(normal(0, 5), y)
    assert one.item() == two.item() if isinstance(two, Tensor) else one.item() == two
    one.backward()
    assert x.g.shape == (5, 1)


@pytest.mark.parametrize("n", [1000, 80_000])
@pytest.mark.parametrize("loss", [mae, huber, hinge, binary_cross_entropy])
def test_a_long_batch_of_float16_does_not_overflow(loss, n):
    x, y = Tensor(np.full(n, 3, np.float16)), np.ones(n, np.float16)
    value = loss(x, y)
    value.backward()
    assert value.dtype == x.g.dtype == np.float16
    assert np.isfinite(value.data)
    np.testing.assert_allclose(
        value.item(), loss(np.full(3, 3.0), np.ones(3)), rtol=2e-3, atol=1e-3
    )


def test_a_long_batch_of_classes_of_float16_does_not_overflow():
    x, ids = Tensor(np.zeros((70_000, 2), np.float16)), np.zeros(70_000, int)
    loss = cross_entropy(x, ids)
    loss.backward()
    assert loss.dtype == np.float16
    np.testing.assert_allclose(loss.item(), np.log(2), rtol=1e-3)
    np.testing.assert_allclose(x.g[0], [-0.5 / 70_000, 0.5 / 70_000], rtol=1e-2)


# --- layers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (CrossEntropy(), IDS),
        (BinaryCrossEntropy(), np.eye(4, 3)),
        (Hinge(), np.eye(4, 3) * 2 - 1),
        (Mae(), normal(1, 4, 3)),
        (Huber(0.5), normal(1, 4, 3)),
    ],
)
def test_link_by_link_equals_the_whole(loss, target):
    network = Network([Lin(normal(0, 2, 3), normal(1, 3))], loss)
    x = normal(2, 4, 2)
    network(x, target).backward()
    wanted = [p.g for p in network.parameters()]
    network.zero_grad()
    network(x, target)
    network.backward()
    for p, g in zip(network.parameters(), wanted, strict=True):
        np.testing.assert_allclose(p.g, g, rtol=1e-13)
    assert repr(loss) == f"{type(loss).__name__}({0.5 if loss.name == 'Huber' else ''})"


@pytest.mark.parametrize(
    ("loss", "target"), [(CrossEntropy(), IDS), (BinaryCrossEntropy(), np.eye(4, 3))]
)
@pytest.mark.parametrize("made", [softmax, sigmoid, Softmax(), Sigmoid()])
def test_probabilities_where_logits_belong_are_warned_of(loss, target, made):
    with pytest.warns(UserWarning, match=r"the output is that of \w+; it takes logits"):
        loss(made(Tensor(normal(0, 4, 3))), target)


def test_a_warning_names_the_line_that_called_the_loss():
    x = Tensor(normal(0, 4, 3))
    with pytest.warns(UserWarning, match="takes logits") as seen:
        CrossEntropy()(softmax(x), IDS)
    with pytest.warns(UserWarning, match="takes logits") as too:
        Network([Softmax()], CrossEntropy())(x, IDS)
    assert {w.filename for w in (*seen, *too)} == {__file__}


def test_a_loss_says_what_it_ignores():
    assert repr(CrossEntropy(ignore=-1)) == "CrossEntropy(ignore=-1)"
    twin = pickle.loads(pickle.dumps(CrossEntropy(ignore=0)))
    assert twin.ignore == 0


def test_logits_may_be_a_list():
    assert CrossEntropy()([[0.0, 0.0]], [1]) == np.log(2)


def test_plain_rows_that_sum_to_1_are_warned_of():
    with pytest.warns(
        UserWarning, match="that of softmax, it seems: its rows sum to 1"
    ):
        CrossEntropy()(softmax(normal(0, 4, 3)), IDS)


@pytest.mark.parametrize(
    "x",
    [
        np.ones((4, 3)),
        normal(0, 4, 3),
        np.ones((4, 1)),
        np.array([[2.0, -1.0]] * 4),
        np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [3.0, 0.5]]),
        np.full((4, 2), np.nan),
        np.full((4, 3), 6e4, np.float16),  # whose sum is infinite
        np.full((4, 3), 1e308),
        np.array([[0.0, -np.inf]] * 4),
    ],
)
def test_logits_are_not_warned_of(x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CrossEntropy()(Tensor(x), np.zeros(4, int))


X = normal(0, 4, 3)
REFUSED = {
    "ids out of range": (
        lambda: CrossEntropy()(X, np.array([0, 1, 3, 2])),
        ValueError,
        r"cross_entropy: target\[2\] is 3, and must be a class of the output \(4, 3\), "
        "from 0 to 2$",
    ),
    "negative ids": (
        lambda: CrossEntropy()(X, np.array([0, -1, 2, 2])),
        ValueError,
        r"target\[1\] is -1, and must be a class.*; ignore=-1 leaves -1 out",
    ),
    "ids that are counted from 1": (
        lambda: CrossEntropy()(X, np.array([1, 3, 2, 2])),
        ValueError,
        r"target\[1\] is 3, .*; classes are counted from 0, so target - 1 would fit",
    ),
    "ids far out of range": (
        lambda: CrossEntropy()(X, np.array([1, 9, 2, 2])),
        ValueError,
        r"target\[1\] is 9, and must be a class of the output \(4, 3\), from 0 to 2$",
    ),
    "ids of a sequence, where others are ignored": (
        lambda: CrossEntropy(ignore=-1)(np.zeros((1, 2, 3)), np.array([[-1, 7]])),
        ValueError,
        r"target\[0, 1\] is 7, and must be a class of the output \(1, 2, 3\)",
    ),
    "ids that are floats": (
        lambda: CrossEntropy()(X, np.zeros(4)),
        TypeError,
        r"class ids of float64 came, .* integers; target\.astype\(int\) would be",
    ),
    "a column of ids": (
        lambda: CrossEntropy()(X, IDS[:, None]),
        ValueError,
        r"output \(4, 3\) against target \(4, 1\); .*; target\.reshape\(\(4,\)\) would",
    ),
    "too few ids": (
        lambda: CrossEntropy()(X, IDS[:3]),
        ValueError,
        r"output \(4, 3\) against target \(3,\); they must be \(n, k\) against class",
    ),
    "a vector of logits": (
        lambda: CrossEntropy()(X[0], 1),
        ValueError,
        r"output \(3,\) against target \(\).*; for one example use output\[None, :\]",
    ),
    "only ids that do not count": (
        lambda: CrossEntropy(ignore=-1)(X, np.full(4, -1)),
        ValueError,
        "all ids are -1, which do not count",
    ),
    "probabilities that do not sum to 1": (
        lambda: CrossEntropy()(X, np.full((4, 3), 0.5)),
        ValueError,
        r"CrossEntropy: target\[0\] sums to 1.5, and the probabilities of an example "
        "must sum to 1",
    ),
    "probabilities below 0": (
        lambda: CrossEntropy()(X, np.array([[-0.5, 1.0, 0.5]] * 4)),
        ValueError,
        r"CrossEntropy: target\[0, 0\] is -0\.5, and must be from 0 to 1",
    ),
    "probabilities in a Tensor": (
        lambda: CrossEntropy()(X, Tensor(np.full((4, 3), 0.5))),
        ValueError,
        r"CrossEntropy: target\[0\] sums to 1.5",
    ),
    "probabilities for other classes": (
        lambda: CrossEntropy()(X, np.full((4, 2), 0.5)),
        ValueError,
        r"output \(4, 3\) against target \(4, 2\)",
    ),
    "what is ignored is no id": (
        lambda: CrossEntropy(ignore="pad"),
        TypeError,
        "CrossEntropy: ignore is 'pad', and must be an int, or None",
    ),
    "what the rule ignores is no id": (
        lambda: cross_entropy(X, IDS, ignore=1.5),
        TypeError,
        "cross_entropy: ignore is 1.5, and must be an int, or None",
    ),
    "labels of the other kind": (
        lambda: BinaryCrossEntropy()(X[:, :1], np.array([-1, 1, 1, -1])),
        ValueError,
        r"target\[0\] is -1, and must be from 0 to 1; \(y \+ 1\) / 2 would be, of -1",
    ),
    "labels of the other kind, for a margin": (
        lambda: Hinge()(X[:, :1], np.array([0, 1, 1, 0])),
        ValueError,
        r"Hinge: target\[0\] is 0, and must be -1 or 1; 2 \* y - 1 would be",
    ),
    "NaN for a target": (
        lambda: BinaryCrossEntropy()(X[:, :1], np.array([0, np.nan, 1, 1])),
        ValueError,
        r"target\[1\] is nan",
    ),
    "one label for one logit": (
        lambda: Hinge()(np.float64(0.5), 3),
        ValueError,
        "Hinge: target is 3, and must be -1 or 1",
    ),
    "a delta below 0, of the rule": (
        lambda: huber(X, X, delta=-1.0),
        ValueError,
        r"huber: delta is -1\.0, and must be positive and finite",
    ),
    "a delta of 0": (
        lambda: Huber(0),
        ValueError,
        "Huber: delta is 0.0, and must be positive and finite",
    ),
}
for _f in (mae, huber, hinge, binary_cross_entropy):
    REFUSED[f"shapes of {_f.__name__}"] = (
        lambda f=_f: f(np.ones((4, 2)), np.ones(4)),
        ValueError,
        rf"{_f.__name__}: output \(4, 2\) against target \(4,\)",
    )


@pytest.mark.parametrize(("call", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_a_target_that_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_the_mean_over_no_example_is_nan_as_it_is_in_numpy():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(BinaryCrossEntropy()(np.zeros(0), np.zeros(0)))
        assert np.isnan(CrossEntropy()(np.zeros((0, 3)), np.zeros(0, int)))

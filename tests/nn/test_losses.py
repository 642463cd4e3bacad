"""Losses: values far from zero, classes, and what is said of a wrong target."""

import warnings

import numpy as np
import pytest

from engine import Tensor
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


def test_plain_rows_that_sum_to_1_are_warned_of():
    with pytest.warns(
        UserWarning, match="that of softmax, it seems: its rows sum to 1"
    ):
        CrossEntropy()(softmax(normal(0, 4, 3)), IDS)


@pytest.mark.parametrize("x", [np.ones((4, 3)), normal(0, 4, 3), np.ones((4, 1))])
def test_logits_are_not_warned_of(x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CrossEntropy()(Tensor(x), np.zeros(4, int))


X = normal(0, 4, 3)
REFUSED = {
    "ids out of range": (
        lambda: CrossEntropy()(X, np.array([0, 1, 3, 2])),
        ValueError,
        r"cross_entropy: id 3 is no class; the output \(4, 3\) has 3, from 0 to 2",
    ),
    "negative ids": (
        lambda: CrossEntropy()(X, np.array([0, -1, 2, 2])),
        ValueError,
        "id -1 is no class",
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
        r"output \(3,\) against target \(\)",
    ),
    "only ids that do not count": (
        lambda: CrossEntropy(ignore=-1)(X, np.full(4, -1)),
        ValueError,
        "all ids are -1, which do not count",
    ),
    "probabilities that do not sum to 1": (
        lambda: CrossEntropy()(X, np.full((4, 3), 0.5)),
        ValueError,
        "CrossEntropy: probabilities of an example sum to 1.5, and must sum to 1",
    ),
    "probabilities below 0": (
        lambda: CrossEntropy()(X, np.array([[-0.5, 1.0, 0.5]] * 4)),
        ValueError,
        "CrossEntropy: a target is -0.5, and must be from 0 to 1",
    ),
    "labels of the other kind": (
        lambda: BinaryCrossEntropy()(X[:, :1], np.array([-1, 1, 1, -1])),
        ValueError,
        r"a target is -1, and must be from 0 to 1; \(y \+ 1\) / 2 would be, of -1 and",
    ),
    "labels of the other kind, for a margin": (
        lambda: Hinge()(X[:, :1], np.array([0, 1, 1, 0])),
        ValueError,
        r"Hinge: a target is 0, and must be -1 or 1; 2 \* y - 1 would be",
    ),
    "NaN for a target": (
        lambda: BinaryCrossEntropy()(X[:, :1], np.array([0, np.nan, 1, 1])),
        ValueError,
        "a target is nan",
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

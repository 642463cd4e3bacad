"""Normalisation: what comes out, running statistics, and what is refused."""

import numpy as np
import pytest

from engine import Tensor
from nn import (
    BatchNorm,
    LayerNorm,
    Lin,
    Network,
    RMSNorm,
    batch_norm,
    layer_norm,
    normalise,
    rms_norm,
)
from viz import code


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def test_a_row_has_mean_0_and_variance_1_after_layer_norm():
    y = LayerNorm(50)(3 + 5 * normal(0, 4, 50)).data
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-5)


def test_a_row_has_mean_square_1_after_rms_norm():
    y = RMSNorm(50)(3 + 5 * normal(0, 4, 50)).data
    np.testing.assert_allclose((y**2).mean(axis=1), 1, rtol=1e-5)


def test_a_feature_has_mean_0_and_variance_1_after_batch_norm():
    y = BatchNorm(3)(3 + 5 * normal(0, 40, 3)).data
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis=0), 1, rtol=1e-5)


def test_equal_numbers_divide_by_no_zero():
    for layer, y in ((LayerNorm(4), 0.0), (BatchNorm(4), 0.0), (RMSNorm(4), 1.0)):
        x = Tensor(np.full((3, 4), 7.0))
        out = layer(x)
        out.backward(normal(0, 3, 4))
        np.testing.assert_allclose(out.data, y, atol=1e-6)
        assert np.isfinite(x.g).all()


@pytest.mark.parametrize("size", [300, 25_000])
@pytest.mark.parametrize("rule", [layer_norm, rms_norm, batch_norm])
def test_squares_of_float16_do_not_overflow(rule, size):
    x = (size * normal(0, 6, 4).clip(-2, 2)).astype(np.float16)
    others = [np.ones(4), np.zeros(4)][: 1 if rule is rms_norm else 2]
    results = []
    for dtype in (np.float16, np.float64):
        leaf = Tensor(x.astype(dtype))
        y = rule(leaf, *[each.astype(dtype) for each in others])
        y.backward(normal(1, 6, 4).astype(np.float16).astype(dtype))
        assert y.dtype == leaf.g.dtype == dtype
        results.append((y.data, size * leaf.g.astype(float)))
    for narrow, wide in zip(*results, strict=True):
        np.testing.assert_allclose(narrow, wide, atol=0.01)


def test_a_list_is_a_batch_too():
    rows, norm, twin = [[1.0, 2.0], [3.0, 5.0]], BatchNorm(2), BatchNorm(2)
    np.testing.assert_array_equal(norm(rows).data, twin(np.array(rows)).data)
    np.testing.assert_array_equal(norm.mean, twin.mean)


def test_layers_read_as_they_were_made():
    layers = [LayerNorm(4), RMSNorm(4), BatchNorm(4)]
    assert [*map(repr, layers)] == ["LayerNorm(4)", "RMSNorm(4)", "BatchNorm(4)"]


def test_the_running_statistics_move_towards_those_of_each_batch():
    norm, mean, var = BatchNorm(2, momentum=0.25), np.zeros(2), np.ones(2)
    for seed in range(3):
        x = normal(seed, 5, 2)
        before = norm.mean
        norm(x)
        assert norm.mean is not before  # bound anew, never written into
        mean = 0.75 * mean + 0.25 * x.mean(axis=0)
        var = 0.75 * var + 0.25 * x.var(axis=0, ddof=1)
    np.testing.assert_allclose(norm.mean, mean, rtol=1e-14)
    np.testing.assert_allclose(norm.var, var, rtol=1e-14)


def test_once_trained_an_example_does_not_depend_on_the_others():
    norm = BatchNorm(2)
    norm(normal(0, 8, 2))
    norm.eval()
    mean, x = norm.mean, normal(1, 8, 2)
    np.testing.assert_array_equal(norm(x).data[:1], norm(x[:1]).data)
    np.testing.assert_allclose(
        norm(x).data, (x - norm.mean) / np.sqrt(norm.var + 1e-5), rtol=1e-13
    )
    assert norm.mean is mean


def test_a_prediction_uses_the_running_statistics_and_leaves_them():
    rng = np.random.default_rng(0)
    norm = BatchNorm(4)
    network = Network([Lin.init(3, 4, rng=rng), norm, Lin.init(4, 1, rng=rng)])
    network(normal(1, 9, 3), normal(2, 9))
    mean = norm.mean
    one = network.predict(normal(3, 1, 3))  # whose variance no batch could tell
    assert norm.mean is mean
    assert norm.training
    np.testing.assert_array_equal(one, network.eval().predict(normal(3, 1, 3)))


def test_buffers_are_named():
    norm = BatchNorm(2)
    assert [name for name, _ in norm.named_buffers()] == ["mean", "var"]
    assert [name for name, _ in norm.named_parameters()] == ["scale", "shift"]


@pytest.mark.parametrize("make", [LayerNorm, RMSNorm, BatchNorm])
@pytest.mark.parametrize("training", [True, False])
def test_float32_stays_float32(make, training):
    layer = make(4).train(training)
    for p in layer.parameters():
        p.data = p.data.astype(np.float32)
    x = Tensor(normal(0, 5, 4).astype(np.float32))
    y = layer(x)
    y.backward(np.ones(y.shape, np.float32))
    assert y.dtype == x.g.dtype == np.float32
    assert {p.g.dtype for p in layer.parameters()} == {np.dtype(np.float32)}


ONES = np.ones(4)
REFUSED = {
    "other features": (
        lambda: LayerNorm(3)(normal(0, 5, 4)),
        ValueError,
        r"layer_norm: x has shape \(5, 4\), \(…, d\), so scale must have \(4,\); it "
        r"has \(3,\)",
    ),
    "a number": (
        lambda: RMSNorm(1)(Tensor(1.0)),
        ValueError,
        r"rms_norm: x has shape \(\), and must have \(…, d\)",
    ),
    "a vector": (
        lambda: BatchNorm(3)(normal(0, 3)),
        ValueError,
        r"BatchNorm: x has shape \(3,\), and must have \(n, d\) or \(n, d, …\)",
    ),
    "shifts of another length": (
        lambda: batch_norm(normal(0, 5, 4), np.ones(4), np.ones(3)),
        ValueError,
        r"so shift must have \(4,\); it has \(3,\)",
    ),
    "a mean of another length": (
        lambda: normalise(normal(0, 5, 4), ONES, ONES, mean=np.ones(3), var=ONES),
        ValueError,
        r"normalise: x has shape \(5, 4\), .* so mean must have \(4,\); it has \(3,\)",
    ),
    "a variance that would broadcast": (
        lambda: normalise(normal(0, 5, 4), ONES, ONES, mean=ONES, var=np.ones(1)),
        ValueError,
        r"so var must have \(4,\); it has \(1,\)",
    ),
    "a batch of one": (
        lambda: BatchNorm(3)(normal(0, 1, 3)),
        ValueError,
        r"BatchNorm: a batch of shape \(1, 3\) has 1 of each feature, and a variance",
    ),
    "a momentum above 1": (
        lambda: BatchNorm(3, momentum=1.5),
        ValueError,
        "BatchNorm: momentum is 1.5, and must be from 0 to 1",
    ),
    "a negative eps": (
        lambda: LayerNorm(3, eps=-1),
        ValueError,
        "LayerNorm: eps is -1.0, and must be at least 0 and finite",
    ),
    "a size that is none": (
        lambda: RMSNorm(2.5),
        TypeError,
        "RMSNorm: d is 2.5, and must be an int",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_call_that_is_written_out_leaves_the_running_statistics():
    norm = BatchNorm(2)
    mean = norm.mean
    code(lambda x: (norm(x) ** 3).sum(), normal(0, 4, 2))
    assert norm.mean is mean

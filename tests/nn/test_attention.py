"""Attention: what looks at what, heads, a context, and what is refused."""

import numpy as np
import pytest

from engine import Tensor, debug, topological_order
from nn import Attention, attend, attention_scores, softmax
from viz import draw


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def made(d=4, heads=2, causal=False):
    rng = np.random.default_rng(0)
    return Attention.init(d, heads=heads, causal=causal, rng=rng)


def by_hand(layer, x, context):
    """Head by head, row by row."""
    q, k, v = x @ layer.wq.data, context @ layer.wk.data, context @ layer.wv.data
    d = q.shape[1] // layer.heads
    mixed = np.zeros_like(q)
    for h in range(layer.heads):
        own = slice(h * d, (h + 1) * d)
        for t in range(len(x)):
            seen = t + 1 if layer.causal else len(context)
            scores = k[:seen, own] @ q[t, own] / np.sqrt(d)
            weights = np.exp(scores) / np.exp(scores).sum()
            mixed[t, own] = weights @ v[:seen, own]
    return mixed @ layer.wo.data


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("t", [1, 5])
def test_each_place_gets_what_the_formula_gives_by_hand(causal, heads, t):
    layer, x = made(heads=heads, causal=causal), normal(1, t, 4)
    np.testing.assert_allclose(layer(x).data, by_hand(layer, x, x), rtol=1e-12)


def test_a_batch_is_each_of_its_sequences():
    layer, x = made(causal=True), normal(1, 3, 5, 4)
    np.testing.assert_allclose(
        layer(x).data, np.stack([by_hand(layer, one, one) for one in x]), rtol=1e-12
    )


def test_keys_and_values_may_come_from_a_context():
    layer, x, context = made(), normal(1, 3, 4), normal(2, 6, 4)
    np.testing.assert_allclose(
        layer(x, context).data, by_hand(layer, x, context), rtol=1e-12
    )


def test_a_context_has_no_link():
    layer = made()
    out = layer(Tensor(normal(1, 3, 4)), context=Tensor(normal(2, 6, 4)))
    out.g = np.ones(out.shape)
    with pytest.raises(ValueError, match=r"Attention\.backward: the last call took mo"):
        layer.backward()


def test_what_comes_later_changes_nothing_and_gets_nothing():
    layer, x = made(causal=True), Tensor(normal(1, 5, 4))
    out = layer(x)
    changed = x.data.copy()
    changed[3:] = 7
    np.testing.assert_array_equal(layer(changed).data[:3], out.data[:3])
    g = np.zeros((5, 4))
    g[:3] = 1
    out.backward(g)
    np.testing.assert_array_equal(x.g[3:], 0)
    assert x.g[:3].all()


def test_the_weights_are_a_card_of_the_picture():
    layer = made(causal=True)
    loss = (layer(Tensor(normal(1, 3, 4), name="x")) ** 2).sum()
    loss.backward()
    ops = [node.op for node in topological_order([loss]) if node.parents]
    assert {"attention_scores", "softmax", "attend", "matmul", "add"} <= set(ops)
    text = draw(loss).svg()
    assert "causal mask" in text
    assert "where NaN or ∞ began" not in text  # the mask is no trouble


def test_the_mask_is_no_trouble_while_one_debugs():
    with debug():
        (made(causal=True)(Tensor(normal(1, 3, 4))) ** 2).sum().backward()


def test_float32_stays_float32():
    layer = made(causal=True)
    for p in layer.parameters():
        p.data = p.data.astype(np.float32)
    out = layer(Tensor(normal(0, 3, 4).astype(np.float32)))
    out.backward(np.ones(out.shape, np.float32))
    assert out.dtype == layer.wq.g.dtype == np.float32


def test_an_empty_batch_is_taken():
    out = made()(Tensor(np.zeros((0, 3, 4))))
    out.backward(np.zeros((0, 3, 4)))
    assert out.shape == (0, 3, 4)


def test_it_reads_as_what_it_is():
    assert repr(made(causal=True)) == "Attention(4, 2 heads, causal)"
    assert repr(made()) == "Attention(4, 2 heads)"


def test_init_keeps_the_size_of_signals():
    layer = made(256, heads=4)
    assert abs(layer.wq.data.var() * 256 - 1) < 0.02


def eye(*shape):
    return np.ones(shape)


REFUSED = {
    "heads that do not divide": (
        lambda: made(heads=3),
        ValueError,
        "Attention: 4 features can't be cut into 3 heads",
    ),
    "no head": (lambda: made(heads=0), ValueError, "heads is 0, and must be at"),
    "heads that are no number": (
        lambda: made(heads="4"),
        TypeError,
        "Attention: heads is '4', and must be an int",
    ),
    "weights of another shape": (
        lambda: Attention(eye(4, 4), eye(4, 4), eye(4, 3), eye(4, 4), heads=2),
        ValueError,
        r"Attention: wv has shape \(4, 3\), and must have \(4, 4\), as all four",
    ),
    "sizes": (
        lambda: Attention(16, 16, 16, 16, heads=4),
        ValueError,
        r"a weight is .*; Attention\.init\(d, heads=heads, rng=",
    ),
    "other features": (
        lambda: made()(normal(0, 3, 5)),
        ValueError,
        r"Attention: inp has shape \(3, 5\), and must have \(t, 4\), or more axes",
    ),
    "a vector": (lambda: made()(normal(0, 4)), ValueError, "inp has shape"),
    "a context of other features": (
        lambda: made()(normal(0, 3, 4), normal(0, 3, 5)),
        ValueError,
        r"Attention: context has shape \(3, 5\), and must have",
    ),
    "queries and keys of other features": (
        lambda: attention_scores(eye(3, 4), eye(3, 6), heads=2),
        ValueError,
        r"attention_scores: q has shape \(3, 4\) and k \(3, 6\); they must be",
    ),
    "features that can't be cut": (
        lambda: attention_scores(eye(3, 4), eye(3, 4), heads=3),
        ValueError,
        "attention_scores: 4 features can't be cut into 3 heads",
    ),
    "weights of another size": (
        lambda: attend(eye(3, 5), eye(5, 4)),
        ValueError,
        r"attend: weights have shape \(3, 5\) and v \(5, 4\); they must be \(…, heads",
    ),
    "an empty sequence": (
        lambda: made()(np.zeros((0, 4))),
        ValueError,
        r"Attention: of shape \(0, 4\) there is no place to look at",
    ),
    "no generator": (
        lambda: Attention.init(4, heads=2, rng=0),
        TypeError,
        r"Attention\.init: rng is 0; pass",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_attend_takes_the_values_by_their_weights():
    weights = softmax(normal(0, 2, 3, 5))
    v = normal(1, 5, 4)
    np.testing.assert_allclose(
        attend(weights, v), np.hstack([weights[0] @ v[:, :2], weights[1] @ v[:, 2:]])
    )

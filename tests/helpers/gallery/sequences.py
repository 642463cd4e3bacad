"""Recurrent cells and attention, up to a small GPT."""

import numpy as np

from engine import Tensor, scope
from helpers.gallery.scalars import Drawn


def rnn_5() -> Drawn:
    """a recurrent network, 5 steps"""
    return _rnn(5)


def rnn_50() -> Drawn:
    """a recurrent network, 50 steps"""
    return _rnn(50)


def _rnn(steps: int) -> Drawn:
    rng = np.random.default_rng(6)
    Wx, Wh = Tensor(rng.normal(size=(2, 4)) / 2), Tensor(rng.normal(size=(4, 4)) / 2)
    b, Wy = Tensor(np.zeros(4)), Tensor(rng.normal(size=(4, 1)))
    h = np.zeros((1, 4))
    xs = rng.normal(size=(steps, 1, 2))
    for t in range(steps):
        with scope(f"step {t}"):
            h = np.tanh(xs[t] @ Wx + h @ Wh + b)
    y = h @ Wy
    loss = ((y - 1.0) ** 2).sum()
    loss.backward()
    return loss, locals()


def sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + np.exp(-x))


def lstm() -> Drawn:
    """an LSTM cell, 4 steps"""
    rng = np.random.default_rng(14)
    W, b = Tensor(rng.normal(size=(5, 12)) / 2), Tensor(np.zeros(12))
    h = c = np.zeros((1, 3))
    for x in rng.normal(size=(4, 1, 2)):
        with scope("cell"):
            z = np.concatenate([x, h], axis=1) @ W + b
            i, f, o = (sigmoid(z[:, k : k + 3]) for k in (0, 3, 6))
            c = f * c + i * np.tanh(z[:, 9:])
            h = o * np.tanh(c)
    loss = (h**2).sum()
    loss.backward()
    return loss, locals()


def gru() -> Drawn:
    """a GRU cell, 1 step"""
    rng = np.random.default_rng(15)
    x, h = rng.normal(size=(1, 2)), Tensor(rng.normal(size=(1, 3)))
    Wz, Wr, Wn = (Tensor(rng.normal(size=(2, 3))) for _ in range(3))
    Uz, Ur, Un = (Tensor(rng.normal(size=(3, 3))) for _ in range(3))
    z = sigmoid(x @ Wz + h @ Uz)
    r = sigmoid(x @ Wr + h @ Ur)
    n = np.tanh(x @ Wn + r * (h @ Un))
    out = (1 - z) * n + z * h
    loss = (out**2).sum()
    loss.backward()
    return loss, locals()


def shares(scores: Tensor) -> Tensor:
    """Softmax of each row, of scores of shape (..., n)."""
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def centred(x: Tensor) -> Tensor:
    """Each row with mean 0 and variance 1."""
    d = x - x.mean(axis=-1, keepdims=True)
    return d / np.sqrt((d**2).mean(axis=-1, keepdims=True) + 1e-5)


def attention() -> Drawn:
    """one head behind a layer norm; a causal mask of -inf"""
    rng = np.random.default_rng(5)
    T, D = 4, 8
    x, gain, bias = Tensor(rng.normal(size=(T, D))), Tensor(np.ones(D)), Tensor(0.0)
    Wq, Wk, Wv, Wo = (Tensor(rng.normal(size=(D, D)) / np.sqrt(D)) for _ in range(4))
    with scope("layer norm"):
        h = gain * centred(x) + bias
    with scope("attention"):
        q, k, v = h @ Wq, h @ Wk, h @ Wv
        scores = q @ k.T / np.sqrt(D)
        scores = np.where(np.tril(np.ones((T, T))) > 0, scores, -np.inf)
        out = (shares(scores) @ v) @ Wo
    res = x + out
    loss = (res**2).mean()
    loss.backward()
    return loss, locals()


def attention_weights() -> Drawn:
    """the weights of four causal heads, by einsum over three axes"""
    rng = np.random.default_rng(18)
    q, k, v = (Tensor(rng.normal(size=(4, 6, 8))) for _ in range(3))
    scores = np.einsum("bqd,bkd->bqk", q, k) / np.sqrt(8)
    att = shares(np.where(np.tri(6) > 0, scores, -np.inf))
    out = att @ v
    loss = (out**2).mean()
    loss.backward()
    return loss, locals()


def heads() -> Drawn:
    """multi-head attention: two heads, no mask"""
    rng = np.random.default_rng(16)
    T, H, K = 3, 2, 2
    x = Tensor(rng.normal(size=(T, H * K)))
    Wqkv, Wo = Tensor(rng.normal(size=(4, 12)) / 2), Tensor(rng.normal(size=(4, 4)))
    split = (x @ Wqkv).reshape(T, 3, H, K).transpose(1, 2, 0, 3)
    q, k, v = split[0], split[1], split[2]
    att = shares(q @ k.transpose(0, 2, 1) / np.sqrt(K))
    mixed = (att @ v).transpose(1, 0, 2).reshape(T, H * K)
    out = mixed @ Wo
    loss = (out**2).mean()
    loss.backward()
    return loss, locals()


def gpt() -> Drawn:
    """a GPT: 1 layer, 16 dimensions, 4 heads, 5 tokens of 9"""
    rng = np.random.default_rng(17)
    T, D, H, V = 5, 16, 4, 9
    wte, wpe, Wqkv, Wo, W1, W2 = (
        Tensor(rng.normal(size=s) / 4)
        for s in [(V, D), (T, D), (D, 3 * D), (D, D), (D, 4 * D), (4 * D, D)]
    )
    ids, targets = np.array([1, 4, 2, 8, 5]), np.array([4, 2, 8, 5, 7])
    with scope("embedding"):
        x = wte[ids] + wpe
    with scope("attention"):
        qkv = (centred(x) @ Wqkv).reshape(T, 3, H, D // H).transpose(1, 2, 0, 3)
        scores = qkv[0] @ qkv[1].transpose(0, 2, 1) / np.sqrt(D // H)
        att = shares(np.where(np.tri(T) > 0, scores, -np.inf))
        x = x + (att @ qkv[2]).transpose(1, 0, 2).reshape(T, D) @ Wo
    with scope("mlp"):
        x = x + np.maximum(centred(x) @ W1, 0) @ W2
    with scope("head"):
        logits = centred(x) @ wte.T
    loss = -np.log(shares(logits)[np.arange(T), targets]).mean()
    loss.backward()
    return loss, locals()

"""Forty wrong gradients, written by someone who did not know how mistakes are named.

CASES is a list of (sentence, build, kinds). `build()` returns (loss, x, answer, right):
a graph, a tensor of it, and its gradient with and without the mistake. Backward passes
are plain NumPy, by hand; the engine only builds the graphs. The sentence says what the
mistake is, and the kinds are those that would be a true first word for it.

So the table measures engine/mistakes. Do not tune it to these cases: write new ones.
"""

import numpy as np

import nn
from engine import Tensor

CASES = []


def case(sentence, *kinds):
    def add(build):
        CASES.append((sentence, build, set(kinds)))
        return build

    return add


def rand(k, *shapes):
    rng = np.random.default_rng(k)
    out = [rng.normal(size=s) for s in shapes]
    return out if len(out) > 1 else out[0]


def softmax(s, axis=-1):
    e = np.exp(s - s.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# ---------------------------------------------------------------- batch norm


EPS = 1e-5


def bn_steps(k, n=5, d=3):
    """makemore's batch norm, in steps, with Bessel's correction."""
    x, t, gamma, beta = rand(k, (n, d), (n, d), d, d)
    x, gamma = 1.7 * x + 0.4, gamma + 1.5
    hprebn = Tensor(x, name="hprebn")
    bngain, bnbias = Tensor(gamma, name="bngain"), Tensor(beta, name="bnbias")
    bnmeani = hprebn.sum(axis=0, keepdims=True) / n
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = bndiff2.sum(axis=0, keepdims=True) / (n - 1)
    bnvar_inv = (bnvar + EPS) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    loss = ((np.tanh(hpreact) - t) ** 2).mean()
    # the same forward pass in numbers, and the gradient down to hpreact
    diff = x - x.sum(0, keepdims=True) / n
    var = (diff**2).sum(0, keepdims=True) / (n - 1)
    inv = (var + EPS) ** -0.5
    raw = diff * inv
    h = np.tanh(gamma * raw + beta)
    dhpreact = 2 * (h - t) / h.size * (1 - h**2)
    nums = {
        "n": n,
        "gamma": gamma,
        "diff": diff,
        "var": var,
        "inv": inv,
        "raw": raw,
        "g": dhpreact,
    }
    nodes = {
        "hprebn": hprebn,
        "bngain": bngain,
        "bnbias": bnbias,
        "bnvar": bnvar,
        "bndiff": bndiff,
    }
    return loss, nodes, nums


@case(
    "forgets that bndiff is used twice: the way through bndiff2 and the variance "
    "is missing",
    "use",
)
def bn_no_variance_path():
    loss, nodes, m = bn_steps(101)
    n, draw = m["n"], m["g"] * m["gamma"]

    def back(variance_path):
        ddiff = m["inv"] * draw
        if variance_path:
            dinv = (m["diff"] * draw).sum(0, keepdims=True)
            dvar = -0.5 * (m["var"] + EPS) ** -1.5 * dinv
            ddiff = ddiff + 2 * m["diff"] * dvar / (n - 1)
        dmean = -ddiff.sum(0, keepdims=True)
        return ddiff + dmean / n

    return loss, nodes["hprebn"], back(False), back(True)


@case(
    "the variance was taken with 1/(n - 1), and its backward uses 1/n",
    "mean",
)
def bn_bessel():
    loss, nodes, m = bn_steps(102)
    n, draw = m["n"], m["g"] * m["gamma"]

    def back(by):
        dinv = (m["diff"] * draw).sum(0, keepdims=True)
        dvar = -0.5 * (m["var"] + EPS) ** -1.5 * dinv
        ddiff = m["inv"] * draw + 2 * m["diff"] * dvar / by
        return ddiff - ddiff.sum(0, keepdims=True) / n

    return loss, nodes["hprebn"], back(n), back(n - 1)


@case(
    "the derivative of (var + eps)**-0.5 keeps the exponent -0.5 instead of -1.5",
    "exponent",
)
def bn_exponent():
    loss, nodes, m = bn_steps(103)
    draw = m["g"] * m["gamma"]
    dinv = (m["diff"] * draw).sum(0, keepdims=True)
    answer = -0.5 * (m["var"] + EPS) ** -0.5 * dinv
    right = -0.5 * (m["var"] + EPS) ** -1.5 * dinv
    return loss, nodes["bnvar"], answer, right


@case(
    "bngain is broadcast over the batch, and its gradient isn't summed over it",
    "sum",
)
def bn_gain_not_summed():
    loss, nodes, m = bn_steps(104)
    return loss, nodes["bngain"], m["raw"] * m["g"], (m["raw"] * m["g"]).sum(0)


def bn_fused(k, n=4, d=3):
    x, t, gamma, beta = rand(k, (n, d), (n, d), d, d)
    x, gamma = 1.3 * x - 0.6, gamma + 2.0
    X, G, B = (
        Tensor(x, name="x"),
        Tensor(gamma, name="gamma"),
        Tensor(beta, name="beta"),
    )
    loss = ((nn.batch_norm(X, G, B) - t) ** 2).mean()
    mu, var = x.mean(0), x.var(0)
    std = np.sqrt(var + EPS)
    xhat = (x - mu) / std
    dout = 2 * (gamma * xhat + beta - t) / x.size
    return (
        loss,
        (X, G, B),
        {"x": x, "gamma": gamma, "std": std, "xhat": xhat, "dout": dout},
    )


@case(
    "dgamma multiplies by the x that came in instead of the normalised x",
    "input or output",
)
def bn_gamma_raw_x():
    loss, (_, G, _), m = bn_fused(105)
    return loss, G, (m["dout"] * m["x"]).sum(0), (m["dout"] * m["xhat"]).sum(0)


@case("dx of batch norm leaves out gamma", "factor")
def bn_no_gamma():
    loss, (X, _, _), m = bn_fused(106)

    def back(dxhat):
        mean = dxhat.mean(0) + m["xhat"] * (dxhat * m["xhat"]).mean(0)
        return (dxhat - mean) / m["std"]

    return loss, X, back(m["dout"]), back(m["dout"] * m["gamma"])


# ----------------------------------------------------------------- attention


def attention(k, t=4, d=3, causal=False):
    """One head of q, k, v, that are leaves; the loss is a mean squared error."""
    q, key, v, y = rand(k, (t, d), (t, d), (t, d), (t, d))
    Q, K, V = Tensor(q, name="q"), Tensor(key, name="k"), Tensor(v, name="v")
    S = Q @ K.T / np.sqrt(d)
    if causal:
        S = np.where(np.tril(np.ones((t, t), dtype=bool)), S, -np.inf)
    out = nn.softmax(S) @ V
    loss = ((out - y) ** 2).mean()
    s = q @ key.T / np.sqrt(d)
    if causal:
        s = np.where(np.tril(np.ones((t, t))) == 1, s, -np.inf)
    a = softmax(s)
    dout = 2 * (a @ v - y) / y.size
    return loss, (Q, K, V), (q, key, v, a, dout)


def softmax_back(a, da):
    return a * (da - (da * a).sum(-1, keepdims=True))


@case(
    "the scores are divided by sqrt(d); going back the student multiplies by sqrt(d)",
    "inverse",
)
def attention_scale():
    d = 6
    loss, (Q, _, _), (_, key, v, a, dout) = attention(201, t=4, d=d)
    ds = softmax_back(a, dout @ v.T)
    return loss, Q, ds @ key * np.sqrt(d), ds @ key / np.sqrt(d)


@case("takes a * (1 - a) as the whole derivative of softmax", "diagonal")
def attention_diagonal():
    loss, (Q, _, _), (_, key, v, a, dout) = attention(202)
    da = dout @ v.T
    answer = (a * (1 - a) * da) @ key / np.sqrt(3)
    return loss, Q, answer, softmax_back(a, da) @ key / np.sqrt(3)


@case("dk = ds @ q: forgets to transpose ds, which is square", "transposed")
def attention_dk():
    loss, (_, K, _), (q, _, v, a, dout) = attention(203)
    ds = softmax_back(a, dout @ v.T) / np.sqrt(3)
    return loss, K, ds @ q, ds.T @ q


@case(
    "dq = ds @ q: multiplies by q itself where the keys belong",
    "own value",
    "swapped",
)
def attention_dq():
    loss, (Q, _, _), (q, key, v, a, dout) = attention(204)
    ds = softmax_back(a, dout @ v.T) / np.sqrt(3)
    return loss, Q, ds @ q, ds @ key


@case(
    "recomputes the weights without the causal mask for the backward of softmax",
    "gate",
)
def attention_mask():
    loss, (Q, _, _), (q, key, v, a, dout) = attention(205, causal=True)
    da = dout @ v.T
    unmasked = softmax(q @ key.T / np.sqrt(3))
    answer = softmax_back(unmasked, da) @ key / np.sqrt(3)
    return loss, Q, answer, softmax_back(a, da) @ key / np.sqrt(3)


@case(
    "self-attention: x makes queries, keys and values, and the way through the "
    "keys is missing",
    "use",
)
def attention_no_keys():
    t, d = 4, 3
    x, wq, wk, wv, y = rand(206, (t, d), (d, d), (d, d), (d, d), (t, d))
    X = Tensor(x, name="x")
    Wq, Wk, Wv = Tensor(wq, name="wq"), Tensor(wk, name="wk"), Tensor(wv, name="wv")
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    loss = ((nn.softmax(Q @ K.T / np.sqrt(d)) @ V - y) ** 2).mean()
    q, key, v = x @ wq, x @ wk, x @ wv
    a = softmax(q @ key.T / np.sqrt(d))
    dout = 2 * (a @ v - y) / y.size
    ds = softmax_back(a, dout @ v.T) / np.sqrt(d)
    dq, dk, dv = ds @ key, ds.T @ q, a.T @ dout
    answer = dq @ wq.T + dv @ wv.T
    return loss, X, answer, answer + dk @ wk.T


# ----------------------------------------------------------------- embedding


@case(
    "dE[ids] += g with an index array: an id that comes three times counts once",
    "repeated index",
)
def embedding_repeated():
    ids = np.array([2, 0, 2, 4, 2, 0])
    e, w, y = rand(301, (5, 3), (3, 2), (6, 2))
    E, W = Tensor(e, name="E"), Tensor(w, name="W")
    loss = ((E[ids] @ W - y) ** 2).mean()
    g = 2 * (e[ids] @ w - y) / y.size @ w.T
    answer, right = np.zeros_like(e), np.zeros_like(e)
    answer[ids] += g
    np.add.at(right, ids, g)
    return loss, E, answer, right


@case(
    "tied weights: E looks ids up and makes the logits, and only the logits' "
    "part is counted",
    "use",
)
def embedding_tied():
    ids, targets = np.array([1, 3, 1, 0]), np.array([3, 1, 0, 4])
    e, w = rand(302, (5, 3), (3, 3))
    E, W = Tensor(e, name="E"), Tensor(w, name="W")
    loss = nn.cross_entropy(np.tanh(E[ids] @ W) @ E.T, targets)
    h = np.tanh(e[ids] @ w)
    dlogits = softmax(h @ e.T)
    dlogits[np.arange(4), targets] -= 1
    dlogits /= 4
    answer = dlogits.T @ h
    right = answer.copy()
    np.add.at(right, ids, (dlogits @ e) * (1 - h**2) @ w.T)
    return loss, E, answer, right


@case(
    "the mean over real tokens masks the padding; going back, the mask is "
    "forgotten and padding gets a gradient",
    "gate",
    "factor",
)
def embedding_padding():
    ids = np.array([[1, 4, 2, 0], [3, 0, 0, 0], [4, 1, 0, 0]])
    e, w, y = rand(303, (5, 3), (3, 2), (3, 2))
    mask = (ids != 0)[:, :, None].astype(float)
    counts = mask.sum(axis=1)
    E, W = Tensor(e, name="E"), Tensor(w, name="W")
    pooled = (nn.embedding(E, ids=ids) * mask).sum(axis=1) / counts
    loss = ((pooled @ W - y) ** 2).mean()
    p = (e[ids] * mask).sum(axis=1) / counts
    dp = 2 * (p @ w - y) / y.size @ w.T
    demb = np.repeat((dp / counts)[:, None, :], 4, axis=1)
    answer, right = np.zeros_like(e), np.zeros_like(e)
    np.add.at(answer, ids, demb)
    np.add.at(right, ids, demb * mask)
    return loss, E, answer, right


@case(
    "the positions are added to every sequence of the batch, and their gradient "
    "isn't summed over the batch",
    "sum",
)
def embedding_positions():
    ids = np.array([[1, 0, 2], [3, 3, 1]])
    e, p, w, y = rand(304, (4, 3), (3, 3), (3, 2), (2, 3, 2))
    E, P, W = Tensor(e, name="tok"), Tensor(p, name="pos"), Tensor(w, name="W")
    loss = ((np.tanh(nn.embedding(E, ids=ids) + P) @ W - y) ** 2).mean()
    h = np.tanh(e[ids] + p)
    g = 2 * (h @ w - y) / y.size @ w.T * (1 - h**2)
    return loss, P, g, g.sum(0)


@case(
    "the embeddings of a block were put side by side, and their gradient stays "
    "side by side: no reshape back",
    "shape",
)
def embedding_view():
    ids = np.array([[0, 1, 3], [1, 3, 2], [3, 2, 2], [2, 2, 4]])
    c, w, b, y = rand(305, (5, 2), (6, 4), 4, (4, 4))
    C, W, B = Tensor(c, name="C"), Tensor(w, name="W1"), Tensor(b, name="b1")
    emb = C[ids]
    h = np.tanh(emb.reshape(4, 6) @ W + B)
    loss = ((h - y) ** 2).mean()
    hh = np.tanh(c[ids].reshape(4, 6) @ w + b)
    dembcat = (2 * (hh - y) / y.size * (1 - hh**2)) @ w.T
    return loss, emb, dembcat, dembcat.reshape(4, 3, 2)


# ----------------------------------------------------- softmax cross-entropy


def ce_steps(k, n=4, c=5):
    """makemore's cross-entropy, in steps."""
    logits = 1.5 * rand(k, (n, c))
    y = np.random.default_rng(k + 1000).integers(0, c, size=n)
    rows = np.arange(n)
    L = Tensor(logits, name="logits")
    logit_maxes = np.max(L, axis=1, keepdims=True)
    norm_logits = L - logit_maxes
    counts = np.exp(norm_logits)
    counts_sum = counts.sum(axis=1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = np.log(probs)
    loss = -logprobs[rows, y].mean()
    norm = logits - logits.max(1, keepdims=True)
    cnt = np.exp(norm)
    inv = 1 / cnt.sum(1, keepdims=True)
    p = cnt * inv
    dlogprobs = np.zeros_like(p)
    dlogprobs[rows, y] = -1 / n
    nodes = {"logits": L, "counts": counts, "probs": probs}
    return (
        loss,
        nodes,
        {
            "logits": logits,
            "norm": norm,
            "cnt": cnt,
            "inv": inv,
            "p": p,
            "g": dlogprobs,
        },
    )


@case(
    "counts is used twice; the way through counts_sum is missing",
    "use",
)
def ce_counts():
    loss, nodes, m = ce_steps(401)
    dprobs = m["g"] / m["p"]
    answer = m["inv"] * dprobs
    dinv = (m["cnt"] * dprobs).sum(1, keepdims=True)
    return loss, nodes["counts"], answer, answer - m["inv"] ** 2 * dinv


@case("the derivative of log(p) is written as p instead of 1 / p", "inverse")
def ce_log():
    loss, nodes, m = ce_steps(402)
    return loss, nodes["probs"], m["g"] * m["p"], m["g"] / m["p"]


@case(
    "the derivative of exp is written with what goes into exp instead of what "
    "comes out",
    "input or output",
)
def ce_exp():
    loss, nodes, m = ce_steps(403)
    dprobs = m["g"] / m["p"]
    dinv = (m["cnt"] * dprobs).sum(1, keepdims=True)
    dcounts = m["inv"] * dprobs - m["inv"] ** 2 * dinv

    def back(dnorm):
        dmax = -dnorm.sum(1, keepdims=True)
        return dnorm + dmax * (m["logits"] == m["logits"].max(1, keepdims=True))

    return loss, nodes["logits"], back(dcounts * m["norm"]), back(dcounts * m["cnt"])


def ce_fused(k, n=4, c=3):
    """A linear classifier: x @ w + b, and nn.cross_entropy."""
    x, w, b = rand(k, (n, 3), (3, c), c)
    y = np.random.default_rng(k + 1000).integers(0, c, size=n)
    W, B = Tensor(w, name="W"), Tensor(b, name="b")
    loss = nn.cross_entropy(Tensor(x, name="x") @ W + B, y)
    onehot = np.zeros((n, c))
    onehot[np.arange(n), y] = 1
    return loss, W, (x, softmax(x @ w + b), onehot, n)


@case(
    "the loss is a mean over n examples, and dscores isn't divided by n",
    "mean",
    "factor",
)
def ce_mean():
    loss, W, (x, p, onehot, n) = ce_fused(404)
    return loss, W, x.T @ (p - onehot), x.T @ (p - onehot) / n


@case("dscores is y - p instead of p - y", "sign", "swapped")
def ce_sign():
    loss, W, (x, p, onehot, n) = ce_fused(405)
    return loss, W, x.T @ (onehot - p) / n, x.T @ (p - onehot) / n


@case(
    "of the softmax only the case i = j is differentiated, p_i * (1 - p_i); the "
    "other classes get nothing",
    "diagonal",
)
def ce_diagonal():
    n, c = 4, 5
    logits, y = rand(406, (n, c)), np.array([2, 0, 4, 2])
    rows = np.arange(n)
    L = Tensor(logits, name="logits")
    loss = -np.log(nn.softmax(L)[rows, y]).mean()
    p = softmax(logits)
    dp = np.zeros_like(p)
    dp[rows, y] = -1 / (n * p[rows, y])
    return loss, L, dp * p * (1 - p), softmax_back(p, dp)


# ----------------------------------------------------------------------- MLP


def mlp(k, act, n=5, d=3, h=4):
    """Two layers, the hidden one of relu or tanh; one output; mean squared error."""
    x, w1, b1, w2, b2, y = rand(k, (n, d), (d, h), h, (h, 1), 1, n)
    X, W1, B1 = Tensor(x, name="x"), Tensor(w1, name="w1"), Tensor(b1, name="b1")
    W2, B2 = Tensor(w2, name="w2"), Tensor(b2, name="b2")
    H = (nn.relu if act == "relu" else np.tanh)(X @ W1 + B1)
    loss = nn.mse(H @ W2 + B2, y)
    z = x @ w1 + b1
    hid = np.maximum(z, 0) if act == "relu" else np.tanh(z)
    out = hid @ w2 + b2
    dout = 2 * (out - y[:, None]) / n
    return (
        loss,
        (W1, B1, W2, B2),
        {"x": x, "z": z, "h": hid, "w2": w2, "y": y, "out": out, "g": dout, "n": n},
    )


@case("lets the gradient through every ReLU, also those that were off", "gate")
def mlp_relu():
    loss, (W1, _, _, _), m = mlp(501, "relu")
    dh = m["g"] @ m["w2"].T
    return loss, W1, m["x"].T @ dh, m["x"].T @ (dh * (m["z"] > 0))


@case(
    "updates w2 first (w2 -= lr * dw2) and then sends the gradient back through "
    "the new w2",
    "stepped",
)
def mlp_stepped():
    loss, (W1, _, _, _), m = mlp(502, "tanh")
    w2 = m["w2"] - 0.1 * m["h"].T @ m["g"]

    def back(w):
        return m["x"].T @ (m["g"] @ w.T * (1 - m["h"] ** 2))

    return loss, W1, back(w2), back(m["w2"])


@case(
    "output (n, 1) minus target (n,) became (n, n), and the loss the mean over "
    "all pairs",
    "broadcast",
)
def mlp_broadcast():
    loss, (_, _, W2, _), m = mlp(503, "tanh")
    pairs = m["out"] - m["y"]  # (n, n)
    dout = (2 * pairs / pairs.size).sum(axis=1, keepdims=True)
    return loss, W2, m["h"].T @ dout, m["h"].T @ m["g"]


@case(
    "takes 1 - h**2 for the gradient at the hidden units: what came from above "
    "is left out",
    "upstream",
)
def mlp_upstream():
    loss, (W1, _, _, _), m = mlp(504, "tanh")
    slope = 1 - m["h"] ** 2
    return loss, W1, m["x"].T @ slope, m["x"].T @ (m["g"] @ m["w2"].T * slope)


# ----------------------------------------------------------------------- RNN


def rnn(k, steps=3, n=2, d=2, h=3):
    """h_t = tanh(x_t @ wx + h_(t-1) @ wh + b); all states count in the loss."""
    xs, h0, wx, wh, b, ys = rand(
        k, (steps, n, d), (n, h), (d, h), (h, h), h, (steps, n, h)
    )
    H, B = Tensor(h0, name="h0"), Tensor(b, name="b")
    WX, WH = Tensor(wx, name="wx"), Tensor(wh, name="wh")
    loss, hs, zs = 0.0, [h0], []
    for t in range(steps):
        H = np.tanh(xs[t] @ WX + H @ WH + B)
        loss = loss + ((H - ys[t]) ** 2).mean()
        zs.append(xs[t] @ wx + hs[-1] @ wh + b)
        hs.append(np.tanh(zs[-1]))
    douts = [2 * (hs[t + 1] - ys[t]) / ys[t].size for t in range(steps)]
    return (
        loss,
        (WX, WH, B),
        {"T": steps, "xs": xs, "hs": hs, "zs": zs, "wh": wh, "wx": wx, "g": douts},
    )


def rnn_back(m, times=None, slope=None, back=None):
    """(dwx, dwh, db) as lists, a term for each time step in the order of the loop."""
    slope = slope or (lambda t: 1 - m["hs"][t + 1] ** 2)
    back = m["wh"].T if back is None else back
    dnext, dwx, dwh, db = 0.0, [], [], []
    for t in times or range(m["T"] - 1, -1, -1):
        dz = (m["g"][t] + dnext) * slope(t)
        dwx.append(m["xs"][t].T @ dz)
        dwh.append(m["hs"][t].T @ dz)
        db.append(dz.sum(0))
        dnext = dz @ back
    return dwx, dwh, db


@case(
    "dwh = ... in the loop instead of dwh += ...: each time step overwrites the "
    "one before",
    "use",
)
def rnn_overwrites():
    loss, (_, WH, _), m = rnn(601)
    terms = rnn_back(m)[1]
    return loss, WH, terms[-1], sum(terms)


@case(
    "goes through the time steps forward, from the first to the last, on the way back",
    "order",
)
def rnn_order():
    loss, (WX, _, _), m = rnn(602)
    return loss, WX, sum(rnn_back(m, times=range(m["T"]))[0]), sum(rnn_back(m)[0])


@case("dh_prev = dz @ wh: the transpose is missing", "transposed")
def rnn_transposed():
    loss, (WX, _, _), m = rnn(603)
    return loss, WX, sum(rnn_back(m, back=m["wh"])[0]), sum(rnn_back(m)[0])


@case(
    "the derivative of tanh is 1 - z**2 with z what went into tanh, not 1 - h**2",
    "input or output",
)
def rnn_tanh():
    loss, (_, _, B), m = rnn(604)
    wrong = rnn_back(m, slope=lambda t: 1 - m["zs"][t] ** 2)
    return loss, B, sum(wrong[2]), sum(rnn_back(m)[2])


# ------------------------------------------------------- 9 on other programs


@case(
    "layer norm's backward copied from batch norm: the means go over the batch "
    "instead of the features",
    "axis",
)
def layer_norm_axis():
    x, t, gamma, beta = rand(701, (4, 5), (4, 5), 5, 5)
    X, G, B = (
        Tensor(x, name="x"),
        Tensor(gamma, name="gamma"),
        Tensor(beta, name="beta"),
    )
    loss = ((nn.layer_norm(X, G, B) - t) ** 2).mean()
    std = np.sqrt(x.var(1, keepdims=True) + EPS)
    xhat = (x - x.mean(1, keepdims=True)) / std
    dxhat = 2 * (gamma * xhat + beta - t) / x.size * gamma

    def back(axis):
        m1 = dxhat.mean(axis, keepdims=True)
        m2 = (dxhat * xhat).mean(axis, keepdims=True)
        return (dxhat - m1 - xhat * m2) / std

    return loss, X, back(0), back(1)


@case(
    "layer norm in steps: the mean is subtracted, and its gradient comes back "
    "without the minus",
    "sign",
)
def layer_norm_sign():
    x, t, gamma = rand(702, (3, 4), (3, 4), 4)
    X, G = Tensor(x, name="x"), Tensor(gamma, name="gamma")
    mu = X.mean(axis=1, keepdims=True)
    xc = X - mu
    var = (xc**2).mean(axis=1, keepdims=True)
    loss = ((xc / np.sqrt(var + EPS) * G - t) ** 2).mean()
    c = x - x.mean(1, keepdims=True)
    s = np.sqrt((c**2).mean(1, keepdims=True) + EPS)
    dxhat = 2 * (c / s * gamma - t) / x.size * gamma
    ds = (-dxhat * c / s**2).sum(1, keepdims=True)
    dc = dxhat / s + 2 * c / 4 * ds / (2 * s)
    dmu = dc.sum(1, keepdims=True)
    return loss, X, dc + dmu / 4, dc - dmu / 4


@case(
    "calls sigmoid_prime with the activation a, which is a sigmoid already, "
    "instead of z",
    "input or output",
)
def logistic_prime():
    x, w, b = rand(703, (5, 3), 3, ())
    y = np.array([1.0, 0.0, 0.0, 1.0, 1.0])
    W, B = Tensor(w, name="w"), Tensor(b, name="b")
    A = nn.sigmoid(x @ W + B)
    loss = -(y * np.log(A) + (1 - y) * np.log(1 - A)).mean()
    a = sigmoid(x @ w + b)
    da = -(y / a - (1 - y) / (1 - a)) / 5

    def sigmoid_prime(z):
        return sigmoid(z) * (1 - sigmoid(z))

    return loss, W, x.T @ (da * sigmoid_prime(a)), x.T @ (da * sigmoid_prime(x @ w + b))


@case(
    "runs the backward pass twice on the same batch without setting dw to zero",
    "not zeroed",
    "factor",
)
def logistic_not_zeroed():
    x, w, b = rand(704, (5, 3), 3, ())
    y = np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    W, B = Tensor(w, name="w"), Tensor(b, name="b")
    loss = nn.binary_cross_entropy(x @ W + B, y)
    dw = np.zeros(3)
    for _ in range(2):
        dw += x.T @ (sigmoid(x @ w + b) - y) / 5
    return loss, W, dw, x.T @ (sigmoid(x @ w + b) - y) / 5


@case(
    "micrograd with self.grad = ... instead of +=: a is in d and in e, and the "
    "sum's part overwrites the product's",
    "use",
)
def scalars_overwrite():
    a, b = -2.3, 3.1
    A, B = Tensor(a, name="a"), Tensor(b, name="b")
    D = A * B
    E = A + B
    loss = D * E
    d, e = a * b, a + b
    # loss gives e to d and d to e; d gives b * e to a, and then e gives 1 * d
    return loss, A, np.array(d), np.array(b * e + d)


@case(
    "adds the slopes along the way instead of multiplying them: dL/da = b + f",
    "added",
)
def scalars_added():
    a, b, c, f = 1.7, -2.9, 8.3, 0.6
    A, B, C, F = (Tensor(v, name=s) for v, s in zip((a, b, c, f), "abcf", strict=False))
    loss = (A * B + C) * F
    return loss, A, np.array(b + f), np.array(b * f)


def conv_forward(k, size=4):
    """One image of 1 channel, one filter of 2 by 2 without a bias, stride 1."""
    x, w = rand(k, (1, 1, size, size), (1, 1, 2, 2))
    m = size - 1
    y = rand(k + 1000, (1, 1, m, m))
    X, W = Tensor(x, name="x"), Tensor(w, name="w")
    loss = ((nn.conv2d(X, W) - y) ** 2).mean()
    out = np.zeros_like(y)
    for i in range(m):
        for j in range(m):
            out[0, 0, i, j] = (x[0, 0, i : i + 2, j : j + 2] * w[0, 0]).sum()
    return loss, X, w[0, 0], 2 * (out - y)[0, 0] / y.size


def conv_dx(w, g, size=4):
    dx = np.zeros((1, 1, size, size))
    for i in range(size - 1):
        for j in range(size - 1):
            dx[0, 0, i : i + 2, j : j + 2] += g[i, j] * w
    return dx


@case(
    "windows overlap, and dx[window] = ... instead of += ...: the last window "
    "overwrites the others",
    "use",
    "repeated index",
)
def conv_overwrites():
    loss, X, w, g = conv_forward(705)
    answer = np.zeros((1, 1, 4, 4))
    for i in range(3):
        for j in range(3):
            answer[0, 0, i : i + 2, j : j + 2] = g[i, j] * w
    return loss, X, answer, conv_dx(w, g)


@case(
    "dx slides the filter over the padded gradient without turning it by 180 degrees",
    "other",
)
def conv_not_flipped():
    loss, X, w, g = conv_forward(706)
    padded = np.pad(g, 1)

    def slide(filter_):
        dx = np.zeros((1, 1, 4, 4))
        for i in range(4):
            for j in range(4):
                dx[0, 0, i, j] = (padded[i : i + 2, j : j + 2] * filter_).sum()
        return dx

    return loss, X, slide(w), slide(w[::-1, ::-1])


@case(
    "max pooling gives the gradient to every entry of the window, not to the "
    "largest only",
    "gate",
)
def max_pool_all():
    x, y = rand(707, (1, 1, 4, 4), (1, 1, 2, 2))
    X = Tensor(x, name="x")
    loss = ((nn.max_pool2d(np.tanh(X), size=2) - y) ** 2).mean()
    h = np.tanh(x)
    answer, right = np.zeros_like(x), np.zeros_like(x)
    for i in range(2):
        for j in range(2):
            at = (0, 0, slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2))
            g = 2 * (h[at].max() - y[0, 0, i, j]) / y.size
            answer[at] = g
            right[at] = g * (h[at] == h[at].max())
    return loss, X, answer * (1 - h**2), right * (1 - h**2)

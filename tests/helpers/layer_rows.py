"""Tables of nn: a row for each rule and each layer, by family.

Rules: the rule, its options, its operands (away from kinks), and the value written by
hand. tests/nn/test_rules.py compares each with differences to second order, and tries
it in other dtypes and layouts.

Layers: a function that makes one (the same each time), and the shape of a batch that it
takes. tests/nn/test_layers.py tries what holds for each: both ways of going backward,
what is remembered, copies, names.
"""

import math
from statistics import NormalDist

import numpy as np

import nn
from nn import (
    Conv2d,
    Flatten,
    Lin,
    MaskedLinear,
    MaxPool2d,
    ReLU,
    conv2d,
    exciter,
    lin,
    masked_linear,
    max_pool2d,
    mse,
    relu,
)


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# --- linear ---------------------------------------------------------------------------

MASK = np.array([[1.0, 0, 1], [0, 1, 1], [0, 0, 0], [1, 1, 0]])

LINEAR_RULES = {
    "lin": (
        lin,
        {},
        [normal(1, 5, 4), normal(2, 4, 3), normal(3, 3)],
        lambda x, w, b: np.einsum("nd,dk->nk", x, w) + b,
    ),
    "lin of one example": (
        lin,
        {},
        [normal(1, 1, 4), normal(2, 4, 1), normal(3, 1)],
        lambda x, w, b: np.einsum("nd,dk->nk", x, w) + b,
    ),
    "lin of a stack": (
        lin,
        {},
        [normal(1, 2, 5, 4), normal(2, 4, 3), normal(3, 3)],
        lambda x, w, b: np.einsum("ntd,dk->ntk", x, w) + b,
    ),
    "masked_linear": (
        masked_linear,
        {"mask": MASK},
        [normal(4, 5, 4), normal(5, 4, 3), normal(6, 3)],
        lambda x, w, b: np.einsum("nd,dk,dk->nk", x, w, MASK) + b,
    ),
    "masked_linear one to one": (
        masked_linear,
        {"mask": np.eye(3)},
        [normal(7, 2, 3), normal(8, 3, 3), normal(9, 3)],
        lambda x, w, b: x * np.diag(w) + b,
    ),
    "masked_linear of a stack": (
        masked_linear,
        {"mask": MASK},
        [normal(4, 2, 2, 4), normal(5, 4, 3), normal(6, 3)],
        lambda x, w, b: np.einsum("mnd,dk,dk->mnk", x, w, MASK) + b,
    ),
}


def linear(d=4, k=3, seed=0):
    return Lin(normal(seed, d, k), normal(seed + 1, k))


LINEAR_LAYERS = {
    "Lin": (linear, (5, 4)),
    "Lin of a stack": (linear, (2, 3, 4)),
    "Lin without biases": (lambda: Lin(normal(0, 4, 3), None), (5, 4)),
    "MaskedLinear": (
        lambda: MaskedLinear(normal(0, 4, 3), normal(1, 3), mask=MASK),
        (5, 4),
    ),
}

# --- activations ----------------------------------------------------------------------

FAR = np.array([[-3.0, -1.2, 0.4], [0.9, 1.7, 5.0]])  # from every kink below

ACTIVATION_RULES = {
    "relu": (relu, {}, [FAR], lambda x: np.where(x > 0, x, 0)),
    "exciter": (exciter, {}, [FAR * 4], lambda x: x.clip(-10, 10)),
    "exciter with bounds": (
        exciter,
        {"low": -1.0, "high": 1.0},
        [FAR],
        lambda x: x.clip(-1, 1),
    ),
    "leaky_relu": (
        nn.leaky_relu,
        {"slope": 0.25},
        [FAR],
        lambda x: np.where(x > 0, x, x / 4),
    ),
    "sigmoid": (nn.sigmoid, {}, [FAR], lambda x: 1 / (1 + np.exp(-x))),
    "gelu": (
        nn.gelu,
        {},
        [FAR],
        lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    ),
    "gelu, exact": (
        nn.gelu,
        {"approximate": "none"},
        [FAR],
        lambda x: x * np.vectorize(NormalDist().cdf)(x),
    ),
    "softmax": (
        nn.softmax,
        {},
        [FAR],
        lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True),
    ),
    "softmax of columns": (
        nn.softmax,
        {"axis": 0},
        [FAR],
        lambda x: np.exp(x) / np.exp(x).sum(axis=0),
    ),
    "log_softmax": (
        nn.log_softmax,
        {},
        [FAR],
        lambda x: x - np.log(np.exp(x).sum(axis=1, keepdims=True)),
    ),
}

ACTIVATION_LAYERS = {
    "ReLU": (ReLU, (5, 4)),
    "LeakyReLU": (nn.LeakyReLU, (5, 4)),
    "Tanh": (nn.Tanh, (5, 4)),
    "Sigmoid": (nn.Sigmoid, (5, 4)),
    "GELU": (nn.GELU, (5, 4)),
    "Softmax": (nn.Softmax, (5, 4)),
}

# --- normalisation and dropout --------------------------------------------------------

SCALE, SHIFT = normal(20, 4), normal(21, 4)


def centred(x, axes):
    x = x - x.mean(axis=axes, keepdims=True)
    return x / np.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)


def per_channel(numbers):
    return numbers[:, None, None]


NORMALISATION_RULES = {
    "layer_norm": (
        nn.layer_norm,
        {},
        [normal(22, 2, 3, 4), SCALE, SHIFT],
        lambda x, a, b: centred(x, -1) * a + b,
    ),
    "rms_norm": (
        nn.rms_norm,
        {"eps": 0.1},
        [normal(23, 3, 4), SCALE],
        lambda x, a: x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 0.1) * a,
    ),
    "batch_norm": (
        nn.batch_norm,
        {},
        [normal(24, 6, 4), SCALE, SHIFT],
        lambda x, a, b: centred(x, 0) * a + b,
    ),
    "batch_norm of images": (
        nn.batch_norm,
        {},
        [normal(25, 3, 2, 2, 2), SCALE[:2], SHIFT[:2]],
        lambda x, a, b: centred(x, (0, 2, 3)) * per_channel(a) + per_channel(b),
    ),
    "normalise": (
        nn.normalise,
        {"mean": np.array([1.0, -1.0]), "var": np.array([0.5, 2.0])},
        [normal(26, 3, 2, 2, 2), SCALE[:2], SHIFT[:2]],
        lambda x, a, b: (
            (x - per_channel(np.array([1.0, -1.0])))
            / np.sqrt(per_channel(np.array([0.5, 2.0])) + 1e-5)
            * per_channel(a)
            + per_channel(b)
        ),
    ),
    "drop": (
        nn.drop,
        {"kept": normal(27, 3, 4) > 0, "p": 0.5},
        [normal(28, 3, 4)],
        lambda x: x * 2 * (normal(27, 3, 4) > 0),
    ),
}


class Ever(nn.Dropout):
    """A Dropout that drops the same units at each call, so that calls compare."""

    def __init__(self):
        super().__init__(0.5, rng=np.random.default_rng(0))

    def forward(self, inp):
        self.rng = np.random.default_rng(0)
        return super().forward(inp)

    _one_rule = True


def given(layer):
    """The layer, with parameters that are no ones and zeros."""
    for i, p in enumerate(layer.parameters()):
        p.data = normal(30 + i, *p.shape)
    return layer


def used(layer):
    """A BatchNorm as it is after training."""
    layer.mean, layer.var = normal(32, 4), abs(normal(33, 4)) + 0.5
    return given(layer).eval()


NORMALISATION_LAYERS = {
    "LayerNorm": (lambda: given(nn.LayerNorm(4)), (5, 4)),
    "RMSNorm": (lambda: given(nn.RMSNorm(4)), (2, 3, 4)),
    "BatchNorm": (lambda: given(nn.BatchNorm(4)), (5, 4)),
    "BatchNorm of images": (lambda: given(nn.BatchNorm(2)), (3, 2, 2, 2)),
    "BatchNorm, used": (lambda: used(nn.BatchNorm(4)), (5, 4)),
    "Dropout": (Ever, (5, 4)),
}

# --- embedding and attention ----------------------------------------------------------

IDS = np.array([[0, 1, 1], [4, 0, 1]])


def per_head(x, heads=2):
    return np.stack(np.split(x, heads, axis=-1), axis=-3)


ATTENTION_RULES = {
    "embedding": (nn.embedding, {"ids": IDS}, [normal(40, 5, 3)], lambda w: w[IDS]),
    "attention_scores": (
        nn.attention_scores,
        {"heads": 2},
        [normal(41, 3, 4), normal(42, 5, 4)],
        lambda q, k: np.einsum("htd,hsd->hts", per_head(q), per_head(k)) / np.sqrt(2),
    ),
    "attention_scores of a batch": (
        nn.attention_scores,
        {"heads": 2},
        [normal(43, 2, 3, 4), normal(44, 2, 3, 4)],
        lambda q, k: np.einsum("nhtd,nhsd->nhts", per_head(q), per_head(k)) / 2**0.5,
    ),
    "attend": (
        nn.attend,
        {},
        [normal(45, 2, 3, 5), normal(46, 5, 4)],
        lambda p, v: np.hstack(list(np.einsum("hts,hsd->htd", p, per_head(v)))),
    ),
}


def attention(causal, d=4):
    w = normal(47, 4, d, d)
    return nn.Attention(*w, heads=2, causal=causal)


ATTENTION_LAYERS = {
    "Attention": (lambda: attention(False), (3, 4)),
    "Attention, causal": (lambda: attention(True), (3, 4)),
    "Attention of a batch": (lambda: attention(True), (2, 3, 4)),
    "Embedding of one-hot rows": (lambda: nn.Embedding(normal(48, 4, 3)), (5, 4)),
}

# --- recurrent ------------------------------------------------------------------------


def logistic(z):
    return 1 / (1 + np.exp(-z))


def gru_by_hand(zx, zh, h):
    (xr, xs, xa), (hr, hs, ha) = np.split(zx, 3, axis=1), np.split(zh, 3, axis=1)
    s = logistic(xs + hs)
    return (1 - s) * np.tanh(xa + logistic(xr + hr) * ha) + s * h


RECURRENT_RULES = {
    "recurrence": (
        nn.recurrence,
        {},
        [
            normal(50, 3, 2),
            normal(51, 3, 4),
            normal(52, 2, 5),
            normal(53, 4, 5),
            normal(54, 5),
        ],
        lambda x, h, w, u, b: x @ w + h @ u + b,
    ),
    "lstm_memory": (
        nn.lstm_memory,
        {},
        [normal(55, 3, 8), normal(56, 3, 2)],
        lambda z, c: logistic(z[:, 2:4]) * c + logistic(z[:, :2]) * np.tanh(z[:, 4:6]),
    ),
    "lstm_state": (
        nn.lstm_state,
        {},
        [normal(57, 3, 8), normal(58, 3, 2)],
        lambda z, c: logistic(z[:, 6:]) * np.tanh(c),
    ),
    "gru_state": (
        nn.gru_state,
        {},
        [normal(59, 3, 6), normal(60, 3, 6), normal(61, 3, 2)],
        gru_by_hand,
    ),
}


def cell(kind, d=4, k=3):
    return given(kind.init(d, k, rng=np.random.default_rng(0)))


RECURRENT_LAYERS = {
    "RNN": (lambda: cell(nn.RNN), (5, 4)),
    "GRU": (lambda: cell(nn.GRU), (5, 4)),
    "Recurrent RNN": (lambda: nn.Recurrent(cell(nn.RNN)), (2, 3, 4)),
    "Recurrent LSTM": (lambda: nn.Recurrent(cell(nn.LSTM)), (2, 3, 4)),
    "Recurrent GRU, last": (lambda: nn.Recurrent(cell(nn.GRU), last=True), (2, 3, 4)),
}

# --- convolution ----------------------------------------------------------------------


def filtered(x, w, b=0.0, *, stride=(1, 1), padding=(0, 0)):
    """The filters at each place, one after the other."""
    (p, q), (r, s) = stride, w.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    i, j = (x.shape[2] - r) // p + 1, (x.shape[3] - s) // q + 1
    y = np.zeros((len(x), len(w), i, j))
    for u, v in np.ndindex(i, j):
        window = x[:, :, u * p : u * p + r, v * q : v * q + s]
        y[:, :, u, v] = np.einsum("ncrs,kcrs->nk", window, w) + b
    return y


def largest(x, *, size, stride):
    (r, s), (p, q) = size, stride
    i, j = (x.shape[2] - r) // p + 1, (x.shape[3] - s) // q + 1
    y = np.zeros((*x.shape[:2], i, j))
    for u, v in np.ndindex(i, j):
        window = x[:, :, u * p : u * p + r, v * q : v * q + s]
        y[:, :, u, v] = window.max(axis=(2, 3))
    return y


def apart(seed, *shape):
    """Numbers in any order, of which none is near another."""
    numbers = np.arange(math.prod(shape)) / 8 - 1.0
    return np.random.default_rng(seed).permutation(numbers).reshape(shape)


CONVOLUTION_RULES = {
    "conv2d": (
        conv2d,
        {},
        [normal(20, 2, 2, 4, 3), normal(21, 3, 2, 2, 2), normal(22, 3)],
        filtered,
    ),
    "conv2d without biases": (
        conv2d,
        {"padding": 1},
        [normal(20, 2, 1, 3, 3), normal(21, 2, 1, 3, 3)],
        lambda x, w: filtered(x, w, padding=(1, 1)),
    ),
    "conv2d with steps": (
        conv2d,
        {"stride": (2, 1), "padding": (2, 0)},
        [normal(23, 2, 2, 4, 3), normal(24, 3, 2, 3, 2), normal(25, 3)],
        lambda *x: filtered(*x, stride=(2, 1), padding=(2, 0)),
    ),
    "conv2d of patches": (
        conv2d,
        {"stride": 2},
        [normal(26, 2, 2, 5, 4), normal(27, 3, 2, 2, 2), normal(28, 3)],
        lambda *x: filtered(*x, stride=(2, 2)),
    ),
    "conv2d that jumps": (
        conv2d,
        {"stride": 3, "padding": 1},
        [normal(26, 1, 2, 5, 4), normal(27, 3, 2, 2, 1), normal(28, 3)],
        lambda *x: filtered(*x, stride=(3, 3), padding=(1, 1)),
    ),
    "max_pool2d": (
        max_pool2d,
        {"size": 2},
        [apart(29, 2, 2, 4, 4)],
        lambda x: largest(x, size=(2, 2), stride=(2, 2)),
    ),
    "max_pool2d that leaves some out": (
        max_pool2d,
        {"size": (2, 3)},
        [apart(30, 1, 2, 5, 4)],
        lambda x: largest(x, size=(2, 3), stride=(2, 3)),
    ),
    "max_pool2d of windows that overlap": (
        max_pool2d,
        {"size": (3, 2), "stride": (2, 1)},
        [apart(31, 2, 1, 6, 4)],
        lambda x: largest(x, size=(3, 2), stride=(2, 1)),
    ),
}

CONVOLUTION_LAYERS = {
    "Conv2d": (
        lambda: Conv2d(normal(0, 3, 2, 2, 2), normal(1, 3), padding=(0, 1)),
        (2, 2, 3, 3),
    ),
    "Conv2d without biases": (
        lambda: Conv2d(normal(0, 3, 2, 2, 2), None, stride=2),
        (2, 2, 3, 3),
    ),
    "MaxPool2d": (lambda: MaxPool2d(2), (2, 2, 4, 5)),
    "MaxPool2d of windows that overlap": (
        lambda: MaxPool2d((3, 2), stride=1),
        (2, 2, 4, 5),
    ),
    "Flatten": (Flatten, (2, 3, 4)),
}

# --- losses ---------------------------------------------------------------------------

LOSS_RULES = {
    "mse of a column": (
        mse,
        {},
        [normal(10, 6, 1), normal(11, 6)],
        lambda x, y: np.mean((x[:, 0] - y) ** 2),
    ),
    "mse of equal shapes": (
        mse,
        {},
        [normal(12, 3, 2), normal(13, 3, 2)],
        lambda x, y: np.mean((x - y) ** 2),
    ),
    "mse of vectors": (
        mse,
        {},
        [normal(14, 4), normal(15, 4)],
        lambda x, y: np.mean((x - y) ** 2),
    ),
    "mse of numbers": (
        mse,
        {},
        [normal(16), normal(17)],
        lambda x, y: (x - y) ** 2,
    ),
    "mae": (
        nn.mae,
        {},
        [normal(80, 5, 1), normal(81, 5)],
        lambda x, y: abs(x[:, 0] - y).mean(),
    ),
    "huber": (
        nn.huber,
        {"delta": 0.75},
        [normal(82, 9, 1), normal(83, 9)],
        lambda x, y: np.mean(
            [
                d * d / 2 if abs(d) <= 0.75 else 0.75 * (abs(d) - 0.375)
                for d in x[:, 0] - y
            ]
        ),
    ),
    "hinge": (
        nn.hinge,
        {},
        [normal(84, 5, 1), np.array([1.0, -1, -1, 1, 1])],
        lambda x, y: np.maximum(0, 1 - y * x[:, 0]).mean(),
    ),
    "binary_cross_entropy": (
        nn.binary_cross_entropy,
        {},
        [normal(85, 5, 1), np.array([1.0, 0, 0.25, 1, 0])],
        lambda x, y: (
            -np.mean(
                y * np.log(logistic(x[:, 0])) + (1 - y) * np.log(logistic(-x[:, 0]))
            )
        ),
    ),
    "cross_entropy": (
        nn.cross_entropy,
        {},
        [normal(86, 3, 4), abs(normal(87, 3, 4))],
        lambda x, y: (
            -(y * np.log(np.exp(x) / np.exp(x).sum(1, keepdims=True))).sum() / 3
        ),
    ),
    "cross_entropy of sequences": (
        nn.cross_entropy,
        {},
        [normal(88, 2, 3, 4), abs(normal(89, 2, 3, 4))],
        lambda x, y: (
            -(y * np.log(np.exp(x) / np.exp(x).sum(2, keepdims=True))).sum() / 6
        ),
    ),
}

# --- all ------------------------------------------------------------------------------

RULES = {
    **LINEAR_RULES,
    **ACTIVATION_RULES,
    **NORMALISATION_RULES,
    **ATTENTION_RULES,
    **RECURRENT_RULES,
    **CONVOLUTION_RULES,
    **LOSS_RULES,
}

LAYERS = {
    **LINEAR_LAYERS,
    **ACTIVATION_LAYERS,
    **NORMALISATION_LAYERS,
    **ATTENTION_LAYERS,
    **RECURRENT_LAYERS,
    **CONVOLUTION_LAYERS,
}

"""code: programs that are read, line by line, and put on a slide.

Each text was read by a person, and is what a lecturer would write. A change that makes
another text of one of these must make a better one.
"""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from engine import Tensor, grad, logsumexp
from nn import ExciterNet
from viz import code

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(20, 3)), RNG.integers(0, 3, 20)


def some(*shape):
    return RNG.normal(size=shape)


# --- the Exciter network --------------------------------------------------------------

EXCITER = """\
def value_and_gradients(w1, b1, wm, bm, w2, b2, x, y):
    # forward
    lin1 = x @ w1 + b1
    exciter = np.minimum(np.maximum(lin1, -10.0), 10.0)
    mask = np.array([[True, False, False], [False, True, False], [False, False, True]])
    kept = np.where(mask, wm, 0.0)
    masked_linear = exciter @ kept + bm
    relu = np.maximum(masked_linear, 0.0)
    lin2 = relu @ w2 + b2
    difference = lin2.reshape(4) - y
    loss = np.dot(difference, difference) / 4
    # backward
    g_loss = 1.0
    g_lin2 = (2 * g_loss / 4 * difference)[:, None]
    g_relu = g_lin2 @ w2.T
    g_w2 = relu.T @ g_lin2
    g_b2 = g_lin2.sum(axis=0)
    g_masked_linear = g_relu * (relu != 0)
    g_exciter = g_masked_linear @ kept.T
    g_wm = np.where(mask, exciter.T @ g_masked_linear, 0.0)
    g_bm = g_masked_linear.sum(axis=0)
    g_lin1 = g_exciter * ((lin1 >= -10.0) & (lin1 <= 10.0))
    g_w1 = x.T @ g_lin1
    g_b1 = g_lin1.sum(axis=0)
    return loss, (g_w1, g_b1, g_wm, g_bm, g_w2, g_b2)"""


def exciter():
    x, y = some(4, 5), some(4)
    net = ExciterNet.init(rng=RNG)
    return net(x, y), {"x": x, "y": y}


# --- cross-entropy --------------------------------------------------------------------

ENTROPY = """\
def value_and_gradients(w, b, X, LABELS):
    # Where the asserts hold, the function goes this way.
    # forward
    logits = X @ w + b
    largest = logits.max(axis=1, keepdims=True)
    assert np.isfinite(largest).all()
    exps = np.exp(logits - largest)
    total = exps.sum(axis=1, keepdims=True)
    log_p = logits - (np.log(total) + largest)
    loss = -log_p[np.arange(20), LABELS].mean()
    # backward
    g_loss = 1.0
    g_log_p = np.zeros((20, 3))
    np.add.at(g_log_p, (np.arange(20), LABELS), -g_loss / 20)
    g_logits = g_log_p - g_log_p.sum(axis=1, keepdims=True) * (exps / total)
    g_b = g_logits.sum(axis=0)
    g_w = X.T @ g_logits
    return loss, (g_w, g_b)"""


def entropy(w, b):
    logits = X @ w + b
    log_p = logits - logsumexp(logits, axis=1, keepdims=True)
    return -log_p[np.arange(20), LABELS].mean()


ENTROPY_GRAPH = ENTROPY.replace("LABELS", "labels").replace("X", "x")


def entropy_graph():
    w, b = Tensor(some(3, 3)), Tensor(np.zeros(3))
    logits = X @ w + b
    log_p = logits - logsumexp(logits, axis=1, keepdims=True)
    loss = -log_p[np.arange(20), LABELS].mean()
    return loss, {"x": X, "labels": LABELS, **locals()}


ENTROPY_BY_HAND = """\
def value_and_gradients(w, b, X, LABELS):
    # forward
    logits = X @ w + b
    top = logits.max(axis=1, keepdims=True)
    e = np.exp(logits - top)
    sum_ = e.sum(axis=1, keepdims=True)
    p = e / sum_
    getitem = p[np.arange(20), LABELS]
    loss = -np.log(getitem).mean()
    # backward
    g_loss = 1.0
    g_p = np.zeros((20, 3))
    np.add.at(g_p, (np.arange(20), LABELS), -g_loss / 20 / getitem)
    g_e = g_p / sum_ - (g_p * p / sum_).sum(axis=1, keepdims=True)
    g_subtract = g_e * e
    g_top = -g_subtract.sum(axis=1, keepdims=True)
    chosen = (logits == top) | np.isnan(logits)
    v = np.where(chosen, g_top / chosen.sum(axis=1, keepdims=True), 0)
    g_logits = g_subtract + v
    g_b = g_logits.sum(axis=0)
    g_w = X.T @ g_logits
    return loss, (g_w, g_b)"""


def entropy_by_hand(w, b):
    logits = X @ w + b
    top = logits.max(axis=1, keepdims=True)
    e = np.exp(logits - top)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(20), LABELS]).mean()


# --- batch norm -----------------------------------------------------------------------

BATCH_NORM = """\
def value_and_gradients(x, gamma, beta, target):
    # forward
    mean = x.mean(axis=0)
    var = x.var(axis=0)
    sqrt = np.sqrt(var + 1e-05)
    normal = (x - mean) / sqrt
    y = gamma * normal + beta
    subtract = y - target
    loss = (subtract ** 2).mean()
    # backward
    g_loss = 1.0
    g_y = 2 * (g_loss / 60) * subtract
    g_target = -g_y
    g_beta = g_y.sum(axis=0)
    g_gamma = (g_y * normal).sum(axis=0)
    g_normal = g_y * gamma
    g_subtract = g_normal / sqrt
    g_var = -(g_normal * normal / sqrt).sum(axis=0) / (2 * sqrt)
    g_mean = -g_subtract.sum(axis=0)
    centred = x - x.mean(axis=0, keepdims=True)
    v = 2 * g_var / 20 * (centred - centred.mean(axis=0, keepdims=True))
    g_x = g_subtract + v + g_mean / 20
    return loss, (g_x, g_gamma, g_beta, g_target)"""


def batch_norm(x, gamma, beta, target):
    mean, var = x.mean(axis=0), x.var(axis=0)
    normal = (x - mean) / np.sqrt(var + 1e-5)
    y = gamma * normal + beta
    return ((y - target) ** 2).mean()


BATCH_NORM_GRAPH = BATCH_NORM.replace("    g_target = -g_y\n", "").replace(
    "g_beta, g_target)", "g_beta)"
)


def batch_norm_graph():
    x, gamma, beta = Tensor(some(20, 3)), Tensor(np.ones(3)), Tensor(np.zeros(3))
    target = some(20, 3)
    mean, var = x.mean(axis=0), x.var(axis=0)
    normal = (x - mean) / np.sqrt(var + 1e-5)
    y = gamma * normal + beta
    loss = ((y - target) ** 2).mean()
    return loss, locals()


# --- attention ------------------------------------------------------------------------

ATTENTION = """\
def value_and_gradients(q, k, v):
    # Where the asserts hold, the function goes this way.
    # forward
    scores = q @ k.T / 1.4142135623730951
    largest = scores.max(axis=-1, keepdims=True)
    assert np.isfinite(largest).all()
    exps = np.exp(scores - largest)
    total = exps.sum(axis=-1, keepdims=True)
    weights = np.exp(scores - (np.log(total) + largest))
    out = weights @ v
    loss = (out ** 2).sum()
    # backward
    g_loss = 1.0
    g_out = 2 * g_loss * out
    g_weights = g_out @ v.T
    g_v = weights.T @ g_out
    g_subtract = g_weights * weights
    g_scores = g_subtract - g_subtract.sum(axis=1, keepdims=True) * (exps / total)
    g_matmul = g_scores / 1.4142135623730951
    g_q = g_matmul @ k
    g_k = (q.T @ g_matmul).T
    return loss, (g_q, g_k, g_v)"""


def attention(q, k, v):
    scores = q @ k.T / np.sqrt(2)
    weights = np.exp(scores - logsumexp(scores, axis=-1, keepdims=True))
    out = weights @ v
    return (out**2).sum()


CAUSAL = """\
def value_and_gradients(x, wq, wk, wv, mask):
    # Where the asserts hold, the function goes this way.
    # forward
    q = x @ wq
    k = x @ wk
    v = x @ wv
    scores = np.where(mask, q @ k.T / 1.4142135623730951, -np.inf)
    largest = scores.max(axis=-1, keepdims=True)
    assert np.isfinite(largest).all()
    exps = np.exp(scores - largest)
    total = exps.sum(axis=-1, keepdims=True)
    weights = np.exp(scores - (np.log(total) + largest))
    out = weights @ v
    loss = (out ** 2).sum()
    # backward
    g_loss = 1.0
    g_out = 2 * g_loss * out
    g_weights = g_out @ v.T
    g_v = weights.T @ g_out
    g_subtract = g_weights * weights
    g_scores = g_subtract - g_subtract.sum(axis=1, keepdims=True) * (exps / total)
    g_matmul = np.where(mask, g_scores, 0) / 1.4142135623730951
    g_q = g_matmul @ k
    g_k = (q.T @ g_matmul).T
    g_wv = x.T @ g_v
    g_wk = x.T @ g_k
    g_x = g_v @ wv.T + g_k @ wk.T + g_q @ wq.T
    g_wq = x.T @ g_q
    return loss, (g_x, g_wq, g_wk, g_wv)"""


def causal(x, wq, wk, wv):
    q, k, v = x @ wq, x @ wk, x @ wv
    mask = np.tri(5, dtype=bool)
    scores = np.where(mask, q @ k.T / np.sqrt(2), -np.inf)
    weights = np.exp(scores - logsumexp(scores, axis=-1, keepdims=True))
    out = weights @ v
    return (out**2).sum()


# --- a recurrent network --------------------------------------------------------------

RNN = """\
def value_and_gradients(wx, wh, b, x, y):
    # forward
    h = np.tanh(x[0] @ wx + np.zeros(4) @ wh + b)
    h2 = np.tanh(x[1] @ wx + h @ wh + b)
    h3 = np.tanh(x[2] @ wx + h2 @ wh + b)
    h4 = np.tanh(x[3] @ wx + h3 @ wh + b)
    h5 = np.tanh(x[4] @ wx + h4 @ wh + b)
    error = h5 - y
    loss = (error * error).sum()
    # backward
    g_loss = 1.0
    g_h5 = 2 * (g_loss * error)
    g_y = -g_h5
    g_matmul = g_h5 * (1 - h5 * h5)
    g_h4 = wh @ g_matmul
    g_x = np.zeros((5, 3))
    g_x[4] = wx @ g_matmul
    g_matmul2 = g_h4 * (1 - h4 * h4)
    g_h3 = wh @ g_matmul2
    g_x[3] += wx @ g_matmul2
    g_matmul3 = g_h3 * (1 - h3 * h3)
    g_h2 = wh @ g_matmul3
    total = np.outer(h4, g_matmul) + np.outer(h3, g_matmul2) + np.outer(h2, g_matmul3)
    total2 = np.outer(x[4], g_matmul) + np.outer(x[3], g_matmul2)
    total3 = total2 + np.outer(x[2], g_matmul3)
    g_x[2] += wx @ g_matmul3
    g_matmul4 = g_h2 * (1 - h2 * h2)
    g_h = wh @ g_matmul4
    g_x[1] += wx @ g_matmul4
    g_matmul5 = g_h * (1 - h * h)
    g_b = g_matmul + g_matmul2 + g_matmul3 + g_matmul4 + g_matmul5
    g_wh = total + np.outer(h, g_matmul4) + np.zeros((4, 1)) * g_matmul5
    g_wx = total3 + np.outer(x[1], g_matmul4) + np.outer(x[0], g_matmul5)
    g_x[0] += wx @ g_matmul5
    return loss, (g_wx, g_wh, g_b, g_x, g_y)"""


def rnn(wx, wh, b, x, y):
    h = np.zeros(4)
    for t in range(5):
        h = np.tanh(x[t] @ wx + h @ wh + b)
    error = h - y
    return (error * error).sum()


# --- convolutions ---------------------------------------------------------------------

CONVOLVE = """\
def value_and_gradients(x, k, y):
    # forward
    z = np.convolve(x, k)[2:20]
    hidden = np.maximum(z, 0)
    subtract = hidden - y
    loss = (subtract ** 2).sum()
    # backward
    g_loss = 1.0
    g_hidden = 2 * g_loss * subtract
    g_y = -g_hidden
    g_z = g_hidden * np.where(z == 0, 0.5, ~(z < 0))
    g_convolve = np.zeros(22)
    g_convolve[2:20] = g_z
    g_x = np.correlate(g_convolve, k, "valid")
    g_k = np.correlate(g_convolve, x, "valid")
    return loss, (g_x, g_k, g_y)"""


def convolve(x, k, y):
    z = np.convolve(x, k, mode="valid")
    hidden = np.maximum(z, 0)
    return ((hidden - y) ** 2).sum()


WINDOWS = """\
def value_and_gradients(x, kernel, bias):
    # forward
    index = np.array([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]])
    getitem = x[:, index]
    patches = getitem.mT[:, :, index].mT
    z = np.einsum("nijkl,okl->noij", patches, kernel) + bias[:, None, None]
    hidden = np.tanh(z)
    loss = (hidden ** 2).mean()
    # backward
    g_loss = 1.0
    g_hidden = 2 * (g_loss / 128) * hidden
    g_z = g_hidden * (1 - hidden * hidden)
    g_bias = g_z.sum(axis=(0, 2, 3))
    g_patches = np.einsum("noij,okl->nijkl", g_z, kernel)
    g_kernel = np.einsum("noij,nijkl->okl", g_z, patches)
    g_transpose = np.zeros((2, 4, 6, 3))
    np.add.at(g_transpose, np.s_[:, :, index], g_patches.mT)
    g_x = np.zeros((2, 6, 6))
    np.add.at(g_x, np.s_[:, index], g_transpose.mT)
    return loss, (g_x, g_kernel, g_bias)"""


def windows(x, kernel, bias):
    patches = sliding_window_view(x, (3, 3), axis=(1, 2))
    z = np.einsum("nijkl,okl->noij", patches, kernel) + bias[:, None, None]
    hidden = np.tanh(z)
    return (hidden**2).mean()


# --- the texts ------------------------------------------------------------------------

FUNCTIONS = {
    "ENTROPY": (entropy, some(3, 3), np.zeros(3)),
    "ENTROPY_BY_HAND": (entropy_by_hand, some(3, 3), np.zeros(3)),
    "BATCH_NORM": (batch_norm, some(20, 3), np.ones(3), np.zeros(3), some(20, 3)),
    "ATTENTION": (attention, some(5, 2), some(5, 2), some(5, 2)),
    "CAUSAL": (causal, some(5, 4), some(4, 2), some(4, 2), some(4, 2)),
    "RNN": (rnn, some(3, 4), some(4, 4), np.zeros(4), some(5, 3), some(4)),
    "CONVOLVE": (convolve, some(20), some(3), some(18)),
    "WINDOWS": (windows, some(2, 6, 6), some(4, 3, 3), np.zeros(4)),
}
GRAPHS = {
    "EXCITER": exciter,
    "ENTROPY_GRAPH": entropy_graph,
    "BATCH_NORM_GRAPH": batch_norm_graph,
}


def written(text):
    """The program of a function or a graph, by the name of its text."""
    if text in FUNCTIONS:
        return code(*FUNCTIONS[text])
    loss, names = GRAPHS[text]()
    return code(loss, names=names)


@pytest.mark.parametrize("text", [*FUNCTIONS, *GRAPHS])
def test_the_program_is_what_a_lecturer_would_write(text):
    assert str(written(text)) == globals()[text]


@pytest.mark.parametrize("text", FUNCTIONS)
def test_and_it_is_right_at_other_numbers(text):
    f, *operands = FUNCTIONS[text]
    there = [0.9 * x + 0.1 for x in operands]
    value, gradients = written(text)(*there)
    assert value == f(*there)
    rights = grad(f, range(len(there)))(*there)
    for g, right in zip(gradients, rights, strict=True):
        np.testing.assert_allclose(g, right, 1e-13)  # einsum sums as memory lies


SHORT = {
    "x[0:2]": lambda x: (x[0:2] * 3).sum(),
    "[::-1].cumsum()[::-1]": lambda x: (np.cumsum(x) ** 2).sum(),
    "abs(x)": lambda x: np.sin(np.absolute(x)).sum(),
    "np.pi * x": lambda x: np.sinc(x).sum(),
    "g_x = 2 * (g_loss * x)": lambda x: (x * x).sum(),
    "g_x = -g_loss * ": lambda x: (-np.sin(x)).sum(),
    "centred = x - x.mean(keepdims=True)": lambda x: np.var(x),
    "    y = np.sin(x)\n": lambda x: (y := np.sin(x)) @ y,
    "g_x[0] -= g_loss * ": lambda x: np.sin(x[1]) * np.cos(x[0]) + np.sin(x[0]),
    "g_x[1] += g_sin * ": lambda x: np.sin(x[1]) * np.cos(x[0]) + np.sin(x[0]),
    "-np.finfo(float).max": lambda x: np.nan_to_num(x * 2).sum(),
}


@pytest.mark.parametrize("words", SHORT)
def test_a_pass_is_written_in_few_words(words):
    f, x = SHORT[words], some(5)
    written = code(f, x)
    assert words in str(written)
    there = x[::-1] - 0.3
    assert written(there)[0] == f(there)
    np.testing.assert_array_equal(written(there)[1][0], grad(f)(there))


def test_a_transpose_is_one_of_a_matrix_or_of_a_stack():
    f, stack = lambda x: (x @ np.swapaxes(x, -1, -2)).sum(), some(2, 3, 3)
    assert "x @ x.mT" in str(code(f, stack))
    assert "x @ x.T" in str(code(f, stack[0]))


def test_what_is_written_to_is_no_other_array():
    def f(x):
        copy = x.data.copy()
        copy[0] = 5.0
        return (x * copy + x.data).sum()

    x = some(3)
    value, (g,) = code(f, x)(2 * x)
    assert value == f(Tensor(2 * x)).item()
    np.testing.assert_array_equal(g, [5.0, *2 * x[1:]])


def test_lines_are_cut_where_they_have_parts():
    def f(x):
        return (
            np.exp(np.sin(x) * np.cos(x) + np.tanh(x) * np.sin(2 * x) / 7).sum()
            + (
                np.sin(
                    np.cos(np.tanh(np.exp(np.sin(np.cos(np.tanh(x) + 1) + 2) + 3) + 4))
                )
            ).sum()
        )

    written = code(f, some(3))
    assert max(map(len, str(written).splitlines())) <= 88
    assert "(\n" not in str(written)
    assert written()[0] == f(*written.arguments.values())

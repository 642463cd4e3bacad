"""Layers and losses beside PyTorch: values, gradients, and 100 steps of training."""

import numpy as np
import pytest
from helpers.layer_rows import normal

import nn
from engine import Tensor
from nn import SGD, Lin, Network, ReLU, Sequential

torch = pytest.importorskip("torch")
F = torch.nn.functional
IDS = np.array([[0, 1, 1], [4, 0, 1]])
CLASSES = np.array([0, 2, -1, 3, 1])
MEAN, VAR = normal(1, 4), abs(normal(2, 4)) + 0.5

# ours, PyTorch's, the shapes of the operands
RULES = {
    "sigmoid": (nn.sigmoid, torch.sigmoid, [(5, 4)]),
    "tanh": (np.tanh, torch.tanh, [(5, 4)]),
    "leaky_relu": (nn.leaky_relu, F.leaky_relu, [(5, 4)]),
    "leaky_relu, steeper": (
        lambda x: nn.leaky_relu(x, slope=0.3),
        lambda x: F.leaky_relu(x, 0.3),
        [(5, 4)],
    ),
    "gelu": (nn.gelu, lambda x: F.gelu(x, approximate="tanh"), [(5, 4)]),
    "gelu, exact": (lambda x: nn.gelu(x, approximate="none"), F.gelu, [(5, 4)]),
    "softmax": (nn.softmax, lambda x: torch.softmax(x, -1), [(5, 4)]),
    "log_softmax": (nn.log_softmax, lambda x: torch.log_softmax(x, -1), [(5, 4)]),
    "layer_norm": (
        nn.layer_norm,
        lambda x, a, b: F.layer_norm(x, (4,), a, b),
        [(2, 3, 4), (4,), (4,)],
    ),
    "rms_norm": (
        nn.rms_norm,
        lambda x, a: F.rms_norm(x, (4,), a, eps=1e-5),
        [(2, 3, 4), (4,)],
    ),
    "batch_norm": (
        nn.batch_norm,
        lambda x, a, b: F.batch_norm(x, None, None, a, b, training=True),
        [(6, 4), (4,), (4,)],
    ),
    "batch_norm of images": (
        nn.batch_norm,
        lambda x, a, b: F.batch_norm(x, None, None, a, b, training=True),
        [(3, 4, 2, 5), (4,), (4,)],
    ),
    "normalise": (
        lambda x, a, b: nn.normalise(x, a, b, mean=MEAN, var=VAR),
        lambda x, a, b: F.batch_norm(
            x, torch.tensor(MEAN, dtype=x.dtype), torch.tensor(VAR, dtype=x.dtype), a, b
        ),
        [(3, 4, 2, 5), (4,), (4,)],
    ),
    "embedding": (
        lambda w: nn.embedding(w, ids=IDS),
        lambda w: F.embedding(torch.tensor(IDS), w),
        [(5, 3)],
    ),
    "attention": (
        lambda q, k, v: nn.attend(nn.softmax(nn.attention_scores(q, k, heads=2)), v),
        lambda q, k, v: _joined(
            F.scaled_dot_product_attention(*map(_heads, (q, k, v)))
        ),
        [(2, 3, 4), (2, 5, 4), (2, 5, 4)],
    ),
    "mae": (lambda x: nn.mae(x, _of(T5, x)), lambda x: F.l1_loss(x, _t(T5, x)), [(5,)]),
    "huber": (
        lambda x: nn.huber(x, _of(T5, x), delta=0.7),
        lambda x: F.huber_loss(x, _t(T5, x), delta=0.7),
        [(5,)],
    ),
    "binary_cross_entropy": (
        lambda x: nn.binary_cross_entropy(x, _of(P5, x)),
        lambda x: F.binary_cross_entropy_with_logits(x, _t(P5, x)),
        [(5,)],
    ),
    "hinge": (
        lambda x: nn.hinge(x, _of(S5, x)),
        lambda x: torch.clamp(1 - _t(S5, x) * x, min=0).mean(),
        [(5,)],
    ),
    "cross_entropy": (
        lambda x: nn.cross_entropy(x, abs(CLASSES)),
        lambda x: F.cross_entropy(x, torch.tensor(abs(CLASSES))),
        [(5, 4)],
    ),
    "cross_entropy that ignores": (
        lambda x: nn.cross_entropy(x, CLASSES, ignore=-1),
        lambda x: F.cross_entropy(x, torch.tensor(CLASSES), ignore_index=-1),
        [(5, 4)],
    ),
    "cross_entropy of probabilities": (nn.cross_entropy, F.cross_entropy, [(5, 4)] * 2),
    "cross_entropy of sequences": (
        lambda x: nn.cross_entropy(x, IDS % 4),
        lambda x: F.cross_entropy(x.reshape(6, 4), torch.tensor(IDS.ravel() % 4)),
        [(2, 3, 4)],
    ),
}
T5, P5, S5 = normal(3, 5), abs(normal(4, 5)) % 1, np.array([1.0, -1, -1, 1, 1])


def _of(x, like):
    return x.astype(like.dtype)


def _t(x, like):
    return torch.tensor(x, dtype=like.dtype)


def _heads(x):
    n, t, d = x.shape
    return x.view(n, t, 2, d // 2).transpose(1, 2)


def _joined(x):
    n, heads, t, d = x.shape
    return x.transpose(1, 2).reshape(n, t, heads * d)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("ours", "theirs", "shapes"), RULES.values(), ids=RULES)
def test_values_and_gradients_are_those_of_pytorch(ours, theirs, shapes, dtype):
    data = [normal(10 + i, *shape).astype(dtype) for i, shape in enumerate(shapes)]
    xs = [Tensor(x) for x in data]
    ts = [torch.tensor(x, requires_grad=True) for x in data]
    y, u = ours(*xs), theirs(*ts)
    g = normal(9, *y.shape).astype(dtype)
    y.backward(g), u.backward(torch.tensor(g))
    near = {"rtol": 1e-12, "atol": 1e-13}
    if dtype == "float32":
        near = {"rtol": 2e-5, "atol": 2e-6}
    np.testing.assert_allclose(y.data, u.detach().numpy(), **near)
    assert y.dtype == dtype
    for x, t in zip(xs, ts, strict=True):
        np.testing.assert_allclose(x.g, t.grad.numpy(), **near)


# --- cells ----------------------------------------------------------------------------


def cell_and_twin(kind, d=3, k=4):
    rng = np.random.default_rng(0)
    cell = kind.init(d, k, rng=rng)
    for p in cell.parameters():
        p.data = p.data + 0.1 * rng.standard_normal(p.shape)
    twin = {
        nn.RNN: torch.nn.RNNCell,
        nn.LSTM: torch.nn.LSTMCell,
        nn.GRU: torch.nn.GRUCell,
    }
    twin = twin[kind](d, k, dtype=torch.float64)
    with torch.no_grad():
        twin.weight_ih.copy_(torch.tensor(cell.w.data.T.copy()))
        twin.weight_hh.copy_(torch.tensor(cell.u.data.T.copy()))
        twin.bias_ih.copy_(torch.tensor(cell.b.data))
        other = cell.c.data if kind is nn.GRU else np.zeros_like(cell.b.data)
        twin.bias_hh.copy_(torch.tensor(other))
    return cell, twin


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_cells_are_those_of_pytorch_step_by_step(kind):
    cell, twin = cell_and_twin(kind)
    x = normal(1, 2, 5, 3)
    there = torch.tensor(x, requires_grad=True)
    state, states = None, []
    for t in range(5):
        state = twin(there[:, t], state)
        states.append(state[0] if kind is nn.LSTM else state)
    wanted, leaf = torch.stack(states, dim=1), Tensor(x)
    out = nn.Recurrent(cell)(leaf)
    g = normal(2, *out.shape)
    out.backward(g), wanted.backward(torch.tensor(g))
    near = {"rtol": 1e-11, "atol": 1e-13}
    np.testing.assert_allclose(out.data, wanted.detach().numpy(), **near)
    np.testing.assert_allclose(leaf.g, there.grad.numpy(), **near)
    np.testing.assert_allclose(cell.w.g, twin.weight_ih.grad.numpy().T, **near)
    np.testing.assert_allclose(cell.u.g, twin.weight_hh.grad.numpy().T, **near)
    np.testing.assert_allclose(cell.b.g, twin.bias_ih.grad.numpy(), **near)
    if kind is nn.GRU:
        np.testing.assert_allclose(cell.c.g, twin.bias_hh.grad.numpy(), **near)


# --- training -------------------------------------------------------------------------


def attention_of(x, wq, wk, wv, wo):
    q, k, v = (_heads(x @ w) for w in (wq, wk, wv))
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return _joined(mixed) @ wo


def mlp(rng):
    layers = [
        Lin.init(4, 8, rng=rng),
        nn.LayerNorm(8),
        nn.GELU(),
        Lin.init(8, 3, rng=rng),
    ]

    def twin(x, w, b, scale, shift, v, c):
        h = F.gelu(F.layer_norm(x @ w + b, (8,), scale, shift), approximate="tanh")
        return h @ v + c

    return layers, nn.CrossEntropy(), twin, F.cross_entropy, (20, 4), (20,)


def normed(rng):
    layers = [Lin.init(4, 8, rng=rng), nn.BatchNorm(8), nn.Sigmoid()]

    def twin(x, w, b, scale, shift, v, c):
        h = F.batch_norm(x @ w + b, None, None, scale, shift, training=True)
        return torch.sigmoid(h) @ v + c

    layers.append(Lin.init(8, 3, rng=rng))
    return layers, nn.CrossEntropy(), twin, F.cross_entropy, (20, 4), (20,)


def sequence(rng):
    cell = nn.LSTM.init(4, 5, rng=rng)
    layers = [nn.Recurrent(cell, last=True), Lin.init(5, 3, rng=rng)]

    def twin(x, w, u, b, v, c):
        zeros = torch.zeros(1, 20, 5, dtype=x.dtype)
        weights = [w.T, u.T, b, torch.zeros_like(b)]
        out, _, _ = torch.lstm(
            x, (zeros, zeros), weights, True, 1, 0.0, True, False, True
        )
        return out[:, -1] @ v + c

    return layers, nn.CrossEntropy(), twin, F.cross_entropy, (20, 6, 4), (20,)


def transformer(rng):
    attention = nn.Attention.init(4, heads=2, causal=True, rng=rng)
    layers = [
        nn.Residual(nn.RMSNorm(4), attention),
        nn.Residual(nn.RMSNorm(4), Sequential(Lin.init(4, 8, rng=rng), nn.Tanh()),
                    Lin.init(8, 4, rng=rng, bias=False)),
        Lin.init(4, 3, rng=rng),
    ]  # fmt: skip

    def twin(x, n1, wq, wk, wv, wo, n2, w, b, v, u, c):
        x = x + attention_of(F.rms_norm(x, (4,), n1, 1e-5), wq, wk, wv, wo)
        x = x + torch.tanh(F.rms_norm(x, (4,), n2, 1e-5) @ w + b) @ v
        return x @ u + c

    def loss(output, ids):
        return F.cross_entropy(output.reshape(-1, 3), ids.reshape(-1))

    return layers, nn.CrossEntropy(), twin, loss, (6, 5, 4), (6, 5)


def regression(loss, theirs):
    def made(rng):
        layers = [Lin.init(4, 8, rng=rng), ReLU(), Lin.init(8, 1, rng=rng)]

        def twin(x, w, b, v, c):
            return (torch.relu(x @ w + b) @ v + c)[:, 0]

        return layers, loss, twin, theirs, (20, 4), None

    return made


TRAINED = {
    "LayerNorm and GELU": mlp,
    "BatchNorm and Sigmoid": normed,
    "LSTM": sequence,
    "a transformer": transformer,
    "Huber": regression(nn.Huber(0.5), lambda o, t: F.huber_loss(o, t, delta=0.5)),
    "Mae": regression(nn.Mae(), F.l1_loss),
    "BinaryCrossEntropy": regression(
        nn.BinaryCrossEntropy(), F.binary_cross_entropy_with_logits
    ),
}


@pytest.mark.parametrize("make", TRAINED.values(), ids=TRAINED)
def test_100_steps_of_training_end_where_pytorchs_do(make):
    layers, loss, twin, theirs, shape, ids = make(np.random.default_rng(0))
    network, x = Network(layers, loss), normal(1, *shape)
    y = np.random.default_rng(2).integers(0, 3, ids) if ids else abs(normal(2, 20)) % 1
    parameters = network.parameters()
    weights = [torch.tensor(p.data.copy(), requires_grad=True) for p in parameters]
    sgd, other = SGD(parameters, lr=0.05), torch.optim.SGD(weights, lr=0.05)
    there, target = torch.tensor(x), torch.tensor(y)
    first = network(x, y).item()
    for _ in range(100):
        sgd.zero_grad(), other.zero_grad()
        value, wanted = network(x, y), theirs(twin(there, *weights), target)
        value.backward(), wanted.backward()
        sgd.step(), other.step()
    assert value.item() < first
    np.testing.assert_allclose(value.item(), wanted.item(), rtol=1e-10)
    for p, w in zip(parameters, weights, strict=True):
        np.testing.assert_allclose(p.data, w.detach().numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    ("kind", "shape"), [("BatchNorm1d", (7, 4)), ("BatchNorm2d", (2, 4, 3, 2))]
)
def test_the_running_statistics_are_those_of_pytorch_over_100_steps(kind, shape):
    ours, theirs = nn.BatchNorm(4), getattr(torch.nn, kind)(4, dtype=torch.float64)
    for seed in range(100):
        x = 2 + 3 * normal(seed, *shape)
        ours(x), theirs(torch.tensor(x))
    np.testing.assert_allclose(ours.mean, theirs.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(ours.var, theirs.running_var.numpy(), rtol=1e-12)
    x = normal(0, *shape)
    np.testing.assert_allclose(
        ours.eval()(x).data, theirs.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-11
    )

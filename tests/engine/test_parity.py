"""Parity with PyTorch, where it is installed: values, gradients, training, hooks."""

import numpy as np
import pytest
from scipy import special

from engine import Tensor, rules
from nn import SGD, ExciterNet, Model, exciter, lin, masked_linear, mse, relu

torch = pytest.importorskip(
    "torch", reason="parity with PyTorch: pip install '.[parity]'"
)

T = torch.tensor
DTYPES = {
    "float64": (np.float64, torch.float64),
    "float32": (np.float32, torch.float32),
}
TOLERANCE = {"float64": (1e-12, 1e-13), "float32": (2e-5, 2e-6)}
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def assert_close(ours, theirs, dtype="float64", scale=1.0):
    ours = ours.data if isinstance(ours, Tensor) else ours
    theirs = theirs.detach().numpy()
    rtol, atol = TOLERANCE[dtype]
    assert np.shape(ours) == theirs.shape
    assert np.asarray(ours).dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=rtol * scale, atol=atol * scale)


def pair(x, dtype="float64"):
    """The same numbers as a leaf here and as a leaf there."""
    here, there = DTYPES[dtype]
    return (
        Tensor(np.array(x, here)),
        torch.tensor(np.array(x, here), dtype=there, requires_grad=True),
    )


def pairs(operands, dtype):
    ours, theirs = zip(*(pair(x, dtype) for x in operands), strict=True)
    return ours, theirs


# --- the rules ----------------------------------------------------------------------

BROADCAST = [
    [(), ()],
    [(3,), ()],
    [(), (2, 3)],
    [(4, 3), (3,)],
    [(4, 1), (1, 3)],
    [(2, 1, 3), (5, 1)],
    [(2, 3), (2, 3)],
    [(1, 1), (3, 1, 2)],
    [(0, 3), (3,)],
]
ANY = [[()], [(4,)], [(2, 3)], [(2, 1, 3)], [(0, 2)]]

BINARY = {
    "add": (rules.add, torch.add, False),
    "subtract": (rules.subtract, torch.subtract, False),
    "multiply": (rules.multiply, torch.multiply, False),
    "divide": (rules.divide, torch.divide, True),
    "power": (rules.power, torch.pow, True),
    "remainder": (rules.remainder, torch.remainder, True),
    "fmod": (rules.fmod, torch.fmod, True),
    "copysign": (rules.copysign, torch.copysign, False),
    "nextafter": (rules.nextafter, lambda x, y: x + 0 * y, False),
    "heaviside": (rules.heaviside, lambda x, y: (x > 0) + 0 * x * y, False),
    "float_power": (rules.float_power, torch.float_power, True),
    "logaddexp": (rules.logaddexp, torch.logaddexp, False),
    "logaddexp2": (rules.logaddexp2, torch.logaddexp2, False),
    "arctan2": (rules.arctan2, torch.arctan2, False),
    "hypot": (rules.hypot, torch.hypot, False),
    "fmax": (rules.fmax, torch.fmax, False),
    "fmin": (rules.fmin, torch.fmin, False),
    "where": (
        lambda x, y: rules.where(x > 0, x, y),
        lambda x, y: torch.where(x > 0, x, y),
        False,
    ),
    "xlogy": (special.xlogy, torch.special.xlogy, True),
    "xlog1py": (special.xlog1py, torch.special.xlog1py, True),
    "maximum": (rules.maximum, torch.maximum, False),
    "minimum": (rules.minimum, torch.minimum, False),
}
SPECIAL = ["erf", "erfc", "expit", "ndtr", "log_ndtr", "i0", "i0e", "i1", "i1e"]
SPECIAL_OF_POSITIVE = ["erfcx", "entr", "gammaln", "expm1", "log1p", "exp2"]
UNARY = {
    **{n: (getattr(special, n), getattr(torch.special, n), False) for n in SPECIAL},
    **{
        f"special {n}": (getattr(special, n), getattr(torch.special, n), True)
        for n in SPECIAL_OF_POSITIVE
    },
    "negative": (rules.negative, torch.negative, False),
    "exp": (rules.exp, torch.exp, False),
    "log": (rules.log, torch.log, True),
    "tanh": (rules.tanh, torch.tanh, False),
    "positive": (rules.positive, torch.positive, False),
    "reciprocal": (rules.reciprocal, torch.reciprocal, True),
    "absolute": (rules.absolute, torch.abs, False),
    "square": (rules.square, torch.square, False),
    "sqrt": (rules.sqrt, torch.sqrt, True),
    "cbrt": (rules.cbrt, lambda x: x ** (1 / 3), True),
    "exp2": (rules.exp2, torch.exp2, False),
    "expm1": (rules.expm1, torch.expm1, False),
    "log2": (rules.log2, torch.log2, True),
    "log10": (rules.log10, torch.log10, True),
    "log1p": (rules.log1p, torch.log1p, True),
    "sin": (rules.sin, torch.sin, False),
    "cos": (rules.cos, torch.cos, False),
    "tan": (lambda x: rules.tan(x / 4), lambda x: torch.tan(x / 4), False),
    "arcsin": (lambda x: rules.arcsin(x / 4), lambda x: torch.arcsin(x / 4), False),
    "arccos": (lambda x: rules.arccos(x / 4), lambda x: torch.arccos(x / 4), False),
    "arctan": (rules.arctan, torch.arctan, False),
    "sinh": (rules.sinh, torch.sinh, False),
    "cosh": (rules.cosh, torch.cosh, False),
    "arcsinh": (rules.arcsinh, torch.arcsinh, False),
    "arccosh": (lambda x: rules.arccosh(x + 1), lambda x: torch.arccosh(x + 1), True),
    "arctanh": (lambda x: rules.arctanh(x / 5), lambda x: torch.arctanh(x / 5), False),
    "radians": (rules.radians, torch.deg2rad, False),
    "degrees": (rules.degrees, torch.rad2deg, False),
    "clip": (
        lambda x: rules.clip(x, a_min=-0.5, a_max=0.25),
        lambda x: x.clamp(-0.5, 0.25),
        False,
    ),
    "conjugate": (rules.conjugate, torch.conj, False),
    "ldexp": (lambda x: np.ldexp(x, -2), lambda x: x * 2**-2, False),
    "sinc": (rules.sinc, torch.sinc, False),
    "nan_to_num": (rules.nan_to_num, torch.nan_to_num, False),
    "real": (rules.real, torch.real, False),
    "sum": (rules.sum, torch.sum, False),
    "relu": (relu, torch.relu, False),
    "exciter": (exciter, lambda x: x.clamp(-10, 10), False),
    "exciter with bounds": (
        lambda x: exciter(x, low=-0.5, high=0.25),
        lambda x: x.clamp(-0.5, 0.25),
        False,
    ),
    "power of a number": (lambda x: x**3, lambda x: x**3, False),
    "number to a power": (lambda x: 2.5**x, lambda x: 2.5**x, False),
    "number below a power": (lambda x: x**-1.5, lambda x: x**-1.5, True),
    "number less": (lambda x: 1 - x, lambda x: 1 - x, False),
    "number over": (lambda x: 2 / x, lambda x: 2 / x, True),
}
# name -> the call here, the call there, the operands' shapes
SHAPED = {
    "sum over an axis": (
        lambda x: rules.sum(x, axis=1),
        lambda x: x.sum(1),
        [(2, 3, 4)],
    ),
    "sum over axes, kept": (
        lambda x: rules.sum(x, axis=(0, -1), keepdims=True),
        lambda x: x.sum((0, -1), keepdim=True),
        [(2, 3, 4)],
    ),
    "sum of nothing": (lambda x: rules.sum(x, axis=0), lambda x: x.sum(0), [(0, 3)]),
    "mean": (lambda x: rules.mean(x), lambda x: x.mean(), [(2, 3)]),
    "mean over an axis": (
        lambda x: rules.mean(x, axis=-2),
        lambda x: x.mean(-2),
        [(2, 3, 4)],
    ),
    "mean over axes, kept": (
        lambda x: rules.mean(x, axis=(1, 2), keepdims=True),
        lambda x: x.mean((1, 2), keepdim=True),
        [(2, 3, 4)],
    ),
    "var": (rules.var, lambda x: x.var(correction=0), [(2, 3)]),
    "var over an axis": (
        lambda x: rules.var(x, axis=0, ddof=1),
        lambda x: x.var(0),
        [(4, 3)],
    ),
    "std": (
        lambda x: rules.std(x, axis=1, ddof=1, keepdims=True),
        lambda x: x.std(1, keepdim=True),
        [(2, 3)],
    ),
    "cumsum": (lambda x: rules.cumsum(x, axis=1), lambda x: x.cumsum(1), [(2, 3)]),
    "max": (lambda x: rules.max(x, axis=1), lambda x: x.amax(1), [(2, 3)]),
    "nanmax": (
        lambda x: rules.nanmax(np.where(np.arange(3) == 1, np.nan, x), axis=1),
        lambda x: x[:, [0, 2]].amax(1),
        [(2, 3)],
    ),
    "nanmin": (lambda x: np.nanmin(x, axis=0), lambda x: x.amin(0), [(2, 3)]),
    "min": (lambda x: rules.min(x), lambda x: x.amin(), [(2, 3)]),
    "concatenate": (
        lambda x, y: rules.concatenate(x, y, axis=1),
        lambda x, y: torch.cat([x, y], 1),
        [(2, 3), (2, 2)],
    ),
    "concatenate, stacked": (
        lambda x, y: np.stack([x, y], axis=-1),
        lambda x, y: torch.stack([x, y], -1),
        [(2, 3), (2, 3)],
    ),
    "reshape": (
        lambda x: rules.reshape(x, shape=(3, -1)),
        lambda x: x.reshape(3, -1),
        [(2, 6)],
    ),
    "squeeze": (lambda x: rules.squeeze(x), lambda x: x.squeeze(), [(2, 1, 3, 1)]),
    "squeeze an axis": (
        lambda x: rules.squeeze(x, axis=1),
        lambda x: x.squeeze(1),
        [(2, 1, 3, 1)],
    ),
    "expand_dims": (
        lambda x: rules.expand_dims(x, axis=-2),
        lambda x: x.unsqueeze(-2),
        [(2, 3)],
    ),
    "transpose": (lambda x: rules.transpose(x), lambda x: x.T, [(2, 3)]),
    "transpose axes": (
        lambda x: rules.transpose(x, axes=(2, 0, 1)),
        lambda x: x.permute(2, 0, 1),
        [(2, 3, 4)],
    ),
    "swapaxes": (
        lambda x: rules.swapaxes(x, axis1=0, axis2=-1),
        lambda x: x.swapaxes(0, -1),
        [(2, 3, 4)],
    ),
    "broadcast_to": (
        lambda x: rules.broadcast_to(x, shape=(4, 2, 3)),
        lambda x: x.broadcast_to((4, 2, 3)),
        [(2, 1)],
    ),
    "getitem, a slice": (lambda x: x[1:, ::2], lambda x: x[1:, ::2], [(3, 5)]),
    "getitem, a number": (lambda x: x[-1], lambda x: x[-1], [(3, 5)]),
    "getitem, new axes": (
        lambda x: x[..., None, 0],
        lambda x: x[..., None, 0],
        [(3, 5)],
    ),
    "getitem, repeated": (
        lambda x: x[np.array([0, 2, 0, 0])],
        lambda x: x[torch.tensor([0, 2, 0, 0])],
        [(3, 2)],
    ),
    "getitem, pairs": (
        lambda x: x[np.array([0, 2, 0]), np.array([1, 1, 1])],
        lambda x: x[torch.tensor([0, 2, 0]), torch.tensor([1, 1, 1])],
        [(3, 2)],
    ),
    "getitem, a mask": (
        lambda x: x[np.array([True, False, True])],
        lambda x: x[torch.tensor([True, False, True])],
        [(3, 2)],
    ),
    "scatter": (
        lambda x: rules.scatter(x, index=np.array([1, 1, 3]), shape=(5, 2)),
        lambda x: torch.zeros(5, 2, dtype=x.dtype).index_add(
            0, torch.tensor([1, 1, 3]), x
        ),
        [(3, 2)],
    ),
    "astype": (
        lambda x: rules.astype(x, dtype=np.float32),
        lambda x: x.to(torch.float32),
        [(3, 2)],
    ),
    "einsum": (
        lambda x, y: np.einsum("bij,bkj->bik", x, y),
        lambda x, y: torch.einsum("bij,bkj->bik", x, y),
        [(2, 3, 4), (2, 5, 4)],
    ),
    "inv": (rules.inv, torch.linalg.inv, [(4, 3, 3)]),
    "solve": (rules.solve, torch.linalg.solve, [(3, 3), (3, 2)]),
    "det": (rules.det, torch.linalg.det, [(4, 3, 3)]),
    "norm": (rules.norm, torch.linalg.norm, [(4, 3)]),
    "logsumexp": (
        lambda x: rules.logsumexp(x, axis=-1),
        lambda x: torch.logsumexp(x, -1),
        [(2, 3)],
    ),
    "logsumexp of all": (
        rules.logsumexp,
        lambda x: torch.logsumexp(x, (0, 1)),
        [(2, 3)],
    ),
    "norm of order 3": (
        lambda x: np.linalg.norm(x, 3, axis=1),
        lambda x: torch.linalg.norm(x, 3, dim=1),
        [(4, 3)],
    ),
    "norm, nuclear": (
        lambda x: np.linalg.norm(x, "nuc"),
        lambda x: torch.linalg.norm(x, "nuc"),
        [(4, 3)],
    ),
    "pinv": (rules.pinv, torch.linalg.pinv, [(2, 4, 3)]),
    "cholesky": (
        lambda x: rules.cholesky(x @ x.mT + np.eye(3, dtype=x.dtype)),
        lambda x: torch.linalg.cholesky(x @ x.mT + torch.eye(3, dtype=x.dtype)),
        [(3, 3)],
    ),
    "eigh, values": (
        lambda x: rules.eigh(x + x.mT)[0],
        lambda x: torch.linalg.eigh(x + x.mT)[0],
        [(2, 3, 3)],
    ),
    "eigh, vectors": (
        lambda x: np.abs(rules.eigh(x + x.mT)[1]),  # their sign is a choice
        lambda x: torch.abs(torch.linalg.eigh(x + x.mT)[1]),
        [(3, 3)],
    ),
    "svd": (
        lambda x: np.abs(rules.svd(x).U) @ np.abs(rules.svd(x).Vh),
        lambda x: (
            torch.abs(torch.linalg.svd(x, full_matrices=False)[0])
            @ torch.abs(torch.linalg.svd(x, full_matrices=False)[2])
        ),
        [(4, 3)],
    ),
    "svd, values": (lambda x: rules.svd(x).S, torch.linalg.svdvals, [(2, 3, 4)]),
    "qr": (
        lambda x: np.abs(rules.qr(x)[0]) + np.abs(rules.qr(x)[1]),
        lambda x: torch.abs(torch.linalg.qr(x)[0]) + torch.abs(torch.linalg.qr(x)[1]),
        [(3, 3)],
    ),
    "slogdet": (
        lambda x: rules.slogdet(x)[1],
        lambda x: torch.linalg.slogdet(x)[1],
        [(2, 3, 3)],
    ),
    "order_statistic": (
        lambda x: rules.order_statistic(x, k=2),
        lambda x: torch.kthvalue(x, 3, dim=-1)[0],
        [(2, 4)],
    ),
    "convolve": (
        rules.convolve,
        lambda x, y: torch.nn.functional.conv1d(
            x[None, None], y.flip(0)[None, None], padding=2
        )[0, 0],
        [(5,), (3,)],
    ),
    "matmul": (rules.matmul, torch.matmul, [(4, 3), (3, 2)]),
    "dot": (rules.dot, torch.matmul, [(4, 3), (3, 2)]),
    "matmul of vectors": (rules.matmul, torch.matmul, [(3,), (3,)]),
    "matmul, then a vector": (rules.matmul, torch.matmul, [(2, 4, 3), (3,)]),
    "matmul, first a vector": (rules.matmul, torch.matmul, [(3,), (2, 3, 4)]),
    "matmul of stacks": (rules.matmul, torch.matmul, [(5, 1, 4, 3), (2, 3, 2)]),
    "matmul of nothing": (rules.matmul, torch.matmul, [(4, 0), (0, 2)]),
    "dot of vectors": (rules.dot, torch.matmul, [(3,), (3,)]),
    "dot, then a vector": (rules.dot, torch.matmul, [(4, 3), (3,)]),
    "dot, first a vector": (rules.dot, torch.matmul, [(3,), (3, 4)]),
    "linspace": (
        lambda x, y: rules.linspace(x, y, num=5),
        lambda x, y: torch.stack([torch.lerp(x, y, i / 4) for i in range(5)]),
        [(2, 3), (2, 3)],
    ),
    "i0": (rules.i0, torch.special.i0, [(2, 3)]),
    "unwrap": (
        lambda x: rules.unwrap(x, axis=0),
        lambda x: x,  # where it does not jump
        [(2, 3)],
    ),
    "lin": (lin, lambda x, w, b: x @ w + b, [(5, 4), (4, 3), (3,)]),
    "masked_linear": (
        lambda x, w, b: masked_linear(x, w, b, mask=np.eye(3, dtype=x.dtype)),
        lambda x, w, b: x @ (w * torch.eye(3, dtype=x.dtype)) + b,
        [(5, 3), (3, 3), (3,)],
    ),
    "mse": (mse, torch.nn.functional.mse_loss, [(5, 2), (5, 2)]),
    "mse of a column": (
        mse,
        lambda x, y: torch.nn.functional.mse_loss(x.squeeze(1), y),
        [(5, 1), (5,)],
    ),
}

CASES = {
    f"{name} {shapes}": (f, h, shapes, positive)
    for table, choices in ((BINARY, BROADCAST), (UNARY, ANY))
    for name, (f, h, positive) in table.items()
    for shapes in choices
} | {name: (*row, False) for name, row in SHAPED.items()}


def test_every_rule_of_the_engine_has_a_row():
    named = {name.split(",")[0].split(" ")[0] for name in (*BINARY, *UNARY, *SHAPED)}
    assert set(rules.__all__) <= named


@dtypes
@pytest.mark.parametrize(
    ("ours", "theirs", "shapes", "positive"), CASES.values(), ids=CASES
)
def test_values_and_gradients_are_those_of_pytorch(
    ours, theirs, shapes, positive, dtype
):
    rng = np.random.default_rng(sum(map(sum, shapes)))
    operands = [rng.standard_normal(shape) for shape in shapes]
    if positive:
        operands = [np.abs(x) + 0.5 for x in operands]
    xs, ts = pairs(operands, dtype)
    y, u = ours(*xs), theirs(*ts)
    wide = "float32" if y.dtype == np.float32 else dtype
    assert_close(y, u, wide)
    g = rng.standard_normal(y.shape).astype(y.dtype)
    y.backward(g)
    u.backward(torch.tensor(g))
    for x, t in zip(xs, ts, strict=True):
        assert_close(x.g, t.grad, dtype, scale=10 if dtype == "float32" else 1)


@dtypes
@pytest.mark.parametrize("seed", range(8))
def test_random_shapes_that_broadcast_agree(seed, dtype):
    rng = np.random.default_rng(seed)
    whole = rng.integers(1, 4, size=rng.integers(1, 5))
    shapes = []
    for _ in range(3):
        stretched = np.where(rng.random(whole.size) < 0.4, 1, whole)
        shapes.append(stretched[rng.integers(0, whole.size + 1) :])
    xs, ts = pairs([rng.random(shape) + 0.5 for shape in shapes], dtype)
    (a, b, c), (d, e, f) = xs, ts
    y = np.tanh(a * b - c / a) ** 2 + np.maximum(b, c) * np.log(a)
    u = torch.tanh(d * e - f / d) ** 2 + torch.maximum(e, f) * torch.log(d)
    assert_close(y, u, dtype)
    np.sum(y).backward()
    u.sum().backward()
    for x, t in zip(xs, ts, strict=True):
        assert_close(x.g, t.grad, dtype, scale=10)


@pytest.mark.parametrize(
    ("ours", "theirs", "points"),
    [
        (relu, torch.relu, [[-1.0, 0.0, -0.0, 1.0]]),
        (
            lambda x: exciter(x, low=-1.0, high=2.0),
            lambda x: x.clamp(-1, 2),
            [[-1.5, -1.0, 0.0, 2.0, 2.5]],
        ),
        (np.maximum, torch.maximum, [[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]]),
        (np.minimum, torch.minimum, [[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]]),
        (lambda x: x**2, lambda x: x**2, [[0.0, -2.0]]),
        (lambda x: x**0, lambda x: x**0, [[0.0, -2.0]]),
        (lambda x: x**1, lambda x: x**1, [[0.0, -2.0]]),
        (lambda x: x**3.0, lambda x: x**3.0, [[0.0, -2.0]]),
    ],
    ids=["relu", "exciter", "maximum", "minimum", "x**2", "x**0", "x**1", "x**3."],
)
def test_at_a_kink_or_at_zero_the_slope_is_that_of_pytorch(ours, theirs, points):
    xs, ts = pairs(points, "float64")
    ours(*xs).sum().backward()
    theirs(*ts).sum().backward()
    for x, t in zip(xs, ts, strict=True):
        assert_close(x.g, t.grad)


@pytest.mark.parametrize(
    ("x", "y"), [(0.0, 1e-23), (1e-30, 1e-25), (1e-10, 1e-22), (1e30, 1e25), (1.0, 3.0)]
)
def test_a_quotient_of_very_small_or_large_numbers_keeps_its_slopes(x, y):
    xs, ts = pairs([[x], [y]], "float32")
    (xs[0] / xs[1]).sum().backward()
    (ts[0] / ts[1]).sum().backward()
    for here, there in zip(xs, ts, strict=True):
        np.testing.assert_allclose(here.g, there.grad.numpy(), rtol=1e-5)


# --- the networks -------------------------------------------------------------------


class TorchModel:
    """Model, in PyTorch: from the parameters' data."""

    def __init__(self, net):
        self.parameters = [
            torch.tensor(p.data, requires_grad=True) for p in net.parameters()
        ]

    def __call__(self, x):
        w1, b1, w2, b2 = self.parameters
        return torch.relu(x @ w1 + b1) @ w2 + b2


class TorchExciterNet(TorchModel):
    """ExciterNet, in PyTorch."""

    def __call__(self, x):
        w1, b1, wm, bm, w2, b2 = self.parameters
        excited = (x @ w1 + b1).clamp(-1.0, 1.0)
        mask = torch.eye(3, dtype=x.dtype)
        return torch.relu(excited @ (wm * mask) + bm) @ w2 + b2


def network(kind, dtype, rng):
    if kind == "Model":
        net = Model.init(5, 6, 1, rng=rng)
    else:
        net = ExciterNet.init(rng=rng, low=-1.0, high=1.0)
    here = DTYPES[dtype][0]
    for p in net.parameters():
        p.data = (p.data + 0.1 * rng.standard_normal(p.shape)).astype(here)
    if kind == "Model":
        return net, TorchModel(net)
    masked = net.layers[2]
    masked.mask = masked.mask.astype(here)
    return net, TorchExciterNet(net)


kinds = pytest.mark.parametrize("kind", ["Model", "ExciterNet"])


def batch(dtype, rng, n=16):
    here = DTYPES[dtype][0]
    return rng.standard_normal((n, 5)).astype(here), rng.standard_normal(n).astype(here)


@kinds
@dtypes
@pytest.mark.parametrize("links", [False, True], ids=["whole", "link by link"])
def test_one_pass_through_a_network_agrees(kind, dtype, links):
    rng = np.random.default_rng(5)
    net, other = network(kind, dtype, rng)
    x, y = batch(dtype, rng)
    leaf, there = pair(x, dtype)
    loss = net(leaf, y)
    wanted = torch.nn.functional.mse_loss(other(there).squeeze(1), torch.tensor(y))
    net.backward() if links else loss.backward()
    wanted.backward()
    assert_close(loss, wanted, dtype)
    assert_close(leaf.g, there.grad, dtype, scale=10)
    for p, q in zip(net.parameters(), other.parameters, strict=True):
        assert_close(p.g, q.grad, dtype, scale=10)


@kinds
@dtypes
@pytest.mark.parametrize("steps", [1, 50])
def test_training_agrees_step_for_step(kind, dtype, steps):
    rng = np.random.default_rng(6)
    net, other = network(kind, dtype, rng)
    x, y = batch(dtype, rng)
    there, targ = torch.tensor(x), torch.tensor(y)
    sgd = SGD(net.parameters(), lr=0.05)
    torch_sgd = torch.optim.SGD(other.parameters, lr=0.05)
    start = None
    for _ in range(steps):
        sgd.zero_grad(), torch_sgd.zero_grad()
        loss = net(x, y)
        wanted = torch.nn.functional.mse_loss(other(there).squeeze(1), targ)
        assert_close(loss, wanted, dtype, scale=100)
        start = start or loss.item()
        loss.backward(), wanted.backward()
        sgd.step(), torch_sgd.step()
    assert steps == 1 or loss.item() < start
    for p, q in zip(net.parameters(), other.parameters, strict=True):
        assert_close(p.data, q, dtype, scale=100)
    assert_close(net.get_test_yhat(x), other(there), dtype, scale=100)


@kinds
def test_several_outputs_against_targets_of_their_shape_agree(kind):
    rng = np.random.default_rng(7)
    make = Model.init if kind == "Model" else ExciterNet.init
    net = make(5, 3, 4, rng=rng)
    other = (TorchModel if kind == "Model" else TorchExciterNet)(net)
    if kind == "ExciterNet":
        net.exciter.low, net.exciter.high = -1.0, 1.0
    x, y = rng.standard_normal((9, 5)), rng.standard_normal((9, 4))
    net(x, y).backward()
    torch.nn.functional.mse_loss(other(torch.tensor(x)), torch.tensor(y)).backward()
    for p, q in zip(net.parameters(), other.parameters, strict=True):
        assert_close(p.g, q.grad)


@pytest.mark.parametrize("links", [False, True], ids=["whole", "link by link"])
def test_a_callback_that_replaces_the_gradient_is_a_hook_of_pytorch(links):
    rng = np.random.default_rng(8)
    net, other = network("ExciterNet", "float64", rng)
    x, y = batch("float64", rng)
    net.exciter.callback_fn = lambda _layer, g: g.clip(-0.01, 0.01)
    loss = net(x, y)
    net.backward() if links else loss.backward()

    w1, b1, wm, bm, w2, b2 = other.parameters
    excited = (torch.tensor(x) @ w1 + b1).clamp(-1.0, 1.0)
    excited.register_hook(lambda g: g.clamp(-0.01, 0.01))
    hidden = torch.relu(excited @ (wm * torch.eye(3)) + bm)
    wanted = torch.nn.functional.mse_loss((hidden @ w2 + b2)[:, 0], torch.tensor(y))
    wanted.backward()
    for p, q in zip(net.parameters(), other.parameters, strict=True):
        assert_close(p.g, q.grad, scale=10)


# --- higher derivatives, accumulation, hooks ----------------------------------------

SECOND = {
    "a cube": (lambda x: (x**3).sum(), lambda x: (x**3).sum()),
    "exp of tanh": (
        lambda x: np.exp(np.tanh(x)).sum(),
        lambda x: torch.exp(torch.tanh(x)).sum(),
    ),
    "a quotient": (
        lambda x: (np.log(x) / (1 + x * x)).sum(),
        lambda x: (torch.log(x) / (1 + x * x)).sum(),
    ),
    "a quadratic form": (
        lambda x: np.sum((x @ x.T) ** 2),
        lambda x: ((x @ x.T) ** 2).sum(),
    ),
    "x to the x": (lambda x: (x**x).sum(), lambda x: (x**x).sum()),
    "pieces": (
        lambda x: (np.maximum(x, x[::-1].mean(axis=0)) * x[0]).sum(),
        lambda x: (torch.maximum(x, x.flip(0).mean(0)) * x[0]).sum(),
    ),
    "a network": (
        lambda x: mse(lin(relu(lin(x, W1, B1)), W2, B2), Y),
        lambda x: (
            (torch.relu(x @ T(W1) + T(B1)) @ T(W2) + T(B2) - T(Y)).square().mean()
        ),
    ),
    "a masked network": (
        lambda x: mse(np.tanh(masked_linear(x, W1, B1, mask=MASK)), np.ones((3, 3))),
        lambda x: (torch.tanh(x @ T(W1 * MASK) + T(B1)) - 1).square().mean(),
    ),
    "a clamp": (
        lambda x: (exciter(x, low=0.4, high=0.9) ** 3).sum(),
        lambda x: (x.clamp(0.4, 0.9) ** 3).sum(),
    ),
}
_rng = np.random.default_rng(9)
W1, B1, W2, B2 = (_rng.standard_normal(s) for s in ((3, 3), 3, (3, 1), 1))
Y = _rng.standard_normal((3, 1))
MASK = np.array([[1.0, 0, 1], [0, 1, 1], [1, 1, 0]])


@pytest.mark.parametrize(("ours", "theirs"), SECOND.values(), ids=SECOND)
def test_second_derivatives_through_backward_agree(ours, theirs):
    rng = np.random.default_rng(10)
    x, t = pair(rng.random((3, 3)) + 0.2)
    v = rng.standard_normal((3, 3))
    ours(x).backward(create_graph=True)
    (first,) = torch.autograd.grad(theirs(t), t, create_graph=True)
    g, x.grad = x.grad, None
    assert_close(g, first, scale=10)
    (g * v).sum().backward()
    (second,) = torch.autograd.grad((first * T(v)).sum(), t)
    assert_close(x.grad, second, scale=100)


def test_third_derivatives_agree():
    x, t = pair([0.3, -0.8, 1.4])
    y = (np.tanh(x) * np.exp(x)).sum()
    u = (torch.tanh(t) * torch.exp(t)).sum()
    for _ in range(3):
        y.backward(create_graph=True)
        (theirs,) = torch.autograd.grad(u, t, create_graph=True)
        ours, x.grad = x.grad, None
        assert_close(ours, theirs, scale=100)
        y, u = ours.sum(), theirs.sum()


def test_gradients_accumulate_as_in_pytorch():
    x, t = pair([1.0, -2.0, 3.0])
    for k in range(1, 4):
        y, u = (np.exp(x / k) * x).sum(), (torch.exp(t / k) * t).sum()
        y.backward()
        u.backward(retain_graph=True)
        assert_close(x.g, t.grad)
        y.backward()
        u.backward()
        assert_close(x.g, t.grad)


def test_two_losses_that_share_a_tensor_agree():
    x, t = pair([0.5, 1.5])
    h, k = np.tanh(x), torch.tanh(t)
    (h * h).sum().backward()
    np.log(h).sum().backward()
    (k * k).sum().backward(retain_graph=True)
    torch.log(k).sum().backward()
    assert_close(x.g, t.grad)


def test_hooks_see_and_change_the_same_gradients():
    x, t = pair([0.5, 1.5, -2.0])
    seen, theirs = [], []
    h, k = x * x, t * t
    for tensor, calls in ((h, seen), (k, theirs)):
        tensor.register_hook(lambda g, calls=calls: calls.append(g + 0) or g * 3)
        tensor.register_hook(lambda g, calls=calls: calls.append(g + 0))
    x.register_hook(lambda g: seen.append(g + 0) or -g)
    t.register_hook(lambda g: theirs.append(g + 0) or -g)
    (np.exp(h) + h * x).sum().backward()
    (torch.exp(k) + k * t).sum().backward()
    assert len(seen) == len(theirs) == 3
    for g, u in zip(seen, theirs, strict=True):
        assert_close(g, u)
    assert_close(x.g, t.grad)


def test_a_hook_that_was_removed_is_silent():
    x, t = pair([0.5, 1.5])
    for tensor in (x, t):
        handle = tensor.register_hook(lambda g: g * 100)
        tensor.register_hook(lambda g: g + 1)
        handle.remove()
    (x * x).sum().backward()
    (t * t).sum().backward()
    assert_close(x.g, t.grad)

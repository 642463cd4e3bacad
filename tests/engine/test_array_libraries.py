"""Arrays of other libraries: a strict stand-in that no rule may turn into NumPy's."""

from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.cupy_rules import translated
from helpers.cases import case, name_of
from helpers.composition_rows import CASES as COMPOSED
from helpers.rule_rows import CASES as TABLE
from numpy.lib.mixins import NDArrayOperatorsMixin

import nn
from engine import Tensor, op, rules
from nn import (
    SGD,
    Adam,
    AdamW,
    Exciter,
    ExciterNet,
    Lin,
    MaskedLinear,
    Model,
    lin,
    masked_linear,
    mse,
    relu,
)
from nn.convolution import conv2d, max_pool2d
from viz import draw

METHODS = {"sum", "mean", "var", "std", "max", "min", "cumsum"}
METHODS |= {"any", "repeat", "reshape", "squeeze", "transpose", "swapaxes"}


class Foreign(NDArrayOperatorsMixin):
    """Speaks NumPy's protocols, and refuses to become a NumPy array.

    Nor does it compute with one, as CuPy does not: numbers fit, and what was made with
    like=. An index may be an array of NumPy's.
    """

    def __init__(self, array):
        self.array = np.asarray(array)

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("somebody pulled the data over")

    def __dlpack__(self):
        raise AssertionError("somebody asked for the data")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if any(isinstance(x, Tensor) for x in inputs):
            return NotImplemented  # an unknown type, as such libraries have it
        operands = inputs[::2] if method == "at" else inputs  # the second is an index
        if any(isinstance(x, np.ndarray) for x in operands):
            raise TypeError("Unsupported type <class 'numpy.ndarray'>")
        if "out" in kwargs:
            (out,) = kwargs.pop("out")
            out.array[...] = getattr(ufunc, method)(*map(inside, inputs), **kwargs)
            return out
        return outside(getattr(ufunc, method)(*map(inside, inputs), **kwargs))

    def __array_function__(self, function, types, args, kwargs):
        if Tensor in types:
            return NotImplemented
        if np.ndarray in types and function is not np.result_type:
            raise TypeError(f"{function.__name__}: only Foreign arrays are taken")
        values = {k: inside(v) for k, v in kwargs.items()}
        return outside(function(*map(inside, args), **values))

    def __bool__(self):  # a number may be asked for, as other libraries have it
        return bool(self.array)

    def __int__(self):
        return int(self.array)

    def __getattr__(self, name):
        if name in ("shape", "ndim", "size", "dtype"):
            return getattr(self.array, name)
        if name in METHODS:
            return lambda *a, **k: Foreign(getattr(self.array, name)(*a, **k))
        if name in ("astype", "copy"):
            return lambda *a: Foreign(getattr(self.array, name)(*a))
        raise AttributeError(name)

    @property
    def T(self):  # noqa: N802 - NumPy's name
        return Foreign(self.array.T)

    def __getitem__(self, index):
        return Foreign(self.array[inside(index)])

    def __setitem__(self, index, value):
        assert not isinstance(value, np.ndarray)
        self.array[index] = inside(value)


def outside(x):
    if isinstance(x, tuple):
        named = hasattr(x, "_fields")
        return type(x)(*map(outside, x)) if named else tuple(map(outside, x))
    return Foreign(x) if isinstance(x, np.ndarray | np.generic) else x


def inside(x):
    if isinstance(x, list | tuple) and any(isinstance(v, Foreign) for v in x):
        return type(x)(map(inside, x))
    return x.array if isinstance(x, Foreign) else x


X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
CASES = {
    "add": lambda x: x + x,
    "subtract": lambda x: 1 - x,
    "multiply": lambda x: x * x,
    "divide": lambda x: 1 / x + x / 2,
    "power": lambda x: x**3 + 2**x,
    "negative": lambda x: -x,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "maximum": lambda x: np.maximum(x, 2.5),
    "minimum": lambda x: np.minimum(x, 2.5),
    "astype": lambda x: x.astype(np.float32),
    "sum": lambda x: x.sum(axis=0) * x,
    "mean": lambda x: x.mean(axis=1, keepdims=True) * x,
    "reshape": lambda x: x.reshape(2, 3),
    "squeeze": lambda x: np.expand_dims(x, 0).squeeze(),
    "expand_dims": lambda x: np.expand_dims(x, 1) * x,
    "transpose": lambda x: x.T @ x,
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "broadcast_to": lambda x: np.broadcast_to(x, (4, 3, 2)),
    "matmul": lambda x: x @ x.T,
    "dot": lambda x: np.dot(x, x.T),
    "getitem": lambda x: x[0] * x[:, 1:],
    "scatter": lambda x: rules.scatter(x, index=slice(0, 3), shape=(4, 2)),
    "lin": lambda x: lin(x, x.T, x[:, 0]),
    "masked_linear": lambda x: masked_linear(x, x.T, x[:, 0], mask=x.data.T > 0),
    "relu": lambda x: relu(x - 2.5),
    "leaky_relu": lambda x: nn.leaky_relu(x - 2.5),
    "sigmoid": nn.sigmoid,
    "gelu": nn.gelu,
    "gelu, exact": lambda x: nn.gelu(x, approximate="none"),
    "softmax": nn.softmax,
    "log_softmax": nn.log_softmax,
    "layer_norm": lambda x: nn.layer_norm(x * x, x[0], x[1]),
    "rms_norm": lambda x: nn.rms_norm(x, x[0]),
    "batch_norm": lambda x: nn.batch_norm(x, x[0], x[1]),
    "normalise": lambda x: nn.normalise(x, x[0], x[1], mean=x.data[0], var=x.data[1]),
    "drop": lambda x: nn.dropout(x, 0.5, rng=np.random.default_rng(0)),
    "conv2d": lambda x: conv2d(x[None, None], x[None, None, 1:], x[0, :1], padding=1),
    "max_pool2d": lambda x: max_pool2d(x[None, None], size=(2, 1), stride=1),
    "mse": lambda x: mse(x, x * 2),
    "mae": lambda x: nn.mae(x, x * 2),
    "huber": lambda x: nn.huber(x, x * 2),
    "hinge": lambda x: nn.hinge(x, x * 2),
    "binary_cross_entropy": lambda x: nn.binary_cross_entropy(x, x / 8),
    "cross_entropy": lambda x: nn.cross_entropy(x, x / 8),
    "cross_entropy of ids": lambda x: nn.cross_entropy(
        x, x.data[:, 0].astype(int) // 3, ignore=1
    ),
}


# The rest as in the table of test_rules: the first row of each rule.
ROWS = {name: rows[0] for name, rows in TABLE.items() if name not in CASES}
ROWS |= {name: (f, X) for name, f in CASES.items()}


def on(wrap, name):
    """A rule's case on arrays of a library, and its operands."""
    f, *operands = ROWS[name]
    leaves = [Tensor(wrap(np.asarray(x))) for x in operands]
    return of_library(f, wrap)(*leaves), leaves


def of_library(f, wrap):
    """A row whose own arrays, such as a mask, are of the library too."""
    return translated(f, SimpleNamespace(asarray=wrap))


def test_the_stand_in_refuses_an_array_of_numpys_beside_its_own():
    x = Foreign(X)
    for mix in (
        lambda: x + X,
        lambda: np.multiply(X, x),
        lambda: x + np.array(1.0),
        lambda: np.concatenate([x, X]),
        lambda: np.where(X > 2, x, 0),
    ):
        with pytest.raises(TypeError, match=r"numpy\.ndarray|only Foreign arrays"):
            mix()
    assert type(x[np.array([0, 1])] + np.float64(1.0)) is Foreign


def test_a_list_beside_an_array_of_a_library_goes_over_to_it():
    x = Tensor(Foreign(X))
    for f in (
        lambda x: [[1.0, 2.0]] * x,
        lambda x: np.dot(x, 2.0),
        lambda x: np.append(x, [1.0, 2.0]),
        lambda x: np.hypot(x, [3.0, 4.0]),
    ):
        y = f(x)
        assert type(y.data) is Foreign
        np.testing.assert_array_equal(y.data.array, f(Tensor(X)).data)


def test_every_rule_has_a_case():
    assert set(rules.__all__) <= set(ROWS)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_rule_stays_in_the_library_forward_and_backward(name):
    (theirs, xs), (ours, ys) = on(Foreign, name), on(np.asarray, name)
    theirs.sum().backward()
    ours.sum().backward()
    np.testing.assert_array_equal(theirs.data.array, ours.data)
    for x, y in zip(xs, ys, strict=True):
        assert type(x.grad) is Foreign
        np.testing.assert_array_equal(x.grad.array, y.grad)


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"scatter"}))
def test_a_rule_stays_in_the_library_to_second_order(name):
    slopes = []
    for wrap in (Foreign, np.asarray):
        y, (x, *_) = on(wrap, name)
        (y * y).sum().backward(create_graph=True)
        g, x.grad = x.grad, None
        g.sum().backward()
        slopes.append(inside(x.grad))
    np.testing.assert_allclose(*slopes)


class Later(Foreign):
    """One whose data may not be there yet."""

    __dlpack__ = property()


def test_what_can_not_be_put_off_is_refused_by_name():
    assert not hasattr(Later(X), "__dlpack__")
    x = Tensor(Later(X))
    with pytest.raises(TypeError, match=r"scatter: an array of .* can't be added to"):
        rules.scatter(x, index=np.array([0, 0, 1]), shape=(4, 2))
    with pytest.raises(TypeError, match=r"^np\.sort: needs its data at once"):
        np.sort(x)
    with pytest.raises(TypeError, match=r"^np\.argsort: needs its data at once"):
        x.argsort()


class OfUnknownLength(Later):
    """One whose mask is not known yet, and so its length is not."""

    shape = property(lambda self: (np.nan, *self.array.shape[1:]))


def test_a_length_that_is_not_known_yet_is_refused_with_the_cure():
    with pytest.raises(ValueError, match=r"^Tensor: shape \(nan, 2\) .* np\.where"):
        Tensor(OfUnknownLength(X))


def test_a_mask_whose_numbers_are_not_known_yet_must_be_boolean():
    with pytest.raises(TypeError, match=r"Later of float64 whose .* pass mask != 0"):
        MaskedLinear(np.ones((3, 3)), np.ones(3), mask=Later(np.eye(3)))


class LaterAndStrict(Later):
    """One that can be assigned to at integers and slices, and not at nothing."""

    def __array_function__(self, *args):
        return LaterAndStrict(inside(super().__array_function__(*args)))

    def __setitem__(self, index, value):
        assert value.size
        assert None not in (index if isinstance(index, tuple) else (index,))
        super().__setitem__(index, value)


@pytest.mark.parametrize(
    "index", [np.int64(1), (None, 1), (slice(1, None), None), slice(0, 0), (1, ..., 0)]
)
def test_a_place_that_is_taken_once_gets_its_gradient_back_there_too(index):
    y = rules.scatter(LaterAndStrict(X[index]), index=index, shape=X.shape)
    np.testing.assert_array_equal(
        inside(y), rules.scatter(X[index], index=index, shape=X.shape)
    )


@pytest.mark.parametrize("function", list(COMPOSED), ids=name_of)
def test_a_composition_stays_in_the_library(function):
    x = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
    for i, f in enumerate(COMPOSED[function]):
        with case("row", i):
            theirs, ours = Tensor(Foreign(x)), Tensor(x)
            y, z = of_library(f, Foreign)(theirs), f(ours)
            assert type(y.data) is Foreign
            np.testing.assert_array_equal(y.data.array, z.data)
            y.sum().backward()
            z.sum().backward()
            np.testing.assert_array_equal(theirs.grad.array, ours.grad)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("array", [np.asarray, Foreign])
def test_a_rule_runs_once_for_each_op_there_as_in_numpy(n, array):
    ran = []

    def closures():
        ran.append(n)
        return (lambda g: g,) * n

    sums = [
        lambda x: (x * 1.0, closures()),
        lambda x, y: (x + y, closures()),
        lambda x, y, z: (x + y + z, closures()),
    ]
    x = Tensor(array(X))
    total = op()(sums[n - 1])(*[x] * n)
    assert type(total.data) is type(x.data)
    assert len(ran) == 1


def test_a_leaf_owns_its_gradient_there_too():
    x, y = Tensor(Foreign(X)), Tensor(Foreign(X))
    (x + y).sum().backward()
    x.grad.array[...] = 0
    np.testing.assert_array_equal(y.grad.array, np.ones_like(X))


def test_a_network_trains_there_as_in_numpy():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    here, there = (Model.init(3, 4, 1, rng=np.random.default_rng(1)) for _ in range(2))
    for p in there.parameters():
        p.data = Foreign(p.data)
    here(x, y).backward()
    there(Foreign(x), Foreign(y)).backward()
    for p, q in zip(here.parameters(), there.parameters(), strict=True):
        np.testing.assert_array_equal(q.grad.array, p.grad)


def test_the_exciter_network_trains_there_as_in_numpy_with_its_callback():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 5)), rng.normal(size=8)
    seen, losses, parameters = [], [], []
    for wrap in (np.asarray, Foreign):
        start = [
            p.data for p in ExciterNet.init(rng=np.random.default_rng(1)).parameters()
        ]
        w1, b1, wm, bm, w2, b2 = map(wrap, start)
        net = ExciterNet(
            Lin(w1, b1),
            Exciter(lambda layer, g: seen.append(type(g)), low=-1.0, high=1.0),
            MaskedLinear(wm, bm, mask=np.eye(3)),
            Lin(w2, b2),
        )
        assert type(net.layers[2].mask) is type(wm)
        sgd = SGD(net.parameters(), lr=0.1)
        for _ in range(2):
            sgd.zero_grad()
            loss = net(wrap(x), wrap(y))
            loss.backward()
            sgd.step()
        losses.append(inside(loss.data))
        parameters.append([inside(p.data) for p in net.parameters()])
    assert seen == [np.ndarray] * 2 + [Foreign] * 2
    assert losses[0] == losses[1]
    for ours, theirs in zip(*parameters, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        lambda p: Adam(p, weight_decay=0.1),
        AdamW,
    ],
    ids=["SGD", "Adam", "AdamW"],
)
def test_what_an_optimiser_keeps_is_of_the_library_too(make):
    data = []
    for wrap in (np.asarray, Foreign):
        p = Tensor(wrap(X))
        first, later = make([p]), make([p])
        for optimiser in (first, later):
            later.load_state(first.state())
            for _ in range(3):
                p.grad = wrap(X + 1)
                optimiser.step()
        kept = {type(x) for name, x in later.state().items() if "." in name}
        assert kept == {type(p.data)} == {type(wrap(X))}
        data.append(inside(p.data))
    np.testing.assert_array_equal(*data)


def test_a_picture_computes_nothing_on_such_arrays(monkeypatch):
    loss = (Tensor(Foreign(X), name="x") * 2).sum()
    loss.backward()

    def refuse(*_, **__):
        raise AssertionError("the picture computed something")

    monkeypatch.setattr(Foreign, "__array_function__", refuse)
    monkeypatch.setattr(Foreign, "__array_ufunc__", refuse)
    assert ">x</tspan> (3, 2)<" in draw(loss).svg()

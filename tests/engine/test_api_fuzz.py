"""Every public function, called with what does not belong there.

One argument of a right call is replaced. The call must give what NumPy gives on plain
data (value, shape, dtype; gradients of the shapes and dtypes of the Tensors), or an
error of a kind that is meant, with the name of who refuses. The right calls are those
of the tables of rules and compositions; calls.py hears them, and judges. What is no
function of NumPy (in engine, nn and viz) must answer, or refuse by name.
"""

import re

import numpy as np
import pytest
from helpers.calls import Call, by_function, heard, outcome, tensors_in, wrong
from helpers.cases import name_of
from hypothesis import given
from hypothesis import strategies as st

import engine
import nn
import viz
from engine import Tensor
from engine.numpy_protocol import CONSTANT

pytestmark = pytest.mark.slow  # ten seconds and more: many calls of each function

X = np.arange(6.0).reshape(2, 3) - 2.5
ARRAYS = [
    *(np.ones(()), np.ones(0), np.ones((0, 3)), np.ones((3, 0, 2)), np.ones(1)),
    *(np.arange(4.0) + 0.5, X + 3, np.arange(24.0).reshape(2, 3, 4) + 0.5),
    *(np.array([np.nan, 1, 2]), np.array([-np.inf, 1, np.inf])),
    *(np.ones((2, 3), "f2"), np.ones((2, 3), np.longdouble), np.ones((2, 3), ">f4")),
]
for array in ARRAYS:
    array.flags.writeable = False  # out= would write into them
PLAIN = [
    *(np.arange(6).reshape(2, 3), np.array([0, 2]), np.ones((2, 3), complex)),
    *(np.array(["a", "b"]), np.array([1, 2], object), np.array(["2020"], "M8[Y]")),
    *(None, float("nan"), float("inf"), "text", "", b"x", {}, {1: 2}, [], [[]], ()),
    *([1.0, 2.0], [[1, 2, 3], [4, 5, 6]], [[1], [2, 3]], (0,), (0, 0), (0, 1), (-1,)),
    *((9,), [0], [0, 1], 0, 1, -1, 2, 9, -9, 1.5, -0.5, 2**70, -(2**70), 1j),
    *(np.int64(1), np.float32(1), slice(None), ..., object(), len, range(3), [None]),
]
ODD = [*ARRAYS, *map(Tensor, ARRAYS), Tensor(X, requires_grad=False), *PLAIN]
ODD += [[Tensor(1.0)], (Tensor(1.0),), [Tensor(1.0), Tensor([1.0, 2.0])]]

# Where ours answers though NumPy refuses, or otherwise, and why that is left so:
KNOWN = {
    # a Tensor as dtype has one:
    **dict.fromkeys([np.full_like, np.linspace, np.logspace], "dtype from an array"),
    np.geomspace: "dtype from an array",
    # NumPy turns the axes of two-dimensional quantiles round:
    **dict.fromkeys([np.nanquantile, np.nanpercentile], "NumPy's is (3, 2"),
    np.nan_to_num: "float128",  # an array as nan= is of a wider dtype
    np.select: "dtype('O')",  # NumPy makes objects of integers that are too large
    np.diff: "NoneType",  # no end is None, and NumPy's is a private value
    np.prod: "AxisError",  # a single number has the axis 0, which other functions take
    np.nanvar: "too large",  # what is left of the entries is compared, not counted
    **dict.fromkeys([np.tril, np.triu], "0-dimensional"),  # one entry is a number
    np.linalg.cond: "unhashable",  # an array of no axes is a number
    np.empty_like: " for ",  # holds anything
    np.array_equiv: "False for True",  # asks nobody about a list
    np.rot90: "read-only",  # NumPy takes the remainder of an array in place
    np.einsum: "no len()",  # optimize=0 is False
    np.median: "into shape (0,n",  # a length of nothing
}
# Of infinities, and of 0 / 0, they make NaN or not by the formula that each takes.
BY_FORMULA = {np.linalg.lstsq, np.quantile, np.percentile, np.gradient, np.interp}
BY_FORMULA |= {np.nanquantile, np.nanpercentile, np.nanmedian}
SKIPPED = {np.diff: (2**70,), np.gradient: (0,)}  # NumPy never ends; 0 / 0
SKIPPED |= {np.polyder: (2**70,), np.geomspace: (2**70,)}  # NumPy fails by accident


def constant_calls():
    """Calls of functions that are piecewise constant, which are in no table."""
    for function in sorted(CONSTANT, key=name_of):
        for args in ((X,), (X, 1.0), (X, X), (X[0], X[0])):
            if outcome(Call(function, args, {}))[1] is None:
                yield Call(function, tuple(map(_tensor, args)), {})


def _tensor(x):
    return Tensor(x) if isinstance(x, np.ndarray) else x


CALLS = {repr(c): c for c in (*heard(), *constant_calls())}
CALLS = [*CALLS.values(), Call(np.astype, (Tensor(X), np.float32), {})]
PLACES = [(call, place) for call in CALLS for place in call.places()]
OPTIONS = ["out", "dtype", "axis", "keepdims", "where", "order", "casting", "bogus"]


def may_be_judged(call, place, x):
    number = type(x) in (int, float)
    skipped = number and any(repr(x) == repr(y) for y in SKIPPED.get(call.function, ()))
    return place[0] != "keepdims" and not skipped and tensors_in(call)  # by its truth


def judge(call):
    found = wrong(call)
    known = KNOWN.get(call.function)
    no_number = "nan" in found or infinite(call)
    by_formula = call.function in BY_FORMULA and " for " in found and no_number
    assert not found or (known and known in found) or by_formula, f"{call!r}: {found}"


def infinite(x):
    """Whether some number in a call is not finite."""
    if isinstance(x, Call):
        return infinite([*x.args, *x.kwargs.values()])
    if isinstance(x, list | tuple):
        return any(map(infinite, x))
    x = np.asarray(x.data if isinstance(x, Tensor) else x)
    return x.dtype.kind == "f" and not np.isfinite(x).all()


@given(st.sampled_from(PLACES), st.sampled_from(ODD))
def test_a_wrong_argument_gives_what_numpy_gives_or_an_error_that_says_who(place, x):
    call, where = place
    changed = call.put(where, x)
    if may_be_judged(changed, where, x):
        judge(changed)


@given(st.sampled_from(CALLS), st.sampled_from(OPTIONS), st.sampled_from(ODD))
def test_an_option_that_is_not_taken_is_refused_by_name(call, option, x):
    unset = option == "where" and isinstance(call.function, np.ufunc)  # holds anything
    if option not in call.kwargs and option != "keepdims" and not unset:
        judge(call._replace(kwargs=call.kwargs | {option: x}))


@pytest.mark.parametrize("function", by_function(CALLS), ids=name_of)
def test_a_call_of_the_tables_is_right_before_it_is_varied(function):
    for call in by_function(CALLS)[function]:
        judge(call)


# --- what is no function of NumPy -----------------------------------------------------

METHODS = {
    **dict.fromkeys(["sum", "mean", "var", "std", "max", "min", "prod"], (0,)),
    **dict.fromkeys(["cumsum", "cumprod", "argmax", "argmin", "argsort"], (0,)),
    **dict.fromkeys(["any", "all"], (0,)),
    **{"trace": (0, 0, 1), "diagonal": (0, 0, 1), "round": (1,), "clip": (0.0, 1.0)},
    **{"reshape": (3, 2), "squeeze": (None,), "transpose": (1, 0), "dot": (X.T,)},
    **{"swapaxes": (0, 1), "repeat": (2, 1), "compress": ([True, False], 0)},
    **{"take": ([0, 1], 1), "astype": (np.float32,), "searchsorted": (1.0,)},
    **{"__getitem__": (0,), "__add__": (X,), "__rsub__": (2.0,), "__mul__": (X,)},
    **{"__truediv__": (X,), "__pow__": (2,), "__matmul__": (X.T,), "__mod__": (2.0,)},
    **{"__floordiv__": (2.0,), "__lt__": (X,), "__eq__": (X,), "__ge__": (0.5,)},
}


@pytest.mark.parametrize("name", METHODS)
@given(st.data())
def test_a_method_does_what_that_of_arrays_does_or_says_who_refuses(name, data):
    args = list(METHODS[name])
    data_of = np.array([1.0, 2.0, 4.0]) if name == "searchsorted" else X
    if data.draw(st.booleans()):
        args[data.draw(st.integers(0, len(args) - 1))] = data.draw(st.sampled_from(ODD))
    operator = name.startswith("__") and name != "__getitem__"

    def method(x, *args):
        return getattr(x, name)(*args)

    method.__name__ = name.strip("_")
    found = wrong(Call(method, (Tensor(data_of), *args), {}))
    if operator and ("NotImplemented" in found or "nameless" in found):
        return  # where Python goes on to ask the other operand, or compares
    assert not found, f"{name}{args}: {found}"


def total(x):
    return (x * x).sum()


def network():
    rng = np.random.default_rng(0)
    return nn.Model.init(3, 2, 1, rng=rng)


W, B, D = np.ones((3, 2)), np.ones(2), np.ones(3)
IDS = np.zeros(len(X), int)
IMAGES, FILTERS = np.arange(24.0).reshape(1, 2, 4, 3), np.ones((2, 2, 3, 2))
# A function, right arguments and right options.
OTHERS = {
    "Tensor": (Tensor, (X,), {}),
    "register_hook": (lambda f: Tensor(X).register_hook(f), (abs,), {}),
    "item": (lambda x: Tensor(x).item(), (1.0,), {}),
    "grad": (lambda f, x, n: engine.grad(f, n)(x), (total, X, 0), {}),
    "value_and_grad": (lambda f, x: engine.value_and_grad(f)(x), (total, X), {}),
    "jacobian": (lambda f, x, n: engine.jacobian(f, n)(x), (np.exp, X, 0), {}),
    "hessian": (lambda f, x: engine.hessian(f)(x), (total, X), {}),
    "vjp": (lambda f, x, v: engine.vjp(f, x)[1](v), (np.exp, X, X), {}),
    "jvp": (engine.jvp, (np.exp, [X], [X]), {}),
    "hvp": (engine.hvp, (total, X, X), {}),
    "check_gradients": (engine.check_gradients, (total, X), {"order": 1}),
    "unbroadcast": (engine.unbroadcast, (X, (3,)), {}),
    "logsumexp": (engine.logsumexp, (Tensor(X),), {"axis": 0, "keepdims": True}),
    "op": (lambda f: engine.op(f), (np.unwrap,), {}),
    "scope": (engine.scope, ("encoder",), {}),
    "no_grad": (lambda f: engine.no_grad()(f), (total,), {}),
    "lin": (nn.lin, (Tensor(X), W, B), {}),
    "masked_linear": (nn.masked_linear, (Tensor(X), W, B), {"mask": W}),
    "relu": (nn.relu, (Tensor(X),), {}),
    "exciter": (nn.exciter, (Tensor(X),), {"low": -1.0, "high": 1.0}),
    "leaky_relu": (nn.leaky_relu, (Tensor(X),), {"slope": 0.1}),
    "sigmoid": (nn.sigmoid, (Tensor(X),), {}),
    "gelu": (nn.gelu, (Tensor(X),), {"approximate": "none"}),
    "softmax": (nn.softmax, (Tensor(X),), {"axis": 0}),
    "log_softmax": (nn.log_softmax, (Tensor(X),), {"axis": 0}),
    "layer_norm": (nn.layer_norm, (Tensor(X), D, D), {"eps": 1e-5}),
    "rms_norm": (nn.rms_norm, (Tensor(X), D), {"eps": 1e-5}),
    "batch_norm": (nn.batch_norm, (Tensor(X), D, D), {"eps": 1e-5}),
    "normalise": (nn.normalise, (Tensor(X), D, D), {"mean": D, "var": D, "eps": 1e-5}),
    "drop": (nn.drop, (Tensor(X),), {"kept": X > 0, "p": 0.5}),
    "dropout": (nn.dropout, (Tensor(X), 0.5), {"rng": np.random.default_rng(0)}),
    "Dropout": (nn.Dropout, (0.5,), {"rng": np.random.default_rng(0)}),
    "LayerNorm": (lambda e: nn.LayerNorm(3, eps=e), (1e-5,), {}),
    "BatchNorm": (lambda m, e: nn.BatchNorm(3, momentum=m, eps=e), (0.1, 1e-5), {}),
    "a batch": (lambda x: nn.BatchNorm(3)(x), (Tensor(X),), {}),
    "LeakyReLU": (nn.LeakyReLU, (), {"slope": 0.1}),
    "conv2d": (nn.conv2d, (Tensor(IMAGES), FILTERS, B), {"stride": 1, "padding": 0}),
    "max_pool2d": (nn.max_pool2d, (Tensor(IMAGES),), {"size": 2, "stride": (1, 2)}),
    "mse": (nn.mse, (Tensor(X), X), {}),
    "mae": (nn.mae, (Tensor(X), X), {}),
    "huber": (nn.huber, (Tensor(X), X), {"delta": 0.5}),
    "hinge": (nn.hinge, (Tensor(X), X), {}),
    "binary_cross_entropy": (nn.binary_cross_entropy, (Tensor(X), X), {}),
    "cross_entropy": (nn.cross_entropy, (Tensor(X), IDS), {"ignore": 1}),
    "Lin": (lambda w, b: nn.Lin(w, b)(Tensor(X)), (W, B), {}),
    "MaskedLinear": (nn.MaskedLinear, (W, B), {"mask": W}),
    "ReLU": (lambda x: nn.ReLU()(x), (Tensor(X),), {}),
    "Conv2d": (nn.Conv2d, (FILTERS, B), {"stride": 1, "padding": (0, 1)}),
    "MaxPool2d": (nn.MaxPool2d, (2,), {"stride": (1, 2)}),
    "Flatten": (lambda x: nn.Flatten()(x), (Tensor(IMAGES),), {}),
    "Mse": (lambda x, y: nn.Mse()(x, y), (Tensor(X), X), {}),
    "Mae": (lambda x, y: nn.Mae()(x, y), (Tensor(X), X), {}),
    "Huber": (nn.Huber, (0.5,), {}),
    "Hinge": (lambda x, y: nn.Hinge()(x, y), (Tensor(X), np.ones_like(X)), {}),
    "BinaryCrossEntropy": (
        lambda x, y: nn.BinaryCrossEntropy()(x, y),
        (Tensor(X), X > 0),
        {},
    ),
    "CrossEntropy": (lambda x, y: nn.CrossEntropy()(x, y), (Tensor(X), IDS), {}),
    "CrossEntropy that ignores": (nn.CrossEntropy, (), {"ignore": 1}),
    "Exciter": (nn.Exciter, (print,), {"low": -1.0, "high": 1.0}),
    "Model": (lambda x, y: network()(x, y).backward(), (X, np.ones(2)), {}),
    "SGD": (lambda p, lr: nn.SGD(p, lr=lr).step(), ([Tensor(X)], 0.1), {}),
    "momentum": (
        lambda p, **options: nn.SGD(p, **options).step(),
        ([Tensor(X)],),
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ),
    "Adam": (
        lambda p, **options: nn.Adam(p, **options).step(),
        ([Tensor(X)],),
        {"lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1},
    ),
    "AdamW": (lambda p, d: nn.AdamW(p, weight_decay=d).step(), ([Tensor(X)], 0.1), {}),
    "load_state": (
        nn.Adam([Tensor(X)]).load_state,
        (nn.Adam([Tensor(X)]).state(),),
        {},
    ),
    "clip_gradients": (nn.clip_gradients, ([Tensor(X)], 1.0), {}),
    "cosine": (nn.cosine, (0.1, 100), {"warmup": 10, "final": 0.0}),
    "linear": (nn.linear, (0.1, 100), {"final": 0.0}),
    "step_decay": (nn.step_decay, (0.1, 10, 0.5), {}),
    "warmup": (nn.warmup, (0.1, 100), {}),
    "draw": (viz.draw, (Tensor(X) * 2,), {"max_nodes": 60, "show": ("value",)}),
}
ODD_RAGGED = next(x for x in PLAIN if repr(x) == "[[1], [2, 3]]")
TAKE_FORMS = {"grad", "value_and_grad", "jacobian", "hessian", "vjp", "jvp", "hvp"}
TAKE_FORMS |= {"check_gradients", "unbroadcast"}
OTHER_PLACES = [
    (name, place)
    for name, (_, args, kwargs) in OTHERS.items()
    for place in (*range(len(args)), *kwargs)
]


@given(st.sampled_from(OTHER_PLACES), st.sampled_from(ODD))
def test_what_is_not_a_function_of_numpy_answers_or_names_what_refuses(place, x):
    f, args, kwargs = OTHERS[place[0]]
    changed = Call(f, args, kwargs).put(place[1:], x)
    error = outcome(changed)[1]
    if x is ODD_RAGGED or (
        place[0] in TAKE_FORMS and isinstance(x, list | tuple | dict)
    ):
        return  # NumPy's words for it; a form of arrays, which f itself refuses
    if isinstance(error, AssertionError):
        assert place[0] == "check_gradients"
    elif error is not None:
        assert isinstance(error, TypeError | ValueError | RuntimeError), changed
        assert re.match(r"[\w.]+: |iteration over a 0-d", str(error)), repr(error)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_a_function_of_numpy_takes_what_it_is_made_for(name):
    f, args, kwargs = OTHERS[name]
    f(*args, **kwargs)

"""Every public name of NumPy, called with a Tensor: no gradient is lost without a word.

test_numpy_protocol.py asks the functions that NumPy hands to a Tensor. The others
(np.asarray, np.full, np.r_, np.vectorize, ...) take a Tensor for any object, and could
make of it an array of objects, or of its numbers. Here each is called in many ways:
what comes back without a graph must not move when the Tensor's numbers do, for then its
derivative is zero. Nothing may: a Tensor refuses to be made a plain number or an array.
"""

import contextlib
import inspect
import itertools
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from engine import Tensor, check_gradients, numpy_protocol
from engine.numpy_protocol import CONSTANT

# No integers, so that rounding does not jump, and below and above what array() holds:
VALUES = [np.float64(2.3), np.float64(-9.3), np.array([2.3, 4.6])]
STEP = 1e-6

# Never called here, for what it would do or because its result is not set:
NOT_CALLED = {
    "numpy.test",  # runs NumPy's own suite
    "numpy.fromfile",  # takes a number for an open file
    *("numpy.empty", "numpy.empty_like", "numpy.ndarray", "numpy.recarray"),
}

# NumPy itself refuses arrays of floats here: there is no way in which to lose one.
TAKE_NO_ARRAY = {
    # nothing, or a setting
    *("__array_namespace_info__", "get_include", "get_printoptions", "show_runtime"),
    *("show_config", "geterr", "geterrcall", "getbufsize", "seterr", "setbufsize"),
    *("errstate", "busdaycalendar"),
    # a file or a text
    *("load", "loadtxt", "genfromtxt", "fromregex", "fromstring", "memmap"),
    # integers, dates, dtypes
    *("binary_repr", "broadcast_shapes", "ndindex", "nested_iters"),
    *("datetime64", "timedelta64", "datetime_data", "iinfo", "isdtype", "typename"),
    "mask_indices",
    # abstract types, and types that NumPy alone makes
    *("generic", "number", "integer", "signedinteger", "unsignedinteger", "inexact"),
    *("floating", "complexfloating", "flexible", "character", "ufunc", "flatiter"),
}


def public():
    """Every public name of NumPy that can be called, or be indexed as np.r_ is."""
    for module in (np, np.linalg, np.fft):
        for name in sorted(module.__all__):
            thing = getattr(module, name)
            full_name = f"{module.__name__}.{name}"
            plain = isinstance(thing, str | tuple | dict | np.generic)
            indexed = hasattr(type(thing), "__getitem__") and not plain
            if (callable(thing) or indexed) and full_name not in NOT_CALLED:
                yield pytest.param(thing, id=full_name)
    for name in ("accumulate", "outer", "reduce", "reduceat"):  # of any ufunc
        yield pytest.param(getattr(np.multiply, name), id=f"numpy.multiply.{name}")


def is_dispatched(thing):
    return isinstance(thing, np.ufunc) or hasattr(thing, "_implementation")


def undispatched():
    return [param for param in public() if not is_dispatched(*param.values)]


def array():
    return np.array([[1.5, -2.5], [0.5, 1.25]])


UNLIKE = itertools.count()  # no two are equal; the addresses of two objects may be
DATA = [lambda x: [x, x], lambda x: x]
REST = [lambda x: array(), lambda x: 2, lambda x: (1,)]
INDICES = [
    *DATA,
    lambda x: slice(0, x),
    lambda x: slice(x, 9.0),
    lambda x: slice(0.0, x, 3j),
]


def ways(thing):
    """Calls with `x` among the arguments, plausible and not: each a function of x."""
    if not callable(thing):
        for index in INDICES:
            yield lambda x, index=index: thing[index(x)]
            yield lambda x, index=index: thing[1.5, index(x)]
            yield lambda x, index=index: thing[index(x), index(x)]
        return
    for count in (1, 2, 3):
        for args in itertools.product(DATA[count == 3 :] + REST, repeat=count):
            if any(arg in DATA for arg in args):
                yield lambda x, args=args: call(thing, x, *args)
                if count < 3:
                    yield lambda x, args=args: call(thing, x, *args, dtype=float)
        for option in parameters(thing):
            args = [REST[0]] * count
            yield lambda x, args=args, name=option: call(thing, x, *args, **{name: x})
    # A function that calls ours, or makes one (np.frompyfunc gives objects, always):
    yield lambda x: thing(lambda i: i * x, (2,))
    yield lambda x: thing(lambda i: i * x)(array())
    yield lambda x: thing(lambda i: i)(x)
    yield lambda x: thing(lambda i: i, 1, 1)(x)
    yield lambda x: thing([1.5, 2.5])(x)


def parameters(function):
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # written in C, it may have no signature
        return []


def call(function, x, *args, **options):
    """The result, and the arrays among the arguments: they may have been written to."""
    given = [arg(x) for arg in args]
    return function(*given, **options), [a for a in given if a is not x]


def numbers(result):
    """What is in no graph, as a list of floats; nothing equals a Tensor in hiding."""
    if isinstance(result, list | tuple | Iterator):
        return [n for part in result for n in numbers(part)]
    if isinstance(result, dict):
        return numbers(list(result.values()))
    if isinstance(result, Tensor | type):
        return []
    if isinstance(result, float | complex) or hasattr(result, "__array__"):
        flat = np.asarray(result).ravel()
        if flat.dtype == object:
            return [next(UNLIKE) for o in flat.tolist() if isinstance(o, Tensor)]
        return flat.tolist() if flat.dtype.kind in "fcV" else []  # V: named fields
    return []


def loses(way, value):
    """Whether `way` makes numbers of a Tensor that move with it, or overwrites it."""
    values = (value, value + STEP)
    tensors = [Tensor(np.array(v)) for v in values]
    try:
        first, second = (repr(numbers(way(t))) for t in tensors)  # one repr for NaN
    except Exception:  # of any kind: refused is refused
        first = second = ""
    kept = [t.data.tolist() for t in tensors] == [v.tolist() for v in values]
    return first != second or not kept


@contextlib.contextmanager
def quiet():
    """No warnings, and NumPy's settings as they were: the walk changes them, too."""
    with np.printoptions(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.slow  # seconds: a walk over every function
@pytest.mark.parametrize("thing", list(public()))
def test_no_name_of_numpy_loses_a_gradient(thing):
    with quiet():
        assert not any(loses(w, v) for w, v in itertools.product(ways(thing), VALUES))


@pytest.mark.slow  # seconds: a walk over every function
@pytest.mark.parametrize("thing", undispatched())
def test_the_walk_calls_every_undispatched_name_as_numpy_means_it(thing, request):
    """What NumPy refuses in every way, with arrays too, has not been walked."""

    def is_taken(way, value):
        try:
            way(value)
        except Exception:  # of any kind
            return False
        return True

    with quiet():
        if not any(is_taken(*w) for w in itertools.product(ways(thing), VALUES)):
            assert request.node.callspec.id.removeprefix("numpy.") in TAKE_NO_ARRAY


def test_no_rule_stands_for_a_function_that_numpy_never_hands_over():
    tables = (numpy_protocol._rules, numpy_protocol._compositions, CONSTANT)
    assert all(is_dispatched(function) for table in tables for function in table)


@pytest.mark.parametrize(
    "lose",
    [
        lambda t: np.asarray([t, t]),
        lambda t: np.array([t, 1.0], dtype=object),
        lambda t: np.full((2,), t),
        lambda t: np.full((2,), t, dtype=float),
        lambda t: np.arange(t),
        lambda t: np.float32(t),
        lambda t: np.matrix([[t, t]]),
        lambda t: np.bmat([[t[None], t[None]]]),
        lambda t: np.r_[t, t],
        lambda t: np.c_[t],
        lambda t: np.mgrid[0:t],
        lambda t: np.broadcast(t, t),
        lambda t: np.ndenumerate(t),
        lambda t: np.kaiser(5, t),
        lambda t: np.poly1d([t, t]),
        lambda t: np.vectorize(lambda i: i * 2)(t),
        lambda t: np.vectorize(lambda i: i * t)([1.0, 2.0]),
        lambda t: np.frompyfunc(lambda i: i * 2, 1, 1)(t),
        lambda t: np.exp([t, t]),
        lambda t: np.zeros(2, like=t),
        lambda t: np.array([1.0, 2.0], like=t),
        lambda t: np.ma.array([t, t]),
        lambda t: np.testing.assert_allclose(t, 2.5),
    ],
)
def test_a_plain_array_is_never_made_of_a_tensor_and_the_error_has_the_cure(lose):
    cure = r"t\.data is the array without|use t\.data if no gradient is wanted"
    with quiet(), pytest.raises(TypeError, match=cure):
        lose(Tensor(2.5))


def test_nothing_is_added_into_an_array_at_some_places():
    array = np.zeros(2)
    with pytest.raises(TypeError, match=r"np\.add\.at has no rule on Tensors"):
        np.add.at(array, [0], Tensor(2.5))
    assert not array.any()


@pytest.mark.parametrize("f", [np.fft.fftfreq, np.fft.rfftfreq])
def test_a_function_of_arithmetic_alone_differentiates(f):
    check_gradients(lambda d: f(4, d), np.array(2.5), order=2)


@pytest.mark.parametrize("out", [np.ones(2), Tensor([1.0, 1.0])], ids=["array", "t"])
@pytest.mark.parametrize(
    "write",
    [
        lambda x, out: np.round(x, 1, out),
        lambda x, out: np.any(x, axis=0, out=out),
        lambda x, out: np.isposinf(x, out),
    ],
)
def test_a_constant_function_does_not_write_into_an_array_either(write, out):
    with pytest.raises(TypeError, match=r"^np\.\w+: writing into an array"):
        write(Tensor([[1.5, 2.5]])[0], out)
    with pytest.raises(TypeError, match=r"^np\.\w+: writing into an array"):
        write(np.array([1.5, 2.5]), Tensor([1.0, 1.0]))


@pytest.mark.parametrize(
    "lose",
    [
        lambda t: t.data * 2,
        lambda t: [1.0, {"a": t.item()}],
        lambda t: iter([t.data]),
        lambda t: np.poly1d([t.data, 1.0]),
        lambda t: np.array([(t.data,)], dtype=[("a", float)]),
        lambda t: np.fromiter([t, t], object),
        lambda t: t.data.fill(0.0),
    ],
)
def test_the_walk_sees_a_loss(lose):
    assert loses(lose, VALUES[0])


def test_the_walk_takes_neither_a_graph_nor_a_constant_for_a_loss():
    assert not loses(lambda t: [t * 2, np.sign(t), {"shape": t.shape}], VALUES[0])


@pytest.mark.parametrize("product", [np.matmul, np.dot, np.inner, np.vdot])
def test_an_array_of_tensors_is_refused_with_the_cure(product):
    t, w = Tensor(2.5), Tensor([1.0, 2.0])
    tensors = np.fromiter([t, t], object)
    with pytest.raises(TypeError, match=r"array of Tensors.*np\.stack"):
        product(tensors, w)
    product(np.stack(tensors), w).backward()
    assert (t.grad, w.grad.tolist()) == (3.0, [2.5, 2.5])

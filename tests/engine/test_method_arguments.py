"""Arguments of the methods: those of NumPy's arrays, in their order."""

import inspect

import numpy as np
import pytest

from engine import Tensor, check_gradients, no_grad

X = np.array([[1.5, -2.0, 0.25], [3.0, 4.5, -1.0]])
MASK = np.array([[True, False, True], [True, True, False]])
CUBE = np.arange(24.0).reshape(2, 3, 4).swapaxes(0, 2) / 7

LEFT_OUT = {  # what NumPy's arrays have and a Tensor has not: why
    "base": "of memory",
    "byteswap": "of memory",
    "choose": "its entries are indices, which are integers",
    "ctypes": "of memory",
    "device": "NumPy has one",
    "to_device": "NumPy has one",
    "dump": "pickle.dump takes a Tensor, where it is a leaf",
    "dumps": "the same",
    "flags": "of memory",
    "flat": "entries can be written through it; t.ravel() reads",
    "getfield": "of memory",
    "setfield": "of memory",
    "setflags": "of memory",
    "strides": "of memory",
    "tobytes": "leaves the graph, as t.data.tobytes() says",
    "tofile": "leaves the graph, as t.data.tofile() says",
    "view": "of memory",
}
WRITES = ("sort", "partition", "fill", "put", "resize")


def public(cls):
    return [name for name in dir(cls) if not name.startswith("_")]


def test_every_attribute_of_an_array_is_there_or_left_out_for_a_reason():
    missing = [name for name in public(np.ndarray) if not hasattr(Tensor, name)]
    assert sorted(missing) == sorted(LEFT_OUT)


def has_signature(name):
    try:
        return bool(inspect.signature(getattr(np.ndarray, name)))
    except (TypeError, ValueError):  # attributes; methods too in older releases
        return False


SIGNED = [n for n in public(np.ndarray) if n not in LEFT_OUT and has_signature(n)]


@pytest.mark.parametrize("name", [n for n in SIGNED if n not in WRITES])
def test_the_arguments_of_a_method_are_those_of_arrays_in_their_order(name):
    theirs = list(inspect.signature(getattr(np.ndarray, name)).parameters.values())[1:]
    ours = list(inspect.signature(getattr(Tensor, name)).parameters.values())[1:]
    for i, p in enumerate(theirs):
        if p.kind is p.VAR_KEYWORD:
            continue
        mine = ours[i]
        if p.kind is not p.POSITIONAL_ONLY:  # and VAR_POSITIONAL
            assert (mine.name, mine.kind) == (p.name, p.kind)
        no_value = mine.default in (None, np._NoValue)
        assert mine.default == p.default or no_value


ROWS = {
    "sum": lambda t: t.sum(0, None),
    "sum by position": lambda t: t.sum(1, None, None, True, 2.0, MASK),
    "sum by name": lambda t: t.sum(axis=0, dtype=np.longdouble, where=MASK),
    "mean": lambda t: t.mean(0, None, None, True),
    "mean by name": lambda t: t.mean(1, np.longdouble, where=MASK),
    "var": lambda t: t.var(0, None, None, 1, True),
    "var around": lambda t: t.var(axis=0, mean=t.mean(0)),
    "std": lambda t: t.std(1, None, None, 1, where=MASK[:, [0, 0, 2]] | True),
    "std around": lambda t: t.std(mean=t.mean()),
    "wide std": lambda t: t.std(0, np.longdouble),
    "max": lambda t: t.max(0, None, True),
    "max from": lambda t: t.max(axis=1, initial=0.0, where=MASK),
    "min": lambda t: t.min(0, None, True),
    "min from": lambda t: t.min(initial=9.0, where=MASK),
    "prod": lambda t: t.prod(0, None, None, True, 2.0),
    "prod where": lambda t: t.prod(1, where=MASK),
    "cumsum": lambda t: t.cumsum(0, None),
    "wide cumsum": lambda t: t.cumsum(1, dtype=np.longdouble),
    "cumprod": lambda t: t.cumprod(0, np.longdouble),
    "trace": lambda t: t.trace(1, 0, 1, np.longdouble),
    "clip": lambda t: t.clip(-0.9, 2.0, None),
    "clip to itself": lambda t: t.clip(t[0, 2], t[1, 0]),
    "ravel": lambda t: t.ravel("C"),
    "ravel in columns": lambda t: t.ravel("F"),
    "ravel in memory's order": lambda t: t.T.ravel(order="K"),
    "flatten": lambda t: t.flatten("C"),
    "flatten in columns": lambda t: t.flatten(order="F"),
    "flatten as it lies": lambda t: t.T.flatten("A"),
    "reshape": lambda t: t.reshape(3, 2, order="C"),
    "reshape in columns": lambda t: t.reshape(3, -1, order="F"),
    "reshape to a tuple": lambda t: t.reshape((3, 2), order="A", copy=True),
    "copy": lambda t: t.copy("C"),
    "copy in columns": lambda t: t.copy(order="F"),
    "astype": lambda t: t.astype(np.longdouble, copy=False),
    "astype by position": lambda t: t.astype(np.longdouble, "K", "safe", True, False),
    "squeeze": lambda t: t[:1].squeeze(0),
    "take": lambda t: t.take([7, -9], None, None, "wrap"),
    "take by name": lambda t: t.take([0, 5], axis=1, mode="clip"),
    "compress": lambda t: t.compress([True, False, True], 1, None),
    "repeat": lambda t: t.repeat([1, 0, 2], 1),
    "dot": lambda t: t.dot(X.T, None),
    "conjugate": lambda t: t.conjugate(),
    "real": lambda t: t.real,
}


@pytest.mark.parametrize("f", ROWS.values(), ids=ROWS)
def test_a_method_with_its_arguments_gives_what_that_of_an_array_gives(f):
    value, expected = f(Tensor(X)), f(X)
    assert type(value) is Tensor
    assert (value.shape, value.dtype) == (np.shape(expected), expected.dtype)
    np.testing.assert_allclose(value.data, expected, rtol=1e-12)
    check_gradients(f, X, order=2)


@pytest.mark.parametrize(
    "f",
    [
        lambda t: t.argmax(0, None, keepdims=True),
        lambda t: t.argmin(None, None),
        lambda t: t.argsort(0, "stable", None),
        lambda t: t.argsort(stable=True),
        lambda t: t.argpartition(1, 0),
        lambda t: t.any(0, None, keepdims=True, where=MASK),
        lambda t: t.all(where=MASK),
        lambda t: t.round(1, None),
        lambda t: np.sort(t[0]).searchsorted([0.0], "right", None),
        lambda t: t[0].searchsorted(0.3, sorter=[1, 2, 0]),
        lambda t: t.imag,
    ],
)
def test_a_method_that_is_constant_takes_the_arguments_of_an_arrays(f):
    value, expected = f(Tensor(X)), f(X)
    assert type(value) is type(expected)
    np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("order", "CFAK")
def test_entries_are_read_in_the_order_that_is_named(order):
    for x in (
        CUBE,
        CUBE[::-1],
        CUBE.T,
        np.asfortranarray(X),
        np.broadcast_to(X, (2, 2, 3)),
    ):
        for f in (
            np.ravel,
            lambda t, order: t.ravel(order),
            lambda t, order: t.flatten(order),
        ):
            np.testing.assert_array_equal(f(Tensor(x), order).data, f(x, order))
        if order != "K":
            ours = Tensor(x).reshape(-1, 2, order=order).data
            np.testing.assert_array_equal(ours, x.reshape(-1, 2, order=order))


@pytest.mark.parametrize("name", [*WRITES, "itemset"])
def test_a_method_that_writes_into_the_array_is_refused_with_another(name):
    t = Tensor([2.0, 1.0])
    with pytest.raises(
        TypeError, match=rf"^Tensor: t\.{name}\(\) would change .*np\.\w+"
    ):
        getattr(t, name)(1)
    np.testing.assert_array_equal(t.data, [2.0, 1.0])


def test_what_the_refusals_of_methods_recommend_works():
    t = Tensor([2.0, 1.0])
    for value in (
        np.sort(t),
        np.partition(t, 0),
        np.where([True, False], t[1], t),
        np.full_like(t, t[0]),
        np.pad(np.reshape(t, (2, 1)), 1),
    ):
        assert type(value) is Tensor


@pytest.mark.parametrize(
    "f",
    [
        lambda t, out: t.sum(0, None, out),
        lambda t, out: t.mean(0, None, out),
        lambda t, out: t.var(0, None, out),
        lambda t, out: t.std(0, out=out),
        lambda t, out: t.max(0, out),
        lambda t, out: t.min(0, out),
        lambda t, out: t.prod(0, None, out),
        lambda t, out: t.cumsum(0, None, out),
        lambda t, out: t.cumprod(0, None, out),
        lambda t, out: t.trace(0, 0, 1, None, out),
        lambda t, out: t.argmax(0, out),
        lambda t, out: t.argmin(0, out),
        lambda t, out: t.any(0, out),
        lambda t, out: t.all(0, out),
        lambda t, out: t.round(0, out),
        lambda t, out: t.clip(0, 1, out),
        lambda t, out: t.take([0], None, out),
        lambda t, out: t.compress([True], None, out),
        lambda t, out: t.dot(X.T, out),
    ],
)
def test_no_method_writes_into_out(f):
    out = np.zeros(3)
    with pytest.raises(TypeError, match="writing into an array"):
        f(Tensor(X), out)
    np.testing.assert_array_equal(out, 0)


def test_an_element_and_the_whole_leave_as_pythons_numbers():
    t = Tensor(X)
    assert (t.item(4), t.item(-1), t.item(1, 2), t.item((0, 1))) == (4.5, -1, -1, -2)
    assert type(t.item(0)) is float
    assert t.tolist() == X.tolist()
    assert Tensor(2.0).tolist() == 2.0
    assert (t.nbytes, t.itemsize) == (48, 8)
    with pytest.raises(IndexError):
        t.item(6)


def test_a_number_is_rounded_as_numpys_are_and_an_array_is_not():
    for x in (np.float64(2.567), np.array(-2.5)):
        scalar = np.float64(x)
        assert round(Tensor(x)) == round(scalar)
        assert type(round(Tensor(x))) is int
        assert round(Tensor(x), 1) == round(scalar, 1)
        assert type(round(Tensor(x), 1)) is np.float64
    with pytest.raises(TypeError):
        round(X)
    with pytest.raises(
        TypeError, match=r"^round: .*shape=\(2, 3\).*np\.round\(t\) takes"
    ):
        round(Tensor(X))


def test_a_cast_that_is_not_safe_is_refused_where_that_is_asked_for():
    with pytest.raises(TypeError):
        X.astype(np.float32, casting="safe")
    with pytest.raises(TypeError, match=r"^astype: casting='safe' takes no float64 to"):
        Tensor(X).astype(np.float32, casting="safe")


def test_without_a_graph_the_methods_do_the_same():
    with no_grad():
        t = Tensor(X)
        np.testing.assert_array_equal(t.sum(0, where=MASK).data, X.sum(0, where=MASK))
        np.testing.assert_array_equal(t.ravel("F").data, X.ravel("F"))

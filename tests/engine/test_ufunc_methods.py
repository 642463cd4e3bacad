"""np.add.reduce and its like: each ufunc's methods are NumPy's, with slopes."""

import numpy as np
import pytest

from engine import Tensor, check_gradients
from engine.numpy_protocol import CONSTANT, _compositions, _rules

X = np.array([[1.5, 2.25, 0.75, 1.2], [0.6, 1.75, 3.0, 2.6], [2.0, 0.9, 1.1, 0.4]])
MASK = np.array([True, False, True, True])
INITIAL = {"initial": 1.3}

BINARY = sorted(
    (
        f
        for f in {*_rules, *_compositions}
        if isinstance(f, np.ufunc) and f.nin == 2 and f.nout == 1 and not f.signature
        if getattr(np, f.__name__, None) is f  # SciPy's are tested elsewhere
        if f is not np.ldexp  # of integers
    ),
    key=lambda f: f.__name__,
)
CHOSEN = (np.maximum, np.minimum, np.fmax, np.fmin)
KINKED = (np.remainder, np.fmod, np.copysign)  # their running results meet a kink


def agrees(f, x=X):
    value, expected = f(Tensor(x)), f(x)
    assert type(value) is Tensor
    assert (value.shape, value.dtype) == (np.shape(expected), expected.dtype)
    np.testing.assert_allclose(value.data, expected, rtol=1e-12)


# Their loops in NumPy 2.4 forget entries, where AVX-512 reduces along a row of memory.
FORGETFUL = (np.power, np.arctan2)


@pytest.mark.parametrize("ufunc", FORGETFUL)
def test_a_reduction_is_the_last_of_the_running_results(ufunc):
    last = ufunc.accumulate(X, axis=1)[:, -1]
    ours = ufunc.reduce(Tensor(X), axis=1).data
    np.testing.assert_allclose(ours, last, rtol=1e-12)


@pytest.mark.parametrize(
    "ufunc", [f for f in BINARY if f not in FORGETFUL], ids=lambda f: f.__name__
)
@pytest.mark.parametrize(
    "f",
    [
        lambda u, x: u.reduce(x),
        lambda u, x: u.reduce(x, 1, None, None, True),
        lambda u, x: u.reduce(x, axis=-1),
        lambda u, x: u.reduce(x, axis=()),
        lambda u, x: u.reduce(x[0], None),
        lambda u, x: u.reduce(x, axis=1, initial=1.3),
        lambda u, x: u.reduce(x, axis=1, initial=1.3, where=MASK),
        lambda u, x: u.reduce(x[:, :0], axis=1, initial=1.3, keepdims=True),
        lambda u, x: u.reduce(x[0, 0], axis=0),
        lambda u, x: u.accumulate(x),
        lambda u, x: u.accumulate(x, axis=1),
        lambda u, x: u.accumulate(x[:, :0], (1,)),
        lambda u, x: u.reduceat(x, [0, 2, 1, 1]),
        lambda u, x: u.reduceat(x, [3, 1], axis=1),
        lambda u, x: u.reduceat(x, [], axis=1),
        lambda u, x: u.outer(x, x[0] + 0.05),
        lambda u, x: u.outer(x[0, 0], [1.0, 2.0]),
    ],
)
def test_a_method_gives_numpys_value(ufunc, f):
    agrees(lambda x: f(ufunc, x))


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "f",
    [
        lambda u, x: u.reduce(x[:, :3]),
        lambda u, x: u.reduce(x[:, :3], axis=1, initial=1.3, where=MASK[:3]),
        lambda u, x: u.accumulate(x[:, :2]),
        lambda u, x: u.reduceat(x[:2, :2], [1, 0]),
        lambda u, x: u.outer(x[0, :2], x[:, 1:3] + 0.05),
    ],
)
def test_a_method_has_slopes_to_second_order(ufunc, f):
    if ufunc not in KINKED:
        check_gradients(lambda x: f(ufunc, x), X, order=2)


@pytest.mark.parametrize("ufunc", KINKED, ids=lambda f: f.__name__)
def test_the_slope_of_a_running_remainder_is_that_of_its_ops(ufunc):
    x, y = Tensor(X), Tensor(X)
    ufunc.reduce(x).sum().backward()
    ufunc(ufunc(y[0], y[1]), y[2]).sum().backward()
    np.testing.assert_array_equal(x.grad, y.grad)


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.logaddexp, np.hypot])
def test_over_several_axes_and_with_what_is_left_out(ufunc):
    for f in (
        lambda x: ufunc.reduce(x, axis=None),
        lambda x: ufunc.reduce(x, axis=(0, 1), keepdims=True),
        lambda x: ufunc.reduce(x, axis=1, where=MASK),
        lambda x: ufunc.reduce(x, where=[[True], [False], [True]]),
        lambda x: ufunc.reduce(x[:, :0], axis=1),
    ):
        agrees(f)
    check_gradients(lambda x: ufunc.reduce(x, axis=1, where=MASK), X, order=2)


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda f: f.__name__)
def test_the_dtype_is_numpys(ufunc):
    narrow = X.astype(np.float32)
    for f in (
        lambda x: ufunc.reduce(x),
        lambda x: ufunc.reduce(x, axis=1, initial=2.0),
        lambda x: ufunc.accumulate(x),
        lambda x: ufunc.reduceat(x, [0, 1]),
        lambda x: ufunc.outer(x, x),
        lambda x: ufunc.outer(x, 1.0),
        lambda x: ufunc.reduce(x, dtype=np.float64),
        lambda x: ufunc.accumulate(x, dtype=np.longdouble),
    ):
        leaf = Tensor(narrow)
        y = f(leaf)
        assert y.dtype == f(narrow).dtype
        y.sum().backward()
        assert leaf.grad.dtype == np.float32


@pytest.mark.parametrize("ufunc", CHOSEN, ids=lambda f: f.__name__)
def test_a_running_extreme_is_the_last_of_the_equal_entries(ufunc):
    for x in (
        np.array([3.0, 1.0, 3.0, 5.0, 2.0, 5.0, 1.0]),
        np.array([np.nan, 1.0, np.nan, 0.5, np.nan, 2.0]),
        np.array([2.0, np.nan, 3.0, np.inf, -np.inf]),
    ):
        t = Tensor(x)
        y = ufunc.accumulate(t)
        np.testing.assert_array_equal(y.data, ufunc.accumulate(x))
        assert y.op == "getitem"
        y.sum().backward()
        assert t.grad.sum() == len(x)
    x = Tensor([3.0, 3.0, 1.0, 3.0])
    (np.maximum.accumulate(x) * np.array([1.0, 10.0, 100.0, 1000.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 110, 0, 1000])


def test_the_same_function_by_its_other_name_is_that_rule():
    t = Tensor(X)
    for f, op in [
        (np.add.reduce, "sum"),
        (np.maximum.reduce, "max"),
        (np.fmin.reduce, "nanmin"),
        (np.logaddexp.reduce, "logsumexp"),
        (np.add.accumulate, "cumsum"),
    ]:
        assert f(t).op == op
    assert np.multiply.reduce(t, axis=None).item() == np.prod(t).item()


def test_an_initial_value_has_a_gradient_too():
    check_gradients(
        lambda x: np.subtract.reduce(x[:, :2], axis=1, initial=x[0, 0] ** 2),
        X,
        order=2,
    )


def test_of_a_function_that_is_constant_a_plain_array_comes():
    t = Tensor(X)
    for f in (
        lambda x: np.greater.outer(x, x),
        lambda x: np.logical_and.reduce(x, axis=1),
        lambda x: np.logical_or.accumulate(x > 1, axis=0),
    ):
        value = f(t)
        assert type(value) is np.ndarray
        np.testing.assert_array_equal(value, f(X))


def test_what_numpy_has_no_method_for_is_refused():
    known = {*_rules, *_compositions, *CONSTANT}
    numpys = (
        f
        for f in known
        if isinstance(f, np.ufunc)
        and f in vars(np).values()
        and f is not np.floor_divide
    )
    for ufunc in numpys:
        for method in ("reduce", "accumulate", "reduceat", "outer"):
            operands = [X] if method in ("reduce", "accumulate") else [X, [0]]
            with np.errstate(all="ignore"):
                try:
                    getattr(ufunc, method)(*operands)
                except Exception:
                    with pytest.raises((TypeError, ValueError, RuntimeError)):
                        getattr(ufunc, method)(Tensor(X), *operands[1:])
                else:
                    getattr(ufunc, method)(Tensor(X), *operands[1:])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda x: np.subtract.reduce(x, axis=None),
            r"^np\.subtract\.reduce: axis is None, and the order matters to subtract",
        ),
        (
            lambda x: np.divide.reduce(x, axis=(0, 1)),
            r"^np\.divide\.reduce: axis is \(0, 1\), and the order matters to divide",
        ),
        (
            lambda x: np.hypot.reduce(x[:0], initial=None),
            r"^np\.hypot\.reduce: nothing may be left of .*give initial=$",
        ),
        (
            lambda x: np.power.reduce(x[:0]),
            r"^np\.power\.reduce: nothing may be left of an array of shape \(0, 4\)",
        ),
        (
            lambda x: np.arctan2.reduce(x, axis=1, where=MASK),
            r"^np\.arctan2\.reduce: nothing may be left of .*has no identity",
        ),
        (
            lambda x: np.add.accumulate(x, axis=None),
            r"^np\.add\.accumulate: accumulate goes along one axis, and axis is None",
        ),
        (
            lambda x: np.add.accumulate(x[0, 0]),
            r"^np\.add\.accumulate: cannot accumulate on a scalar",
        ),
        (
            lambda x: np.add.reduceat(x, [0, 4]),
            r"^np\.add\.reduceat: indices are \[0, 4\], and must be a row of 0 to 2",
        ),
        (
            lambda x: np.add.reduceat(x, [-1]),
            r"^np\.add\.reduceat: indices are \[-1\], and must be a row of 0 to 2",
        ),
        (
            lambda x: np.add.reduceat(x, 1),
            r"^np\.add\.reduceat: indices are 1, and must be a row of 0 to 2",
        ),
        (
            lambda x: np.maximum.reduce(x[:0]),
            r"^np\.maximum\.reduce: max: zero-size array to reduction",
        ),
        (lambda x: np.add.reduce(x, axis=2), r"^np\.add\.reduce: sum: axis 2 is out"),
        (lambda x: np.hypot.reduce(x, axis=2), r"^np\.hypot\.reduce: axis 2 is out of"),
    ],
)
def test_what_a_method_refuses_is_refused_by_name(wrong, message):
    with pytest.raises((TypeError, ValueError, IndexError)):
        wrong(X)
    with pytest.raises((TypeError, ValueError, IndexError), match=message):
        wrong(Tensor(X))


def test_the_size_of_one_number_is_its_absolute_value_where_numpy_says_so():
    row = np.array([[-1.5, 2.0]])
    for f in (
        np.hypot.reduce,
        np.hypot.accumulate,
        lambda x: np.hypot.reduceat(x, [0]),
    ):
        agrees(f, row)
        check_gradients(lambda x, f=f: f(x).sum(), row)


@pytest.mark.parametrize("method", ["reduce", "accumulate", "reduceat"])
def test_a_method_that_hands_entries_on_is_not_constant(method):
    places = ([0, 1],) if method == "reduceat" else ()
    with pytest.raises(TypeError, match=rf"^np\.floor_divide\.{method} has no rule"):
        getattr(np.floor_divide, method)(Tensor(X[0]), *places)
    assert (np.floor_divide.outer(Tensor(X[0]), X[0]) == X[0][:, None] // X[0]).all()


def test_writing_methods_and_options_are_refused_with_the_cure():
    with pytest.raises(
        TypeError, match=r"^np\.add\.at has no rule .*scatter\(t, index"
    ):
        np.add.at(np.zeros(3), [0, 1, 1], Tensor(X[0, :3]))
    with pytest.raises(TypeError, match=r"^np\.add: writing into an array"):
        np.add.reduce(Tensor(X), out=np.zeros(4))
    with pytest.raises(TypeError, match=r"^np\.gcd\.reduce has no rule"):
        np.gcd.reduce(Tensor(X))
    with pytest.raises(TypeError, match=r"^np\.hypot\.outer: on Tensors, .*'casting'"):
        np.hypot.outer(Tensor(X), X, casting="safe")

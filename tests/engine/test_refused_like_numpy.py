"""What NumPy takes is taken, of every shape and axis; what it refuses is refused."""

import warnings

import numpy as np
import pytest

from engine import Tensor, check_gradients

SHAPES = [(), (1,), (3,), (0,), (2, 3), (2, 0), (1, 3, 2)]
AXES = [None, (), 0, -1, 1, 2, (0,), (1, 0), (0, 0), (0, 1, 2), True, np.int64(0), 0.5]


def numbers(shape):
    count = int(np.prod(shape))
    return (np.random.default_rng(1).permutation(count) + 1.5).reshape(shape)


def held_to_numpy(f, *arrays):
    """The result of f on Tensors is that on arrays, or both are refused."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            theirs = f(*arrays)
        except Exception:
            with pytest.raises((TypeError, ValueError, IndexError)):
                f(*map(Tensor, arrays))
            return
        ours = f(*map(Tensor, arrays))
        several = isinstance(theirs, tuple | list)
        for a, b in zip(
            *([theirs, ours] if several else [[theirs], [ours]]), strict=True
        ):
            assert np.shape(a) == np.shape(b)
            np.testing.assert_allclose(getattr(b, "data", b), a, rtol=1e-12)


REDUCTIONS = {
    **{
        name: lambda x, axis, keepdims, name=name: getattr(np, name)(
            x, axis=axis, keepdims=keepdims
        )
        for name in (
            *("sum", "mean", "var", "std", "max", "min", "prod", "ptp", "average"),
            *("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin"),
        )
    },
    "weighted": lambda x, axis, keepdims: np.average(
        x, axis, np.ones(np.shape(x)), keepdims=keepdims
    ),
    "vector_norm": lambda x, axis, keepdims: np.linalg.vector_norm(
        x, axis=axis, keepdims=keepdims, ord=3
    ),
    "largest": lambda x, axis, keepdims: np.linalg.vector_norm(
        x, axis=axis, keepdims=keepdims, ord=np.inf
    ),
    "norm": lambda x, axis, keepdims: np.linalg.norm(x, axis=axis, keepdims=keepdims),
    # Of an empty array and no axis, NumPy's own can't find the shape of the result.
    **{
        name: lambda x, axis, keepdims, f=f: f(x, axis, keepdims) if np.size(x) else x
        for name, f in {
            "median": lambda x, a, k: np.median(x, a, keepdims=k),
            "quantile": lambda x, a, k: np.quantile(x, 0.3, a, keepdims=k),
            "percentile": lambda x, a, k: np.percentile(x, [30, 60], a, keepdims=k),
        }.items()
    },
}


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_reduction_over_any_axes_of_any_shape_is_numpys(name, shape, keepdims):
    for axis in AXES:
        odd = axis is True or axis == 0.5
        if odd and name in ("average", "weighted", "norm", "vector_norm", "largest"):
            continue  # NumPy's own, which are written in Python, take some of these
        held_to_numpy(
            lambda x, a=axis: REDUCTIONS[name](x, a, keepdims), numbers(shape)
        )


ALONG_AN_AXIS = {
    "cumprod": np.cumprod,
    "nancumprod": np.nancumprod,
    "cumulative_sum": lambda x, axis: np.cumulative_sum(
        x, axis=axis, include_initial=True
    ),
    "cumulative_prod": lambda x, axis: np.cumulative_prod(x, axis=axis),
    "trapezoid": lambda x, axis: np.trapezoid(x, axis=axis),
    "repeat": lambda x, axis: np.repeat(x, 2, axis),
    "roll": lambda x, axis: np.roll(x, [], axis),
    "compress": lambda x, axis: np.compress([True], x, axis) if np.ndim(x) else x,
    "take": lambda x, axis: np.take(x, [0, 0], axis) if np.ndim(x) else x,
    "take_along_axis": lambda x, axis: np.take_along_axis(x, np.array([True]), axis),
    "gradient": lambda x, axis: np.gradient(x, [0.0, 1.0, 3.0], axis=axis),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ALONG_AN_AXIS)
def test_so_is_what_runs_along_an_axis(name, shape):
    for axis in AXES:
        if isinstance(axis, tuple) and name != "gradient":
            continue
        held_to_numpy(lambda x, a=axis: ALONG_AN_AXIS[name](x, a), numbers(shape))


@pytest.mark.parametrize("p", [np.inf, -np.inf, 1, 2, "nuc"])
def test_the_largest_of_nothing_is_a_norm_of_zero(p):
    for shape in ((0,), (2, 0), (0, 2), (0, 0)):
        if np.lib.NumpyVersion(np.__version__) < "2.3.0":
            break  # it refused this
        held_to_numpy(lambda x: np.linalg.norm(x, p), numbers(shape))
        held_to_numpy(lambda x: np.linalg.norm(x, p, axis=0), numbers(shape))
    x = Tensor(np.zeros((2, 0)))
    np.linalg.norm(x, np.inf, axis=1).sum().backward()
    assert x.grad.shape == (2, 0)


def test_the_median_of_nothing_is_missing():
    with pytest.warns(RuntimeWarning, match="empty slice"), np.errstate(all="ignore"):
        assert np.median(Tensor(np.zeros((0, 2))), axis=0).shape == (2,)


@pytest.mark.parametrize("f", [np.matvec, np.vecmat, np.vecdot, np.linalg.vecdot])
def test_a_number_is_no_vector(f):
    for a in ((), (1,), (3,), (3, 1), (1, 3), (2, 3)):
        for b in ((), (1,), (3,), (3, 1), (2, 2, 1)):
            held_to_numpy(f, numbers(a), numbers(b))
    with pytest.raises(ValueError, match=r"^np\.matvec: a number came, and a vector"):
        np.matvec(Tensor(np.ones((3, 1))), Tensor(1.0))


def test_a_chain_of_two_is_a_dot_product():
    for a in ((), (3,), (2, 3), (3, 3), (0, 3)):
        for b in ((), (3,), (3, 2), (3, 3)):
            held_to_numpy(
                lambda x, y: np.linalg.multi_dot([x, y]), numbers(a), numbers(b)
            )
    assert np.linalg.multi_dot([Tensor(np.ones(3)), 2.0]).dtype == np.float64


def test_one_row_of_places_does_not_serve_two_axes():
    with pytest.raises(TypeError, match=r"^np\.gradient: 1 spacings for 2 axes"):
        np.gradient(Tensor(np.ones((3, 3))), np.arange(3.0))


def test_bounds_come_in_pairs_or_by_name():
    x = Tensor([-1.0, 0.5, 2.0])
    for wrong in (
        lambda x: np.clip(x, 0.0),
        lambda x: np.clip(x, a_max=1.0),
        lambda x: np.clip(x, a_min=None),
    ):
        with pytest.raises(TypeError, match=r"^np\.clip: a_min came without a_max"):
            wrong(x)
    for f in (
        lambda x: np.clip(x, 0.0, None),
        lambda x: np.clip(x, None, None),
        lambda x: np.clip(x, max=1.0),
        lambda x: np.clip(x),
        lambda x: x.clip(0.0),
        lambda x: np.clip(x, None, None, min=0.0),
        lambda x: np.clip(x, 0.0, 1.0, max=2.0),
        lambda x: np.clip(x, a_max=1.0),
    ):
        held_to_numpy(f, x.data)


@pytest.mark.parametrize(
    "fill", [None, "a", 1j, np.ones((2, 3)), np.ones(2), np.ones(3)]
)
@pytest.mark.parametrize("option", ["nan", "posinf", "neginf"])
def test_what_takes_the_place_of_nan_must_fit(fill, option):
    x = np.array([np.nan, np.inf, -np.inf])
    held_to_numpy(lambda x: np.nan_to_num(x, **{option: fill}), x)
    with pytest.raises(ValueError, match=r"^nan_to_num: numbers of float64 and shape"):
        np.nan_to_num(Tensor(x), nan=np.ones((2, 3)))


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (
            lambda x: np.prod(x, axis=True),
            r"^np\.prod: axis is True, and must be an int",
        ),
        (lambda x: np.average(x[:, :0], 0), r"^np\.average: .*\(2, 0\) has no average"),
        (
            lambda x: np.take_along_axis(x, np.ones((1, 3), bool), 0),
            r"^np\.take_along_axis: indices of bool, and they must be integers",
        ),
        (
            lambda x: np.average(x, 0, np.ones(3)),
            r"^np\.average: weights of shape \(3,\)",
        ),
    ],
)
def test_an_argument_that_can_not_be_meant_is_refused(f, words):
    with pytest.raises((TypeError, ValueError, IndexError), match=words):
        f(Tensor(np.ones((2, 3))))


def test_weights_may_lie_along_several_axes_in_any_order():
    x, w = numbers((2, 3, 4)), numbers((4, 2))
    held_to_numpy(lambda x, w: np.average(x, axis=(2, 0), weights=w), x, w)
    held_to_numpy(lambda x, w: np.average(x, (2, 0), w, keepdims=True), x, w)
    check_gradients(lambda x, w: np.average(x, (2, 0), w), x, w, order=2)


def test_a_sequence_and_a_number_convolve():
    for m in ("full", "same", "valid"):
        held_to_numpy(lambda x, y, m=m: np.convolve(x, y, m), numbers(3), numbers(()))
        held_to_numpy(lambda x, y, m=m: np.convolve(x, y, m), numbers(()), numbers(3))
    check_gradients(lambda x, y: np.convolve(y, x), numbers(3), 2.0, order=2)


def test_a_gradient_of_integers_by_a_step_that_is_a_tensor():
    f = np.array([1, 4, 9, 16])
    held_to_numpy(lambda h: np.gradient(f, h), np.array(0.5))
    check_gradients(lambda h: np.gradient(f, h), 0.5, order=2)

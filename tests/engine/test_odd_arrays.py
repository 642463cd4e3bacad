"""Arrays that are empty, or lie oddly in memory, or are of an odd dtype.

Every row of the tables of rules and compositions is computed again on the same numbers
held otherwise, and must give what it gives on a contiguous array of native float64: the
value in NumPy's dtype, and the gradients in that of the data. Empty arrays are put into
every call that those tables make, and NumPy's answer counts.
"""

import warnings

import numpy as np
import pytest
from helpers import composition_rows, rule_rows
from helpers.calls import BASE, NUMPYS, by_function, heard, plain, tensors_in, wrong
from helpers.cases import case, name_of

import nn
from engine import Tensor

pytestmark = pytest.mark.slow  # ten seconds and more: many calls of each function

ROWS = {name: (NUMPYS.get(f, f), *xs) for name, (f, *xs) in rule_rows.ROWS.items()}
ROWS |= {name: (f, BASE) for name, f in composition_rows.ROWS.items()}


def strided(x):
    """Every second entry of a larger array of NaN."""
    large = np.full(tuple(2 * n for n in x.shape), np.nan)
    view = large[(..., *(slice(None, None, 2) for _ in x.shape))]
    view[...] = x
    return view


def backward(x):
    """With negative strides along every axis."""
    turn = (..., *(slice(None, None, -1) for _ in x.shape))
    return x[turn].copy()[turn]


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = [strided, backward, read_only, np.asfortranarray]
DTYPES = [">f8", ">f4", ">f2", "f2", np.longdouble]


def judged(f, *operands):
    """The value and the gradients of a weighted sum of it."""
    leaves = [Tensor(x) for x in operands]
    value = f(*leaves)
    weights = np.cos(np.arange(value.size)).reshape(value.shape)
    (value * weights).sum().backward()
    return value.data, [leaf.grad for leaf in leaves]


def same_as_float64(f, operands):
    """Hold f on odd operands against f on the same numbers, contiguous and native."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            theirs = f(*operands)
        except TypeError:  # no float16, or no longdouble, in np.linalg
            with pytest.raises(TypeError, match=r"unsupported in linalg|: .*fit"):
                judged(f, *operands)
            return
        value, gradients = judged(f, *operands)
        wanted = judged(f, *(np.array(x, np.float64, order="C") for x in operands))
    native = theirs.dtype.newbyteorder("=")
    assert (value.shape, value.dtype.newbyteorder("=")) == (theirs.shape, native)
    eps = max(float(np.finfo(x.dtype).eps) for x in operands)
    for x, g, right in zip(operands, gradients, wanted[1], strict=True):
        if right is None:  # where nothing depends on it
            assert g is None
            continue
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
        np.testing.assert_allclose(g, right, rtol=0, atol=tolerance(right, eps))
    np.testing.assert_allclose(value, wanted[0], rtol=0, atol=tolerance(wanted[0], eps))


def tolerance(right, eps):
    return max(300 * eps, 1e-12) * np.abs(right).max(initial=1)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_however_an_array_is_held_its_numbers_and_gradients_are_the_same(row):
    f, *operands = row
    for layout in LAYOUTS:
        with case(layout.__name__):
            same_as_float64(f, [layout(np.asarray(x, float)) for x in operands])
    exact = [np.round(np.asarray(x) * 64) / 64 for x in operands]  # in all dtypes
    for dtype in DTYPES:
        if getattr(f, "__name__", "") == "sinc" and loses_sinc(dtype):
            continue
        with case(np.dtype(dtype).str):
            same_as_float64(f, [np.asarray(x, dtype) for x in exact])


def loses_sinc(dtype):
    """Whether this NumPy's own sinc of 0 is NaN, as some have it in float16."""
    with np.errstate(all="ignore"):
        return np.isnan(np.sinc(np.zeros(1, dtype))).any()


# --- empty, and single numbers --------------------------------------------------------

EMPTY = [np.ones(0), np.ones((0, 0)), np.ones((2, 0, 3)), np.array(1.5)]
# NumPy refuses some empty arrays by accident, and in others looks for no entry:
ACCIDENTS = {
    **dict.fromkeys([np.median, np.quantile, np.percentile], "into shape (0,n"),
    **dict.fromkeys([np.take, np.compress], "IndexError"),
    np.average: "division by zero",  # of the sizes, where there is nothing to average
}


def emptied(x, axis):
    """x with an axis of length 0, if it has that axis."""
    if not isinstance(x, Tensor | np.ndarray) or x.ndim <= axis:
        return x
    part = plain(x)[(*[slice(None)] * axis, slice(0, 0))].copy()
    return Tensor(part) if isinstance(x, Tensor) else part


def variants(call):
    """The call with all its arrays emptied along one axis, and each one of them."""
    for axis in range(3):
        yield call.mapped(lambda x, axis=axis: emptied(x, axis))
    for place in call.places():
        x = call.at(place)
        if isinstance(x, Tensor):
            yield from (call.put(place, emptied(x, axis)) for axis in range(x.ndim))
            yield from (call.put(place, Tensor(y)) for y in EMPTY)


HEARD = by_function(heard())


@pytest.mark.parametrize("function", HEARD, ids=name_of)
def test_an_empty_array_gives_what_numpy_gives_and_an_empty_gradient(function):
    accident = ACCIDENTS.get(function)
    for call in HEARD[function]:
        for variant in filter(tensors_in, variants(call)):
            found = wrong(variant)
            by_accident = accident and accident in found
            assert not found or by_accident, f"{variant!r}: {found}"


# --- nn -------------------------------------------------------------------------------


def network(dtype):
    rng = np.random.default_rng(0)

    def weights(*shape):
        return Tensor(rng.normal(size=shape).astype(dtype))

    masked = nn.MaskedLinear(weights(2, 2), weights(2), mask=np.eye(2))
    exciter, last = nn.Exciter(), nn.Lin(weights(2, 1), weights(1))
    return nn.ExciterNet(nn.Lin(weights(3, 2), weights(2)), exciter, masked, last)


@pytest.mark.parametrize("n", [0, 4])
@pytest.mark.parametrize("dtype", ["f2", "f4", *DTYPES], ids=lambda d: np.dtype(d).str)
def test_a_network_of_an_odd_dtype_trains_on_batches_and_on_an_empty_one(dtype, n):
    net, x = (
        network(dtype),
        Tensor(np.linspace(-1, 1, 3 * n).reshape(n, 3).astype(dtype)),
    )
    wide = network(np.float64)
    for p, q in zip(wide.parameters(), net.parameters(), strict=True):
        p.data = q.data.astype(np.float64)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # the mean of nothing
        loss, right = net(x, np.ones(n, dtype)), wide(x.data.astype(float), np.ones(n))
        loss.backward(), right.backward()
    assert (x.grad.shape, x.grad.dtype) == (x.shape, x.dtype)
    for p, q in zip(net.parameters(), wide.parameters(), strict=True):
        assert (p.grad.shape, p.grad.dtype) == (p.shape, p.dtype)
        error = max(100 * float(np.finfo(dtype).eps), 1e-12)
        np.testing.assert_allclose(p.grad, q.grad, rtol=0, atol=error)
    nn.SGD(net.parameters(), lr=0.1).step()
    names = [p.dtype.name for p in net.parameters()]
    assert names == [np.dtype(dtype).name] * len(names)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[5, 7:9],
        lambda x: x.T,
        lambda x: np.expand_dims(x, 0),
        lambda x: np.moveaxis(x, 0, 1),
        lambda x: np.flip(x)[0, :3],
        lambda x: np.split(x, 2)[1],
        lambda x: x[:2, :2].sum(),
        lambda x: np.shape(x),
        repr,
    ],
)
def test_a_view_of_one_number_a_million_millions_of_times_is_never_copied(f):
    x = np.broadcast_to(1.0, (10**6, 10**6))
    y = f(Tensor(x))
    assert getattr(y, "shape", y) == getattr(f(x), "shape", y)

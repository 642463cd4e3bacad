"""Operators, comparisons and array methods: each is the rule of NumPy's function."""

import numpy as np
import pytest

from engine import Tensor

X, Y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([2.0, 0.5])


@pytest.mark.parametrize(
    ("f", "op"),
    [
        (lambda x, y: x + y, "add"),
        (lambda x, y: x - y, "subtract"),
        (lambda x, y: x * y, "multiply"),
        (lambda x, y: x / y, "divide"),
        (lambda x, y: x**y, "power"),
        (lambda x, y: x @ y, "matmul"),
    ],
)
def test_binary_operators_take_tensors_arrays_numbers_and_lists_on_either_side(f, op):
    for x, y in [
        (Tensor(X), Tensor(Y)),
        (Tensor(X), Y),
        (X, Tensor(Y)),
        (Tensor(X), Y.tolist()),
        (X.tolist(), Tensor(Y)),
    ]:
        z = f(x, y)
        assert (type(z), z.op) == (Tensor, op)
        np.testing.assert_array_equal(z.data, f(X, Y))
        z.sum().backward()
    if op != "matmul":
        for x, y in [(Tensor(X), 2.0), (2, Tensor(X)), (np.float64(2), Tensor(X))]:
            z = f(x, y)
            assert (type(z), z.op) == (Tensor, op)


@pytest.mark.parametrize(
    ("f", "op"),
    [
        (lambda t: -t, "negative"),
        (lambda t: t[0], "getitem"),
        (lambda t: t.T, "transpose"),
        (lambda t: t.sum(), "sum"),
        (lambda t: t.sum(axis=0), "sum"),
        (lambda t: t.sum(0, keepdims=True), "sum"),
        (lambda t: t.mean(axis=(0, 1)), "mean"),
        (lambda t: t.reshape(4), "reshape"),
        (lambda t: t.reshape(1, -1), "reshape"),
        (lambda t: t.reshape((4, 1)), "reshape"),
        (lambda t: t.squeeze(), "squeeze"),
        (lambda t: t.transpose(), "transpose"),
        (lambda t: t.transpose(1, 0), "transpose"),
        (lambda t: t.transpose((1, 0)), "transpose"),
        (lambda t: t.swapaxes(0, 1), "swapaxes"),
        (lambda t: t.dot(X), "dot"),
        (lambda t: t.max(), "max"),
        (lambda t: t.min(axis=0), "min"),
        (lambda t: t.var(axis=1, ddof=1), "var"),
        (lambda t: t.std(keepdims=True), "std"),
        (lambda t: t.cumsum(axis=1), "cumsum"),
        (lambda t: t.clip(1.5, 3.5), "clip"),
        (lambda t: t.astype(np.float32), "astype"),
    ],
)
def test_methods_do_what_those_of_arrays_do(f, op):
    z = f(Tensor(X))
    assert z.op == op
    np.testing.assert_array_equal(z.data, f(X))
    assert z.dtype == f(X).dtype


CUBE = np.random.default_rng(0).normal(size=(2, 3, 4)).round(1)


@pytest.mark.parametrize(
    "f",
    [
        lambda t: t.mT,
        lambda t: (t > 0).all(axis=1, keepdims=True),
        lambda t: t.all(axis=1, keepdims=True),
        lambda t: t.any(axis=(0, 2), keepdims=True),
        lambda t: t.argmax(axis=1, keepdims=True),
        lambda t: t.argmin(axis=1, keepdims=True),
        lambda t: t.std(axis=1, ddof=1),
        lambda t: t.var(axis=1, keepdims=True),
        lambda t: t.min(axis=(0, 1), keepdims=True),
        lambda t: t.max(axis=(0, 1), keepdims=True),
        lambda t: t.round(0),
        lambda t: (t * 1.23).round(1),
        lambda t: t[:1].squeeze(axis=0),
        lambda t: t.diagonal(1, 2, 1),
        lambda t: t.trace(-1, 2, 0),
        lambda t: 3.0 // (t + 5),
        lambda t: divmod(3.0, t + 5)[1],
    ],
)
def test_the_options_of_methods_are_those_of_arrays(f):
    value = f(Tensor(CUBE))
    value = value.data if isinstance(value, Tensor) else value
    assert np.shape(value) == np.shape(f(CUBE))
    np.testing.assert_allclose(value, f(CUBE), rtol=1e-15)


def test_a_copy_is_another_node():
    t = Tensor(X)
    assert t.copy() is not t
    assert np.copy(t) is not t


def test_sorted_numbers_are_searched_from_the_side_that_is_named():
    t = Tensor([1.0, 2.0, 2.0, 3.0])
    assert (t.searchsorted(2.0), t.searchsorted(2.0, side="right")) == (1, 3)


def test_a_stable_order_is_asked_for_by_name():
    ties = np.arange(40) % 2 / 1.0
    expected = np.argsort(ties, kind="stable")
    np.testing.assert_array_equal(Tensor(ties).argsort(kind="stable"), expected)


def test_plus_is_the_tensor_itself():
    t = Tensor(2.0)
    assert +t is t


@pytest.mark.parametrize("other", [X + [[0, 1], [-1, 0]], 2.0, Y])
def test_comparisons_are_elementwise_and_plain(other):
    t = Tensor(X)
    for compare in (
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: a == b,
        lambda a, b: a != b,
    ):
        expected = compare(X, other)
        for result in (compare(t, other), compare(t, Tensor(other))):
            assert type(result) is np.ndarray
            np.testing.assert_array_equal(result, expected)
        if isinstance(other, np.ndarray):
            np.testing.assert_array_equal(compare(other, t), compare(other, X))


def test_iteration_gives_rows_and_a_number_has_none():
    rows = list(Tensor(X))
    assert [row.op for row in rows] == ["getitem", "getitem"]
    np.testing.assert_array_equal(rows[1].data, X[1])
    with pytest.raises(TypeError, match="iteration over a 0-d Tensor"):
        iter(Tensor(1.0))
    with pytest.raises(TypeError, match="0-d Tensor has no len"):
        len(Tensor(1.0))


def test_shapes_that_do_not_broadcast_are_named_with_the_op():
    with pytest.raises(
        ValueError, match=r"^add: \(2, 2\) with \(3,\) does not broadcast"
    ):
        Tensor(X) + np.ones(3)


def test_a_shape_to_broadcast_to_is_in_the_message():
    with pytest.raises(ValueError, match=r"^broadcast_to: .*\(3,\)"):
        np.broadcast_to(Tensor([1.0, 2.0]), (3,))


@pytest.mark.parametrize("other", ["a", None, object()])
def test_an_operand_that_is_not_a_number_is_named_with_the_op(other):
    with pytest.raises(TypeError, match=r"^add: "):
        Tensor(X) + other


def test_an_index_out_of_range_is_an_index_error_as_in_numpy():
    with pytest.raises(IndexError, match=r"^getitem: .*bounds.*operands: \(2, 2\)"):
        Tensor(X)[5]


def test_a_tensor_as_index_is_refused():
    with pytest.raises(TypeError, match=r"getitem: option 'index' is a Tensor"):
        Tensor(X)[Tensor(1.0)]
    with pytest.raises(TypeError, match=r"getitem: option 'index' is a Tensor"):
        Tensor(X)[0, Tensor(1.0)]


def test_numpys_own_errors_bear_the_op_and_the_shapes_that_came():
    with pytest.raises(ValueError, match=r"^squeeze: .*\(operands: \(2, 2\)\)"):
        Tensor(X).squeeze(0)
    with pytest.raises(ValueError, match=r"^reshape: .*\(operands: \(2, 2\)\)"):
        Tensor(X).reshape(3)
    with pytest.raises(TypeError, match=r"^mean: .*integer.*\(operands: \(2, 2\)\)"):
        Tensor(X).mean(axis="a")
    with pytest.raises(ValueError, match=r"^sum: axis 5 is out of bounds"):
        Tensor(X).sum(axis=5)


def test_what_is_not_a_number_is_in_no_tensor():
    assert 2.0 in Tensor([1.0, 2.0])
    for x in (Tensor(1.0), Tensor([1.0, 2.0])):
        assert None not in x
        assert object() not in x

"""Objects with operators of their own: tables of pandas and xarray, sparse matrices.

A Series aligns by its labels, and `*` of a sparse matrix is a matrix product. NumPy's
functions that make an array of a table do so here (np.concatenate, np.dot); operators
and ufuncs, whose result would be a table again, refuse it.
"""

import operator

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sparse
import xarray as xr

from engine import Tensor, grad

OPERATORS = [
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.pow),
    *(operator.mod, np.add, np.multiply, np.arctan2, np.hypot, np.maximum),
]
ARRAY = np.array([10.0, 20.0, 30.0])
SERIES = pd.Series(ARRAY, index=[2, 1, 0])
TABLES = {
    "Series": SERIES,
    "extension": pd.Series(ARRAY, index=[2, 1, 0], dtype="Float64"),
    "DataFrame": pd.DataFrame(np.outer(ARRAY, [1.0, 2.0, 3.0]), index=[2, 1, 0]),
}
W = np.array([1.0, 2.0, 3.0])


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("f", OPERATORS, ids=lambda f: f.__name__)
def test_a_table_is_refused_by_operators_and_ufuncs_from_either_side(f, table):
    for call in (lambda: f(Tensor(W), table), lambda: f(table, Tensor(W))):
        with pytest.raises(TypeError, match=r"is a \w+, .*; pass x\.to_numpy\(\)$"):
            call()


def test_no_series_aligns_by_its_labels_inside_a_rule():
    # Of plain numbers 2 * series is a table again, whose [0] is the last entry.
    assert (2.0 * SERIES)[0] == 60.0
    with pytest.raises(TypeError, match=r"^multiply: an operand is a Series, which"):
        grad(lambda w: (w * SERIES)[0])(2.0)
    assert grad(lambda w: (w * SERIES.to_numpy())[0])(2.0) == 10.0


def test_an_index_of_pandas_is_refused():
    index, t = pd.Index(ARRAY), Tensor(W)
    for call in (lambda: index * t, lambda: t * index, lambda: np.multiply(t, index)):
        with pytest.raises(TypeError, match=r"pass x\.to_numpy\(\)$"):
            call()
    with pytest.raises(TypeError, match="plain array would lose"):
        np.multiply(index, t)


def test_products_with_a_data_frame_are_refused_where_they_would_have_labels():
    frame = pd.DataFrame([[0.0, 1.0], [2.0, 3.0]], index=["p", "q"], columns=["a", "b"])
    v = np.array([1.0, 2.0])
    for f in (np.matmul, operator.matmul):
        with pytest.raises(TypeError, match=r"^matmul: .* pass x\.to_numpy\(\)$"):
            f(Tensor(v), frame)
    with pytest.raises(TypeError, match=r"plain array would lose.*df\.to_numpy\(\)"):
        frame @ Tensor(v)
    assert grad(lambda v: np.dot(v, frame).sum())(v).tolist() == [1.0, 5.0]


@pytest.mark.parametrize(
    "f",
    [
        lambda t, s: np.concatenate([s, t]),
        lambda t, s: np.stack([t, s]),
        lambda t, s: np.average(t, weights=s),
        lambda t, s: np.where(s > 15.0, t, s),
        lambda t, s: np.outer(t, s),
        lambda t, s: np.trapezoid(t, s),
        lambda t, s: np.einsum("i,i->", t, s),
        lambda t, s: np.append(t, values=s),
        lambda t, s: np.select([s > 15.0], [t], default=0.0),
    ],
)
def test_functions_of_several_arrays_take_a_series_for_its_array(f):
    ours, theirs = Tensor(W), Tensor(W)
    y, z = f(ours, SERIES), f(theirs, ARRAY)
    np.testing.assert_array_equal(y.data, z.data)
    y.sum().backward()
    z.sum().backward()
    np.testing.assert_array_equal(ours.grad, theirs.grad)


def test_a_series_of_booleans_is_a_mask_and_one_of_integers_an_index():
    mask, places = pd.Series([True, False, True]), pd.Series([2, 0], index=[7, 8])
    assert grad(lambda w: w[mask].sum())(W).tolist() == [1.0, 0.0, 1.0]
    assert grad(lambda w: w[places] @ [1.0, 5.0])(W).tolist() == [5.0, 0.0, 1.0]


def test_xarray_keeps_a_tensor_and_its_graph_or_is_refused():
    table = xr.DataArray(ARRAY, dims="x", coords={"x": [2, 1, 0]})
    with pytest.raises(TypeError, match=r"is a DataArray, .*; pass x\.to_numpy\(\)$"):
        Tensor(W) * table
    w = Tensor(W)
    (table * w).sum().data.backward()
    assert w.grad.tolist() == ARRAY.tolist()


SPARSE = [sparse.csr_matrix, sparse.csr_array, sparse.coo_array, sparse.dia_matrix]


@pytest.mark.parametrize("kind", SPARSE)
def test_a_sparse_matrix_is_refused_by_every_operator_from_either_side(kind):
    m, t = kind([[0.0, 1.0], [2.0, 3.0]]), Tensor([1.0, 2.0])
    for f in (operator.mul, operator.matmul, operator.add, operator.sub):
        with pytest.raises(
            TypeError, match=r"(an operand is a \w+_\w+, .*)toarray\(\)"
        ):
            f(t, m)
        with pytest.raises(TypeError, match=r"toarray\(\)"):
            f(m, t)
    with pytest.raises(TypeError, match=r"truediv|divide: .*toarray\(\)"):
        t / m
    with pytest.raises(TypeError, match=r"must be numbers; pass x\.toarray\(\)"):
        Tensor(m)
    np.testing.assert_array_equal((t * m.toarray()).data, [[0.0, 2.0], [2.0, 6.0]])


@pytest.mark.parametrize("x", [None, "a", object(), {}, {1.0}], ids=type)
def test_what_is_no_number_and_no_array_is_refused(x):
    for f in (operator.mul, operator.add, lambda x, t: np.hypot(t, x)):
        with pytest.raises(TypeError, match="neither a number nor an array"):
            f(x, Tensor([1.0, 2.0]))


def test_no_table_is_kept_as_data():
    for table in TABLES.values():
        assert type(Tensor(table).data) is np.ndarray
    assert type(Tensor(xr.DataArray(ARRAY)).data) is np.ndarray
    p = Tensor(W)
    loss = (p * 2).sum()
    p.data = SERIES
    with pytest.raises(TypeError, match=r"the result is a Series of float64, not a pl"):
        p * 2
    with pytest.raises(TypeError, match=r"data that is a Series.*np\.asarray\(data"):
        loss.backward()


def test_a_gradient_in_a_table_is_taken_for_its_array():
    x = Tensor(W)
    (x * 1.0).backward(SERIES)
    assert type(x.grad) is np.ndarray
    assert x.grad.tolist() == ARRAY.tolist()

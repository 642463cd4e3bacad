"""Products of matrices for a stack of rows: of all pairs of axes, on either side."""

import numpy as np
import pytest
from helpers.stacks import assert_like_rows, looped_kinds, stack_of


def numbers(*shape):
    return np.random.default_rng(5).normal(size=shape)


PAIRS = {
    "two vectors": ((3,), (3,)),
    "a vector and a matrix": ((3,), (3, 4)),
    "a matrix and a vector": ((4, 3), (3,)),
    "two matrices": ((4, 3), (3, 2)),
    "a vector and a stack": ((3,), (2, 3, 4)),
    "a stack and a vector": ((2, 4, 3), (3,)),
    "a matrix and a stack": ((4, 3), (2, 3, 2)),
    "a stack and a matrix": ((2, 4, 3), (3, 2)),
    "two stacks": ((2, 4, 3), (2, 3, 2)),
    "stacks of stacks": ((6, 1, 4, 3), (2, 3, 2)),
}
FORMS = {
    "@": lambda x, y: x @ y,
    "np.matmul": np.matmul,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pair", PAIRS)
def test_a_product_of_rows_on_either_side_or_both(form, pair, monkeypatch):
    looped, product, (first, second) = (
        looped_kinds(monkeypatch),
        FORMS[form],
        PAIRS[pair],
    )
    assert_like_rows(product, stack_of(first), numbers(*second))
    assert_like_rows(lambda v, x: product(x, v), stack_of(second), numbers(*first))
    both = stack_of((np.prod(first) + np.prod(second),))
    n = int(np.prod(first))
    assert_like_rows(
        lambda v: product(v[:n].reshape(first), v[n:].reshape(second)), both
    )
    assert not looped


def test_dot_of_vectors_and_matrices_is_the_product(monkeypatch):
    looped = looped_kinds(monkeypatch)
    assert_like_rows(np.dot, stack_of((4, 3)), numbers(3))
    assert_like_rows(lambda v, x: x.dot(v), stack_of((3, 2)), numbers(4, 3))
    assert not looped


@pytest.mark.parametrize("pair", [((2, 4, 3), (3, 2)), ((3, 4), (2, 4, 3))])
def test_dot_of_other_axes_is_computed_row_by_row(pair, monkeypatch):
    looped, (first, second) = looped_kinds(monkeypatch), pair
    assert_like_rows(np.dot, stack_of(first), numbers(*second))
    assert_like_rows(lambda v, x: x.dot(v), stack_of(second), numbers(*first))
    assert_like_rows(lambda v: np.dot(v, 3.0), stack_of((2,)))
    assert set(looped) == {"np.dot", "dot"}


SYSTEMS = {
    "a vector": ((3, 3), (3,)),
    "a matrix": ((3, 3), (3, 2)),
    "matrices and a vector": ((2, 3, 3), (3,)),
    "matrices of both": ((2, 3, 3), (2, 3, 2)),
    "one matrix, and a stack": ((3, 3), (2, 3, 4)),
    "a stack, and one matrix": ((2, 3, 3), (3, 4)),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_systems_of_equations_are_solved_for_all_rows(system, monkeypatch):
    looped, (matrix, right) = looped_kinds(monkeypatch), SYSTEMS[system]
    x = numbers(*matrix)
    assert_like_rows(lambda v, x: np.linalg.solve(x, v), stack_of(right), x)
    assert not looped


def test_systems_of_several_matrices_are_solved_row_by_row(monkeypatch):
    looped = looped_kinds(monkeypatch)
    assert_like_rows(np.linalg.solve, stack_of((3, 3)), numbers(3))
    assert set(looped) == {"np.linalg.solve"}


TENSORS = {
    "two axes, unless others are named": ((2, 3, 4), (3, 4, 5), ()),
    "a number of axes": ((2, 3, 4), (4, 5), (1,)),
    "lists of axes": ((2, 3, 4), (4, 2), ([0, -1], [1, 0])),
    "one axis of each": ((2, 3, 4), (3, 2), (([1], 0),)),
    "no axis": ((2,), (3, 2), (0,)),
}


@pytest.mark.parametrize("case", TENSORS)
def test_sums_over_axes_of_two_arrays(case, monkeypatch):
    looped, (first, second, axes) = looped_kinds(monkeypatch), TENSORS[case]
    axes = (axes,) if len(axes) == 2 else axes
    assert_like_rows(
        lambda v, x: np.tensordot(v, x, *axes), stack_of(first), numbers(*second)
    )
    assert_like_rows(
        lambda v, x: np.tensordot(x, v, *axes), stack_of(second), numbers(*first)
    )
    assert not looped
    both = stack_of((4, 4))
    assert_like_rows(lambda v: np.tensordot(v, v, axes=1), both)
    assert set(looped) == {"np.tensordot"}


def test_outer_products(monkeypatch):
    looped = looped_kinds(monkeypatch)
    assert_like_rows(np.outer, stack_of((2, 3)), numbers(4))
    assert_like_rows(lambda v, x: np.outer(x, v), stack_of((2,)), numbers(4))
    assert_like_rows(lambda v: np.outer(v, v), stack_of((3,)))
    assert not looped
    assert_like_rows(lambda v: np.outer(v, v, out=None), stack_of((3,)))
    assert_like_rows(lambda v: np.outer(v, v, None), stack_of((3,)))
    assert looped == ["np.outer"] * 4


NAMED = {
    "np.dot": lambda v, x: np.dot(v, b=x),
    "np.matmul": lambda v, x: np.matmul(v, x, axes=[(0, 1), (1, 0), (0, 1)]),
    "np.linalg.solve": lambda v, x: np.linalg.solve(x, b=v),
    "np.tensordot": lambda v, x: np.tensordot(v, b=x),
}


@pytest.mark.parametrize("name", NAMED)
def test_arguments_by_name_are_computed_row_by_row(name, monkeypatch):
    looped = looped_kinds(monkeypatch)
    assert_like_rows(NAMED[name], stack_of((3, 3)), numbers(3, 3))
    assert set(looped) == {name}


LABELS = {
    "rows and columns": ("ij,jk->ki", (2, 3), (3, 4)),
    "a diagonal": ("ii, ij->ij", (3, 3), (3, 2)),
    "dots": ("...i,ij->...j", (4, 2, 3), (3, 2)),
    "dots on both": ("...ij,...j->...i", (2, 3, 4), (5, 1, 4)),
    "labels that the rules like": ("ab,bc->ac", (2, 3), (3, 4)),
}


@pytest.mark.parametrize("case", LABELS)
def test_sums_by_labels(case, monkeypatch):
    looped, (labels, first, second) = looped_kinds(monkeypatch), LABELS[case]
    assert_like_rows(
        lambda v, x: np.einsum(labels, v, x), stack_of(first), numbers(*second)
    )
    assert_like_rows(
        lambda v, x: np.einsum(labels, x, v, optimize=True),
        stack_of(second),
        numbers(*first),
    )
    assert not looped


def test_sums_by_labels_of_another_form_are_computed_row_by_row(monkeypatch):
    looped = looped_kinds(monkeypatch)
    assert_like_rows(lambda v: np.einsum("ij,jk", v, v), stack_of((3, 3)))
    assert_like_rows(
        lambda v: np.einsum(v, [0, 1], v, [1, 2], [0, 2]), stack_of((3, 3))
    )
    assert_like_rows(
        lambda v: np.einsum("ij->ji", v, dtype=np.float64), stack_of((3, 3))
    )
    assert set(looped) == {"np.einsum"}
    assert len(looped) == 6

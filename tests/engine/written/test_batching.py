"""A rule for each kind of step: what it gives for a stack is what its rows give."""

import numpy as np
import pytest
from helpers.stacks import assert_like_rows, looped_kinds, stack_of

SQUARE = np.linspace(-1, 2, 9).reshape(3, 3)
WIDE = np.linspace(-2, 2, 24).reshape(2, 4, 3)  # more axes than what it meets
MASK = np.array([[True, False, True], [False, True, True], [True, True, False]])
AT = np.array([2, 0, 2, 1])
NAN = np.array([1.0, np.nan, 2.0])


def row(f, shape, *others):
    return f, shape, others


ELEMENTWISE = {
    "two rows of one": row(lambda v: v * (v + 1), (3,)),
    "beside an array of as many axes": row(lambda v, x: v * x, (3, 3), SQUARE),
    "beside one of fewer": row(lambda v, x: x - v, (2, 4, 3), SQUARE[0]),
    "beside one of more": row(lambda v, x: x / v, (3,), WIDE),
    "a number beside an array": row(lambda v, x: x**v, (), np.abs(SQUARE) + 1),
    "of two shapes": row(lambda v: v[0] * v.sum(axis=1)[:, None], (3, 3)),
    "every sign": row(lambda v: -(+v) % 0.7 // 0.1, (3,)),
    "compared": row(lambda v: (v > 1) & (v <= 1.5) | ~(v != v) ^ (v == 1), (4,)),
    "a function": row(lambda v, x: np.arctan2(x, np.exp(v)), (3,), SQUARE),
    "where": row(lambda v, x: np.where(x > 0, v, 0.0), (3,), SQUARE),
    "a method": row(lambda v: v.copy().astype(np.float32).clip(0.6, 1), (2, 3)),
    "a function in place of NaN": row(lambda v, x: np.nan_to_num(v * x), (3,), NAN),
}
REDUCTIONS = {
    "of all": row(lambda v: v.sum(), (2, 3)),
    "of all, kept": row(lambda v: v.mean(keepdims=True), (2, 3)),
    "of a number": row(lambda v: v.sum(), ()),
    "the first axis": row(lambda v: v.sum(axis=0), (2, 3)),
    "the last axis": row(lambda v: v.max(axis=-1), (2, 3)),
    "by position": row(lambda v: v.prod(1), (2, 3)),
    "of two axes": row(lambda v: np.sum(v, axis=(0, -1), keepdims=True), (2, 3, 4)),
    "of none": row(lambda v: np.min(v, axis=()), (2, 3)),
    "of spread": row(lambda v: v.var(axis=0, ddof=1) + v.std(axis=0), (4, 3)),
    "whether any": row(lambda v: np.any(v > 1.5, axis=1), (2, 3)),
    "a running sum": row(lambda v: v.cumsum(axis=0), (2, 3)),
    "a running sum of all": row(lambda v: np.cumsum(v), (2, 3)),
    "a running product": row(lambda v: v.cumprod(axis=-1), (2, 3)),
    "a running sum of a number": row(lambda v: v.cumsum(axis=0), ()),
    "the place of the most": row(lambda v: v.argmax(), (2, 3)),
    "the place of the most, kept": row(lambda v: v.argmax(keepdims=True), (2, 3)),
    "the place in each column": row(lambda v: v.argmin(axis=0, keepdims=True), (2, 3)),
}
SHAPES = {
    "reshaped": row(lambda v: v.reshape(-1, 2), (2, 3)),
    "reshaped to its own": row(lambda v: np.reshape(v, (2, -1)), (2, 3)),
    "squeezed": row(lambda v: v.squeeze(1), (2, 1, 3)),
    "in one axis": row(lambda v: v.ravel() + np.ravel(v), (2, 3)),
    "expanded": row(lambda v: np.expand_dims(v, (0, 2)), (2, 3)),
    "turned": row(lambda v: v.T, (2, 3, 4)),
    "turned, of the last two": row(lambda v: v.mT, (2, 3, 4)),
    "in an order": row(lambda v: v.transpose((2, 0, 1)), (2, 3, 4)),
    "in an order, by option": row(lambda v: np.transpose(v, axes=(1, 0)), (2, 3)),
    "exchanged": row(lambda v: v.swapaxes(0, -1), (2, 3, 4)),
    "moved": row(lambda v: np.moveaxis(v, 0, -1), (2, 3, 4)),
    "of two axes of the same length": row(lambda v: v.T, (3, 3)),
    "stretched": row(lambda v: np.broadcast_to(v, (2, 4, 3)), (3,)),
    "stretched, by name": row(lambda v: np.broadcast_to(v, shape=(2, 3)), (3,)),
    "a number, stretched": row(lambda v: np.broadcast_to(v, (2, 3)), ()),
    "joined": row(lambda v, x: np.concatenate([v, x, v], axis=-1), (3, 2), SQUARE),
    "joined along the first": row(lambda v: np.concatenate([v, v]), (3, 2)),
    "zeros": row(lambda v: np.zeros_like(v) + v, (2, 3)),
    "ones of another shape": row(lambda v: v[0] * np.ones_like(v, shape=(4, 2)), (2,)),
    "a number like it": row(lambda v: v[0] + np.full_like(v, 3.0, shape=4), (2,)),
}
INDICES = {
    "a number": row(lambda v: v[1], (3, 2)),
    "slices": row(lambda v: v[::-1, 1:], (3, 2)),
    "new axes": row(lambda v: v[..., None, 1], (3, 2)),
    "an array": row(lambda v: v[AT], (3, 2)),
    "a list": row(lambda v: v[[1, 1]], (3, 2)),
    "an array of the program": row(lambda v, at: v[at], (3, 2), np.tile(AT, 5)),
    "after a slice": row(lambda v: v[:, AT], (2, 3)),
    "a mask": row(lambda v: v[MASK], (3, 3, 2)),
    "a mask after a slice": row(lambda v: v[:, MASK[0]], (2, 3)),
    "two arrays": row(lambda v: v[AT, AT[::-1]], (3, 3)),
    "two arrays, apart": row(lambda v: v[AT, :, AT], (3, 2, 3)),
    "a number and an array, apart": row(lambda v: v[0, :, AT[:, None]], (3, 2, 3)),
    "an array and a number": row(lambda v: v[:, AT, 1], (2, 3, 3)),
    "an array and a new axis": row(lambda v: v[AT, None, AT], (3, 3)),
    "a number of NumPy": row(lambda v: v[np.int64(1)], (3, 2)),
}
RULES = {
    f"{kind}: {what}": case
    for kind, table in (
        *(("elementwise", ELEMENTWISE), ("reductions", REDUCTIONS)),
        *(("shapes", SHAPES), ("indices", INDICES)),
    )
    for what, case in table.items()
}


@pytest.mark.parametrize("case", RULES.values(), ids=RULES)
@pytest.mark.filterwarnings("error")
def test_a_stack_gives_what_its_rows_give(case, monkeypatch):
    f, shape, others = case
    looped = looped_kinds(monkeypatch)
    assert_like_rows(f, stack_of(shape), *others)
    assert not looped


def test_parts_side_by_side_are_stacked_for_all_rows(monkeypatch):
    looped = looped_kinds(monkeypatch)
    x = np.linspace(0, 1, 20)
    assert_like_rows(lambda v, x: np.stack([x, v, v], axis=1), stack_of((20,)), x)
    assert_like_rows(lambda v: np.stack([v, 2 * v], -1), stack_of((2, 3)))
    assert not looped


LOOPED = {
    "a place that depends on numbers": row(lambda v: v[v.argmax()], (4,)),
    "True as an index": row(lambda v: v[True], (3,)),
    "a list of the program's numbers": row(
        lambda v, at: v[[at[0], at[1]]], (3,), np.tile(AT, 5)
    ),
    "a function that no rule knows": row(lambda v: np.correlate(v, [1.0, 2.0]), (4,)),
    "several results": row(lambda v: np.add(*np.modf(v)), (3,)),
    "another order": row(lambda v: v.reshape((3, 2), order="F"), (2, 3)),
    "another order, by position": row(lambda v: np.ravel(v, "F"), (2, 3)),
    "a sum of some": row(lambda v, x: np.sum(v, where=x > 0), (3, 3), SQUARE),
    "a running sum by more": row(lambda v: v.cumsum(0, np.float32), (3,)),
    "the sum of a number's axis": row(lambda v: v.sum(axis=0), ()),
    "a sum from a stack on": row(lambda v: np.sum(v, initial=v.max()), (3,)),
    "bounds by name": row(lambda v: np.clip(v, a_min=None, a_max=v.mean()), (3,)),
    "bounds as options": row(lambda v: np.clip(v, min=0.1, max=v.mean()), (3,)),
    "filled with one of its numbers": row(lambda v: np.full_like(v, v[0]), (3,)),
    "arguments by name": row(lambda v: np.sum(a=v) + np.transpose(a=v), (2, 3)),
    "joined without an axis": row(lambda v: np.concatenate([v, v], axis=None), (2, 3)),
    "joined parts of an array": row(np.concatenate, (2, 3)),
    "a method of a ufunc": row(lambda v: np.add.reduce(v), (2, 3)),
    "a function of stacks": row(lambda v: np.vecdot(v, v), (2, 3)),
    "17 axes, turned": row(lambda v: v.T, (1,) * 15 + (2, 3)),
}


@pytest.mark.parametrize("case", LOOPED.values(), ids=LOOPED)
def test_what_no_rule_knows_is_computed_row_by_row(case, monkeypatch):
    f, shape, others = case
    looped = looped_kinds(monkeypatch)
    assert_like_rows(f, stack_of(shape), *others)
    assert looped


def test_functions_of_scipy_are_found_by_name(monkeypatch):
    special = pytest.importorskip("scipy.special")
    looped = looped_kinds(monkeypatch)
    assert_like_rows(lambda v: special.gamma(v), stack_of((3,)))
    assert not looped

"""A pass for a stack of gradients: what is written into, and what each row needs."""

import numpy as np
import pytest
from helpers.stacks import assert_like_rows, looped_kinds, one_pass, stack_of

from engine import op, rules
from engine.written import Writing
from engine.written.batched import NotBatchedError, batched

AT = np.array([2, 0, 2, 1])
MASK = np.array([True, False, True])


def filled(index, shape, before=None):
    """A function that writes v into an array, [index], with what else is done to it."""

    def f(v, *others):
        made = np.zeros_like(v, shape=shape)
        if before is not None:
            before(made)
        made[index] = v
        return made * 2

    return f


def twos(made):
    made[...] = 2.0


WRITES = {
    "at a number": (filled(1, (3, 2)), (2,)),
    "at slices": (filled((slice(None, None, 2), 1), (3, 2)), (2,)),
    "at an array": (filled(np.array([2, 0]), (3, 2)), (2, 2)),
    "at a mask": (filled(MASK, (3, 2)), (2, 2)),
    "at arrays apart": (filled((AT[:2], slice(None), AT[:2]), (3, 2, 3)), (2, 2)),
    "a number": (filled((slice(None), 1), (3, 2)), ()),
    "a row into all": (filled(..., (3, 2)), (2,)),
    "more axes than there are": (filled(0, (3, 2)), (1, 1, 2)),
    "over numbers": (filled(1, (3, 2), before=twos), (2,)),
}


@pytest.mark.parametrize("case", WRITES)
def test_each_row_is_written_into_its_own_array(case, monkeypatch):
    f, shape = WRITES[case]
    looped = looped_kinds(monkeypatch)
    assert_like_rows(f, stack_of(shape))
    assert not looped


def test_numbers_that_all_rows_share_are_written_into_each():
    x = np.arange(1.0, 18.0)

    def f(v, x):
        made = v * 1.0
        made[1] = 5.0
        made[:, AT[:2], :, AT[:2]] = x[:2, None, None]  # the axes of AT come first
        made[0, 0, 0] = x[:3]
        return made

    assert_like_rows(f, stack_of((2, 3, 2, 3)), x)


def test_what_is_added_at_places_adds_up_row_by_row():
    def f(v, x):
        made = np.zeros_like(v, shape=(3, 2))
        np.add.at(made, AT, v)
        np.add.at(made, (slice(None), 1), x[:3])
        np.subtract.at(made, 0, v[1])
        return made

    assert_like_rows(f, stack_of((4, 2)), np.arange(20.0))


def test_what_is_added_to_a_part_is_read_first():
    def f(v):
        made = np.zeros_like(v, shape=(4,))
        made[1:] = v
        made[:3] += v
        return made

    assert_like_rows(f, stack_of((3,)))


def test_arrays_that_do_not_depend_on_the_gradient_are_made_for_each_row():
    def f(v, x):
        ones, copied, doubled = np.ones_like(x), x.copy(), x * 2
        part = ones[2:]
        for made in (ones, copied, doubled):
            made[:3] = v
        return ones + copied * doubled + part.sum()

    assert_like_rows(f, stack_of((3,)), np.arange(20.0))


def test_what_is_asked_before_a_write_is_what_was_there_before():
    def f(v, x):
        made = np.zeros_like(x)
        before = made.sum() + v
        made[:3] = 7.0
        return before * made[0]

    assert_like_rows(f, stack_of((3,)), np.arange(20.0))


def test_what_does_not_depend_on_the_gradient_has_no_rows():
    both = []

    def f(v, x):
        both.append(x * 2)
        return v + both[0][:3]

    record, steps, place, _ = one_pass(f, np.ones(3), np.arange(20.0))
    rows = stack_of((3,))
    assert batched(record, steps, place, rows, [both[0].step]) == [None]
    assert batched(record, steps, place, rows, [place])[0] is rows


def test_a_stack_that_writes_down_makes_no_more_steps_than_the_pass():
    def f(v, x):
        unneeded = v.sum() * x
        del unneeded
        grown = np.exp(v) * x[:3]
        return grown.reshape((3, 1)) @ v[None]

    record, steps, place, out = one_pass(f, np.ones(3), np.arange(20.0))
    before = len(record.steps)
    given = record.argument(stack_of((3,)))
    (made,) = batched(record, steps, place, given, [out.step])
    assert isinstance(made, Writing)
    asked = [s.name or s.kind for s in record.steps[before + 1 :]]
    assert asked == ["np.exp", "*", "reshape", "index", "@"]
    called = [s.assigned for s in record.steps[before + 1 :]]
    assert called == ["", "grown", "", "", ""]


# --- what has no stacks ---------------------------------------------------------------


@op()
def numbers_only(x):
    """A rule that is not written out, and so is its closure."""
    slope = float(np.sum(np.cos(x)))
    return np.sin(x), (lambda g: g * slope,)


@op()
def in_two(x):
    """The same, of two results."""
    float(np.sum(x))
    return (np.sin(x), np.cos(x)), ((lambda g: g * np.cos(x),), (lambda g: g,))


def test_a_rule_that_is_called_whole_is_called_for_each_row(monkeypatch):
    looped = looped_kinds(monkeypatch)
    assert_like_rows(lambda v: numbers_only(v) * v, stack_of((3,)))
    assert_like_rows(lambda v: in_two(v)[0] * in_two(v)[1], stack_of((3,)))
    assert set(looped) == {"numbers_only", "in_two"}


def test_a_closure_that_is_called_whole_is_called_for_each_row(monkeypatch):
    looped = looped_kinds(monkeypatch)

    def f(v, x):
        if not isinstance(v, Writing):
            return v * np.sum(np.cos(x))
        y = v.call_whole(TypeError(), numbers_only.__wrapped__, [x], {})
        return y[1][0](v)

    assert_like_rows(f, stack_of((20,)), np.arange(20.0))
    assert looped == ["closure"] * 2


def test_a_closure_whose_rule_depends_on_the_gradient_is_refused():
    def f(v, x):
        rule = numbers_only.__wrapped__
        _, (back,) = v.call_whole(TypeError(), rule, [v], {})
        return back(x[:3])

    assert_refused(f, np.ones(3), np.arange(20.0))


def assert_refused(f, v, *others):
    record, steps, place, out = one_pass(f, v, *others)
    with pytest.raises(NotBatchedError):
        batched(record, steps, place, np.stack([v, 2 * v]), [out.step])


def test_a_way_that_depends_on_the_gradient_is_refused():
    assert_refused(lambda v: v * 2 if v.sum() > 0 else v, np.ones(3))


def test_a_shape_that_depends_on_the_gradient_is_refused():
    assert_refused(lambda v: v[v < 2], np.ones(3))


def test_a_place_that_depends_on_the_gradient_can_be_read_and_not_written():
    def f(v):
        made = np.zeros_like(v)
        made[v.argmax()] = 1.0
        return made

    assert_refused(f, np.ones(3))


def test_a_write_into_what_somebody_else_may_hold_is_refused():
    def part(v):
        made = np.zeros_like(v)
        shown = made[1:]
        shown[0] = 1.0
        return made + v

    assert_refused(part, np.ones(3))
    assert_refused(lambda v: v.__setitem__(0, 1.0) or v * 2, np.ones(3))
    older = []

    def into_older(v, x):
        older[0][:3] = v
        return older[0] + v[0]

    record, _, _, out = one_pass(
        lambda v, x: older.append(x * 1) or v * 1, np.ones(3), np.arange(20.0)
    )
    start = len(record.steps)
    made = into_older(out, None)
    with pytest.raises(NotBatchedError):
        batched(record, record.steps[start:], out.step, stack_of((3,)), [made.step])


def test_the_table_knows_what_the_rules_of_the_engine_ask():
    """Index and scatter, of the engine's own rules: no loop for either."""
    assert_like_rows(lambda v: rules.getitem(v, index=AT), stack_of((3, 2)))
    assert_like_rows(
        lambda v: rules.scatter(v, index=(slice(None), AT), shape=(2, 3)),
        stack_of((2, 4)),
    )

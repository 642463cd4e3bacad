"""The text of a program on its way: its names, and what it asks."""

import math

import numpy as np
import pytest

from engine.compilation.lines import OTHERWISE, Lines, Same


def run(lines, *more):
    text = "\n    ".join(["def program():", *lines.look_ups(), *more])
    exec(text, lines.namespace)
    return lines.namespace["program"]()


WISHES = [
    *(
        "x",
        "x",
        "if",
        "np",
        "print",
        "otherwise",
        "args",
        "f",
        "1st",
        "a b",
        "x.y['z']",
    ),
    *("", "\n", "'''", "ﬁ", "K", "é", "λ", "x\u200b", "a" * 300, "__debug__", "match"),
]


def test_names_are_taken_by_python_and_are_all_different():
    lines = Lines("f")
    names = [lines.name(wish) for wish in WISHES]
    assert all(name.isidentifier() for name in names)
    assert len({*names, "np", "otherwise", "args", "f"}) == len(names) + 4
    exec("\n".join(f"{name} = 1" for name in names), {})


def test_an_object_has_one_name_and_equal_ones_have_two():
    lines = Lines("f")
    one, two = [1.0], [1.0]
    assert lines.bind(one) == lines.bind(one) != lines.bind(two)
    assert lines.namespace[lines.bind(two)] is two
    assert lines.bind(np.sin) == "sin"


def test_an_object_that_answers_in_its_own_way_gets_a_name():
    class Odd(dict):
        __getattr__ = dict.__getitem__

    class Named:
        __name__ = 3

    lines = Lines("f")
    assert lines.bind(Odd()).isidentifier()
    assert lines.bind(Named()).isidentifier()


@pytest.mark.parametrize(
    "key", ["a'\"\n{", 1, True, -3, 1.5, None, ("a", 1), np.int64(2)]
)
def test_a_key_is_itself(key):
    lines = Lines("f")
    assert eval(lines.literal(key), lines.namespace) == key


CONDITIONS = [
    *("k is k", "k is not None", "k == 2", "not k == 3", "k is None or k == 2"),
    *(
        "not k",
        "k not in (2, 4)",
        "k in (3,)",
        "not len('a is b') == 6",
        "'a in b' != k",
    ),
    *("[' is ', k] == [' is ', 2]", "'is' in ' is ' and k", "not k in (3,)"),
    *("k == 2 and k is k", "k.__class__ is int", "len('a is b') == 6"),
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_is_required_holds_or_ends_the_program(condition):
    for k in (2, 3):
        lines = Lines("program")
        lines.namespace["k"] = k
        lines.require(condition)
        wanted = eval(condition, {"k": k})
        assert (run(lines, "return 1") == 1) is bool(wanted)


def test_each_of_several_conditions_is_required():
    for conditions in (("True", "False"), ("False", "True"), ("False", "False")):
        lines = Lines("program")
        lines.require(*conditions)
        assert run(lines, "return 1") is OTHERWISE


def test_a_look_up_that_raises_is_one_that_does_not_hold():
    lines = Lines("program")
    lines.local("{}['gone']", "v")
    assert run(lines, "return 1") is OTHERWISE
    assert not Lines("program").look_ups()


def test_an_error_after_the_look_ups_is_raised():
    lines = Lines("program")
    lines.require("True")
    with pytest.raises(ZeroDivisionError):
        run(lines, "return 1 / 0")


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (0.0, -0.0),
        (1, 1.0),
        (1, True),
        (math.nan, -math.nan),
        ([1], (1,)),
        ([1], [1.0]),
        ({1: 2}, {True: 2}),
        ({1: 2, 3: 4}, {3: 4, 1: 2}),
        (np.float32(1), np.float64(1)),
        ([1, 2.0], [1.0, 2]),
        ([0.0, 1.0], [-0.0, 1.0]),
        ([1.0, (0.0,)], [1.0, (-0.0,)]),
        ("1", 1),
    ],
    ids=str,
)
def test_values_that_are_not_the_same(x, y):
    assert not Same(x)(y)
    assert not Same(y)(x)


@pytest.mark.parametrize("x", [0.0, math.nan, -math.inf, [1, "a"], {"a": (1,)}, 10**30])
def test_values_that_are_the_same(x):
    assert Same(x)(eval(repr(x), {"nan": float("nan"), "inf": math.inf}))

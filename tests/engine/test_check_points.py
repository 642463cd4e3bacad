"""The checker at awkward points: no right rule is accused, and a wrong one is found."""

import functools
import itertools
import re

import numpy as np
import pytest

from engine import Tensor, check_gradients, grad, op

# A function, and a point at which one step for all does not do.
POINTS = {
    "log at 1e-4": (np.log, 1e-4),
    "log at 1e-12": (np.log, 1e-12),
    "log at 1e6": (np.log, 1e6),
    "sqrt at 1e-8": (np.sqrt, 1e-8),
    "sin at 1e6": (np.sin, 1e6),
    "sin at 1e8": (np.sin, 1e8),
    "1/x at 1e-6": (lambda x: 1 / x, 1e-6),
    "1/x at -1e-6": (lambda x: 1 / x, -1e-6),
    "1/x at 1e-100": (lambda x: 1 / x, 1e-100),
    "exp at 700": (np.exp, 700.0),
    "exp at -300": (np.exp, -300.0),
    "cube at 1e-12": (lambda x: x**3, 1e-12),
    "cube at 1e9": (lambda x: x**3, 1e9),
    "square at 1e9": (lambda x: x * x, 1e9),
    "abs at 1e-9": (np.abs, 1e-9),
    "abs at 1e9": (np.abs, 1e9),
    "abs beside its kink at 1e6": (lambda x: np.abs(x - 1e6), 1e6 + 1e-3),
    "abs and an offset": (lambda x: np.abs(x - 3.0) + 1e6, 3.01),
    "a fast sine": (lambda x: np.sin(1e6 * x), 0.5),
    "a tiny slope": (lambda x: 1e-9 * x, 1.0),
}


def off_by_a_thousandth(f):
    @op()
    def wrong(x):
        slope = grad(lambda x: np.sum(f(x)))
        return f(x), (lambda g: g * slope(x) * 1.001,)

    return wrong


@pytest.mark.parametrize("name", POINTS)
def test_a_right_rule_agrees_with_differences(name):
    f, x = POINTS[name]
    check_gradients(f, x)
    check_gradients(f, np.array([x]), order=2)


@pytest.mark.parametrize("name", POINTS)
def test_one_that_is_wrong_by_a_thousandth_does_not(name):
    f, x = POINTS[name]
    with pytest.raises(AssertionError, match=r"argument 0, entry \[0\]: the rule says"):
        check_gradients(off_by_a_thousandth(f), np.array([x]))


def test_points_of_every_size_go_in_one_argument():
    x = 10.0 ** np.arange(-9, 7)
    for f in (np.log, np.sqrt, np.sin, lambda x: 1 / x):
        check_gradients(f, x, order=2)
        check_gradients(f, np.tile(x, 20))


def test_differences_are_divided_by_the_step_that_was_taken():
    for x in (1e6, 1e7, 1e8):
        check_gradients(np.sin, x, tolerance=1e-8)


@pytest.mark.parametrize("entry", [3, 140, 200, 299])
def test_a_large_argument_of_many_sizes_is_searched_too(entry):
    x = np.append(np.geomspace(1e-9, 1e-8, 150), np.linspace(1.0, 2.0, 150))

    @op()
    def entropy(x, *, by):
        off = np.where(np.arange(300) == entry, by, 1.0)
        return x * np.log(x), (lambda g: g * (np.log(x) + 1) * off,)

    check_gradients(entropy, x, by=1.0)
    with pytest.raises(AssertionError, match=rf"entry \[{entry}\]: the rule says"):
        check_gradients(entropy, x, by=1.001)


def test_it_is_searched_too_where_rounding_looks_large_beside_small_steps():
    x = np.append(np.geomspace(1e-9, 1e-8, 150), np.linspace(1.0, 2.0, 150))

    @op()
    def wrong(x):
        off = np.where(np.arange(300) == 200, 1.001, 1.0)
        slope = np.log(x) + 1
        return np.sum(x * np.log(x)) * np.ones(3), (lambda g: np.sum(g) * slope * off,)

    with pytest.raises(AssertionError, match=r"entry \[200\]: the rule says"):
        check_gradients(wrong, x)


def test_a_small_slope_is_checked_beside_a_large_one():
    x = np.array([1e-6, 2.0, 1e6])

    @op()
    def wrong(x, *, entry):
        off = np.where(np.arange(3) == entry, 1.001, 1.0)
        return 1 / x, (lambda g: -g / (x * x) * off,)

    for entry in range(3):
        with pytest.raises(AssertionError, match=rf"entry \[{entry}\]: the rule says"):
            check_gradients(wrong, x, entry=entry)


def test_a_slope_that_rounding_hides_is_not_wrong():
    check_gradients(np.sin, np.pi / 2, order=2)
    check_gradients(np.tanh, np.array([0.1, 15.0, 19.0]), order=2)
    check_gradients(lambda x: (x - 0.3) ** 3, 0.3, order=2)
    check_gradients(lambda x: (x + 1e6) - 1e6, 1e-3)
    check_gradients(lambda x: (1e-8 * x + 1e6) - 1e6, 1.0)
    check_gradients(lambda x: x**3, 1e-120)
    check_gradients(lambda x: 1 / (1 + np.exp(-x)), -383.0)
    for x in np.linspace(0.1, 0.9, 9):
        check_gradients(lambda x: 1e-3 * (x + 1e5), x, tolerance=1e-8)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.sqrt, 0.0),
        (np.arcsin, 1.0),
        (np.arcsin, 1 - 1e-9),
        (np.log1p, -1 + 1e-9),
        (lambda x: x**1.5, 0.0),
    ],
)
@pytest.mark.parametrize("size", [2, 300])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_step_out_of_the_domain_is_not_blamed_on_the_rule(f, x, size):
    x = np.append(np.full(size - 1, 0.5), x)
    words = (
        rf"0, entry \[{size - 1}\]: with a step of \S+ f is not finite on one side, "
    )
    with pytest.raises(ValueError, match=words + ".*inside the domain of f$"):
        check_gradients(f, x)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_a_value_that_is_not_finite_is_said():
    for f, x in ((np.log, 0.0), (np.log, -1.0)):
        with pytest.raises(
            ValueError, match=r"^check_gradients: f is not finite at x, "
        ):
            check_gradients(f, np.array([1.0, x]))


def test_differences_that_do_not_settle_are_said():
    rng = np.random.default_rng(0)

    @op()
    def rough(x):
        noise = 1e-7 * np.sin(1e18 * x)
        return x + noise, (lambda g: g * 1.0,)

    words = r"\[0\]: differences do not settle: \S+ with a step of \S+, \S+ with \S+ \("
    with pytest.raises(ValueError, match=words + ".*f is rough at x, or much larger"):
        check_gradients(rough, rng.normal(size=1))


def test_two_differences_that_rounding_made_alike_accuse_nobody():
    x = np.append(np.geomspace(1e-10, 1e-9, 150), np.linspace(1.0, 2.0, 150))
    for tolerance in (1e-3, 1e-4, 1e-5):
        with pytest.raises(ValueError, match="differences do not settle"):
            check_gradients(lambda x: np.sum(x * np.log(x)), x, tolerance=tolerance)


def test_a_wrong_entry_is_named_before_one_that_can_not_be_checked():
    @op()
    def wrong_sqrt(x):
        off = np.where(x > 1, 1.001, 1.0)
        return np.sqrt(x), (lambda g: g * off / (2 * np.sqrt(np.where(x > 0, x, 1))),)

    with pytest.raises(AssertionError, match=r"entry \[1\]: the rule says"):
        check_gradients(wrong_sqrt, np.array([0.0, 4.0]))


# --- functions that can't be checked, and options -------------------------------------


def test_a_random_function_is_told_apart():
    rng = np.random.default_rng(0)
    turns = itertools.count()
    for f in (
        lambda x: x * rng.random(),
        lambda x: x[: 1 + next(turns) % 2],
        lambda x: np.sum(x) + 1e-6 * next(turns),
    ):
        with pytest.raises(
            ValueError, match="two calls of f .* random or keeps a stat"
        ):
            check_gradients(f, np.ones(3))
    check_gradients(lambda x: x * np.random.default_rng(0).random(), np.ones(3))


def test_rounding_between_two_calls_is_not_random():
    turns = itertools.count()
    check_gradients(lambda x: x * (1 + 2e-16 * (next(turns) % 2)), np.ones(3))


def test_options_go_to_the_function():
    def f(x, *, axis, by=1.0):
        return np.sum(x, axis=axis) * by

    x = np.ones((2, 3))
    check_gradients(f, x, order=2, axis=0, by=2.0)
    with pytest.raises(TypeError, match="axis"):
        check_gradients(f, x)

    def power(x, *, order):
        return x**order

    check_gradients(functools.partial(power, order=3.0), x)


def test_a_tensor_that_the_function_holds_is_no_obstacle():
    w = Tensor([1.0, 2.0])
    check_gradients(lambda x: x * w, np.ones(2), order=2)


# --- a gradient derived by hand -------------------------------------------------------

rng = np.random.default_rng(3)
DATA, TARGET = rng.normal(size=(20, 3)), rng.normal(size=20)
W, B = rng.normal(size=3), 0.5
OFF = DATA @ W + B - TARGET
BY_W, BY_B = DATA.T @ OFF / 10, OFF.mean() * 2


def loss(w, b):
    return np.mean((DATA @ w + b - TARGET) ** 2)


def squares(x):
    return np.sum(x * x)


def test_a_right_derivation_agrees():
    check_gradients(loss, W, B, gradient=(BY_W, BY_B))
    check_gradients(loss, W, B, gradient=[list(BY_W), Tensor(BY_B)], order=2)
    check_gradients(squares, DATA, gradient=2 * DATA)
    check_gradients(squares, 3.0, gradient=6)
    check_gradients(squares, np.ones(0), gradient=np.ones(0))
    check_gradients(squares, np.array([1.0, 1e-20]), gradient=[2.0, 0.0])
    check_gradients(squares, 1e-18, gradient=0.0)
    check_gradients(
        lambda x: np.sum(x * x, axis=0), np.ones(3), gradient=2 * np.ones(3)
    )


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        ((BY_W / 2, BY_B), r"0: 3 of 3 .* has \S+\. Going back .*: the exponent comes"),
        (
            (BY_W * -20, BY_B),
            r"0: 3 of 3 .* has \S+\. All entries are wrong by the ",
        ),
        (
            (BY_W / -20, BY_B),
            r"0: 3 of 3 .* has \S+\. All entries are wrong by the ",
        ),
        ((-BY_W, BY_B), r"0: 3 of 3 .* has \S+\. Going back .*: the sign is wrong"),
        ((BY_W, -BY_B), r"1: (\S+) was given and f has \S+\. .*: the sign is wrong"),
        ((BY_W, BY_B * 3), r"1: \S+ was given and f has \S+\d\. This is 3 times the g"),
        ((BY_W, [BY_B]), r"1: its shape is \(1,\), .* \(\); the numbers are right$"),
        ((BY_W[:, None], BY_B), r"0: its shape .* \(3,\); the numbers are right$"),
        ((BY_W + [0, 1e-3, 0], BY_B), r"0: 1 of 3 entries is off; at \[1\], \S+ was"),
        (
            (BY_W + [0, 1e-3, 1], BY_B),
            r"0: 2 of 3 entries are off; at \[2\], the worst",
        ),
        ((BY_W * [0, 1, 0], BY_B), r"0: 2 of 3 entries are off; at .* f has \S+\d$"),
        ((BY_W * 0, BY_B), r"0: 3 of 3 entries are off; .* All of it is 0\. The ba"),
        ((BY_W * [1, np.nan, 1], BY_B), r"0: 1 of 3 .* \[1\], nan was given and f has"),
    ],
)
def test_a_wrong_derivation_is_told_what_is_off(gradient, words):
    with pytest.raises(
        AssertionError, match=f"^check_gradients: gradient of .*{words}"
    ):
        check_gradients(loss, W, B, gradient=gradient)


def test_a_transposed_derivation_is_told_so():
    x = rng.normal(size=(3, 3))
    with pytest.raises(AssertionError, match=r"6 of 9 .*\. Rows and columns "):
        check_gradients(squares, x, gradient=2 * x.T)
    words = (
        r"its shape is \(3, 20\), and the argument's \(20, 3\); rows and columns are ex"
    )
    with pytest.raises(AssertionError, match=words):
        check_gradients(squares, DATA, gradient=2 * DATA.T)


def test_one_entry_in_ten_thousand_that_is_off_is_named_though_it_is_small():
    x = rng.normal(size=(100, 100))
    x[3, 17] = 1e-2
    mine = 2 * x
    mine[3, 17] *= 1.001
    with pytest.raises(AssertionError, match=r"1 of 10000 .* \[3, 17\], 0\.02002 was"):
        check_gradients(squares, x, gradient=mine)


def test_the_tolerance_is_that_of_the_derivation_too():
    mine = (2 * DATA).astype(np.float32)
    check_gradients(squares, DATA, gradient=mine)
    with pytest.raises(AssertionError, match="entries are off"):
        check_gradients(squares, DATA, gradient=mine, tolerance=1e-9)


@pytest.mark.parametrize("gradient", [BY_W, (BY_W,), (BY_W, BY_B, BY_B), {}])
def test_several_arguments_want_a_tuple(gradient):
    words = "gradient is a .*, and must be a tuple of 2, one for each argument$"
    with pytest.raises(ValueError, match=words):
        check_gradients(loss, W, B, gradient=gradient)


@pytest.mark.parametrize("gradient", ["2x", 1j, squares])
def test_a_derivation_is_made_of_numbers(gradient):
    with pytest.raises(TypeError, match="gradient is .*, and must be real numbers$"):
        check_gradients(squares, 3.0, gradient=gradient)


def test_beside_a_derivation_the_function_returns_one_number():
    with pytest.raises(ValueError, match=r"f returned shape \(3,\), .* leave out grad"):
        check_gradients(np.tanh, W, gradient=1 - np.tanh(W) ** 2)


# --- what it prints -------------------------------------------------------------------


AGREE = "agree with central differences"
TWICE = "; in second derivatives, *"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: check_gradients(np.tanh, 0.5),
            "1 entry of 1 argument agrees with central differences, *",
        ),
        (
            lambda: check_gradients(np.matmul, np.eye(3), np.ones(3)),
            f"12 entries of 2 arguments {AGREE}, *",
        ),
        (
            lambda: check_gradients(np.tanh, np.ones(300)),
            f"300 entries of 1 argument {AGREE} along 4 directions, *",
        ),
        (
            lambda: check_gradients(np.add, np.ones(200), np.ones(200)),
            f"400 entries of 2 arguments {AGREE}, *",
        ),
        (
            lambda: check_gradients(np.tanh, W, order=2),
            f"3 entries of 1 argument {AGREE}, *{TWICE}",
        ),
        (
            lambda: check_gradients(squares, W, gradient=2 * W, order=2),
            f"3 entries of 1 argument {AGREE}, *{TWICE}; with the gradient given, *",
        ),
    ],
)
def test_one_line_says_what_agreed_and_how_closely(call, words, capsys):
    call()
    printed = capsys.readouterr().out
    pattern = f"check_gradients: {words}\n".replace("*", r"to 1e-(\d\d)")
    found = re.fullmatch(pattern, printed)
    assert found, printed
    assert all(6 < int(digits) <= 16 for digits in found.groups())


def test_directions_that_only_some_entries_agree_with_are_not_counted(capsys):
    x = np.append(np.geomspace(1e-9, 1e-8, 150), np.linspace(1.0, 2.0, 150))
    check_gradients(lambda x: np.sum(x * np.log(x)), x, tolerance=1e-2)
    check_gradients(np.log, x[150:].repeat(2))
    few, all_of_them = capsys.readouterr().out.splitlines()
    assert re.search(r"differences along [0-3] of 4 directions, to 1e-", few)
    assert "differences along 4 directions, to 1e-" in all_of_them


def test_where_something_is_wrong_nothing_is_printed(capsys):
    with pytest.raises(AssertionError):
        check_gradients(squares, 0.5, gradient=2.0)
    assert capsys.readouterr().out == ""

"""viz/explain.py, symbols.py, nudge.py, why.py and latex.py: one gradient, explained.

The one idea: what is printed is read as a person reads it. Its numbers are held to the
picture's, its slopes to a table of derivatives, its LaTeX to a grammar that is stricter
than TeX, and every reason to a program that has that reason and no other.
"""

import ast
import gc
import re
import time
import unicodedata
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pictures import read

from engine import Tensor, debug, no_grad, op
from nn import ExciterNet, Model, relu
from viz import draw, formula
from viz.explain import explain
from viz.labels import name_label
from viz.nudge import four_digits, nudged
from viz.numbers import number


def leaf(value, name="x"):
    return Tensor(value, name=name)


def lesson():
    """(a * b + c) * f after a pass, and what its variables are called."""
    a, b, c, f = (leaf(*x) for x in [(2.0, "a"), (-3.0, "b"), (10.0, "c"), (-2.0, "f")])
    e = a * b
    d = e + c
    L = d * f
    L.backward()
    return L, {"a": a, "b": b, "c": c, "f": f, "e": e, "d": d, "L": L}


def lines(explanation):
    """What it prints, of every run of spaces two."""
    return [re.sub(" {2,}", "  ", line) for line in str(explanation).splitlines()]


def told(loss, wrt, names=None):
    """What it prints after a pass, without the sum: the nudge aside, only reasons."""
    with np.errstate(all="ignore"):
        loss.backward()
    return lines(explain(loss, wrt, names=names))


def reasons(loss, wrt, names=None):
    """The words at the end: no sum, no `where`, no nudge."""
    if loss.requires_grad:
        with np.errstate(all="ignore"):
            loss.backward()
    found = lines(explain(loss, wrt, names=names))
    return [x for x in found if not re.match(r" |where |∂.* = |∂.* is a sum", x)]


# --- one number -----------------------------------------------------------------------


def test_the_first_example_reads_as_it_was_asked_for():
    L, named = lesson()
    names = {name: named[name] for name in "edL"}
    assert lines(explain(L, named["a"], names=names)) == [
        "∂L/∂a = ∂L/∂e · ∂e/∂a  a is used once",
        "  = (-2.0) · (b = -3.0)",
        "  = 6.0  nudged by 1e-6: 6.000 ✓",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("b", ["∂L/∂e · ∂e/∂b", "(-2.0) · (a = 2.0)", "-4.0", "1e-6: -4.000"]),
        ("c", ["∂L/∂d · ∂d/∂c", "(-2.0) · (1.0)", "-2.0", "1e-5: -2.000"]),
        ("e", ["∂L/∂d · ∂d/∂e", "(-2.0) · (1.0)", "-2.0", "1e-6: -2.000"]),
        ("d", ["∂L/∂L · ∂L/∂d", "(1.0) · (f = -2.0)", "-2.0", "1e-6: -2.000"]),
        ("f", ["∂L/∂L · ∂L/∂f", "(1.0) · (d = 4.0)", "4.0", "1e-6: 4.000"]),
    ],
)
def test_so_do_its_other_tensors(name, expected):
    L, named = lesson()
    symbols, numbers, result, nudge = expected
    assert lines(explain(L, named[name], names=named)) == [
        f"∂L/∂{name} = {symbols}  {name} is used once",
        f"  = {numbers}",
        f"  = {result}  nudged by {nudge} ✓",
    ]


def test_the_loss_by_itself_is_the_seed():
    L, named = lesson()
    assert lines(explain(L, L, names=named)) == [
        "∂L/∂L = 1.0  the seed: the pass begins here"
    ]
    x = leaf(2.0)
    assert lines(explain(x, x)) == ["∂x/∂x = 1.0  the seed: the pass begins here"]


def test_the_equals_signs_and_the_remarks_stand_one_below_the_other():
    L, named = lesson()
    rows = str(explain(L, named["a"], names=named)).splitlines()
    assert [row.index(" = ") for row in rows] == [5, 5, 5]
    assert rows[0].index("a is used") == rows[2].index("nudged")


def test_printing_and_showing_are_the_same():
    L, named = lesson()
    found = explain(L, named["a"])
    assert repr(found) == str(found)


def test_what_has_no_name_is_v1_v2_and_so_on_and_is_said_to_be():
    x = leaf(2.0)
    assert told((x * 3.0 + 1.0) ** 2 * x, x) == [
        "∂L/∂x = ∂L/∂L · ∂L/∂x + ∂L/∂v1 · ∂v1/∂x  x is used twice",
        "  = (1.0) · (v3 = 49.0) + (28.0) · (3.0)",
        "  = 49.0 + 84.0",
        "  = 133.0  nudged by 1e-6: 133.0 ✓",
        "where L = v3 × x = 98.0",
        "where v3 = v2 ** 2 = 49.0",
        "where v1 = x × 3.0 = 6.0",
    ]


def test_a_leaf_without_a_name_is_not_said_to_be_computed():
    x, y = Tensor(2.0), Tensor(3.0)
    found = told(x * y * 5.0, x)
    assert found[:2] == [
        "∂L/∂v1 = ∂L/∂v3 · ∂v3/∂v1  v1 is used once",
        "  = (5.0) · (v2 = 3.0)",
    ]
    assert "where v3 = v1 × v2 = 6.0" in found
    assert not any("()" in line for line in found)


def test_a_made_up_name_is_not_one_that_the_user_has():
    L, v1 = leaf(3.0, "L"), leaf(4.0, "v1")
    assert told(L * v1 * 2.0, v1)[0].startswith("∂v3/∂v1 = ∂v3/∂v2 · ∂v2/∂v1")


@pytest.mark.parametrize("name", ["v1", "L"])
def test_nor_one_that_a_constant_has(name):
    x, constant = leaf(2.0), np.array([5.0, 6.0])
    loss = (np.tanh(x) * constant).sum()
    text = "\n".join(told(loss, x, {name: constant}))
    assert name not in re.findall(r"(?:∂|where )(\w+)", text)


def test_two_constants_of_one_number_are_numbers():
    x = leaf(2.0)
    assert told(x * np.array(5.0), x)[1] == "  = (1.0) · (5.0)"
    assert told(x * 5.0, x)[1] == "  = (1.0) · (5.0)"
    c = Tensor(5.0, requires_grad=False, name="c")
    assert told(x * c, x)[1] == "  = (1.0) · (c = 5.0)"


@pytest.mark.parametrize(
    ("make", "symbol"),
    [
        (lambda x, y: x / y, "1 / y = 0.25"),
        (lambda x, y: y / x, "-L / x = -1.0"),
        (lambda x, y: np.exp(x), "L = 7.389"),
        (lambda x, y: np.sin(x), "cos(x) = -0.4161"),
        (lambda x, y: np.cos(x), "-sin(x) = -0.9093"),
        (lambda x, y: np.tanh(x), "1 - L * L = 0.07065"),
        (lambda x, y: np.log(x), "1 / x = 0.5"),
        (lambda x, y: np.sqrt(x), "1 / (2 * L) = 0.3536"),
        (lambda x, y: -x, "-1.0"),
        (lambda x, y: y - x, "-1.0"),
        (lambda x, y: x + y, "1.0"),
        (lambda x, y: x**y, "y * x ** (y - 1) = 32.0"),
        (lambda x, y: y**x, "L * log(y) = 22.18"),
    ],
)
def test_a_local_derivative_is_the_rules_own_in_the_users_names(make, symbol):
    x, y = leaf(2.0, "x"), leaf(4.0, "y")
    assert told(make(x, y), x)[1] == f"  = (1.0) · ({symbol})"


ONE = "exp exp2 expm1 log log2 log10 log1p sin cos tan sinc arcsin arccos arctan sinh"
ONE += (
    " cosh tanh arcsinh arctanh sqrt cbrt square reciprocal negative absolute deg2rad"
)
TWO = (
    "add subtract multiply divide power maximum fmin hypot arctan2 logaddexp logaddexp2"
)
TWO += " remainder fmod copysign float_power"


@pytest.mark.parametrize("name", [*ONE.split(), *TWO.split()])
def test_a_symbol_computes_the_number_beside_it(name):
    p, q = leaf(0.6, "p"), leaf(1.7, "q")
    f = getattr(np, name)
    made = [f(p)] if name in ONE.split() else [f(p, q), f(q, p), f(p, -1.7 + 3 * q)]
    for L in made:
        known = {**vars(np), "LN2": np.log(2), "LN10": np.log(10), "v2": 3.4}
        known |= {"p": 0.6, "q": 1.7, "L": L.item()}
        local = told(L, p, {"L": L})[1].removeprefix("  = (1.0) · ")
        symbol, equals, shown = local[1:-1].rpartition(" = ")
        slope = number(p.grad)
        assert shown == slope
        if equals:
            assert float(eval(symbol, known)) == pytest.approx(p.grad, rel=1e-12)
        p.grad = None


def test_an_exponent_is_reduced_as_one_writes_it():
    x = leaf(2.0)
    symbol = "-3.0 * x ** -4.0 = -0.1875"
    assert told(x**-3.0, x)[1] == f"  = (1.0) · ({symbol})"


def test_a_letter_that_a_rule_bound_anew_is_not_the_operand():
    @op()
    def scaled(x, y):
        y = y * 2.0
        return x * y, (lambda g: g * y, lambda g: g * x * 2.0)

    p, q = leaf(2.0, "p"), leaf(3.0, "q")
    (found,) = (line for line in told(scaled(p, q), p) if "(1.0) · " in line)
    assert "6.0" in found
    assert "q" not in found


def test_used_twice_is_two_terms_in_a_line():
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    L = x * y + x
    assert told(L, x, {"L": L, "e": L.parents[0]}) == [
        "∂L/∂x = ∂L/∂L · ∂L/∂x + ∂L/∂e · ∂e/∂x  x is used twice",
        "  = (1.0) · (1.0) + (1.0) · (y = 3.0)",
        "  = 1.0 + 3.0",
        "  = 4.0  nudged by 1e-6: 4.000 ✓",
    ]


def test_twice_in_one_op_is_used_twice():
    x = leaf(3.0)
    assert told(x + x, x)[:3] == [
        "∂L/∂x = ∂L/∂L · ∂L/∂x + ∂L/∂L · ∂L/∂x  x is used twice",
        "  = (1.0) · (1.0) + (1.0) · (1.0)",
        "  = 1.0 + 1.0",
    ]


def test_used_three_times_is_a_line_for_each():
    x = leaf(2.0)
    loss = x * 3.0 + x * 4.0 + x * 5.0
    assert told(loss, x)[:5] == [
        "∂L/∂x is a sum:  x is used 3 times",
        "  ∂L/∂v4 · ∂v4/∂x = (1.0) · (5.0) = 5.0",
        "  ∂L/∂v2 · ∂v2/∂x = (1.0) · (4.0) = 4.0",
        "  ∂L/∂v1 · ∂v1/∂x = (1.0) · (3.0) = 3.0",
        "∂L/∂x = 12.0  nudged by 1e-6: 12.00 ✓",
    ]


def test_of_twelve_uses_eight_are_written_out_and_the_rest_is_summed():
    x = leaf(2.0)
    found = told(sum(x * float(i) for i in range(1, 13)), x)
    assert found[0] == "∂L/∂x is a sum:  x is used 12 times"
    products = [float(line.split(" = ")[-1]) for line in found[1:9]]
    assert products == [12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0]
    assert found[9] == "  … 4 more uses, together 10.0"
    assert found[10] == "∂L/∂x = 78.0  nudged by 1e-6: 78.00 ✓"


def test_one_more_use_is_no_plural():
    x, w = leaf(2.0), leaf([1.0, 2.0], "w")
    for loss, wrt in [
        (sum(x * 1.0 for _ in range(9)), x),
        (sum((w * 1.0).sum() for _ in range(9)), w),
    ]:
        text = "\n".join(told(loss, wrt))
        assert "1 more use" in text
        assert "1 more uses" not in text


def test_one_element_of_any_shape_is_a_number():
    for shape in [(), (1,), (1, 1)]:
        x = leaf(np.full(shape, 3.0))
        assert told(x * x, x)[1:4] == [
            "  = (1.0) · (x = 3.0) + (1.0) · (x = 3.0)",
            "  = 3.0 + 3.0",
            "  = 6.0  nudged by 1e-6: 6.000 ✓",
        ]


# --- the picture's numbers ------------------------------------------------------------


def numbers_in(text):
    return set(re.findall(r"-?(?:\d+\.?\d*(?:e-?\d+)?|∞|NaN)", text))


NASTY = [1e9 / 7, -1 / 3e7, 1234.6, 999.95, 0.30000000000000004, -2.0, 123456.0]


@pytest.mark.parametrize("value", NASTY)
def test_each_number_is_as_the_picture_has_it(value):
    a, b = leaf(value, "a"), leaf(0.7, "b")
    L = np.tanh(b) * a * 3.0 + a
    L.name = "L"
    L.backward()
    shown = {
        n
        for card in read(draw(L, legend=False).svg()).cards.values()
        for line in card.lines
        for n in numbers_in(line)
    }
    drawn = read(draw(L, legend=False).svg())
    shown |= {
        n for edge in drawn.edges for text in edge.lines for n in numbers_in(text)
    }
    for wrt in (a, b):
        for line in str(explain(L, wrt)).splitlines():
            formula = re.sub(r"v\d+|nudged.*|\b\d - |where.*|used.*", "", line)
            products = numbers_in(formula) - shown
            if " + " in formula:  # a term alone stands on no card
                products -= {number(t) for t in (3.0 * np.tanh(0.7), 1.0)}
            assert not products, (line, shown)


def test_a_gradient_reads_as_on_its_card():
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = leaf(rng.normal() * 10.0 ** rng.integers(-8, 8))
        L = x * (rng.normal() * 10.0 ** rng.integers(-8, 8)) * 1.5
        L.backward()
        cards = read(draw(L, legend=False).svg()).cards.values()
        (card,) = (c for c in cards if c.lines[0] == "x" and len(c.lines) == 3)
        on_card = card.lines[-1].split()[1]
        assert on_card == number(x.grad)
        (last,) = (r for r in lines(explain(L, x)) if "nudged" in r)
        assert last.split("  ")[1] == f"= {on_card}"


# --- arrays ---------------------------------------------------------------------------


def model():
    rng = np.random.default_rng(0)
    net = Model.init(5, 64, 3, rng=rng)
    loss = net(rng.normal(size=(8, 5)), rng.normal(size=(8, 3)))
    loss.backward()
    return loss, net


def test_a_weight_is_explained_by_the_rule_the_shapes_and_its_largest_entries():
    loss, net = model()
    w = net.layers[0].w
    largest = sorted(np.ndindex(w.shape), key=lambda i: -abs(w.grad[i]))[:3]
    entries = "  ".join(f"{list(i)} {number(w.grad[i])}" for i in largest)
    first = four_digits(w.grad[largest[0]])
    assert lines(explain(loss, w, names={"loss": loss})) == [
        "∂loss/∂w1 = x.T @ g  (5, 8) @ (8, 64) = (5, 64)  w1 is used once",
        "  g = ∂loss/∂v1  (8, 64)",
        f"  largest entries: {entries}",
        f"  entry {list(largest[0])} nudged by 1e-6: {first} ✓",
        "where v1 = lin(·, w1, b1), of shape (8, 64)",
    ]


def test_so_is_everything_in_the_network_and_all_nudges_agree():
    loss, net = model()
    inner = [layer.out for layer in net.layers]
    for x in (*net.parameters(), *inner):
        found = lines(explain(loss, x))
        assert found[1].startswith("  g = ∂L/∂")
        assert any(re.search(r"entry .* nudged by 1e-\d: .* ✓", r) for r in found)
        assert not any("✗" in r or "kink" in r for r in found)


def test_a_small_gradient_is_written_out_whole():
    x, w = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[0.5, -1.0], [2.0, 0.25]], "w")
    found = told((x @ w).sum(), w)
    assert found[:5] == [
        "∂L/∂w = x.T @ g  (2, 2) @ (2, 2) = (2, 2)  w is used once",
        "  g = ∂L/∂v1  (2, 2)",
        "∂L/∂w = 4.0  4.0",
        "  6.0  6.0",
        "  entry [1, 0] nudged by 1e-6: 6.000 ✓",
    ]


def test_undone_broadcasting_names_the_axis():
    b = leaf([1.0, 2.0], "b")
    found = told(((np.ones((3, 2)) + b) ** 2).sum(), b)
    assert found[0] == "∂L/∂b = g  Σ axis 0  (2,)  b is used once"
    assert found[2:4] == ["∂L/∂b = [12.0, 18.0]", "  entry [1] nudged by 1e-6: 18.00 ✓"]


def test_a_number_among_arrays_is_told_by_its_rule():
    s = leaf(2.0, "s")
    assert told((np.ones((3, 2)) * s).sum(), s)[:3] == [
        "∂L/∂s = g * x  Σ axes 0, 1  a number  s is used once",
        "  g = ∂L/∂v1  (3, 2)",
        "∂L/∂s = 6.0  nudged by 1e-6: 6.000 ✓",
    ]


def test_an_array_used_twice_has_a_rule_for_each_use():
    w = leaf([1.0, 2.0, 3.0], "w")
    assert told((w * w).sum(), w)[:7] == [
        "∂L/∂w is a sum:  w is used twice",
        "  g * y  (3,)",
        "  g = ∂L/∂v1  (3,)",
        "  g * x  (3,)",
        "  g = ∂L/∂v1  (3,)",
        "∂L/∂w = [2.0, 4.0, 6.0]",
        "  entry [2] nudged by 1e-6: 6.000 ✓",
    ]


def test_of_many_uses_of_an_array_eight_are_written_out():
    w = leaf(np.ones(3), "w")
    found = told(sum((w * 2.0).sum() for _ in range(12)), w)
    assert found[0] == "∂L/∂w is a sum:  w is used 12 times"
    assert sum("g * y" in line for line in found) == 8
    assert "  … 4 more uses" in found


def test_an_empty_array_has_no_entries():
    w = leaf(np.ones((0, 3)), "w")
    found = told(w.sum(), w)
    assert found[:2] == [
        "∂L/∂w = g to every summand  (0, 3)  w is used once",
        "  g = ∂L/∂L  a number",
    ]
    assert not any("nudged" in line for line in found)


def test_results_of_one_op_are_told_apart():
    w = leaf([[2.0, 1.0], [1.0, 3.0]], "w")
    u, s, vt = np.linalg.svd(w)
    found = told(s.sum() + (u * vt).sum(), w)
    assert found[0] == "∂L/∂w is a sum:  w is used 3 times"
    assert "where v2 = svd.S(w), of shape (2,)" in found
    assert any(line.endswith("✓") for line in found)
    w = leaf([[2.0, 1.0], [1.0, 3.0]], "w")
    found = told(np.linalg.slogdet(w).logabsdet, w)
    assert found[:2] == [
        "∂L/∂w = g * inv(x).T  (2, 2)  w is used once",
        "  g = ∂L/∂L  a number",
    ]


def test_another_librarys_arrays_are_told_in_shapes_and_not_computed():
    da = pytest.importorskip("dask.array", reason="Dask: pip install '.[scale]'")

    def never(block):
        raise AssertionError("computed")

    data = da.ones((4, 3), chunks=2).map_blocks(
        never, dtype=float, meta=np.ones((0, 0))
    )
    x = leaf(data)
    found = lines(explain((np.tanh(x) * x).sum(), x))
    assert found[0] == "∂L/∂x is a sum:  x is used twice"
    assert "  g = ∂L/∂v2  (4, 3)" in found
    assert not any("nudged" in line or "NaN" in line for line in found)


# --- the nudge ------------------------------------------------------------------------

SMOOTH = [
    lambda x: x * 3.0,
    lambda x: x * x,
    lambda x: x**5,
    lambda x: x**-2,
    lambda x: 1.0 / x,
    lambda x: 2.0**x,
    np.exp,
    np.log,
    np.log1p,
    np.sqrt,
    np.cbrt,
    np.sin,
    np.cos,
    np.tan,
    np.arctan,
    np.sinh,
    np.tanh,
    np.arcsinh,
    lambda x: np.hypot(x, 3.0),
    lambda x: np.logaddexp(x, 1.0),
    lambda x: np.exp(-x * x) * np.sin(5.0 * x),
    lambda x: abs(x) * relu(x),
]


def nudge(loss, x):
    """What the nudge says: `6.000 ✓`."""
    (line,) = (line for line in told(loss, x) if "nudged by" in line)
    return line.partition("nudged by ")[2].partition(": ")[2]


@pytest.mark.parametrize("f", SMOOTH, ids=range(len(SMOOTH)))
@pytest.mark.parametrize("at", [0.3, 0.7, 1.9])
def test_a_nudge_agrees_with_the_slope_of_a_smooth_function(f, at):
    x = leaf(at)
    assert re.fullmatch(r"-?[\d.e-]+ ✓", nudge(f(x), x))


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (np.cos, 0.0),
        (lambda x: x**2, 0.0),
        (lambda x: (x - 3.0) ** 2, 3.0),
        (lambda x: (x - 3.0) ** 2 * 1e6, 3.0),
        (lambda x: np.exp(-x * x), 0.0),
    ],
)
def test_a_smooth_top_or_bottom_is_no_kink(f, at):
    x = leaf(at)
    assert nudge(f(x), x).endswith("✓")


@pytest.mark.parametrize("at", [1e-2, 1e-3, 3e-4])
@pytest.mark.parametrize("f", [np.log, lambda x: 1.0 / x, np.sqrt])
def test_a_strong_bend_is_no_kink(f, at):
    x = leaf(at)
    assert nudge(f(x), x).endswith("✓")


def test_a_slope_that_a_long_chain_made_small_is_no_kink():
    x = y = leaf(1.0)
    for _ in range(3000):
        y = np.tanh(y)
    assert nudge(y, x).endswith("✓")


@pytest.mark.parametrize("at", [1e-9, 1e3, 1e8, -1e15, 123456.7])
def test_the_nudge_is_as_large_as_the_number(at):
    x = leaf(at)
    assert nudge(x * 2.0, x) == "2.000 ✓"
    assert nudge(x * x, x).endswith("✓")


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (abs, "-1.000 to the left and 1.000 to the right, a kink"),
        (relu, "0.000 to the left and 1.000 to the right, a kink"),
        (
            lambda x: np.maximum(x, -2.0 * x),
            "-2.000 to the left and 1.000 to the right",
        ),
        (lambda x: abs(x) * 1e-3 + x, "0.9990 to the left and 1.001 to the right"),
    ],
)
def test_at_a_kink_the_nudge_says_both_slopes(f, words):
    x = leaf(0.0)
    assert nudge(f(x), x).startswith(words)


@pytest.mark.parametrize("by", [1.01, 0.99, 1.001, -1.0])
def test_a_rule_that_is_wrong_by_one_percent_is_found_out(by):
    @op()
    def bent(x):
        return np.sin(x), (lambda g: g * np.cos(x) * by,)

    x = leaf(0.5)
    found = told(bent(x) * 2.0, x)
    assert found[2] == f"  = {number(1.7551651237807455 * by)}  nudged by 1e-6: 1.755 ✗"
    w = leaf([0.5, 0.2], "w")
    assert "  entry [1] nudged by 1e-6: 0.9801 ✗" in told(bent(w).sum(), w)


@pytest.mark.parametrize("dtype", ["f4", ">f4", "f8", ">f8"])
def test_rounding_of_a_narrow_float_does_not_disturb_the_nudge(dtype):
    for at in (0.1, 0.37, 0.73, 1.3, 2.9):
        x = leaf(np.full((), at, dtype))
        assert nudge(np.exp(x) * np.sin(x) * x * x / (1 + x), x).endswith("✓")
        w = leaf(np.full((2,), at, dtype))
        assert nudge((np.tanh(w) * w).sum(), w).endswith("✓")


def test_a_float16_is_not_called_wrong_for_its_three_digits():
    for at in (0.1, 0.37, 0.73, 1.3, 2.9):
        x = leaf(np.float16(at))
        assert not nudge(np.exp(x) * np.sin(x) * x * x / (1 + x), x).endswith("✗")


@pytest.mark.parametrize("large", [1e5, 1e8, 1e10])
def test_what_rounds_away_beside_a_large_number_is_no_disagreement(large):
    x = leaf(0.7)
    said = nudge(np.sin(x) + large, x)
    assert "✗" not in said
    assert "kink" not in said


def test_an_entry_of_an_array_is_nudged_alone():
    w = leaf(np.arange(6.0).reshape(2, 3))
    loss = (w**2).sum()
    for entry in np.ndindex(2, 3):
        assert nudged(loss, w, entry).slope == pytest.approx(
            2 * w.data[entry], abs=1e-6
        )
    assert w.data.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_an_inner_tensor_can_be_nudged():
    x = leaf(0.5)
    y = np.sin(x)
    loss = y**2 * x
    assert nudged(loss, y).slope == pytest.approx(2 * np.sin(0.5) * 0.5)
    assert nudged(loss, loss).slope == pytest.approx(1.0)


@pytest.mark.parametrize("at", [np.inf, -np.inf])
def test_an_infinite_input_is_not_nudged(at):
    x = leaf(at)
    loss = np.exp(-abs(x)) + 1.0
    assert nudged(loss, x) is None
    assert not any("nudged" in line for line in told(loss, x))


def test_where_a_nudge_leaves_the_domain_it_says_nothing():
    x = leaf(1e-7)
    assert nudged(np.log(x) * 1.0, x) is None or nudge(np.log(x), x).endswith("✓")
    z = leaf([1.0, 2.0])
    taken = z[z > 1.0 + 1e-9].sum()  # an entry more would change the shape
    assert nudged(taken, z, (0,)) is None or nudged(taken, z, (0,)).slope == 0.0


def test_a_measured_number_has_four_digits():
    for value, text in [
        (6.0, "6.000"),
        (-2.0, "-2.000"),
        (0.0, "0.000"),
        (-0.0, "0.000"),
        (12.0, "12.00"),
        (1234.6, "1235"),
        (1e-4, "0.0001000"),
        (99999.0, "1e5"),
        (9999.96, "1e4"),
        (1e-5, "1e-5"),
    ]:
        assert four_digits(value) == text


# --- None -----------------------------------------------------------------------------


def test_what_is_on_no_path_is_said_to_be():
    x, y = leaf(2.0), leaf(3.0, "y")
    assert told(x * 2.0, y) == [
        "∂L/∂y is None: y is not on any path to the loss: it was not used, only its "
        "data was (t.data, float(t)), or the path was cut (detach(), no_grad())"
    ]
    for cut in (y.data, y.detach(), float(y)):
        assert "y is not on any path" in str(explain(x * cut, y))


def test_a_constant_is_said_to_be_one():
    x, c = leaf(2.0), Tensor(3.0, requires_grad=False, name="c")
    with no_grad():
        d = x * 2.0
    d.name = "d"
    for constant in (c, d):
        assert told(x * constant, constant) == [
            f"∂L/∂{constant.name} is None: {constant.name} is a constant: it was made "
            "with requires_grad=False, under no_grad(), by detach(), or of constants "
            "alone"
        ]


def test_a_loss_without_a_graph_is_said_to_have_none():
    x = leaf(2.0)
    with no_grad():
        loss = x * x
    words = "nothing was recorded: the loss was made under no_grad(), or of constants"
    assert lines(explain(loss, x)) == [f"∂L/∂x is None: {words} alone"]


@pytest.mark.parametrize("value", [2.0, [1.0, 2.0]])
def test_a_tensor_without_a_name_is_not_left_out_of_the_sentence(value):
    x = leaf(2.0)
    for other in (Tensor(value), Tensor(value, requires_grad=False)):
        first = str(explain(x * 2.0, other))
        start, _, rest = first.partition(" is None: ")
        symbol = start.removeprefix("∂L/∂")
        assert symbol.strip()
        assert not re.fullmatch(r"[\d.]+", symbol)  # by a number, one can't derive
        assert re.match(r"(the|this) Tensor is|v\d+ is", rest), first


def test_backward_not_run_is_said_beside_the_gradient():
    x = leaf(2.0)
    loss = x * 3.0
    words = "x.grad is None: backward() has not run since it was made or zeroed"
    assert lines(explain(loss, x))[-1] == words
    assert lines(explain(loss, x))[2].startswith("  = 3.0")
    loss.backward()
    assert words not in lines(explain(loss, x))
    x.grad = None
    assert lines(explain(loss, x))[-1] == words


# --- 0 --------------------------------------------------------------------------------


def test_a_dead_unit_is_named_wherever_it_lies_on_the_path():
    x = leaf(-1.0)
    dead = "the unit is dead, with inputs at or below 0"
    assert reasons(relu(x), x) == [f"L = relu(x) lets nothing through to x: {dead}"]
    assert reasons(relu(x * 3.0) * 2.0, x) == [
        f"v2 = relu(v1) lets nothing through to v1: {dead}"
    ]
    assert reasons(np.maximum(x, 0.0), x) == [
        f"L = maximum(x, 0.0) lets nothing through to x: {dead}"
    ]


def test_of_a_layer_the_share_of_dead_units_is_told():
    x = leaf(np.r_[1.0, -np.ones(7)])
    kept, why = "keeps a part back from", "with inputs at or below 0"
    assert reasons(relu(x * 2.0).sum(), x) == [
        "7 of 8 entries of ∂L/∂x are 0",
        f"v2 = relu(v1) {kept} v1: 88 % of its units are dead, {why}",
    ]
    batch = leaf([[1.0, -1.0], [-1.0, -1.0]])
    assert reasons(relu(batch).sum(), batch) == [
        "3 of 4 entries of ∂L/∂x are 0",
        f"v1 = relu(x) {kept} x: 50 % of its units are dead, {why}",
    ]
    all_dead = leaf(-np.ones(8))
    assert reasons(relu(all_dead).sum(), all_dead) == [
        f"v1 = relu(x) lets nothing through to x: 100 % of its units are dead, {why}"
    ]


@pytest.mark.parametrize("dead", [1, 999])
def test_a_share_of_units_is_never_rounded_to_none_or_to_all(dead):
    x = leaf(np.r_[-np.ones(dead), np.ones(1000 - dead)])
    (line,) = (line for line in reasons(relu(x).sum(), x) if "units are dead" in line)
    share = line.partition(": ")[2].partition(" of its")[0]
    assert share not in ("0 %", "100 %")


def test_where_some_inputs_alone_are_below_zero_that_is_told():
    x = leaf([[1.0, -1.0], [-1.0, 1.0]])
    assert reasons(relu(x).sum(), x) == [
        "2 of 4 entries of ∂L/∂x are 0",
        "v1 = relu(x) keeps a part back from x: nothing passes where its input is at "
        "or below 0",
    ]


def test_some_zeros_have_nothing_to_do_with_what_lies_further_on():
    w, away = leaf([1.0, 2.0], "w"), np.array([1.0, 0.0])
    h = relu((w * away)[:, None] * np.array([[1.0, -1.0], [1.0, 1.0]]) + 0.5)
    found = reasons(h.sum(), w)
    assert found[0] == "1 of 2 entries of ∂L/∂w are 0"
    assert not any("relu" in line or "cancel" in line for line in found)


def test_masked_weights_are_counted():
    rng = np.random.default_rng(0)
    net = ExciterNet.init(rng=rng)
    loss = net(rng.normal(size=(8, 5)), rng.normal(size=8))
    w = net.layers[2].w
    found = reasons(loss, w)
    assert found[0] == "6 of 9 entries of ∂L/∂wm are 0"
    assert re.fullmatch(
        r"v\d = masked_linear\(v\d, wm, bm, mask=array\(3, 3\)\) keeps a part back "
        "from wm: 6 of 9 weights are masked",
        found[1],
    )


def test_a_product_with_zero_is_the_reason():
    x, z = leaf(2.0), leaf(0.0, "z")
    assert reasons(x * z, x) == [
        "L = x × z lets nothing through to x: its local derivative, z, is 0 here"
    ]
    assert reasons(np.tanh(x * z), x) == [
        "v1 = x × z lets nothing through to x: its local derivative, z, is 0 here"
    ]
    w = leaf([1.0, 2.0], "w")
    assert reasons((w * 0.0).sum(), w) == [
        "v1 = w × 0.0 lets nothing through to w: its local derivative is 0 here"
    ]


def test_a_branch_that_was_not_taken_is_the_reason():
    x, y = leaf(2.0), leaf(5.0, "y")
    (found,) = reasons(np.where(True, y, x), x)
    assert found.endswith("lets nothing through to x: its local derivative is 0 here")


def test_a_maximum_of_two_tensors_is_no_unit_though_one_be_zero():
    z, u = leaf(0.0, "z"), leaf(1.0, "u")
    (found,) = reasons(np.maximum(z, u), z)
    assert found.startswith("L = maximum(z, u) lets nothing through to z: ")
    assert "dead" not in found


def test_terms_that_cancel_are_the_reason():
    x = leaf(2.0)
    y = np.tanh(x)
    words = ["the terms cancel: what comes back along one path, another takes away"]
    assert reasons(x - x, x) == words
    assert reasons(y - y, x) == words
    assert reasons(np.tanh(x) - np.tanh(x), x) == words
    w = leaf([1.0, 2.0], "w")
    assert reasons((w - w).sum(), w) == words


def test_terms_that_cancel_beside_a_zero_are_told_too():
    x = leaf(2.0)
    assert any("cancel" in line for line in reasons(x - x + x * 0.0, x))


def test_a_product_too_small_for_a_float_is_not_called_a_zero_derivative():
    x = leaf(1.0)
    assert not any("1e-200, is 0" in r for r in reasons(x * 1e-200 * 1e-200, x))


def test_of_many_reasons_three_are_told_and_the_rest_counted():
    x = leaf(2.0)
    found = reasons(sum(np.sin(x * 0.0) for _ in range(5)), x)
    assert len(found) == 4
    assert all("lets nothing through to x" in line for line in found[:3])
    assert found[3] == "and 2 more ops on the way do the same"


def test_a_gradient_without_zeros_needs_no_reason():
    L, named = lesson()
    named["a"].grad = None
    assert reasons(L, named["a"]) == []
    assert reasons(L, named["a"]) == [
        "a.grad, 12.0, is another: passes add up there until it is zeroed"
    ]


# --- NaN and ∞ ------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: np.log(x - 5.0) * x, "NaN began in the value of v2 = log(v1)"),
        (lambda x: np.log(x - 2.0) * x, "∞ began in the value of v2 = log(v1)"),
        (lambda x: Tensor(np.nan, name="n") * x, "NaN began in the value of n"),
        (lambda x: Tensor(np.inf, name="n") * x, "∞ began in the value of n"),
    ],
)
def test_the_value_in_which_it_began_is_named(make, words):
    x = leaf(2.0)
    assert words in reasons(make(x), x)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x * np.array(np.nan),
        lambda x: x * float("nan"),
        lambda x: (x * np.array([1.0, np.nan])).sum(),
        lambda x: x * Tensor(np.nan, requires_grad=False, name="n"),
        lambda x: x * Tensor(np.nan, requires_grad=False),
    ],
)
def test_a_constant_in_which_it_began_is_named_too(make):
    x = leaf(2.0)
    (found,) = reasons(make(x), x)
    assert "NaN began in" in found


def test_an_infinity_that_began_going_back_is_traced_to_its_step():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        loss = np.sqrt(x) * 2.0
    assert reasons(loss, x) == [
        "∞ began going backward, from v1 = sqrt(x) to x: the local derivative "
        "1 / (2 * v1) is not finite"
    ]


def test_each_gradient_has_its_own_origin():
    p, q = leaf(0.0, "p"), leaf(0.0, "q")
    loss = np.sqrt(p) + np.sqrt(q)
    for x in (p, q):
        (found,) = reasons(loss, x)
        assert f"sqrt({x.name}) to {x.name}:" in found


def test_a_finite_gradient_beside_an_infinite_one_needs_no_reason():
    p, q = leaf(0.0, "p"), leaf(1.0, "q")
    assert reasons(np.sqrt(p) + np.sqrt(q), q) == []


def test_what_overflows_going_back_is_not_called_an_infinite_derivative():
    x = leaf(1e-200)
    (found,) = reasons(x * 1e200 * 1e200, x)
    assert found.startswith("∞ began going backward, from v1 = x × 1e200 to x")
    assert "1e200 is not finite" not in found


def test_a_sum_that_overflows_is_a_reason_too():
    x = leaf(0.0)
    assert any("∞" in r for r in reasons(x * 1.5e308 + x * 1.5e308, x))


def test_infinities_of_many_uses_warn_of_nothing():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        loss = sum(np.sqrt(x) for _ in range(10))
        other = np.sqrt(x) - np.sqrt(x)
    assert lines(explain(loss, x))[9].startswith("  … 2 more uses, together ")
    assert lines(explain(other, x))[3] == "  = NaN"


# --- since then -----------------------------------------------------------------------


def test_data_that_was_changed_since_is_told_and_not_nudged():
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    loss = x * y
    loss.backward()
    y.data = y.data - 1.0
    assert lines(explain(loss, x)) == [
        "∂L/∂x = ∂L/∂L · ∂L/∂x  x is used once",
        "  = (1.0) · (3.0)",
        "  = 3.0",
        "where L = x × y = 6.0",
        "changed since: the numbers are those of the recorded pass",
    ]


def test_hooks_are_told_and_do_not_run():
    x = leaf(2.0)
    loss = x * 3.0
    handle = x.register_hook(lambda g: 1 / 0)
    words = "hooks do not run here, and may change what backward() stores"
    assert words in lines(explain(loss, x))
    handle.remove()
    assert words not in lines(explain(loss, x))


def test_nobodys_gradient_is_touched_and_recording_makes_no_difference():
    L, named = lesson()
    before = {x: x.grad for x in named.values()}
    expected = str(explain(L, named["a"]))
    with no_grad():
        assert str(explain(L, named["a"])) == expected
    with debug():
        assert str(explain(L, named["a"])) == expected
    assert all(x.grad is g for x, g in before.items())


def test_a_graph_made_inside_debug_reads_the_same():
    with debug():
        L, named = lesson()
    other, its = lesson()
    assert str(explain(L, named["a"])) == str(explain(other, its["a"]))


def test_an_explanation_holds_no_graph(no_collector):
    L, named = lesson()
    held = [weakref.ref(x) for x in named.values()]
    found = explain(L, named["a"], names=named)
    del L, named
    assert [ref() for ref in held] == [None] * len(held)
    assert "6.0" in str(found)


def test_one_thread_at_a_time_parses_and_draw_waits_for_it(monkeypatch):
    x = leaf(2.0)  # python/cpython#106905: parsers count their depth together
    loss = np.exp(x) * x
    parse, locked = ast.parse, []

    def watched(*args, **options):
        locked.append(formula._lock.locked())
        return parse(*args, **options)

    monkeypatch.setattr(ast, "parse", watched)
    str(explain(loss, x))
    assert all(locked)


@pytest.fixture
def chatty_collector():
    """Of garbage: it runs often, and lets other threads run in the middle of it."""
    thresholds, hook = gc.get_threshold(), lambda *_: time.sleep(0)
    gc.callbacks.append(hook)
    gc.set_threshold(100)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(hook)


@pytest.mark.usefixtures("chatty_collector")
def test_threads_explain_at_once_while_garbage_is_collected():
    x, y = leaf(2.0, "x"), leaf(4.0, "y")
    loss = np.arctan2(np.exp(np.sin(x) * y), x) * np.hypot(x, y) + x**y
    loss.backward()
    expected = str(explain(loss, x))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: str(explain(loss, x)), range(400)))
    assert set(found) == {expected}


def test_a_deep_chain_and_a_leaf_of_many_uses_are_no_recursion():
    x = y = leaf(1.0)
    for _ in range(20_000):
        y = y * 1.0
    assert lines(explain(y, x))[1] == "  = (1.0) · (1.0)"
    z = leaf(1.0)
    total = sum(z * 1.0 for _ in range(5_000))
    assert "  … 4992 more uses, together 4992.0" in lines(explain(total, z))


# --- LaTeX ----------------------------------------------------------------------------

WORDS = {
    "backslash": "\\",
    "lbrace": "{",
    "rbrace": "}",
    "lt": "<",
    "gt": ">",
    "sim": "~",
    "wedge": "^",
    "cdot": "·",
    "partial": "∂",
}
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}&]|[^\\{}&]", re.DOTALL)


class Latex:
    """A reader of the little LaTeX that there is to be; whatever else fails."""

    def __init__(self, source):
        assert source.startswith("$")
        assert source.endswith("$")
        inside = source[1:-1]
        assert not re.search(r"(?<!\\)(?:\\\\)*\$", inside)
        assert "$$" not in source
        assert "<" not in source
        assert ">" not in source
        assert all(c.isprintable() for c in source)
        self.tokens = TOKEN.findall(inside)
        assert "".join(self.tokens) == inside

    def next(self):
        return self.tokens.pop(0)

    def expect(self, *tokens):
        for token in tokens:
            assert self.next() == token

    def table(self):
        """Rows of two cells, as the text that a reader sees."""
        self.expect("\\displaystyle", "\\begin", *"{array}{ll}")
        rows, cell = [[]], ""
        while (token := self.next()) != "\\end":
            if token == "&":
                rows[-1].append(cell)
                cell = ""
            elif token == "\\\\":
                rows[-1].append(cell)
                rows, cell = [*rows, []], ""
            else:
                cell += self.part(token)
        rows[-1].append(cell)
        self.expect(*"{array}")
        assert self.tokens == []
        return rows

    def part(self, token):
        if token == "\\text":
            return self.words()
        if token == "\\frac":
            return f"{self.group()}/{self.group()}"
        if token in ("\\$", "\\%", "\\#", "\\&", "\\_"):
            return token[1]
        if token == " ":
            return ""  # mathematics has no spaces
        assert token[0] == "\\", token  # all that is shown is a command, or text
        return WORDS[token[1:]]

    def group(self):
        self.expect("{")
        shown = ""
        while (token := self.next()) != "}":
            shown += self.part(token)
        return shown

    def words(self):
        self.expect("{")
        shown = ""
        while (token := self.next()) != "}":
            assert token not in list("\\{}$%#&_^~<>`"), token
            assert len(token) == 1
            shown += token
        return shown


def read_latex(explanation):
    """The lines that a notebook shows, of every run of spaces two."""
    rows = Latex(explanation._repr_latex_()).table()
    assert all(len(row) == 2 for row in rows)
    return [
        re.sub(" {2,}", "  ", f"{left}  {remark}" if remark else left)
        for left, remark in rows
    ]


def as_shown(explanation):
    return [line.replace("`", "‘") for line in lines(explanation)]


def test_a_notebook_shows_what_a_terminal_prints():
    L, named = lesson()
    loss, net = model()
    x, z = leaf(-1.0), leaf([[1.0, -1.0], [-1.0, 1.0]])
    for about in [
        *((L, x) for x in named.values()),
        *((loss, x) for x in net.parameters()),
        (relu(x) * 2.0, x),
        (relu(z).sum(), z),
        (x * 2.0, z),
        (sum(x * 1.0 for _ in range(12)), x),
        (np.power(2.0, x) % 0.3, x),
    ]:
        found = explain(*about)
        assert read_latex(found) == as_shown(found)


def test_a_derivative_is_a_fraction():
    L, named = lesson()
    source = explain(L, named["a"], names=named)._repr_latex_()
    for of, by in ["La", "Le", "ea"]:
        fraction = rf"\frac{{\partial \text{{{of}}}}}{{\partial \text{{{by}}}}}"
        assert source.count(fraction) == 1


NAMES = [
    "\"q'",
    "$",
    "a$b$",
    "\\$",
    "\\",
    "\\\\",
    "\\frac{",
    "}",
    "{",
    "}}{{",
    "\\end{array}$",
    "a\nb",
    "a\r\n\tb",
    "<script>alert(1)</script>",
    "</span>",
    "&lt;&amp;",
    "x" * 500,
    "{" * 500,
    "∂",
    "∂L/∂x",
    "变量",
    "ａ",
    "e\u0301",
    "a_b^c~d#e%f&g",
    "`",
    "``a``",
    "\x00\x1b[31m",
    "\u202eabc",
    "\u2028",
    "\ud800",
    "😀",
    "a b",
    " a ",
    "-a",
    "a - b",
    "2.0",
    "-3",
    "nan",
    "inf",
    "L",
    "v1",
    "g",
    "np",
    "True",
    "lambda",
    "__import__('os').system('x')",
    "%(a)s {0} {a!r}",
    "·",
    "where L = 1",
    "=",
    "$$",
    "\\begin{array}",
    "\\(x\\)",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_is_data_and_shows_as_it_is(name):
    odd, x = leaf(3.0, name), leaf(2.0)
    scalar = odd * x + np.exp(odd)
    array, w = leaf([1.0, -2.0], name), leaf([3.0, 0.0], "w")
    many = (array * w + relu(array)).sum()
    other = leaf(1.0, "o")
    for loss, wrt in [
        (scalar, odd),
        (scalar, x),
        (many, array),
        (many, w),
        (other * 1.0, odd),
        (odd, odd),
        (sum(odd * x for _ in range(4)), odd),
        (relu(odd * -1.0), odd),
    ]:
        found = explain(loss, wrt)
        for text in (str(found), found._repr_latex_()):
            seen = {unicodedata.category(c) for c in text.replace("\n", "")}
            assert not seen & {"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"}
        assert read_latex(found) == as_shown(found)
        assert max(map(len, str(found).splitlines())) < 400
        assert re.sub(" {2,}", "  ", name_label(name)) in "\n".join(lines(found))


def test_odd_variables_and_odd_words_of_rules_are_data_too():
    @op()
    def odd(x, *, text):
        def back(g):
            r"""\frac{<b> $g$ & more_of^it\n"""
            return g * 2.0

        return x * 2.0, (back,)

    x, w = Tensor(2.0), Tensor([1.0, 2.0])
    for at in (x, w):
        loss = odd(at, text="</b>\\ $\n`}").sum()
        found = explain(loss, at, names={"$\\x{\n": at, "<L>": loss})
        assert read_latex(found) == as_shown(found)


def test_a_rule_of_any_name_is_explained():
    x = leaf(2.0)
    made = {}
    exec("rule = lambda x: (x * 2.0, (lambda g: g * 2.0,))", made)  # without source
    made["rule"].__name__ = "$\\{<weird>\n"
    found = explain(op()(made["rule"])(x), x)
    assert lines(found)[1] == "  = (1.0) · (2.0)"
    assert read_latex(found) == as_shown(found)


# --- what it refuses ------------------------------------------------------------------


@pytest.mark.parametrize("loss", [2.0, None, np.ones(()), "L", [Tensor(1.0)]])
def test_a_loss_is_a_tensor(loss):
    words = f"explain: got a {type(loss).__name__}, and needs a Tensor; pass the loss"
    with pytest.raises(TypeError, match=words):
        explain(loss, Tensor(1.0))


def test_a_loss_is_one_number():
    x = Tensor([1.0, 2.0])
    with pytest.raises(ValueError) as caught:
        explain(x * 2.0, x)
    assert str(caught.value) == (
        "explain: the loss has shape (2,) and must hold one element; take loss.sum() "
        "or loss.mean()"
    )


@pytest.mark.parametrize("wrt", [2.0, None, np.ones(2), "a", [Tensor(1.0)]])
def test_wrt_is_a_tensor(wrt):
    words = (
        f"explain: wrt is a {type(wrt).__name__}, and must be a Tensor that the loss "
        "was computed from; wrap the data before it is used"
    )
    with pytest.raises(TypeError, match=re.escape(words)):
        explain(Tensor(1.0) * 2.0, wrt)


@pytest.mark.parametrize("names", [5, "abc", [("a", 1)], {1, 2}])
def test_names_are_a_mapping(names):
    x = Tensor(1.0)
    with pytest.raises(TypeError, match="names is .*, and must map names to tensors"):
        explain(x * 2.0, x, names=names)


def test_the_error_on_names_says_who_was_called():
    x = Tensor(1.0)
    with pytest.raises(TypeError, match="^explain: names is 5"):
        explain(x * 2.0, x, names=5)

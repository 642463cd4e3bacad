"""One gradient, explained in symbols and in numbers.

What is printed is read as a person reads it (explanations.py), and its numbers are held
to the picture's.
"""

import ast
import re
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.explanations import leaf, lesson, lines, model, never_computed, told
from helpers.pictures import read

from engine import Tensor, debug, no_grad
from viz import draw
from viz.lesson.explain import explain
from viz.lesson.nudge import four_digits
from viz.words import formula
from viz.words.numbers import number

# --- one number -----------------------------------------------------------------------


def test_the_first_example_reads_as_it_was_asked_for():
    L, named = lesson()
    names = {name: named[name] for name in "edL"}
    assert lines(explain(L, named["a"], names=names)) == [
        "∂L/∂a = ∂L/∂e · ∂e/∂a  a is used once",
        "  = (-2.0) · (b = -3.0)",
        "  = 6.0  nudged by 1e-6 in the recorded graph: 6.000 ✓",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("b", ["∂L/∂e · ∂e/∂b", "(-2.0) · (a = 2.0)", "-4.0", "1e-6: -4.000"]),
        ("c", ["∂L/∂d · ∂d/∂c", "(-2.0) · (1.0)", "-2.0", "1e-5: -2.000"]),
        ("e", ["∂L/∂d · ∂d/∂e", "(-2.0) · (1.0)", "-2.0", "1e-6: -2.000"]),
        ("d", ["1.0 · ∂(d × f)/∂d", "(1.0) · (f = -2.0)", "-2.0", "1e-6: -2.000"]),
        ("f", ["1.0 · ∂(d × f)/∂f", "(1.0) · (d = 4.0)", "4.0", "1e-6: 4.000"]),
    ],
)
def test_so_do_its_other_tensors(name, expected):
    L, named = lesson()
    symbols, numbers, result, nudge = expected
    step, slope = nudge.split(": ")
    assert lines(explain(L, named[name], names=named)) == [
        f"∂L/∂{name} = {symbols}  {name} is used once",
        f"  = {numbers}",
        f"  = {result}  nudged by {step} in the recorded graph: {slope} ✓",
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


def test_used_twice_is_two_terms_in_a_line():
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    L = x * y + x
    assert told(L, x, {"L": L, "e": L.parents[0]}) == [
        "∂L/∂x = 1.0 · ∂(e + x)/∂x + ∂L/∂e · ∂e/∂x  x is used twice",
        "  = (1.0) · (1.0) + (1.0) · (y = 3.0)",
        "  = 1.0 + 3.0",
        "  = 4.0  nudged by 1e-6 in the recorded graph: 4.000 ✓",
    ]


def test_twice_in_one_op_is_used_twice():
    x = leaf(3.0)
    assert told(x + x, x)[:3] == [
        "∂L/∂x = 1.0 · ∂(x + x)/∂x₁ + 1.0 · ∂(x + x)/∂x₂  x is used twice",
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
        "∂L/∂x = 12.0  nudged by 1e-6 in the recorded graph: 12.00 ✓",
    ]


def test_of_twelve_uses_eight_are_written_out_and_the_rest_is_summed():
    x = leaf(2.0)
    found = told(sum(x * float(i) for i in range(1, 13)), x)
    assert found[0] == "∂L/∂x is a sum:  x is used 12 times"
    products = [float(line.split(" = ")[-1]) for line in found[1:9]]
    assert products == [12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0]
    assert found[9] == "  … 4 more uses, together 10.0"
    assert found[10] == "∂L/∂x = 78.0  nudged by 1e-6 in the recorded graph: 78.00 ✓"


def test_one_more_use_is_not_a_plural():
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
            "  = 6.0  nudged by 1e-6 in the recorded graph: 6.000 ✓",
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


def test_a_weight_is_explained_by_the_rule_the_shapes_and_its_largest_entries():
    loss, net = model()
    w = net.layers[0].w
    largest = sorted(np.ndindex(w.shape), key=lambda i: -abs(w.grad[i]))[:3]
    entries = "  ".join(f"{list(i)} {number(w.grad[i])}" for i in largest)
    first = four_digits(w.grad[largest[0]])
    assert lines(explain(loss, w, names={"loss": loss})) == [
        "∂loss/∂w1 = v1.T @ ∂v2  (5, 8) @ (8, 64) = (5, 64)  w1 is used once",
        "  ∂v2 = ∂loss/∂v2  (8, 64)",
        f"  largest entries: {entries}",
        f"  entry {list(largest[0])} nudged by 1e-6 in the recorded graph: {first} ✓",
        "where v2 = lin(v1, w1, b1), of shape (8, 64)",
        "where v1 has shape (8, 5)",
    ]


def test_so_is_everything_in_the_network_and_all_nudges_agree():
    loss, net = model()
    inner = [layer.out for layer in net.layers]
    for x in (*net.parameters(), *inner):
        found = lines(explain(loss, x))
        assert re.match(r"  ∂(\w+) = ∂L/∂\1  ", found[1])
        assert any(re.search(r"entry .* nudged by 1e-\d .*: .* ✓", r) for r in found)
        assert not any("✗" in r or "kink" in r for r in found)


def test_a_small_gradient_is_written_out_whole():
    x, w = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[0.5, -1.0], [2.0, 0.25]], "w")
    found = told((x @ w).sum(), w)
    assert found[:5] == [
        "∂L/∂w = x.T @ ∂v1  (2, 2) @ (2, 2) = (2, 2)  w is used once",
        "  ∂v1 = ∂L/∂v1  (2, 2)",
        "∂L/∂w = 4.0  4.0",
        "  6.0  6.0",
        "  entry [1, 0] nudged by 1e-6 in the recorded graph: 6.000 ✓",
    ]


def test_undone_broadcasting_names_the_axis():
    b = leaf([1.0, 2.0], "b")
    found = told(((np.ones((3, 2)) + b) ** 2).sum(), b)
    assert found[0] == "∂L/∂b = ∂v2  Σ axis 0  (2,)  b is used once"
    assert found[2:4] == [
        "∂L/∂b = [12.0, 18.0]",
        "  entry [1] nudged by 1e-6 in the recorded graph: 18.00 ✓",
    ]


def test_a_number_among_arrays_is_told_by_its_rule():
    s = leaf(2.0, "s")
    assert told((np.ones((3, 2)) * s).sum(), s)[:3] == [
        "∂L/∂s = ∂v2 · v1  Σ axes 0, 1  a number  s is used once",
        "  ∂v2 = ∂L/∂v2  (3, 2)",
        "∂L/∂s = 6.0  nudged by 1e-6 in the recorded graph: 6.000 ✓",
    ]


def test_an_array_used_twice_has_a_rule_for_each_use():
    w = leaf([1.0, 2.0, 3.0], "w")
    assert told((w * w).sum(), w)[:7] == [
        "∂L/∂w is a sum:  w is used twice",
        "  ∂v1 · w  (3,)",
        "  ∂v1 = ∂L/∂v1  (3,)",
        "  ∂v1 · w  (3,)",
        "  ∂v1 = ∂L/∂v1  (3,)",
        "∂L/∂w = [2.0, 4.0, 6.0]",
        "  entry [2] nudged by 1e-6 in the recorded graph: 6.000 ✓",
    ]


def test_of_many_uses_of_an_array_eight_are_written_out():
    w = leaf(np.ones(3), "w")
    found = told(sum((w * 2.0).sum() for _ in range(12)), w)
    assert found[0] == "∂L/∂w is a sum:  w is used 12 times"
    assert sum(bool(re.match(r"  ∂v\d+ · 2.0  ", line)) for line in found) == 8
    assert "  … 4 more uses" in found


def test_an_empty_array_has_no_entries():
    w = leaf(np.ones((0, 3)), "w")
    found = told(w.sum(), w)
    assert found[:2] == [
        "∂L/∂w = ∂L, copied to (0, 3)  (0, 3)  w is used once",
        "  ∂L = ∂L/∂L  a number",
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
        "∂L/∂w = ∂L · inv(w).T  (2, 2)  w is used once",
        "  ∂L = ∂L/∂L  a number",
    ]


def test_another_librarys_arrays_are_told_in_shapes_and_not_computed():
    x = leaf(never_computed())
    found = lines(explain((np.tanh(x) * x).sum(), x))
    assert found[0] == "∂L/∂x is a sum:  x is used twice"
    assert "  ∂v2 · ∂(v1 × x)/∂x  (4, 3)" in found
    assert "  ∂v2 = ∂L/∂v2  (4, 3)" in found
    assert not any("nudged" in line or "NaN" in line for line in found)


# --- who is left alone ----------------------------------------------------------------


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


# --- threads, and deep graphs ---------------------------------------------------------


def test_one_thread_at_a_time_parses_and_draw_waits_for_it(monkeypatch):
    x = leaf(2.0)  # python/cpython#106905: parsers count their depth together
    loss = np.exp(x) * x
    parse, locked = ast.parse, []

    def watched(*args, **options):
        locked.append(formula._lock._is_owned())  # an RLock
        return parse(*args, **options)

    monkeypatch.setattr(ast, "parse", watched)
    str(explain(loss, x))
    assert all(locked)


@pytest.mark.slow
@pytest.mark.usefixtures("chatty_collector")
def test_threads_explain_at_once_while_garbage_is_collected():
    x, y = leaf(2.0, "x"), leaf(4.0, "y")
    loss = np.arctan2(np.exp(np.sin(x) * y), x) * np.hypot(x, y) + x**y
    loss.backward()
    expected = str(explain(loss, x))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: str(explain(loss, x)), range(400)))
    assert set(found) == {expected}


@pytest.mark.slow
def test_a_deep_chain_and_a_leaf_of_many_uses_are_no_recursion():
    x = y = leaf(1.0)
    for _ in range(20_000):
        y = y * 1.0
    assert lines(explain(y, x))[1] == "  = (1.0) · (1.0)"
    z = leaf(1.0)
    total = sum(z * 1.0 for _ in range(5_000))
    assert "  … 4992 more uses, together 4992.0" in lines(explain(total, z))


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

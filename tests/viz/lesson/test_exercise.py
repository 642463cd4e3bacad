"""`exercise`: asked, answered, checked, hinted at, saved."""

import re

import numpy as np
import pytest

from engine import Tensor
from nn import Lin, Mse, Network, ReLU
from viz import exercise


def scalars(**options):
    a, b, c, f = (Tensor(v) for v in (2.0, -3.0, 10.0, -2.0))
    e = a * b
    d = e + c
    L = d * f
    return exercise(L, names=locals(), **{"ask": ["a", "b"], **options})


def arrays(**options):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=5)
    w1, b1 = Tensor(rng.normal(size=(3, 4))), Tensor(np.zeros(4))
    w2 = Tensor(rng.normal(size=4))
    h = np.tanh(x @ w1 + b1)
    out = h @ w2
    loss = np.mean((out - y) ** 2)
    ask = {"ask": ["out", h, "w1", "b1"]}
    return exercise(loss, names=locals(), **{**ask, **options})


def by_hand(v, *, factor=2.0):
    h = np.tanh(v["x"] @ v["w1"] + v["b1"])
    g_out = factor * (h @ v["w2"] - v["y"]) / 5
    g_h = np.outer(g_out, v["w2"])
    g_z = g_h * (1 - h * h)
    return {"out": g_out, "h": g_h, "w1": v["x"].T @ g_z, "b1": g_z.sum(axis=0)}


# --- the sheet ------------------------------------------------------------------------


def test_the_sheet_shows_the_program_its_numbers_and_what_is_asked():
    assert (
        str(scalars())
        == """Find the gradients

e = a * b
d = e + c
L = d * f

with these numbers:

a = 2.0
b = -3.0
c = 10.0
f = -2.0

  1.  a  ∂L/∂a, a number
  2.  b  ∂L/∂b, a number

Answer with a number, or with an array of the shape that is given. Give two digits at \
least, better four: then a mistake can be named."""
    )


def test_lines_are_blanked_and_with_them_all_that_is_asked():
    text = str(scalars(ask=["g_a", "b"]))
    assert "g_a = ________" in text
    assert "g_b = ________" in text
    assert "g_f = g_L * d" in text
    assert "  1.  g_a  the value of the blank line, a number" in text


def test_a_long_line_is_blanked_as_a_whole():
    rng = np.random.default_rng(0)
    first_value, second_value = (Tensor(rng.normal(size=3)) for _ in range(2))
    third_value = np.sin(first_value) * np.cos(second_value) / np.exp(first_value)
    result = (third_value * np.tanh(first_value) * np.sqrt(np.abs(first_value))).sum()
    sheet = exercise(result, ["g_first_value"], names=locals())
    assert re.search(r"(?m)^g_first_value = ________$", str(sheet))
    assert "cos" not in str(sheet).split("g_first_value")[1]


def test_a_page_to_print_holds_no_script_and_no_gradient(tmp_path):
    page = arrays(seed=1).save(tmp_path / "sheet.html").read_text("utf-8")
    assert "<script" not in page
    assert "script-src 'none'" in page
    assert "∂loss/∂w1, of shape (3, 4)" in page
    assert "1 - h" not in page
    assert "not run" not in page


def test_names_cannot_break_the_page(tmp_path):
    a = Tensor(2.0, name="</pre><script>alert(1)</script>")
    page = exercise(a * 3.0, [a]).save(tmp_path / "sheet.html").read_text("utf-8")
    assert "<script" not in page


def test_large_arrays_are_shortened_on_the_sheet_and_whole_in_values():
    x = Tensor(np.linspace(0, 1, 1000))
    sheet = exercise((x * x).sum(), [x], names=locals())
    assert "..." in str(sheet)
    assert np.array_equal(sheet.values["x"], x.data)


# --- what is asked --------------------------------------------------------------------


def test_parameters_of_a_network_are_asked_by_their_full_name():
    rng = np.random.default_rng(0)
    network = Network([Lin.init(3, 4, rng=rng), ReLU(), Lin.init(4, 1, rng=rng)], Mse())
    loss = network(rng.normal(size=(5, 3)), rng.normal(size=5))
    sheet = exercise(loss, ["layers.0.w", network.layers[2].b])
    assert sheet.asked == ("layers_0_w", "layers_2_b")
    loss.backward()
    assert sheet.check(layers_0_w=network.layers[0].w.grad).right
    assert sheet.check({"layers_2_b": network.layers[2].b.grad}).right


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        ([], ValueError, "ask is empty"),
        (["a", "a"], ValueError, "a is asked twice"),
        (["z"], ValueError, "'z' is asked; what has a name and a gradient: "),
        ([3], TypeError, "3 is asked, and must be a Tensor or a name"),
        ([Tensor(1.0, name="t")], ValueError, "no gradient with respect to Tensor"),
        (
            ["g_e"],
            ValueError,
            "g_e is asked, and is the same as g_c, which has the line",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(ask, error, words):
    with pytest.raises(error, match=re.escape(words)):
        scalars(ask=ask)


def test_what_has_no_name_cannot_be_asked():
    a = Tensor(2.0)
    b = a * 3.0
    with pytest.raises(ValueError, match="is asked and has no name; pass names=locals"):
        exercise(b * b, [b], names={"a": a})


@pytest.mark.parametrize("seed", [True, 1.5, b"x", object()])
def test_a_seed_is_a_text_or_a_whole_number(seed):
    with pytest.raises(TypeError, match="must be a text or a whole number"):
        scalars(seed=seed)


def test_the_gradients_are_not_lying_about_in_it():
    sheet = arrays()
    sheet.check(**by_hand(sheet.values))
    seen, waiting = set(), [sheet]
    rights = by_hand(sheet.values)
    del sheet._answers
    while waiting:
        x = waiting.pop()
        if id(x) in seen or isinstance(x, type):
            continue
        seen.add(id(x))
        assert getattr(x, "grad", None) is None
        if isinstance(x, np.ndarray):
            for right in rights.values():
                assert x.shape != right.shape or not np.allclose(x, right)
        if isinstance(x, dict):
            waiting += x.values()
        elif isinstance(x, list | tuple | set):
            waiting += x
        elif type(x).__module__.startswith(("viz", "engine")):
            names = [*getattr(x, "__dict__", ()), *getattr(type(x), "__slots__", ())]
            waiting += [getattr(x, name, None) for name in names]
    assert len(seen) > 20


# --- checked --------------------------------------------------------------------------


def test_right_answers_give_a_point_each():
    sheet = arrays(seed="anna")
    report = sheet.check(**by_hand(sheet.values))
    assert report.right
    assert str(report).endswith("4 of 4 points")
    assert sheet.points == 4


def test_an_answer_that_follows_from_an_own_mistake_is_right():
    sheet = arrays()
    report = sheet.check(**by_hand(sheet.values, factor=1.0))
    assert not report["out"].right
    assert report["out"].findings[0].kind == "exponent"
    assert report["h"].follows == "out"
    assert report["w1"].follows == report["b1"].follows == "h"
    assert report["w1"].text == "right, given your h"
    assert report.points == 3
    assert not report.right


def test_the_mistake_may_have_been_answered_before():
    sheet = arrays()
    wrong = by_hand(sheet.values, factor=1.0)
    sheet.check(h=wrong["h"])
    assert sheet.check(w1=wrong["w1"])["w1"].follows == "h"


def test_it_does_not_matter_in_which_order_answers_are_given():
    sheet = arrays()
    wrong = by_hand(sheet.values, factor=1.0)
    right = by_hand(sheet.values)
    report = sheet.check(w1=wrong["w1"], h=wrong["h"], out=wrong["out"])
    assert report["w1"].follows == "h"
    sheet.check(**right)
    report = sheet.check(h=wrong["h"], out=wrong["out"])  # wrong again
    assert report["h"].text == "right, given your out"


def test_nothing_is_given_by_an_answer_that_is_right():
    sheet = arrays()
    right = by_hand(sheet.values)
    g_out = right["out"].round(3)
    v = sheet.values
    h = np.tanh(v["x"] @ v["w1"] + v["b1"])
    g_w1 = v["x"].T @ (np.outer(g_out, v["w2"]) * (1 - h * h))
    assert sheet.check(out=g_out, w1=g_w1)["w1"].text == "right"


def test_what_a_sum_hands_on_follows_too():
    sheet = scalars(ask=["d", "e", "c", "a"])
    report = sheet.check(d=2.0, e=2.0, c=2.0, a=-6.0)
    assert not report["d"].right
    assert report["e"].text == "right, given your d"
    assert report["c"].right
    assert report["a"].right


def test_a_second_mistake_on_top_of_the_first_is_named():
    sheet = arrays()
    wrong = by_hand(sheet.values, factor=1.0)
    report = sheet.check(out=wrong["out"], h=wrong["h"], b1=wrong["h"])
    assert report["b1"].findings
    assert report["b1"].findings[0].kind not in ("entries", "multiple")


def test_many_wrong_answers_are_all_told_something():
    rng = np.random.default_rng(0)
    for _ in range(20):
        sheet = arrays()
        report = sheet.check(
            out=rng.normal(size=5), h=rng.normal(size=(5, 4)), b1=rng.normal(size=4)
        )
        assert all(mark.text.endswith((".", "?")) for mark in report.values())


def test_rounding_at_every_step_is_forgiven():
    sheet = arrays()
    v = sheet.values
    h = np.tanh(v["x"] @ v["w1"] + v["b1"])
    g_out = (2 * (h @ v["w2"] - v["y"]) / 5).round(2)
    g_h = np.outer(g_out, v["w2"]).round(2)
    w1 = v["x"].T @ (g_h * (1 - h * h))
    assert sheet.check(out=g_out, h=g_h, w1=w1)["w1"].right


def test_what_is_written_into_the_arrays_later_changes_nothing():
    w, x = Tensor(np.array([0.5, 0.6]), name="w"), np.array([1.0, 2.0])
    sheet = exercise((w * w * x).sum(), [w], names={"x": x})
    w.data -= 0.1
    x[:] = 7.0
    assert sheet.check(w=[1.0, 2.4]).right


def test_nothing_follows_from_zeros_or_from_what_is_not_finite():
    for nothing in (np.zeros((5, 4)), np.full((5, 4), np.nan), np.ones(4)):
        sheet = arrays()
        report = sheet.check(h=nothing, w1=np.zeros((3, 4)))
        assert report.points == 0


def test_attempts_are_counted_and_the_last_answer_counts():
    sheet = scalars()
    sheet.check(a=1.0)
    sheet.check(a=6.0)
    assert sheet.points == 1
    sheet.check(a=2.0, b=None)
    sheet.check(a=..., b=...)
    assert sheet.attempts == {"a": 3, "b": 0}
    assert sheet.points == 0


def test_several_mistakes_that_fit_are_joined_by_or():
    x = Tensor(2.0, name="x")
    a = x * x
    report = exercise(3 * a + a * a, [x]).check(x=12.0)
    assert " Or perhaps: A node passed" in report["x"].text


def test_a_name_that_was_not_asked_is_refused():
    sheet = scalars()
    with pytest.raises(TypeError, match="'c' was not asked; the questions are a, b"):
        sheet.check(c=1.0)
    with pytest.raises(TypeError, match="exercise: a: the answer is 'six'"):
        sheet.check(a="six")
    assert sheet.attempts == {"a": 0, "b": 0}


# --- hints ----------------------------------------------------------------------------


def test_three_hints_lead_to_the_line_and_not_to_the_number():
    sheet = arrays()
    hints = [sheet.hint("w1") for _ in range(4)]
    assert hints == [
        "`w1` is used in `x @ w1`. Begin with the gradient of `x @ w1`.",
        "You need the gradient of `x @ w1`, of shape (5, 4), and the value of `x`, of "
        "shape (5, 3). The result is an array of shape (3, 4), as `w1` is.",
        "Fill in the blanks: `g_w1 = □.T @ □`",
        "Fill in the blanks: `g_w1 = □.T @ □`",
    ]
    assert sheet.hints["w1"] == 3


def test_a_hint_says_that_several_uses_add_up():
    x = Tensor(2.0, name="x")
    text = exercise(np.sin(x) * x, [x]).hint("x")
    assert text == (
        "`x` is used twice, in `np.sin(x)` and in `loss = np.sin(x) * x`. Each use "
        "sends a contribution back, and the gradient is their sum."
    )


def test_a_hint_for_the_result_itself():
    x = Tensor(2.0, name="x")
    loss = x * x
    sheet = exercise(loss, ["loss"], names=locals())
    assert sheet.hint("loss") == (
        "`loss` is the result itself: how far does it move if it moves by 1?"
    )
    assert "rule that a gradient begins with" in sheet.hint("loss")
    assert sheet.check(loss=1.0).right


def test_a_hint_for_what_was_not_asked_is_refused():
    with pytest.raises(ValueError, match="'z' was not asked; the questions are a, b"):
        scalars().hint("z")


# --- saved ----------------------------------------------------------------------------


def test_a_file_of_another_ending_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"'x\.txt' must end with \.html, for the sheet"
    ):
        scalars().save(tmp_path / "x.txt")
    with pytest.raises(ValueError, match="no answer was given yet"):
        scalars().save(tmp_path / "x.json")
    with pytest.raises(FileNotFoundError, match="exercise: there is no folder"):
        scalars().save(tmp_path / "no" / "x.html")


def test_an_answer_that_is_not_finite_is_not_saved(tmp_path):
    sheet = scalars()
    sheet.check(a=float("nan"))
    with pytest.raises(ValueError, match="answer for a holds NaN or an infinity"):
        sheet.save(tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()


def test_the_cells_for_a_grader_run_and_fail_with_the_sentence(tmp_path, monkeypatch):
    (tmp_path / "my_sheet.py").write_text(
        "from engine import Tensor\nfrom viz import exercise\n"
        "def sheet(seed):\n a = Tensor(2.0, name='a')\n"
        " return exercise(a * a * 3.0, ['a'], seed=seed)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    cell = scalars(ask=["a"]).cell("my_sheet", a="mine")
    assert cell == (
        "from my_sheet import sheet\n\n"
        "seed = None\nreport = sheet(seed).check(a=mine)\n\n"
        'assert report["a"].right, report["a"].text'
    )
    exec(cell, {"mine": 12.0})
    with pytest.raises(AssertionError, match="Going back .*: the sign is wrong"):
        exec(cell, {"mine": -12.0})
    with pytest.raises(ValueError, match="'z' was not asked"):
        scalars().cell("my_sheet", z="mine")

"""What the page of `steps` asks, in a real browser, and what it says to answers.

The mistakes themselves are tested in tests/engine/mistakes, and the questions, without
a browser, in test_asked.py.
"""

from contextlib import contextmanager

import numpy as np
import pytest
from helpers.browsers import browser, opened  # noqa: F401  # a fixture
from helpers.gallery import PROGRAMS as PROGRAMS_OF_GALLERY

from engine import Tensor
from nn import Model
from viz import steps, tape
from viz.lesson.asked import ENTRY, FORMULA, LOCAL, PRODUCT, SHAPE, SUM, Asked
from viz.lesson.symbols import Symbols
from viz.lesson.tape import Backward
from viz.words.numbers import number

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)
X = np.array([[0.5, -1.0], [1.5, 2.0], [-0.5, 0.25]])


def expression(a=2.0, b=-3.0, c=10.0, f=-2.0):
    a, b, c, f = (Tensor(x, name=n) for n, x in zip("abcf", (a, b, c, f), strict=True))
    e = a * b
    d = e + c
    loss = d * f
    e.name, d.name, loss.name = "e", "d", "L"
    return loss


def reuse(a=2.0, b=-3.0):
    a, b = Tensor(a, name="a"), Tensor(b, name="b")
    y = 3 * a + a * a
    return y * np.sin(y) / (a * b) - a


def functions(x=0.7, y=1.3):
    x, y = Tensor(x, name="x"), Tensor(y, name="y")
    return np.tanh(x) * np.exp(-y) + np.log(y) / x**3 - np.sqrt(x * y)


def layer():
    w = Tensor([[0.5, -1.0], [0.3, 0.8]], name="w")
    b, v = Tensor([0.1, -0.2], name="b"), Tensor([1.5, -0.5], name="v")
    h = np.tanh(X @ w + b)
    return ((h @ v - np.array([1.0, 0.0, 0.5])) ** 2).mean() + 0.1 * (w * w).sum()


def softmax():
    z = Tensor([[0.2, -0.5, 1.0], [1.5, 0.3, -0.7]], name="z")
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(2), [2, 0]]).mean()


def network():
    model = Model.init(5, 8, 1, rng=np.random.default_rng(0))
    return model(RNG.normal(size=(64, 5)), RNG.normal(size=64))


def one_entry():
    a, b = Tensor([[2.0]], name="a"), Tensor([[-3.0]], name="b")
    return (np.tanh(a * b + a) ** 2).sum()


def single():
    a, b = Tensor(np.float32(2.0), name="a"), Tensor(np.float32(-3.0), name="b")
    return (a * b + a) * b


# More cards, or more steps back, than are asked about, or many; and one refused.
TOO_LARGE = ("spring", "pendulum", "rnn_50", "lstm", "stale", "gru", "rnn_5", "fan_out")
TOO_LARGE += ("long_pendulum", "runge_kutta", "trajectory", "deep_residual")
PROGRAMS = [expression, reuse, functions, layer, softmax, network, one_entry, single]


@pytest.fixture
def asking(browser, tmp_path):  # noqa: F811
    """Opens the page of a loss: `with asking(loss) as page`."""

    @contextmanager
    def asking(loss, *, step="", **options):
        path = steps(loss, tmp_path / "page.html")
        with opened(browser, path, step=step, **options) as page:
            page.set_default_timeout(8_000)  # ms: to stop a hang, not to measure
            yield page

    return asking


def all_asked(loss):
    """The steps back with their questions: (number of the step, questions)."""
    walk, symbols = tape(loss), Symbols(loss, None, caller="steps")
    with np.errstate(all="ignore"):
        return [
            (k, Asked(step, symbols))
            for k, step in enumerate(walk)
            if isinstance(step, Backward)
        ]


def said(page):
    """What the page says to an answer; of a wrong one without the capital letter."""
    text = page.inner_text("#verdict")
    wrong = page.query_selector("#verdict.wrong")
    return text[:1].lower() + text[1:] if wrong else text


def answered(page, text):
    page.fill("#answer", text)
    page.keyboard.press("Enter")
    return said(page)


def chosen(page, text):
    page.check(f"#choices input[value='{text}']")
    page.click("#check")
    return said(page)


def begin(page, k, part=0):
    """Go to the question of a step."""
    page.evaluate("([k, part_]) => { go(k); part = part_; render(); }", [k, part])


# --- the beginning and the end --------------------------------------------------------


def test_it_begins_with_a_title_a_goal_a_question_and_one_button(asking):
    with asking(expression()) as page:
        assert page.inner_text("h1") == "The chain rule, step by step"
        assert page.inner_text("#goal").startswith("The goal: how L changes with each")
        assert page.inner_text("#guessed") == "If a grows a little, how does L change?"
        buttons = page.locator("button:visible").all_inner_texts()
        assert buttons == ["◐", "Lesson", "Other numbers", "Next →"]
        assert page.is_checked("#ask")
        assert not page.locator(".edge text").first.is_visible()


def test_the_guess_is_met_again_at_the_end_and_the_claim_is_tried_at_once(asking):
    with asking(expression()) as page:
        page.check("#guess-down")
        page.evaluate("go(steps.length)")
        assert page.inner_text("#claim") == (
            "You said that L shrinks. ∂L/∂a = 6.0: raise a by 0.01, and L rises by "
            "about 0.06."
        )
        page.click("#raise")
        assert (
            page.inner_text("#tried") == "L goes from -8.0 to -7.94: it rises by 0.06."
        )
        page.click("#tab-change")
        page.fill("#leaf0", "-1")
        page.fill("#leaf1", "3")
        page.click("#tab-lesson")
        assert "∂L/∂a = -6.0: raise a by 0.01, and L falls" in page.inner_text("#claim")
        page.click("#raise")
        assert page.inner_text("#tried") == (
            "L goes from -14.0 to -14.06: it falls by 0.06."
        )


def test_of_arrays_it_is_one_entry(asking):
    with asking(layer()) as page:
        assert "If w[" in page.inner_text("#guessed")
        page.evaluate("go(steps.length)")
        page.click("#raise")
        assert page.inner_text("#tried").startswith("L goes from ")


# --- the questions --------------------------------------------------------------------


def right_answer(page, kind):
    if kind == FORMULA:
        place = "steps[at].choices.find(([, said]) => said < 0)[0]"
        return chosen(page, page.evaluate(place))
    if kind == SHAPE:
        return answered(page, page.evaluate("shapeText(steps[at].shape[0])"))
    right = page.evaluate("String(answersOf(at, pendingKind()).right)")
    return answered(page, number(float(right)))


@pytest.mark.parametrize("make", [expression, reuse, layer, network, one_entry])
def test_right_answers_to_all_questions_lead_to_the_end(asking, make):
    loss = make()
    with asking(loss) as page:
        for _ in range(sum(type(e).__name__ != "Backward" for e in tape(loss))):
            page.click("#on")
        for k, asked in all_asked(loss):
            for part, kind in enumerate(asked.kinds):
                where = page.evaluate("[at, part, pendingKind()]")
                assert where == [k, part, kind]
                assert "Right: " in right_answer(page, kind)
        assert (
            page.text_content("#count")
            == f"step {len(tape(loss))} of {len(tape(loss))}"
        )
        assert "You have all gradients." in page.inner_text("#verdict")
        assert page.is_hidden("#question")


def test_the_local_derivative_is_asked_first_then_the_product_then_the_sum(asking):
    loss = reuse() * 2.0
    kinds = {
        (e.operand.name, e.arrived): a.kinds
        for e, a in zip(
            (e for e in tape(loss) if isinstance(e, Backward)),
            (a for _, a in all_asked(loss)),
            strict=True,
        )
    }
    assert kinds["b", 1] == (LOCAL, PRODUCT)
    assert kinds["a", 1] == (LOCAL, PRODUCT)
    assert kinds["a", 2] == (LOCAL, PRODUCT, SUM)


def test_the_number_of_an_edge_is_a_blank_until_it_was_answered(asking):
    with asking(expression(), step="#step=8") as page:
        label = page.locator(".edge.active text")
        assert label.text_content() == "◂ ?"
        assert "∂ ?" in page.inner_text("#stage")
        answered(page, "-3")
        assert label.text_content() == "◂ ×-3.0"
        assert page.locator(".edge text:visible").count() == 5  # none of b's


def test_arrays_are_asked_for_a_shape_a_formula_and_an_entry(asking):
    loss = layer()
    asked = dict(all_asked(loss))
    k = next(k for k, a in asked.items() if a.kinds == (SHAPE, FORMULA, ENTRY))
    with asking(loss, step=f"#step={k}") as page:
        assert "What is the shape of" in page.inner_text("#asked")
        right = page.evaluate("shapeText(steps[at].shape[0])")
        assert "not a shape" in answered(page, "two by three")
        assert "a gradient has one number for each" in answered(page, "7")
        assert "Right" in answered(page, right)
        assert page.locator("#choices input").count() >= 2
        page.click("#check")
        assert page.inner_text("#verdict") == "Choose one of them."
        right_answer(page, FORMULA)
        assert page.locator("#given dt").count() >= 2
        assert "Right" in right_answer(page, ENTRY)


def test_what_an_entry_is_computed_from_is_shown_as_it_is_now(asking):
    w = Tensor([0.5, -1.0], name="w")
    h = np.tanh(w)
    h.name = "h"
    loss = (h * h * np.array([2.0, 3.0])).sum() + w.sum()
    step = next(k for k, a in all_asked(loss) if a._step.node is h)
    with asking(loss) as page:
        begin(page, step, len(dict(all_asked(loss))[step].kinds) - 1)
        names = page.locator("#given dt").all_inner_texts()
        assert names == ["∂h", "w", "h", "∂w so far"]
        page.click("#tab-change")
        page.get_by_label("w[0]", exact=True).fill("0")
        page.click("#tab-lesson")
        page.evaluate("(n) => { part = n; render(); }", len(names) - 3)
        told = dict(
            zip(names, page.locator("#given dd").all_inner_texts(), strict=True)
        )
        assert told["w"] == "[0.0, -1.0]"
        assert told["h"] == f"[0.0, {number(np.tanh(-1.0))}]"
        assert told["∂w so far"] == "[1.0, 1.0]"


def test_a_wrong_formula_is_told_its_mistake(asking):
    w = Tensor([[0.5, -1.0], [0.3, 0.8]], name="w")
    y = X @ w
    y.name = "y"
    loss = (y * np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).sum()
    with asking(loss) as page:
        begin(page, len(tape(loss)) - 1, 1)
        assert "the two sides are in the wrong order" in chosen(page, "∂y @ v1.T")
        assert "check the transpositions" in chosen(page, "v1 @ ∂y.T")
        assert "Right: v1.T @ ∂y." in chosen(page, "v1.T @ ∂y")


def test_going_on_without_an_answer_is_refused_and_it_can_be_shown(asking):
    with asking(expression(), step="#step=8") as page:
        page.keyboard.press("ArrowRight")
        assert page.text_content("#count") == "step 8 of 10"
        assert "First your answer" in page.inner_text("#verdict")
        page.evaluate("choose(0)")
        assert "6.0" not in page.inner_text("#sum")
        assert "= ?" in page.inner_text("#sum")
        page.click("#reveal")
        assert page.inner_text("#verdict") == "The answer: ∂e/∂a = b = -3.0."
        page.click("#reveal")
        assert page.text_content("#count") == "step 9 of 10"


def test_an_answer_and_its_verdict_go_when_the_step_does(asking):
    with asking(expression(), step="#step=8") as page:
        answered(page, "17")
        page.fill("#slider", "9")
        assert page.input_value("#answer") == page.inner_text("#verdict") == ""


def test_a_nudge_waits_for_the_answer_for_it_would_tell(asking):
    with asking(expression(), step="#step=8") as page:
        page.click("#tab-change")
        page.select_option("#nudged", label="a")
        assert page.locator("#quotient dd").all_inner_texts() == [
            "shown when you have answered"
        ]
        assert page.locator(".delta").count() == 0


def test_infinity_and_nan_are_answers_and_nothing_else_is_right_there(asking):
    with np.errstate(all="ignore"):
        infinite = 1 / Tensor(0.0, name="a")
        undefined = np.log(Tensor(0.0, name="a")) * 0.0
    with asking(infinite, step="#step=2") as page:
        begin(page, 2)
        for wrong in ("7", "∞", "1e300"):
            assert "Right" not in answered(page, wrong)
        assert answered(page, "-∞").startswith("Right: ∂L/∂a = ")
    last = len(tape(undefined)) - 1
    with asking(undefined) as page:
        begin(page, last, 1)
        for wrong in ("banana", "7", "∞"):
            assert "Right" not in answered(page, wrong)
        assert answered(page, "NaN").startswith("Right: a gets NaN")


def test_a_forgotten_small_part_is_not_right(asking):
    with asking(expression()) as page:
        begin(page, 8, 1)
        assert "Right" not in answered(page, "6.003")
        assert "Right" in answered(page, "6.001")


# --- one diagnosis --------------------------------------------------------------------


def test_the_classic_mistakes_are_named(asking):
    with asking(expression()) as page:
        begin(page, 8)  # ∂e/∂a = b = -3
        assert "you used a. In its place belongs the value of the other" in answered(
            page, "2"
        )
        assert "the sign is wrong" in answered(page, "3")
        begin(page, 8, 1)  # -2 · -3
        assert "this is the local derivative alone" in answered(page, "-3.0")
        assert "you passed the gradient on as it came" in answered(page, "-2.00")
        assert "you added where you must multiply" in answered(page, "-2 + -3")
        begin(page, 6)  # d = e + c
        assert "each term of a sum gets the whole gradient" in answered(page, "0.5")
        begin(page, 6, 1)
        assert "each term of a sum gets the whole gradient" in answered(page, "-2/2")
    loss = reuse()
    with asking(loss) as page:
        last = len(tape(loss)) - 1
        kinds = all_asked(loss)[-1][1].kinds
        begin(page, last, kinds.index(SUM))
        before, now = (
            float(getattr(tape(loss).events[-1], word))
            for word in ("before", "contribution")
        )
        for one in (before, now):
            assert "this is only what c" in answered(page, repr(one))
        assert "over paths add" in answered(page, repr(before * now))


def test_where_two_mistakes_fit_both_are_offered(asking):
    a, b = Tensor(2.0, name="a"), Tensor(-2.0, name="b")
    loss = (a * b) * 1.5
    with asking(loss) as page:
        begin(page, len(tape(loss)) - 2)  # ∂v1/∂a = b = -2: own value, or the sign
        offered = answered(page, "2.0")
        for words in ("his may have happened:", "You used a", "The sign is wrong"):
            assert words in offered


def said_by_both(page, k, kind, asked, answers):
    """The sentences of the page, and those of Python."""
    told = page.evaluate(
        """([k, kind, answers]) => answers.map(
            (x) => findings(Number(x), answersOf(k, kind), texts))""",
        [k, kind, [repr(float(x)) for x in answers]],
    )
    with np.errstate(all="ignore"):
        python = [[f.text for f in asked.findings(kind, x)] for x in answers]
    return told, python


@pytest.mark.parametrize("make", PROGRAMS)
def test_every_planted_mistake_is_named_on_the_page_as_python_names_it(asking, make):
    loss = make()
    named = 0
    rng = np.random.default_rng(1)
    with asking(loss) as page:
        for k, asked in all_asked(loss):
            for kind in asked.kinds:
                if kind in (SHAPE, FORMULA):
                    continue
                with np.errstate(all="ignore"):
                    right, wrong = asked.answers(kind)
                planted = {
                    float(x) for _, x in wrong if x is not None and np.isfinite(x)
                }
                rounded = {float(f"{x:.3g}") for x in planted | {float(right)}}
                others = {float(x) for x in rng.normal(size=3).round(2)}
                answers = sorted({0.0, 1.0, float(right)} | planted | rounded | others)
                told, python = said_by_both(page, k, kind, asked, answers)
                assert told == python, (k, kind)
                named += sum("none of the usual" not in t[0] for t in python if t)
    assert named > 20 or make is network


@pytest.mark.parametrize("make", [expression, reuse, functions])
def test_at_other_numbers_it_is_the_same(asking, make):
    other = dict(zip(make.__code__.co_varnames, (1.25, 0.75, -4.5, 3.25), strict=False))
    names = make.__code__.co_varnames[: make.__code__.co_argcount]
    other = {name: other[name] for name in names}
    again = make(**other)
    with asking(make()) as page:
        page.evaluate("go(steps.length)")
        page.click("#tab-change")
        for i, name in enumerate(names):
            page.locator("#leaves input").nth(i).fill(repr(other[name]))
        for k, asked in all_asked(again):
            for kind in asked.kinds:
                right, wrong = asked.answers(kind)
                planted = {
                    float(x) for _, x in wrong if x is not None and np.isfinite(x)
                }
                answers = sorted(planted | {float(right)})
                told, python = said_by_both(page, k, kind, asked, answers)
                assert told == python, (k, kind)


@pytest.mark.parametrize("make", [layer, network])
def test_shapes_get_the_same_sentences_too(asking, make):
    loss = make()
    with asking(loss) as page:
        for k, asked in all_asked(loss):
            if SHAPE not in asked.kinds:
                continue
            right = asked.edge.shapes[0]
            for shape in {right, right[::-1], asked.edge.shapes[3], (7, 7), ()}:
                told = page.evaluate(
                    "([k, shape]) => shapeFindings(shape, ...steps[k].shape)",
                    [k, list(shape)],
                )
                assert told == [f.text for f in asked.findings(SHAPE, shape)]


SMALL = [name for name in PROGRAMS_OF_GALLERY if name not in TOO_LARGE]


@pytest.mark.parametrize("name", SMALL)
def test_the_programs_that_people_draw_can_be_walked_with_what_the_page_shows(
    asking, name
):
    with np.errstate(all="ignore"):
        loss, _ = PROGRAMS_OF_GALLERY[name]()
        loss = loss[0] if isinstance(loss, list) else loss
    with asking(loss) as page:
        refused = page.evaluate(
            """() => {
                const refused = [];
                while (at < steps.length) {
                    const step = pending();
                    if (!step) { forward(); continue; }
                    const kind = pendingKind();
                    const typed = kind === "shape" ? shapeText(step.shape[0])
                        : kind === "formula" ? step.choices.find(([, s]) => s < 0)[0]
                        : number(answersOf(at, kind).right); // of four digits
                    const wrong = wrongWith(step, kind, typed);
                    if (wrong.length) refused.push([at, kind, typed, ...wrong]);
                    goOn("right", "");
                }
                return refused;
            }"""
        )
        assert refused == []


# --- what is seen ---------------------------------------------------------------------


def test_a_token_carries_the_gradient_back_along_the_edge(asking):
    with asking(expression()) as page:
        page.click("#ask")
        page.evaluate("go(4)")
        ends = page.evaluate(
            """() => {
                sendToken(4);
                const at = () => token.group.getCTM();
                const far = (card) => {
                    const box = card.getBBox(), m = at();
                    const p = svg.createSVGPoint();
                    const c = p.matrixTransform(m);
                    p.x = box.x + box.width / 2;
                    p.y = box.y + box.height / 2;
                    const q = p.matrixTransform(card.getCTM());
                    return Math.hypot(c.x - q.x, c.y - q.y);
                };
                const { node, operand } = steps[4];
                const begins = far(cards[node]) < far(cards[operand]);
                return [begins, token.group.textContent];
            }"""
        )
        assert ends == [True, "∂ -2.0"]  # it begins at the op
        page.locator(".token").wait_for(state="detached")
        assert page.locator(".token").count() == 0


def test_without_motion_there_is_no_token(asking):
    with asking(expression(), reduced_motion="reduce") as page:
        page.evaluate("byId('ask').click(); go(4); forward()")
        assert page.locator(".token").count() == 0


def least_text(page):
    """px: the smallest text that is seen in the picture."""
    return page.evaluate(
        """() => {
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            const seen = [...svg.querySelectorAll("text")].filter((text) =>
                getComputedStyle(text).visibility === "visible"
                && text.textContent.trim());
            return Math.min(...seen.map(
                (text) => parseFloat(getComputedStyle(text).fontSize) * scale));
        }"""
    )


def fifteen():
    made = [Tensor(float(i + 1), name=f"x{i}") for i in range(6)]
    t = made[0]
    for x in made[1:]:
        t = (
            np.tanh(t) * x
            if x is made[3]
            else t * x + made[0]
            if x is made[1]
            else t + x
        )
    return t


@pytest.mark.parametrize("make", [expression, layer, fifteen])
@pytest.mark.parametrize("viewport", [(1280, 800), (390, 844)])
def test_text_is_large_enough_to_read(asking, make, viewport):
    width, height = viewport
    loss = make()
    with asking(loss, viewport={"width": width, "height": height}) as page:
        assert page.evaluate("nodes.length") <= 16
        for k in (0, len(tape(loss)) // 2, len(tape(loss))):
            page.evaluate(f"go({k})")
            assert least_text(page) >= 10.9
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_both_ends_of_the_edge_that_is_asked_about_are_seen_on_a_phone(asking):
    loss = fifteen()
    with asking(loss, viewport={"width": 390, "height": 844}) as page:
        for k, _ in all_asked(loss):
            page.evaluate(f"go({k})")
            room = page.locator("#stage").bounding_box()
            for part in ("svg.querySelector('.now')", "cards[steps[at].node]"):
                box = page.evaluate_handle(part).as_element().bounding_box()
                middle = box["y"] + box["height"] / 2
                assert room["y"] <= middle <= room["y"] + room["height"], (k, part)


def test_the_line_of_the_program_stands_beside_the_question(asking, tmp_path):
    import engine

    with engine.debug():
        a = Tensor(2.0, name="a")
        loss = a * a  # a line <b>of its own</b>
    with asking(loss, step="#step=2") as page:
        assert page.inner_text("#place").startswith("test_questions_browser.py, line ")
        assert page.inner_text("#line") == "loss = a * a  # a line <b>of its own</b>"


# --- for everybody --------------------------------------------------------------------


def test_all_of_it_can_be_done_by_keyboard(asking):
    loss = expression()
    with asking(loss) as page:
        press = page.keyboard.press
        page.evaluate("byId('guess-none').focus()")
        press("Space")
        for _ in range(12):
            press("Tab")
            if page.evaluate("document.activeElement.id") == "on":
                break
        for _ in range(4):
            press("Enter")
        page.keyboard.type("f")  # goes nowhere, and harms nothing
        for _, asked in all_asked(loss):
            for kind in asked.kinds:
                right = page.evaluate("String(answersOf(at, pendingKind()).right)")
                page.evaluate("byId('answer').value = ''")
                if page.evaluate("document.activeElement.id") != "answer":
                    press("ArrowRight")  # asks for the answer, and goes to its place
                page.keyboard.type(right)
                press("Enter")
                assert "Right" in page.inner_text("#verdict"), kind
        assert page.text_content("#count") == "step 10 of 10"
        assert page.evaluate("document.activeElement.id") == "raise"
        assert page.inner_text("#tried") == ""  # Enter has not pressed it
        page.evaluate("byId('tab-lesson').focus()")
        press("ArrowRight")
        assert page.is_visible("#change")
        assert page.is_hidden("#lesson")


def test_it_takes_answers_in_the_frame_of_a_notebook(browser, tmp_path):  # noqa: F811
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><body>{steps(expression())._repr_html_()}</body>")
    with opened(browser, path) as page:
        frame = page.frame_locator("iframe")
        for _ in range(4):
            frame.locator("#on").click()
        frame.locator("#answer").fill("4")
        frame.locator("#answer").press("Enter")
        frame.get_by_text("You used").wait_for()
        frame.locator("#answer").fill("-2")
        frame.locator("#check").click()
        frame.get_by_text("Right: ∂L/∂d = f = -2.0.").wait_for()


def test_the_picture_fills_room_that_comes_later(asking):
    with asking(expression()) as page:
        wide = page.evaluate("svg.getBoundingClientRect().width")
        page.evaluate("document.body.style.width = '700px'")
        narrower = "svg.getBoundingClientRect().width"
        page.locator("#stage").evaluate("() => new Promise(requestAnimationFrame)")
        assert page.evaluate(narrower) < wide


def test_a_question_is_read_out_with_its_name(asking):
    with asking(expression(), step="#step=8") as page:
        assert page.get_by_label("∂e/∂a =").get_attribute("id") == "answer"
        assert page.get_attribute("#answer", "aria-describedby") == "asked given"
        answered(page, "17")
        assert page.get_attribute("#answer", "aria-invalid") == "true"
        answered(page, "-3")
        assert page.get_attribute("#answer", "aria-invalid") is None  # a new question
        assert page.get_attribute("#verdict", "role") == "status"

"""The steps page in a real browser: what a person does there.

What the page is told is tested in test_steps.py, which needs no browser.
"""

import json
import math

import numpy as np
import pytest
from helpers.browsers import browser, opened  # noqa: F401  # a fixture

import engine
from engine import Tensor
from nn import Model, relu
from viz import steps, tape
from viz.lesson.transcript import live_ops
from viz.words.convention import follows_formula
from viz.words.numbers import extremes, gradient_lines, number, value_lines

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)


def example(a=2.0, b=-3.0, c=10.0, f=-2.0):
    """The README's, with names on all."""
    leaves = {n: Tensor(v, name=n) for n, v in zip("abcf", (a, b, c, f), strict=True)}
    e = leaves["a"] * leaves["b"]
    d = e + leaves["c"]
    loss = d * leaves["f"]
    e.name, d.name, loss.name = "e", "d", "L"
    return loss, leaves


def reuse(a=2.0, b=-3.0):
    """`a` is used four times, and what is used twice is not a leaf alone."""
    a, b = Tensor(a, name="a"), Tensor(b, name="b")
    y = 3 * a + a * a
    return y * np.sin(y) / (a * b), {"a": a, "b": b}


def network():
    model = Model.init(5, 8, 1, rng=np.random.default_rng(0))
    return model(RNG.normal(size=(64, 5)), RNG.normal(size=64)), model


@pytest.fixture
def walked(browser, tmp_path):  # noqa: F811
    """Opens the page of a loss: `with walked(loss) as page`."""

    def walked(loss, *, step="", **options):
        path = steps(loss, tmp_path / "page.html", names=options.pop("names", None))
        return opened(browser, path, step=step, **options)

    return walked


def place_of(page, name):
    return page.evaluate("(name) => nodes.findIndex((n) => n.name === name)", name)


def texts(page, i):
    """What a card shows now: its texts that are not hidden."""
    i = place_of(page, i) if isinstance(i, str) else i
    return page.evaluate(
        """(i) => [...cards[i].querySelectorAll("text:not(.delta)")]
        .filter((text) => getComputedStyle(text).visibility === "visible")
        .map((text) => text.textContent.replaceAll("\\u00a0", " ").trim())""",
        i,
    )


def everything(page):
    """All that can be seen: the picture, the panel, the controls."""
    return page.evaluate(
        """() => [...svg.querySelectorAll("*")].map((part) => [
            [...part.classList].sort().join(" "),
            getComputedStyle(part).visibility,
            part.tagName === "text" ? part.textContent : "",
        ].join("|")).concat([byId("panel").innerText, byId("slider").value,
        ...["first", "previous", "next", "last"].map((id) => byId(id).disabled)])"""
    )


def to_the_end(page):
    while page.is_enabled("#next"):
        page.click("#next")


def the_gradients_shown_are_the_engines(page, loss):
    loss.backward()
    for i, x in enumerate(tape(loss).gradients):
        shown = texts(page, i)
        told = [" ".join(text.split()) for text in shown]
        lines = value_lines(x)[1:] if x.ndim else value_lines(x)
        gradient = gradient_lines(x)[0]
        if "up to ±" in gradient:  # drawn, with its extremes
            gradient = f"∂ {extremes(x.grad)}"
        for line in [*lines, gradient]:
            assert " ".join(line.split()) in told, shown
        assert not x.ndim or any(str(x.shape) in text for text in told)


# --- going through the steps ----------------------------------------------------------


@pytest.mark.parametrize("make", [example, reuse, network])
def test_stepping_to_the_end_shows_the_gradients_of_the_engine(walked, make):
    loss, _ = make()
    with walked(loss) as page:
        to_the_end(page)
        assert (
            page.inner_text("#count") == f"step {len(tape(loss))} of {len(tape(loss))}"
        )
        the_gradients_shown_are_the_engines(page, loss)


@pytest.mark.parametrize("make", [example, reuse, network])
def test_back_is_the_exact_inverse_of_forward(walked, make):
    loss, _ = make()
    with walked(loss, reduced_motion="reduce") as page:
        seen = [everything(page)]
        while page.is_enabled("#next"):
            page.evaluate("forward()")
            seen.append(everything(page))
        assert len({json.dumps(s) for s in seen}) == len(tape(loss)) + 1
        for before in reversed(seen[:-1]):
            page.evaluate("byId('previous').click()")
            assert everything(page) == before


def test_nothing_is_shown_before_it_has_happened(walked):
    loss, _ = example()
    with walked(loss) as page:
        assert texts(page, "a") == ["a", "2.0"]
        assert texts(page, "e") == ["e = a × b"]
        page.click("#next")
        assert texts(page, "e") == ["e = a × b", "-6.0"]
        assert page.inner_text("#formula").split("\n") == ["e = a × b", "= -6.0"]
        labels = page.locator(".edge text").first
        assert not labels.is_visible()
        page.evaluate("go(4)")
        assert labels.is_visible()  # after the seed, local derivatives are known
        assert texts(page, "L")[-1] == "∂ 1.0"


def test_a_tick_shows_the_edge_the_sentence_the_formula_and_who_waits(walked):
    loss, _ = reuse()
    with walked(loss) as page:
        to = [i for i, e in enumerate(tape(loss)) if getattr(e, "arrived", 0) == 1]
        first_of_a = next(k for k in to if tape(loss).events[k].operand.name == "a")
        page.evaluate(f"go({first_of_a + 1})")
        assert page.locator(".edge.active").count() == 1
        assert "a is used 4 times: 1 of 4 in, it waits." in page.inner_text("#why")
        assert page.inner_text("#waiting") == "a (1 of 4 in)"
        assert texts(page, 0)[-1] == "1 of 4 in"
        assert page.inner_text("#formula").split("\n") == [
            "∂L/∂a so far (1 of 4) = ∂L/∂v6 · ∂v6/∂a",
            "= (0.1511) · (b = -3.0)",
            "= -0.4534",
        ]
        to_the_end(page)
        assert "all 4 of a are in" in page.inner_text("#why")
        assert page.inner_text("#formula").startswith("∂L/∂a += ")


def test_keys_slider_list_and_address_all_lead_to_a_step(walked):
    loss, _ = example()
    with walked(loss, step="#step=7") as page:
        assert page.inner_text("#count") == "step 7 of 10"
        page.keyboard.press("ArrowLeft")
        assert page.url.endswith("#step=6")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert page.inner_text("#count") == "step 8 of 10"
        page.keyboard.press("Home")
        assert page.inner_text("#count") == "step 0 of 10"
        page.keyboard.press("End")
        assert page.inner_text("#count") == "step 10 of 10"
        page.fill("#slider", "3")
        assert page.inner_text("#count") == "step 3 of 10"
        page.click("#all summary")
        assert page.locator("#all li").count() == 11
        page.click("#all li:nth-child(6) button")
        assert page.inner_text("#count") == "step 5 of 10"
        assert page.inner_text("#all [aria-current]").startswith("5  L → d: ")
        page.evaluate("location.hash = '#step=2'")
        page.locator("#count", has_text="step 2 of 10").wait_for()


@pytest.mark.parametrize("step", ["#step=99", "#step=-1", "#step=x", "#<b>"])
def test_an_odd_address_is_not_an_error(walked, step):
    loss, _ = example()
    with walked(loss, step=step) as page:
        shown = page.inner_text("#count")
        assert shown == ("step 10 of 10" if step == "#step=99" else "step 0 of 10")


def test_space_plays_and_pauses(walked):
    loss, _ = example()
    with walked(loss) as page:
        page.clock.install(time=0)
        page.clock.pause_at(1000)  # seconds in 1970: from here, time waits for run_for
        page.keyboard.press(" ")
        assert "pause" in page.inner_text("#play")
        assert page.inner_text("#count") == "step 1 of 10"
        page.clock.run_for(1500)  # ms: the next step comes after 1100
        assert page.inner_text("#count") == "step 2 of 10"
        page.keyboard.press(" ")
        assert "play" in page.inner_text("#play")
        page.clock.run_for(2500)
        assert page.inner_text("#count") == "step 2 of 10"


def test_a_card_tells_its_full_sum_by_mouse_and_by_key(walked):
    loss, _ = reuse()
    with walked(loss) as page:
        to_the_end(page)
        page.evaluate("cards[0].focus()")
        page.keyboard.press("Enter")
        told = page.inner_text("#sum")
        assert told.count("∂L/∂v2 · ∂v2/∂a") == 2
        assert "∂L/∂a is the sum of these 4: 9.971" in told
        page.keyboard.press("Escape")
        assert page.is_hidden("#sum")
        page.locator(".reference, .node >> text=↗").first.click()
        assert "∂L/∂a is the sum of these 4" in page.inner_text("#sum")


# --- other numbers --------------------------------------------------------------------


@pytest.mark.parametrize("make", [example, reuse])
def test_other_numbers_give_what_python_gives(walked, make):
    loss, leaves = make()
    with walked(loss) as page:
        to_the_end(page)
        for _ in range(5):
            other = {n: float(RNG.normal() * 3) for n in leaves}
            for i, (_, value) in enumerate(other.items()):
                place = page.locator("#leaves input").nth(i)
                place.fill(repr(value))
            again, _ = make(**other)
            expected = tape(again)
            told = page.evaluate("numbers.steps.map((s) => s.after ?? null)")
            wanted = [getattr(e, "after", None) for e in expected]
            pairs = [(a, b) for a, b in zip(told, wanted, strict=True) if a is not None]
            assert len(pairs) == len(expected) - 1 - sum(
                type(e).__name__ == "Forward" for e in expected
            )
            for a, b in pairs:
                assert a == pytest.approx(float(b), rel=1e-12)
            the_gradients_shown_are_the_engines(page, again)


def test_in_a_large_graph_every_edge_has_its_label_that_other_numbers_change(walked):
    x = Tensor(2.0, name="x")
    loss = x * x
    for i in range(12):
        loss = loss + Tensor(float(i), name=f"x{i}")
    with walked(loss) as page:
        page.evaluate("go(steps.length)")
        labels = page.locator(".edge text")
        assert sorted(labels.all_text_contents()) == ["◂ ×1.0"] * 24 + ["◂ ×2.0"] * 2
        page.locator("#leaves input").first.fill("-5")
        assert sorted(labels.all_text_contents()) == ["◂ ×-5.0"] * 2 + ["◂ ×1.0"] * 24


def test_the_longest_number_has_room_on_its_card(walked):
    loss, leaves = example(1.0, 2.0, 3.0, 4.0)
    with walked(loss) as page:
        to_the_end(page)
        for i in range(len(leaves)):
            page.locator("#leaves input").nth(i).fill("-0.000012345")
        shown = [text for i in range(7) for text in texts(page, i)]
        assert {"-1.234e-5", "∂ -1.234e-5"} <= set(shown)
        outside = page.evaluate(
            """() => cards.flatMap((card) => {
                const box = card.querySelector("path").getBoundingClientRect();
                return [...card.querySelectorAll("text:not(.delta)")].filter((text) => {
                    const { left, right, top, bottom } = text.getBoundingClientRect();
                    return left < box.left || right > box.right || top < box.top
                        || bottom > box.bottom;
                }).map((text) => text.textContent);
            })"""
        )
        assert outside == []


def test_a_dead_unit_is_told_of_the_recorded_numbers_alone(walked):
    x = Tensor(-1.0, name="x")
    h = relu(x)
    h.name = "h"
    with walked(h * 2.0) as page:
        assert texts(page, "h") == ["h = relu(x)"]
        page.click("#next")
        assert texts(page, "h")[-1] == "† dead"
        page.locator("#leaves input").fill("1")
        assert texts(page, "h") == ["h = relu(x)", "1.0"]


def test_what_is_typed_may_be_arithmetic_and_nonsense_changes_nothing(walked):
    loss, _ = example()
    with walked(loss) as page:
        place = page.locator("#leaves input").first
        place.fill("-2*-3")
        assert texts(page, 0) == ["a", "6.0"]
        for nonsense in ("", "2a", "1/0", "alert(1)", "(" * 150, "1e999"):
            place.fill(nonsense)
            assert place.get_attribute("aria-invalid") == "true"
            assert texts(page, 0) == ["a", "6.0"]
        page.click("#reset")
        assert texts(page, 0) == ["a", "2.0"]
        assert place.input_value() == "2.0"


def test_a_nudge_goes_through_the_boxes_and_the_quotient_meets_the_gradient(walked):
    loss, _ = reuse()
    with walked(loss) as page:
        page.select_option("#nudged", label="a")
        assert page.locator(".delta").all_text_contents() == ["Δ 0.1"]
        page.click("#next")
        assert page.locator(".delta").count() == 2
        assert "go forward" in page.inner_text("#quotient")
        to_the_end(page)
        apart = []
        for h in range(9):
            page.fill("#step", str(h))
            words = page.locator("#quotient dd").all_inner_texts()
            apart.append(float(words[-1]))
        assert apart[0] > 1 > 1e-2 > apart[5] > apart[6]
        assert words[1] == words[2] == "9.971"


# --- predicting -----------------------------------------------------------------------


def answered(page, text):
    page.fill("#answer", text)
    page.keyboard.press("Enter")
    return page.inner_text("#verdict")


def test_right_answers_go_on_and_the_gradient_is_a_blank_until_then(walked):
    loss, _ = example()
    with walked(loss) as page:
        page.check("#predict")
        assert page.inner_text("#count") == "step 4 of 10"
        for answer, shown in [
            ("-2", "∂L/∂d = -2.0"),
            ("4.0", "∂L/∂f = 4.0"),
            ("-2*1", "∂L/∂e = -2.0"),
            ("1 × −2", "∂L/∂c = -2.0"),
            ("-2*-3", "∂L/∂a = 6.0"),
            ("(-2)**1 * 2", "∂L/∂b = -4.0"),
        ]:
            asked = page.inner_text("#asked")
            assert shown.split(" = ")[0] in asked
            assert "∂ ?" in page.inner_text("#stage")
            assert answered(page, answer).startswith(f"Right: {shown}")
        assert "That was all of it" in page.inner_text("#verdict")
        assert page.inner_text("#count") == "step 10 of 10"
        assert page.is_hidden("#question")


def test_every_planted_mistake_is_named(walked):
    loss, _ = example()
    with walked(loss, step="#step=8") as page:  # next: a, upstream -2, b = -3, so 6
        page.check("#predict")
        assert "left out the upstream -2.0" in answered(page, "-3")
        assert "That is the upstream gradient, of e" in answered(page, "-2.000")
        assert "a's own value" in answered(page, "2")
        assert "the sign is not" in answered(page, "-6")
        assert "multiplied, not added" in answered(page, "-2 + -3")
        assert "Multiply by the local derivative" in answered(page, "2/3")
        assert "No: take the gradient of e, -2.0" in answered(page, "17")
        assert "not a number" in answered(page, "six")
        assert page.inner_text("#count") == "step 8 of 10"
        page.click("#reveal")
        assert page.inner_text("#count") == "step 9 of 10"


def test_the_last_arrival_alone_is_not_the_sum(walked):
    loss, _ = reuse()
    last = len(tape(loss))
    with walked(loss, step=f"#step={last - 1}") as page:
        page.check("#predict")
        contribution = float(tape(loss).events[-1].contribution)
        before = float(tape(loss).events[-1].before)
        said = answered(page, repr(contribution))
        assert "the last arrival only: gradients add" in said
        assert number(before) in said
        assert "what was there before" in answered(page, repr(before))
        assert "Right" in answered(page, f"{before} + {contribution}")


def test_infinity_and_nan_are_answers_and_nothing_else_is_right_there(walked):
    with np.errstate(all="ignore"):
        infinite = 1 / Tensor(0.0, name="a")
        undefined = np.log(Tensor(0.0, name="a")) * 0.0
    with walked(infinite, step="#step=2") as page:
        page.check("#predict")
        for wrong in ("7", "∞", "1e300"):
            assert "Right" not in answered(page, wrong)
        assert answered(page, "-∞").startswith("Right: ∂L/∂a = -∞")
    last = len(tape(undefined))
    with walked(undefined, step=f"#step={last - 1}") as page:
        page.check("#predict")
        for wrong in ("banana", "7", "∞"):
            assert "Right" not in answered(page, wrong)
        assert answered(page, "NaN").startswith("Right: ∂L/∂a = NaN")


def test_a_forgotten_small_part_is_not_right(walked):
    loss, _ = example()
    with walked(loss, step="#step=8") as page:
        page.check("#predict")
        assert "Right" not in answered(page, "6.003")
        assert "Right" in answered(page, "6.001")


def test_an_answer_and_its_verdict_go_when_the_step_does(walked):
    loss, _ = example()
    with walked(loss, step="#step=8") as page:
        page.check("#predict")
        answered(page, "17")
        page.fill("#slider", "9")
        assert page.input_value("#answer") == page.inner_text("#verdict") == ""


def test_going_on_without_an_answer_is_refused_and_sums_hide_what_is_asked(walked):
    loss, _ = example()
    with walked(loss, step="#step=4") as page:
        page.check("#predict")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("ArrowRight")
        assert page.inner_text("#count") == "step 4 of 10"
        assert "First your answer" in page.inner_text("#verdict")
        page.evaluate("choose(0)")
        assert "6.0" not in page.inner_text("#sum")
        assert "= ?" in page.inner_text("#sum")
        page.select_option("#nudged", label="a")
        assert page.locator("#quotient dd").all_inner_texts() == ["first your answer"]
        assert page.locator(".delta").count() == 0


def test_an_edge_from_a_reference_card_is_brought_into_view(walked):
    a, b = Tensor(0.3, name="a"), Tensor(-0.2, name="b")
    t = a * b
    for i in range(24):
        t = np.tanh(t + (a if i % 2 else b))
    total = len(tape(t))
    with walked(t) as page:
        room = page.locator("#stage").bounding_box()
        for k in range(total - 60, total + 1):
            page.evaluate(f"go({k})")
            box = page.locator(".edge.active").bounding_box()
            assert box["x"] >= room["x"]
            assert box["x"] + box["width"] <= room["x"] + room["width"]
        assert page.locator(".reference.now, .node.now").count() >= 1


def test_a_ring_around_nan_waits_for_it_and_goes_with_other_numbers(walked):
    a = Tensor(-1.0, name="a")
    with np.errstate(all="ignore"):
        loss = np.sqrt(a) * a
    with walked(loss) as page:
        ring = page.locator(".ring").first
        assert not ring.is_visible()
        page.click("#next")
        assert ring.is_visible()
        page.evaluate("go(99)")
        assert ring.is_visible()
        page.locator("#leaves input").fill("4")
        assert not ring.is_visible()


def test_the_page_works_where_the_address_can_not_be_changed(walked):
    loss, _ = example()
    with walked(loss) as page:
        page.evaluate(
            "() => { history.replaceState = () => { throw new Error('too often'); }; }"
        )
        page.click("#next")
        assert page.inner_text("#count") == "step 1 of 10"


def test_every_control_and_card_has_a_name_that_tells_what_it_shows(walked):
    x = Tensor(2.0, name="   ")
    with walked(x * x) as page:
        to_the_end(page)
        labels = page.locator("#leaves label").all_inner_texts()
        assert labels == ["·"]
        assert page.get_attribute("#node1", "aria-label").endswith(
            "2.0 ∂ 4.0: its full sum"
        )
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, input, select")].filter(
                (e) => e.offsetParent && ![e, ...(e.labels || [])].some(
                    (l) => l.getAttribute("aria-label") || l.textContent.trim()))
            .map((e) => e.id)"""
        )
        assert nameless == []


# --- graphs of arrays, odd names, looks -----------------------------------------------


def test_arrays_step_without_being_changed(walked):
    loss, _ = network()
    with walked(loss) as page:
        for section in ("#change", "#nudge", "#predicting"):
            assert page.is_hidden(section)
        assert "as recorded" in page.inner_text("#still")
        page.evaluate("go(7)")
        assert page.inner_text("#formula").split("\n") == [
            "∂L/∂v3 = ∂v4 @ w2.T   (64, 1) @ (1, 8)",
            "with ∂v4 = ∂L/∂v4",
            f"= up to ±{number(np.abs(tape(loss).events[6].after).max())}",
        ]


ODD = [
    "</script><b>x</b>",
    "\"'`${1+1}\\",
    "<img src=x onerror=a()>",
    "a&amp;b",
    "∂ é 漢",
    "{|}",
    "@facts@",
]


@pytest.mark.parametrize("name", ODD)
def test_names_are_data_and_show_as_typed(walked, name):
    x, y = Tensor(2.0, name=name), Tensor(3.0, name="y")
    loss = y * x + x
    with walked(loss) as page:
        to_the_end(page)
        assert texts(page, 0)[0] == name
        assert page.locator("#stage b, #panel b, img").count() == 0
        assert f"all 2 of {name} are in" in page.inner_text("#why")
        assert page.locator("#leaves label").first.inner_text() == name
        page.evaluate("choose(0)")
        assert f"∂L/∂{name} is the sum of these 2: 4.0" in page.inner_text("#sum")


def test_it_is_dark_where_the_system_is_and_the_button_turns_it(walked):
    loss, _ = example()
    colour = "getComputedStyle(document.body).backgroundColor"
    with walked(loss, color_scheme="dark") as page:
        dark = page.evaluate(colour)
        card = "getComputedStyle(cards[0].querySelector('path')).fill"
        assert page.evaluate(card) == dark == "rgb(20, 23, 30)"
        edge = "getComputedStyle(edges[4].querySelector('path')).stroke"
        assert page.evaluate(edge) == "rgb(124, 130, 142)"  # the line of a dark picture
        page.click("#theme")
        assert page.evaluate(colour) == "rgb(255, 255, 255)"
    with walked(loss, color_scheme="light") as page:
        assert page.evaluate(colour) == "rgb(255, 255, 255)"


@pytest.mark.parametrize("make", [example, network])
def test_on_a_phone_nothing_but_the_picture_scrolls_sideways(walked, make):
    loss, _ = make()
    with walked(loss, viewport={"width": 390, "height": 844}) as page:
        to_the_end(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        box = page.locator(".edge.active").bounding_box()
        assert box["x"] < 390
        assert box["y"] < 844
        assert page.locator("#why").is_visible()


def test_the_picture_is_zoomed_by_key_and_button(walked):
    loss, _ = example()
    wide = "svg.getBoundingClientRect().width"
    with walked(loss) as page:
        before = page.evaluate(wide)
        page.click("#larger")
        page.keyboard.press("+")
        assert page.evaluate(wide) == pytest.approx(before * 1.25**2, rel=1e-3)
        page.keyboard.press("-")
        page.click("#smaller")
        assert page.evaluate(wide) == pytest.approx(before, rel=1e-3)


def test_reduced_motion_is_respected(walked):
    loss, _ = example()
    of = "getComputedStyle(cards[0]).transitionDuration"
    with walked(loss, reduced_motion="reduce") as page:
        assert page.evaluate(of) == "0s"
    with walked(loss, reduced_motion="no-preference") as page:
        assert page.evaluate(of) != "0s"


def seconds_busy(page, script, argument):
    """What a script takes of a processor in the page, whoever else is busy."""
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})

    def so_far():
        metrics = client.send("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in metrics if m["name"] == "TaskDuration")

    before = so_far()
    page.evaluate(script, argument)
    return so_far() - before


def test_200_nodes_stay_responsive(walked):
    rng = np.random.default_rng(1)
    made = [Tensor(float(x), name=f"x{i}") for i, x in enumerate(rng.normal(size=8))]
    for _ in range(192):
        i, j = rng.integers(max(0, len(made) - 12), len(made), 2)
        made.append(np.tanh(made[i] * 0.5) if rng.integers(2) else made[i] + made[j])
    loss = made[-1]
    for t in made[-12:-1]:
        loss = loss + t
    assert len(tape(loss).gradients) >= 200
    with walked(loss) as page:
        count = page.evaluate("steps.length") // 9
        took = seconds_busy(
            page,
            """(count) => {
                for (let j = 0; j < count; j++) {
                    go(9 * j + 1);
                    svg.getBoundingClientRect();
                }
            }""",
            count,
        )
        assert took / count < 0.1  # s; measured: 0.02
        page.fill("#leaves input >> nth=0", "1.5")
        the = page.evaluate("numbers.values[nodes.length - 1]")
        assert math.isfinite(the)


# --- the calculus of the page ---------------------------------------------------------


POINTS = [-2.5, -1.0, -0.3, 0.0, 0.25, 0.7, 1.0, 3.0]


def rule_of(op):
    return relu if op == "relu" else getattr(engine.rules, op)


def test_every_op_of_the_page_is_the_rule_of_python(walked):
    loss, _ = example()
    with walked(loss) as page:
        for op in sorted(live_ops()):
            rule = rule_of(op).__wrapped__
            two = page.evaluate(f"OPS.{op}.length") == 3
            cases = [(x, y) for x in POINTS for y in (POINTS if two else POINTS[:1])]
            told = page.evaluate(
                """([op, cases]) => cases.map((case_) => {
                    const [x, y] = case_.map(Number);
                    const [f, ...closures] = OPS[op], z = f(x, y);
                    return [z, ...closures.map((c) => c(0.7, x, y, z))].map(String);
                })""",
                [op, [[str(x), str(y)] for x, y in cases]],  # 0.0 keeps its sign
            )
            for (x, y), row in zip(cases, told, strict=True):
                args = [np.float64(x), np.float64(y)][: 2 if two else 1]
                with np.errstate(all="ignore"):
                    z, closures = rule(*args)
                    wanted = [z, *(c(np.float64(0.7)) for c in closures)]
                for ours, theirs in zip(map(float, row), wanted, strict=True):
                    assert ours == pytest.approx(
                        float(theirs), rel=1e-12, abs=1e-15, nan_ok=True
                    ), (op, x, y)


def test_nan_goes_on_to_whom_it_came_from_on_the_page_too(walked):
    loss, _ = example()
    slopes = "(x, y) => OPS[OP].slice(1).map((c) => c(1, Number(x), Number(y)))"
    with walked(loss) as page:
        for op, x, y, wanted in (
            ("relu", "NaN", "0", [1]),
            ("maximum", "NaN", "1", [1, 0]),
            ("minimum", "1", "NaN", [0, 1]),
            ("maximum", "NaN", "NaN", [0.5, 0.5]),
        ):
            call = f"({slopes.replace('OP]', repr(op) + ']')})('{x}', '{y}')"
            assert page.evaluate(call) == wanted


def test_the_page_knows_where_a_rule_does_not_follow_its_formula(walked):
    loss, _ = example()
    with walked(loss) as page, np.errstate(all="ignore"):
        for op in sorted(live_ops()):
            two = page.evaluate(f"OPS.{op}.length") == 3
            for x in POINTS:
                for y in POINTS if two else POINTS[:1]:
                    node = rule_of(op)(*map(Tensor, [x, y][: 2 if two else 1]))
                    for slot in range(len(node.parents)):
                        told = page.evaluate(f"isApart('{op}', {slot}, {x}, {y})")
                        assert told == (not follows_formula(node, slot)), (op, x, y)


def test_a_convention_is_said_to_be_one_until_other_numbers_bring_the_formula(walked):
    x = Tensor(0.0, name="x")
    with walked((x**x) * 1.0) as page:
        to_the_end(page)
        assert "(1.0) · (0.0 by convention)" in page.inner_text("#formula")
        page.locator("#leaves input").fill("2")
        assert "(1.0) · (v1 · log(x) = 2.773)" in page.inner_text("#formula")


def test_a_convention_is_said_to_be_one_of_recorded_numbers_too(walked):
    x = Tensor(0.0, name="x")
    loss = (x**x) * np.sum(Tensor([0.25, 0.75]))
    with walked(loss) as page:
        to_the_end(page)
        text = page.inner_text("body")
    assert "(1.0) · (0.0 by convention)" in text


def test_numbers_read_as_python_writes_them(walked):
    rng = np.random.default_rng(0)
    numbers = [0.0, -0.0, 1234.5, 1235.5, 1e22, 5e-324, 99995.0, 9999.5, 1234.6, 1e-5]
    numbers += (
        rng.uniform(-10, 10, 3000) * 10.0 ** rng.integers(-12, 12, 3000)
    ).tolist()
    numbers += (rng.integers(-(10**6), 10**6, 3000) / 16).tolist()
    loss, _ = example()
    with walked(loss) as page:
        assert page.evaluate("(all) => all.map(number)", numbers) == list(
            map(number, numbers)
        )
        odd = page.evaluate("[NaN, Infinity, -Infinity].map(number)")
        assert odd == [number(x) for x in (math.nan, math.inf, -math.inf)]

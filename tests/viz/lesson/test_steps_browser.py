"""The steps page in a real browser: what a person does there.

What the page is told is tested in test_steps.py, which needs no browser.
"""

import json
import math
from contextlib import contextmanager

import numpy as np
import pytest
from helpers.browsers import browser, opened  # noqa: F401  # a fixture

import engine
from engine import Tensor
from nn import Model, relu
from viz import steps, tape
from viz.words.convention import follows_formula
from viz.words.local_derivative import local_number
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

    @contextmanager
    def walked(loss, *, step="", names=None, **options):
        path = steps(loss, tmp_path / "page.html", names=names)
        with opened(browser, path, step=step, **options) as page:
            page.set_default_timeout(8_000)
            page.evaluate("byId('ask').click()")  # questions are tested elsewhere
            yield page

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
    page.evaluate("while (at < steps.length) forward()")


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
            page.text_content("#count")
            == f"step {len(tape(loss))} of {len(tape(loss))}"
        )
        the_gradients_shown_are_the_engines(page, loss)


@pytest.mark.parametrize("make", [example, reuse, network])
def test_back_is_the_exact_inverse_of_forward(walked, make):
    loss, _ = make()
    with walked(loss, reduced_motion="reduce") as page:
        seen = [everything(page)]
        while page.evaluate("at < steps.length"):
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
        page.click("#on")
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
        assert (
            "a is used 4 times: 1 of 4 parts are in, and it waits"
            in page.inner_text("#why")
        )
        assert page.inner_text("#waiting") == "a (1 of 4 in)"
        assert texts(page, 0)[-1] == "∂ -0.4534 + …"  # a sum, and it waits
        assert page.inner_text("#formula").split("\n") == [
            "∂L/∂a so far (1 of 4) = ∂L/∂v6 · ∂v6/∂a",
            "= (0.1511) · (b = -3.0)",
            "= -0.4534",
        ]
        to_the_end(page)
        assert "all 4 parts are in, so the gradient of a is" in page.inner_text("#why")
        assert page.inner_text("#formula").startswith("∂L/∂a += ")


def test_keys_slider_list_and_address_all_lead_to_a_step(walked):
    loss, _ = example()
    with walked(loss, step="#step=7") as page:
        assert page.text_content("#count") == "step 7 of 10"
        page.keyboard.press("ArrowLeft")
        assert page.url.endswith("#step=6")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert page.text_content("#count") == "step 8 of 10"
        page.keyboard.press("Home")
        assert page.text_content("#count") == "step 0 of 10"
        page.keyboard.press("End")
        assert page.text_content("#count") == "step 10 of 10"
        page.fill("#slider", "3")
        assert page.text_content("#count") == "step 3 of 10"
        page.click("#all summary")
        assert page.locator("#all li").count() == 11
        page.click("#all li:nth-child(6) button")
        assert page.text_content("#count") == "step 5 of 10"
        assert page.inner_text("#all [aria-current]").startswith("5  L → d: ")
        page.evaluate("location.hash = '#step=2'")
        page.locator("#count", has_text="step 2 of 10").wait_for()


@pytest.mark.parametrize("step", ["#step=99", "#step=-1", "#step=x", "#<b>"])
def test_an_odd_address_is_not_an_error(walked, step):
    loss, _ = example()
    with walked(loss, step=step) as page:
        shown = page.text_content("#count")
        assert shown == ("step 10 of 10" if step == "#step=99" else "step 0 of 10")


def test_space_plays_and_pauses(walked):
    loss, _ = example()
    with walked(loss) as page:
        page.clock.install(time=0)
        page.clock.pause_at(1000)  # seconds in 1970: from here, time waits for run_for
        page.keyboard.press(" ")
        assert "pause" in page.inner_text("#play")
        assert page.text_content("#count") == "step 1 of 10"
        page.clock.run_for(1500)  # ms: the next step comes after 1400
        assert page.text_content("#count") == "step 2 of 10"
        page.keyboard.press(" ")
        assert "play" in page.inner_text("#play")
        page.clock.run_for(3000)
        assert page.text_content("#count") == "step 2 of 10"


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
        page.click("#tab-change")
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
        labels = page.locator(".picture:not([hidden]) .edge text")
        assert sorted(labels.all_text_contents()) == ["◂ ×1.0"] * 24 + ["◂ ×2.0"] * 2
        page.click("#tab-change")
        page.locator("#leaves input").first.fill("-5")
        assert sorted(labels.all_text_contents()) == ["◂ ×-5.0"] * 2 + ["◂ ×1.0"] * 24


def test_the_longest_number_has_room_on_its_card(walked):
    loss, leaves = example(1.0, 2.0, 3.0, 4.0)
    with walked(loss) as page:
        to_the_end(page)
        page.click("#tab-change")
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
        page.click("#on")
        assert texts(page, "h")[-1] == "† dead"
        page.click("#tab-change")
        page.locator("#leaves input").fill("1")
        assert texts(page, "h") == ["h = relu(x)", "1.0"]


def test_what_is_typed_may_be_arithmetic_and_nonsense_changes_nothing(walked):
    loss, _ = example()
    with walked(loss) as page:
        page.click("#tab-change")
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
        page.click("#tab-change")
        page.select_option("#nudged", label="a")
        assert page.locator(".delta").all_text_contents() == ["Δ 0.1"]
        page.evaluate("forward()")
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


# --- what is seen ---------------------------------------------------------------------


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
        page.click("#on")
        assert ring.is_visible()
        page.evaluate("go(99)")
        assert ring.is_visible()
        page.click("#tab-change")
        page.locator("#leaves input").fill("4")
        assert not ring.is_visible()


def test_the_page_works_where_the_address_can_not_be_changed(walked):
    loss, _ = example()
    with walked(loss) as page:
        page.evaluate(
            "() => { history.replaceState = () => { throw new Error('too often'); }; }"
        )
        page.click("#on")
        assert page.text_content("#count") == "step 1 of 10"


def test_every_control_and_card_has_a_name_that_tells_what_it_shows(walked):
    x = Tensor(2.0, name="   ")
    with walked(x * x) as page:
        to_the_end(page)
        page.click("#tab-change")
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
        page.click("#tab-change")
        assert page.is_hidden("#numbers")
        assert page.inner_text("#still") == (
            "The numbers are as recorded and can't be changed: w1 has more than 4 × 4 "
            "entries."
        )
        page.click("#tab-lesson")
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
        assert f"all 2 parts are in, so the gradient of {name} is" in page.inner_text(
            "#why"
        )
        page.evaluate("choose(0)")
        assert f"∂L/∂{name} is the sum of these 2: 4.0" in page.inner_text("#sum")
        page.click("#tab-change")
        assert page.locator("#leaves label").first.inner_text() == name


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
        page.click("#on")
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
        page.click("#tab-change")
        page.fill("#leaves input >> nth=0", "1.5")
        the = page.evaluate("numbers.values[nodes.length - 1]")
        assert math.isfinite(the)


# --- the calculus of the page ---------------------------------------------------------


POINTS = [-2.5, -1.0, -0.3, 0.0, 0.25, 0.7, 1.0, 3.0]
OF_TWO = [
    *("add", "subtract", "multiply", "divide", "power", "logaddexp", "arctan2"),
    *("hypot", "maximum", "minimum"),
]


def rule_of(op):
    return relu if op == "relu" else getattr(engine.rules, op)


@pytest.mark.parametrize("op", ["power", "hypot", "sqrt", "maximum", "multiply"])
def test_the_page_knows_where_a_rule_does_not_follow_its_formula(walked, op):
    two = op in OF_TWO
    x, y = Tensor(0.4, name="x"), Tensor(0.6, name="y")
    loss = (rule_of(op)(x, y) if two else rule_of(op)(x)) * 1.0
    with walked(loss) as page, np.errstate(all="ignore"):
        for a in POINTS:
            for b in POINTS if two else POINTS[:1]:
                node = rule_of(op)(*map(Tensor, [a, b][: 2 if two else 1]))
                told = page.evaluate(
                    """(start) => {
                        numbers = computed(recorded.values.map((x, i) =>
                            leaves.includes(i) ? start[leaves.indexOf(i)] : x));
                        return steps.map((s, k) => [s, k]).filter(([s]) =>
                            s.kind === "backward" && nodes[s.operand].op === undefined)
                            .map(([s, k]) => isApart(s, k));
                    }""",
                    [a, b],
                )
                slots = range(len(node.parents))
                finite = [np.isfinite(local_number(node, i)) for i in slots]
                wanted = [not follows_formula(node, i) for i in slots]
                assert [t for t, ok in zip(told, finite, strict=True) if ok] == [
                    w for w, ok in zip(wanted, finite, strict=True) if ok
                ], (a, b)


def test_a_convention_is_said_to_be_one_until_other_numbers_bring_the_formula(walked):
    x = Tensor(0.0, name="x")
    with walked((x**x) * 1.0) as page:
        to_the_end(page)
        assert "(1.0) · (0.0 by convention)" in page.inner_text("#formula")
        page.click("#tab-change")
        page.locator("#leaves input").fill("2")
        page.click("#tab-lesson")
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


# --- other entries of arrays ----------------------------------------------------------

X = np.array([[0.5, -1.0], [1.5, 2.0], [-0.5, 0.25]])
W = [[0.5, -1.0], [0.3, 0.8]]


def layer(w=W):
    w, b = Tensor(w, name="w"), Tensor([0.1, -0.2], name="b")
    h = np.tanh(X @ w + b)
    loss = (h.max(axis=1) ** 2).mean() + np.exp(-(w.T @ w)[0, 1])
    h.name, loss.name = "h", "L"
    return loss


def test_other_entries_give_what_python_gives(walked):
    loss = layer()
    with walked(loss) as page:
        to_the_end(page)
        page.click("#tab-change")
        for entry in [(0, 0), (1, 1)]:
            name = f"w[{entry[0]}, {entry[1]}]"
            page.get_by_label(name, exact=True).fill("-0.75")
            other = np.array(W)
            other[entry] = -0.75
            expected = tape(layer(other))
            told = page.evaluate(
                "numbers.steps.map((s) => s.after && (s.after.data || [s.after]))"
            )
            for mine, event in zip(told, expected, strict=True):
                if mine is not None:
                    after = np.ravel(np.asarray(event.after))
                    np.testing.assert_allclose(mine, after, rtol=1e-12, atol=1e-15)
            values = page.evaluate("numbers.values.map((x) => x.data || [x])")
            for mine, x in zip(values, expected.gradients, strict=True):
                np.testing.assert_allclose(mine, np.ravel(x.data), rtol=1e-12)
            page.click("#reset")
        assert page.evaluate("numbers === recorded")


def test_a_card_shows_the_entries_as_they_are_now(walked):
    w, x = Tensor([1.0, 2.0], name="w"), np.array([3.0, -1.0])
    p = w * x
    p.name = "p"
    with walked(p.sum()) as page:
        to_the_end(page)
        page.click("#tab-change")
        page.get_by_label("w[1]", exact=True).fill("0.5")
        assert "[1.0, 0.5]" in texts(page, "w")
        assert "[3.0, -0.5]" in texts(page, "p")
        assert "∂ [3.0, -1.0]" in texts(page, "w")
        page.click("#reset")
        assert "[3.0, -2.0]" in texts(page, "p")


def test_an_entry_is_nudged_and_its_quotient_meets_the_gradient(walked):
    loss = layer()
    with walked(loss) as page:
        to_the_end(page)
        page.click("#tab-change")
        page.select_option("#nudged", label="w[0, 1]")
        page.fill("#step", "6")
        _, quotient, slope, apart = page.locator("#quotient dd").all_inner_texts()
        assert quotient == slope
        assert float(apart) < 1e-4
        assert page.locator(".delta").count() > 4


def test_what_the_page_can_not_compute_says_why_and_is_walked_all_the_same(walked):
    z = Tensor([[0.2, -0.5], [1.5, 0.3]], name="z")
    with walked(np.linalg.inv(z).sum()) as page:
        to_the_end(page)
        page.click("#tab-change")
        assert "know np.linalg.inv, which inv needs" in page.inner_text("#still")
        assert page.is_hidden("#numbers")

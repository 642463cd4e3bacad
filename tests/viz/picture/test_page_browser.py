"""The page of a picture in a real browser: what a person does there.

What the page is told is tested in test_page.py and test_insides.py, which need no
browser.
"""

from contextlib import contextmanager

import numpy as np
import pytest
from helpers.browsers import browser, opened  # noqa: F401  # a fixture
from helpers.gallery import PROGRAMS
from helpers.scenes import various

from engine import Tensor, scope
from viz import draw, lines

pytestmark = pytest.mark.slow

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
SMALLEST = """() => Math.min(...[...sheet.svg.querySelectorAll(".node text")].map(
    (text) => parseFloat(text.getAttribute("font-size")) * text.getScreenCTM().a))"""


@pytest.fixture
def shown(browser, tmp_path):  # noqa: F811
    """Opens the page of a drawing: `with shown(drawing) as page`."""

    @contextmanager
    def shown(drawing, **options):
        with opened(browser, drawing.save(tmp_path / "page.html"), **options) as page:
            page.set_default_timeout(8_000)
            yield page

    return shown


def program(name, **options):
    loss, names = PROGRAMS[name]()
    return draw(loss, names=names, **options)


def nested(label="net"):
    """A fold that hides another."""
    with scope(label):
        t = Tensor(np.ones((2, 2)), name="x")
        for i in range(8):
            with scope(f"inner {i}"):
                t = various(t, 6, since=6 * i)
    loss = t.sum()
    loss.backward()
    return draw(loss, fold=[label])


def card(page, ident):
    return page.evaluate_handle(f"sheet.cardElements.get('{ident}')").as_element()


def fold_of(page):
    """The ident of the first fold on the stage that can be opened."""
    return page.evaluate(
        "Object.keys(sheet.cards).find((ident) => sheet.cards[ident].opens)"
    )


def path(page):
    """What the trail says; nothing where the whole graph is shown."""
    if not page.is_visible("#trail"):
        return []
    return page.locator("#trail > :not(i)").all_text_contents()


def camera(page):
    return page.evaluate("({ ...sheet.camera })")


def panel(page):
    return page.inner_text("#told")


@SIZES
@pytest.mark.parametrize("name", ["first_graph", "gpt", "rnn_50", "odd_names"])
def test_it_opens_readable_with_the_result_in_sight(shown, name, size):
    with shown(program(name), viewport=size) as page:
        assert page.evaluate(SMALLEST) >= 11 - 1e-6
        stage = page.locator("#stage").bounding_box()
        box = page.evaluate("resultOf(sheet).getBoundingClientRect().toJSON()")
        assert stage["x"] <= box["left"] <= box["right"] <= stage["x"] + stage["width"]
        below = stage["y"] + stage["height"]
        assert stage["y"] <= box["top"] <= box["bottom"] <= below
        assert page.evaluate("sheet.camera.k") <= 2


@SIZES
def test_nothing_is_cropped(shown, size):
    with shown(nested(), viewport=size) as page:
        page.evaluate(f"open('{fold_of(page)}')")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"]
        for button in page.locator("button:visible").all():
            box = button.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size["width"]
            assert min(box["width"], box["height"]) >= 24


def test_all_and_the_result_by_button_and_by_key(shown):
    with shown(program("gpt")) as page:
        first = camera(page)
        page.keyboard.press("0")
        whole = camera(page)
        assert whole["k"] < first["k"]
        assert page.is_hidden("#map")
        page.click("#result")
        assert camera(page) == first
        assert page.is_visible("#map")
        page.click("#fit")
        assert camera(page) == whole
        page.keyboard.press("1")
        assert camera(page) == first
        page.keyboard.press("ArrowUp")
        assert camera(page)["y"] < first["y"]


def test_a_click_on_the_map_goes_there(shown):
    with shown(program("gpt")) as page:
        before, box = camera(page), page.locator("#map").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
        page.mouse.down()
        top = camera(page)
        assert top["y"] < before["y"]
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.up()
        assert top["y"] < camera(page)["y"] < before["y"]
        boxes = page.evaluate("sheet.map.querySelectorAll('rect').length")
        assert boxes == page.evaluate("sheet.cardElements.size") + 1


def test_a_small_picture_has_no_map(shown):
    with shown(program("first_graph")) as page:
        assert page.is_hidden("#map")


@pytest.mark.parametrize("way", ["Enter", "o", "double click", "mark", "button"])
def test_a_fold_opens_in_place(shown, way):
    with shown(nested()) as page:
        ident = fold_of(page)
        element = card(page, ident)
        if way == "Enter":
            element.focus()
            page.keyboard.press("Enter")
            assert "several cards in one" in panel(page)
            assert path(page) == []
            page.keyboard.press("Enter")
        elif way == "o":
            element.focus()
            page.keyboard.press("o")
        elif way == "double click":
            element.dblclick()
        elif way == "mark":
            element.query_selector(".opener").click()
        else:
            element.click()
            page.get_by_role("button", name="Open it here").click()
        assert path(page) == ["graph", "net"]
        assert "▣ inner 0" in page.inner_text("#stage").replace("\xa0", " ")
        assert page.evaluate("document.activeElement.textContent") == "net"
        assert page.evaluate(SMALLEST) >= 11 - 1e-6


def test_folds_in_folds_open_and_the_way_back_returns_to_the_card(shown):
    at = "sheet.about.get(document.activeElement).ident"
    with shown(nested()) as page:
        outer = fold_of(page)
        before = camera(page)
        page.evaluate(f"open('{outer}')")
        inner = fold_of(page)
        page.evaluate(f"open('{inner}')")
        assert path(page) == ["graph", "net", "inner 0"]
        page.keyboard.press("Backspace")
        assert path(page) == ["graph", "net"]
        assert page.evaluate(at) == inner
        page.evaluate(f"open('{inner}')")
        page.locator("#trail button").first.click()
        assert path(page) == []
        assert page.evaluate(at) == outer
        assert camera(page)["k"] == before["k"]
        page.evaluate(f"open('{outer}')")
        page.evaluate("pin(resultOf(sheet))")
        page.keyboard.press("Escape")  # lets go
        assert path(page) == ["graph", "net"]
        page.keyboard.press("Escape")
        assert path(page) == []


def test_the_panel_tells_of_a_card_in_a_fold(shown):
    drawing = program("attention", open=(), max_nodes=8)
    with shown(drawing) as page:
        page.evaluate(f"open('{fold_of(page)}')")
        assert "the inside of a fold" in panel(page)
        page.evaluate("pin(resultOf(sheet))")
        assert "operation" in panel(page)
        assert "gradient" in panel(page)
        assert "from its operands" in panel(page)


def test_what_stands_beside_a_long_name_has_room(shown):
    x = Tensor(np.arange(6.0).reshape(2, 3), name="a_name_" + "that_is_long_" * 6)
    y = x.max(axis=1, keepdims=True)
    y.sum().backward()
    with shown(draw(y)) as page:
        page.evaluate("pin(resultOf(sheet))")
        room = page.locator("#told").bounding_box()["width"]
        for told in page.locator("#told dd").all():
            assert told.bounding_box()["width"] > room / 2 - 20


def test_an_edge_says_what_it_brings_near_the_pointer(shown):
    middle = """(i) => {
      const path = [...sheet.edgeElements.values()][i].querySelector(".reach");
      const point = path.getPointAtLength(path.getTotalLength() / 2);
      const at = point.matrixTransform(path.getScreenCTM());
      return [at.x, at.y];
    }"""
    with shown(program("first_graph")) as page:
        assert page.is_hidden("#tip")
        page.mouse.move(*page.evaluate(middle, 0))
        assert page.inner_text("#tip") == "-2.0 × (-3.0) = 6.0"
        assert "-2.0 × (-3.0) = 6.0" in panel(page)
        page.mouse.move(5, 795)
        assert page.is_hidden("#tip")


def test_a_cell_of_a_heat_map_says_its_index_and_its_number(shown):
    at = """([kind, x, y]) => {
      const map = sheet.cardElements.get("n0").querySelector(`.chart.${kind}`);
      const point = new DOMPoint(x, y).matrixTransform(map.getScreenCTM());
      return [point.x, point.y];
    }"""
    x = Tensor(np.arange(60.0).reshape(6, 10) - 30, name="x")
    (x * x).sum().backward()
    with shown(draw(x)) as page:
        width, height = page.evaluate(
            "sheet.cardElements.get('n0').querySelector('.chart').dataset.cell.split(',')"
        )
        left = page.evaluate(
            "+sheet.cardElements.get('n0').querySelector('.chart').dataset.left"
        )
        cell = [left + 3.5 * float(width), 2.5 * float(height)]
        page.mouse.move(*page.evaluate(at, ["value", *cell]))
        assert page.inner_text("#tip") == "[2, 3]  -7.0"
        page.mouse.move(*page.evaluate(at, ["grad", *cell]))
        assert page.inner_text("#tip") == "∂ [2, 3]  -14.0"
        page.mouse.move(*page.evaluate(at, ["value", -3, -3]))
        assert page.is_hidden("#tip")


def test_a_cell_of_a_slice_says_its_whole_index(shown):
    at = """([slice, row, column]) => {
      const map = sheet.cardElements.get("n0").querySelector(".chart.value");
      const { cell, gap, across, rows, columns, left } = map.dataset;
      const [width, height] = cell.split(",").map(Number);
      const aside = slice % across, down = Math.floor(slice / across);
      const x = +left + aside * (columns * width + +gap) + (column + 0.5) * width;
      const y = down * (rows * height + +gap) + (row + 0.5) * height;
      const point = new DOMPoint(x, y).matrixTransform(map.getScreenCTM());
      return [point.x, point.y];
    }"""
    x = Tensor(np.arange(96.0).reshape(4, 4, 6), name="x")
    with shown(draw(x)) as page:
        for index in ([0, 0, 0], [1, 2, 3], [3, 3, 5]):
            page.mouse.move(*page.evaluate(at, index))
            number = float(np.ravel_multi_index(index, (4, 4, 6)))
            assert page.inner_text("#tip") == f"{index}  {number}"


def test_an_edge_of_arrays_says_its_formula_and_how_much_goes_back(shown):
    x, w = Tensor(np.ones((2, 3)), name="x"), Tensor(np.ones((3, 2)) / 2, name="w")
    loss = np.tanh(x @ w).sum()
    loss.backward()
    with shown(draw(loss)) as page:
        page.evaluate("pin([...sheet.edgeElements.values()][1])")
        said = panel(page)
        assert "x.T @ ∂" in said
        assert "(3, 2) @ (2, 2)" in said
        assert "gives ∂ up to ±" in said or "gives ∂ all " in said


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_system_until_somebody_chooses(shown, scheme):
    paper = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(sheet.svg.querySelector('.node text.value')).fill"
    light = ("rgb(255, 255, 255)", "rgb(27, 31, 42)")
    dark = ("rgb(20, 23, 30)", "rgb(233, 236, 242)")

    def look(page):
        return page.evaluate(paper), page.evaluate(ink)

    with shown(nested(), color_scheme=scheme) as page:
        assert look(page) == (light if scheme == "light" else dark)
        page.click("#theme")
        assert look(page) == dark
        page.evaluate(f"open('{fold_of(page)}')")
        assert look(page) == dark
        page.keyboard.press("t")
        assert look(page) == light
        page.keyboard.press("t")
        assert look(page) == (light if scheme == "light" else dark)


def test_a_theme_that_was_chosen_has_no_button(shown):
    drawing = program("first_graph", theme="dark")
    with shown(drawing, color_scheme="light") as page:
        assert page.is_hidden("#theme")
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert colour == "rgb(20, 23, 30)"
        page.keyboard.press("t")
        assert page.evaluate("document.documentElement.dataset.theme") is None


def test_tab_goes_along_the_program_and_keys_do_all(shown):
    at = "sheet.about.get(document.activeElement)?.ident"
    with shown(program("first_graph")) as page:
        page.locator("#help").focus()
        seen = []
        for _ in range(7):
            page.keyboard.press("Tab")
            seen.append(page.evaluate(at))
        assert seen == [f"n{i}" for i in range(7)]
        page.keyboard.press("Enter")
        assert "the result" in panel(page)
        assert page.evaluate("pinned === document.activeElement")
        page.keyboard.press("Enter")
        assert page.evaluate("pinned") is None
        page.keyboard.press("?")
        assert "On the keyboard" in panel(page)


def test_a_reference_comes_before_what_it_is_used_by(shown):
    with shown(program("gpt")) as page:
        order = page.evaluate(
            "[...sheet.svg.querySelectorAll('.node')]"
            ".map((card) => sheet.about.get(card).ident)"
        )
        edges = page.evaluate(
            "sheet.edges.filter((e) => sheet.cards[e.tail].kind === 'drawn elsewhere')"
            ".map((e) => [e.tail, e.head])"
        )
        assert edges
        assert all(order.index(tail) < order.index(head) for tail, head in edges)


def test_the_line_of_an_op_is_told(shown):
    x = Tensor(2.0, name="x")
    with lines():
        h = np.tanh(x * 3.0)
    with shown(draw(h)) as page:
        page.evaluate("pin(resultOf(sheet))")
        assert "test_page_browser.py:" in panel(page)
        assert "h = np.tanh(x * 3.0)" in panel(page)


def test_a_name_is_data_everywhere(shown):
    name = "</template><img src=x onerror=alert(1)>\"'&@facts@"
    with shown(nested(name)) as page:
        element = card(page, fold_of(page))
        element.click()
        assert name in panel(page)
        element.dblclick()
        assert path(page) == ["graph", name]
        assert name in panel(page)
        assert page.locator("img").count() == 0

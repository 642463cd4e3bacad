"""The page that is one file, and what it can be asked.

Here, that it holds what it needs, fetches nothing, and says every number in full. How
it looks and moves is tried in a browser by hand.
"""

import base64
import hashlib
import re
import weakref

import numpy as np
import pytest
from helpers.pages import facts, pictures
from helpers.scenes import various

from engine import Tensor
from viz import draw, lines
from viz.picture import entries
from viz.picture.entries import FIRST, WRITTEN


def page_of(tensor, **options):
    return draw(tensor, **options).html()


def facts_of(tensor, **options):
    return facts(page_of(tensor, **options))


@pytest.fixture
def loss():
    a, b = Tensor(1 / 3, name="a"), Tensor(-3.0, name="b")
    y = a * b + a
    y.backward()
    return y


def test_it_is_saved_by_its_ending_and_is_the_same_every_time(loss, tmp_path):
    path = draw(loss).save(tmp_path / "graph.html")
    assert path.read_text("utf-8") == page_of(loss)
    assert path.read_bytes().startswith(b"<!DOCTYPE html>")


def test_it_holds_the_picture_and_fetches_nothing(loss):
    text = page_of(loss)
    svg = draw(loss).svg()
    assert [s.lower() for s in pictures(text)] == [
        svg[svg.index("<svg") :].strip().lower()
    ]
    urls = set(re.findall(r"https?://[^\s\"'<>)]+", text))
    assert urls == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"\b(src|href)=|@import|url\(|fetch\(|XMLHttp|innerHTML", text)


def test_its_policy_allows_its_own_script_and_no_other(loss):
    text = page_of(loss)
    (script,) = re.findall(r"(?s)<script>(.*?)</script>", text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert not re.search(r"\bon\w+=", text.replace("content=", ""))


def test_it_has_the_colours_of_the_theme(loss):
    assert ":root{--paper:#FFFFFF;" in page_of(loss)
    assert ":root{--paper:#14171E;" in page_of(loss, theme="dark")


def test_numbers_are_in_full_and_edges_say_their_derivative(loss):
    told = facts_of(loss)
    a, b, product, total = told["cards"].values()
    assert a["value"]["lines"] == [repr(1 / 3)]
    assert (a["kind"], a["name"], a["shape"]) == ("parameter or input", "a", "()")
    assert b["gradient"]["lines"] == [repr(1 / 3)]
    assert product["title"] == "a × b"
    assert total["kind"] == "the result"
    assert [(e["tail"], e["head"], e["slot"], e["lines"]) for e in told["edges"]] == [
        ("n0", "n2", 0, ["×-3.0", "1.0 × (-3.0) = -3.0"]),
        ("n1", "n2", 1, ["×0.3333", "1.0 × 0.3333 = 0.3333"]),
        ("n2", "n3", 0, ["×1.0", "1.0 × 1.0 = 1.0"]),
        ("n0", "n3", 1, ["×1.0", "1.0 × 1.0 = 1.0"]),
    ]


def test_what_an_edge_brings_is_the_product_of_what_comes_and_the_local_derivative():
    x = Tensor(0.5, name="x")
    y = np.exp(np.tanh(x) * 3.0) * x
    assert {len(edge["lines"]) for edge in facts_of(y)["edges"]} == {1}  # no pass yet
    y.backward()
    facts = facts_of(y)
    (total,) = facts["cards"]["n0"]["gradient"]["lines"]
    of_x = {"n0"} | {i for i, c in facts["cards"].items() if c.get("drawn") == "n0"}
    shares = [e["lines"][1] for e in facts["edges"] if e["tail"] in of_x]
    shares = [float(share.partition(" = ")[2]) for share in shares]
    assert sum(shares) == pytest.approx(float(total), rel=1e-3)
    folded = facts_of(y, max_nodes=5)
    assert any(" × " in line for e in folded["edges"] for line in e["lines"])


def test_an_op_tells_its_operands_in_their_order_numbers_too():
    x, y = Tensor(2.0, name="x"), Tensor(3.0, name="y")
    told = facts_of((5.0 - x) / y)
    slots = [card.get("slots") for card in told["cards"].values()]
    assert slots == [None, ["5.0", "x"], None, ["·", "y"]]
    places = [(edge["tail"], edge["slot"]) for edge in told["edges"]]
    assert places == [("n0", 1), ("n1", 0), ("n2", 1)]


def test_edges_tell_their_derivative_though_the_picture_does_not(loss):
    assert facts_of(loss, edge_labels=False) == facts_of(loss)


def test_the_states_of_a_gradient_are_told_apart():
    x = Tensor(2.0, name="x")
    told = facts_of(x * Tensor(3.0, requires_grad=False))["cards"]
    assert told["n0"]["gradient"] == {"note": "∂ not run"}
    assert told["n1"]["gradient"] == {"note": "no grad"}


@pytest.mark.parametrize(
    ("array", "lines"),
    [
        (np.float32([0.1, -2.0]), [" 0.1", "-2.0"]),
        (np.array([[1.0, 22.5], [300.0, 4.0]]), ["  1.0  22.5", "300.0   4.0"]),
        (np.array([np.nan, np.inf, -np.inf]), ["NaN", "  ∞", " -∞"]),
        (np.array([[], []]), ["[[], []]"]),
        (np.array([1, 20]), [" 1", "20"]),
    ],
)
def test_small_arrays_are_written_out_row_by_row(array, lines):
    leaf = Tensor(array, requires_grad=False)
    assert facts_of(leaf)["cards"]["n0"]["value"]["lines"] == lines


def test_of_large_arrays_the_first_entries_and_a_summary():
    leaf = Tensor(np.arange(WRITTEN + 1.0) / 3)
    told = facts_of(leaf)["cards"]["n0"]["value"]
    assert len(told["lines"]) == FIRST
    assert told["summary"] == [
        ["min", "0.0"],
        ["mean", repr(float(leaf.data.mean()))],
        ["max", repr(WRITTEN / 3)],
    ]
    assert told["note"] == f"the first {FIRST} of {WRITTEN + 1} entries"


def test_an_op_tells_the_line_that_made_it_if_that_was_noted():
    x = Tensor(2.0, name="x")
    with lines():
        h = np.tanh(x * 3.0)
        y = h * h
    told = facts_of(y * 1.0)["cards"]
    noted = [card.get("line") for card in told.values()]
    (first, of_first), second, (third, of_third) = noted[1:4]
    assert noted[0] is noted[4] is None
    assert first.startswith("test_page.py:")
    assert [first, of_first] == second
    assert (of_first, of_third) == ("h = np.tanh(x * 3.0)", "y = h * h")
    assert third == f"test_page.py:{int(first.partition(':')[2]) + 1}"


def test_a_line_is_data():
    scope = {"Tensor": Tensor, "lines": lines}
    text = "x = Tensor(2.0)\nwith lines():\n    y = x * x\n"
    hostile = "a<script>alert(1)<!--"
    exec(compile(text, f"/home/secret/{hostile}.py", "exec"), scope)
    page = page_of(scope["y"])
    assert facts(page)["cards"]["n1"]["line"] == [f"{hostile}.py:3", ""]
    assert hostile not in page
    assert "secret" not in page


def test_a_reference_tells_where_its_leaf_is_drawn():
    w = Tensor(1.0, name="w")
    h = np.tanh(np.tanh(np.tanh(w * 2.0)))
    told = facts_of(h * w)["cards"]
    (reference,) = [card for card in told.values() if "drawn" in card]
    assert told[reference["drawn"]]["name"] == "w"


def test_a_folded_card_tells_what_it_hides_and_its_output_in_full():
    t = folded_output = various(Tensor(0.5), 100)
    loss = t * 2.0
    loss.backward()
    told = facts_of(loss, max_nodes=10)["cards"]
    (folded,) = [c for c in told.values() if c["kind"] == "several cards in one"]
    assert folded["hides"] == ["folded: 100 nodes", "100 ops"]
    assert folded["value"]["lines"] == [repr(float(folded_output.data))]
    assert folded["gradient"]["lines"] == ["2.0"]


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("shape", [(), (8, 8)])
@pytest.mark.parametrize("max_nodes", [None, 10])
def test_a_drawing_keeps_no_tensor_alive(shape, max_nodes):
    leaf = Tensor(np.full(shape, 2.0))
    held, t = [weakref.ref(leaf)], leaf
    for _ in range(20):
        t = np.tanh(t)
        held.append(weakref.ref(t))
    loss = t.sum()
    loss.backward()
    drawing = draw(loss, max_nodes=max_nodes)
    del leaf, t, loss
    assert [tensor() for tensor in held] == [None] * 21
    assert "2.0" in drawing.html()


@pytest.mark.parametrize("size", [3, WRITTEN + 1])
@pytest.mark.parametrize("change", ["bound anew", "written into"])
def test_a_page_saved_after_a_step_has_the_numbers_of_the_drawing(size, change):
    w = Tensor(np.arange(1.0, size + 1), name="w")
    loss = (w * w).sum()
    loss.backward()
    drawing, at_once = draw(loss), page_of(loss)
    if change == "bound anew":
        w.data = w.data - 0.1 * w.grad
        w.grad = None
    else:
        w.data -= 0.1 * w.grad
        w.grad[:] = 0.0
    assert drawing.html() == at_once


def test_only_a_page_words_every_number(loss, monkeypatch):
    def never(*_):
        raise AssertionError("a number was written in full")

    monkeypatch.setattr(entries, "_exact", never)
    drawing = draw(loss)
    drawing.svg()
    with pytest.raises(AssertionError, match="in full"):
        drawing.html()

"""What a page is told, and trusted with.

What a person does on the page is tried in a browser, in test_steps_browser.py.
"""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import weakref
from pathlib import Path

import numpy as np
import pytest

from engine import Tensor, debug, no_grad, op
from nn import Model
from viz import steps, tape
from viz.lesson.steps import MOST_CARDS, SCRIPTS

LESSON = Path(__file__).parents[3] / "viz" / "lesson"
FILES = [LESSON / name for name in SCRIPTS]


def page_of(loss, tmp_path, **options):
    text = steps(loss, tmp_path / "page.html", **options).read_text("utf-8")
    return text.replace("&#160;", " ").replace("&#45;", "-")


def facts_of(loss, tmp_path, **options):
    text = page_of(loss, tmp_path, **options)
    found = re.search(r'(?s)<script type="application/json" id="facts">(.*?)</sc', text)
    return json.loads(found[1])


@pytest.fixture
def loss():
    a, b = Tensor(2.0, name="a"), Tensor(-3.0, name="b")
    return a * b + a


# --- what the page is told ------------------------------------------------------------


def test_it_is_told_the_tape_with_all_numbers_in_full(loss, tmp_path):
    told = facts_of(loss, tmp_path)
    assert told["still"] == ""
    names = [node["name"] for node in told["nodes"]]
    assert names == ["a", "b", "v1", "L"]
    kinds = [step["kind"] for step in told["steps"]]
    assert kinds == ["forward"] * 2 + ["seed"] + ["backward"] * 4
    last = told["steps"][-1]
    assert (last["node"], last["operand"], last["symbol"]) == (2, 1, "a")
    assert last["numbers"] == {
        "upstream": 1.0,
        "contribution": 2.0,
        "after": 2.0,
        "local": 2.0,
    }
    assert last["asked"] == ["local"]  # its product is with 1
    assert last["lines"] == [["y", ["*", "x0", "x1"]], ["r", ["*", "g", "x0"]]]
    assert told["nodes"][2]["operands"] == [{"node": 0}, {"node": 1}]


def test_the_steps_are_those_of_the_tape(loss, tmp_path):
    told = facts_of(loss, tmp_path)["steps"]
    afters = [step["numbers"]["after"] for step in told if "numbers" in step]
    assert afters == [e.after for e in tape(loss) if hasattr(e, "arrived")]


def test_constants_are_told_by_their_number(tmp_path):
    told = facts_of(2 * Tensor(3.0) + np.float64(0.5), tmp_path)
    assert told["nodes"][1]["operands"][0] == {"number": 2.0}
    assert told["still"] == ""


@op()
def by_hand(x):
    """A rule that asks which number it was given, so its lines are for that one."""
    if x > 0:
        return x * x, (lambda g: g * 2 * x,)
    return x * 1.0, (lambda g: g,)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Tensor(np.ones(17)) * 3.0, "v1 has more than 4 × 4 entries"),
        (lambda: Tensor(np.float32(2.0)) * 3, "v1 is float32, and the page has float6"),
        (lambda: Tensor(2.0) ** np.float32(0.1), "0.1 is float32, and the page has fl"),
        (
            lambda: np.linalg.inv(Tensor(np.eye(2))),
            "the page does not know np.linalg.inv, which inv needs",
        ),
        (lambda: by_hand(Tensor(2.0)) * 3.0, "a choice that depends on the numbers"),
    ],
)
def test_it_says_why_numbers_can_not_be_changed(make, why, tmp_path):
    loss = make()
    loss = loss if loss.ndim == 0 else loss.sum()
    assert why in facts_of(loss, tmp_path)["still"]


def test_arrays_of_few_entries_can_be_changed(tmp_path):
    w, x = Tensor([[1.0, 2.0], [3.0, 4.0]], name="w"), np.array([1.0, -1.0])
    told = facts_of(np.tanh(x @ w).sum(), tmp_path)
    assert told["still"] == ""
    assert told["nodes"][0]["number"] == {"shape": [2, 2], "data": [1.0, 2.0, 3.0, 4.0]}


def test_data_that_was_changed_since_is_refused_with_the_cure(tmp_path):
    a, b = Tensor(2.0, name="a"), Tensor(-3.0, name="b")
    loss = a * b
    loss.backward()
    a.data = a.data - 0.1 * a.grad  # as an optimiser does
    with pytest.raises(RuntimeError, match="^steps: data was changed since L = a × b"):
        steps(loss, tmp_path / "page.html")
    with pytest.raises(RuntimeError, match="compute the loss again, and pass that"):
        steps(loss)


def test_the_line_of_the_program_stands_beside_an_op_made_under_debug(tmp_path):
    with debug():
        a = Tensor(2.0, name="a")
        loss = a * a
    node = facts_of(loss, tmp_path)["nodes"][-1]
    name, number, text = node["line"]
    assert (name, text) == ("test_steps.py", "loss = a * a")
    assert type(number) is int
    assert "line" not in facts_of(a * a, tmp_path)["nodes"][-1]


def test_in_a_notebook_it_is_a_frame_that_reaches_nothing(loss):
    page = steps(loss)
    text = page._repr_html_()
    assert re.match(r'<iframe srcdoc="&lt;!DOCTYPE html&gt;', text)
    assert 'sandbox="allow-scripts"' in text
    (inside,) = re.findall(r'srcdoc="([^"]*)"', text)
    assert html.unescape(inside) == page.html()


def test_without_a_path_it_is_text_and_can_be_saved(loss, tmp_path):
    page = steps(loss)
    path = page.save(tmp_path / "page.html")
    assert path.read_text("utf-8") == page.html()
    assert path.read_bytes() == steps(loss, tmp_path / "b.html").read_bytes()
    assert repr(page) == (
        "Page(7 steps): .save('steps.html') writes it, .html() is its text, a notebook "
        "shows it"
    )
    with pytest.raises(ValueError, match=r"^steps: 'a\.txt' is a page, and must end"):
        page.save(tmp_path / "a.txt")


def test_numbers_that_json_lacks_are_words(tmp_path):
    x = Tensor(0.0, name="x")
    with np.errstate(all="ignore"):
        told = facts_of(np.sqrt(x) * 0.0, tmp_path)
    assert told["steps"][-1]["numbers"]["local"] == "Infinity"
    assert told["steps"][-1]["numbers"]["after"] == "NaN"


def test_variables_name_what_has_no_name(tmp_path):
    a = Tensor(2.0)
    e = a * a
    top = np.tanh(e)
    told = facts_of(top, tmp_path, names={"a": a, "e": e, "top": top})
    assert [node["name"] for node in told["nodes"]] == ["a", "e", "top"]
    page = page_of(top, tmp_path, names={"a": a, "e": e})
    assert "e = a × a" in re.sub("</?tspan[^>]*>", "", page)


def test_nobodys_gradient_is_touched_and_backward_need_not_have_run(loss, tmp_path):
    text = page_of(loss, tmp_path)
    assert re.search("> *∂ -2.0 *<", text)  # with room for other numbers
    assert "not run" not in re.search(r"(?s)<svg.*?</svg>", text)[0]
    assert all(x.grad is None for x in tape(loss).gradients)


def test_the_same_program_gives_the_same_page(tmp_path):
    def page():
        x = Tensor(0.5, name="x")
        return page_of(np.tanh(x) * x, tmp_path)

    assert page() == page()


@pytest.mark.usefixtures("no_collector")
def test_nothing_is_kept_alive(tmp_path):
    x = Tensor(2.0)
    loss = x * x
    steps(loss, tmp_path / "page.html")
    held = weakref.ref(loss)
    del loss
    assert held() is None


# --- one file, small, that asks nobody and runs nothing else --------------------------


def test_it_fetches_nothing_and_allows_its_own_script_only(loss, tmp_path):
    text = page_of(loss, tmp_path)
    urls = set(re.findall(r"https?://[^\s\"'<>)]+", text))
    assert urls == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    (script,) = re.findall(r"(?s)<script>(.*?)</script>", text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")


def test_a_page_of_30_nodes_has_at_most_320_kb(tmp_path):
    x = [Tensor(float(i + 1), name=f"x{i}") for i in range(6)]
    made = list(x)
    for i in range(24):
        made.append(np.tanh(made[i]) if i % 3 == 0 else made[i] * made[i + 2])
    loss = made[-1]
    used = tape(loss).gradients
    i = 0
    while len(used) < 30:
        loss = loss + made[i] * made[i + 1]
        used, i = tape(loss).gradients, i + 1
    assert 30 <= len(used) <= 32
    path = steps(loss, tmp_path / "page.html")
    assert path.stat().st_size <= 320_000


def test_that_holds_with_many_references_too(tmp_path):
    a, b = Tensor(0.5, name="v0"), Tensor(-1.5, name="v1")
    made = [a, b]
    for i in range(28):
        t = made[-1] * made[i % 2] if i % 3 else np.tanh(made[-1] + made[i % 2])
        t.name = f"v{len(made)}"
        made.append(t)
        if len(tape(t).gradients) >= 30:
            break
    assert len(tape(made[-1]).gradients) >= 30
    assert steps(made[-1], tmp_path / "page.html").stat().st_size <= 320_000


def test_edges_have_one_width_for_a_width_would_tell(tmp_path, loss):
    assert ".edge :is(path, polygon) { stroke-width: 1.2;" in page_of(loss, tmp_path)


@pytest.mark.parametrize("script", FILES, ids=lambda p: p.name)
def test_a_script_is_plain_and_makes_no_html_of_text(script):
    text = script.read_text("utf-8")
    assert text.startswith("//")
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("):
        assert word not in text
    for word in (
        r"(?m)^ *var\b",
        r'[^=!"]==[^="]',
        r'!=[^="]',
        r"\bfetch\b",
        r"\brequire\b",
    ):
        assert not re.search(word, text), word
    assert all(len(line) <= 100 for line in text.splitlines())
    assert not re.search(r"(?m)[ \t]+$", text)
    assert "</" not in text  # nothing in it can end the element that it stands in
    assert not re.search(r"@\w+@", text)  # nor be taken for a hole


@pytest.mark.skipif(not shutil.which("node"), reason="the program node is not here")
@pytest.mark.parametrize("script", FILES, ids=lambda p: p.name)
def test_a_script_is_javascript(script):
    subprocess.run(["node", "--check", script], check=True)


@pytest.mark.parametrize("name", ["</script><b>", "\"'&", "\\u003c", "@facts@", "∂"])
def test_a_name_is_data(name, tmp_path):
    x = Tensor(2.0, name=name)
    assert facts_of(x * x, tmp_path)["nodes"][0]["full"] == name
    assert "<b>" not in page_of(x * x, tmp_path)


# --- what a person can do wrong -------------------------------------------------------


def test_what_is_not_a_loss_is_refused(tmp_path):
    path = tmp_path / "page.html"
    with pytest.raises(TypeError, match="^steps: got a float, and needs a Tensor"):
        steps(2.0, path)
    with pytest.raises(ValueError, match=r"^steps: the loss has shape \(2,\)"):
        steps(Tensor([1.0, 2.0]) * 2, path)
    with no_grad():
        constant = Tensor(2.0) * 2
    with pytest.raises(RuntimeError, match="^tape: nothing was recorded"):
        steps(constant, path)
    assert not path.exists()


def test_a_place_that_is_none_is_refused(loss, tmp_path):
    with pytest.raises(ValueError, match=r"^steps: 'a\.png' is a page, and must end"):
        steps(loss, tmp_path / "a.png")
    with pytest.raises(FileNotFoundError, match="^steps: there is no folder"):
        steps(loss, tmp_path / "none" / "a.html")
    (tmp_path / "b.html").mkdir()
    with pytest.raises(IsADirectoryError, match="^steps: .* is a folder"):
        steps(loss, tmp_path / "b.html")
    with pytest.raises(ValueError, match="^steps: direction is 'RL', and must be"):
        steps(loss, tmp_path / "a.html", direction="RL")


def test_a_graph_too_large_to_walk_is_refused_with_the_cure(tmp_path):
    t = Tensor(0.5)
    for _ in range(MOST_CARDS):
        t = np.tanh(t)
    with pytest.raises(
        ValueError, match=f"^steps: the graph has {MOST_CARDS + 1} cards, and"
    ):
        steps(t, tmp_path / "page.html")


def test_a_network_is_walked_with_its_layers_around(tmp_path):
    rng = np.random.default_rng(0)
    model = Model.init(3, 4, 1, rng=rng)
    loss = model(rng.normal(size=(5, 3)), rng.normal(size=5))
    text = page_of(loss, tmp_path, direction="TB")
    assert "Lin 1: Lin(3 -&gt; 4)" in text
    assert "has more than 4 × 4 entries" in facts_of(loss, tmp_path)["still"]


@pytest.mark.parametrize("frozen", ["a", "e"])
def test_a_page_of_a_graph_that_was_frozen_since_is_that_of_the_pass(frozen, tmp_path):
    def page(*, freeze):
        a, b, c = (Tensor(v, name=n) for v, n in ((2.0, "a"), (3.0, "b"), (4.0, "c")))
        e = a * b
        e.name = "e"
        loss = e * c
        if freeze:
            {"a": a, "e": e}[frozen].requires_grad = False
        return steps(loss, tmp_path / "page.html").read_text("utf-8")

    assert page(freeze=True) == page(freeze=False)

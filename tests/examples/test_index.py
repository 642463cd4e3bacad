"""The index of the lessons and the guide for teachers: what they name is there."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from engine import Tensor
from viz import exercise, steps

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = [EXAMPLES / "README.md", EXAMPLES / "TEACHING.md"]
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def headings(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    return re.findall(r"(?m)^#+ (.*)", "\n".join(texts))


TABLE = EXAMPLES.parent / "viz" / "lesson" / "README.md"


@pytest.mark.parametrize("page", [*PAGES, TABLE], ids=lambda page: page.parent.name)
def test_every_link_leads_to_a_file(page):
    links = LINK.findall(page.read_text("utf-8"))
    assert links
    for _, target in links:
        assert "://" in target or (page.parent / target).is_file(), target


def test_every_row_of_the_table_says_where_ours_is_with_a_link():
    before, after = TABLE.read_text("utf-8").split("## Where ours is")
    rows = re.findall(r"(?m)^\| ([^|]+) \| (?:yes|partly|no)", before)
    assert len(rows) == 13
    for row in rows:
        (where,) = re.findall(rf"(?m)^\| {re.escape(row)} \| (.*) \|$", after)
        assert LINK.search(where), row


def test_every_lesson_and_program_is_in_the_index():
    text = PAGES[0].read_text("utf-8")
    for path in [*EXAMPLES.glob("*.ipynb"), *EXAMPLES.glob("*.py")]:
        assert f"]({path.name})" in text, path.name


def test_every_section_that_the_index_names_is_there():
    named = 0
    for line in PAGES[0].read_text("utf-8").splitlines():
        places = re.findall(r"\]\((\w+\.ipynb)\), ([^;|]+)", line)
        for name, where in places:
            known = headings(EXAMPLES / name)
            for word in re.split(r" and | to |, ", where.strip()):
                start = f"{word}." if word.isdigit() else word
                assert any(h.startswith(start) for h in known), (name, word)
                named += 1
    assert named > 15


def test_the_guide_for_teachers_is_one_page():
    assert len(PAGES[1].read_text("utf-8").splitlines()) <= 80


def told(page):
    """The sentences that a page has for answers."""
    facts = re.search(r'id="facts">(.*?)</script>', page.html())[1]
    return json.loads(facts)["texts"]


def test_the_sentences_of_the_guide_are_said():
    pairs = zip("abcf", (2.0, -3.0, 10.0, -2.0), strict=True)
    a, b, c, f = (Tensor(x, name=name) for name, x in pairs)
    d = a * b + c
    d.name = "d"
    x = Tensor(2.0, name="x")
    w, bias = Tensor(np.ones((2, 2)), name="w"), Tensor(np.ones(2), name="b")
    h = np.array([[0.5, -1.0], [1.5, 2.0], [-0.5, 0.25]]) @ w + bias
    y = 3 * a + a * a
    sentences = [
        str(exercise(y, ask=[a]).check(a=4.0)),
        *(told(steps(d * f)) + told(steps(3 * x + x * x))),
        *told(steps((np.tanh(h) ** 2).sum())),
    ]
    quoted = re.findall(r'"([^"]+)"', PAGES[1].read_text("utf-8"))
    said = [q for q in quoted if q[-1] == "." and "shape" not in q]
    assert len(said) > 7
    for sentence in said:
        assert sentence.rstrip(".") in "\n".join(sentences), sentence

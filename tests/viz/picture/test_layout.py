"""What a person would see at once: nothing overlaps, nothing is cropped.

In a font of one width the room of a text is known, so every text of the gallery's
pictures is a rectangle: it lies in the picture, that of a card in its card, and no two
meet.
"""

import re
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
SVG = "{http://www.w3.org/2000/svg}"
sys.path.insert(0, str(EXAMPLES))
import gallery  # noqa: E402

sys.path.remove(str(EXAMPLES))


def boxes(element):
    """(text, left, top, right, bottom) of every text, in points."""
    found = []
    for text in element.iter(f"{SVG}text"):
        said = "".join(text.itertext())
        size = float(text.get("font-size"))
        x, y = float(text.get("x")), float(text.get("y"))
        width = 0.6 * size * len(said.rstrip())
        left = x if text.get("text-anchor") == "start" else x - width / 2
        found.append((said, left, y - 0.75 * size, left + width, y + 0.2 * size))
    return found


def frame(element):
    """The rectangle around the outline of a card."""
    outline = next(p for p in element.iter(f"{SVG}path") if p.get("fill") != "none")
    points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", outline.get("d"))
    x, y = zip(*((float(a), float(b)) for a, b in points), strict=True)
    return min(x), min(y), max(x), max(y)


@pytest.fixture(params=gallery.PICTURES, ids=lambda make: make.__name__)
def picture(request):
    root = ET.fromstring(request.param().svg())
    width, height = map(float, root.get("viewBox").split()[2:])
    shift = re.search(r"translate\((\S+) (\S+)\)", root[0].get("transform"))
    left, top = -float(shift[1]), -float(shift[2])
    return root, (left, top, left + width, top + height)


def test_no_text_is_cropped(picture):
    root, (left, top, right, bottom) = picture
    for text, *box in boxes(root):
        assert left <= box[0], text
        assert top <= box[1], text
        assert box[2] <= right, text
        assert box[3] <= bottom, text


def test_no_two_texts_overlap(picture):
    root, _ = picture
    for (one, *a), (other, *b) in combinations(boxes(root), 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one!r} at {a} meets {other!r} at {b}"


def test_what_a_card_says_is_on_the_card(picture):
    root, _ = picture
    cards = [g for g in root.iter(f"{SVG}g") if g.get("class", "").startswith("node")]
    assert cards
    for card in cards:
        left, top, right, bottom = frame(card)
        for text, *box in boxes(card):
            assert left <= box[0] <= box[2] <= right, text
            assert top <= box[1] <= box[3] <= bottom, text


def test_no_label_of_an_edge_lies_on_a_card(picture):
    root, _ = picture
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class")]
    frames = [frame(g) for g in groups if g.get("class").startswith("node")]
    for edge in (g for g in groups if g.get("class") == "edge"):
        for text, *a in boxes(edge):
            for b in frames:
                apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
                assert apart, f"{text!r} at {a} lies on the card at {b}"

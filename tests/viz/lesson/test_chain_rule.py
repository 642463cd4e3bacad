"""The promise of a picture: going back along an edge multiplies by what stands on it.

A person with a pencil needs nothing but the picture. So the SVG is read back, and on
every card the gradient must be the sum, over the edges that leave it, of label ×
gradient of the card where the edge ends. A printed number has four digits and stands
for all the numbers that would be printed so: arithmetic is that of intervals.
"""

import re
from decimal import Decimal
from fractions import Fraction
from html import unescape
from typing import NamedTuple

import numpy as np
import pytest
from helpers.pictures import read
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine import Tensor
from viz import draw
from viz.words.numbers import NOISE

# --- programs -------------------------------------------------------------------------

# What an op does, and its slopes as a table of derivatives gives them: not the rule's.
OPS = {
    "add": (np.add, lambda x, y: (1.0, 1.0)),
    "subtract": (np.subtract, lambda x, y: (1.0, -1.0)),
    "multiply": (np.multiply, lambda x, y: (y, x)),
    "divide": (np.divide, lambda x, y: (1 / y, -(x / y) / y)),
    "power": (
        np.power,
        lambda x, y: (y * x ** (y - 1) if y else 0.0, x**y * np.log(x) if x else 0.0),
    ),
    "maximum": (
        np.maximum,
        lambda x, y: (np.heaviside(x - y, 0.5), np.heaviside(y - x, 0.5)),
    ),
    "exp": (np.exp, lambda x: (np.exp(x),)),
    "log": (np.log, lambda x: (1 / x,)),
    "tanh": (np.tanh, lambda x: (1 - np.tanh(x) ** 2,)),
    "sin": (np.sin, lambda x: (np.cos(x),)),
    "absolute": (np.absolute, lambda x: (np.sign(x),)),
    "negative": (np.negative, lambda x: (-1.0,)),
    "sqrt": (np.sqrt, lambda x: (0.5 / np.sqrt(x),)),
}
UNARY = sorted(name for name, (f, _) in OPS.items() if f.nin == 1)
BINARY = sorted(name for name, (f, _) in OPS.items() if f.nin == 2)
MOST_CARDS = 60  # in a larger picture one card may stand for several


class Program(NamedTuple):
    """Leaves, each a value and whether it wants a gradient; and steps: an op and its
    operands, each a number or, in a list, how many values back the operand was made."""

    leaves: list
    steps: list

    def run(self):
        """All Tensors by name, and the last that was made."""
        made = [Tensor(1.5, name="a0")] + [
            Tensor(value, requires_grad=wants, name=f"a{i}")
            for i, (value, wants) in enumerate(self.leaves, start=1)
        ]
        result, cards = made[0], 0
        for name, *operands in self.steps:
            chosen = [
                made[-1 - o[0] % len(made)] if isinstance(o, list) else o
                for o in operands
            ]
            cards += 1 + sum(not getattr(x, "parents", ()) for x in chosen)
            if cards > MOST_CARDS:
                break
            node = _node(name, chosen)
            if node is not None:
                node.name = f"t{len(made)}"
                made.append(node)
                result = node
        return {tensor.name: tensor for tensor in made}, result


def _node(name, operands):
    """What an op makes, or None where that is no node or no ordinary number."""
    function, slopes = OPS[name]
    with np.errstate(all="ignore"):
        node = function(*operands)
        if not getattr(node, "requires_grad", False):
            return None
        wanted = [getattr(x, "requires_grad", False) for x in operands]
        found = np.array(slopes(*map(plain, operands)))[wanted]
    return node if ordinary([node.data, *found]) else None


def plain(x):
    return x.data if isinstance(x, Tensor) else np.float64(x)


def ordinary(values):
    """Finite, and so far from where floats overflow and underflow that the order in
    which a rule multiplies does not matter."""
    sizes = np.abs(np.array(values, dtype=float))
    return bool(np.all((sizes == 0) | ((sizes > 1e-90) & (sizes < 1e90))))


tame = st.sampled_from([0.0, 1.0, 2.0, -1.0, 0.5, -3.0, 10.0]) | st.floats(-4, 4)
number = st.one_of(tame, tame, st.floats(allow_nan=False, allow_infinity=False))
just, near, far = (st.integers(0, most).map(lambda i: [i]) for most in (0, 2, 40))
back = st.one_of(just, just, near, far)
step = st.one_of(
    st.tuples(st.sampled_from(UNARY), back),
    st.tuples(st.sampled_from(BINARY), back, st.one_of(near, far, number)),
    st.tuples(st.sampled_from(BINARY), st.one_of(near, far, number), back),
)
leaf = st.tuples(number.filter(lambda x: ordinary([x])), st.booleans())
programs = st.builds(
    Program,
    st.lists(leaf, max_size=4),
    st.integers(1, 25).flatmap(lambda n: st.lists(step, min_size=n, max_size=n)),
)

# --- reading with a pencil ------------------------------------------------------------


class Interval(NamedTuple):
    """All numbers from least to most."""

    least: Fraction
    most: Fraction

    def __add__(self, other):
        return Interval(self.least + other.least, self.most + other.most)

    def __mul__(self, other):
        corners = [x * y for x in self for y in other]
        return Interval(min(corners), max(corners))

    def meets(self, other):
        """Whether the two overlap, but for the rounding of floats."""
        slack = max(map(abs, (*self, *other))) / 10**9
        return self.least <= other.most + slack and other.least <= self.most + slack


ZERO = Interval(Fraction(0), Fraction(0))


def printed(text):
    """The numbers that are printed so, in four significant digits."""
    number = Decimal(text)
    half = Fraction(10) ** (number.adjusted() - 4) * 5 if number else 0
    return Interval(Fraction(number) - half, Fraction(number) + half)


def gradient(card):
    """What a card says its gradient is; None where it wants none."""
    lines = [text for text in card.lines if text.startswith("∂")]
    if not lines:
        return None
    (line,) = lines
    if line == "∂ ≈ 0":
        return Interval(-Fraction(NOISE), Fraction(NOISE))
    mark, text = line.split()
    assert mark == "∂", line
    return printed(text)


def name_of(card):
    """The name on a card; `a1 ↗` is the leaf a1, drawn elsewhere."""
    if card.looks == "reference":
        return card.lines[0].removesuffix(" ↗")
    named = [line.partition(" = ")[0] for line in card.lines if " = " in line]
    return named[0] if named else card.lines[0]


def broken_links(picture):
    """The names of all cards on which the chain rule does not hold."""
    drawn = {name_of(c): c for c in picture.cards.values() if c.looks != "reference"}
    sums = {}
    for edge in picture.edges:
        name = name_of(edge.tail)
        if gradient(drawn[name]) is None:
            assert edge.lines == [], f"{name} wants no gradient, its edge says {edge}"
            continue
        (label,) = edge.lines or ["◂ ×1.0"]  # left out in large pictures
        share = printed(label.removeprefix("◂ ×")) * gradient(edge.head)
        sums[name] = sums.get(name, ZERO) + share
    whole = {name: gradient(card) for name, card in drawn.items()}
    (start,) = (name for name in whole if whole[name] is not None and name not in sums)
    sums[start] = printed("1.0")  # the gradient of the result by itself
    return [name for name, found in sums.items() if not found.meets(whole[name])]


def wrong_labels(picture, tensors):
    """The edges whose label is not the slope of their op, in printed precision."""
    wrong, seen = [], {}
    for edge in picture.edges:
        node = tensors[name_of(edge.head)]
        slot = drawn_slots(node)[seen.get(node, 0)]  # edges come in their order
        seen[node] = seen.get(node, 0) + 1
        assert name_of(edge.tail) == node.parents[slot].name
        with np.errstate(all="ignore"):
            slope = OPS[node.op][1](*map(plain, node.parents))[slot]
        left_out = ["◂ ×1.0"] if node.parents[slot].requires_grad else []
        for label in edge.lines or left_out:
            exact = Interval(Fraction(float(slope)), Fraction(float(slope)))
            if not printed(label.removeprefix("◂ ×")).meets(exact):
                wrong.append((name_of(edge.tail), name_of(edge.head), label, slope))
    return wrong


def drawn_slots(node):
    """The operands of an op that have an edge: all but numbers."""
    return [i for i, x in enumerate(node.parents) if isinstance(x, Tensor)]


# --- the promise ----------------------------------------------------------------------


@pytest.mark.slow
def test_a_card_s_gradient_is_the_sum_of_label_times_gradient_over_its_edges():
    sizes = []

    @given(programs)
    @settings(max_examples=300)
    def holds(program):
        tensors, result = program.run()
        with np.errstate(all="ignore"):
            result.backward()
        assume(ordinary([t.grad for t in tensors.values() if t.grad is not None]))
        # Every label on its edge, none in a card; and nothing folded.
        drawing = draw(result, legend=False, direction="TB", max_nodes=None)
        picture = read(drawing.svg())
        assert broken_links(picture) == []
        assert wrong_labels(picture, tensors) == []
        sizes.append(len(picture.edges))

    holds()
    assert sorted(sizes)[-60] > 8  # the programs were no trifles
    assert max(sizes) > 20


def test_the_reader_notices_any_number_on_the_picture_that_is_wrong_by_one_percent():
    a, b, c = (Tensor(x, name=n) for x, n in [(2.0, "a0"), (-3.0, "a1"), (0.7, "a2")])
    e = a * b
    d = np.tanh(c) + e
    result = d * a
    e.name, d.name, result.name = "t1", "t2", "t3"
    d.parents[0].name = "t0"
    result.backward()
    tensors = {t.name: t for t in (a, b, c, e, d, d.parents[0], result)}
    svg = draw(result, legend=False).svg()
    assert broken_links(read(svg)) == wrong_labels(read(svg), tensors) == []
    number = r"(?:&#45;|-)?[\d.]+"
    labels, gradients = rf"(?<=>◂ ×){number}(?=<)", rf"(?<=>∂ ){number}(?=<)"
    for pattern in (labels, gradients):
        places = list(re.finditer(pattern, svg))
        assert len(places) == 7
        for place in places:
            off = f"{float(unescape(place[0])) * 1.01:.4g}"
            picture = read(svg[: place.start()] + off + svg[place.end() :])
            assert broken_links(picture) != []
            assert (wrong_labels(picture, tensors) != []) == (pattern == labels)


def test_a_reference_card_stands_for_the_leaf_that_it_names():
    w = Tensor(1.5, name="w")
    h = np.tanh(np.exp(np.sin(w)))
    (h * w).backward()
    picture = read(draw(h * w, legend=False).svg())
    assert [c.lines for c in picture.cards.values() if c.looks == "reference"] == [
        ["w ↗"]
    ]

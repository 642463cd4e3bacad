"""What a card says, in which order, and what stands side by side."""

import numpy as np
import pytest
from helpers.pictures import read
from helpers.scenes import ALL, cards, various

from engine import Tensor
from viz import draw
from viz.picture.colours import THEMES, Magnitude
from viz.picture.lines import ENTRY, NOTE, NUMBER, TITLE, Line


def last(tensor):
    return cards(tensor)[-1]


def texts(said):
    """The rows of a card: of each its fields, of each field its lines."""
    return [[[line.text for line in field] for field in row] for row in said.rows]


def leaf(value, name):
    return Tensor(value, name=name)


a, b = leaf(2.0, "a"), leaf(-3.0, "b")


def test_cards_read_name_value_gradient():
    node = a * b
    assert cards(node)[0].rows == [
        [[Line("a", "muted", TITLE, lead="a")]],
        [[Line("2.0", size=NUMBER, part="value")]],
        [[Line("∂ not run", "gradient", NUMBER, part="grad")]],
    ]
    changed = leaf(2.0, "a")
    node = changed * b
    changed.data = np.float64(3.0)
    assert last(node).rows == [
        [[Line("L = a × b", "muted", TITLE, lead="L")]],
        [[Line("-6.0", size=NUMBER, part="value")]],
        [[Line("∂ not run", "gradient", NUMBER, part="grad")]],
        [[Line("out of date", "stale", NOTE)]],
    ]


def test_a_constant_has_a_value_and_says_nothing_of_gradients():
    fixed = Tensor(3.0, requires_grad=False, name="c")
    assert texts(cards(a * fixed)[1]) == [[["c"]], [["3.0"]]]
    assert texts(cards(a * 3.0)[-1])[0] == [["L = a × 3.0"]]
    assert len(cards(a * 3.0)) == 2  # a number stands in the op


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (2.0, "x"),
        ([1.0, 2.0], "x (2,)"),
        (np.ones((8, 6)), "x (8, 6)"),
        (np.ones((2, 1), np.float32), "x (2, 1) float32"),
    ],
)
def test_a_title_has_the_shape_and_the_dtype_only_if_it_is_not_the_usual(data, title):
    x = Tensor(data, name="x")
    assert texts(cards(x)[0])[0] == [[title]]
    assert texts(cards(x, show=ALL - {"shape"})[0])[0] == [["x"]]


def test_a_card_without_a_name_begins_with_its_shape():
    two = Tensor([1.0, 2.0], requires_grad=False)
    assert texts(cards(two)[0]) == [[["(2,)"]], [["[1.0, 2.0]"]]]
    assert texts(cards(two, show=frozenset())[0]) == [[["·"]]]


def test_one_number_is_large_and_the_entries_of_an_array_are_smaller():
    rows = cards(Tensor([[1.0, 2.0], [3.0, 4.0]], name="m"))[0].rows
    assert [[line.size for field in row for line in field] for row in rows] == [
        [TITLE],
        [ENTRY, ENTRY],
        [NUMBER],
    ]
    assert TITLE < ENTRY < NUMBER


def test_an_op_with_charts_has_value_and_gradient_side_by_side():
    x = Tensor(np.arange(12.0).reshape(2, 6) / 11, name="x")
    y = np.tanh(x)
    y.backward(np.arange(12.0).reshape(2, 6) / 4)
    assert texts(last(y)) == [
        [["v1 = tanh(x) (2, 6)"]],
        [["", "0.0 … 0.7616"], ["", "∂ 0.0 … 2.75"]],
    ]
    (value, gradient) = last(y).rows[1]
    kinds = [line.chart.kind for line in value + gradient if line.chart]
    assert kinds == ["map", "slopes"]
    assert {line.part for line in value} == {"value"}
    assert {line.part for line in gradient} == {"grad"}


def test_a_line_of_numbers_stands_under_a_chart_and_not_beside_it():
    x = Tensor(np.arange(12.0).reshape(2, 6), name="x")
    assert texts(cards(x)[0])[1:] == [[["", "0.0 … 11.0"]], [["∂ not run"]]]


def test_an_array_of_one_value_is_a_text_without_a_chart():
    x = Tensor(np.zeros((2, 6)), name="x")
    x.mean().backward()
    assert texts(cards(x)[0])[1:] == [[["all 0.0"]], [["∂ all 0.08333"]]]


def test_one_number_that_is_nan_says_so_once():
    x = Tensor(1.0)
    x.grad = np.float64(np.nan)
    assert texts(cards(x)[0])[-1] == [["∂ NaN"]]


def test_a_gradient_of_zeros_needs_no_chart():
    x = Tensor(np.ones((2, 6)))
    (x * 0.0).backward(np.ones((2, 6)))
    assert texts(cards(x)[0])[-1] == [["∂ 0"]]


def test_a_number_used_several_times_says_what_came_from_each_use():
    x = leaf(3.0, "x")
    loss = x * x * 2.0 - x
    loss.backward()
    with_sums = cards(loss, show=ALL | {"sum"})
    assert texts(with_sums[0])[-1] == [["= 6.0 + 6.0 + (-1.0)"]]
    others = [c for c in with_sums[1:] if c.card.kind != "reference"]
    assert [len(c.rows) for c in others] == [3, 3, 3]  # used once
    (again,) = [c for c in with_sums if c.card.kind == "reference"]
    assert texts(again) == [[["x ↗"]]]
    assert texts(cards(loss)[0])[-1] == [["∂ 11.0"]]


def test_where_nan_began_a_leaf_has_a_ring_and_a_reference_to_it_has_none():
    w = Tensor(np.nan, name="w")
    far = np.tanh(np.tanh(np.tanh(w * 2.0))) * w
    rings = {words.title: words.ring for words in cards(far)}
    assert rings["w"] is True
    assert rings["w ↗"] is False


def test_a_folded_card_names_its_one_output():
    t = various(Tensor(0.5), 20)
    t.name = "top"
    (words,) = [c for c in cards(t * 2.0, most=10) if c.card.kind == "folded"]
    assert [[Line("output top", size=NOTE)]] in words.rows


# --- how large gradients are ----------------------------------------------------------


def test_the_one_that_the_pass_began_with_is_no_magnitude():
    x = leaf(0.5, "x")
    y = np.tanh(x) * 0.001
    y.backward()
    assert [words.magnitude.number for words in cards(y)] == [x.grad, 0.001, 0.0]
    y.backward(0.25)  # no 1 of a pass that began here, but what comes from elsewhere
    assert last(y).magnitude == Magnitude(number=0.25)


def test_what_is_drawn_elsewhere_is_no_magnitude_of_a_reference():
    w = leaf(2.0, "w")
    far = np.tanh(np.tanh(np.tanh(w * 2.0))) * w
    far.backward()
    by = {words.title: words.magnitude for words in cards(far)}
    assert by["w"] == Magnitude(number=w.grad)
    assert by["w ↗"] == Magnitude()


def test_numbers_and_arrays_have_magnitudes_of_their_own():
    x, k = leaf(np.array([1.0, -3.0, 2.0]), "x"), leaf(2.0, "k")
    ((x * x).sum() * k).backward()
    assert cards(x)[0].magnitude == Magnitude(array=12.0)
    assert cards(k)[0].magnitude == Magnitude(number=14.0)


def noisy(entries):
    """A product whose first operand has a gradient of 1, and whose second has these."""
    x, y = leaf(np.ones(np.shape(entries)), "x"), leaf(np.ones(np.shape(entries)), "y")
    z = x * y
    x.grad, y.grad = np.ones(np.shape(entries)), np.asarray(entries)
    return z


def gradient_of_y(entries):
    (words,) = [c for c in cards(noisy(entries)) if c.title == "y"]
    lines = [line for line in words.lines if line.role == "gradient"]
    return words.magnitude, [line.text for line in lines]


def test_rounding_noise_is_about_zero_wherever_a_card_has_a_gradient():
    assert gradient_of_y(1e-13) == (Magnitude(), ["∂ ≈ 0"])
    assert gradient_of_y(-1e-11) == (Magnitude(number=1e-11), ["∂ -1e-11"])
    few = gradient_of_y([0.0, -1e-17, 0.5])
    assert few == (Magnitude(array=0.5), ["∂ [0.0, ≈ 0, 0.5]"])
    many = gradient_of_y(np.array([-1e-17, *range(6)]))
    assert many == (Magnitude(array=5.0), ["∂ ≈ 0 … 5.0"])
    nothing = gradient_of_y(np.linspace(-1e-17, 1e-17, 9))
    assert nothing == (Magnitude(), ["∂ ≈ 0"])


def test_what_is_small_beside_a_huge_gradient_is_no_noise():
    x, y = leaf(1.0, "x"), leaf(1.0, "y")
    total = x * 1e15 + y * 0.5
    total.backward()
    (small,) = [words for words in cards(total) if words.title == "y"]
    assert small.magnitude == Magnitude(number=0.5)
    assert small.lines[-1].text == "∂ 0.5"
    assert last(total).lines[-1].text == "∂ 1.0"


def test_a_chart_paints_no_rounding_noise():
    (words,) = [
        c for c in cards(noisy([1e-17, -1e-16, 0.0, 0.5, 1.0])) if c.title == "y"
    ]
    (chart,) = [line.chart for line in words.lines if line.chart]
    (colours,) = chart.colours(THEMES["light"])
    assert colours[:3] == [THEMES["light"].paper] * 3


def test_a_large_array_with_nan_shows_no_magnitude_and_has_none():
    assert gradient_of_y([np.nan] + [7.0] * 8)[0] == Magnitude()
    assert gradient_of_y([np.nan, 7.0])[0] == Magnitude(array=7.0)


def test_what_wants_no_gradient_has_no_magnitude():
    fixed = Tensor(2.0, requires_grad=False)
    fixed.grad = np.float64(5.0)
    assert cards(fixed * leaf(1.0, "x"))[0].magnitude == Magnitude()


def sums(drawing):
    return [
        t.text
        for c in read(drawing.svg()).cards.values()
        for t in c.texts
        if t.text.startswith("= ")
    ]


def test_a_sum_is_shown_only_where_the_gradient_is_that_sum():
    x = leaf(3.0, "x")
    loss = x * x + x
    assert sums(draw(loss)) == []  # no pass yet
    loss.backward()
    assert sums(draw(loss)) == ["= 3.0 + 3.0 + 1.0"]
    loss.backward()  # adds up in x.grad
    assert sums(draw(loss)) == []
    x.grad = None
    assert sums(draw(loss)) == []


def test_of_two_passes_over_one_op_no_sum_is_shown_that_is_none():
    x = leaf(2.0, "x")
    shared = x * 3.0
    one, two = shared * shared, shared + 1.0
    one.backward()
    two.backward()
    assert sums(draw([one, two])) == []

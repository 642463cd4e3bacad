"""The form of a picture that reads largest where it is looked at."""

import re

import numpy as np
import pytest
from helpers.gallery import PROGRAMS

from engine import Tensor, scope
from viz import draw
from viz.picture import lines
from viz.picture.fit import Room
from viz.words.detail import detail

SIZE = re.compile(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"')


def px(drawing):
    """Width and height at 96 pixels to the inch."""
    return [float(n) * 4 / 3 for n in SIZE.search(drawing.svg()).groups()]


def deep(layers):
    """The loss of a network; a layer is three cards."""
    rng = np.random.default_rng(0)
    h = rng.normal(size=(8, 6))
    for i in range(layers):
        h = np.tanh(h @ Tensor(rng.normal(size=(6, 6)), name=f"w{i}"))
    loss = (h**2).mean()
    loss.backward()
    return loss


def test_a_small_graph_runs_from_left_to_right_and_a_long_one_down():
    a, b = Tensor(2.0, name="a"), Tensor(3.0, name="b")
    wide, high = px(draw(a * b))
    assert wide > high
    h = a
    for _ in range(12):
        h = np.tanh(h)
    wide, high = px(draw(h))
    assert high > wide


def test_a_stated_direction_is_kept():
    a = Tensor(2.0, name="a")
    assert "rankdir=LR" in draw(a * a, direction="LR").source
    assert "rankdir=TB" in draw(a * a, direction="TB").source


def test_what_is_too_tall_stands_in_columns():
    h = Tensor(1.0, name="x")
    for _ in range(40):
        h = np.tanh(h)
    drawing = draw(h, max_nodes=None)
    wide, high = px(drawing)
    assert high <= 1800
    assert wide <= 800
    assert drawing.svg().count("↗</text>") >= 1
    assert px(draw(h, max_nodes=None, direction="TB"))[1] > 1800


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3, 1.0])
def test_a_slide_is_filled_by_a_form_of_its_own(aspect):
    loss = deep(7)

    def scale(d):
        wide, high = px(d)
        return min(1920 / wide, 1920 / aspect / high)

    ours = scale(draw(loss, aspect=aspect))
    for other in ("LR", "TB"):
        assert ours >= 0.95 * scale(draw(loss, direction=other))


def test_a_narrow_place_gets_a_narrow_picture():
    loss = deep(5)
    assert px(draw(loss, width=400))[0] <= px(draw(loss, width=1600))[0]


def test_many_cards_are_folded_until_they_can_be_read_and_few_are_not():
    assert len(re.findall("class=.node", draw(deep(7)).svg())) >= 20
    h = Tensor(np.ones((4, 6)), name="x")
    for _ in range(30):
        with scope("round"):
            h = np.tanh(h * 1.5) + np.sin(h)
    cards = len(re.findall("class=.node", draw(h.sum()).svg()))
    assert cards <= 60


def test_the_choice_is_the_same_every_time():
    loss = deep(7)
    assert draw(loss).svg() == draw(loss).svg()


def test_a_room_counts_what_is_too_tall_for_much_less():
    room = Room(800, 1800, grows=False)
    assert room.score(300, 300) == 1.0
    assert room.score(1200, 600) == pytest.approx(0.5)
    assert room.score(600, 1500) < 0.9 < room.score(600, 1350)
    assert Room(1920, 1080, grows=True).score(360, 360) > 1


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "wide", True])
def test_sizes_are_positive_numbers(wrong):
    loss = Tensor(2.0) * 3.0
    with pytest.raises(ValueError, match=r"draw: width is .* must be a positive"):
        draw(loss, width=wrong)
    with pytest.raises(ValueError, match=r"draw: aspect is .* must be a positive"):
        draw(loss, aspect=wrong)


def tables():
    """Eight steps, each with a matrix of nine numbers."""
    rng = np.random.default_rng(0)
    h = Tensor(rng.normal(size=(3, 3)), name="x")
    for i in range(8):
        h = np.tanh(h @ Tensor(rng.normal(size=(3, 3)), name=f"w{i}"))
    loss = h.mean()
    loss.backward()
    return loss


def test_numbers_become_shorter_before_a_picture_is_too_small_to_read():
    loss = tables()
    wide, high = px(draw(loss))
    scale = min(1.0, 800 / wide)
    assert scale * 40 / 3 >= 10
    assert scale * high <= 1800
    wide, high = px(draw(loss, direction="TB"))
    assert 800 / wide * 40 / 3 < 10


def test_a_stated_direction_has_all_digits_and_entries():
    svg = draw(tables(), direction="TB").svg()
    assert 'class="chart' not in svg
    assert re.search(r"-?0\.\d{4}\b", svg)


def test_stated_digits_are_kept_whatever_the_room():
    a = Tensor(1 / 3, name="a")
    assert ">0.33<" in draw(a * 2, digits=2).svg()
    assert ">0.33333333<" in draw(a * 2, digits=8).svg()
    assert re.search(r"-?0\.\d{6}\b", draw(tables(), digits=6).svg())


def test_a_font_size_scales_the_picture():
    a = Tensor(2.0, name="a")
    plain, large = px(draw(a * a)), px(draw(a * a, font_size=15))
    assert large == pytest.approx([1.5 * n for n in plain], rel=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"digits": 0}, "draw: digits is 0, and must be a whole number from 1 to 17"),
        ({"digits": 2.0}, "draw: digits is 2.0, and must be a whole number"),
        ({"digits": True}, "draw: digits is True, and must be a whole number"),
        ({"font_size": 0}, "draw: font_size is 0, and must be a positive number"),
    ],
)
def test_digits_and_sizes_that_are_none_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        draw(Tensor(1.0) * 2, **options)


def test_of_every_tensor_the_rows_are_written_once_for_each_detail(monkeypatch):
    written = []
    rows = lines._number_rows

    def counting(held, show):
        written.append((id(held), detail()))
        return rows(held, show)

    monkeypatch.setattr(lines, "_number_rows", counting)
    tensor, names = PROGRAMS["autoencoder"]()
    drawing = draw(tensor, names=names)
    assert sum(map(len, drawing._ways)) > 20  # forms, each of which has all cards
    assert len(written) == len(set(written))

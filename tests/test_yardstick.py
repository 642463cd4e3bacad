"""The yardstick of pictures, held to pictures so small that the answer is known."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from helpers import pictures
from helpers.yardstick import figures, geometry, paths, programs, shapes
from helpers.yardstick.contrast import contrasts, ratio
from helpers.yardstick.geometry import Box

from engine import Tensor
from viz import draw

COMMAND = Path(__file__).parent / "benchmarks" / "gallery.py"


def svg(*parts, size='width="300pt" height="150pt" viewBox="0 0 300 150"'):
    body = "".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'


def read(*parts, **size):
    return shapes.read(svg(*parts, **size))


def text(said, x, y, size=10, fill="#000000"):
    look = f'font-size="{size}" fill="{fill}" text-anchor="middle"'
    return f'<text x="{x}" y="{y}" {look}>{said}</text>'


def card(title, left, top, *inside, fill="#ffffff"):
    """40 x 20 points."""
    corners = [(left, top), (left + 40, top), (left + 40, top + 20), (left, top + 20)]
    points = " ".join(f"{x},{y}" for x, y in corners)
    shape = f'<polygon fill="{fill}" stroke="#808080" points="{points}"/>'
    body = f"<title>{title}</title>{shape}{''.join(inside)}"
    return f'<g class="node card">{body}</g>'


def edge(title, d, *inside):
    path = f'<path fill="none" stroke="#d55e00" d="{d}"/>'
    title = title.replace(">", "&gt;")
    return f'<g class="edge"><title>{title}</title>{path}{"".join(inside)}</g>'


# --- sizes --------------------------------------------------------------------------


def test_points_are_4_thirds_of_a_pixel_and_a_picture_fits_into_800_px():
    wide = 'width="1200pt" height="300pt" viewBox="0 0 1200 300"'
    found = figures.figures(read(card("a", 0, 0, text("x", 20, 15, 12)), size=wide))
    assert (found.width, found.height) == (1600, 400)
    assert (found.shrink, found.tall) == (0.5, 200)
    assert found.text == pytest.approx(12 * 4 / 3 * 0.5)
    assert found.slide == pytest.approx(12 * 4 / 3 * 1920 / 1600)
    assert found.slide_middle == found.slide


def test_a_small_picture_is_enlarged_on_a_slide_only_and_by_half():
    found = figures.figures(read(card("a", 0, 0, text("x", 20, 15, 12))))
    assert (found.shrink, found.text) == (1, pytest.approx(16))
    assert found.slide == pytest.approx(24)


def test_on_a_slide_a_tall_picture_has_to_fit_in_height():
    tall = 'width="300px" height="2160px" viewBox="0 0 300 2160"'
    found = figures.figures(read(card("a", 0, 0, text("x", 20, 15, 12)), size=tall))
    assert found.slide == pytest.approx(6)


def test_pixels_and_a_view_box_of_another_size_are_understood():
    size = 'width="800" height="400" viewBox="0 0 400 200"'
    found = figures.figures(read(card("a", 0, 0, text("x", 20, 15, 12)), size=size))
    assert (found.width, found.text) == (800, 24)


def test_cards_and_labels_have_sizes_of_their_own_and_the_legend_has_none():
    found = figures.figures(
        read(
            card("a", 0, 0, text("x", 20, 10, 9), text("y", 20, 20, 12)),
            card("b", 0, 50, text("z", 20, 65, 12)),
            edge("a->b", "M0 0L0 50", text("w", 5, 30, 6)),
            text("legend", 20, 90, 3),
        )
    )
    px = 4 / 3
    assert (found.text, found.middle) == pytest.approx((9 * px, 12 * px))
    assert (found.label, found.label_middle) == pytest.approx((6 * px, 6 * px))
    assert found.smallest == pytest.approx(6 * px)


def test_a_picture_without_text_has_none():
    found = figures.figures(read(card("a", 0, 0)))
    assert (found.cards, found.text, found.label, found.slide) == (1, 0, 0, 0)


# --- reading ------------------------------------------------------------------------


def test_a_card_drawn_by_hand_is_read():
    (found,) = read(
        '<g class="node" transform="translate(100 50) scale(2)">'
        '<title>n</title><rect x="0" y="0" rx="4" width="50" height="20"/>'
        '<g style="font-size: 5px; text-anchor: end">'
        '<text x="10" y="4">one<tspan x="20" dy="1.2em">two</tspan></text></g></g>'
    ).cards
    assert found.box == (100, 50, 200, 90)
    one, two = found.texts
    assert (one.said, one.size, two.said) == ("one", 10, "two")
    assert one.box.right == pytest.approx(120)
    assert one.box.left == pytest.approx(120 - 3 * 0.6 * 10)
    assert (two.box.right, two.box.bottom) == pytest.approx((140, 50 + 2 * (10 + 1)))


@pytest.mark.parametrize(
    ("tag", "box"),
    [
        ('<path d="M10 20h30v5H10z"/>', (10, 20, 40, 25)),
        ('<path d="m10,20 30,0 0,5"/>', (10, 20, 40, 25)),
        ('<path d="M10-20.5C10-20.5,40-20.5,40 0Q40 5 40 5A3 3 0 0 1 43 8"/>',
         (10, -20.5, 43, 8)),
        ('<path d="M0 0C0 0 10 10 20 10S40 0 40 20"/>', (0, 0, 40, 20)),
        ('<polyline points="1,2 3,4"/>', (1, 2, 3, 4)),
        ('<line x1="1" y1="2" x2="3" y2="4"/>', (1, 2, 3, 4)),
        ('<circle cx="5" cy="5" r="2"/>', (3, 3, 7, 7)),
        ('<ellipse cx="5" cy="5" rx="2" ry="1"/>', (3, 4, 7, 6)),
    ],
)  # fmt: skip
def test_every_shape_has_its_box(tag, box):
    (found,) = read(f'<g class="node">{tag}</g>').cards
    assert found.box == pytest.approx(box)


def test_the_middle_of_a_curve_is_where_bezier_says():
    (line,) = paths.flattened("M0 0C0 12 12 12 12 0")
    assert line[len(line) // 2] == pytest.approx((6, 9))
    (smooth,) = paths.flattened("M0 0C0 0 10 10 20 10S40 0 40 20")
    (written_out,) = paths.flattened("M0 0C0 0 10 10 20 10C30 10 40 0 40 20")
    assert np.array_equal(smooth, written_out)


def test_the_line_of_an_edge_goes_on_to_the_point_of_its_arrow():
    arrow = '<polygon points="90,-3 100,0 90,3"/>'
    (found,) = read(edge("a:e->b:p0:w", "M0 0L90 0", arrow)).edges
    assert found.line.tolist() == [[0, 0], [90, 0], [100, 0]]
    assert found.ends == ("a", "b")


def test_what_can_not_be_read_is_refused():
    with pytest.raises(ValueError, match="the element <image> is not known"):
        read('<image href="x.png"/>')
    with pytest.raises(ValueError, match="the text 'x' has no font-size"):
        read('<text x="1" y="1">x</text>')
    with pytest.raises(ValueError, match="the command 'T'"):
        read('<path d="M0 0T1 1"/>')
    with pytest.raises(ValueError, match=r"transform: skewX\(\[45.0\]\) is not read"):
        read('<g transform="skewX(45)"/>')
    with pytest.raises(ValueError, match="the picture is 100% wide or high"):
        read(size='width="100%" height="1pt" viewBox="0 0 1 1"')


def test_what_is_turned_or_moved_is_read_where_it_stands():
    turns = "rotate(90 10 10)", "matrix(0 1 -1 0 20 0)", "translate(20) rotate(90)"
    for turn in turns:
        turned = text("ab", 10, 0, 10).replace("<text ", f'<text transform="{turn}" ')
        (found,) = read(f'<g class="node">{turned}</g>').cards
        assert (found.texts[0].size, found.box) == (
            pytest.approx(10),
            pytest.approx((18, 4, 27.5, 16)),
        )


def test_a_text_may_be_placed_by_its_middle():
    middle = text("x", 20, 10).replace("<text ", '<text dominant-baseline="central" ')
    (found,) = read(card("a", 0, 0, middle)).cards
    assert found.texts[0].box.centre[1] == pytest.approx(10, abs=0.5)


def test_what_is_not_displayed_is_not_there():
    unseen = (
        '<g display="none"><text>x</text></g><g style="visibility: hidden"><a/></g>'
    )
    assert not read(unseen, '<g style="display: none"><path d="M0 0L1 1"/></g>').painted


def test_a_picture_of_today_has_the_cards_that_pictures_py_finds():
    a, b = Tensor(2.0, name="a"), Tensor(3.0, name="b")
    drawn = draw(np.tanh(a * b) + a).svg()
    found, known = shapes.read(drawn), pictures.read(drawn)
    assert {card.title for card in found.cards} == set(known.cards)
    assert [sorted(t.said for t in c.texts) for c in found.cards] == [
        sorted(line.strip() for line in c.lines) for c in known.cards.values()
    ]
    assert sorted(edge.ends for edge in found.edges) == sorted(
        (edge.tail.ident, edge.head.ident) for edge in known.edges
    )


# --- lines --------------------------------------------------------------------------


def crossed(*lines):
    return figures.crossed(read(*(edge("a->b", d) for d in lines)).edges)


def test_two_lines_cross_once_and_a_curve_may_cross_one_twice():
    assert crossed("M0 0L100 100", "M0 100L100 0") == 1
    assert crossed("M0 0C100 0 100 100 0 100", "M50 -10L50 110") == 2
    assert crossed("M0 0C100 0 100 100 0 100", "M90 -10L90 110") == 0


def test_a_crossing_at_a_corner_is_one_crossing():
    assert crossed("M0 50L50 50L100 50", "M50 0L50 50L50 100") == 1
    assert crossed("M0 50L50 50L100 50", "M50 0L50 100") == 1


def test_lines_that_run_on_top_of_each_other_do_not_cross():
    assert crossed("M0 0L100 0", "M20 0L80 0") == 0
    assert crossed("M0 0L100 0", "M0 10L100 10") == 0


def test_lines_that_meet_at_a_common_end_do_not_cross_there_but_may_elsewhere():
    assert crossed("M0 0L94 0L97 3L100 0", "M0 9L94 3L97 0L100 0") == 0
    assert crossed("M0 0L50 40L100 0", "M0 40L50 0L100 0") == 1
    assert crossed("M0 0L94 0L97 3L100 3", "M0 9L94 3L97 0L100 0") == 1  # two ends


def test_an_edge_behind_a_card_that_it_does_not_join_is_hidden():
    line = "M10 10L150 10"
    cards = card("a", 0, 0), card("b", 60, 0), card("c", 130, 0)
    hidden = figures.hidden
    assert list(hidden(read(edge("a->c", line), *cards))) == ["a->c runs behind b"]
    assert not list(hidden(read(edge("a->c", "M10 19L150 19"), *cards)))


def test_the_labels_of_edges_are_taken_out_of_a_graph_and_nothing_else():
    source = (
        "digraph {\n"
        '\tn0 [label="a -> b|label=1" color=red]\n'
        '\tn0 -> n1:p0:w [label="\\"label=x\\" ]" penwidth=1.0]\n'
        '\tn0 -> n2 [color=blue label=g tooltip="label=x"]\n'
        "\tlabel=legend\n}"
    )
    assert figures.unlabelled(source) == (
        "digraph {\n"
        '\tn0 [label="a -> b|label=1" color=red]\n'
        "\tn0 -> n1:p0:w [penwidth=1.0]\n"
        '\tn0 -> n2 [color=blue tooltip="label=x"]\n'
        "\tlabel=legend\n}"
    )


def test_a_graph_is_laid_out_again_without_labels():
    a = Tensor(2.0, name="a")
    drawing = draw(a * a + a)
    found = figures.measured(drawing.svg(), drawing.source)
    assert (found.crossings, found.bare) == (0, 0)
    assert figures.measured(drawing.svg()).bare == -1


# --- labels and overlaps ------------------------------------------------------------


def lost(*edges):
    return list(figures.lost_labels(read(*edges).edges))


def test_a_label_beside_its_own_line_is_not_lost():
    label = text("×1.0", 50, 48)  # 2 below it is its lower edge, 50 its line
    assert not lost(edge("a->b", "M0 50L100 50", label), edge("a->c", "M0 80L90 80"))


def test_a_label_far_from_its_line_is_lost():
    (found,) = lost(edge("a->b", "M0 50L100 50", text("×1.0", 50, 40)))
    assert found == "label '×1.0' of a->b: 8.0 to it"
    assert not lost(edge("a->b", "M0 50L100 50", text("×1.0", 50, 42.5)))


def test_a_label_nearer_to_another_line_is_lost():
    (found,) = lost(
        edge("a->b", "M0 50L100 50", text("×1.0", 50, 44)),
        edge("a->c", "M0 35L100 35"),
    )
    assert found == "label '×1.0' of a->b: 1.5 to another edge, 4.0 to it"


def test_the_lines_of_a_label_are_one_label():
    two = text("upper", 50, 30), text("lower", 50, 47)
    assert not lost(edge("a->b", "M0 50L100 50", *two))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([(0, 0), (0, 100)], 10),
        ([(0, 0), (100, 100)], 0),
        ([(14, -5), (14, 100)], 0),
        ([(8, 14), (16, 22)], 0),
        ([(8, 16), (16, 8)], 0),
        ([(12, 12), (13, 13)], 0),
        ([(30, 30), (40, 40)], np.hypot(10, 10)),
        ([(15, 30), (30, 15)], np.hypot(2.5, 2.5)),
        ([(5, 0), (5, 8), (9, 12)], 1),
    ],
)
def test_the_distance_from_a_box_to_a_line(line, expected):
    box = Box(10, 10, 20, 20)
    assert geometry.distance(box, np.array(line, float)) == pytest.approx(expected)


def test_cards_and_labels_that_overlap_are_named():
    found = figures.overlaps(
        read(
            card("a", 0, 0),
            card("b", 30, 10),
            card("c", 100, 0),
            edge("a->b", "M0 50L100 50", text("long label", 100, 15)),
            edge("a->c", "M0 50L100 50", text("other", 100, 23)),
        )
    )
    assert list(found) == [
        "card a lies on card b",
        "label 'long label' of a->b lies on label 'other' of a->c",
        "label 'long label' of a->b lies on card c",
        "label 'other' of a->c lies on card c",
    ]


def test_texts_of_a_card_that_meet_or_leave_it_are_named():
    inside = text("abc", 20, 10), text("d", 24, 13), text("longer text", 20, 25)
    assert list(figures.overlaps(read(card("a", 0, 0, *inside)))) == [
        "text 'abc' lies on text 'd'",
        "a text of card a leaves it",
    ]
    assert not list(figures.overlaps(read(card("a", 0, 0, text("abc", 20, 12)))))


def test_the_legend_may_not_lie_on_a_card():
    found = figures.overlaps(read(card("a", 0, 0), text("legend", 30, 10)))
    assert list(found) == ["text 'legend' lies on card a"]


def test_to_touch_is_not_to_overlap():
    assert not list(figures.overlaps(read(card("a", 0, 0), card("b", 40, 0))))


# --- contrast -----------------------------------------------------------------------


def seen(*parts):
    return [round(found.ratio, 2) for found in contrasts(read(*parts))]


def test_the_ratio_of_two_colours_is_that_of_the_guidelines():
    black, white, grey = np.zeros(3), np.ones(3), np.full(3, 0x76 / 255)
    assert ratio(black, white) == ratio(white, black) == pytest.approx(21)
    assert ratio(grey, white) == pytest.approx(4.54, abs=0.005)  # by every checker
    assert ratio(grey, grey) == 1


def test_a_text_is_seen_against_the_card_that_it_lies_on():
    on_card = card("a", 0, 0, text("x", 20, 12, fill="#fff"), fill="#767676")
    assert seen(on_card, text("x", 100, 12, fill="#767676")) == [4.54, 4.54]
    assert seen(text("x", 20, 12, fill="#fff"), card("a", 0, 0, fill="black")) == [1]


def test_what_is_painted_last_is_what_is_behind():
    chart = '<rect x="10" y="0" width="20" height="20" fill="#767676"/>'
    inside = chart, text("x", 20, 12), text("y", 35, 12, fill="white")
    assert seen(card("a", 0, 0, *inside, fill="black")) == [4.62, 21]


def test_the_parts_of_a_text_have_colours_of_their_own():
    spans = '<tspan fill="#767676">a</tspan> · <tspan fill="white">b</tspan>'
    assert seen(text(spans, 50, 50)) == [4.54, 21, 1]


def test_half_of_black_is_grey_and_no_fill_hides_nothing():
    half = '<rect width="100" height="50" fill="black" opacity="0.5"/>'
    clear = '<rect width="100" height="50" fill="none"/>'
    grey = ratio(np.full(3, 0.5), np.ones(3))
    assert seen(half, clear, text("x", 50, 20, fill="white")) == [round(grey, 2)]


def test_faint_texts_are_counted():
    found = figures.figures(
        read(text("pale", 20, 10, fill="#ddd"), text("fit", 90, 10, fill="#767676"))
    )
    assert (found.contrast.said, found.faint) == ("pale", 1)


def test_a_colour_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="colour_of: 'tomato' is not #rrggbb"):
        seen(text("x", 5, 5, fill="tomato"))


# --- folders of programs, and the command -------------------------------------------

PROGRAM = """
from common import *
a = Tensor({value}, name="a")
save("{name}", draw(a * a, names=locals()), html=True)
{last}
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "programs"
    made.mkdir()
    (made / "common.py").write_text("two = 2.0\ndef save(name, drawing): 1 / 0\n")
    good, bad = ("two", "good", "(WEB / 'x').touch()"), ("3.0", "bad", "nowhere")
    for value, name, last in (good, bad):
        source = PROGRAM.format(value=value, name=name, last=last)
        (made / f"{name}.py").write_text(source)
    return made


def test_the_pictures_of_a_folder_are_found_and_so_is_an_error(folder, tmp_path):
    found = list(programs.pictures(folder, tmp_path))
    assert [name for name, _ in found] == ["bad", "bad", "good"]
    drawn, error, last = (thing for _, thing in found)
    assert ("9.0" in drawn.svg(), "4.0" in last.svg()) == (True, True)
    assert isinstance(error, NameError)
    assert (tmp_path / "x").exists()


def test_the_command_prints_a_table_and_writes_pictures(folder, tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("command", COMMAND)
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    out = tmp_path / "out"
    assert command.main([str(folder), "--out", str(out)]) == 0
    head, bad, error, good, few, afar, totals = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["program", "cards"]
    assert (bad.split()[:2], good.split()[:2]) == (["bad", "2"], ["good", "2"])
    assert error == f"{'bad':22} failed: NameError: name 'nowhere' is not defined"
    assert few.endswith("2 of 2; up to 25 cards and nothing folded: 2 of 2")
    assert afar == "text >= 9 px on a slide: 2 of 2"
    assert totals.startswith("in all: 0 crossings (without labels 0), 0 labels lost")
    written = ["bad.png", "bad.svg", "good.png", "good.svg"]
    assert sorted(path.name for path in out.glob("*.*")) == written

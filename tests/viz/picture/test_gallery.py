"""How the pictures of 37 programs that people draw read today.

A row of BOUNDS holds one picture to what it is now. Who makes pictures better tightens
the rows: `python tests/benchmarks/gallery.py --bounds` prints them anew.
"""

import hashlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers.gallery import PROGRAMS
from helpers.pictures import read as seen
from helpers.yardstick.contrast import contrasts
from helpers.yardstick.figures import measured
from helpers.yardstick.shapes import read

from viz import draw
from viz.picture.colours import THEMES

ROOT = Path(__file__).parents[3]


class Bounds(NamedTuple):
    """What a picture is held to.

    Attributes:
        cards: at most.
        text: px, at 800 px wide, of the smallest text of cards and labels: at least.
        slide: px, on a slide of 1920 x 1080, drawn with `aspect=16 / 9`: at least.
        tall: px, at 800 px wide: at most.
        crossings: of edges, at most.
        lost: labels far from their line or nearer to another: at most.
        overlaps: of cards and labels, at most.
        hidden: edges behind cards, at most.
        contrast: the lowest of any text, in every theme: at least.
    """

    cards: int
    text: float
    slide: float
    tall: float
    crossings: int
    lost: int
    overlaps: int
    hidden: int
    contrast: float


BOUNDS = {
    "first_graph": Bounds(7, 13.3, 20.0, 262, 0, 0, 0, 0, 4.7),
    "neuron": Bounds(13, 13.3, 20.0, 870, 0, 0, 0, 0, 4.7),
    "micrograd": Bounds(34, 13.3, 15.8, 1516, 0, 0, 0, 0, 4.7),
    "second_order": Bounds(15, 13.3, 20.0, 700, 1, 0, 0, 0, 4.7),
    "pendulum": Bounds(16, 13.3, 17.5, 1228, 0, 0, 0, 0, 4.7),
    "spring": Bounds(21, 11.9, 14.2, 1245, 0, 0, 0, 0, 4.7),
    "linear_regression": Bounds(9, 13.3, 20.0, 859, 0, 0, 0, 0, 4.7),
    "logistic_regression": Bounds(19, 12.9, 17.5, 1502, 0, 0, 0, 0, 4.7),
    "softmax": Bounds(10, 13.3, 16.1, 1378, 0, 0, 0, 0, 4.7),
    "two_layers": Bounds(14, 12.2, 15.2, 1392, 0, 0, 0, 0, 4.7),
    "lesson_network": Bounds(10, 13.3, 20.0, 880, 0, 0, 0, 0, 4.7),
    "exciter_network": Bounds(14, 11.4, 14.9, 1588, 0, 0, 0, 0, 4.7),
    "batch_norm": Bounds(15, 13.3, 15.7, 1782, 0, 0, 0, 0, 4.7),
    "layer_norm": Bounds(18, 12.6, 16.0, 1343, 0, 0, 0, 0, 4.7),
    "convolution": Bounds(11, 13.3, 17.5, 1598, 0, 0, 0, 0, 4.7),
    "residual": Bounds(24, 12.0, 11.1, 1517, 0, 0, 0, 0, 4.7),
    "autoencoder": Bounds(25, 10.7, 9.9, 1687, 1, 0, 0, 0, 4.7),
    "embedding": Bounds(18, 13.2, 12.0, 1680, 0, 0, 0, 0, 4.7),
    "decompositions": Bounds(24, 7.9, 11.7, 998, 0, 0, 0, 0, 4.7),
    "rnn_5": Bounds(16, 12.2, 9.0, 1178, 3, 0, 0, 0, 4.7),
    "rnn_50": Bounds(16, 12.2, 16.0, 1181, 3, 0, 0, 0, 4.7),
    "lstm": Bounds(9, 9.1, 10.2, 502, 0, 0, 0, 0, 4.7),
    "gru": Bounds(10, 10.9, 9.1, 931, 0, 0, 0, 0, 4.7),
    "attention": Bounds(27, 10.4, 9.1, 1743, 0, 0, 0, 0, 4.7),
    "attention_weights": Bounds(16, 10.8, 13.7, 1680, 0, 0, 0, 0, 4.7),
    "heads": Bounds(25, 10.7, 9.5, 1768, 0, 0, 0, 0, 4.7),
    "gpt": Bounds(21, 10.5, 12.3, 1799, 0, 0, 0, 0, 4.7),
    "nan": Bounds(10, 13.3, 20.0, 727, 0, 0, 0, 0, 4.7),
    "dead_units": Bounds(11, 13.3, 18.1, 1218, 0, 0, 0, 0, 4.7),
    "odd_names": Bounds(10, 12.1, 20.0, 529, 0, 0, 0, 0, 4.7),
    "broadcasting": Bounds(13, 11.2, 16.7, 1193, 0, 0, 0, 0, 4.7),
    "stale": Bounds(9, 13.3, 20.0, 988, 0, 0, 0, 0, 4.7),
    "fan_out": Bounds(57, 13.3, 14.4, 1658, 0, 0, 0, 0, 4.7),
    "long_pendulum": Bounds(16, 13.3, 17.5, 1396, 0, 0, 0, 0, 4.7),
    "runge_kutta": Bounds(6, 13.3, 10.2, 788, 0, 0, 0, 0, 4.7),
    "trajectory": Bounds(16, 11.9, 16.7, 1225, 0, 0, 0, 1, 4.7),
    "deep_residual": Bounds(10, 13.3, 13.8, 1778, 0, 0, 0, 0, 4.7),
}


def drawn(name, **options):
    tensor, names = PROGRAMS[name]()
    return draw(tensor, names=names, **options).svg()


svg = cache(drawn)
figures = cache(lambda name: measured(svg(name)))


def test_every_program_has_its_row():
    assert list(BOUNDS) == list(PROGRAMS)
    assert len(PROGRAMS) == 37


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_picture_reads_at_least_as_well_as_it_did(name):
    found, bounds = figures(name), BOUNDS[name]
    assert 0 < found.cards <= bounds.cards
    assert found.smallest >= bounds.text
    assert measured(drawn(name, aspect=16 / 9)).slide >= bounds.slide
    assert found.tall <= bounds.tall
    assert found.crossings <= bounds.crossings
    assert len(found.faults) <= bounds.lost, found.faults
    assert len(found.overlaps) <= bounds.overlaps, found.overlaps
    assert len(found.hidden) <= bounds.hidden, found.hidden
    assert found.contrast.ratio >= bounds.contrast, found.contrast


@pytest.mark.parametrize("name", PROGRAMS)
def test_edges_cross_no_more_often_than_graphviz_lays_them_out_without_labels(name):
    if figures(name).crossings:
        tensor, names = PROGRAMS[name]()
        bare = measured(svg(name), draw(tensor, names=names).source).bare
        assert figures(name).crossings <= bare


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_label_is_beside_its_own_line(name):
    assert not figures(name).faults


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_card_lies_on_another(name):
    assert not [words for words in figures(name).overlaps if words.startswith("card")]


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in PROGRAMS), ("gru", {"color": "value"})],
)
def test_the_ends_of_scales_in_the_legend_are_numbers_that_some_card_shows(
    name, options
):
    picture = seen(drawn(name, **options) if options else svg(name))
    said = " ".join(text for card in picture.cards.values() for text in card.lines)
    numbers = set(re.sub(r"[\[\],]", " ", said).replace("-", "").split())
    numbers |= {re.sub(r"e(\d)", r"e-\1", number) for number in numbers}  # of 1e-5
    named = re.findall(r"([\d.e-]+) to ([\d.e-]+)", " ".join(picture.legend))
    assert {end for ends in named for end in ends} <= numbers


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_program_gives_the_same_bytes(name):
    assert drawn(name) == svg(name)


@pytest.mark.slow
def test_other_hashes_give_the_same_bytes():
    code = (
        "import hashlib\n"
        "from helpers.gallery import PROGRAMS\n"
        "from viz import draw\n"
        "for program in PROGRAMS.values():\n"
        "    tensor, names = program()\n"
        "    svg = draw(tensor, names=names).svg()\n"
        "    print(hashlib.sha256(svg.encode()).hexdigest())\n"
    )
    here = [hashlib.sha256(svg(name).encode()).hexdigest() for name in PROGRAMS]
    for seed in ("1", "2"):
        path = f"{ROOT}:{ROOT / 'tests'}"
        environment = {"PYTHONPATH": path, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        said = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert said.stdout.split() == here, said.stderr


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_text_stands_out_in_every_theme(name, theme):
    lowest = min(contrasts(read(drawn(name, theme=theme))))
    assert lowest.ratio >= BOUNDS[name].contrast, lowest

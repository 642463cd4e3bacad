"""How the pictures of 32 programs that people draw read today.

A row of BOUNDS holds one picture to what it is now. Who makes pictures better tightens
the rows: `python tests/benchmarks/gallery.py --bounds` prints them anew.
"""

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers.gallery import PROGRAMS
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
        slide: px, of the same on a slide of 1920 x 1080: at least.
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
    "first_graph": Bounds(7, 8.7, 18.0, 226, 0, 0, 0, 0, 2.9),
    "neuron": Bounds(15, 4.3, 10.5, 129, 0, 0, 0, 0, 2.8),
    "micrograd": Bounds(44, 2.7, 6.7, 159, 4, 5, 0, 0, 2.8),
    "second_order": Bounds(20, 5.8, 14.0, 338, 8, 2, 0, 0, 2.8),
    "pendulum": Bounds(23, 2.4, 5.8, 148, 5, 6, 0, 0, 2.2),
    "spring": Bounds(25, 2.2, 5.3, 129, 5, 7, 0, 0, 2.3),
    "linear_regression": Bounds(10, 2.5, 6.1, 110, 0, 0, 0, 0, 2.8),
    "logistic_regression": Bounds(22, 1.1, 2.7, 45, 1, 2, 0, 0, 2.8),
    "softmax": Bounds(10, 1.6, 4.0, 56, 0, 2, 0, 0, 2.9),
    "two_layers": Bounds(15, 1.5, 3.6, 98, 0, 0, 0, 0, 2.8),
    "lesson_network": Bounds(10, 2.5, 6.0, 140, 0, 0, 0, 0, 2.8),
    "exciter_network": Bounds(14, 1.7, 4.1, 157, 0, 0, 0, 0, 2.8),
    "batch_norm": Bounds(17, 1.2, 2.9, 56, 0, 0, 0, 0, 2.8),
    "layer_norm": Bounds(21, 1.2, 2.9, 59, 1, 1, 0, 0, 2.8),
    "convolution": Bounds(13, 1.4, 3.5, 88, 0, 0, 0, 0, 2.8),
    "residual": Bounds(26, 1.0, 2.5, 122, 1, 1, 0, 0, 2.8),
    "autoencoder": Bounds(35, 0.9, 2.3, 89, 10, 5, 0, 0, 2.8),
    "embedding": Bounds(21, 1.2, 3.0, 59, 1, 2, 0, 0, 2.8),
    "decompositions": Bounds(25, 1.6, 3.9, 121, 0, 2, 0, 0, 2.8),
    "rnn_5": Bounds(53, 0.7, 1.8, 112, 9, 5, 0, 0, 2.8),
    "rnn_50": Bounds(11, 2.8, 6.8, 135, 2, 5, 0, 0, 2.2),
    "lstm": Bounds(17, 2.3, 5.6, 166, 10, 3, 0, 0, 2.5),
    "gru": Bounds(44, 1.2, 3.0, 85, 1, 4, 0, 0, 2.8),
    "attention": Bounds(40, 0.5, 1.3, 52, 5, 4, 0, 0, 2.8),
    "heads": Bounds(25, 0.6, 1.4, 34, 0, 2, 0, 0, 2.8),
    "gpt": Bounds(15, 0.9, 2.2, 40, 0, 1, 0, 0, 2.4),
    "nan": Bounds(11, 6.6, 16.0, 241, 0, 0, 0, 0, 2.8),
    "dead_units": Bounds(14, 1.6, 3.9, 100, 0, 1, 0, 0, 2.8),
    "odd_names": Bounds(10, 2.9, 7.1, 88, 0, 0, 0, 0, 3.0),
    "broadcasting": Bounds(14, 1.7, 4.3, 103, 0, 1, 0, 0, 2.8),
    "stale": Bounds(10, 2.4, 5.9, 117, 0, 0, 0, 0, 2.8),
    "fan_out": Bounds(33, 1.7, 4.2, 205, 0, 4, 0, 0, 2.2),
}


def drawn(name, **options):
    tensor, names = PROGRAMS[name]()
    return draw(tensor, names=names, **options).svg()


svg = cache(drawn)
figures = cache(lambda name: measured(svg(name)))


def test_every_program_has_its_row():
    assert list(BOUNDS) == list(PROGRAMS)
    assert len(PROGRAMS) == 32


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_picture_reads_at_least_as_well_as_it_did(name):
    found, bounds = figures(name), BOUNDS[name]
    assert 0 < found.cards <= bounds.cards
    assert found.smallest >= bounds.text
    assert found.slide >= bounds.slide
    assert found.tall <= bounds.tall
    assert found.crossings <= bounds.crossings
    assert len(found.faults) <= bounds.lost, found.faults
    assert len(found.overlaps) <= bounds.overlaps, found.overlaps
    assert len(found.hidden) <= bounds.hidden, found.hidden
    assert found.contrast.ratio >= bounds.contrast, found.contrast


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_card_lies_on_another(name):
    assert not [words for words in figures(name).overlaps if words.startswith("card")]


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

"""How the pictures read: 37 programs that people draw, and any others. `make gallery`.

    python tests/benchmarks/gallery.py             # those of tests/helpers/gallery
    python tests/benchmarks/gallery.py folder/     # the programs of a folder
    python tests/benchmarks/gallery.py --why       # and what is lost, or hidden, where
    python tests/benchmarks/gallery.py --bounds    # rows for test_gallery.py

Each picture is drawn into out/measured/, or for a folder into out/measured/folder/, as
.svg and as a .png at most 800 px wide, and has a line in the table:

    cards      how many
    px         width and height as drawn
    text       px, at 800 px wide: the smallest text of cards and labels of edges
    card       px, likewise: the median text of cards
    tall       px: the height at 800 px wide
    slide      px, on a slide of 1920 x 1080: the smallest text; of the 37 programs as
               drawn for one, with aspect=16 / 9
    crossings  of edges; and in Graphviz's layout of the same graph without labels
    lost       labels nearer to another edge, or more than 6 points from their own; and
               how many labels there are
    overlaps   cards, labels, names of frames and the legend on each other; texts of a
               card on each other, or outside it
    hidden     edges that run behind a card
    contrast   the lowest of any text (WCAG); of the 37 programs, in any theme
    faint      texts below 4.5, in the theme `light`

A folder holds programs as tests/helpers/yardstick/programs.py describes them.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from helpers.gallery import PROGRAMS
from helpers.yardstick.contrast import contrasts
from helpers.yardstick.figures import Figures, measured
from helpers.yardstick.programs import pictures
from helpers.yardstick.shapes import read

from viz import Drawing, draw
from viz.picture.colours import THEMES

FEW, LEGIBLE, TALLEST, FROM_AFAR = 25, 10.0, 1800.0, 9.0  # cards, px, px, px on a slide
HEAD = (
    f"{'program':22}{'cards':>6}{'px':>14}{'text':>6}{'card':>6}{'tall':>6}{'slide':>6}"
    f"{'crossings':>10}{'lost':>8}{'overlaps':>9}{'hidden':>7}{'contrast':>9}{'faint':>6}"
)


def ours() -> Iterator[tuple[str, Figures, Drawing]]:
    """The figures of the 37 programs, the contrast over all themes."""
    for name, program in PROGRAMS.items():
        tensor, names = program()
        drawing = draw(tensor, names=names)
        found = measured(drawing.svg(), drawing.source)
        svgs = (draw(tensor, names=names, theme=theme).svg() for theme in THEMES)
        lowest = min(text for svg in svgs for text in contrasts(read(svg)))
        slide = draw(tensor, names=names, aspect=16 / 9).svg()
        found = replace(found, contrast=lowest, slide=measured(slide).slide)
        yield name, found, drawing


def others(folder: Path, pages: Path) -> Iterator[tuple[str, Figures, Drawing]]:
    """The figures of the programs of a folder; what fails is said, and left out."""
    for name, found in pictures(folder, pages):
        try:
            if isinstance(found, Exception):
                raise found
            yield name, measured(found.svg(), found.source), found
        except Exception as error:
            print(f"{name:22} failed: {type(error).__name__}: {error!s:.100}")


def line(name: str, f: Figures) -> str:
    """A line of the table."""
    size = f"{f.width:.0f} x {f.height:.0f}"
    crossings = f"{f.crossings} / {f.bare}"
    lost = f"{len(f.faults)} / {f.labels}"
    return (
        f"{name:22}{f.cards:6}{size:>14}{f.smallest:6.1f}{f.middle:6.1f}{f.tall:6.0f}"
        f"{f.slide:6.1f}{crossings:>10}{lost:>8}{len(f.overlaps):9}"
        f"{len(f.hidden):7}{f.contrast.ratio:9.2f}{f.faint:6}"
    )


def totals(found: list[Figures]) -> Iterator[str]:
    """The lines under the table."""
    few = [f for f in found if f.cards <= FEW and not f.folds]

    def legible(figures: list[Figures]) -> str:
        fine = sum(f.smallest >= LEGIBLE and f.tall <= TALLEST for f in figures)
        return f"{fine} of {len(figures)}"

    yield (
        f"text >= {LEGIBLE:.0f} px and <= {TALLEST:.0f} px tall at 800 px: "
        f"{legible(found)}; up to {FEW} cards and nothing folded: {legible(few)}"
    )
    afar = sum(f.slide >= FROM_AFAR for f in found)
    yield f"text >= {FROM_AFAR:.0f} px on a slide: {afar} of {len(found)}"
    yield (
        f"in all: {sum(f.crossings for f in found)} crossings (without labels "
        f"{sum(f.bare for f in found)}), {sum(len(f.faults) for f in found)} labels "
        f"lost, {sum(len(f.overlaps) for f in found)} overlaps, "
        f"{sum(len(f.hidden) for f in found)} edges hidden"
    )


def bounds(name: str, f: Figures) -> str:
    """A row of the table in tests/viz/picture/test_gallery.py, as the picture is."""

    def down(x: float) -> float:
        return math.floor(10 * x) / 10

    row = (
        *(f.cards, down(f.smallest), down(f.slide), math.ceil(f.tall), f.crossings),
        *(len(f.faults), len(f.overlaps), len(f.hidden), down(f.contrast.ratio)),
    )
    return f'    "{name}": Bounds{row},'


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="of other programs")
    parser.add_argument("--out", type=Path, help="instead of out/measured/")
    parser.add_argument("--bounds", action="store_true", help="print rows of bounds")
    parser.add_argument("--why", action="store_true", help="say what is wrong where")
    chosen = parser.parse_args(arguments)
    out = Path("out/measured") / (chosen.folder.resolve().name if chosen.folder else "")
    out = chosen.out or out
    out.mkdir(parents=True, exist_ok=True)
    rows = others(chosen.folder, out) if chosen.folder else ours()
    if chosen.bounds:
        print(*(bounds(name, figures) for name, figures, _ in rows), sep="\n")
    else:
        show(rows, out, why=chosen.why)
    return 0


def show(rows: Iterable[tuple[str, Figures, Drawing]], out: Path, *, why: bool) -> None:
    """Writes the pictures, and prints the table."""
    print(HEAD)
    found = []
    for name, figures, drawing in rows:
        drawing.save(out / f"{name}.svg")
        drawing.save(out / f"{name}.png", scale=figures.shrink)
        print(line(name, figures))
        for fault in why * (figures.faults + figures.overlaps + figures.hidden):
            print(f"    {fault}")
        found.append(figures)
    print("\n".join(totals(found)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

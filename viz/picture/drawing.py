"""The Drawing that `draw` returns: a picture to look at, keep and save.

It holds the graph in DOT, what stands on and around its cards, and copies of numbers
for a page; of several forms the layouts decide, when the picture is first asked for.
`to_svg` and `overlaid` make the SVG, `to_png` its pixels, `to_pdf` and `page` the rest.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import graphviz  # type: ignore[import-untyped]  # has no hints

from viz.picture.details import Details
from viz.picture.dot_tables import for_dot
from viz.picture.files import check_place, write
from viz.picture.fit import Form, Room
from viz.picture.glyphs import missing_in, warn_of, with_stand_ins
from viz.picture.page import page
from viz.picture.pdf import to_pdf
from viz.picture.render import (
    SERVED_BY_DOT,
    by_dot,
    fitting_scale,
    has_dot,
    not_installed,
    size_of_svg,
    to_png,
    to_svg,
)
from viz.picture.sheets import Inside, sheets
from viz.picture.svg import Overlay, overlaid
from viz.picture.tangles import Aside, untangled

_TEXT = (".dot", ".gv")
_NOTEBOOK_WIDTH, _NOTEBOOK_PIXELS = 2000, 3_000_000  # of a PNG beside the SVG


class Drawn(NamedTuple):
    """A picture in one form."""

    form: Form
    digraph: graphviz.Digraph
    overlay: Overlay
    details: Details
    asides: Sequence[Aside]


class Drawing:
    """The picture of a graph."""

    def __init__(
        self,
        ways: list[list[Drawn]],
        room: Room,
        *,
        untangles: bool = False,
        too_large: str = "",
        insides: Mapping[int, Inside] | None = None,
        hovers: bool = False,
    ) -> None:
        self._ways = ways
        self._insides = insides or {}
        self._room = room
        self._untangles = untangles
        self._too_large = too_large
        self._hovers = hovers
        self._best: Drawn | None = None
        self._laid_out = ("", "")  # DOT, and the SVG that Graphviz made of it

    @property
    def digraph(self) -> graphviz.Digraph:
        """The `graphviz.Digraph`; what you change in it shows in the picture."""
        return self._drawn.digraph

    @property
    def _drawn(self) -> Drawn:
        """The form that reads largest, of the first that can be read; else of all."""
        if self._best is None:
            best, largest = self._ways[0][0], 0.0
            several = len(self._ways) > 1 or len(self._ways[0]) > 1
            for forms in self._ways if several else ():
                drawn, score = self._largest(forms)
                if score > largest:
                    best, largest = drawn, score
                if score >= self._room.least:
                    break
            self._best = self._untangled(best) if self._untangles else best
            self._ways = [[self._best]]
        return self._best

    def _untangled(self, drawn: Drawn) -> Drawn:
        svg = self._graphviz_svg(str(drawn.digraph.source))
        graph, svg, overlay = untangled(
            drawn.digraph, svg, drawn.overlay, self._room, drawn.asides
        )
        self._laid_out = str(graph.source), svg
        return drawn._replace(digraph=graph, overlay=overlay)

    def _graphviz_svg(self, source: str) -> str:
        """What Graphviz makes of the DOT, which is kept."""
        if self._laid_out[0] != source:
            self._laid_out = source, to_svg(source)
        return self._laid_out[1]

    def _largest(self, forms: list[Drawn]) -> tuple[Drawn, float]:
        """The form that reads largest, and its score; one that is as large as it can be
        is enough."""
        best, largest = forms[0], 0.0
        for drawn in forms:
            source = str(drawn.digraph.source)
            svg = to_svg(source)
            score = self._room.score(*size_of_svg(svg))
            if score > largest:
                best, largest = drawn, score
                self._laid_out = source, svg
            if score >= drawn.form.score or (score >= 1 and not self._room.grows):
                break  # no less than was hoped for
        return best, largest

    @property
    def source(self) -> str:
        """The graph in Graphviz's language, DOT."""
        return str(self.digraph.source)

    def svg(self) -> str:
        """The picture as SVG text.

        A browser shows the index and the number of a cell of a heat map that one points
        at, in pictures of up to 4,096 cells; a page does in all.

        Raises:
            RuntimeError: if the graph is too large to lay out.
        """
        return self._svg(hovers=self._hovers)

    def _svg(self, *, hovers: bool = False) -> str:
        if self._too_large:
            raise RuntimeError(self._too_large)
        over = self._drawn.overlay._replace(hovers=hovers)
        return overlaid(self._graphviz_svg(self.source), over, self._room.points)

    def png(self, *, scale: float | None = None, width: int | None = None) -> bytes:
        """The picture as the bytes of a PNG.

        Args:
            scale: × 96 pixels to the inch; 2, or less if the picture is huge.
            width: in pixels, in place of a scale.

        Warns:
            UserWarning: if its font lacks characters, which it shows as `\\u5b66`.
        """
        return self._png(scale, width, stacklevel=3)

    def _png(self, scale: float | None, width: int | None, *, stacklevel: int) -> bytes:
        svg, paper = self._svg(), self._drawn.overlay.theme.paper
        pixels = to_png(with_stand_ins(svg), scale, width=width, paper=paper)
        warn_of(missing_in(svg), "png", stacklevel=stacklevel + 1)
        return pixels

    def pdf(self) -> bytes:
        """The picture as the bytes of a PDF: one page of its size, without a pixel.

        Its text can be selected and searched; its font is in it. Where the package
        typst is not installed, the program `dot` makes it, without histograms.

        Warns:
            UserWarning: as for a PNG.

        Raises:
            ImportError: if neither is there.
        """
        return self._pdf(stacklevel=3)

    def _pdf(self, *, stacklevel: int) -> bytes:
        svg, overlay = self._svg(), self._drawn.overlay
        try:
            made = to_pdf(with_stand_ins(svg), paper=overlay.theme.paper)
        except ModuleNotFoundError as error:  # no wheel for this platform, perhaps
            if has_dot():
                return by_dot(for_dot(self.source, overlay), ".pdf")
            raise not_installed(error, "save", ".pdf") from error
        warn_of(missing_in(svg), "pdf", stacklevel=stacklevel + 1)
        return made

    def html(self) -> str:
        """The picture as a page that is one file: pan it, zoom it, point at a card.

        It works offline, and shows every number in full.

        Raises:
            RuntimeError: if the graph is too large to lay out.
        """
        svg, drawn = self._svg(), self._drawn
        return page(sheets(svg, drawn.details, self._insides), drawn.overlay.theme)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        scale: float | None = None,
        width: int | None = None,
    ) -> Path:
        """Write the picture to a file.

        Args:
            path: where to; the ending says what: .png, .svg, .html (a page to explore),
                .pdf or .dot; or .eps, .ps, .jpg, .gif where the program `dot` is
                installed.
            scale: of a .png: pixels per 1/96 inch; 2, or less if the picture is huge.
            width: of a .png, in pixels, in place of a scale.

        Returns:
            The path.

        Raises:
            ValueError: if the ending is unknown, or no .png can be so large.
            OSError: if there is no such folder, or it can't be written to.
            RuntimeError: if the ending needs `dot`, and it is not installed.
            ImportError: if it is .pdf, and neither typst nor `dot` is installed.
        """
        path = Path(path)
        check_place("save", path)
        write(path, self._content(path.suffix.lower(), scale, width))
        return path

    def _content(self, ending: str, scale: float | None, width: int | None) -> bytes:
        """The bytes of a file, by its ending: made before anything is written."""
        if ending == ".png":
            return self._png(scale, width, stacklevel=4)
        if width is not None:
            raise ValueError(
                f"save: width is of a .png, in pixels, and this is {ending}"
            )
        if ending == ".svg":
            return self.svg().encode()
        if ending == ".pdf":
            return self._pdf(stacklevel=4)
        if ending == ".html":
            return self.html().encode()
        if ending in _TEXT:
            return self.source.encode()
        if ending in SERVED_BY_DOT:
            return by_dot(for_dot(self.source, self._drawn.overlay), ending)
        came = f"the ending {ending!r}" if ending else "a file name without an ending"
        raise ValueError(
            f"save: {came} names no known format; known are .png, .svg, .html, .pdf, "
            f"{', '.join(_TEXT)}, and with the program dot {', '.join(SERVED_BY_DOT)}"
        )

    def __repr__(self) -> str:
        lines = self.digraph.body
        edges = sum(" -> " in line for line in lines)
        cards = sum(" class=" in line for line in lines)
        return f"Drawing({cards} cards, {edges} edges)"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What a notebook shows: the picture, which scrolls; in a terminal one line.

        Beside it a PNG, for sites that show saved notebooks and no SVG.
        """
        try:
            svg = self.svg()
        except (RuntimeError, ImportError) as error:
            return {"text/plain": f"{self!r}: {error}"}
        element = svg[svg.index("<svg") :]
        shown = {
            "text/html": f'<div style="overflow: auto">{element}</div>',
            "image/svg+xml": svg,
            "text/plain": repr(self),
        }
        with suppress(ImportError):  # without resvg, no PNG
            svg, paper = with_stand_ins(svg), self._drawn.overlay.theme.paper
            scale = fitting_scale(svg, most=_NOTEBOOK_PIXELS, widest=_NOTEBOOK_WIDTH)
            pixels = to_png(svg, scale, paper=paper)
            shown["image/png"] = b64encode(pixels).decode("ascii")
        return shown

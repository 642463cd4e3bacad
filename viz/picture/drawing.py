"""`draw`, and the Drawing that it returns: a picture to look at, keep and save.

A picture is made in a line of functions, each of which takes values and returns one:

    read        tensor -> its ops                                     scene.py
    folded      ops -> the scene: cards and edges                     folding.py
    frames      scene -> the frames around what a layer or scope made frames.py
    worded_...  scene -> what cards and edges say                     cards.py, edges.py
    to_dot      words, frames -> a `graphviz.Digraph`                 dot.py
    overlay     words -> what Graphviz can't draw                     svg.py
    Details     words -> copies of the numbers that a page shows      details.py

A Drawing holds the last three, and keeps no tensor alive. The rest waits until it is
asked for: `to_svg` and `overlaid` make the SVG, `to_png` its pixels, `page` a page.
"""

from __future__ import annotations

import numbers
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import graphviz  # type: ignore[import-untyped]  # has no hints

from engine import Tensor
from viz.picture.cards import widened, worded_cards
from viz.picture.colours import THEMES
from viz.picture.details import Details
from viz.picture.dot import Options, to_dot
from viz.picture.dot_tables import for_dot
from viz.picture.edges import worded_edges
from viz.picture.files import check_place, write
from viz.picture.folding import folded
from viz.picture.frames import frames
from viz.picture.page import page
from viz.picture.render import SERVED_BY_DOT, by_dot, to_png, to_svg
from viz.picture.scene import Scene, read
from viz.picture.svg import Overlay, overlaid, overlay
from viz.words.formula import Formulas
from viz.words.names import Names

_DIRECTIONS = ("LR", "TB")
_SHOWN = ("value", "grad", "shape")
_COLOURINGS = ("grad", "value", "role", None)
_THEMES = tuple(THEMES)
MAX_CARDS = 3000  # beyond it Graphviz runs out of stack (a chain of 1,500 ops does)
MAX_CROSSINGS = 30_000  # beyond it even a frugal layout takes more than 3 s
FEWEST = 5  # cards that nearly any graph can be folded to
_TEXT = (".dot", ".gv")


def draw(
    tensor: Tensor,
    *,
    names: Mapping[str, Any] | None = None,
    direction: str = "LR",
    show: Collection[str] = _SHOWN,
    color: str | None = "grad",
    theme: str = "light",
    legend: bool = True,
    max_nodes: int | None = 60,
    groups: bool = True,
    edge_labels: bool = True,
) -> Drawing:
    """Draw the graph that a tensor was computed by: values, gradients, derivatives.

    Args:
        tensor: what to draw, usually the loss; before or after `backward()`.
        names: variable name -> tensor. `names=locals()` calls every tensor by its
            variable; a tensor's own `name=` wins.
        direction: "LR", from left to right, or "TB", from top to bottom.
        show: what a card says besides its name and its op: any of "value", "grad" and
            "shape" (with the dtype).
        color: what the fill of a card means: "grad", the darker the larger its
            gradient; "value", the darker the larger its value; "role", whether it is a
            parameter, a constant, an op or what is drawn; None: no fill.
        theme: "light"; "dark", for dark slides and screens; or "print", greys alone.
        legend: whether to explain the kinds of cards that are present.
        max_nodes: cards beyond which the graph is folded: what one group made into one
            card, then chains of elementwise ops, then rounds of a loop, then what is
            far from the result. Every such card says what it hides. None: draw all.
        groups: whether to draw a frame around what one layer or scope made.
        edge_labels: whether edges bear their local derivatives.

    Returns:
        The picture: a notebook shows it, `.save("graph.png")` writes it, and `.svg()`,
        `.png()` and `.html()` give it as text or bytes. It keeps no tensor alive.

    Raises:
        TypeError: if `tensor` is not a Tensor, or `names` not a mapping.
        ValueError: if the direction, the color, the theme or what to show is unknown.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"draw: got a {type(tensor).__name__}, and needs a Tensor; pass the loss, "
            "or whatever was computed from Tensor(...)"
        )
    _check("direction", direction, _DIRECTIONS)
    _check("color", color, _COLOURINGS)
    _check("theme", theme, _THEMES)
    if not isinstance(show, Collection):
        raise TypeError(f"draw: show is {show!r:.60}, and must name what to show")
    if isinstance(show, str):
        raise TypeError(f"draw: show is {show!r}; for one thing, write ({show!r},)")
    for thing in show:
        _check("what to show", thing, _SHOWN)
    options = Options(
        names=names,
        direction=direction,
        show=frozenset(show),
        color=color,
        theme=theme,
        legend=legend,
        groups=groups,
        edge_labels=edge_labels,
    )
    return draw_scene(folded(read(tensor), _checked_most(max_nodes)), options)


def draw_scene(scene: Scene, options: Options) -> Drawing:
    """The picture of a scene."""
    names = Names(options.names, graph=scene.result)
    for leaf in scene.referred():
        names.mention(leaf)
    formulas = Formulas(names)
    edges = worded_edges(scene.edges, formulas)  # first: it gives names that cards show
    cards = worded_cards(scene, names, options.show, formulas.changed)
    cards = [widened(words, options.min_widths) for words in cards]
    around = frames(scene) if options.groups else []
    graph = to_dot(cards, edges, around, options, crossings=scene.crossings)
    theme = THEMES[options.theme]
    return Drawing(
        graph,
        overlay(cards, theme, horizontal=options.horizontal),
        Details(cards, edges),
        too_large=_too_large(scene),
    )


def _checked_most(max_nodes: Any) -> int | None:
    if max_nodes is None:
        return None
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, numbers.Integral):
        raise TypeError(f"draw: max_nodes is {max_nodes!r}, and must be an int or None")
    if max_nodes < FEWEST:
        raise ValueError(
            f"draw: max_nodes is {max_nodes}, and must be at least {FEWEST}; None "
            "draws all"
        )
    return int(max_nodes)


def _check(what: str, given: Any, known: tuple[Any, ...]) -> None:
    if not isinstance(given, str | None) or given not in known:
        words = " or ".join(map(repr, known))
        raise ValueError(f"draw: {what} is {given!r}, and must be {words}")


class Drawing:
    """The picture of a graph.

    Attributes:
        digraph: the `graphviz.Digraph`; what you change in it shows in the picture.
    """

    def __init__(
        self,
        digraph: graphviz.Digraph,
        overlay: Overlay,
        details: Details,
        *,
        too_large: str = "",
    ) -> None:
        self.digraph = digraph
        self._overlay = overlay
        self._details = details
        self._too_large = too_large

    @property
    def source(self) -> str:
        """The graph in Graphviz's language, DOT."""
        return str(self.digraph.source)

    def svg(self) -> str:
        """The picture as SVG text.

        Raises:
            RuntimeError: if the graph is too large to lay out.
        """
        if self._too_large:
            raise RuntimeError(self._too_large)
        return overlaid(to_svg(self.source), self._overlay)

    def png(self, *, scale: float = 2.0) -> bytes:
        """The picture as the bytes of a PNG, `scale` × 96 pixels to the inch."""
        return to_png(self.svg(), scale, paper=self._overlay.theme.paper)

    def html(self) -> str:
        """The picture as a page that is one file: pan it, zoom it, point at a card.

        It works offline, and shows every number in full.

        Raises:
            RuntimeError: if the graph is too large to lay out.
        """
        theme = self._overlay.theme
        colours = {"paper": theme.paper, "ink": theme.ink, "gradient": theme.gradient}
        return page(self.svg(), self._details.written(), **colours)

    def save(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> Path:
        """Write the picture to a file.

        Args:
            path: where to; the ending says what: .png, .svg, .html (a page to explore)
                or .dot; or .pdf, .eps, .ps, .jpg, .gif where the program `dot` is
                installed.
            scale: of a .png: pixels per 1/96 inch.

        Returns:
            The path.

        Raises:
            ValueError: if the ending is unknown.
            OSError: if there is no such folder, or it can't be written to.
            RuntimeError: if the ending needs `dot`, and it is not installed.
        """
        path = Path(path)
        check_place("save", path)
        write(path, self._content(path.suffix.lower(), scale))
        return path

    def _content(self, ending: str, scale: float) -> bytes:
        """The bytes of a file, by its ending: made before anything is written."""
        if ending == ".png":
            return self.png(scale=scale)
        if ending == ".svg":
            return self.svg().encode()
        if ending == ".html":
            return self.html().encode()
        if ending in _TEXT:
            return self.source.encode()
        if ending in SERVED_BY_DOT:
            return by_dot(for_dot(self.source, self._overlay), ending)
        came = f"the ending {ending!r}" if ending else "a file name without an ending"
        raise ValueError(
            f"save: {came} names no known format; known are .png, .svg, .html, "
            f"{', '.join(_TEXT)}, and with the program dot {', '.join(SERVED_BY_DOT)}"
        )

    def __repr__(self) -> str:
        lines = self.digraph.body
        edges = sum(" -> " in line for line in lines)
        cards = sum(" class=" in line for line in lines)
        return f"Drawing({cards} cards, {edges} edges)"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What a notebook shows: the picture, which scrolls; in a terminal one line."""
        try:
            svg = self.svg()
        except (RuntimeError, ImportError) as error:
            return {"text/plain": f"{self!r}: {error}"}
        element = svg[svg.index("<svg") :]
        return {
            "text/html": f'<div style="overflow: auto">{element}</div>',
            "image/svg+xml": svg,
            "text/plain": repr(self),
        }


def _too_large(scene: Scene) -> str:
    """Why a graph can't be laid out, or ""."""
    cards, crossings = len(scene.cards), scene.crossings
    if cards <= MAX_CARDS and crossings <= MAX_CROSSINGS:
        return ""
    return (
        f"draw: {cards} cards and {crossings} ranks crossed by long edges; Graphviz "
        f"lays out up to {MAX_CARDS} and {MAX_CROSSINGS}. Fold it (max_nodes=60), or "
        "draw an earlier tensor; .dot can still be saved"
    )

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
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import graphviz  # type: ignore[import-untyped]  # has no hints

from engine import Tensor
from viz.picture.card_layout import stacked
from viz.picture.cards import to_mention, widened, worded_cards
from viz.picture.colours import THEMES
from viz.picture.columns import in_columns
from viz.picture.details import Details
from viz.picture.dot import Options, to_dot
from viz.picture.dot_tables import for_dot
from viz.picture.edges import worded_edges
from viz.picture.files import check_place, write
from viz.picture.fit import (
    Form,
    Room,
    Words,
    best_forms,
    is_readable,
    room_of,
    steps_of_folding,
)
from viz.picture.folding import folded
from viz.picture.frame_boxes import frame_boxes
from viz.picture.frames import frames
from viz.picture.glyphs import missing_in, warn_of, with_stand_ins
from viz.picture.page import page
from viz.picture.render import (
    SERVED_BY_DOT,
    by_dot,
    fitting_scale,
    size_of_svg,
    to_png,
    to_svg,
)
from viz.picture.scene import Fold, Scene, read
from viz.picture.svg import Overlay, overlaid, overlay
from viz.words.formula import Formulas
from viz.words.names import Names

_DIRECTIONS = ("auto", "LR", "TB")
_SHOWN = ("value", "grad", "shape")
_COLOURINGS = ("grad", "value", "role", None)
_THEMES = tuple(THEMES)
MAX_CARDS = 3000  # beyond it Graphviz runs out of stack (a chain of 1,500 ops does)
MAX_CROSSINGS = 30_000  # beyond it even a frugal layout takes more than 3 s
FEWEST = 5  # cards that nearly any graph can be folded to
_TEXT = (".dot", ".gv")
_NOTEBOOK_WIDTH, _NOTEBOOK_PIXELS = 2000, 3_000_000  # of a PNG beside the SVG


def draw(
    tensor: Tensor | Sequence[Tensor],
    *,
    names: Mapping[str, Any] | None = None,
    direction: str = "auto",
    width: float = 800,
    aspect: float | None = None,
    show: Collection[str] = _SHOWN,
    color: str | None = "grad",
    theme: str = "light",
    legend: bool = True,
    max_nodes: int | str | None = "auto",
    groups: bool = True,
    edge_labels: bool = True,
) -> Drawing:
    """Draw the graph that a tensor was computed by: values, gradients, derivatives.

    Args:
        tensor: what to draw, usually the loss; before or after `backward()`. Of a list
            or a tuple, all that its Tensors were computed by, in one picture.
        names: variable name -> tensor. `names=locals()` calls every tensor by its
            variable, or by the path to it (`ws[0]`); a tensor's own `name=` wins.
        direction: "auto", the one that reads largest; "LR", from left to right; or
            "TB", from top to bottom.
        width: px that the picture has where it is looked at: 800 in a README. Forms are
            compared at this width, at most 1800 px tall.
        aspect: width / height of a slide, such as 16 / 9, instead of a width.
        show: what a card says besides its name and its op: any of "value", "grad" and
            "shape" (with the dtype).
        color: what the fill of a card means: "grad", the stronger the larger its
            gradient; "value", the stronger the larger its value (numbers are compared
            with numbers, arrays with arrays by their largest entries); "role", whether
            it is a parameter, a constant, an op or what is drawn; None: no fill.
        theme: "light"; "dark", for dark slides and screens; or "print", greys alone.
        legend: whether to explain the kinds of cards that are present.
        max_nodes: cards beyond which the graph is folded, no more than that needs: what
            one group made into one card, then chains of elementwise ops, then rounds of
            a loop, then what is far from the result. Every such card says what it
            hides. "auto": as many as can be read where it is looked at, 60 at most, and
            never fewer than 25, on a slide 12. None: draw all.
        groups: whether to draw a frame around what one layer or scope made.
        edge_labels: whether edges bear their local derivatives.

    Returns:
        The picture: a notebook shows it, `.save("graph.png")` writes it, and `.svg()`,
        `.png()` and `.html()` give it as text or bytes. It keeps no tensor alive.

    Raises:
        TypeError: if `tensor` is not a Tensor, nor a list of them; or `names` is not a
            mapping.
        ValueError: if the list is empty, or if the direction, the color, the theme or
            what to show is unknown.
    """
    results = _results(tensor)
    _check("direction", direction, _DIRECTIONS)
    _check("color", color, _COLOURINGS)
    _check("theme", theme, _THEMES)
    _check_size("width", width)
    _check_size("aspect", 1 if aspect is None else aspect)
    if not isinstance(show, Collection):
        raise TypeError(f"draw: show is {show!r:.60}, and must name what to show")
    if isinstance(show, str):
        raise TypeError(f"draw: show is {show!r}; for one thing, write ({show!r},)")
    for thing in show:
        _check("what to show", thing, _SHOWN)
    options = Options(
        names=names,
        direction=direction,
        show=frozenset(show) | ({"sum"} if "grad" in show else set()),
        color=color,
        theme=theme,
        legend=legend,
        groups=groups,
        edge_labels=edge_labels,
        width=width,
        aspect=aspect,
    )
    folds = read(*results)
    most = (
        steps_of_folding(options) if max_nodes == "auto" else [_checked_most(max_nodes)]
    )
    return _draw_folded(results, folds, most, options)


def draw_scene(scene: Scene, options: Options) -> Drawing:
    """The picture of a scene."""
    names = Names(options.names, graph=scene.results)
    formulas = Formulas(names)
    words = _worded(scene, names, formulas, options)
    return _in_forms(words, best_forms(words, options), names, formulas, options)


def _draw_folded(
    results: list[Tensor],
    folds: list[Fold],
    most: Iterable[int | None],
    options: Options,
) -> Drawing:
    """The picture of ops, folded as little as it needs to be read.

    Args:
        results: what is drawn.
        folds: one per op.
        most: numbers of cards that are tried, from the greatest.
        options: how it is to look.
    """
    names = Names(options.names, graph=results)
    formulas = Formulas(names)
    cards = 0
    for n in most:
        scene = folded(folds, n)
        if len(scene.cards) == cards:
            continue  # the same as before
        cards = len(scene.cards)
        words = _worded(scene, names, formulas, options)
        forms = best_forms(words, options)
        if is_readable(forms[0], options):
            break
    return _in_forms(words, forms, names, formulas, options)


def _in_forms(
    words: Words,
    forms: Iterable[Form],
    names: Names,
    formulas: Formulas,
    options: Options,
) -> Drawing:
    scene, drawn = words.scene, []
    for form in forms:
        cut = words if form.columns == 1 else None
        if cut is None:
            parts = in_columns(scene, form.heights, form.columns)
            cut = _worded(parts, names, formulas, options)
        drawn.append(_drawn(cut, form, options))
    return Drawing(drawn, room_of(options), too_large=_too_large(scene))


def _worded(scene: Scene, names: Names, formulas: Formulas, options: Options) -> Words:
    for held in to_mention(scene, names):
        names.mention(held)
    edges = worded_edges(scene.edges, formulas)  # first: it gives names that cards show
    cards = worded_cards(scene, names, options.show, formulas.changed)
    return Words(scene, [widened(words, options.min_widths) for words in cards], edges)


def _drawn(words: Words, form: Form, options: Options) -> _Drawn:
    options = replace(options, direction=form.direction)
    cards = words.cards
    if form.stacked:
        cards = [card._replace(rows=stacked(card.rows)) for card in cards]
    around = frame_boxes(frames(words.scene)) if options.groups else []
    crossings = words.scene.crossings
    graph = to_dot(cards, words.edges, options, crossings=crossings, width=form.width)
    theme = THEMES[options.theme]
    over = overlay(cards, around, theme)
    return _Drawn(form, graph, over, Details(cards, words.edges))


class _Drawn(NamedTuple):
    """A picture in one form."""

    form: Form
    digraph: graphviz.Digraph
    overlay: Overlay
    details: Details


def _results(given: Any) -> list[Tensor]:
    """What is to be drawn: at least one Tensor."""
    several = isinstance(given, list | tuple)
    if several and not given:
        raise ValueError("draw: got an empty list, and needs at least one Tensor")
    for i, x in enumerate(given if several else [given]):
        if not isinstance(x, Tensor):
            which = f" at [{i}]" if several else ""
            raise TypeError(
                f"draw: got a {type(x).__name__}{which}, and needs a Tensor; pass the "
                "loss, or whatever was computed from Tensor(...)"
            )
    return list(given) if several else [given]


def _checked_most(max_nodes: Any) -> int | None:
    if max_nodes is None:
        return None
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, numbers.Integral):
        raise TypeError(
            f"draw: max_nodes is {max_nodes!r}, and must be an int, 'auto' or None"
        )
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


def _check_size(what: str, given: Any) -> None:
    number = isinstance(given, numbers.Real) and not isinstance(given, bool)
    if not number or not 0 < given < float("inf"):
        raise ValueError(
            f"draw: {what} is {given!r:.60}, and must be a positive number; "
            "width=800 is that of a README, aspect=16 / 9 that of a slide"
        )


class Drawing:
    """The picture of a graph."""

    def __init__(self, forms: list[_Drawn], room: Room, *, too_large: str = "") -> None:
        self._forms = forms
        self._room = room
        self._too_large = too_large

    @property
    def digraph(self) -> graphviz.Digraph:
        """The `graphviz.Digraph`; what you change in it shows in the picture."""
        return self._drawn.digraph

    @property
    def _drawn(self) -> _Drawn:
        """The form that reads largest: one that is as large as it can be is enough."""
        best, largest = self._forms[0], 0.0
        for drawn in self._forms if len(self._forms) > 1 else ():
            svg = to_svg(str(drawn.digraph.source))
            score = self._room.score(*size_of_svg(svg))
            if score > largest:
                best, largest = drawn, score
            if score >= drawn.form.score or (score >= 1 and not self._room.grows):
                break  # no less than was hoped for
        self._forms = [best]
        return best

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
        return overlaid(to_svg(self.source), self._drawn.overlay)

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
        svg, paper = self.svg(), self._drawn.overlay.theme.paper
        pixels = to_png(with_stand_ins(svg), scale, width=width, paper=paper)
        missing = missing_in(svg)
        if missing:
            warn_of(missing, stacklevel=stacklevel + 1)
        return pixels

    def html(self) -> str:
        """The picture as a page that is one file: pan it, zoom it, point at a card.

        It works offline, and shows every number in full.

        Raises:
            RuntimeError: if the graph is too large to lay out.
        """
        theme = self._drawn.overlay.theme
        colours = {"paper": theme.paper, "ink": theme.ink, "gradient": theme.gradient}
        return page(self.svg(), self._drawn.details.written(), **colours)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        scale: float | None = None,
        width: int | None = None,
    ) -> Path:
        """Write the picture to a file.

        Args:
            path: where to; the ending says what: .png, .svg, .html (a page to explore)
                or .dot; or .pdf, .eps, .ps, .jpg, .gif where the program `dot` is
                installed.
            scale: of a .png: pixels per 1/96 inch; 2, or less if the picture is huge.
            width: of a .png, in pixels, in place of a scale.

        Returns:
            The path.

        Raises:
            ValueError: if the ending is unknown, or no .png can be so large.
            OSError: if there is no such folder, or it can't be written to.
            RuntimeError: if the ending needs `dot`, and it is not installed.
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
        if ending == ".html":
            return self.html().encode()
        if ending in _TEXT:
            return self.source.encode()
        if ending in SERVED_BY_DOT:
            return by_dot(for_dot(self.source, self._drawn.overlay), ending)
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

"""`draw`: the whole way from a tensor to a picture.

A picture is made in a line of functions, each of which takes values and returns one:

    read        tensor -> its ops                                     scene.py
    wished      ops -> ops, with what is to be open or folded         wishes.py
    folded      ops -> the scene: cards and edges                     folding.py
    worded_...  scene -> what cards and edges say                     cards.py, edges.py
    best_forms  words -> directions and columns that may do           fit.py
    in_columns  scene -> the scene, cut into columns                  columns.py
    frames      scene -> the frames around what a layer or scope made frames.py
    to_dot      words -> a `graphviz.Digraph` of sized boxes          dot.py
    overlay     words, frames -> what stands on and around them       svg.py
    Details     words -> copies of the numbers that a page shows      details.py
    insides     scenes -> what is in their folds, for a page          insides.py

From words on, ways.py does it for each way to draw the scene that may be read. A
Drawing (drawing.py) holds the last three of each, and keeps no tensor alive. The rest
waits until it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine import Tensor
from viz.picture.drawing import Drawing, Drawn
from viz.picture.fit import FOLDINGS, WHOLE, looks, room_of
from viz.picture.folding import Folder
from viz.picture.insides import insides
from viz.picture.options import (
    Options,
    check_options,
    checked_labels,
    checked_most,
    checked_results,
    checked_show,
)
from viz.picture.scene import FOLDED, LOSS, OPERATION, Fold, Scene, read
from viz.picture.ways import Known, in_look, ways_of
from viz.picture.wishes import wished
from viz.words.names import Names

MAX_CARDS = 3000  # beyond it Graphviz runs out of stack (a chain of 1,500 ops does)
MAX_CROSSINGS = 30_000  # beyond it even a frugal layout takes more than 3 s


def draw(
    tensor: Tensor | Sequence[Tensor],
    *,
    names: Mapping[str, Any] | None = None,
    direction: str = "auto",
    width: float = 800,
    aspect: float | None = None,
    font_size: float = 10,
    digits: int | None = None,
    show: Collection[str] = ("value", "grad", "shape"),
    color: str | None = "grad",
    theme: str = "light",
    legend: bool = True,
    max_nodes: int | str | None = "auto",
    open: Collection[str] = (),  # noqa: A002 - the word for it
    fold: Collection[str] = (),
    groups: bool = True,
    edge_labels: bool = True,
) -> Drawing:
    """Draw the graph that a tensor was computed by: values, gradients, derivatives.

    Args:
        tensor: what to draw, usually the loss; before or after `backward()`. Of a list
            or a tuple, all that its Tensors were computed by, in one picture.
        names: variable name -> tensor. `names=locals()` calls every tensor by its
            variable, or by the path to it (`ws[0]`); a tensor's own `name=` wins.
        direction: "auto", the one that reads largest, with labels and lines kept apart;
            "LR", from left to right; or "TB", from top to bottom.
        width: px that the picture has where it is looked at: 800 in a README. Forms are
            compared at this width, at most 1800 px tall.
        aspect: width / height of a slide, such as 16 / 9, instead of a width.
        font_size: of the smallest text of cards, in points, where the picture is not
            made smaller to fit: an SVG or a PNG grows with it.
        digits: significant ones of each number. None: 4; and 3, where with 4 the
            picture would be too small to read.
        show: what a card says besides its name and its op: any of "value", "grad" and
            "shape" (with the dtype).
        color: what the fill of a card means: "grad", the stronger the larger its
            gradient; "value", the stronger the larger its value (numbers are compared
            with numbers, arrays with arrays by their largest entries); "role", whether
            it is a parameter, a constant, an op or the result; None: no fill.
        theme: "light"; "dark", for dark slides and screens; or "print", greys alone.
        legend: whether to explain the kinds of cards that are present.
        max_nodes: cards beyond which the graph is folded, no more than that needs: of a
            loop the last round is drawn, and what it hands to the next; softmax and the
            like, what one group made, chains of elementwise ops, whole loops, and what
            is far from the result become one card each, which says what it hides.
            "auto": as many as can be read where it is looked at, 60 at most, and
            never fewer than 12. Up to 25 cards nothing is folded, but on a slide.
            None: draw all.
        open: labels of layers and scopes that are never folded.
        fold: labels of those that always are.
        groups: whether to draw a frame around what one layer or scope made.
        edge_labels: whether edges bear their local derivatives.

    Returns:
        The picture: a notebook shows it, `.save("graph.png")` writes it, and `.svg()`,
        `.png()` and `.html()` give it as text or bytes. It keeps no tensor alive.

    Raises:
        TypeError: if `tensor` is not a Tensor, nor a list of them; `names` is not a
            mapping; what to show, or labels, are not a list; or `max_nodes` is not an
            int.
        ValueError: if the list is empty; if the direction, the color, the theme, what
            to show or a label to open or fold is unknown; if `max_nodes` is below 5; or
            if a size is not positive, or `digits` not from 1 to 17.
    """
    results, shown = checked_results(tensor), checked_show(show)
    options = Options(
        names=names,
        direction=direction,
        show=shown,
        color=color,
        theme=theme,
        legend=legend,
        groups=groups,
        edge_labels=edge_labels,
        width=width,
        aspect=aspect,
        font_size=font_size,
        digits=digits,
    )
    check_options(options)
    auto = isinstance(max_nodes, str) and max_nodes == "auto"
    most = FOLDINGS if auto else [checked_most(max_nodes)]
    names_of = Names(names, graph=results)
    ops = wished(
        read(*results), checked_labels("open", open), checked_labels("fold", fold)
    )
    scenes = _scenes(ops, most, WHOLE if aspect is None else 0)
    return _drawing(scenes, Known(names_of), options)


def draw_scene(scene: Scene, options: Options) -> Drawing:
    """The picture of a scene with all that there is to say, in the form that reads
    largest; for a page, on which it may be scrolled and its texts may change."""
    known = Known(Names(options.names, graph=scene.results))
    _, drawn = in_look(looks(options)[0], scene, known, options)
    return Drawing([list(drawn)], room_of(options), too_large=_too_large(scene))


def _drawing(scenes: Iterable[Scene], known: Known, options: Options) -> Drawing:
    """The picture of the first scene that can be read.

    Args:
        scenes: of the same graph, folded more and more.
        known: what is known of the graph.
        options: how it is to look.
    """
    ways: list[list[Drawn]] = []
    tried: list[Scene] = []
    for scene in scenes:
        found, is_sure = ways_of(scene, known, options)
        ways += found
        tried += [scene] if found else []
        if is_sure:
            break
    if not ways:  # then the last is the best
        shortest = looks(options)[-1]
        _, drawn = in_look(shortest, scene, known, options)
        ways, tried = [list(drawn)], [scene]
    inner = insides(tried, known, options)
    too_large = _too_large(scene)
    untangles = options.direction == "auto" and not too_large
    return Drawing(
        ways,
        room_of(options),
        untangles=untangles,
        too_large=too_large,
        insides=inner,
        hovers=True,
    )


def _scenes(
    folds: list[Fold], most: Iterable[int | None], whole: int
) -> Iterator[Scene]:
    """Ops, folded to fewer and fewer cards, as long as that makes a difference.

    Args:
        folds: one per op.
        most: numbers of cards, falling.
        whole: cards up to which nothing is folded.
    """
    cards, folder = 0, Folder(folds)
    for n in most:
        if n is not None and 0 < cards <= n:
            continue
        scene = folder.scene(n)
        yield scene
        cards = len(scene.cards)
        ops = sum(card.kind in (OPERATION, LOSS, FOLDED) for card in scene.cards)
        if cards <= whole and ops == len(folds):
            return


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

"""`steps`: a page on which a computation is walked through, forward and back.

The page is the picture of the finished graph, with all that the tape says beside it;
its script hides what has not happened yet. So a step is a place on the tape, and going
back is to show less. The page is steps.html with the scripts in SCRIPTS.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any, overload

from engine import Tensor, copy_node
from viz.lesson.shown import TITLE, Page, checked_path
from viz.lesson.symbols import Symbols
from viz.lesson.tape import Tape, check_loss, tape
from viz.lesson.transcript import Transcript
from viz.picture.colours import THEMES
from viz.picture.draw import draw_scene
from viz.picture.files import check_place
from viz.picture.fit import POINTS
from viz.picture.folding import folded
from viz.picture.geometry import EDGE
from viz.picture.lines import LABEL, NUMBER, SMALLEST
from viz.picture.night import day_and_night
from viz.picture.options import Options
from viz.picture.page import as_json, filled
from viz.picture.render import size_of_svg
from viz.picture.scene import Scene, read
from viz.words.trouble import stale_ids

MOST_CARDS = 500  # cards that a page walks through
# In this order: each uses those before it.
SCRIPTS = (
    *("numbers.js", "arrays.js", "diagnosis.js"),
    *("tape.js", "picture.js", "questions.js", "walk.js"),
)
_BOTH = 60  # cards up to which both directions are laid out
_STAGE = (880, 690)  # px: what the picture has on a screen of 1280 × 800
_PHONE = (374, inf)  # px: on a phone it is scrolled down
_LEGIBLE = 11 * POINTS / SMALLEST  # the scale at which the smallest text has 11 px
MIN_WIDTHS = {"value": 9, "grad": 11}  # characters: `-1.235e-5`, `∂ -1.235e-5`
_FOLDER = Path(__file__).parent
# What steps.html says of all texts, of those on cards, and of those on edges:
_SPARE = (
    r'(?s)<!--.*?-->\n|<title>.*?</title>\n| font-family="[^"]*"| xml:space="\w+"'
    rf'| text-anchor="middle"| font-size="{NUMBER:.2f}"| fill="{THEMES["light"].ink}"'
)
_SPARE_ON_EDGES = (
    rf' paint-order="\w+" stroke="#\w+" stroke-width="3"| font-size="{LABEL:.2f}"'
)


@overload
def steps(
    loss: Tensor,
    path: str | os.PathLike[str],
    *,
    names: Mapping[str, Any] | None = None,
    direction: str = "auto",
) -> Path: ...


@overload
def steps(
    loss: Tensor,
    path: None = None,
    *,
    names: Mapping[str, Any] | None = None,
    direction: str = "auto",
) -> Page: ...


def steps(
    loss: Tensor,
    path: str | os.PathLike[str] | None = None,
    *,
    names: Mapping[str, Any] | None = None,
    direction: str = "auto",
) -> Page | Path:
    """A page that walks through the computation of a loss and its gradients, and asks.

    The page is one file, opens from disk and works offline. It goes forward and back
    step by step. Before each step back it asks: for the local derivative, for what goes
    back along the edge, for the sum; of arrays for a shape, a formula and one entry. A
    wrong answer is told its mistake, as `diagnose` tells it. Numbers can be changed and
    nudged where all of them are float64, no array has more than 4 × 4 entries, and the
    page knows the functions in the lines that `code` would write; else it says why not.

    Args:
        loss: a Tensor of one element.
        path: where to; it ends with `.html` (or `.htm`). None writes no file.
        names: variable name -> tensor; `names=locals()` calls every tensor by its
            variable, or the path to it (`ws[0]`); a tensor's own `name=` wins.
        direction: of the picture: "auto", the one that reads larger; "LR", from left to
            right; or "TB", top to bottom.

    Returns:
        The path; without one the page, which a notebook shows.

    Raises:
        TypeError: if the loss is not a Tensor.
        ValueError: if it holds more than one element, the path has another ending, the
            direction is another, or the graph has more than 500 cards.
        RuntimeError: if nothing was recorded: the loss is a constant, was made of
            constants, or under `no_grad()`; or if data was changed since the forward
            pass, as a step of an optimiser does.
        OSError: if there is no such folder, or it can't be written to.
    """
    if path is not None:
        path = checked_path(path)
    if direction not in ("auto", "LR", "TB"):
        raise ValueError(
            f"steps: direction is {direction!r}, and must be 'auto', 'LR' or 'TB'"
        )
    check_loss("steps", loss)
    if path is not None:
        check_place("steps", path)
    walk, symbols = tape(loss), Symbols(loss, names, caller="steps")
    _refuse_changed(walk, symbols)
    page = Page(_page(walk, symbols, _looks(names), direction), len(walk))
    return page if path is None else page.save(path)


def _refuse_changed(tape: Tape, symbols: Symbols) -> None:
    """Refuse to play a forward pass that did not happen."""
    order = list(tape.gradients)
    stale = stale_ids(order)
    node = next((x for x in order if id(x) in stale), None)
    if node is None:
        return
    raise RuntimeError(
        f"steps: data was changed since {symbols.of(node)} = "
        f"{symbols.expression(node)} was computed, so the numbers no longer belong "
        "together; compute the loss again, and pass that (after a step of an optimiser "
        "its graph is that of the parameters before)"
    )


def _page(tape: Tape, symbols: Symbols, looks: Options, direction: str) -> str:
    twins = _finished(tape, symbols)
    scene = folded(read(twins[tape.loss]), None)
    if len(scene.cards) > MOST_CARDS:
        raise ValueError(
            f"steps: the graph has {len(scene.cards)} cards, and a page walks through "
            f"{MOST_CARDS}; take an earlier tensor, or fewer rounds of a loop"
        )
    facts = Transcript(tape, symbols, scene, twins).all()
    wide, narrow = _pictures(scene, looks, direction)
    # Without comments and indentation: a fifth of the page. No string has a line break.
    script = re.sub(r"(?m)^\s*//.*\n|^\s+", "", "".join(map(_file, SCRIPTS)))
    return filled(
        _file("steps.html").replace("@script@", script),
        {
            "title": TITLE,
            "colours": _colours(),
            "wide": _slim(wide),
            "narrow": _second(narrow) if narrow != wide else "",
            "facts": as_json(facts),
        },
    )


def _pictures(scene: Scene, looks: Options, direction: str) -> tuple[str, str]:
    """The picture for a screen, and for a phone.

    Cut into columns it is harder to follow, so that is for what can't be read whole.
    """
    if direction != "auto" or len(scene.cards) > _BOTH:
        direction = "LR" if direction == "auto" else direction
        svg = draw_scene(scene, replace(looks, direction=direction)).svg()
        return svg, svg
    whole = [draw_scene(scene, replace(looks, direction=d)).svg() for d in ("LR", "TB")]
    found = []
    for wide, high in (_STAGE, _PHONE):
        svg = max(whole, key=lambda svg: _scale(svg, wide, high))
        if _scale(svg, wide, high) < _LEGIBLE:
            room = {"aspect": wide / high} if high < inf else {"width": wide}
            svg = draw_scene(scene, replace(looks, direction="auto", **room)).svg()
        found.append(svg)
    return found[0], found[1]


def _scale(svg: str, wide: float, high: float) -> float:
    """What a picture is scaled by to fit into so many px."""
    width, height = (points / POINTS for points in size_of_svg(svg))
    return min(wide / width, high / height)


def _second(svg: str) -> str:
    """The picture for a narrow screen, with other ids."""
    svg = re.sub(r'\bid="|url\(#', r"\g<0>narrow-", _slim(svg))
    return f'<div class="picture" hidden>\n{svg}\n</div>'


def _slim(svg: str) -> str:
    """The SVG element, without what the page's style says once for all texts."""
    element = svg[svg.index("<svg") :]
    element = re.sub(_SPARE, "", element)
    return EDGE.sub(lambda edge: re.sub(_SPARE_ON_EDGES, "", edge[0]), element)


def _looks(names: Mapping[str, Any] | None) -> Options:
    """Cards without a tint, which would give a gradient away beforehand."""
    return Options(
        names=names,
        direction="LR",
        show=frozenset(("value", "grad", "shape")),
        color=None,
        theme="light",
        legend=False,
        groups=True,
        edge_labels=True,
        ones=True,
        min_widths=MIN_WIDTHS,
    )


def _finished(tape: Tape, symbols: Symbols) -> dict[Tensor, Tensor]:
    """A copy of the graph as it is at the end of the tape, each Tensor with a name."""
    twins: dict[Tensor, Tensor] = {}
    for x, gradient in tape.gradients.items():
        parents = (twins.get(y, y) if isinstance(y, Tensor) else y for y in x.parents)
        twin = twins[x] = copy_node(x, parents=tuple(parents))
        twin.grad, twin.name = gradient, symbols.full(x)
        twin.requires_grad = True  # the pass reached it: it may have been frozen since
    return twins


# --- how it looks ---------------------------------------------------------------------


def _file(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _colours() -> str:
    """Style rules by which the picture, drawn in the light theme, can turn dark.

    Each colour of the theme is a variable, and whatever was drawn in it follows.
    """
    light, dark = THEMES["light"], THEMES["dark"]
    roles = [role for role in light.__slots__ if getattr(light, role)[0] == "#"]
    pairs = {getattr(light, r).lower(): (r, getattr(dark, r)) for r in reversed(roles)}
    rules = [
        f"[fill='{c}' i]{{fill:var(--{role})}}[stroke='{c}' i]{{stroke:var(--{role})}}"
        for c, (role, _) in pairs.items()
    ]
    by_day = {f"--{role}": colour for colour, (role, _) in pairs.items()}
    by_night = {f"--{role}": colour for role, colour in pairs.values()}
    return day_and_night(by_day, by_night) + "".join(f"#stage {rule}" for rule in rules)

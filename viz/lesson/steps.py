"""`steps`: a page on which a computation is walked through, forward and back.

The page is the picture of the finished graph, with all that the tape says beside it;
its script hides what has not happened yet. So a step is a place on the tape, and going
back is to show less. The page is steps.html with the scripts scalars.js and steps.js.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import Tensor, copy_node
from viz.lesson.symbols import Symbols
from viz.lesson.tape import Tape, check_loss, tape
from viz.lesson.transcript import Transcript
from viz.picture.colours import THEMES
from viz.picture.draw import draw_scene
from viz.picture.files import check_place, write
from viz.picture.folding import folded
from viz.picture.geometry import EDGE
from viz.picture.lines import LABEL, NUMBER
from viz.picture.options import Options
from viz.picture.page import as_json, filled
from viz.picture.scene import read

TITLE = "The chain rule, step by step"
MOST_CARDS = 500  # cards that a page walks through
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


def steps(
    loss: Tensor,
    path: str | os.PathLike[str],
    *,
    names: Mapping[str, Any] | None = None,
    direction: str = "LR",
) -> Path:
    """Write a page that walks through the computation of a loss and its gradients.

    The page is one file, opens from disk and works offline. It goes forward and back
    step by step, shows every contribution to every gradient, and asks for the next one.
    Plain numbers can be changed and nudged: every value must be one float64, and every
    op one of the scalar rules of `engine` or `nn`, without options. Other graphs are
    walked through with the numbers as recorded.

    Args:
        loss: a Tensor of one element.
        path: where to; it ends with `.html` (or `.htm`).
        names: variable name -> tensor; `names=locals()` calls every tensor by its
            variable, or the path to it (`ws[0]`); a tensor's own `name=` wins.
        direction: of the picture: "LR", from left to right, or "TB", top to bottom.

    Returns:
        The path.

    Raises:
        TypeError: if the loss is not a Tensor.
        ValueError: if it holds more than one element, the path has another ending, the
            direction is another, or the graph has more than 500 cards.
        RuntimeError: if nothing was recorded: the loss is a constant, was made of
            constants, or under `no_grad()`.
        OSError: if there is no such folder, or it can't be written to.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"steps: {path.name!r} is a page, and must end with .html")
    if direction not in ("LR", "TB"):
        raise ValueError(f"steps: direction is {direction!r}, and must be 'LR' or 'TB'")
    check_loss("steps", loss)
    check_place("steps", path)
    looks = _looks(names, direction)
    write(path, _page(tape(loss), Symbols(loss, names, caller="steps"), looks).encode())
    return path


def _page(tape: Tape, symbols: Symbols, looks: Options) -> str:
    twins = _finished(tape, symbols)
    scene = folded(read(twins[tape.loss]), None)
    if len(scene.cards) > MOST_CARDS:
        raise ValueError(
            f"steps: the graph has {len(scene.cards)} cards, and a page walks through "
            f"{MOST_CARDS}; take an earlier tensor, or fewer rounds of a loop"
        )
    # Without comments and indentation: a fifth of the page. No string has a line break.
    script = re.sub(r"(?m)^\s*//.*\n|^\s+", "", _file("scalars.js") + _file("steps.js"))
    return filled(
        _file("steps.html").replace("@script@", script),
        {
            "title": TITLE,
            "colours": _colours(),
            "picture": _slim(draw_scene(scene, looks).svg()),
            "facts": as_json(Transcript(tape, symbols, scene, twins).all()),
        },
    )


def _slim(svg: str) -> str:
    """The SVG element, without what the page's style says once for all texts."""
    element = svg[svg.index("<svg") :]
    element = re.sub(_SPARE, "", element)
    return EDGE.sub(lambda edge: re.sub(_SPARE_ON_EDGES, "", edge[0]), element)


def _looks(names: Mapping[str, Any] | None, direction: str) -> Options:
    """Cards without a tint, which would give a gradient away beforehand."""
    return Options(
        names=names,
        direction=direction,
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
    by_day = "".join(f"--{role}:{c};" for c, (role, _) in pairs.items())
    by_night = "".join(f"--{role}:{c};" for role, c in pairs.values())
    night = ":root[data-theme=dark]"
    auto = ":root:not([data-theme=light])"
    return (
        f":root{{{by_day}}}{night}{{{by_night}}}"
        f"@media(prefers-color-scheme:dark){{{auto}{{{by_night}}}}}"
        + "".join(f"#stage {rule}" for rule in rules)
    )

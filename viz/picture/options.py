"""How a picture is to be drawn, and what `draw` refuses.

What a person can get wrong is said here, in one line that names the argument, what came
and what was needed.
"""

from __future__ import annotations

import numbers
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import Tensor
from viz.picture.colours import THEMES

_DIRECTIONS = ("auto", "LR", "TB")
_SHOWN = ("value", "grad", "shape")
_COLOURINGS = ("grad", "value", "role", None)
MOST_DIGITS = 17  # with which a float64 reads back
FEWEST = 5  # cards that nearly any graph can be folded to


@dataclass(frozen=True, slots=True)
class Options:
    """How a picture is to be drawn; see `viz.draw`."""

    names: Mapping[str, Any] | None
    direction: str
    show: frozenset[str]
    color: str | None
    theme: str
    legend: bool
    groups: bool
    edge_labels: bool
    width: float = 800  # px that the picture has where it is looked at
    aspect: float | None = None  # width / height, of a slide
    digits: int | None = None  # significant ones; None: as the room allows
    font_size: float = 10  # points, of the smallest text of cards
    tight: bool = False  # whether labels and titles get less room
    ones: bool = False  # whether × 1 is written however many cards there are
    # Part of a line -> characters that it takes at least, for what a script puts there.
    min_widths: Mapping[str, int] = field(default_factory=dict)


def check_options(options: Options) -> None:
    """Refuse what no picture can be drawn by.

    Raises:
        ValueError: if the direction, the color, the theme or a size is unknown.
    """
    _check("direction", options.direction, _DIRECTIONS)
    _check("color", options.color, _COLOURINGS)
    _check("theme", options.theme, tuple(THEMES))
    _check_size("width", options.width)
    _check_size("aspect", 1 if options.aspect is None else options.aspect)
    _check_size("font_size", options.font_size)
    _check_digits(options.digits)


def checked_show(show: Any) -> frozenset[str]:
    """What is to be shown; with gradients also the sums that they are."""
    if not isinstance(show, Collection):
        raise TypeError(f"draw: show is {show!r:.60}, and must name what to show")
    if isinstance(show, str):
        raise TypeError(f"draw: show is {show!r}; for one thing, write ({show!r},)")
    for thing in show:
        _check("what to show", thing, _SHOWN)
    return frozenset(show) | ({"sum"} if "grad" in show else set())


def checked_labels(argument: str, given: Any) -> tuple[str, ...]:
    """Labels of groups: of a list of texts."""
    if isinstance(given, str):
        raise TypeError(f"draw: {argument} is {given!r}; for one, write [{given!r}]")
    if not isinstance(given, Collection) or not all(isinstance(x, str) for x in given):
        raise TypeError(
            f"draw: {argument} is {given!r:.60}, and must be a list of labels of "
            "layers and scopes, as frames show them"
        )
    return tuple(given)


def checked_results(given: Any) -> list[Tensor]:
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


def checked_most(max_nodes: Any) -> int | None:
    """The most cards that a picture may have; None for any number."""
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


def _check_digits(given: Any) -> None:
    whole = isinstance(given, numbers.Integral) and not isinstance(given, bool)
    if given is not None and not (whole and 1 <= given <= MOST_DIGITS):
        raise ValueError(
            f"draw: digits is {given!r:.60}, and must be a whole number from 1 to "
            f"{MOST_DIGITS}, or None: 4, and 3 where there is little room"
        )


def _check_size(what: str, given: Any) -> None:
    number = isinstance(given, numbers.Real) and not isinstance(given, bool)
    if not number or not 0 < given < float("inf"):
        raise ValueError(
            f"draw: {what} is {given!r:.60}, and must be a positive number; "
            "width=800 is that of a README, aspect=16 / 9 that of a slide, and "
            "font_size=10 that of small print, in points"
        )

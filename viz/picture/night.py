"""A page by day and by night: the picture of the light theme, and its dark partner.

A page follows the system, light or dark. Its picture is drawn once, in the light theme,
and each colour in it becomes a variable that has two values. The dark one is found from
the light one: a colour of the theme is that of its role, and a tint is the same share
of the same hue, on dark paper. So the page by night is what `draw(theme="dark")` draws.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from viz.picture.colours import PALE, STRENGTHS, THEMES, Theme, mixed
from viz.picture.legend import FONT_SIZE

_COLOUR = re.compile(r'(?<=[ "])(fill|stroke)="(#[0-9A-Fa-f]{6})"')
_LEGEND = re.compile(rf'<text [^>]* font-size="{FONT_SIZE}\.00" [^>]*>.*</text>')
_DAY, _NIGHT = THEMES["light"], THEMES["dark"]
SOLID = 0.8  # share of the hue in the bar of a histogram that counts zeros
_ROUNDED = 3  # levels, of three channels, that a tint may be off by rounding
_WORDS = {
    getattr(_DAY, field): getattr(_NIGHT, field)
    for field in Theme.__slots__
    if field.endswith("_word") and getattr(_DAY, field) != getattr(_NIGHT, field)
}


class Palette:
    """The colours of the pictures of a page, each with a name."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def named(self, svg: str) -> str:
        """A picture of the light theme with the names of its colours in their place,
        and the words of its legend by day and by night."""

        def name(found: re.Match[str]) -> str:
            colour = found[2].upper()
            known = self._names.setdefault(colour, f"--c{len(self._names)}")
            return f'{found[1]}="var({known})"'

        return _COLOUR.sub(name, _LEGEND.sub(_in_both_words, svg))

    def rules(self) -> str:
        """The rules of a style sheet that say what colour has which name."""
        by_day = {"paper": _DAY.paper, "ink": _DAY.ink, "gradient": _DAY.gradient}
        names = {f"--{role}": colour for role, colour in by_day.items()}
        names |= {name: colour for colour, name in self._names.items()}
        by_night = {name: partner(colour) for name, colour in names.items()}
        return day_and_night(names | _kind_of(_DAY), by_night | _kind_of(_NIGHT))


def fixed_rules(theme: Theme) -> str:
    """The rules of a page that has one theme."""
    names = {"--paper": theme.paper, "--ink": theme.ink, "--gradient": theme.gradient}
    return f":root{{{_declared(names | _kind_of(theme))}}}"


def day_and_night(by_day: Mapping[str, str], by_night: Mapping[str, str]) -> str:
    """Rules that give variables one of two values: as the system is, light or dark, or
    as `data-theme` of the root says."""
    night, auto = ":root[data-theme=dark]", ":root:not([data-theme=light])"
    dark = _declared(by_night)
    return (
        f":root{{{_declared(by_day)}}}{night}{{{dark}}}"
        f"@media(prefers-color-scheme:dark){{{auto}{{{dark}}}}}"
    )


@lru_cache(maxsize=1024)
def partner(colour: str) -> str:
    """The colour of the dark theme for one of the light theme: `#RRGGBB`; one that is
    of neither, which somebody has put into the DOT, stays."""
    if colour in _PARTNERS:
        return _PARTNERS[colour]
    off, role, share = min(_tints(colour))
    hue = getattr(_NIGHT, role)
    return mixed(share, hue, _NIGHT.paper) if off <= _ROUNDED else colour


def _partners() -> dict[str, str]:
    """The colours of roles, and those of their tints that have no strength."""
    roles = [role for role in Theme.__slots__ if getattr(_DAY, role)[0] == "#"]
    sides = [(getattr(_DAY, role), getattr(_NIGHT, role)) for role in reversed(roles)]
    found = {
        mixed(share, day, _DAY.paper): mixed(share, night, _NIGHT.paper)
        for share in (PALE, SOLID)
        for day, night in sides
    }
    return found | dict(sides)


_PARTNERS = _partners()


def _tints(colour: str) -> list[tuple[int, str, float]]:
    """Of each hue that has strengths, how far its nearest tint is from a colour, and
    the share of it."""
    found = []
    for role in STRENGTHS:
        hue = getattr(_DAY, role)
        channels = list(zip(_rgb(_DAY.paper), _rgb(hue), _rgb(colour), strict=True))
        length = sum((p - h) ** 2 for p, h, _ in channels)
        along = sum((p - h) * (p - c) for p, h, c in channels)
        share = min(max(along / length, 0.0), 1.0)
        tint = _rgb(mixed(share, hue, _DAY.paper))
        off = sum(abs(a - b) for a, b in zip(tint, _rgb(colour), strict=True))
        found.append((off, role, share))
    return found


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:], 16)


def _kind_of(theme: Theme) -> dict[str, str]:
    dark = theme is _NIGHT
    shown, scheme = ("none", "inline"), "dark" if dark else "light"
    return {"--day": shown[not dark], "--night": shown[dark], "--scheme": scheme}


def _declared(values: Mapping[str, str]) -> str:
    return "".join(f"{name}:{value};" for name, value in values.items())


def _in_both_words(legend: re.Match[str]) -> str:
    """A line of a legend, in which no word is a user's."""

    def both(found: re.Match[str]) -> str:
        day, night = found[0], _WORDS[found[0]]
        by_day = f'<tspan class="by-day">{day}</tspan>'
        return f'{by_day}<tspan class="by-night">{night}</tspan>'

    words = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
    return re.sub(rf"\b(?:{words})\b(?=[^<>]*<)", both, legend[0])

"""Text that comes from outside, in a form that can be shown.

Names and labels are data. `visible` turns what can't be seen (a control character, a
newline) into something that can, `shorten` bounds the length, and `width` counts the
columns that a terminal needs.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from viz.words.unicode_math import in_unicode

NAME_WIDTH = 24  # characters of a user's name that a card shows
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Cs", "Zl", "Zp"))  # Unicode categories


def visible(text: str) -> str:
    """`text` with a visible stand-in for every character that draws nothing.

    A newline becomes ↵ and the rest their Python escapes (`\\x07`, `\\u202e`): the
    control pictures of Unicode (␇) are not in the font that PNGs are drawn with.
    """
    return "".join(map(_stand_in, text))


def _stand_in(character: str) -> str:
    if character == "\n":
        return "↵"
    if unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape").decode("ascii")


def shorten(text: str, width: int = NAME_WIDTH) -> str:
    """`text` in at most `width` characters, the middle left out and shown as `…`."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def quoted(text: str) -> str:
    """A text in double quotes, as programs write it; as Python does, if it has one."""
    plain = text.isprintable() and not set(text) & set('"\\')
    return f'"{text}"' if plain else visible(repr(text))


@lru_cache(maxsize=256)  # a picture asks eight times for each name
def name_label(name: str, width: int = NAME_WIDTH) -> str:
    """A user's name as cards show it: visible and short, `$x_1$` as x₁."""
    # Cut before the stand-ins are made, which only lengthen: a huge name is cheap.
    return shorten(visible(shorten(in_unicode(name), 4 * width)), width)


@lru_cache(maxsize=4096)  # a picture asks for the width of each line several times
def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0  # an accent stands over the character before it
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

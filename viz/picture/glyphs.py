"""The characters that the font of PNGs and PDFs has, and stand-ins for the others.

A viewer of an SVG has fonts for every script. A PNG and a PDF are drawn with one font,
which has no Chinese, Japanese or Korean and no emoji: there a character is written as
in Python, `\\u5b66`, so that it is seen, and can be told from others.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unicodedata import normalize

FONT_FILE = Path(__file__).with_name("fonts") / "DejaVuSansMono.ttf"
_NAMED = 8  # characters in a warning
_SEGMENTS = 12  # the format of a table of characters that knows all of Unicode
_TEXT = re.compile(r"(?s)<text\b.*?</text>")
# What accents can be composed with: never the `>` of a tag, for which U+0338 would do.
_PIECE = re.compile(r"[A-Za-z]?[^\x00-\x7f]+")
_SELECTORS = frozenset((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))  # unseen


def missing_in(svg: str) -> str:
    """The characters in the texts of an SVG that the font lacks, each once."""
    texts = "".join(_TEXT.findall(svg))
    return "".join(
        dict.fromkeys(
            c
            for piece in _PIECE.findall(texts)
            for c in normalize("NFC", piece)
            if not _is_drawn(c)
        )
    )


def with_stand_ins(text: str, *, backslash: str = "\\") -> str:
    """A text with a stand-in, such as `\\u5b66`, for each character the font lacks.

    Args:
        text: an SVG, or the DOT that it is laid out from.
        backslash: how it is written there.
    """

    def stand_in(c: str) -> str:
        return backslash + c.encode("unicode_escape").decode("ascii")[1:]

    return _PIECE.sub(
        lambda found: "".join(
            c if _is_drawn(c) else stand_in(c) for c in normalize("NFC", found[0])
        ),
        text,
    )


def warn_of(missing: str, made: str, *, stacklevel: int) -> None:
    """Warn of characters that a PNG or a PDF shows by stand-ins, if there are any."""
    if not missing:
        return
    some = ", ".join(f"{c} ({with_stand_ins(c)})" for c in missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    warnings.warn(
        f"{made}: its font has no {some}{more}, and shows what is in brackets; "
        "save an .svg, whose viewer has other fonts",
        stacklevel=stacklevel,
    )


def _is_drawn(character: str) -> bool:
    """Whether the font has a character, or the letter and the accents it is made of."""
    if ord(character) in covered() or ord(character) in _SELECTORS:
        return True
    return all(ord(part) in covered() for part in normalize("NFD", character))


@cache
def covered() -> frozenset[int]:
    """The code points that the font has glyphs for.

    From its table `cmap`, as the OpenType specification describes it: segments of code
    points that have consecutive glyphs, of which glyph 0 is the one for "missing".
    """
    font = FONT_FILE.read_bytes()
    start = next(at for tag, at in _tables(font) if tag == b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for i in range(count):
        _, _, offset = struct.unpack_from(">HHI", font, start + 4 + 8 * i)
        kind, *_, segments = struct.unpack_from(">HHIII", font, start + offset)
        if kind == _SEGMENTS:
            table = font[start + offset + 16 :][: 12 * segments]
            for first, last, glyph in struct.iter_unpack(">III", table):
                found.update(range(first + (glyph == 0), last + 1))
    return frozenset(found)


def _tables(font: bytes) -> Iterator[tuple[bytes, int]]:
    """The name and the place of each table of a font."""
    (count,) = struct.unpack_from(">H", font, 4)
    for i in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * i)
        yield tag, offset

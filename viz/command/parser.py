"""The text of an expression, read by Python's parser, and places in it to point at.

The text is parsed and never evaluated. A place in it is the index of a character. The
parser counts bytes and a terminal counts columns, which differ for `é` or `变`; both
are converted here and nowhere else.
"""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
import warnings

from viz.words.text import shorten, visible, width

LONGEST = 10_000  # characters: no text keeps the parser busy for long
SHOWN = 72  # characters of a text that an error shows
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ"
# What begins a comment or a string, or is not text; and what may be part of a name to
# Python's parser, but is a sign to a person.
_FORBIDDEN = rf"[\0#\\\"'\ud800-\udfff]|[{SUPERSCRIPTS}]+|[₀-₉]+|[·\u0387]"
_NEEDS_OPERANDS = "+-*/%,)"
_MADE_OF = "numbers, names, + - * / % **, ( ) and functions"
_INSTEAD = {
    "^": "** for a power",
    **dict.fromkeys("×·\u0387⋅∙•∗", "*"),
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("÷∕⁄", "/"),
    **{half: f"({a}/{b})" for half, a, b in ("½12", "⅓13", "⅔23", "¼14", "¾34")},
    "√": "sqrt(x)",
    "|": "abs(x) for |x|",
    "∞": "a number; the largest is 1.798e308",
    "//": "/ for a quotient",
    "=": 'values behind the expression: "2*a" a=3',
}


class ExpressionError(ValueError):
    """What is wrong with an expression, and where.

    Attributes:
        text: the expression.
        at: the index of the character to point at; the length of the text points
            behind its end.
    """

    def __init__(self, message: str, text: str, at: int) -> None:
        super().__init__(message)
        self.text = text
        self.at = at

    def pointing(self) -> str:
        """The message, then the expression, and a caret below the place."""
        if not self.text:
            return str(self)
        return "\n".join([str(self), *(f"  {x}" for x in pointed(self.text, self.at))])


class Source:
    """The text of an expression, without the blanks around it.

    Attributes:
        text: as it was written.
        code: the same for the parser: every blank character is a space, so that it is
            one line with the same indices.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.code = re.sub(r"\s", " ", self.text)

    def error(self, message: str, at: int) -> ExpressionError:
        return ExpressionError(message, self.text, at)

    def tree(self) -> ast.expr:
        """What Python's parser makes of the text.

        Raises:
            ExpressionError: if it can't be read.
        """
        _check_text(self)
        try:
            with warnings.catch_warnings():
                # The parser warns of what is refused below.
                warnings.simplefilter("ignore")
                return ast.parse(self.code, mode="eval").body
        except SyntaxError as error:
            raise _syntax_error(error, self) from None
        except (RecursionError, MemoryError):
            raise _too_deep(self) from None

    def start(self, node: ast.expr | ast.keyword) -> int:
        """Where a part of the tree begins."""
        return self._index(node.col_offset)

    def end(self, node: ast.expr) -> int:
        """Where a part of the tree ends: the index behind its last character."""
        assert node.end_col_offset is not None  # the parser always sets it
        return self._index(node.end_col_offset)

    def words(self, node: ast.expr) -> str:
        """A part as it was written, shortened."""
        return shorten(self.text[self.start(node) : self.end(node)])

    def between(self, left: ast.expr, right: ast.expr) -> tuple[str, int]:
        """The operator between two operands, around which parentheses may stand, and
        its place."""
        begin = self.end(left)
        gap = self.code[begin : self.start(right)]
        symbol = gap.strip("() ")
        return symbol, begin + gap.index(symbol)

    def _index(self, column: int) -> int:
        """The index of a character, from the parser's column, which counts bytes."""
        return len(self.code.encode()[:column].decode())


def pointed(text: str, at: int) -> tuple[str, str]:
    """A line that shows a text around a place, and a line with a caret below it."""
    start = max(0, min(at - SHOWN // 2, len(text) - SHOWN))
    before = ("…" if start else "") + visible(text[start:at])
    after = visible(text[at : start + SHOWN])
    more = "…" if start + SHOWN < len(text) else ""
    return before + after + more, f"{' ' * width(before)}^"


# --- reading --------------------------------------------------------------------------


def _check_text(source: Source) -> None:
    """Raise if the parser must not be given the text."""
    if not source.text:
        raise source.error("the expression is empty; write one, such as a*b + 1", 0)
    if len(source.text) > LONGEST:
        raise source.error(
            f"the expression has {len(source.text)} characters, and may have {LONGEST}",
            LONGEST,
        )
    forbidden = re.search(_FORBIDDEN, source.text)
    if forbidden:
        raise source.error(not_allowed(forbidden[0]), forbidden.start())
    for word in re.finditer(r"[^\W\d]\w*", source.text):
        if keyword.iskeyword(unicodedata.normalize("NFKC", word[0])):
            message = (
                f"{word[0]!r} cannot stand in an expression: it is a keyword of "
                f"Python; a name could be {word[0]}_"
            )
            raise source.error(message, word.start())


def _syntax_error(error: SyntaxError, source: Source) -> ExpressionError:
    """The parser's error, in words that are not about Python programs."""
    at = (error.offset or 0) - 1
    if "too many nested" in error.msg:
        return _too_deep(source)
    if "Exceeds the limit" in error.msg:  # of digits; it does not say where
        digits = re.search(r"\d[\d_]{600,}", source.code)
        return too_large(source, digits.start() if digits else 0)
    if re.search("never closed|unmatched|does not match", error.msg):
        return source.error(error.msg, at)
    two = re.search(r"(?<=[\w)])\s+(?=\w)|(?<=\))(?=\w)", source.code)
    if two:
        return _unexpected(source, two.end(), "; is an operator missing before it?")
    if not 0 <= at < len(source.code):
        message = "the expression ends too early; something is missing at its end"
        return source.error(message, len(source.text))
    return _unexpected(source, at)


def _unexpected(source: Source, at: int, doubt: str = "") -> ExpressionError:
    """The error about the word, or the character, at a place."""
    words = re.finditer(r"[\w.]+", source.code)
    word = next((m for m in words if m.start() <= at < m.end()), None)
    symbol = source.code[at]
    if symbol in _NEEDS_OPERANDS:
        message = f"{symbol!r} is not expected here; an operand is missing before it"
        return source.error(message, at)
    if word is None or symbol in _INSTEAD:  # ½ is part of a word
        return source.error(not_allowed(symbol), at)
    said = shorten(word[0])
    product = re.fullmatch(r"(\d[\d_]*\.?\d*)([^\W\d_]\w*)", said)
    if product:
        cure = f"for a product write {'*'.join(product.groups())}"
        message = f"{said!r} is not a number; {cure}"
    elif said[0].isdigit() and not doubt:
        message = f"{said!r} is not a number"
    else:
        message = f"{said!r} is not expected here{doubt}"
    return source.error(message, word.start())


def not_allowed(words: str) -> str:
    """The message about something that must not stand in an expression."""
    cure = _INSTEAD.get(words) or _in_ascii(words)
    if cure:
        return f"{words!r} cannot stand in an expression; write {cure}"
    return f"{words!r} cannot stand in an expression, which is made of {_MADE_OF}"


def _in_ascii(words: str) -> str:
    """What to write for digits, letters and signs of another form; "" for others."""
    plain = unicodedata.normalize("NFKC", words).replace("−", "-")
    if plain == words or not re.fullmatch(r"[\w+*/%()-]+", plain, re.ASCII):
        return ""
    if words[0] not in SUPERSCRIPTS:
        return plain
    return f"**{plain}" if plain.isalnum() else f"**({plain})"


def too_large(source: Source, at: int) -> ExpressionError:
    """The error about a number that is too large for a float."""
    return source.error("a number is too large; the largest is 1.798e308", at)


def _too_deep(source: Source) -> ExpressionError:
    return source.error(
        "the expression is nested too deeply for Python's parser; shorten it, or put "
        "parts of a long sum in parentheses",
        0,
    )

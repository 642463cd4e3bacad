"""Mathematics in a name, between dollar signs, in the characters of Unicode.

`$W^{(1)}$` is shown as W⁽¹⁾, `$\\theta_0$` as θ₀ and `$\\hat{y}$` as ŷ. A name of which
some part has no such characters (`$x_{i,j}$`, `$\\mathbf{W}$`) stays as it was typed,
all of it: half a formula would be read as another one.

Unicode says itself what is a superscript of what; here stand only the names that TeX
has for characters.
"""

from __future__ import annotations

import re
from collections import deque
from functools import cache
from string import ascii_letters
from unicodedata import decomposition, lookup, name, normalize

_LONGEST = 200  # characters of a name that is read as mathematics
# As Pandoc takes dollar signs: `$5 or $10` is no mathematics.
_MATH = re.compile(r"(?<![\\$])\$(?![\s$])([^$]+)(?<![\s\\])\$(?![\d$])")
_TOKEN = re.compile(r"\\[A-Za-z]+|\s+|.", re.DOTALL)
_GREEK = range(0x391, 0x3CA)
_NAMED = {
    "lambda": "GREEK SMALL LETTER LAMDA",
    "Lambda": "GREEK CAPITAL LETTER LAMDA",
    "Phi": "GREEK CAPITAL LETTER PHI",
    "epsilon": "GREEK LUNATE EPSILON SYMBOL",
    "varepsilon": "GREEK SMALL LETTER EPSILON",
    "phi": "GREEK PHI SYMBOL",
    "varphi": "GREEK SMALL LETTER PHI",
    "vartheta": "GREEK THETA SYMBOL",
    "varrho": "GREEK RHO SYMBOL",
    "varpi": "GREEK PI SYMBOL",
    "varsigma": "GREEK SMALL LETTER FINAL SIGMA",
    "partial": "PARTIAL DIFFERENTIAL",
    "nabla": "NABLA",
    "infty": "INFINITY",
    "prime": "PRIME",
    "top": "DOWN TACK",
    "ast": "ASTERISK",
    "cdot": "MIDDLE DOT",
    "times": "MULTIPLICATION SIGN",
    "pm": "PLUS-MINUS SIGN",
    "odot": "CIRCLED DOT OPERATOR",
}
_ACCENTS = {
    "hat": "COMBINING CIRCUMFLEX ACCENT",
    "bar": "COMBINING MACRON",
    "tilde": "COMBINING TILDE",
    "dot": "COMBINING DOT ABOVE",
    "ddot": "COMBINING DIAERESIS",
    "check": "COMBINING CARON",
    "breve": "COMBINING BREVE",
}
_UPRIGHT = frozenset(("mathrm", "text", "textrm", "operatorname"))  # as all names are
# Over Greek letters our font draws no accents: they come to stand beside them.
_UNDER_ACCENTS = {letter: letter for letter in ascii_letters}
# What is raised in every font, and ⊤, which means the transposed.
_RAISED = {"*": "*", "′": "′", "⊤": "ᵀ"}
# Superscripts of C, F, Q and q are younger than what fonts have: they are left out.
_SCRIPTS = (0xB2, 0xB3, 0xB9, *range(0x2B0, 0x2E5), *range(0x1D2C, 0x2C7E))


def in_unicode(text: str) -> str:
    """A name with its mathematics in Unicode; if that can't be, as it is."""
    if "$" not in text or len(text) > _LONGEST:
        return text
    try:
        written = _MATH.sub(lambda found: _whole(found[1]), text)
    except LookupError:  # in a table, or behind the end
        return text
    return written if written.strip() else text


def _whole(formula: str) -> str:
    tokens = deque(_TOKEN.findall(formula))
    text = _until_a_brace(tokens)
    if tokens:
        raise LookupError("a brace closes what none has opened")
    return text


def _until_a_brace(tokens: deque[str]) -> str:
    text = ""
    while tokens and tokens[0] != "}":
        if tokens[0] in "^_" and text[-1:] in _scripts(tokens[0]).values():
            raise LookupError("x²³ would be read as another power than (x²)³")
        text += _part(tokens)
    return text


def _part(tokens: deque[str]) -> str:
    """What begins with the next token."""
    token = tokens.popleft()
    if token == "{":
        text = _until_a_brace(tokens)
        tokens.popleft()
        return text
    if token in ("^", "_"):
        table = _scripts(token)
        return "".join(table[c] for c in _argument(tokens))
    if token.startswith("\\"):
        return _command(token[1:], tokens)
    return "′" if token == "'" else token.strip()


def _argument(tokens: deque[str]) -> str:
    """What a script or an accent is for: a group in braces, or the next token."""
    while tokens[0].isspace():
        tokens.popleft()
    return _part(tokens)


def _command(called: str, tokens: deque[str]) -> str:
    if called in _ACCENTS:
        letter = _UNDER_ACCENTS[_argument(tokens)]
        return normalize("NFC", letter + lookup(_ACCENTS[called]))
    return _words(tokens) if called in _UPRIGHT else _symbols()[called]


def _words(tokens: deque[str]) -> str:
    """What stands in braces, its spaces included."""
    text = "".join(iter(tokens.popleft, "}")).removeprefix("{")
    if not text.replace(" ", "").isalnum():
        raise LookupError("words have commands or braces in them")
    return text


@cache
def _symbols() -> dict[str, str]:
    """Command of TeX -> its character."""
    found = {}
    for character in map(chr, _GREEK):
        _, letter, called = name(character, "").partition(" LETTER ")
        if letter:  # one place is free
            found[called.lower() if character.islower() else called.title()] = character
    return found | {command: lookup(called) for command, called in _NAMED.items()}


@cache
def _scripts(sign: str) -> dict[str, str]:
    """Character -> its superscript (^) or its subscript (_)."""
    kind = {"^": "<super>", "_": "<sub>"}[sign]
    found = dict(_RAISED) if sign == "^" else {}
    for script in map(chr, _SCRIPTS):
        tag, _, code = decomposition(script).partition(" ")
        if tag == kind and " " not in code:
            base = chr(int(code, 16)).replace("−", "-")  # a minus, as it is typed
            if base.isascii():
                found.setdefault(base, script)
    return found

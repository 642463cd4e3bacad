"""A file of answers: names and finite numbers, and nothing else.

A file comes from anybody. It is measured before it is parsed, and nothing in it is
evaluated: no text of it is ever a name of anything here, or a program.
"""

from __future__ import annotations

import json
import math
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

MOST_BYTES = 1_000_000
MOST_DEPTH = 10  # brackets in brackets
MOST_ENTRIES = 50_000  # numbers and names
MOST_CHARACTERS = 80  # of a name
FORMAT = "chainrule answers 1"
# A text of JSON; one that does not end takes the rest, so that this is linear.
_TEXT = re.compile(rb'(?s)"(?:[^"\\]|\\.?)*+(?:"|\Z)')


class Answers(NamedTuple):
    """What a file says.

    Attributes:
        student: whose answers these are said to be; "" if it does not say.
        given: name -> number, or nested lists of numbers.
    """

    student: str
    given: dict[str, Any]


class AnswersError(ValueError):
    """A file that is none of answers, or too large; it says why."""


def as_text(given: Mapping[str, np.ndarray], student: str) -> str:
    """The content of a file of answers.

    Raises:
        ValueError: if an answer is not finite: no file holds such a number.
    """
    for name, x in given.items():
        if not np.isfinite(x).all():
            raise ValueError(
                f"exercise: the answer for {name} holds NaN or an infinity, which "
                "can't be saved"
            )
    answers = {name: x.tolist() for name, x in given.items()}
    content = {"format": FORMAT, "student": student, "answers": answers}
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    _parsed(text.encode())  # what is saved can be read
    return text


def read_answers(path: Path) -> Answers:
    """What a file of answers says.

    Raises:
        AnswersError: if it is too large or deep, is not JSON, or holds anything but
            names and finite numbers.
        OSError: if there is no such file, or it can't be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
        raise AnswersError("is not a file")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    return _parsed(content)


def _parsed(content: bytes) -> Answers:
    _check_size(content)
    try:
        found = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_without_twins,
            parse_constant=_not_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, AnswersError):
            raise
        raise AnswersError("is not JSON in UTF-8") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise AnswersError(f"is no file of answers: its format is not {FORMAT!r}")
    if extra := found.keys() - {"format", "student", "answers"}:
        raise AnswersError(f"holds {sorted(extra)[0]!r:.40}, which is not known")
    answers = found.get("answers")
    if not isinstance(answers, dict):
        raise AnswersError("has no answers by name")
    for name in (student := found.get("student", ""), *answers):
        _check_name(name)
    return Answers(student, {n: _numbers(n, x) for n, x in answers.items()})


def _check_size(content: bytes) -> None:
    """Measure a file before it is parsed."""
    if len(content) > MOST_BYTES:
        raise AnswersError(f"is larger than {MOST_BYTES:,} bytes")
    plain = _TEXT.sub(b"", content)
    depth = deepest = 0
    for bracket in re.findall(rb"[][{}]", plain):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > MOST_DEPTH:
        raise AnswersError(f"is nested deeper than {MOST_DEPTH} brackets")
    if plain.count(b",") + plain.count(b":") > MOST_ENTRIES:
        raise AnswersError(f"holds more than {MOST_ENTRIES:,} entries")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise AnswersError("holds the same name twice")
    return found


def _not_finite(text: str) -> NoReturn:
    raise AnswersError(f"holds {text}, and all numbers must be finite")


def _whole(text: str) -> float:
    return float(text)  # no limit of digits, and no integer that no float can hold


def _check_name(name: Any) -> None:
    fits = isinstance(name, str) and len(name) <= MOST_CHARACTERS
    if not fits or not (name.isprintable() or not name):
        raise AnswersError(
            f"holds {name!r:.40} as a name, which is a text of at most "
            f"{MOST_CHARACTERS} characters that can be printed"
        )


def _numbers(name: str, x: Any) -> Any:
    """A number, or lists of them of equal lengths."""
    if type(x) is float:
        if not math.isfinite(x):
            raise AnswersError(f"holds a number for {name!r} that is not finite")
        return x
    if type(x) is not list:
        raise AnswersError(f"holds {x!r:.40} for {name!r}, and may hold numbers only")
    parts = [_numbers(name, part) for part in x]
    if len({np.shape(part) for part in parts}) > 1:
        raise AnswersError(f"holds rows of unequal length for {name!r}")
    return parts

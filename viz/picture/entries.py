"""The numbers of an array in full: copied now, written out when a page is made.

They are written in as many digits as read back to the same number; of a large array the
first entries, and a summary.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from viz.words.numbers import aligned, as_table, is_numpy, mean, nested, value_lines

WRITTEN = 256  # entries up to which an array is written out
FIRST = 16  # entries of a larger one that are
FOREIGN = "of another library: nothing is computed for a picture"
_AS_ON_CARDS = {"nan": "NaN", "inf": "∞", "-inf": "-∞", "-0.0": "0.0"}

Json = dict[str, Any]  # of what JSON has: texts, lists, dicts


class Entries(NamedTuple):
    """What is shown of an array: copies of some entries, to be written out later.

    Attributes:
        shown: all entries of a small array, in its shape; the first of a large one.
        size: how many entries there are.
        summary: of a large one, pairs of a word and a number, or a text.
    """

    shown: np.ndarray
    size: int
    summary: list[tuple[str, Any]]

    def written(self) -> Json:
        """The entries of an array, or of a large one the first ones and a summary."""
        if self.shown.size == self.size:
            return {"lines": _rows(self.shown)}
        return {
            "summary": [[word, _summarised(n)] for word, n in self.summary],
            "note": f"the first {FIRST} of {self.size} entries",
            "lines": aligned(_exact(self.shown)),
        }


def copied(data: Any) -> Entries | Json:
    """Copies of what is shown of an array; or what is said instead."""
    if not is_numpy(data):
        return {"note": FOREIGN}
    array = np.asarray(data)
    if array.dtype.kind not in "biufc":  # an integer of 30 digits, a fraction
        return {"lines": value_lines(data) if array.ndim else [str(data)]}
    if array.size <= WRITTEN:
        return Entries(array.copy(), array.size, [])
    return Entries(np.asarray(array.flat[:FIRST]), array.size, _summary(array))


def _summary(array: np.ndarray) -> list[tuple[str, Any]]:
    """What is said of all entries: pairs of a word and a number, or a text."""
    if array.dtype.kind in "bc":  # of which there is no least
        return [("all", line) for line in value_lines(array)[1:]]
    return [("min", array.min()), ("mean", mean(array)), ("max", array.max())]


def _summarised(number: Any) -> str:
    return number if isinstance(number, str) else _exact(np.asarray(number))[0]


def _rows(array: np.ndarray) -> list[str]:
    """A line per entry of a vector, or row of a matrix; points are aligned."""
    if not array.size:
        return [nested(array.tolist())]
    texts = _exact(array)
    width = as_table(array).shape[1] if array.ndim > 1 else 1
    columns = [aligned(texts[i::width]) for i in range(width)]
    return ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]


def _exact(array: np.ndarray) -> list[str]:
    """Each entry in as many digits as its dtype needs to read back the same."""
    short = array.dtype in (np.float32, np.float16, np.complex64, np.longdouble)
    flat = array.ravel()
    entries = list(flat) if short else flat.tolist()  # 0.1, not 0.10000000149011612
    return [_AS_ON_CARDS.get(text, text) for text in map(str, entries)]

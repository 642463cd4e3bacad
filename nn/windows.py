"""Windows that slide over images: where they fit, and how they are put back.

The images come to `windows2d` and `put_back` with the batch as the last axis,
(c, h, w, n), in memory too: so they are copied, and added up, in long runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine import Tensor, op, rules


def batch_last(x):
    """(n, c, h, w) as (c, h, w, n)."""
    return x.transpose(1, 2, 3, 0)


def batch_first(x):
    """(c, h, w, n) as (n, c, h, w)."""
    return x.transpose(3, 0, 1, 2)


@op()
def windows2d(x, *, size, stride):
    """All windows of `size` (r, s) of x (c, h, w, n), as (c, r, s, i, j, n): a view.

    `sliding_window_view` on Tensors is indexing with integers, whose derivative is
    slow, and refused by Dask. This rule has sums of slices, to every order.
    """
    shape = x.shape
    return _windows(x, size, stride), (lambda g: put_back(g, shape, stride),)


def _windows(x, size, stride):
    if isinstance(x, Tensor):  # the rule is run again, for a higher derivative
        return windows2d(x, size=size, stride=stride)
    every = sliding_window_view(x, size, axis=(1, 2))
    return every[:, :: stride[0], :: stride[1]].transpose(0, 4, 5, 1, 2, 3)


def put_back(parts, shape, stride):
    """An array of `shape` (c, h, w, n): each place has the sum of its windows' parts.

    First the columns of all windows are added up to lines, then the lines: r + s sums,
    where one for each entry of a window would be r s.
    """
    (p, q), (c, r, s, rows, columns, n) = stride, parts.shape
    if (r, s) == stride:  # nothing overlaps, so nothing is added: 1.7 times as fast
        whole = parts.transpose(0, 3, 1, 4, 2, 5).reshape(c, rows * r, columns * s, n)
        if whole.shape == shape:
            return whole
        index = np.s_[:, : rows * r, : columns * s]
        return rules.scatter(whole, index=index, shape=shape)
    wide, side = (c, r, rows, shape[2], n), np.s_[:, :, :]
    lines = _summed(
        rules.scatter(parts[:, :, v], index=(*side, _places(v, q, columns)), shape=wide)
        for v in range(s)
    )
    return _summed(
        rules.scatter(lines[:, u], index=np.s_[:, _places(u, p, rows)], shape=shape)
        for u in range(r)
    )


def _summed(arrays):
    """The sum of fresh arrays, made one after the other, in the first one's memory."""
    total = next(arrays)
    for x in arrays:
        total += x
    return total


def _places(first, step, count):
    """`count` places from the first, `step` apart."""
    return slice(first, first + step * (count - 1) + 1, step)


def as_pair(caller: str, what: str, value: Any, least: int) -> tuple[int, int]:
    """An int twice, or the pair of ints that came."""
    pair = value if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all(isinstance(n, int | np.integer) for n in pair):
        raise TypeError(
            f"{caller}: {what} is {value!r:.60}, and must be an int, or a pair for "
            "rows and columns"
        )
    if min(pair) < least:
        raise ValueError(
            f"{caller}: {what} is {value!r:.60}, and must be at least {least}"
        )
    return int(pair[0]), int(pair[1])


def short(pair: tuple[int, int]) -> int | tuple[int, int]:
    """The int that a pair of equal ones came from."""
    return pair[0] if pair[0] == pair[1] else pair


def check_images(caller: str, x: Any) -> None:
    """Raise ValueError unless x is a batch of images, (n, c, h, w)."""
    if x.ndim != 4:
        cure = "; for one image use x[None]" if x.ndim == 3 else ""
        raise ValueError(
            f"{caller}: x has shape {x.shape}, and must be a batch of images of shape "
            f"(n, c, h, w){cure}"
        )


def places_of(
    caller: str, image: Any, size: Any, stride: Any, what: str, cure: str = ""
) -> tuple[int, int]:
    """How many places a window has along the rows and the columns of an image.

    Raises:
        ValueError: if it has none; `what` names the windows, and `cure` ends the words.
    """
    if image[0] < size[0] or image[1] < size[1]:
        raise ValueError(
            f"{caller}: {what} of {size[0]} × {size[1]} are larger than the images, "
            f"{image[0]} × {image[1]}{cure}"
        )
    rows, columns = (
        (n - m) // step + 1 for n, m, step in zip(image, size, stride, strict=True)
    )
    return rows, columns

"""How numbers, arrays and gradients are written.

`number` writes all of them, four significant digits each, so that a value reads the
same on a card, on an edge and in a title. `value_lines` and `gradient_lines` say what a
tensor holds: an array of up to 4 × 4 by its entries, a larger one by its extremes,
beside which the card has a chart, or by the one value that all its entries have. The
first line of a gradient tells apart a gradient that is zero, one that was not computed,
and one that is not wanted. How many digits and entries there are is in detail.py.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from engine import data_of
from viz.words.detail import FEW, detail
from viz.words.text import shorten, visible

NOISE = 1e-12  # a share of the largest gradient, below which one is rounding noise
NOT_RUN = "∂ not run"
NO_GRADIENT = "no grad"
NOT_COMPUTED = "not computed"  # of another library: a picture does not ask for it
NEARLY_ZERO = "≈ 0"
ALL = "all"  # before the one value of an array
_FEWEST = 4  # entries that are written out though they are all the same
_WHOLE = 4  # digits of a whole number that are never rounded


def number(value: Any) -> str:
    """One number in four significant digits: `2.0`, `-0.03125`, `1.235e5`, `∞`; or in
    as many as `in_detail` says.

    A float keeps its `.0` and an integer has none; zero has no sign.
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, numbers.Integral):
        return _integer(int(value))
    if isinstance(value, complex | np.complexfloating):
        sign = "-" if value.imag < 0 else "+"
        return f"{number(value.real)}{sign}{number(abs(value.imag))}j"
    return _float(float(value))


def _integer(value: int) -> str:
    if abs(value) < 10**6:
        return str(value)
    return _float(float(value)) if abs(value) < 10**300 else "huge"


def _float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    most = detail().digits
    digits, _, exponent = f"{value:.{most}g}".partition("e")
    if exponent and 0 <= int(exponent) < _WHOLE:
        digits, exponent = f"{value:.0f}", ""
    if exponent:
        return f"{digits}e{int(exponent)}"
    if float(digits) == 0.0:
        return "0.0"
    # 1235 without a point: 1234.6 or so.
    whole = len(digits.lstrip("-")) < most or float(digits) == value
    return f"{digits}.0" if "." not in digits and whole else digits


Writer = Callable[[Any], str]  # of one number


def above(noise: float) -> Writer:
    """What writes numbers, and for those that are rounding noise `≈ 0`.

    Args:
        noise: the size below which a number is that.
    """

    def write(value: Any) -> str:
        return NEARLY_ZERO if 0 < abs(value) < noise else number(value)

    return write if noise else number


def is_numpy(data: Any) -> bool:
    """Whether `data` is NumPy's or Python's: its entries can be looked at cheaply."""
    kind = type(data)
    if kind is np.ndarray or kind is np.float64:  # nearly always; the rest is slower
        return True
    return isinstance(data, np.generic | np.ndarray | numbers.Number)


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a Tensor, an array or a number."""
    return tuple(getattr(data_of(value), "shape", ()))


def size_of(value: Any) -> int:
    """How many entries a Tensor, an array or a number has."""
    return math.prod(shape_of(value))


def value_lines(value: Any) -> list[str]:
    """What a card says of a value: one line for a number; for an array, its shape and
    dtype, then its entries row by row or its extremes."""
    data = data_of(value)
    if not hasattr(data, "shape") and not isinstance(data, numbers.Number):
        return [shorten(visible(repr(data)))]
    if not shape_of(data) and is_numpy(data):
        return [number(_entries(data)[0])]
    return [f"{shape_of(data)} {data.dtype}", *_contents(data)]


def _contents(data: Any) -> list[str]:
    if not is_numpy(data) or data.dtype.kind not in "biufc":
        return []
    if data.size > _FEWEST and is_uniform(data):
        return [f"{ALL} {number(data.flat[0])}"]
    if is_few(data):
        return rows(data)
    if data.dtype.kind == "b":
        return [f"{int(data.sum())} of {data.size} True"]
    if data.dtype.kind == "c":
        return [f"max|x| {number(np.abs(data).max())}"]
    return [extremes(data)]


def extremes(data: np.ndarray, write: Writer = number) -> str:
    """`least … greatest`; of finite entries, beside `-∞`, `∞` and `NaN` if there are
    any: `-∞, 0.5 … 2.0`."""
    if data.dtype.kind != "f" or np.isfinite(data).all():
        return f"{write(data.min())} … {write(data.max())}"
    known = data[np.isfinite(data)]
    odd = [data == -np.inf, data == np.inf, np.isnan(data)]
    below, above, unknown = (bool(found.any()) for found in odd)
    said = ["-∞"] * below
    if known.size:
        said.append(write(known[0]) if is_uniform(known) else extremes(known, write))
    return ", ".join([*said, *["∞"] * above, *["NaN"] * unknown])


def is_uniform(data: np.ndarray) -> bool:
    """Whether all entries are the same, of which there is at least one."""
    if not data.size:
        return False
    first = data.flat[0]
    return bool((data == first).all() if first == first else np.isnan(data).all())


def as_table(data: np.ndarray) -> np.ndarray:
    """An array as a matrix: a vector is a row, leading axes are joined."""
    return data.reshape(-1, data.shape[-1]) if data.ndim else data.reshape(1, 1)


def is_few(data: np.ndarray) -> bool:
    """Whether an array is written out, entry by entry."""
    if not data.size:
        return True
    return data.size <= detail().entries and max(as_table(data).shape) <= FEW


def rows(data: np.ndarray, write: Writer = number) -> list[str]:
    """The entries: `[1.0, 2.0]` of a vector; of a matrix a line per row, aligned."""
    if data.ndim < 2 or not data.size:
        return [nested(data.tolist(), write)]
    columns = [aligned(list(map(write, c))) for c in as_table(data).T.tolist()]
    return ["  ".join(row) for row in zip(*columns, strict=True)]


def aligned(column: list[str]) -> list[str]:
    """The numbers of a column, aligned at the decimal point."""
    parts = [entry.partition(".") for entry in column]
    left = max(len(whole) for whole, _, _ in parts)
    right = max(len(point + rest) for _, point, rest in parts)
    return [f"{whole:>{left}}{point + rest:<{right}}" for whole, point, rest in parts]


def mean(data: Any) -> float:
    """The mean, summed in double precision."""
    with np.errstate(all="ignore"):
        return float(data.mean(dtype=np.float64))


def nested(entries: Any, write: Writer = number) -> str:
    """Nested lists of numbers, each number in the picture's own format."""
    if isinstance(entries, list):
        return f"[{', '.join(nested(entry, write) for entry in entries)}]"
    return write(entries)


def _entries(data: Any) -> list[Any]:
    return list(np.asarray(data).ravel())


def gradient_lines(tensor: Any, *, noise: float = 0.0) -> list[str]:
    """The last lines of a card: the state of the gradient.

    Args:
        tensor: a Tensor, or the plain array or number of a constant.
        noise: the size below which a gradient is rounding noise: `≈ 0`.
    """
    if not getattr(tensor, "requires_grad", False):
        return [NO_GRADIENT]
    if tensor.grad is None:
        return [NOT_RUN]
    gradient = data_of(tensor.grad)
    if not is_numpy(gradient):
        return [f"∂ {NOT_COMPUTED}"]
    first, *rest = _known_gradient(np.asarray(gradient), noise)
    return [f"∂ {first}", *(f"  {line}" for line in rest)]


def gradient_text(gradient: np.ndarray, noise: float = 0.0) -> str:
    """A gradient in one line: a number, or the largest of many; `noise` as above."""
    lines = _known_gradient(gradient, noise)
    return lines[0] if len(lines) == 1 else f"up to ±{number(np.abs(gradient).max())}"


def gradient_size(gradient: np.ndarray, noise: float = 0.0) -> str:
    """A gradient in few characters: a number, or how large entries are."""
    return _known_gradient(gradient, noise, entries=False)[0]


def in_a_line(value: Any) -> str:
    """A number; of an array the largest entry; of another library's its shape."""
    data = data_of(value)
    if not is_numpy(data):
        return str(shape_of(data))
    array = np.asarray(data)
    return number(array.item()) if array.size == 1 else gradient_text(array)


def _known_gradient(
    gradient: np.ndarray, noise: float, *, entries: bool = True
) -> list[str]:
    if not gradient.any():
        return ["0" if gradient.size else "empty"]
    if noise and (np.abs(gradient) < noise).all():
        return [NEARLY_ZERO]
    if gradient.size == 1:
        return [number(gradient.item())]
    if gradient.size > _FEWEST * entries and is_uniform(gradient):
        return [f"{ALL} {number(gradient.flat[0])}"]
    if entries and is_few(gradient):
        return rows(gradient, above(noise))
    if np.isnan(gradient).any():
        return ["NaN"]
    return [f"up to ±{number(np.abs(gradient).max())}"]


def magnitude(tensor: Any) -> float:
    """The largest |gradient| of a Tensor, as a card shows it; 0 where it shows none."""
    if not getattr(tensor, "requires_grad", False):
        return 0.0
    return value_magnitude(tensor.grad)


def value_magnitude(value: Any) -> float:
    """The largest |entry| of a Tensor, an array or a number, as a card shows it; 0
    where it shows none: of a large array with NaN, of booleans."""
    data = data_of(value)
    if isinstance(data, float):  # np.float64 is one: the case of scalar graphs
        return largest(data)
    if not is_numpy(data) or np.asarray(data).dtype.kind not in "iuf":
        return 0.0
    array = np.asarray(data, dtype=float)
    return largest(array) if is_few(array) or not np.isnan(array).any() else 0.0


def largest(entries: Any) -> float:
    """The largest absolute value, maybe infinite; NaN is ignored."""
    if isinstance(entries, float):  # np.float64 is one: the case of scalar graphs
        return 0.0 if entries != entries else abs(float(entries))
    sizes = np.abs(np.asarray(entries))
    return float(sizes[~np.isnan(sizes)].max(initial=0.0))


def is_finite(value: Any) -> bool:
    """Whether an array or a number is known to hold no NaN and no infinity."""
    data = data_of(value)
    if isinstance(data, float):  # np.float64 is one: the case of scalar graphs
        return math.isfinite(data)
    if not is_numpy(data) or np.asarray(data).dtype.kind not in "fc":
        return True
    return bool(np.isfinite(data).all())

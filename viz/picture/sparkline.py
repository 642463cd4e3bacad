"""The gradient of a loop's variable, round by round, as a small line.

How far back gradients reach is a shape: level, fading, or exploding. The line runs from
the first round to the last. Where early and late rounds are more than a hundred times
apart, its height is on a logarithmic scale, and the card says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine import data_of
from viz.picture.chart_parts import Chart
from viz.picture.colours import Theme, mixed
from viz.picture.loops import Variable
from viz.words.numbers import largest, number

_WIDTH, _HEIGHT, _INSET = 96.0, 24.0, 2.0  # points
_FAR_APART = 100  # times: between early and late rounds; then the scale is logarithmic
_MOST_POINTS = 96  # of the line; of more rounds, the largest of each few


class Profile:
    """How large the gradient of a variable is after each round.

    Args:
        variable: of a loop, after a pass.

    Attributes:
        sizes: the largest |entry| of each round's, NaN aside; none before a pass.
    """

    def __init__(self, variable: Variable) -> None:
        gradients = (data_of(value.grad) for value in variable.values)
        known = [g for g in gradients if g is not None]
        whole = len(known) == len(variable.values)
        self.sizes = [largest(g) for g in known] if whole else []

    @property
    def is_logarithmic(self) -> bool:
        third = max(len(self.sizes) // 3, 1)
        early, late = max(self.sizes[:third]), max(self.sizes[-third:])
        least, most = sorted((early, late))
        return 0 < _FAR_APART * least < most < math.inf

    @property
    def words(self) -> str:
        """`|∂| 2.3e-9 … 3.71 by round, log scale`"""
        ends = f"{number(min(self.sizes))} … {number(max(self.sizes))}"
        return f"|∂| {ends} by round{', log scale' * self.is_logarithmic}"

    def chart(self) -> Chart:
        """The line."""
        heights = _heights(_fewer(self.sizes), logarithmic=self.is_logarithmic)

        def draw(theme: Theme) -> str:
            return _drawn(heights, theme)

        return Chart("rounds", _WIDTH, _HEIGHT, draw, states="")


def _fewer(sizes: Sequence[float]) -> list[float]:
    """As many as can be told apart: of a few rounds the largest."""
    parts = np.array_split(np.asarray(sizes), min(len(sizes), _MOST_POINTS))
    return [float(part.max()) for part in parts]


def _heights(sizes: Sequence[float], *, logarithmic: bool) -> list[float]:
    """Heights of the line, 0 to 1: from 0, or from the smallest on a log scale."""
    finite = [x for x in sizes if x < math.inf]
    most = max(finite, default=0.0)
    if not most:
        return [1.0 if x == math.inf else 0.0 for x in sizes]
    if not logarithmic:
        return [min(x / most, 1.0) for x in sizes]
    least = min(x for x in finite if x)
    span = math.log10(most / least)
    return [
        min(max(math.log10(max(x, least) / least) / span, 0.0), 1.0)
        if x < math.inf
        else 1.0
        for x in sizes
    ]


def _drawn(heights: Sequence[float], theme: Theme) -> str:
    step = (_WIDTH - 2 * _INSET) / max(len(heights) - 1, 1)
    foot, high = _HEIGHT - _INSET, _HEIGHT - 2 * _INSET
    points = [
        (_INSET + i * step, foot - height * high) for i, height in enumerate(heights)
    ]
    line = "L".join(f"{x:.4g} {y:.4g}" for x, y in points)
    (left, _), (right, last) = points[0], points[-1]
    area = f"M{left:.4g} {foot:.4g}L{line}L{right:.4g} {foot:.4g}z"
    fill = mixed(0.15, theme.gradient, theme.paper)
    return (
        f'<path fill="{fill}" d="{area}"/>'
        f'<path fill="none" stroke="{theme.gradient}" stroke-width="1.2" '
        f'stroke-linejoin="round" d="M{line}"/>'
        f'<path fill="none" stroke="{theme.operation}" stroke-width="0.6" '
        f'd="M0 {foot:.4g}h{_WIDTH:.4g}"/>'
        f'<circle fill="{theme.gradient}" cx="{right:.4g}" cy="{last:.4g}" r="1.8"/>'
    )

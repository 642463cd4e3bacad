"""A histogram: how many entries of a large array lie where.

No bin has both signs in it, and colours are those of a heat map.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from viz.picture.chart_parts import Chart, Hues, crisp, path
from viz.picture.colours import Theme, mixed

_SIZE = (84.0, 22.0)  # points: width and height
_BINS = 24


def histogram(entries: np.ndarray, hues: Hues) -> Chart:
    """A chart of how many entries lie where, from the least to the greatest.

    Bars below 0 are hollow. Entries that are 0 are grey, at the foot of a bar: they
    have no sign.
    """
    known = np.isfinite(entries)
    finite = np.asarray(entries.ravel() if known.all() else entries[known], float)
    width, height = _SIZE
    with np.errstate(all="ignore"):
        counts, edges = _binned(finite)
    at_zero = min(int(np.searchsorted(edges, 0.0, "right")), len(counts)) - 1
    zeros = min(int((finite == 0).sum()), counts[at_zero])
    scale, step = height / counts.max(initial=1), width / len(counts)

    def draw(theme: Theme) -> str:
        bars, above, below = "", getattr(theme, hues.above), getattr(theme, hues.below)
        for i, count in enumerate(counts):
            foot, signed = height, count
            if zeros and i == at_zero:
                box = _bar(i * step, step, foot, zeros * scale)
                bars += path(box, f'fill="{mixed(0.8, theme.operation, theme.paper)}"')
                foot, signed = height - zeros * scale, count - zeros
            box = _bar(i * step, step, foot, signed * scale)
            if signed and edges[i] >= 0:
                bars += path(box, f'fill="{mixed(0.8, above, theme.paper)}"')
            elif signed:  # hollow: its sign survives grey
                fill = f'fill="{mixed(0.15, below, theme.paper)}"'
                bars += path(box, f'{fill} stroke="{below}" stroke-width="0.6"')
        return crisp([bars]) + _axis(edges, width, height, theme)

    return Chart("histogram", width, height, draw)


def _bar(x: float, wide: float, foot: float, tall: float) -> str:
    return f"M{x:.4g} {foot:.4g}v{-tall:.4g}h{wide:.4g}v{tall:.4g}z"


def _binned(finite: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and edges of the bins; of numbers too far apart to bin, none."""
    try:
        return np.histogram(finite, bins=_edges(finite))
    except (ValueError, IndexError, OverflowError):
        return np.zeros(1, int), np.array([0.0, 0.0])


def _edges(finite: np.ndarray) -> Any:
    """The edges of bins of one width, or how many bins; 0 is inside none of them."""
    least, greatest = finite.min(initial=np.inf), finite.max(initial=-np.inf)
    if not least < 0 < greatest:
        return _BINS
    below = round(_BINS / (1 + greatest / -least))
    below = min(max(below, 1), _BINS - 1)
    wide = max(-least / below, greatest / (_BINS - below))
    edges = wide * np.arange(-below, _BINS - below + 1)
    edges[0], edges[-1] = min(edges[0], least), max(edges[-1], greatest)  # rounding
    return edges


def _axis(edges: np.ndarray, width: float, height: float, theme: Theme) -> str:
    """The base line, and a tick where 0 is."""
    line, last = f"M0 {height:.4g}h{width:.4g}", len(edges) - 1
    for i in np.flatnonzero(edges == 0) if edges[-1] > edges[0] else ():
        line += f"M{width * i / last:.4g} 0v{height:.4g}"
    return path(line, f'stroke="{theme.operation}" stroke-width="0.6"')

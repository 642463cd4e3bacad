"""Central differences beside the slopes that rules say, and which of them to believe.

The slope of f along a direction d is (f(x + d) - f(x - d)) / 2, up to an error of third
order in d, whatever the rules say. A small argument is moved entry by entry. The
entries of a large one are moved together: a rule that is wrong in one of them is wrong
along the whole direction, and along the half of it with the larger error, and along the
worse half of that, which leads to the entry.

A step of cbrt(eps) times the size of x balances that error against rounding (W. Press
et al., "Numerical Recipes", 3rd edition, section 5.7) if f is as large as its slopes
and its curvature. What the size of x is depends on f: for log at 1e-4 it is 1e-4, for
sin at 1e6 it is 1. So both are tried, each with smaller and larger steps, until the
rule agrees; a wrong rule agrees with none. Differences are divided by the step that the
rounded numbers have really taken.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import numpy as np

from engine._node import data_of

SMALL = 256  # entries: an argument of more is checked along directions
DIRECTIONS = 4  # along one of them, the errors of two entries may cancel
STEPS = np.cbrt(np.finfo(float).eps) * np.array([1, 1 / 32, 32, 32**-2, 32**-3])
BY_SIZE = np.argsort(-STEPS)
SETTLED = 1e-4  # relative: differences with three steps in a row are as equal as that
UNDERFLOW = np.sqrt(np.finfo(float).tiny)  # slopes below it may be 0: products are
CLEAR = 4  # a rule is wrong, if it is as many times as far from two as they are apart

Function = Callable[..., Any]


class Step(NamedTuple):
    """What differences say with one step, per unit of what moves least."""

    size: float
    rule: float
    differences: float

    @property
    def error(self) -> float:
        error = abs(self.rule - self.differences)
        return error if error < np.inf else np.inf  # NaN agrees with nothing


# Where the rule is off: per step, for an entry may move less than others; or in units
# of f, for rounding, which is the same for every step, may look large beside a small
# one.
RELATIVE, ABSOLUTE = attrgetter("error"), lambda step: step.error * step.size


class Verdict(NamedTuple):
    """What comes of one entry: it agrees, or is "wrong", "rough" or "undefined"."""

    entry: int
    fault: str
    steps: list[Step]  # that which was believed first
    agreement: float = 0.0  # the error, relative to what the tolerance is relative to


class Argument(NamedTuple):
    """The one that moves, its slopes by the rule, and what error they may have."""

    f: Function
    points: list[np.ndarray]
    i: int
    slopes: np.ndarray
    tolerance: float

    @property
    def scale(self) -> float:
        """The larger of 1 and the largest slope."""
        slopes = np.abs(self.slopes[np.isfinite(self.slopes)])
        return float(slopes.max(initial=1.0))

    def verdicts(self, draw: Function) -> tuple[list[Verdict], list[float]]:
        """On all entries of a small one; on those suspected in a large one.

        And the relative errors along the directions in which all entries agree.
        """
        if self.slopes.size <= SMALL:
            return [self.verdict(e) for e in range(self.slopes.size)], []
        found = [self.suspects(draw((self.slopes.size,))) for _ in range(DIRECTIONS)]
        verdicts = [self.verdict(e) for entries, _ in found for e in entries]
        return verdicts, [error / self.scale for entries, error in found if not entries]

    def suspects(self, weights: np.ndarray) -> tuple[set[int], float]:
        """The entries that a direction leads to, if any; the error along it."""
        tried = []
        for unit in _units(np.abs(self.points[self.i].ravel())):
            for h in STEPS[:3]:
                by = h * unit * weights
                error = self.step(np.arange(by.size), by).error
                if error <= self.tolerance * self.scale:
                    return set(), error
                tried.append((error, by))
        error, by = min(tried, key=itemgetter(0))
        return {self.worst(by, measure) for measure in (RELATIVE, ABSOLUTE)}, error

    def worst(self, by: np.ndarray, measure: Callable[[Step], float]) -> int:
        """The entry where the error is that they all have when they move together."""
        some = np.arange(by.size)
        while some.size > 1:
            halves = np.array_split(some, 2)
            some = max(halves, key=lambda e: measure(self.step(e, by[e])))
        return int(some[0])

    def verdict(self, e: int) -> Verdict:
        slope = abs(self.slopes.flat[e])
        rows: list[list[Step]] = []
        for unit in _units(np.abs(self.points[self.i].flat[[e]])):
            rows.append([])
            for h in STEPS:
                step = self.step([e], h * unit)
                if step.error < np.inf and step.error <= self.tolerance * slope:
                    return Verdict(e, "", [step], step.error / (slope or 1.0))
                rows[-1].append(step)
        return self.doubtful(e, rows)

    def doubtful(self, e: int, rows: list[list[Step]]) -> Verdict:
        """On an entry that agrees with no step to the tolerance of its own slope."""
        steps = [s for row in rows for s in row if np.isfinite(s.differences)]
        if len(steps) < 2:  # of which one alone may be far off
            return Verdict(e, "undefined", rows[-1])
        steps.sort(key=lambda s: s.error)
        settled, spread = _settled(rows)
        if settled and settled.error > max(self.tolerance * abs(settled.rule), spread):
            return Verdict(e, "wrong", [settled])
        best = steps[0]
        if best.error <= self.tolerance * self.scale:  # rounding hides any more
            return Verdict(e, "", steps, best.error / self.scale)
        clear = best.error == np.inf or best.error > CLEAR * _unsure(best, rows)
        return Verdict(e, "wrong" if clear else "rough", steps)

    def step(self, entries: Any, by: np.ndarray) -> Step:
        high, low = self.points[self.i].copy(), self.points[self.i].copy()
        high.flat[entries] += by
        low.flat[entries] -= by
        moved = high.flat[entries] - low.flat[entries]
        least = float(np.abs(moved).min())
        with np.errstate(all="ignore"):  # a step may leave where f is defined
            rule = self.slopes.flat[entries] @ moved
            differences = self.value(high) - self.value(low)
            return Step(least / 2, float(rule / least), float(differences / least))

    def value(self, x: np.ndarray) -> Any:
        points = [*self.points[: self.i], x, *self.points[self.i + 1 :]]
        return np.float64(float(data_of(self.f(*points))))


def _units(size: np.ndarray) -> list[np.ndarray]:
    """What the steps are a part of, from the size of x: at least 1, and at most 1."""
    large = np.maximum(1.0, size)
    small = np.minimum(1.0, np.where(size == 0, 1.0, size))
    return [large] if np.allclose(large, small, rtol=0.5, atol=0.0) else [large, small]


def _unsure(best: Step, rows: list[list[Step]]) -> float:
    """How far differences are from those with the next larger or smaller step."""
    row = sorted(next(row for row in rows if best in row), key=lambda s: s.size)
    k = row.index(best)
    beside = [s for s in row[max(k - 1, 0) : k + 2] if s.error < np.inf and s != best]
    return min((abs(best.differences - s.differences) for s in beside), default=np.inf)


def _settled(rows: list[list[Step]]) -> tuple[Step | None, float]:
    """The middle of three steps in a row that say nearly the same, and how nearly."""
    found: list[tuple[float, Step]] = []
    for row in rows:
        for at in range(len(STEPS) - 2):
            three = [row[k] for k in BY_SIZE[at : at + 3]]
            said = np.array([s.differences for s in three])
            spread = float(np.ptp(said)) if np.isfinite(said).all() else np.inf
            size = abs(float(said[1]))
            if size > UNDERFLOW and spread <= SETTLED * size:
                found.append((spread / size, three[1]))
    if not found:
        return None, 0.0
    relative, step = min(found)
    return step, relative * abs(step.differences)

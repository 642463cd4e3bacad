"""The points that SVG's shapes go through, and what a transform does to points."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

import numpy as np

from helpers.yardstick.geometry import Line

_STEPS = 12  # straight pieces per curve: a curve 100 points long is off by under 0.3
_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d*\.\d+|\d+\.?)(?:[eE][-+]?\d+)?")
_NUMBERS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7, "Z": 0}
_CIRCLE = np.linspace(0, 2 * np.pi, 33)
_IDENTITY = np.eye(3)


# --- paths --------------------------------------------------------------------------


def flattened(d: str) -> list[Line]:
    """The lines of a path: its curves in straight pieces, an arc as its chord.

    Raises:
        ValueError: if a command is not among M L H V C S Q A Z, small ones too.
    """
    lines: list[list[np.ndarray]] = []
    here, handle = np.zeros(2), np.zeros(2)
    for command, numbers in _commands(d):
        at = here * command.islower()
        points = _targets(command.upper(), numbers, here, at, lines)
        if command.upper() == "M":
            lines.append([points[-1]])
        elif command.upper() in "CSQ":
            first = [2 * here - handle] if command.upper() == "S" else []
            lines[-1] += _curve([here, *first, *points])
        else:
            lines[-1].append(points[-1])
        here, handle = points[-1], points[-2] if len(points) > 1 else points[-1]
    return [np.array(line) for line in lines if len(line) > 1]


def _commands(d: str) -> Iterator[tuple[str, list[float]]]:
    """(command, its numbers), one for each; M with more points goes on as L."""
    tokens = _TOKEN.findall(d)
    command, at = "", 0
    while at < len(tokens):
        if tokens[at].isalpha():
            command, at = tokens[at], at + 1
        elif command in "Mm":
            command = {"M": "L", "m": "l"}[command]
        if command.upper() not in _NUMBERS:
            raise ValueError(f"flattened: the command {command!r} in {d!r:.60}")
        count = _NUMBERS[command.upper()]
        yield command, [float(t) for t in tokens[at : at + count]]
        at += count


def _targets(
    command: str,
    numbers: list[float],
    here: np.ndarray,
    at: np.ndarray,
    lines: list[list[np.ndarray]],
) -> list[np.ndarray]:
    """The points that a command names, from `at`; the last is where it ends."""
    if command == "Z":
        return [lines[-1][0]]
    if command == "H":
        return [np.array([at[0] + numbers[0], here[1]])]
    if command == "V":
        return [np.array([here[0], at[1] + numbers[0]])]
    pairs = np.reshape(numbers[-2:] if command == "A" else numbers, (-1, 2))
    return list(pairs + at)


def _curve(points: list[np.ndarray]) -> list[np.ndarray]:
    """The points of a Bézier curve, by de Casteljau, without the first."""
    t = np.linspace(0, 1, _STEPS + 1)[1:, None]
    level = [np.broadcast_to(p, (_STEPS, 2)) for p in points]
    while len(level) > 1:
        level = [(1 - t) * a + t * b for a, b in itertools.pairwise(level)]
    return list(level[0])


# --- shapes -------------------------------------------------------------------------


def outlines(tag: str, attributes: Mapping[str, str]) -> list[Line]:
    """The lines of a path, polygon, polyline, rect, circle, ellipse or line."""

    def value(name: str) -> float:
        return number(attributes.get(name, "0"))

    if tag == "path":
        return flattened(attributes.get("d", ""))
    if tag in ("polygon", "polyline"):
        points = np.reshape(
            [float(t) for t in _TOKEN.findall(attributes["points"])], (-1, 2)
        )
        return [np.vstack([points, points[:1]]) if tag == "polygon" else points]
    if tag == "rect":
        left, top = value("x"), value("y")
        right, bottom = left + value("width"), top + value("height")
        ring = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        return [np.array(ring)]
    if tag == "line":
        return [np.array([(value("x1"), value("y1")), (value("x2"), value("y2"))])]
    rx, ry = value("r") or value("rx"), value("r") or value("ry")
    x, y = value("cx") + rx * np.cos(_CIRCLE), value("cy") + ry * np.sin(_CIRCLE)
    return [np.stack([x, y], axis=1)]


def number(text: str) -> float:
    """A length without its unit: 11 of "11.00", "11px"."""
    return float(_TOKEN.match(text.strip())[0])  # type: ignore[index]


# --- transforms ---------------------------------------------------------------------


def transform(text: str) -> np.ndarray:
    """The matrix, 3 by 3, of a transform: translate, scale, rotate and matrix.

    Raises:
        ValueError: if it is another one.
    """
    found = _IDENTITY
    for name, inside in re.findall(r"(\w+)\(([^)]*)\)", text):
        found = found @ _matrix(name, [float(t) for t in _TOKEN.findall(inside)])
    return found


def _matrix(name: str, v: list[float]) -> np.ndarray:
    if name == "translate":
        x, y = (*v, 0.0)[:2]
        return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
    if name == "scale":
        return np.diag([v[0], v[-1], 1.0])
    if name == "matrix":
        a, b, c, d, e, f = v
        return np.array([[a, c, e], [b, d, f], [0, 0, 1]])
    if name == "rotate":
        angle, x, y = (*v, 0.0, 0.0)[:3]
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        return np.array(
            [[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1]]
        )
    raise ValueError(f"transform: {name}({v}) is not read")


def moved(points: Line, matrix: np.ndarray) -> Line:
    """Points, transformed."""
    return points @ matrix[:2, :2].T + matrix[:2, 2]

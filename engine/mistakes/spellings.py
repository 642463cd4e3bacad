"""Other spellings of a line: the formulas that courses teach for it.

A softmax in steps has six lines; who derives it by hand writes p (g - Σ g p), and makes
mistakes in that. Where the numbers say that a formula holds, its line is one more in
which mistakes are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from engine.mistakes.script import Script

_CLOSE = 1e-9
MOST_GRADIENTS = 40  # that are looked at, the nearest first
_MOST_ENTRIES = 100_000


class Spelling(NamedTuple):
    """A line that gives the same gradient.

    Attributes:
        gradient: the variable of the gradient.
        text: the line; it reads the variables of the script, and those given here.
        given: other variables that it reads.
        above: the variable of the gradient that it begins with.
    """

    gradient: str
    text: str
    given: dict[str, Any]
    above: str


def spellings(script: Script, wanted: str) -> Iterator[tuple[Script, int]]:
    """The script with another spelling of a line, and which line it is."""
    names = script.on_the_way(wanted)
    names = [g for g in names if np.size(script.values[g]) <= _MOST_ENTRIES]
    names = names[:MOST_GRADIENTS]
    for below in names:
        for above in script.on_the_way(below):
            if above == below or above not in names:
                continue
            for find in (_slopes, _softmax, _log_sum_exp, _normalised):
                for spelling in find(script, below, above):
                    yield from _checked(script, spelling)
    for below in names:
        for spelling in _minus_target(script, below):
            yield from _checked(script, spelling)


def _checked(script: Script, spelling: Spelling) -> Iterator[tuple[Script, int]]:
    """The script with a spelling, if it gives the same numbers."""
    found = script.spelled(*spelling)
    if found is not None:
        new = found.run(spelling.gradient)
        right = script.values[spelling.gradient]
        if np.shape(new) == np.shape(right) and _same(new, right):
            yield found, found.first[spelling.gradient]


def _same(x: Any, y: Any) -> bool:
    with np.errstate(all="ignore"):
        largest = np.max(np.abs(y), initial=0.0)
        return bool(largest) and bool(np.all(np.abs(x - y) <= _CLOSE * largest))


def _slopes(script: Script, below: str, above: str) -> Iterator[Spelling]:
    """The slopes of functions of one number, by their values or their inputs."""
    x, v = script.own_value(below), script.own_value(above)
    same = np.shape(script.values[below]) == np.shape(script.values[above])
    if not same or not script.is_step(below, above):
        return
    for slope in _SLOPES:
        text = f"{below} = {above} * {slope.format(x=x, v=v)}"
        yield Spelling(below, text, {}, above)


_SLOPES = (
    *("({v} * (1 - {v}))", "(1 - {v} ** 2)", "{v}", "(1 / (2 * {v}))", "(-({v} ** 2))"),
    *("({x} > 0)", "(1 / {x})", "np.cos({x})", "(-np.sin({x}))", "(2 * {x})"),
)


def _softmax(script: Script, below: str, above: str) -> Iterator[Spelling]:
    p = script.own_value(above)
    for axis in _axes_of_softmax(script, below, above):
        inner = f"({above} * {p}).sum(axis={axis}, keepdims=True)"
        yield Spelling(below, f"{below} = {p} * ({above} - {inner})", {}, above)


def _axes_of_softmax(script: Script, below: str, above: str) -> Iterator[int]:
    """The axes along which one value is the softmax of another, by their gradients."""
    z, p = (script.values[script.own_value(g)] for g in (below, above))
    for axis in range(np.ndim(p)):
        if np.shape(z) == np.shape(p) and _same(softmax_of(z, axis), p):
            yield axis


def softmaxes(script: Script) -> Iterator[tuple[str, str, int]]:
    """The gradients of what goes into each softmax, and comes out, and its axis."""
    for below in [*script.tensors][:MOST_GRADIENTS]:
        for above in script.on_the_way(below):
            if above != below:
                for axis in _axes_of_softmax(script, below, above):
                    yield below, above, axis


def softmax_of(z: Any, axis: int) -> Any:
    with np.errstate(all="ignore"):
        largest = np.max(z, axis=axis, keepdims=True, initial=-np.inf)
        e = np.exp(z - largest)
        return e / e.sum(axis=axis, keepdims=True)


def _log_sum_exp(script: Script, below: str, above: str) -> Iterator[Spelling]:
    z = script.values[script.own_value(below)]
    values = [script.values[script.variables[x]] for x in script.tensors[above]]
    for axis in range(np.ndim(z)):
        with np.errstate(all="ignore"):
            log = np.log(np.exp(z).sum(axis=axis))
        if any(np.shape(v) == log.shape and _same(log, v) for v in values):
            e = f"np.exp({script.own_value(below)})"
            softmax = f"({e} / {e}.sum(axis={axis}, keepdims=True))"
            text = f"{below} = np.expand_dims({above}, {axis}) * {softmax}"
            yield Spelling(below, text, {}, above)


def _normalised(script: Script, below: str, above: str) -> Iterator[Spelling]:
    """Batch and layer norm in one line: (g - mean g - x̂ mean(g x̂)) / σ."""
    x, n = (np.asarray(script.values[script.own_value(g)]) for g in (below, above))
    if x.shape != n.shape or x.ndim != 2:
        return
    name = script.own_value(above)
    for axis in (0, 1):
        with np.errstate(all="ignore"):
            centred = x - x.mean(axis=axis, keepdims=True)
            size = np.nanmean(centred / n, axis=axis, keepdims=True)
            if not np.isfinite(size).all() or not _same(size * n, centred):
                continue
        mean = f"{above}.mean(axis={axis}, keepdims=True)"
        other = f"({above} * {name}).mean(axis={axis}, keepdims=True)"
        text = f"{below} = ({above} - {mean} - {name} * {other}) / std"
        yield Spelling(below, text, {"std": size}, above)


def _minus_target(script: Script, below: str) -> Iterator[Spelling]:
    """Cross-entropy after a softmax or a sigmoid: (p - y) / n."""
    z, g = np.asarray(script.values[script.own_value(below)]), script.values[below]
    if not z.ndim:
        return
    name = script.own_value(below)
    with np.errstate(all="ignore"):
        sigmoid = 1 / (1 + np.exp(-z))
    known = [(f"(1 / (1 + np.exp(-{name})))", sigmoid)]
    for axis in (z.ndim - 1, 0) if z.ndim > 1 else (0,):
        e = f"np.exp({name})"
        softmax = f"({e} / {e}.sum(axis={axis}, keepdims=True))"
        known.append((softmax, softmax_of(z, axis)))
    for text, p in known:
        for n in dict.fromkeys((1, z.shape[0], z.size // z.shape[-1], z.size)):
            target = np.round(p - n * g)
            if not np.isin(target, (0.0, 1.0)).all() or not target.any():
                continue
            divided = f" / {n}" if n > 1 else ""
            line = f"{below} = {script.seed} * ({text} - target){divided}"
            yield Spelling(below, line, {"target": target}, script.seed)

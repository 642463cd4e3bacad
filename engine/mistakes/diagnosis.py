"""The diagnosis of a wrong gradient: the mistakes that give just these numbers.

Every mistake is made, one at a time, and what comes out is compared with the answer.
So nothing is guessed: a finding says of the answer how it comes about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from engine.mistakes.compare import FEWEST_TELLING, Tolerance, agrees, digits, off
from engine.mistakes.finding import KINDS, Finding
from engine.mistakes.outcomes import Match, Outcome, outcomes
from engine.mistakes.script import Script
from engine.mistakes.source import script_of_function, script_of_graph
from engine.mistakes.wording import mention
from engine.tensor import Tensor

MOST_FINDINGS = 3
_NEAR = 1.2  # how far-fetched one may be that gives a single whole number
_FARTHER = 0.5  # how much more far-fetched than the best another one may be
_SEED = (
    "All of it is 0. The backward pass begins with the gradient of the result with "
    "respect to itself, which is 1, and not with 0."
)


def findings(
    script: Script,
    wanted: str,
    answer: np.ndarray,
    loss: Tensor | None = None,
    x: Tensor | None = None,
) -> list[Finding]:
    """What is wrong with an answer: at most three findings, best first.

    Args:
        script: the program.
        wanted: the variable of the gradient in the script.
        answer: of any shape.
        loss: the graph, for passes that go wrong as a whole.
        x: the tensor of the graph whose gradient it is.

    Returns:
        None of them if the answer is right.
    """
    right, tolerance = script.values[wanted], script.tolerance(wanted)
    if agrees(answer, right, tolerance):
        return []
    name = mention(script, script.own_value(wanted))
    reshaped = answer.size == np.size(right) and answer.shape != np.shape(right)
    if reshaped and agrees(answer.reshape(np.shape(right)), right, tolerance):
        return [off(answer, right, name, tolerance)]
    if answer.size and not answer.any():
        return [Finding("seed", _SEED)]
    tried = outcomes(script, wanted, answer, loss, x)
    found = matches(tried, answer, right, tolerance)
    if answer.size == 1 and (answer == np.round(answer)).all():
        found = [match for match in found if match.cost <= _NEAR]  # met by chance
    return best(found) or [off(answer, right, name, tolerance)]


def findings_of_function(
    f: Any,
    points: Sequence[np.ndarray],
    i: int,
    answer: np.ndarray,
    loss: Tensor,
    x: Tensor,
) -> list[Finding]:
    """The same of the gradient of a function, in the names of its own variables.

    Args:
        f: a function of arrays, of one number as result.
        points: its arguments.
        i: which of them the gradient belongs to.
        answer: of any shape.
        loss: the function's graph.
        x: the argument in it.
    """
    try:
        script = script_of_function(f, tuple(points))
        leaves = [name for t, name in script.gradients.items() if not t.parents]
        wanted = leaves[i]
    except (TypeError, ValueError, RuntimeError):  # it can't be written out as called
        script = script_of_graph(loss, lambda _: "")
        wanted = script.gradients[x]
    return findings(script, wanted, answer, loss, x)


def matches(
    tried: Iterable[Outcome],
    answer: np.ndarray,
    right: Any,
    tolerance: Tolerance,
    *,
    zero: bool = False,
) -> list[Match]:
    """The mistakes that give an answer, of those that were tried; those that give 0
    everywhere only if `zero` is set."""
    telling = digits(answer) >= FEWEST_TELLING
    found = []
    for say, given in tried:
        if given is None or np.size(given) != answer.size:
            continue
        if not zero and not np.any(given):
            continue
        array = np.asarray(given, dtype=np.float64)
        fits = agrees(answer, array, tolerance, rounded=telling)
        if fits and not agrees(array, right, tolerance):
            found.append(say())
    return found


def best(found: list[Match]) -> list[Finding]:
    """One finding for each kind: first those that are least far-fetched."""
    kinds: dict[str, list[Match]] = {}
    for match in sorted(found, key=lambda match: match.cost):
        kinds.setdefault(match.kind.split("/")[0], []).append(match)
    order = list(KINDS)
    ranked = sorted(kinds, key=lambda kind: (kinds[kind][0].cost, order.index(kind)))
    best = min((match.cost for match in found), default=0.0)
    near = [kind for kind in ranked if kinds[kind][0].cost <= best + _FARTHER]
    return [Finding(kind, _said(kinds[kind])) for kind in near[:MOST_FINDINGS]]


def _said(same: list[Match]) -> str:
    """The sentence of the nearest; if it may be elsewhere, too, it says so."""
    first = same[0]
    alike = [match.through for match in same if match.kind == first.kind]
    others = len(dict.fromkeys(filter(None, alike))) - 1
    if others <= 0 or not first.through:
        return first.text
    return f"{first.text} It may also be in another step."

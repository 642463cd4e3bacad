"""`paths`: a gradient as the sum over all paths, and what the pass did instead.

The chain rule multiplies along a path and adds over paths, of which there may be 2**60.
So they are counted, by one sum per node, and only the first are listed. The backward
pass does not follow paths: it goes along each edge once, because what leaves a node
goes on together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engine import Tensor, data_of, match_to_data
from viz.lesson.symbols import Symbols
from viz.lesson.tape import Tape, check_loss, tape
from viz.lesson.why import why_none
from viz.words.local_derivative import closure, local_number
from viz.words.numbers import in_a_line
from viz.words.operation import is_scalar_op

_STOPS = 8  # tensors of a path that are named
_FACTORS = 8  # local derivatives that are written out

Path = list[tuple[Tensor, int]]  # (op, slot of the operand that the path goes on to)


class Paths:
    """The paths from a loss to one tensor: print them.

    Attributes:
        count: how many there are, exactly.
        edges: how many edges lie on them.
    """

    def __init__(self, count: int, edges: int, lines: list[str]) -> None:
        self.count = count
        self.edges = edges
        self._lines = lines

    def __str__(self) -> str:
        return "\n".join(self._lines)

    __repr__ = __str__


@np.errstate(all="ignore")
def paths(
    loss: Tensor,
    wrt: Tensor,
    limit: int = 20,
    *,
    names: Mapping[str, Any] | None = None,
) -> Paths:
    """The products along the paths from a loss to one tensor, and their sum.

    Args:
        loss: a Tensor of one element.
        wrt: any Tensor that it was computed from.
        limit: how many paths are listed; all are counted.
        names: variable name -> tensor, as in `explain`.

    Returns:
        The number of paths, the first of them with the product of the local derivatives
        on the way (for arrays: what comes back along it), and their sum.

    Raises:
        TypeError: if one of the two is not a Tensor, or the limit not an int.
        ValueError: if the loss holds more than one element, or the limit is negative.
    """
    check_loss("paths", loss)
    if not isinstance(wrt, Tensor):
        raise TypeError(f"paths: wrt is a {type(wrt).__name__}, and must be a Tensor")
    if type(limit) is not int:
        raise TypeError(f"paths: limit is {limit!r:.60}, and must be an int")
    if limit < 0:
        raise ValueError(f"paths: limit is {limit}, and must be 0 or more")
    symbols = Symbols(loss, names, caller="paths")
    reason = why_none(loss, wrt, symbols)
    if reason:
        return Paths(0, 0, [f"{symbols.by(loss, wrt)} has no path: {reason}"])
    return _PathsWriter(tape(loss), wrt, symbols).paths(limit)


class _PathsWriter:
    """Words the paths to one tensor."""

    def __init__(self, tape: Tape, wrt: Tensor, symbols: Symbols) -> None:
        self._tape = tape
        self._wrt = wrt
        self._symbols = symbols
        self._counts = _path_counts(tape, wrt)

    def paths(self, limit: int) -> Paths:
        count = self._counts[self._tape.loss]
        edges = sum(
            self._counts[step.operand] > 0
            for steps in self._tape.arrivals.values()
            for step in steps
        )
        return Paths(count, edges, list(self._lines(count, edges, limit)))

    def _lines(self, count: int, edges: int, limit: int) -> Iterator[str]:
        by, gradient = self._symbols.by(self._tape.loss, self._wrt), self._gradient()
        yield f"{by} over {_noun(count, 'path')}:"
        total: Any = None
        for path in self._listed(min(limit, count)):
            words, share = self._followed(path)
            total = share if total is None else total + share
            yield f"  {self._route(path)}    {words}"
        hidden = count - min(limit, count)
        if hidden:
            yield f"  … and {_digits(hidden)} more"
        if total is not None and count > 1:
            which = "their sum" if not hidden else f"the sum of these {limit:,}"
            yield f"{which}: {in_a_line(total)}"
        yield f"{by} = {in_a_line(gradient)}"
        if count > edges > 0:
            yield (
                f"A pass goes along {_noun(edges, 'edge')} instead of "
                f"{_noun(count, 'path')}"
            )

    def _gradient(self) -> Any:
        return data_of(self._tape.gradients[self._wrt])

    def _listed(self, most: int) -> Iterator[Path]:
        """The first paths, from the loss on, operands left to right."""
        if self._tape.loss is self._wrt:
            yield from [[]][:most]
            return
        path: Path = []
        waiting = [self._onward(self._tape.loss)]  # of each op on the path
        while waiting and most:
            del path[len(waiting) - 1 :]
            step = next(waiting[-1], None)
            if step is None:
                waiting.pop()
                continue
            path.append(step)
            operand = step[0].parents[step[1]]
            if operand is self._wrt:
                yield list(path)
                most -= 1
            else:
                waiting.append(self._onward(operand))

    def _onward(self, node: Tensor) -> Iterator[tuple[Tensor, int]]:
        for slot, operand in enumerate(node.parents):
            wanted = node.grad_fns[slot] is not None
            if wanted and self._counts.get(operand):
                yield node, slot

    def _followed(self, path: Path) -> tuple[str, Any]:
        """What is multiplied along a path, and what comes back along it."""
        g = np.ones_like(self._tape.loss.data)[()]
        numbers = all(is_scalar_op(node) for node, _ in path)
        for node, slot in path:
            fn = closure(node, slot)
            assert fn is not None  # a path goes along these alone
            g = match_to_data(fn(g), node.parents[slot].data, node)
        return self._product(path if numbers else [], g), g

    def _product(self, path: Path, g: Any) -> str:
        """The local derivatives of numbers on a path, and their product."""
        if len(path) < 2:
            return in_a_line(g)
        all_fit = len(path) <= _FACTORS
        shown = path if all_fit else path[: _FACTORS - 1]
        factors = [in_a_line(local_number(*step)) for step in shown]
        if not all_fit:
            factors.append(f"… {len(path) - len(shown):,} more")
        return f"{' × '.join(factors)} = {in_a_line(g)}"

    def _route(self, path: Path) -> str:
        """The tensors on a path, from the loss to `wrt`."""
        stops = [self._tape.loss, *(node.parents[slot] for node, slot in path)]
        names = [self._symbols.of(x) for x in stops[:_STOPS]]
        if len(stops) > _STOPS:
            names = [*names[:-1], f"… {len(stops) - _STOPS:,} more …"]
            names.append(self._symbols.of(stops[-1]))
        return " → ".join(names)


def _path_counts(tape: Tape, wrt: Tensor) -> dict[Tensor, int]:
    """How many paths lead from each Tensor to `wrt`: a sum over its operands."""
    counts = dict.fromkeys(tape.gradients, 0)
    counts[wrt] = 1
    for node in tape.gradients:  # operands come first
        if node is not wrt:
            pairs = zip(node.parents, node.grad_fns, strict=True)
            counts[node] = sum(counts[x] for x, fn in pairs if fn is not None)
    return counts


def _noun(n: int, noun: str) -> str:
    return f"{_digits(n)} {noun}{'' if n == 1 else 's'}"


def _digits(n: int) -> str:
    """A count, which may have thousands of digits."""
    if n < 10**30:
        return f"{n:,}"
    digits = math.log10(n)  # of an int as large as it may be
    return f"{10 ** (digits % 1):.3f}e{int(digits)}"

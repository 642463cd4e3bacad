"""`explain`: where one gradient comes from, in symbols, in numbers, and by a nudge.

A gradient is a sum over the uses of a tensor, and each use has a term: what came back
to the op that used it, times the op's local derivative. The terms are read off the
tape, so what is explained is what the pass did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of
from viz.lesson.latex import as_latex
from viz.lesson.nudge import nudged
from viz.lesson.symbols import Partial, Symbols, is_number
from viz.lesson.tape import Backward, Tape, check_loss, tape
from viz.lesson.why import (
    held_fixed,
    why_none,
    why_not_finite,
    why_not_stored,
    why_set,
    why_zeros,
)
from viz.words.convention import convention
from viz.words.local_derivative import local_number
from viz.words.numbers import (
    in_a_line,
    is_few,
    is_numpy,
    number,
    rows,
    shape_of,
    size_of,
)
from viz.words.operation import is_scalar_op
from viz.words.text import width

MOST_USES = 8  # uses that are written out
_IN_LINE = 2  # uses that fit in one line
MOST_ENTRIES = 3  # entries of a large array that are shown
_GAP = "    "


class Row(NamedTuple):
    """One line of an explanation: what is said, and a remark beside it."""

    parts: tuple[str | Partial, ...]
    remark: str = ""

    @property
    def text(self) -> str:
        """What is said, without the remark."""
        return "".join(map(str, self.parts))


class Explanation:
    """Where a gradient comes from: print it, or have a notebook show it."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)

    def __str__(self) -> str:
        most = max((width(r.text) for r in self._rows if r.remark), default=0)
        return "\n".join(
            f"{r.text}{' ' * (most - width(r.text))}{_GAP}{r.remark}"
            if r.remark
            else r.text
            for r in self._rows
        )

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return as_latex(self._rows)


@np.errstate(all="ignore")
def explain(
    loss: Tensor, wrt: Tensor, *, names: Mapping[str, Any] | None = None
) -> Explanation:
    """Where the gradient of a loss with respect to one tensor comes from.

    Args:
        loss: a Tensor of one element.
        wrt: any Tensor that it was computed from, a leaf or not.
        names: variable name -> tensor; `names=locals()` calls every tensor by its
            variable, or the path to it (`ws[0]`); a tensor's own `name=` wins.

    Returns:
        The sum over all uses of `wrt`, in symbols and in numbers (for arrays: by the
        rules and their shapes, with the largest entries), and the slope that is found
        by moving the number, or the entry with the largest gradient, up and down by
        1e-6 (by 1e-5 from 10 on, and so on), and running the recorded graph again. What
        left the graph, such as `x.data`, is held fixed in both. Where the gradient is
        None, 0, NaN or a convention: why. No `.grad` is changed.

    Raises:
        TypeError: if one of the two is not a Tensor.
        ValueError: if the loss holds more than one element.
    """
    check_loss("explain", loss)
    if not isinstance(wrt, Tensor):
        raise TypeError(
            f"explain: wrt is a {type(wrt).__name__}, and must be a Tensor that the "
            "loss was computed from; wrap the data before it is used"
        )
    symbols = Symbols(loss, names)
    reason = why_none(loss, wrt, symbols)
    if reason:
        return Explanation([Row((symbols.by(loss, wrt), f" is None: {reason}"))])
    return Explanation(_GradientWriter(tape(loss), wrt, symbols).rows())


class _GradientWriter:
    """Words the gradient of one tensor."""

    def __init__(self, tape: Tape, wrt: Tensor, symbols: Symbols) -> None:
        self._tape = tape
        self._wrt = wrt
        self._symbols = symbols
        self._gradient = data_of(tape.gradients[wrt])
        self._uses = tape.arrivals.get(wrt, [])
        self._by = symbols.by(tape.loss, wrt)
        self._indent = " " * width(str(self._by))

    def rows(self) -> Iterator[Row]:
        """All lines: the sum, what it comes to, the nudge, and remarks."""
        if self._wrt is self._tape.loss:
            yield Row((self._by, f" = {number(1.0)}"), "the seed: the pass begins here")
            return
        yield from self._scalar_rows() if self._is_scalar() else self._array_rows()
        for symbol, said in self._symbols.where(self._mentioned()):
            yield Row((f"where {symbol} {said}",))
        for reason in self._reasons():
            yield Row((reason,))

    def _is_scalar(self) -> bool:
        return size_of(self._wrt) == 1 and all(is_scalar_op(u.node) for u in self._uses)

    # --- one number -----------------------------------------------------------------

    def _scalar_rows(self) -> Iterator[Row]:
        if len(self._uses) > _IN_LINE:
            yield from self._many_scalar_rows()
            return
        terms = [self._term(use) for use in self._uses]
        yield Row(
            (self._by, " = ", *_sum(symbols for symbols, _ in terms)), self._used()
        )
        numbers = " + ".join(n for _, n in terms)
        yield Row((f"{self._indent} = {numbers}",))
        if len(terms) > 1:
            products = " + ".join(_term_text(use.contribution) for use in self._uses)
            yield Row((f"{self._indent} = {products}",))
        yield Row((f"{self._indent} = {in_a_line(self._gradient)}",), self._nudge(()))

    def _many_scalar_rows(self) -> Iterator[Row]:
        yield Row((self._by, " is a sum:"), self._used())
        shown = self._uses[:MOST_USES]
        for use in shown:
            symbols, numbers = self._term(use)
            product = in_a_line(use.contribution)
            yield Row(("  ", *symbols, f" = {numbers} = {product}"))
        hidden = len(self._uses) - len(shown)
        if hidden:
            rest = in_a_line(self._gradient - data_of(shown[-1].after))
            yield Row((f"  … {_more(hidden)}, together {rest}",))
        yield Row((self._by, f" = {in_a_line(self._gradient)}"), self._nudge(()))

    def _term(self, use: Backward) -> tuple[tuple[str | Partial, ...], str]:
        """One use of a number, in symbols and in numbers."""
        node, symbols = use.node, self._symbols
        local = in_a_line(local_number(node, use.slot))
        called = symbols.formulas.local(node, use.slot)
        shown = local if not called or is_number(called) else f"{called} = {local}"
        shown += " by convention" if convention(node, use.slot) else ""
        numbers = f"({in_a_line(use.upstream)}) · ({shown})"
        return symbols.term(self._tape.loss, node, use.slot), numbers

    # --- arrays ---------------------------------------------------------------------

    def _array_rows(self) -> Iterator[Row]:
        alone = len(self._uses) == 1
        if not alone:
            yield Row((self._by, " is a sum:"), self._used())
        for use in self._uses[:MOST_USES]:
            formula, *shapes = self._symbols.formulas.lines(use.node, use.slot)
            lead = (self._by, " = ") if alone else ("  ",)
            became = " = ".join([*shapes, _shape(use.operand)])
            yield Row(
                (*lead, formula), f"{became}{_GAP}{self._used()}" if alone else became
            )
            name = self._symbols.of(use.node)
            upstream = self._symbols.by(self._tape.loss, use.node)
            yield Row((f"    ∂{name} = ", upstream), _shape(use.node))
        if len(self._uses) > MOST_USES:
            yield Row((f"  … {_more(len(self._uses) - MOST_USES)}",))
        if is_numpy(self._gradient) and np.size(self._gradient):
            yield from self._entries(np.asarray(self._gradient))

    def _entries(self, gradient: np.ndarray) -> Iterator[Row]:
        """All entries of a small gradient, the largest of a large one; a nudge."""
        sizes = np.where(np.isfinite(gradient), np.abs(gradient), -1.0)
        first = np.argsort(-sizes, axis=None, kind="stable")[:MOST_ENTRIES]
        places = [tuple(map(int, np.unravel_index(i, gradient.shape))) for i in first]
        place = places[0]
        nudge = self._nudge(place)
        if is_few(gradient):
            lines = rows(gradient) if gradient.ndim else [in_a_line(gradient)]
            yield Row((self._by, f" = {lines[0]}"), "" if place else nudge)
            yield from (Row((f"{self._indent}   {line}",)) for line in lines[1:])
        else:
            shown = (f"{list(p)} {number(gradient[p])}" for p in places)
            yield Row((f"    largest entries: {'   '.join(shown)}",))
        if place and nudge:
            yield Row((f"    entry {list(place)} {nudge}",))

    # --- remarks --------------------------------------------------------------------

    def _used(self) -> str:
        n = len(self._uses)
        times = {1: "once", 2: "twice"}.get(n, f"{n} times")
        return f"{self._symbols.of(self._wrt)} is used {times}"

    def _nudge(self, place: tuple[int, ...]) -> str:
        """What a nudge of one entry gives; "" if no slope can be found."""
        if not is_numpy(self._gradient):
            return ""
        place = place or (0,) * np.ndim(self._gradient)
        slope = float(np.asarray(self._gradient)[place])
        nudge = (
            nudged(self._tape.loss, self._wrt, place) if np.isfinite(slope) else None
        )
        return "" if nudge is None else nudge.compared(slope)

    def _mentioned(self) -> list[Any]:
        uses = self._uses[:MOST_USES]
        found = [x for u in uses for x in (u.node, *u.node.parents)]
        return [self._wrt, *found]

    def _reasons(self) -> Iterator[str]:
        about = (self._tape, self._wrt, self._symbols)
        yield from why_not_finite(*about)
        yield from why_zeros(*about)
        yield from why_set(*about)
        yield from why_not_stored(*about)
        yield from held_fixed(self._tape, self._symbols)


def _sum(terms: Iterable[Iterable[str | Partial]]) -> Iterator[str | Partial]:
    """The parts of all terms, with a plus between two."""
    for i, term in enumerate(terms):
        yield from [" + ", *term] if i else term


def _more(uses: int) -> str:
    return f"{uses} more use{'s' * (uses > 1)}"


def _term_text(value: Any) -> str:
    """A number in a sum: one below 0 stands in parentheses."""
    text = in_a_line(value)
    return f"({text})" if text.startswith("-") else text


def _shape(x: Any) -> str:
    return str(shape_of(x)) if shape_of(x) else "a number"

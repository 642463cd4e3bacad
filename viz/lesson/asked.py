"""What the page of `steps` asks at an edge, and the mistakes that it knows there.

Between two numbers it asks for the local derivative, for what the operand gets, and for
the sum where the operand is used more than once; of arrays for a shape, a formula and
one entry. An answer is checked by the mistakes of `engine.mistakes`: the page makes
them by the same lines, or has the numbers that they give, and says the same sentences.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engine import data_of, mistakes
from viz.lesson.recipes import Recipe, renamed
from viz.lesson.symbols import Symbols
from viz.lesson.tape import Backward, Tape
from viz.words.local_derivative import RULE_ERRORS
from viz.words.numbers import is_few, is_numpy, shape_of, size_of

LOCAL, PRODUCT, SUM = "local", "product", "sum"
SHAPE, FORMULA, ENTRY = "shape", "formula", "entry"
_CHOICES = 4  # formulas to choose among
_LONGEST = 60  # characters of one


class Asked:
    """The questions of one step back.

    Args:
        step: the step.
        symbols: what everything is called.
        asks: whether anything is to be asked.

    Attributes:
        kinds: of the questions, in order; none if the op can't be written out.
        edge: what the operand gets from the op, and `recipe` its lines for the page.
        total: the same with what it got before, if anything, and `total_recipe`.
        entry: the index of the entry that is asked.
    """

    def __init__(self, step: Backward, symbols: Symbols, *, asks: bool = True) -> None:
        self._step, self._symbols, self._asks = step, symbols, asks
        later = asks and step.before is not None
        self.recipe = self._recipe(None)
        self.total_recipe = self._recipe(step.before) if later else None
        self.edge = self.recipe.edge if self.recipe else None
        self.total = self.total_recipe.edge if self.total_recipe else None
        self.scalar = size_of(step.node) == size_of(step.operand) == 1
        self.entry: tuple[int, ...] = (0,) * len(shape_of(step.operand))
        self.kinds = tuple(self._kinds()) if self.edge and asks else ()

    def _recipe(self, before: Any) -> Recipe | None:
        """The lines of the edge, if they can be written out."""
        node, slot, gradient = self._step.node, self._step.slot, self._step.upstream
        arrays = (node, *node.parents, gradient)
        if not all(is_numpy(data_of(x)) for x in arrays):
            return None
        gradient = np.asarray(data_of(gradient))[()]
        try:
            with np.errstate(all="ignore"):
                edge = mistakes.Edge(node, slot, self._symbols.full, gradient, before)
                recipe = Recipe(edge, node)
                if self._asks and not recipe.unknown:
                    # The page makes the mistakes itself: those that it can make.
                    edge.mistakes = [m for m in edge.mistakes if recipe.mistake(m)]
            return recipe
        except RULE_ERRORS:  # the rule needs plain numbers, or compiled code
            return None

    def _kinds(self) -> Iterator[str]:
        edge, step = self.edge, self._step
        assert edge is not None
        if self.scalar:
            yield LOCAL
            if np.any(np.asarray(step.upstream) != 1):  # else it is the same number
                yield PRODUCT
        else:
            if step.arrived == 1 and step.operand.shape not in ((), step.node.shape):
                yield SHAPE
            if self.formulas:
                yield FORMULA
        if not self.scalar and self._is_small():
            self.entry = self._most_telling()
            yield ENTRY
        elif self.scalar and self.total:
            yield SUM

    def _is_small(self) -> bool:
        """Whether one entry can be computed from what cards show."""
        step = self._step
        arrays = [data_of(x) for x in (step.upstream, *step.node.parents, step.after)]
        hidden = any(map(_holds_arrays, (step.node.options or {}).values()))
        return not hidden and all(is_few(np.asarray(x)) for x in arrays)

    def _most_telling(self) -> tuple[int, ...]:
        """The entry at which most mistakes show."""
        edge = self.total or self.edge
        assert edge is not None
        right = np.asarray(edge.right())
        count = np.zeros(right.shape)
        for mistake in edge.mistakes:
            wrong = edge.wrong(mistake)
            if wrong is not None and np.shape(wrong) == right.shape:
                count += ~np.isclose(wrong, right, equal_nan=True)
        count -= 0.5 * (right == 0)
        return tuple(int(i) for i in np.unravel_index(count.argmax(), right.shape))

    def findings(self, kind: str, answer: Any) -> list[mistakes.Finding]:
        """What is wrong with an answer to a question; nothing if it is right."""
        edge, given, entry = self._about(kind)
        if kind == SHAPE:
            return edge.findings_of_shape(answer)
        if kind != LOCAL:
            return edge.findings(answer, given, entry)
        more = [
            (lambda match=match: match, value)
            for match, _, value in self.more_of_local()
        ]
        return edge.findings(answer, given, entry, more, is_local)

    def more_of_local(self) -> list[tuple[mistakes.Match, str, Any]]:
        """What else is answered where the local derivative is asked: how it is said,
        what the page calls the number, and the number."""
        step, of = self._step, self._symbols.of
        y, x = of(step.node), of(step.operand)
        one = f"1 would mean that `{y}` changes exactly as much as `{x}`."
        value = f"That is the value of `{y}`. Asked is how fast it changes."
        whole = f"The gradient of `{y}` is in it. Asked is only how `{y}` changes."
        found = [
            ("factor", one, "one", 1.0),
            ("factor", value, "value", data_of(step.node)),
            ("upstream", whole, "contribution", step.contribution),
        ]
        return [
            (mistakes.Match(kind, text, 0.2), word, np.asarray(x, float).reshape(()))
            for kind, text, word, x in found
        ]

    def _about(self, kind: str) -> tuple[mistakes.Edge, Any, tuple[int, ...]]:
        """What a question is about: the edge, the gradient of its op if it is another
        one, and the index of the entry."""
        edge = self.edge if kind in (LOCAL, PRODUCT) else self.total or self.edge
        assert edge is not None
        one = np.ones_like(self._step.node.data)[()]
        return edge, {edge.script.seed: one} if kind == LOCAL else None, self.entry

    def answers(self, kind: str) -> tuple[Any, list[tuple[mistakes.Mistake, Any]]]:
        """The right answer to a question, and what each mistake gives; None where a
        mistake can't be run, or gives another shape."""
        edge, given, entry = self._about(kind)
        right = np.asarray(edge.right(given))
        found: list[tuple[mistakes.Mistake, Any]] = []
        for mistake in edge.mistakes:
            if kind == LOCAL and not is_local(mistake):
                continue
            wrong = edge.wrong(mistake, given)
            fits = wrong is not None and np.shape(wrong) == right.shape
            found.append((mistake, np.asarray(wrong)[entry] if fits else None))
        return right[entry], found

    # --- formulas to choose among -----------------------------------------------------

    @functools.cached_property
    def formulas(self) -> list[tuple[str, str]]:
        """What may go back, and what is said of each: of the right one, nothing."""
        edge = self.edge
        assert edge is not None
        right = self._formula(edge.backward())
        if not right:
            return []
        value, kinds, found = edge.right(), set[str](), dict[str, str]()
        for mistake in sorted(edge.mistakes, key=_by_interest):
            kind = mistake.match.kind.split("/")[0]
            text = self._formula(edge.backward(mistake))
            new = text not in ("", right, *found) and kind not in kinds
            new = new and "ones(" not in text  # who leaves it out does not write it
            if new and not _same(edge.wrong(mistake), value):
                kinds.add(kind)
                found[text] = mistake.match.text
        wrong = list(found.items())[: _CHOICES - 1]
        place = (self._step.slot + self._step.arrived + len(right)) % (len(wrong) + 1)
        return [*wrong[:place], (right, ""), *wrong[place:]] if wrong else []

    def _formula(self, lines: list[ast.stmt]) -> str:
        """The one line of the backward pass in the names of the page; or ""."""
        edge = self.edge
        if edge is None or len(lines) != 1 or not isinstance(lines[0], ast.Assign):
            return ""
        names = {v: self._symbols.of(x) for x, v in edge.script.variables.items()}
        names[edge.script.seed] = f"∂{self._symbols.of(self._step.node)}"
        read = {x.id for x in ast.walk(lines[0].value) if isinstance(x, ast.Name)}
        if not read <= {*names, *edge.script.inputs, "np"}:
            return ""  # it has variables of the rule's own
        text = ast.unparse(renamed(lines[0].value, names)).replace("np.", "")
        return text if len(text) <= _LONGEST else ""


def is_local(mistake: mistakes.Mistake) -> bool:
    """Whether a mistake may be made where no gradient comes from above."""
    kind = mistake.match.kind.split("/")[0]
    return kind not in ("upstream", "added") and "gradient on as" not in (
        mistake.match.text
    )


def _holds_arrays(option: Any) -> bool:
    """Whether an option has arrays or lists in it, which no card shows."""
    if isinstance(option, tuple):
        return any(map(_holds_arrays, option))
    return isinstance(option, list | np.ndarray) and np.ndim(option) > 0


def _by_interest(mistake: mistakes.Mistake) -> tuple[bool, float]:
    """The nearest first; a sign is soon seen."""
    return mistake.match.kind == "sign", mistake.match.cost


def _same(x: Any, y: Any) -> bool:
    """Whether x comes to y, perhaps when it is broadcast."""
    try:
        return bool(np.allclose(np.broadcast_to(x, np.shape(y)), y, equal_nan=True))
    except (TypeError, ValueError):
        return False


# --- whether numbers can be changed ---------------------------------------------------


def why_still(tape: Tape, symbols: Symbols, asked: Mapping[Backward, Asked]) -> str:
    """Why the page can't compute a graph from other numbers; "" if it can."""
    for x in tape.gradients:
        for y in (x, *x.parents):
            if found := _not_double(y):
                return f"{symbols.of(y)} is {found}, and the page has float64"
        if not is_few(np.asarray(x.data)):
            return f"{symbols.of(x)} has more than 4 × 4 entries"
    for step, one in asked.items():
        if one.recipe is None:
            return f"{step.node.op} can't be written out"
        if found := one.recipe.unknown:
            return f"the page does not know {found}, which {step.node.op} needs"
    return ""


def _not_double(x: Any) -> str:
    """What the numbers of a Tensor or a constant are, if not float64, whole or bool."""
    data = data_of(x)
    if not is_numpy(data):
        return type(data).__name__
    dtype = np.asarray(data).dtype
    return "" if dtype == np.float64 or dtype.kind in "iub" else str(dtype)

"""A rule, run once more on arrays that write down what they are asked.

The operands, the value and its gradient are steps of the record, and so is all that the
rule and its closures make of them. A closure with a docstring says there which formula
it follows (`g * y * x ** (y - 1)`), where its code takes more care, or in a sentence
what it does; the formula is run in the same way. Its letters are those of the rule: of
the operands and what the closure uses, and `y` (or `z`, beside an operand y) is the
value. Functions are NumPy's, and those of numpy.linalg.
"""

from __future__ import annotations

import functools
import inspect
import re
from types import CodeType
from typing import Any

import numpy as np

from engine import Tensor, data_of, written
from viz.words.local_derivative import RULE_ERRORS
from viz.words.text import visible

FIRST = 0xE000  # of the stand-ins for names: Unicode's private use area


class Recorded:
    """The record of one rule.

    Args:
        node: the op.
        literals: for each operand its digits, if these stand for it; or "".
        ones: whether all entries of the gradient are 1, and not all different.

    Attributes:
        called: step -> a stand-in for its name: a character for each operand and for
            the value, in order; and that of the value after a ∂ for its gradient.
    """

    def __init__(
        self, node: Tensor, literals: tuple[str, ...] = (), *, ones: bool = False
    ) -> None:
        self._node = node
        self._record = written.Record()
        self._given: dict[int, Any] = {}
        self.called: dict[written.Step, str] = {}
        marks = [chr(FIRST + i) for i in range(len(node.parents))]
        marks = [a or b for a, b in zip(literals or marks, marks, strict=True)]
        pairs = zip(map(data_of, node.parents), marks, strict=True)
        self._operands = [self._begun(x, mark) for x, mark in pairs]
        self._letters = letters_of(node)
        assert node.rule is not None
        self._value, self._grad_fns = node.rule(
            *map(_number_or_array, self._operands, node.parents),
            **{name: self._option(name, x) for name, x in (node.options or {}).items()},
        )
        last = chr(FIRST + len(node.parents))
        if isinstance(self._value, written.Writing):
            self.called.setdefault(self._value.step, last)
        gradient = np.ones_like(node.data)
        if not ones:  # all equal, they could hide what a formula leaves out
            gradient *= np.linspace(0.5, 1.5, node.size).reshape(node.shape)
        self._gradient = self._begun(gradient, f"∂{last}")

    def _begun(self, value: Any, mark: str) -> written.Writing:
        """An array that the record begins with."""
        value = np.asarray(value)
        step = written.Step("input", "", (), {}, value if value.ndim else value[()])
        self._record.steps.append(step)
        self.called[step] = mark
        return written.Writing(self._record, step)

    def _option(self, name: str, x: Any) -> Any:
        """An option; an array of several numbers is called by the option's name."""
        array = isinstance(x, np.ndarray) and x.ndim and x.dtype.kind in "fb"
        return self._begun(x, name) if array else x

    @property
    def compared(self) -> bool:
        """Whether a value has decided which way the rule went."""
        return self._record.compared

    @property
    def value(self) -> np.ndarray:
        """What the rule returned."""
        return _plain(self._value)

    def given(self, slot: int) -> Any:
        """What a closure gives for the gradient: an array that writes, or a number."""
        if slot not in self._given:
            self._given[slot] = self._grad_fns[slot](self._gradient)
        return self._given[slot]

    def said(self, slot: int) -> Any:
        """The same by the formula in its docstring; None if it has none, or if that
        comes to something else, conventions aside."""
        formula = self.formula(slot)
        return formula if formula is not None and self._agrees(slot, formula) else None

    def factor(self, slot: int) -> Any:
        """What a closure multiplies a gradient by; None if it can't be told."""
        doc = self._doc(slot)
        code = _formula(doc)
        try:
            if code is not None and self.said(slot) is not None:
                return self._evaluated(code, slot, 1)
            return None if doc and code is None else self._grad_fns[slot](1)
        except RULE_ERRORS:
            return None

    def sentence(self, slot: int) -> str:
        """What a closure says of itself, if that is no formula; or ""."""
        doc = self._doc(slot)
        if not doc or _formula(doc) is not None:
            return ""
        known = self._known() | {"g": self._gradient}
        marks = {
            k: self._mark(x) for k, x in known.items() if isinstance(x, written.Writing)
        }
        return "".join(marks.get(word, word) for word in re.split(r"(\W+)", doc))

    def formula(self, slot: int) -> Any:
        """The formula in a docstring, run; None if there is none that can be."""
        code = _formula(self._doc(slot))
        try:
            return None if code is None else self._evaluated(code, slot, self._gradient)
        except RULE_ERRORS:  # it names what is not known
            return None

    def values(self, slot: int) -> tuple[np.ndarray, np.ndarray] | None:
        """What a closure gives, by its code and by its formula."""
        formula = self.formula(slot)
        if formula is None:
            return None
        return _plain(self.given(slot)), _plain(formula)

    def _agrees(self, slot: int, formula: Any) -> bool:
        rule, formula = _plain(self.given(slot)), _plain(formula)
        if rule.shape != formula.shape:
            return False
        same = is_apart(rule, formula) | (rule == formula)
        return bool(same.all() or (same | is_close(rule, formula)).all())

    def _evaluated(self, code: CodeType, slot: int, gradient: Any) -> Any:
        cells = inspect.getclosurevars(self._grad_fns[slot])
        names = {**vars(np.linalg), **vars(np), **cells.globals, **self._known()}
        own = {k: x for k, x in cells.nonlocals.items() if not self._is_number(k, x)}
        return eval(code, {**names, **own, "g": gradient, "__builtins__": {}})

    def _is_number(self, letter: str, x: Any) -> bool:
        """Whether a closure has an operand that is a plain number: it stands for it."""
        places = [i for i, known in enumerate(self._letters) if known == letter]
        return any(data_of(self._node.parents[i]) is x for i in places)

    def _known(self) -> dict[str, Any]:
        """What the letters in a docstring stand for, unless a closure has its own."""
        letters = dict(zip(self._letters, self._operands, strict=True))
        return {"y": self._value, "z": self._value} | letters

    def _doc(self, slot: int) -> str:
        doc = inspect.getdoc(self._grad_fns[slot]) or ""
        return visible(doc.partition("\n")[0])

    def _mark(self, x: written.Writing) -> str:
        return self.called[x.step]


def _number_or_array(operand: written.Writing, parent: Any) -> Any:
    """An operand as a rule gets it: a number of Python's stays one."""
    data = data_of(parent)
    return operand if isinstance(data, np.ndarray | np.generic) else data


def letters_of(node: Tensor) -> list[str]:
    """A rule's own names of its operands: `x`, `w`, `b`; of `*xs` the first is `xs`,
    which no formula can mean."""
    assert node.rule is not None
    found, n = list(inspect.signature(node.rule).parameters), len(node.parents)
    return [*found, *(f"{found[-1]}{i}" for i in range(n - len(found)))][:n]


@functools.lru_cache(maxsize=1024)
def _formula(doc: str) -> CodeType | None:
    """A docstring, compiled as an expression; None if it is a sentence."""
    try:
        return compile(doc, "<formula>", "eval") if doc else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _plain(x: Any) -> np.ndarray:
    return np.asarray(x.step.value if isinstance(x, written.Writing) else data_of(x))


def is_apart(rule: np.ndarray, formula: np.ndarray) -> Any:
    """Where a rule sets a value by convention, as its formula has none."""
    return np.isfinite(rule) & ~np.isfinite(formula)


def is_close(rule: np.ndarray, formula: np.ndarray) -> Any:
    """Where both are the same, rounding aside."""
    eps = np.finfo(rule.dtype).eps if rule.dtype.kind == "f" else 0.0
    return np.isclose(rule, formula, rtol=max(1e-9, 32 * eps), equal_nan=True)

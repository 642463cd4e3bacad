"""A step of a program in words that work on Python's floats, where they give the same.

Operators and comparisons give the same bits as NumPy's, also of NaN, infinities and
zeros of both signs. Functions are those of `math`, whose last bits may be others. Where
Python raises and NumPy does not, that is meant: the program goes on with NumPy. Where
Python would give something else without a word, there is no translation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.compilation.formulas import BESIDE_FIXED, CHOICES, MATH, QUESTIONS, ROUNDED
from engine.compilation.words import Exactly
from engine.written.record import Step
from engine.written.text import ATOM, COMPARISON, POWER, UNARY

FLOAT, BOOL, PYTHON = "float", "bool", "python"

_POSITIVE_SUM = math.copysign(1, np.float64(-0.0).sum()) > 0
_REPEAT = frozenset(  # what gives the number that it is given, where it is a scalar
    {
        "real",
        "conj",
        "conjugate",
        "positive",
        "squeeze",
        "reshape",
        "copy",
        "astype",
        "prod",
    }
    | {"max", "min", "amax", "amin", "broadcast_to", "T", "transpose", "all", "any"}
)
_SUMS = frozenset({"sum", "mean", "np.sum", "np.mean"})
_EXACT = 2**53  # integers up to there are floats
_REDUCING = frozenset({"axis", "keepdims"})
_LOOKING = _REDUCING | {"order", "copy", "shape", "dtype"}
_BINDS = {"+": 11, "-": 11, "*": 12, "/": 12, "%": 12, "//": 12}
_COMPARED = frozenset({"<", "<=", ">", ">=", "==", "!="})
_LOGICAL = {"&": "and", "|": "or", "np.logical_and": "and", "np.logical_or": "or"}


class Untranslated(Exception):  # noqa: N818 - no error: the program runs on NumPy
    """Raised for what has no translation."""


class OnFloats(Exactly):
    """Writes steps so that they work on Python's floats.

    A number of NumPy's is a float here, and a truth value of NumPy's a bool.

    Args:
        name_of: the name of a step, or None if it is written out where it is used.
        bind: the name of what has no name in Python.
        meant: the step, or the number, that stands for one.
    """

    def __init__(
        self,
        name_of: Callable[[Step], str | None],
        bind: Callable[[Any], str],
        meant: Callable[[Any], Any],
    ) -> None:
        super().__init__(name_of, bind)
        self._meant = meant

    def expression(self, step: Step) -> tuple[str, int]:
        kind, made = kind_of(step), None
        if step.kind in ("operator", "function", "method", "number"):
            python = kind == PYTHON
            made = super().expression(step) if python else self._of_numpys(step, kind)
        if made is None:
            raise Untranslated(f"{step.kind} {step.name}")
        return made

    def number(self, x: Any, least: int = 0) -> str:
        """An operand as a float; in parentheses if it binds less tightly."""
        x = self._meant(x)
        if is_literal(x):
            number = number_of(x)
            return repr(number) if math.isfinite(number) else self._bind(number)
        if kind_of(x) == BOOL:
            turned = x.kind == "operator" and x.name == "~" and not self._name_of(x)
            asked, yes, no = (x.args[0], 0, 1) if turned else (x, 1, 0)
            return f"({yes}.0 if {self.text(asked)} else {no}.0)"
        if type(x.value) in (int, bool):  # of Python's
            return f"float({self.text(x)})"
        return self.text(x, least)

    def text(self, x: Any, least: int = 0) -> str:
        x = self._meant(x)
        if is_literal(x) and kind_of(x) == BOOL:
            return repr(bool(value_of(x)))
        return super().text(x, least)

    # --- one step ---------------------------------------------------------------------

    def _of_numpys(self, step: Step, kind: str) -> tuple[str, int] | None:
        name, args = step.name, step.args
        if name in _SUMS:
            return self._sum(step)
        if step.options:
            return None
        if step.kind == "number":  # np.float64 or abs
            called = "float" if name == "np.float64" else name
            return f"{called}({self.number(args[0])})", ATOM
        if name == "np.where" and len(args) == 3:
            return self._choice(kind, *args), ATOM
        if name in _LOGICAL or name in ("~", "np.logical_not"):
            return self._logical(name, args)
        if kind == BOOL:
            return self._question(name, args)
        if name in ("**", "np.float_power"):
            return self._power(*args)
        if name in _BINDS and len(args) == 2:
            return self._of_two(name, *args), _BINDS[name]
        if name == "-":
            return f"-{self.number(args[0], UNARY)}", UNARY
        if name in MATH:
            words = ", ".join(map(self.number, args))
            return f"{self._math(MATH[name])}({words})", ATOM
        is_fixed = name in BESIDE_FIXED and not math.isnan(_fixed(self._meant(args[1])))
        forms = BESIDE_FIXED if is_fixed else CHOICES
        return self._formula(forms.get(name), args)

    def _sum(self, step: Step) -> tuple[str, int] | None:
        """Of one number: it is added to 0.0."""
        if len(step.args) > 2 or step.options.keys() - _REDUCING:
            return None
        text = self.number(step.args[0], _BINDS["+"])
        return (f"{text} + 0.0", _BINDS["+"]) if _POSITIVE_SUM else (f"({text})", ATOM)

    def _choice(self, kind: str, asked: Any, x: Any, y: Any) -> str:
        words = self.text if kind_of(asked) == BOOL else self.number
        part = self.number if kind == FLOAT else self.text
        return f"({part(x)} if {words(asked)} else {part(y)})"

    def _logical(self, name: str, args: Any) -> tuple[str, int] | None:
        if any(kind_of(x) != BOOL and type(value_of(x)) is not bool for x in args):
            return None
        if len(args) == 1:
            return f"(not {self.text(args[0], COMPARISON)})", ATOM
        words = [self.text(x, COMPARISON) for x in args]
        return f"({f' {_LOGICAL[name]} '.join(words)})", ATOM

    def _question(self, name: str, args: Any) -> tuple[str, int] | None:
        if name in _COMPARED:
            return self._of_two(name, *args), COMPARISON
        return self._formula(QUESTIONS.get(name), args)

    def _of_two(self, sign: str, x: Any, y: Any) -> str:
        binds = _BINDS.get(sign, COMPARISON)
        return f"{self.number(x, binds)} {sign} {self.number(y, binds + 1)}"

    def _power(self, x: Any, y: Any) -> tuple[str, int] | None:
        """Of an array only by an integer: NumPy computes the power 0.5 by np.sqrt."""
        power = _fixed(self._meant(y))
        if power in (2.0, 3.0):
            word = self.number(x, ATOM)
            return f"{word} * {word}" + f" * {word}" * (power == 3.0), _BINDS["*"]
        if power.is_integer():
            return f"{self.number(x, ATOM)} ** {power!r}", POWER
        if any(isinstance(value_of(z), np.ndarray) for z in (x, y)):
            return None
        return f"{self._math('pow')}({self.number(x)}, {self.number(y)})", ATOM

    def _formula(self, form: str | None, args: Any) -> tuple[str, int] | None:
        letters = dict(zip("xyz", args, strict=False))
        if form is None or len(args) != sum(f"{{{x}}}" in form for x in "xyz"):
            return None
        if form is CHOICES["np.clip"] and not _are_bounds(*args[1:]):
            return None
        words = {k: self.number(x, ATOM) for k, x in letters.items()}
        return form.format_map(_Names(self._math, words)), ATOM

    def _math(self, name: str) -> str:
        return self._bind(getattr(math, name))


class _Names(dict[str, str]):
    """The words for the letters of a formula; other letters are functions of `math`."""

    def __init__(self, math_name: Callable[[str], str], words: dict[str, str]) -> None:
        super().__init__(words)
        self._of_math = math_name

    def __missing__(self, key: str) -> str:
        return self._of_math(key)


# --- what a step is -------------------------------------------------------------------


def value_of(x: Any) -> Any:
    return x.value if isinstance(x, Step) else x


def _is_step(x: Any) -> bool:
    return isinstance(x, Step)


def is_literal(x: Any) -> bool:
    """Whether its value stands in the text."""
    return not isinstance(x, Step) or x.kind == "constant"


def kind_of(x: Any) -> str:
    """What stands for it: a float, a bool, or the number of Python's that it is.

    Raises:
        Untranslated: if it is something else.
    """
    value = value_of(x)
    if type(value) in (int, float, bool):
        return PYTHON
    if isinstance(value, np.ndarray | np.generic) and value.shape == ():
        if value.dtype == np.float64 or _is_count(x):
            return FLOAT
        if value.dtype == np.bool_:
            return BOOL
    raise Untranslated(type(value).__name__)


def number_of(x: Any) -> float:
    """A literal as a float.

    Raises:
        Untranslated: if it is not exactly one.
    """
    kind_of(x)
    value = value_of(x)
    if isinstance(value, int) and abs(value) > _EXACT:
        raise Untranslated("a large integer")
    return float(value)


def _fixed(x: Any) -> float:
    """A number that stands in the text; NaN if it does not."""
    return number_of(x) if is_literal(x) else math.nan


def _is_count(x: Any) -> bool:
    """Whether it is the sum of a truth value, which is an integer of NumPy's."""
    return isinstance(x, Step) and x.name in _SUMS and kind_of(x.args[0]) == BOOL


def repeats(step: Step) -> bool:
    """Whether a step only gives the number that it is given."""
    x, *rest = step.args or (None,)
    if not isinstance(x, Step) or len(rest) > 1 or any(map(_is_step, rest)):
        return False
    if kind_of(step) == PYTHON or (step.options.keys() - _LOOKING):
        return False
    if step.kind == "number":
        return step.name == "np.float64" and type(x.value) is float
    if kind_of(step) != kind_of(x):
        return False
    if step.kind == "index":
        return rest == [()] or rest == [...]
    name = step.name.removeprefix("np.")
    return step.kind in ("method", "attribute", "function") and name in _REPEAT


def needs_names(step: Step) -> bool:
    """Whether its text has an operand twice."""
    if step.name in ("**", "np.float_power"):
        return _fixed(step.args[1]) in (2.0, 3.0)
    form = CHOICES.get(step.name) or QUESTIONS.get(step.name) or ""
    return any(form.count(f"{{{x}}}") > 1 for x in "xyz")


def is_rounded(step: Step) -> bool:
    """Whether its last bits may be others than NumPy's."""
    return step.name in ROUNDED and kind_of(step) != PYTHON


def _are_bounds(low: Any, high: Any) -> bool:
    """Whether they are fixed, and in order."""
    return _fixed(low) <= _fixed(high)

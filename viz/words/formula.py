"""What an op gives back to an operand, in the user's names: `∂z · x`, `x.T @ ∂h`.

Nothing is guessed. The rule of an op runs once more, on arrays that write down what
they are asked (engine.written), and so does its backward closure; what is written here
is that record, where the operands, the value and the gradient have the names that they
have outside. Where a rule takes care (of overflow, of 0 · ∞), its closure says in its
docstring which formula it follows; that is run in the same way, and believed where it
comes to what the closure gives. A rule that can't be run so is shown as a call:
`∂s · ∂svd(A)/∂A`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of
from viz.words.convention import follows_formula
from viz.words.local_derivative import RULE_ERRORS, closure, factor, local_number
from viz.words.mathematics import UNWRITTEN, Mathematics, product_shapes, summed_over
from viz.words.names import Names, is_plain_number
from viz.words.numbers import is_numpy, number, shape_of
from viz.words.operation import expression, is_scalar_op
from viz.words.recorded import FIRST, Recorded
from viz.words.trouble import is_changed, is_equal

WIDTH = 60  # characters of a formula that is written out


class _Text(NamedTuple):
    """A formula, with stand-ins for the names.

    Attributes:
        text: what goes back; or what it is multiplied by.
        shapes: of the matrix product in it; or "".
    """

    text: str
    shapes: str = ""


class Formulas:
    """The formulas of one picture, explanation or page.

    Each rule is recorded once for operands of the same shapes, dtypes and options.

    Args:
        names: what everything is called.

    Attributes:
        changed: `id()` of each op whose rule was recorded -> whether its value is not
            the one that the rule gives now.
    """

    def __init__(self, names: Names) -> None:
        self.changed: dict[int, bool] = {}
        self._names = names
        self._known: dict[Any, list[_Text]] = {}
        self._numbers: dict[tuple[int, int], float | None] = {}

    def lines(self, node: Tensor, slot: int) -> list[str]:
        """The local derivative of an op for an operand, as an edge shows it: a number
        (`×-3.0`); or what goes back, and the shapes of a matrix product in it."""
        local = self.number(node, slot)
        if local is not None:
            return [factor(local)]
        if closure(node, slot) is None:
            return []
        found = self._found(node, _whole)[slot]
        text = self._named(found.text, node)
        if not text or len(text) > WIDTH or UNWRITTEN in found.text:
            return [self._call(node, slot)]
        return [text, found.shapes] if found.shapes else [text]

    def gradient(self, node: Tensor) -> str:
        """The gradient of an op, as formulas call it: `∂h`."""
        return f"∂{self._names.mention(node)}"

    def number(self, node: Tensor, slot: int) -> float | None:
        """The local derivative where it is a number; else None."""
        key = (id(node), slot)
        if key not in self._numbers:
            self._numbers[key] = local_number(node, slot)
        return self._numbers[key]

    def local(self, node: Tensor, slot: int) -> str:
        """The derivative of an op by an operand: `b`, `2 · x`; "" if none is known, or
        if it does not come to what the rule gives back."""
        true = follows_formula(node, slot) and not is_changed(node)
        return self.factor(node, slot) if true else ""

    def factor(self, node: Tensor, slot: int) -> str:
        """The same, whatever it comes to."""
        if closure(node, slot) is None:
            return ""
        found = self._found(node, _factor)[slot].text
        text = self._named(found, node)
        return text if len(text) <= WIDTH and UNWRITTEN not in found else ""

    def _call(self, node: Tensor, slot: int) -> str:
        value, *operands = map(self._names.mention, (node, *node.parents))
        of = expression(node, operands, self._names)
        of = of if of.endswith(")") else f"({of})"
        text = f"∂{value} · ∂{of}/∂{operands[slot]}"
        return text if len(text) <= WIDTH else f"∂{value} · ∂{value}/∂{operands[slot]}"

    def _named(self, text: str, node: Tensor) -> str:
        """A text with names in place of the stand-ins."""
        things = (*node.parents, node)
        return re.sub(
            f"[{chr(FIRST)}-{chr(FIRST + len(node.parents))}]",
            lambda found: self._names.mention(things[ord(found[0]) - FIRST]),
            text,
        )

    def _found(self, node: Tensor, say: _Say) -> list[_Text]:
        """What the record of an op says of each operand."""
        key = (say, self._key(node))
        if key in self._known:
            return self._known[key]
        texts, alike = self._said(node, say)
        if alike:
            self._known[key] = texts
        return texts

    @np.errstate(all="ignore")
    def _said(self, node: Tensor, say: _Say) -> tuple[list[_Text], bool]:
        """The texts, and whether they are the same for other numbers."""
        nothing = [_Text("")] * len(node.parents)
        if not all(is_numpy(data_of(x)) for x in (node, *node.parents)):
            return nothing, True
        try:
            rule = Recorded(node, self._literals(node))
        except RULE_ERRORS:  # it needs plain numbers, or compiled code
            return nothing, False
        self.changed[id(node)] = not is_equal(rule.value, node.data)
        slots = range(len(node.parents))
        said = [say(rule, node, i) if node.grad_fns[i] else nothing[i] for i in slots]
        return said, not rule.compared

    def _literals(self, node: Tensor) -> tuple[str, ...]:
        """The digits of operands that are constants of one number; else ""."""
        return tuple(
            number(data_of(x)) if is_plain_number(x) and not self._names.full(x) else ""
            for x in node.parents
        )

    def _key(self, node: Tensor) -> Any:
        """What the record of a rule depends on; a value that it compares aside."""
        operands = [data_of(x) for x in node.parents]
        kinds = [
            (x.shape, x.dtype) if isinstance(x, np.ndarray | np.generic) else repr(x)
            for x in operands
        ]
        options = tuple((k, _frozen(v)) for k, v in (node.options or {}).items())
        wanted = tuple(fn is not None for fn in node.grad_fns)
        return (node.rule, *kinds, *self._literals(node), options, wanted)


def _frozen(option: Any) -> Any:
    """An option as part of a key; an array counts as itself, not as its entries."""
    if isinstance(option, tuple | list):
        return (type(option), *map(_frozen, option))
    if isinstance(option, slice):
        return ("slice", *map(_frozen, (option.start, option.stop, option.step)))
    try:
        hash(option)
    except TypeError:
        return id(option)
    return (type(option), option)


# --- with stand-ins -------------------------------------------------------------------


_Say = Callable[[Recorded, Tensor, int], _Text]


def _whole(rule: Recorded, node: Tensor, slot: int) -> _Text:
    """What goes back: by the sentence or the formula of a closure, or by its code."""
    try:
        given, sentence = rule.given(slot), rule.sentence(slot)
        formula = None if sentence else rule.said(slot)
    except RULE_ERRORS:
        return _Text("")
    summed = _summed(np.shape(given), shape_of(node.parents[slot]))
    if sentence:
        return _Text(sentence + summed)
    formula = given if formula is None else formula
    text = Mathematics(rule.called).whole(formula)
    return _Text(text + summed, product_shapes(formula, rule.called))


def _factor(rule: Recorded, node: Tensor, slot: int) -> _Text:
    """What the gradient is multiplied by: of arrays only what a closure says of it."""
    try:
        known = is_scalar_op(node) or rule.said(slot) is not None
        return _Text(
            Mathematics(rule.called).factor(rule.factor(slot)) if known else ""
        )
    except RULE_ERRORS:
        return _Text("")


def _summed(raw: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """The axes summed over to get from the closure's shape to the operand's."""
    extra = len(raw) - len(shape)
    if extra < 0 or raw == shape:
        return ""
    axes = [i for i in range(len(raw)) if i < extra or raw[i] != shape[i - extra]]
    return f"  {summed_over(tuple(axes))}"

"""The sentence for a mistake in a line: it points there, and gives nothing away."""

from __future__ import annotations

import ast

from engine.mistakes.edits import Edit
from engine.mistakes.place import loaded
from engine.mistakes.script import BEFORE, Script
from engine.mistakes.wording import as_written, mention

_SAID = {
    "upstream": "this is the local derivative alone. Multiply it by the gradient that "
    "comes from above, that of {above}",
    "upstream/other": "you used the gradient of another value. This step needs that of "
    "its result",
    "upstream/value": "you used {used}. The gradient that comes from above belongs "
    "there",
    "own value": "you used {used}. In its place belongs the value of the other operand",
    "own value/other": "you used {used}. Another value belongs there",
    "input or output": "you used {used}. Which value does the derivative need: the one "
    "before a step, or the one after it?",
    "sign": "the sign is wrong",
    "exponent/down": "the exponent comes down as a factor, and it is missing",
    "exponent/lower": "the exponent goes down by one",
    "exponent/square": "a square is missing, or there is one too many",
    "factor": "a factor of the local derivative is missing",
    "factor/part": "a factor multiplies a whole sum; you multiplied one part of it",
    "factor/function": "this is not the derivative of the function",
    "factor/value": "you used the value of the function. Its derivative belongs there",
    "factor/twice": "there is a factor of 2 too many",
    "factor/all": "the local derivative is missing: you passed the gradient on as it "
    "came",
    "mean": "the division by the number of entries is missing",
    "mean/other": "you divided by the wrong number. How many entries does the mean run "
    "over?",
    "mean/less": "you divided by one too many or too few. What does the forward pass "
    "divide by?",
    "mean/twice": "you divided by the number of entries twice",
    "mean/sum": "you took the mean, and this gradient needs the sum",
    "mean/mean": "you took the sum, and this gradient needs the mean",
    "transposed": "check the transpositions: compare the shapes, and write the product "
    "down for one entry",
    "swapped": "the two sides are in the wrong order",
    "swapped/quotient": "you divided the wrong way round",
    "swapped/difference": "the two sides of the difference are exchanged",
    "sum": "a sum is missing. The value was broadcast, so it was used in several "
    "places: add up what comes back from each",
    "sum/extra": "there is one sum too many. Nothing was broadcast along that axis",
    "sum/all": "you summed over too many axes. Sum over those that were broadcast",
    "axis": "you summed along the wrong axis",
    "axis/kept": "check keepdims. Afterwards the sum is broadcast along the wrong axis",
    "use": "what comes back from here is missing. {x} is used in several places: add "
    "up what comes back from each",
    "use/part": "a part of the local derivative is missing",
    "use/overwritten": "one contribution replaced another. They must be added",
    "gate": "the mask is missing. An entry that was left out on the way forward gets "
    "the gradient 0",
    "gate/other": "the mask is wrong. The gradient goes back to the entries that were "
    "used",
    "repeated index": "an index occurs several times, and you kept one contribution of "
    "it. Add up all of them",
    "inverse": "you divided where you must multiply",
    "inverse/multiplied": "you multiplied where you must divide",
    "added": "you added where you must multiply. Along a path multiply; over paths add",
    "added/multiplied": "you multiplied where you must add. Along a path multiply; "
    "over paths add",
    "split": "each term of a sum gets the whole gradient, and not a part of it",
    "shape": "the gradient lost the shape of its value",
}


def _hands_on(script: Script, edit: Edit) -> bool:
    """Whether of a line nothing is left but the gradient from above."""
    alone = isinstance(edit.new, ast.Name) and edit.way == ("value",)
    return edit.kind == "factor" and alone and edit.new.id in script.carrying


def sentence(script: Script, edit: Edit, *, alike: bool = False) -> str:
    """What is said of an edit; `alike` if it is made in all lines like it."""
    kind = "factor/all" if _hands_on(script, edit) else edit.kind
    said = _SAID.get(kind) or _SAID[kind.split("/")[0]]
    x = script.own_value(next(iter(script.statements[edit.line].sets), ""))
    known = edit.used in script.own or edit.used in script.nodes
    said = said.format(
        x=f"`{mention(script, x)}`" if x else "It",
        above=f"`{mention(script, edit.through)}`" if edit.through else "the result",
        used=f"`{mention(script, edit.used)}`" if known else "the wrong value",
    )
    end = "" if said.endswith("?") else "."
    if script.is_edge and edit.kind == "use":
        if BEFORE in loaded(edit.new):
            return "This is only what came before. Add what comes now."
        return "This is only what comes now. Add what came before."
    if edit.kind == "use" and not edit.through:
        name = f"`{mention(script, x)}`" if x else "A value"
        return f"{name} is used in several places. The contribution of one is missing."
    if edit.line < script.backward:
        place = as_written(script, next(iter(script.statements[edit.line].sets)))
        return f"This would be right for another program: in `{place}`, {said}{end}"
    place = f"`{as_written(script, edit.through)}`" if edit.through else "the result"
    start = "In every step like " if alike else "Going back through "
    return f"{start}{place}: {said}{end}"

"""The sentence for a mistake in a line: it points there, and gives nothing away."""

from __future__ import annotations

from engine.mistakes.edits import Edit
from engine.mistakes.script import Script

_SAID = {
    "upstream": "the gradient that arrives from above is left out; this is the local "
    "derivative alone",
    "upstream/other": "the gradient of another value was taken; here arrives that of "
    "what this step computes",
    "upstream/value": "a value stands where the gradient from above belongs",
    "own value": "a value stands where that of another operand belongs",
    "input or output": "the input of an op stands where its output belongs, or the "
    "other way round",
    "sign": "a sign is wrong",
    "exponent/down": "the exponent has to come down as a factor",
    "exponent/lower": "an exponent is off by one: bring it down, and lower it",
    "factor": "a factor of the local derivative is missing",
    "factor/part": "a factor belongs to all of a sum, and not to one part of it",
    "factor/function": "the derivative of the function is another one",
    "factor/value": "the value of the op stands where its slope belongs",
    "factor/twice": "there is a factor of 2 too many",
    "mean": "the division by the number of entries is missing",
    "mean/other": "it is divided by the wrong number of entries",
    "mean/twice": "it is divided by the number of entries twice",
    "mean/sum": "a sum stands where a mean belongs, or the other way round",
    "transposed": "a transposition is missing, or there is one too many",
    "swapped": "the two sides are exchanged",
    "mean/less": "it is divided by one too many, or one too few",
    "sum": "a sum is missing: a value that was broadcast was used in several places, "
    "and each sends a contribution back",
    "sum/extra": "there is a sum too many: along that axis nothing was broadcast",
    "sum/all": "it is summed over too many axes: only what was broadcast is summed",
    "axis": "it is summed along the wrong axis",
    "factor/all": "the local derivative is left out: the gradient went on as it came",
    "use/overwritten": "a contribution overwrote the one before; they add up",
    "axis/kept": "a sum lost its axis, or kept it: keepdims=True decides what it is "
    "stretched against afterwards",
    "use": "a contribution is missing: a value gets the sum over all its uses",
    "gate": "a mask is left out: an entry that did not go forward gets nothing back",
    "gate/other": "the mask is another one: the gradient goes where the value came "
    "from",
    "repeated index": "an index that occurs several times gets the sum of all that "
    "comes back for it, and not the last alone",
    "inverse": "it is divided where to multiply, or multiplied where to divide",
    "added": "it is added where to multiply, or multiplied where to add: factors along "
    "a path multiply, and paths add up",
    "split": "a sum hands its gradient to each of its terms whole; it is not shared "
    "out",
    "shape": "the gradient lost the shape of its value",
}


def sentence(script: Script, edit: Edit, *, alike: bool = False) -> str:
    """What is said of an edit; `alike` if it is made in all lines like it."""
    said = _SAID.get(edit.kind) or _SAID[edit.kind.split("/")[0]]
    if edit.line < script.backward:
        (name,) = script.statements[edit.line].sets
        return f"Not the program that is asked: in `{script.step(name)}`, {said}."
    place = f"`{script.step(edit.through)}`" if edit.through else "the result"
    start = "Going back through steps like " if alike else "Going back through "
    return f"{start}{place}: {said}."

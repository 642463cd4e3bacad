"""`diagnose`: which mistake a wrong gradient comes from.

The mistakes themselves, and what is said of each, are in `engine.mistakes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import Tensor, mistakes
from viz.lesson.tape import check_loss
from viz.words.names import Names


def diagnose(
    loss: Tensor, x: Tensor, answer: Any, names: Mapping[str, Any] | None = None
) -> list[mistakes.Finding]:
    """What is wrong with a gradient that was derived by hand.

    Every mistake that people make is made, one at a time, in the backward pass of the
    graph. A finding says of the answer that it comes out of one of them.

    Args:
        loss: a Tensor of one element.
        x: a Tensor that it was computed from, a leaf or not.
        answer: the gradient of the loss with respect to x: a number, an array, or lists
            of numbers, of the shape of x. It may be rounded: it is right if the
            gradient, rounded to as many decimals, is the same, and it has two digits.
        names: variable name -> tensor; `names=locals()` calls every tensor by its
            variable; a tensor's own `name=` wins.

    Returns:
        At most three findings, best first; each has a `kind`, a word of
        `engine.mistakes.KINDS`, and a `text`, a sentence. An answer that is right has
        none. One that no mistake gives has one finding, which says what is off: the
        shape, a factor, or which entries. No `.grad` is read or changed, except that a
        wrong sum with the `.grad` that x has is noticed.

    Raises:
        TypeError: if loss or x is not a Tensor, or the answer is not of real numbers.
        ValueError: if the loss holds more than one element, or has no gradient with
            respect to x.
        RuntimeError: if data was changed since the forward pass.
    """
    check_loss("diagnose", loss)
    if not isinstance(x, Tensor):
        raise TypeError(f"diagnose: x is {x!r:.60}, and must be a Tensor of the graph")
    given = mistakes.as_answer("diagnose", answer)
    known = Names(names, graph=loss, caller="diagnose")
    script = mistakes.script_of_graph(loss, known.full)
    if x not in script.gradients:
        raise ValueError(
            f"diagnose: the loss has no gradient with respect to {x!r}; x must be a "
            "Tensor that it was computed from, and that wants a gradient"
        )
    return mistakes.findings(script, script.gradients[x], given, loss, x)

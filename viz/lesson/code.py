"""`code`: the backward pass, written out as the NumPy program that it is.

The rules and the pass run once more on arrays that write down what they are asked
(engine.written). Here the lines get the user's names and comments.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine import Tensor, data_of, written
from viz.lesson.program import NAME, Code, names_in, renamed
from viz.lesson.tape import check_loss
from viz.words.names import Names
from viz.words.text import visible

WIDTH = 88
_INDENT = "    "


def code(
    loss: Tensor | Callable[..., Any],
    *args: Any,
    names: Mapping[str, Any] | None = None,
) -> Code:
    """The forward and the backward pass of a graph or a function, as a NumPy program.

    Args:
        loss: a Tensor of one element; or a function of numbers and arrays, with one
            number as result. The function is called once more, on `args`, so what it
            prints is printed twice.
        args: where, if `loss` is a function; also tuples, lists and dicts of arrays.
            The program takes each array by itself, called by its key in a dict if
            nothing else is called so, else by the function's own variable (w and b,
            after `w, b = params`), else by the way to it: `layers_0_w`.
        names: variable name -> tensor; `names=locals()` calls every tensor by its
            variable, or the path to it (`ws[0]` is `ws_0`), and a tensor's own `name=`
            wins. A function's own variables name its values without this; those of a
            graph are not known otherwise, since to remember the line of every op would
            slow down each of them.

    Returns:
        The program. Of a graph it returns the gradients of all leaves, and what was
        chosen outside the graph (an order of sorting, a mask made of `t.data`) is a
        constant in it. Of a function it returns those of its arguments that are floats,
        and such choices are written out. What an `if`, a whole number or a shape
        depended on is held by an `assert`: where it does not hold, the function would
        go another way, and the program says so. No `.grad` is read or changed.

    Raises:
        TypeError: if `loss` is neither; if the function returns no Tensor, or writes
            into an argument.
        ValueError: if the result holds more than one element, or wants no gradient.
        RuntimeError: if data was changed since the forward pass.
    """
    forms, paths = {}, []
    if callable(loss) and not isinstance(loss, Tensor):
        replay = written.traced(loss, args)
        words, outside = written.parameters_of(loss, len(args))
        forms = {
            word: written.form_of(word, x) for word, x in zip(words, args, strict=True)
        }
        wishes, paths = written.wishes_of(words, args), [*names_in(forms)]
        known = Names(names, caller="code")
        called = written.called_in_function(replay, outside, wishes, paths, known.full)
    else:
        _check(loss, args)
        known = Names(names, graph=loss, caller="code")
        replay = written.replay(loss)
        called = written.called_in_graph(replay, loss, known.full)
    leaves = _leaves(replay)
    results = [replay.values[replay.loss], *(replay.gradients[t] for t in leaves)]
    given = [step for step, _ in replay.inputs[: len(paths)]]
    # A parameter is one, whether it is used or not.
    wanted = [*results, *given, *(replay.values[leaf] for leaf in leaves)]
    program = written.Program(
        replay.record.steps,
        wanted,
        called.named,
        called.hints,
        written.option_arrays(replay.values),
        called.gradients,
    )
    data = {step: data_of(x) for step, x in replay.inputs}
    arguments = {name: data[step] for name, step in program.inputs.items()}
    lines = [*_body(replay, program), _returned(program, results)]
    header = _wrapped(f"def {NAME}({', '.join(arguments)}):", "")
    wrt = [program.text(replay.values[leaf]) for leaf in leaves]
    forms = renamed(forms, map(program.text, given))
    return Code("\n".join([*header, *lines]), arguments, program.rules, wrt, forms)


def _check(loss: Any, args: tuple[Any, ...]) -> None:
    check_loss("code", loss)
    if args:
        raise TypeError("code: arguments come with a function, and this is a Tensor")
    if not loss.requires_grad:
        raise ValueError(
            f"code: {loss!r} wants no gradient, so there is no pass to write"
        )


def _leaves(replay: written.Replay) -> list[Tensor]:
    """The leaves that have a gradient, in the order of the program's parameters."""
    order = {step: i for i, (step, _) in enumerate(replay.inputs)}
    known = replay.values  # without a Tensor that f has from elsewhere
    leaves = [t for t in replay.gradients if not t.parents and known.get(t) in order]
    return sorted(leaves, key=lambda t: order[replay.values[t]])


def _body(replay: written.Replay, program: written.Program) -> Iterator[str]:
    """The lines between the header and what is returned, with their comments."""
    place = {step: i for i, step in enumerate(replay.record.steps)}
    labels = {replay.values[t]: t.group for t in replay.values}
    if any(line.step.kind in ("value", "shape") for line in program.lines):
        yield f"{_INDENT}# Where the asserts hold, the function goes this way."
    yield f"{_INDENT}# forward"
    backward = False
    for line, heading in _headed(program.lines, labels):
        if not backward and place.get(line.step, -1) >= replay.backward:
            backward = True
            yield f"{_INDENT}# backward"
        if heading and not backward:
            yield f"{_INDENT}# {heading}"
        yield from _wrapped(line.text, _INDENT)


def _headed(
    lines: list[written.Line], groups: Mapping[written.Step, Any]
) -> Iterator[tuple[written.Line, str]]:
    """Each line, with the label of the layer or scope whose first line it is."""
    own = [groups.get(line.step) for line in lines]
    counts: dict[int, int] = {}
    for group in own:
        counts[id(group)] = counts.get(id(group), 0) + 1
    before = None
    for line, group in zip(lines, own, strict=True):
        begins = group is not None and group is not before and counts[id(group)] > 1
        yield line, visible(str(group[0])) if group is not None and begins else ""
        before = group if group is not None else before


def _returned(program: written.Program, results: list[written.Step]) -> str:
    loss, *gradients = map(program.text, results)
    one = "," if len(gradients) == 1 else ""
    return "\n".join(_wrapped(f"return {loss}, ({', '.join(gradients)}{one})", _INDENT))


def _wrapped(line: str, indent: str) -> list[str]:
    """A line in pieces of at most 88 columns, cut inside its parentheses."""
    if len(indent) + len(line) <= WIDTH:
        return [indent + line]
    name, equals, expression = line.partition(" = ")
    if equals and name.isidentifier():
        inside = textwrap.wrap(expression, WIDTH - len(indent) - 4, **_WRAPPING)
        return [
            f"{indent}{name} = (",
            *(f"{indent}{_INDENT}{p}" for p in inside),
            f"{indent})",
        ]
    return textwrap.wrap(
        indent + line, WIDTH, subsequent_indent=indent + _INDENT, **_WRAPPING
    )


_WRAPPING: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}

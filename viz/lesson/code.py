"""`code`: the backward pass, written out as the NumPy program that it is.

The rules and the pass run once more on arrays that write down what they are asked
(engine.written). Here the lines get the user's names and comments.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine import Tensor, data_of, written
from viz.lesson.tape import check_loss
from viz.picture.files import check_place, write
from viz.words.names import Names
from viz.words.text import visible

WIDTH = 88
_INDENT = "    "
_NAME = "value_and_gradients"
_SCIPY = "scipy.special"


class Code:
    """A program of value and gradients: print it, run it, save it.

    Attributes:
        arguments: name -> the array that the loss was computed from, in the order of
            the function's parameters.
        wrt: the names of those whose gradients it returns, in order.
    """

    def __init__(
        self,
        text: str,
        arguments: Mapping[str, Any],
        rules: Mapping[str, Any],
        wrt: Iterable[str],
    ) -> None:
        self._text = text
        self._rules = dict(rules)
        self.arguments = dict(arguments)
        self.wrt = tuple(wrt)

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return f"```python\n{self._text}\n```"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program: the pair (value, tuple of gradients).

        Args:
            args: arrays or numbers for the parameters, in order.
            kwargs: the same by name. Those that are left out are what they were when
                the loss was computed.

        Raises:
            ValueError: if the function would go another way at these numbers: an
                `assert` of the program does not hold.
        """
        names = list(self.arguments)
        if len(args) > len(names) or not kwargs.keys() <= {*names[len(args) :]}:
            raise TypeError(
                f"code: the program's parameters are {', '.join(names)}; "
                f"{len(args)} arrays came, and {', '.join(kwargs) or 'none'} by name"
            )
        given = self.arguments | dict(zip(names, args, strict=False)) | kwargs
        scope: dict[str, Any] = {"np": np, **self._rules}
        if _SCIPY in self._text:
            exec(f"import {_SCIPY}", scope)
        exec(compile(self._text, "<code>", "exec"), scope)
        arrays = {n: _like(data_of(x), self.arguments[n]) for n, x in given.items()}
        try:
            return scope[_NAME](**arrays)
        except AssertionError as error:
            line = self._text.splitlines()[_line_of(error) - 1].strip()
            raise ValueError(
                f"code: at these numbers the function goes another way: {line!r} does "
                "not hold; write it out there"
            ) from None

    def save(self, path: str | Path) -> None:
        """Write the program to a file that runs alone, with NumPy.

        Raises:
            ValueError: if it calls a rule, which the file would not have, or the ending
                is not .py.
        """
        path = Path(path)
        if path.suffix != ".py":
            raise ValueError(f"code: {path.name!r} does not end in .py")
        if self._rules:
            raise ValueError(
                f"code: the program calls the rule {', '.join(self._rules)}, which "
                "could not be written out, so a file of it would not run alone"
            )
        check_place("code", path)
        scipy = f"import {_SCIPY}\n" if _SCIPY in self._text else ""
        write(path, f"import numpy as np\n{scipy}\n\n{self._text}\n".encode())


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
        args: where, if `loss` is a function.
        names: variable name -> tensor; `names=locals()` calls every tensor by its
            variable, and a tensor's own `name=` wins. A function's own variables name
            its values without this.

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
    known = Names(names, caller="code")
    if callable(loss) and not isinstance(loss, Tensor):
        replay = written.traced(loss, args)
        named, hints = _called_in(loss, replay, known)
    else:
        _check(loss, args)
        replay = written.replay(loss)
        named, hints = _called(replay, loss, known)
    leaves = _leaves(replay)
    results = [replay.values[replay.loss], *(replay.gradients[t] for t in leaves)]
    arrays = _option_arrays(replay.values)
    asked = {step for step, _ in replay.inputs[: len(args)]}
    asked |= {replay.values[leaf] for leaf in leaves}  # whether they are used or not
    wanted = [*results, *(step for step, _ in replay.inputs if step in asked)]
    program = written.Program(replay.record.steps, wanted, named, hints, arrays)
    data = {step: data_of(x) for step, x in replay.inputs}
    arguments = {name: data[step] for name, step in program.inputs.items()}
    lines = [*_body(replay, program), _returned(program, results)]
    header = _wrapped(f"def {_NAME}({', '.join(arguments)}):", "")
    wrt = [program.text(replay.values[leaf]) for leaf in leaves]
    return Code("\n".join([*header, *lines]), arguments, program.rules, wrt)


def _like(x: Any, before: Any) -> Any:
    """A number or a list as the array (or number of NumPy) that was in its place."""
    known = isinstance(x, np.ndarray | np.generic)
    return x if known else np.asarray(x, dtype=getattr(before, "dtype", None))[()]


def _line_of(error: AssertionError) -> int:
    """The line of the program that it was raised in, from 1."""
    trace = error.__traceback__
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_lineno


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
    leaves = [
        t for t in replay.gradients if not t.parents and replay.values[t] in order
    ]
    return sorted(leaves, key=lambda t: order[replay.values[t]])


def _called_in(
    f: Callable[..., Any], replay: written.Replay, names: Names
) -> tuple[dict[written.Step, str], dict[written.Step, str]]:
    """What a function calls its values, and what those without a name may be called."""
    try:
        parameters = list(inspect.signature(f).parameters)
        cells = inspect.getclosurevars(f)
        outside = {**cells.globals, **cells.nonlocals}
    except (TypeError, ValueError):  # it is no function of Python's
        parameters, outside = [], {}
    by_id = {id(data_of(x)): name for name, x in outside.items()}
    named = {
        step: step.users for step in replay.record.steps if step.users not in ("", "_")
    }
    for i, (step, x) in enumerate(replay.inputs):
        own = parameters[i] if i < len(parameters) else ""
        named[step] = own or names.full(x) or by_id.get(id(x)) or step.users or "x"
    named.setdefault(replay.values[replay.loss], "loss")
    hints: dict[written.Step, str] = {}
    for tensor, step in replay.values.items():
        if tensor.op:
            hints.setdefault(step, tensor.op)
        if tensor in replay.gradients:
            table = named if step in named else hints
            gradient = f"g_{named.get(step) or tensor.op}"
            table.setdefault(replay.gradients[tensor], gradient)
    return named, hints


def _called(
    replay: written.Replay, loss: Tensor, names: Names
) -> tuple[dict[written.Step, str], dict[written.Step, str]]:
    """What the user calls steps, and what those without a name may be called."""
    named: dict[written.Step, str] = {}
    hints: dict[written.Step, str] = {}
    numbered, options = _numbered(replay.values), _option_arrays(replay.values)
    for tensor, step in replay.values.items():
        own = names.full(tensor) or names.full(tensor.data)
        own = own or ("loss" if tensor is loss else "")
        word = own or numbered.get(tensor, "x")
        table = named if own or not tensor.parents or _is_layers(tensor) else hints
        table.setdefault(step, word)
        gradient = replay.gradients.get(tensor)
        if gradient is not None:
            table.setdefault(gradient, f"g_{word}")
    for step, x in replay.inputs:
        named.setdefault(step, names.full(x) or options.get(id(x), "x"))
    return named, hints


def _option_arrays(tensors: Iterable[Tensor]) -> dict[int, str]:
    """What the arrays among the options of rules are called there, by their ids."""
    found: dict[int, str] = {}
    for tensor in tensors:
        for name, value in (tensor.options or {}).items():
            for x in value if type(value) is tuple else (value,):
                if isinstance(x, np.ndarray):
                    found.setdefault(id(x), name)
    return found


def _numbered(tensors: Iterable[Tensor]) -> dict[Tensor, str]:
    """The name of each op, with a number where there are several of it."""
    by_op: dict[str, list[Tensor]] = {}
    for tensor in tensors:
        by_op.setdefault(tensor.op, []).append(tensor)
    return {
        tensor: op if len(same) == 1 else f"{op}{i}"
        for op, same in by_op.items()
        for i, tensor in enumerate(same, start=1)
        if op
    }


def _is_layers(tensor: Tensor) -> bool:
    """Whether a layer made it, whose label is an object: it has a line of its own."""
    return tensor.group is not None and not isinstance(tensor.group[0], str)


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

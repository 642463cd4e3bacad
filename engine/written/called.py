"""What the steps of a written program are called: the user's names, or an op's."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine._node import data_of
from engine.tensor import Tensor
from engine.written.record import Step
from engine.written.replay import Replay

Steps = dict[Step, str]
NameOf = Callable[[Any], str]  # of a Tensor or an array: the user's name, or ""


class Called(NamedTuple):
    """The names of a program.

    Attributes:
        named: of steps that the user has called something: each gets a line.
        hints: what other steps may be called.
        gradients: the step of a gradient -> that of the value; it is called after it.
    """

    named: Steps
    hints: Steps
    gradients: dict[Step, Step]


def called_in_function(
    replay: Replay,
    outside: Mapping[str, Any],
    wishes: list[str],
    paths: list[str],
    name_of: NameOf,
) -> Called:
    """The names that a function uses, its arguments' first.

    Args:
        replay: its call.
        outside: the variables from elsewhere that it uses.
        wishes: of the arrays in its arguments; "" for one that has none.
        paths: what these are called if all else fails.
        name_of: what the user has called something.
    """
    by_id = {id(data_of(x)): name for name, x in outside.items()}
    steps = replay.record.steps
    named = {step: step.users for step in steps if step.users not in ("", "_")}
    for i, (step, x) in enumerate(replay.inputs):
        own = (wishes[i] or step.users or paths[i]) if i < len(paths) else ""
        named[step] = own or name_of(x) or by_id.get(id(x)) or step.users or "x"
    named.setdefault(replay.values[replay.loss], "loss")
    called = Called(named, {}, {})
    for tensor, step in replay.values.items():
        if tensor.op:
            called.hints.setdefault(step, tensor.op)
        word = named.get(step) or tensor.op
        _call_gradient(called, replay, tensor, word, own=step in named)
    return called


def called_in_graph(replay: Replay, loss: Tensor, name_of: NameOf) -> Called:
    """The user's names for the tensors of a graph, and numbered ops for the others."""
    called = Called({}, {}, {})
    options = option_arrays(replay.values)
    numbered = _numbered(t for t in replay.values if _is_layers(t))
    for tensor, step in replay.values.items():
        own = name_of(tensor) or name_of(tensor.data)
        own = own or ("loss" if tensor is loss else "")
        word = own or numbered.get(tensor) or tensor.op or "x"
        is_own = bool(own or not tensor.parents or _is_layers(tensor))
        (called.named if is_own else called.hints).setdefault(step, word)
        _call_gradient(called, replay, tensor, word, own=is_own)
    for step, x in replay.inputs:
        called.named.setdefault(step, name_of(x) or options.get(id(x), "x"))
    return called


def _call_gradient(
    called: Called, replay: Replay, tensor: Tensor, word: str, *, own: bool
) -> None:
    """Call the gradient of a tensor after it; several may have the same."""
    gradient = replay.gradients.get(tensor)
    table = called.named if own else called.hints
    if gradient is None or gradient in table:
        return
    table[gradient] = f"g_{word}"
    if own or gradient not in called.named:
        called.gradients[gradient] = replay.values[tensor]


def option_arrays(tensors: Iterable[Tensor]) -> dict[int, str]:
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


# --- arguments ------------------------------------------------------------------------


def parameters_of(f: Callable[..., Any], n: int) -> tuple[list[str], dict[str, Any]]:
    """What a function calls its n arguments, and the variables that it uses besides."""
    try:
        known = inspect.signature(f).parameters.values()
        cells = inspect.getclosurevars(f)
    except (TypeError, ValueError):  # it is no function of Python's
        return [""] * n, {}
    several, by_name = (
        inspect.Parameter.VAR_POSITIONAL,
        (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD),
    )
    words = [p.name for p in known if p.kind not in (several, *by_name)][:n]
    rest = next((p.name for p in known if p.kind is several), "")
    words += [f"{rest}_{i}" for i in range(n - len(words))]
    return words, {**cells.globals, **cells.nonlocals}


def form_of(name: str, x: Any) -> Any:
    """The form of an argument, with the path to each array in place of the array."""
    if isinstance(x, dict):
        return {key: form_of(f"{name}_{key}", part) for key, part in x.items()}
    if isinstance(x, tuple | list):
        return [form_of(f"{name}_{key}", part) for key, part in _items(x)]
    return name


def wishes_of(words: list[str], args: tuple[Any, ...]) -> list[str]:
    """What the arrays in arguments may be called: after the parameter, or their key.

    After the key if nothing else is called so, else "": then the function's own
    variable counts, or the path to it.
    """
    pairs = list(zip(words, args, strict=True))
    found = [key for word, x in pairs for key in _last_keys(word, x)]
    plain = [not _items(x) for _, x in pairs for _ in _last_keys("", x)]
    counts = Counter(found)
    return [
        word if is_plain or (counts[word] == 1 and word.isidentifier()) else ""
        for word, is_plain in zip(found, plain, strict=True)
    ]


def _last_keys(key: Any, x: Any) -> Iterator[str]:
    """The last key on the way to every array; "" where it is a number."""
    if not isinstance(x, dict | tuple | list):
        yield key if isinstance(key, str) else ""
    for inner, part in _items(x):
        yield from _last_keys(inner, part)


def _items(x: Any) -> list[tuple[Any, Any]]:
    """The keys and parts of what holds arrays; nothing, if it is one itself."""
    if isinstance(x, dict):
        return list(x.items())
    if not isinstance(x, tuple | list):
        return []
    return list(zip(getattr(x, "_fields", range(len(x))), x, strict=True))

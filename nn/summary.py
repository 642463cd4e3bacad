"""Summary: a network as a table of its layers, their output shapes and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nn.layer import Layer
from nn.module import Module, parts

HEAD = ("layer", "output", "parameters")


def summary(module: Module, x: Any = None) -> str:
    """A line for each layer: its place and what it is, the shape of its output, and
    how many numbers are learned in it.

    Args:
        module: a network or a layer.
        x: a batch, which is run to know the shapes; if None, they are those of the last
            call, if there was one.
    """
    if x is None:
        return _table(module)
    if not isinstance(module, Layer) and not hasattr(module, "layers"):
        raise TypeError(
            f"{type(module).__name__}.summary: x is run by layers and networks only; "
            "call the module first, and leave x out"
        )
    with module.evaluating():
        for _, inner in module.named_modules():
            if isinstance(inner, Layer):
                inner.forget()
        for layer in [module] if isinstance(module, Layer) else module.layers:
            x = layer(x)
        return _table(module)


def _table(module: Module) -> str:
    rows = [HEAD, *_rows("", module, 0, set()), ("total", "", _count(module))]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    head, *lines, total = (
        f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip()
        for a, b, c in rows
    )
    rule = "-" * (sum(widths) + 4)
    return "\n".join([head, rule, *lines, rule, total])


def _rows(
    path: str, module: Module, depth: int, seen: set[int]
) -> Iterator[tuple[str, str, str]]:
    """The row of a layer, and below it, indented, those of the layers inside."""
    seen.add(id(module))  # modules may refer to each other
    inside = list(_inside("", module, seen))
    if isinstance(module, Layer):
        what = type(module).__name__ if inside else repr(module)
        title = "  " * depth + f"{path}  {what}".strip()
        yield title, _shape(module.out), "" if inside else _count(module)
    for name, inner in inside:
        whole = f"{path}.{name}" if path else name
        yield from _rows(whole, inner, depth + isinstance(module, Layer), seen)


def _inside(path: str, value: Any, seen: set[int]) -> Iterator[tuple[str, Module]]:
    """The modules in a module, list, tuple or dict, and not those in these again."""
    for key, part in parts(value):
        name = f"{path}.{key}" if path else str(key)
        if not isinstance(part, Module | list | tuple | dict) or id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Module):
            yield name, part
        else:
            yield from _inside(name, part, seen)


def _count(module: Module) -> str:
    count = sum(p.size for p in module.parameters())
    return f"{count:,}" if count else ""


def _shape(out: Any) -> str:
    out = out[0] if isinstance(out, tuple) else out
    if out is None:
        return ""
    return str(tuple(out.shape)) if out.shape else "a number"

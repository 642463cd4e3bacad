"""Summary: a network as a table of its layers, their output shapes and parameters."""

from __future__ import annotations

from typing import Any

from nn.layer import Layer
from nn.module import Module

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
    with module.evaluating():
        for _, inner in module.named_modules():
            if isinstance(inner, Layer):
                inner.forget()
        for layer in (
            [module] if isinstance(module, Layer) else getattr(module, "layers", [])
        ):
            x = layer(x)
        return _table(module)


def _table(module: Module) -> str:
    rows = [HEAD, *_rows("", module, 0), ("total", "", _count(module))]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    head, *lines, total = (
        f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip()
        for a, b, c in rows
    )
    rule = "-" * (sum(widths) + 4)
    return "\n".join([head, rule, *lines, rule, total])


def _rows(path: str, module: Module, depth: int) -> list[tuple[str, str, str]]:
    """The row of a layer, and below it, indented, those of the layers inside."""
    inside = _inside(module)
    rows = []
    if isinstance(module, Layer):
        what = type(module).__name__ if inside else repr(module)
        title = "  " * depth + f"{path}  {what}".strip()
        rows.append((title, _shape(module.out), "" if inside else _count(module)))
    for name, inner in inside:
        whole = f"{path}.{name}" if path else name
        rows += _rows(whole, inner, depth + isinstance(module, Layer))
    return rows


def _inside(module: Module) -> list[tuple[str, Module]]:
    """The modules in a module, less those that are in one of these."""
    found: list[tuple[str, Module]] = []
    for path, inner in module.named_modules()[1:]:
        if not any(path.startswith(f"{outer}.") for outer, _ in found):
            found.append((path, inner))
    return found


def _count(module: Module) -> str:
    count = sum(p.size for p in module.parameters())
    return f"{count:,}" if count else ""


def _shape(out: Any) -> str:
    out = out[0] if isinstance(out, tuple) else out
    if out is None:
        return ""
    return str(tuple(out.shape)) if out.shape else "a number"

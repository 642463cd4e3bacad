"""The page README.md of this folder: what is supported, read from the registry.

`python -m engine.rules` prints it, and a test compares. Nothing is listed by hand but
the headings: functions, files, first lines and the table of choices are the code's own.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from engine import rules
from engine._no_rule import CONSTANT
from engine._signatures import _is_scipys, _name
from engine.numpy_protocol import _compositions, _rules
from engine.rules import choices

try:
    from engine.rules import special
except ModuleNotFoundError as error:
    raise SystemExit(
        f"python -m engine.rules: the page has SciPy's functions too, and {error.name} "
        "is not installed; pip install scipy"
    ) from error

HEAD = """\
# What the engine differentiates

{count} functions of NumPy, by the files of this folder. On a Tensor each is a *rule*, a
few lines with the derivative right below, or is *composed* of rules. Other names of the
same function (`np.abs`, `np.mod`, `np.concat`) and the methods of arrays come to the
same rule. A name without `np.` is a rule that NumPy's functions are composed of, or one
that NumPy does not have.

Functions take NumPy's options, except `out=`, which writes into an array, and a few
rare ones, such as `where=` of a ufunc and `weights=` of a quantile. The methods
`reduce`, `accumulate`, `reduceat` and `outer` of the ufuncs of two operands
(`np.multiply.outer`) work too; `at` writes, and is refused.

*At once* marks what needs its data at once: on an array of a library that computes
later (Dask) it is refused. Everything else waits there until the data is computed,
except for a few options that need the data too, and are refused: `repeat` by a list,
the modes of `pad` that copy entries, norms of singular values, negative powers.

This page is printed by `python -m engine.rules`.
"""
CHOICES = """
## Where calculus leaves a choice

```
{table}
```
"""
CONSTANTS = """
## Piecewise constant

Their slope is 0 wherever there is one: they take Tensors, and plain arrays come out.

{functions}

The comparisons `< <= > >= == !=` and `//` are among them.

Every other function of NumPy is refused by name when it is called with a Tensor. `@op`
adds a rule of your own (README.md, two folders up).
"""
SCIPY = """
# What it differentiates of SciPy

{count} functions of `scipy.special`, by the files of the folder `special`. The engine
does not need SciPy: their rules are imported when the first of them meets a Tensor. An
operand that must be a constant may be a number, an array, or a Tensor that wants no
gradient.
"""


def page() -> str:
    """The whole page, as Markdown."""
    scipys = sum(map(_is_scipys, _rules))
    return (
        HEAD.format(count=len(_rules) + len(_compositions) - scipys)
        + "".join(map(_family, _files(rules)))
        + CHOICES.format(table=choices.__doc__.partition("\n\n")[2].strip("\n"))
        + CONSTANTS.format(functions=_listed(CONSTANT))
        + SCIPY.format(count=scipys)
        + "".join(map(_family, _files(special)))
    )


def _files(package: Any) -> list[Any]:
    """Its modules of rules, in the order in which its docstring names them."""
    names = [w.removesuffix(".py") for w in package.__doc__.split() if ".py" in w]
    return [m for n in names if (m := sys.modules.get(f"{package.__name__}.{n}"))]


def _family(module: Any) -> str:
    file = module.__name__.removeprefix("engine.rules.").replace(".", "/")
    rows = [*_rule_rows(module), *_composed_rows(module)]
    if not rows:  # of options and of methods, which have no names of their own
        return ""
    title = (module.__doc__ or "").partition("\n")[0]
    return f"\n## {file}.py\n\n{title}\n\n| function | |\n|---|---|\n" + "".join(rows)


def _rule_rows(module: Any) -> list[str]:
    rows = []
    exported = [getattr(rules, name) for name in rules.__all__]
    for operation in {*exported, *(r.operation for r in _rules.values())}:
        if operation.__module__ == module.__name__:
            stands_for = [f for f, r in _rules.items() if r.operation is operation]
            names = _listed(stands_for) or f"`{operation.__name__}`"
            rows.append((inspect.getsourcelines(operation)[1], names, operation))
    rows.sort(key=lambda row: row[0])
    return [f"| {names} | {_about(operation)} |\n" for _, names, operation in rows]


def _about(operation: Callable[..., Any]) -> str:
    first = (operation.__doc__ or "").partition("\n")[0].replace("|", "\\|")
    return first if _is_lazy(operation) else f"{first} *At once.*"


def _composed_rows(module: Any) -> list[str]:
    rows = []
    for lazy, about in ((True, "composed"), (False, "composed *At once.*")):
        found = [
            f
            for f, composition in _compositions.items()
            if composition.__module__ == module.__name__
            and _is_lazy(composition) == lazy
        ]
        rows += [f"| {_listed(found)} | {about} |\n"] if found else []
    return rows


def _is_lazy(operation: Any) -> bool:
    return operation.lazy


def _listed(functions: Any) -> str:
    return " ".join(sorted(f"`{_name(f)}`" for f in functions))


if __name__ == "__main__":
    print(page(), end="")

"""Random NumPy programs: how they are made, printed and run.

A program is lines of source, `t3 = np.logaddexp(t1, a)`, so that the same text runs on
Tensors, on arrays (for differences), on PyTorch (under NumPy's names) and in the hands
of whoever reads a failure. A line is a row of program_rows.py whose letters stand for
earlier values: x and y for any; v for a vector of two, m for a well-conditioned matrix
and s for a symmetric one, each made on a line of its own. A row that NumPy itself
refuses for the shapes at hand, or that gives what is large or no float array, is left
out.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis import strategies as st

from engine import rules
from helpers.program_rows import ANY, LIKE_TORCH

SHAPES = [(), (2,), (3,), (2, 3), (3, 1), (1, 3), (2, 2), (3, 3), (2, 1, 2), (2, 3, 2)]
LARGE, MANY = 100.0, 64  # values and entries beyond which a line is left out
HEAD = {"k": np.array([[3.0, 1.0], [-1.0, 4.0]]), "u": np.array([0.5, -1.0])}
MADE = {  # of any value x
    "v": "np.ravel({x})[[0, -1]]",
    "m": "np.outer(np.tanh({x}), u) + k",
    "s": "{x} + {x}.T",
}
FROM = {"v": "x", "m": "v", "s": "m"}


@dataclass
class Program:
    """Leaves with their numbers, and lines that compute from them."""

    leaves: dict[str, np.ndarray]
    lines: list[str] = field(default_factory=list)
    values: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = dict(self.leaves)

    def add(self, source: str) -> str | None:
        """A line for the source, and its value's name; None if it is left out."""
        name = f"t{len(self.lines) + 1}"
        env = {"np": np, "rules": rules, **HEAD, **self.values}
        try:
            with np.errstate(all="ignore"):
                value = eval(source, env)
        except (ValueError, TypeError, IndexError, RuntimeWarning):  # not for these
            return None
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        if kind != "f" or value.size > MANY or not value.size:
            return None
        if not np.isfinite(value).all() or np.abs(value).max() > LARGE:
            return None
        self.lines.append(f"{name} = {source}")
        self.values[name] = value
        return name

    @cached_property
    def code(self) -> Any:
        return compile("\n".join(self.lines), "<program>", "exec")

    @property
    def outputs(self) -> list[str]:
        """The values that nothing was computed from."""
        made = [line.split(" = ")[0] for line in self.lines]
        used = {w for x in self.lines for w in re.findall(r"\w+", x.split(" = ", 1)[1])}
        return [name for name in made if name not in used]

    def run(self, leaves: Any, namespace: Any = np, array: Any = np.asarray) -> list:
        """The outputs for other leaves: Tensors, arrays, or PyTorch's tensors."""
        head = {name: array(x) for name, x in HEAD.items()}
        env = {"np": namespace, "rules": rules, **head}
        env |= dict(zip(self.leaves, leaves, strict=True))
        with np.errstate(all="ignore"):
            exec(self.code, env)
        return [env[name] for name in self.outputs]

    def __repr__(self) -> str:
        """Source that runs as it stands."""
        given = {**HEAD, **self.leaves}
        arrays = [f"{n} = np.array({x.tolist()})" for n, x in given.items()]
        ours = any("rules." in line for line in self.lines)
        imports = ["import numpy as np", *["from engine import rules"] * ours]
        text = [*imports, *arrays, *self.lines]
        return "\n" + "\n".join([*text, f"outputs = [{', '.join(self.outputs)}]"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # hypothesis would list the fields


@st.composite
def programs(
    draw: Any,
    rows: list[str] = ANY + LIKE_TORCH,
    shapes: list[tuple[int, ...]] = SHAPES,
) -> Program:
    """A program of one to ten rows on one to three leaves; shrinks to fewer of all."""
    chosen = draw(st.lists(st.sampled_from(shapes), min_size=1, max_size=3))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    program = Program(
        {n: rng.uniform(-2, 2, s).round(3) for n, s in zip("abc", chosen, strict=False)}
    )
    for row in draw(st.lists(st.sampled_from(rows), min_size=1, max_size=10)):
        _add_row(program, row, lambda n: draw(st.integers(0, n - 1)))
    if not program.lines:
        program.add("np.tanh(a)")
    return program


def _add_row(program: Program, row: str, draw: Any) -> None:
    names = list(program.values)[::-1]  # the newest first: what shrinks is a chain
    letters = sorted(set(re.findall(r"{(\w)}", row)))
    chosen: dict[str, str | None] = {}
    for letter in letters:
        chosen[letter] = _made(program, letter, names[draw(len(names))])
    if None not in chosen.values():
        program.add(row.format(**chosen))


def _made(program: Program, letter: str, name: str) -> str | None:
    if letter in FROM:
        inner = _made(program, FROM[letter], name)
        return inner and program.add(MADE[letter].format(x=inner))
    return name

"""A program of value and gradients as an object: printed, called, saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine import data_of
from viz.picture.files import check_place, write

NAME = "value_and_gradients"
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
        forms: Mapping[str, Any] | None = None,
    ) -> None:
        self._text = text
        self._rules = dict(rules)
        self.arguments = dict(arguments)
        self.wrt = tuple(wrt)
        self._forms = dict(forms or {})  # a function's parameter -> names in its form

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return f"```python\n{self._text}\n```"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program: the pair (value, tuple of gradients).

        Args:
            args: arrays or numbers for the parameters, in order; for a function's, of
                the form that it takes: a dict, or a tuple, of arrays.
            kwargs: the same by name, of the function's parameter or of the program's.
                Those that are left out are what they were when the loss was computed.

        Raises:
            ValueError: if the function would go another way at these numbers: an
                `assert` of the program does not hold.
        """
        given = self.arguments | self._given(args, kwargs)
        scope: dict[str, Any] = {"np": np, **self._rules}
        if _SCIPY in self._text:
            exec(f"import {_SCIPY}", scope)
        exec(compile(self._text, "<code>", "exec"), scope)
        arrays = {n: _like(data_of(x), self.arguments[n]) for n, x in given.items()}
        try:
            return scope[NAME](**arrays)
        except AssertionError as error:
            line = self._text.splitlines()[_line_of(error) - 1].strip()
            raise ValueError(
                f"code: at these numbers the function goes another way: {line!r} does "
                "not hold; write it out there"
            ) from None

    def _given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arrays in the arguments of a call, by the program's names."""
        nested = {name for form in self._forms.values() for name in names_in(form)}
        rest = {name: name for name in self.arguments if name not in nested}
        slots = self._forms | rest
        names = list(slots)
        known = slots | {name: name for name in nested}
        given = dict(zip(names, args, strict=False))
        if len(args) > len(names) or not kwargs.keys() <= known.keys() - given.keys():
            raise TypeError(
                f"code: the program's parameters are {', '.join(names)}; "
                f"{len(args)} arrays came, and {', '.join(kwargs) or 'none'} by name"
            )
        found: dict[str, Any] = {}
        for name, x in (given | kwargs).items():
            found |= _flattened(name, known[name], x)
        return found

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


def names_in(form: Any) -> Iterator[str]:
    """The names in a form, in order."""
    if isinstance(form, str):
        yield form
    else:
        for part in form.values() if isinstance(form, dict) else form:
            yield from names_in(part)


def renamed(form: Any, names: Iterator[str]) -> Any:
    """The form with other names, in order."""
    if isinstance(form, str):
        return next(names)
    if isinstance(form, dict):
        return {key: renamed(part, names) for key, part in form.items()}
    return [renamed(part, names) for part in form]


def _flattened(name: str, form: Any, x: Any) -> dict[str, Any]:
    """The arrays of an argument by their names in the form that it must have."""
    if isinstance(form, str):
        return {form: x}
    is_dict = isinstance(form, dict)
    keys = list(form) if is_dict else range(len(form))
    fits = isinstance(x, dict if is_dict else tuple | list) and len(x) == len(form)
    if not fits or (is_dict and x.keys() != form.keys()):
        raise ValueError(
            f"code: {name} must have the form that the program was written out with, "
            f"{'a dict of ' if is_dict else 'a tuple of '}{', '.join(names_in(form))}"
        )
    parts = [_flattened(name, form[k], x[k]) for k in keys]
    return {name: array for part in parts for name, array in part.items()}


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

"""An object that stands for a function: its derivative, or its program."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any, Self


class LikeFunction:
    """Made of a function f, with f's name, docstring and signature.

    It copies and pickles where f does. As a decorated method it is called with the
    object it belongs to, as a function is.
    """

    __wrapped__: Callable[..., Any]
    __call__: Callable[..., Any]

    def __init__(self, f: Callable[..., Any]) -> None:
        if not hasattr(f, "__name__"):
            self.__name__ = type(f).__name__
        functools.update_wrapper(self, f, updated=())

    def _options(self) -> tuple[Any, ...]:
        """What it was made with, beside f."""
        return ()

    def with_function(self, f: Callable[..., Any]) -> Self:
        """The same of another function."""
        return type(self)(f, *self._options())

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str | tuple[Any, ...]:
        if getattr(sys.modules.get(self.__module__), self.__name__, None) is self:
            return self.__name__  # it stands where f stood: a decorator
        return type(self), (self.__wrapped__, *self._options())

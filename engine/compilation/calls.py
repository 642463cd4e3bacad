"""`compiled`: a function that is recorded once, and from then on run as a program."""

from __future__ import annotations

import functools
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

import numpy as np

from engine._nested import mapped
from engine._node import data_of
from engine._once import forget_waiting
from engine._run import check_function
from engine.compilation.forms import Other, has_writing, key_of, leaves_of
from engine.compilation.lines import OTHERWISE
from engine.compilation.recording import Recorded, recorded
from engine.recording import Watched, is_recording, state
from engine.tensor import Tensor

_MOST = 8  # programs for arguments of one form; then f runs as it is
_MOST_FORMS = 256  # of arguments, of which programs are kept: those that came last


def compiled(f: Callable[..., Any] | None = None, *, floats: bool = True) -> Any:
    """A function that does what f does, as a straight-line NumPy program.

    f is called once on arrays that write down what they are asked; what they have
    written is run from then on, without Tensors and without a graph. Arguments of other
    shapes, dtypes or form are recorded anew.

    Args:
        f: a function of numbers and arrays, also in tuples, lists and dicts, that
            returns such; or a derivative of one, such as `value_and_grad(f)`. An
            argument may be an object, such as a network: for each one a program is
            recorded. Without f, the result is a decorator: `@compiled(floats=False)`.
        floats: whether a program in which all is float64 and scalar may run on Python's
            floats, several times as fast. Arithmetic gives the same bits. A function
            (`exp`, `tanh`, a power) is that of `math`, which is within 4 units in the
            last place of NumPy's; results differ by a few such units of the largest
            number on the way to them. What overflows, is divided by 0 or has no real
            value is computed by NumPy, so infinities and NaN are the same; only NumPy's
            warnings of infinities on the way to a finite result may be missing. Where a
            function jumps, or branches, at just this number, a last bit may decide.
            With False, every bit is that of f.

    Returns:
        A function of the same arguments. Where f returns a Tensor it gives the array.
    """
    if f is None:
        return functools.partial(compiled, floats=floats)
    return _Compiled(f, floats)


class _Compiled:
    """See `compiled`."""

    __wrapped__: Callable[..., Any]

    def __init__(self, f: Any, floats: bool) -> None:
        check_function("compiled", f)
        self._floats = floats
        self._programs: dict[Any, list[Recorded]] = {}
        self._as_it_is: dict[Any, str] = {}  # forms for which f runs itself, and why
        self._lock = threading.RLock()
        self._last: Callable[..., Any] = _nothing
        if not hasattr(f, "__name__"):
            self.__name__ = type(f).__name__
        functools.update_wrapper(self, f, updated=())

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        now = state()
        if kwargs or (now is not None and now.__class__ is not tuple):
            return self._called(args, kwargs)
        result = self._last(args)
        return self._called(args, kwargs) if result is OTHERWISE else result

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str | tuple[Any, ...]:
        f = self.__wrapped__
        if getattr(sys.modules.get(self.__module__), self.__name__, None) is self:
            return self.__name__  # it stands where f stood: a decorator
        return type(self), (f, self._floats)

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}>"

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The program for such arguments; f is recorded if there is none yet.

        Raises:
            TypeError: if f runs as it is with such arguments.
        """
        f, args = self._function(args, kwargs)
        try:
            key = key_of(args)
        except Other as why:
            raise TypeError(f"compiled: {why}, with which f runs as it is") from why
        with self._lock:
            for made in self._programs.get(key, ()):
                if made.trial is None or made.trial.run(args) is not OTHERWISE:
                    return made.program.text
            return self._record(f, args).program.text

    def with_function(self, f: Callable[..., Any]) -> _Compiled:
        return type(self)(f, self._floats)

    # --- how a call is answered -------------------------------------------------------

    def _called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return self._otherwise(args, kwargs)
        finally:
            forget_waiting()

    def _otherwise(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        f = self.__wrapped__
        if has_writing((args, kwargs)):
            return f(*args, **kwargs)
        if any(isinstance(x, Tensor) for x in leaves_of((args, kwargs))):
            return f(*args, **kwargs)
        if not is_recording() or isinstance(state(), Watched):
            return _plain(f(*args, **kwargs))
        f, given = self._function(args, kwargs)
        try:
            key = (key_of(given), *kwargs) if kwargs else key_of(given)
        except Other:
            return _plain(f(*given))
        if key in self._as_it_is:
            return _plain(f(*given))
        known = tuple(self._programs.get(key, ()))
        result = self._run(known, f, given)
        return self._first(f, key, given, known) if result is OTHERWISE else result

    def _run(self, programs: Any, f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """What the program gives that is for such arguments."""
        for made in programs:
            result = made.program.run(args)
            if result is not OTHERWISE:
                self._remember(f, made)
                return result
        return OTHERWISE

    def _remember(self, f: Callable[..., Any], made: Recorded) -> None:
        """Have this program tried first."""
        if f is self.__wrapped__:
            self._last = made.program.run

    def _function(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """f, and all its arguments by position: those by name in a dict at the end."""
        if not kwargs:
            return self.__wrapped__, args
        return _ByName(self.__wrapped__), (*args, kwargs)

    def _first(
        self, f: Callable[..., Any], key: Any, args: tuple[Any, ...], known: Any
    ) -> Any:
        """A call for which no program is there yet."""
        with self._lock:
            if key not in self._programs and len(self._programs) >= _MOST_FORMS:
                del self._programs[next(iter(self._programs))]
            programs = self._programs.setdefault(key, [])
            others = [made for made in programs if made not in known]  # of threads
            result = self._run(others, f, args)
            if result is not OTHERWISE:
                return result
            if len(programs) >= _MOST:
                self._as_it_is[key] = "values"
                warnings.warn(
                    f"compiled: {self.__name__} went another way, or found another "
                    f"value outside, {_MOST} times, so it runs as it is; pass what "
                    "changes as an argument",
                    UserWarning,
                    stacklevel=4,
                )
                return _plain(f(*args))
            try:
                made = self._record(f, args)
            except Other as why:
                self._as_it_is[key] = str(why)
                return _plain(f(*args))
            except Exception as error:
                return self._after(error, f, key, args)
            if made.trial is None:  # hooks would run twice
                result = made.program.run(args)
                if result is OTHERWISE:
                    self._as_it_is[key] = "it went another way at once"
                    return _plain(f(*args))
            else:
                result = self._tried(f, key, made, args)
                if key in self._as_it_is:
                    return result
            programs.append(made)
            self._remember(f, made)
            return result

    def _after(
        self, error: Exception, f: Callable[..., Any], key: Any, args: tuple[Any, ...]
    ) -> Any:
        """f could not be recorded: it raises, or only arrays that write do."""
        if "compiled: " in str(error):
            raise error
        result = _plain(f(*args))
        self._as_it_is[key] = str(error)
        warnings.warn(
            f"compiled: {self.__name__} can't be recorded, and runs as it is; arrays "
            f"that write raised {type(error).__name__}: {error}",
            UserWarning,
            stacklevel=6,
        )
        return result

    def _record(self, f: Callable[..., Any], args: tuple[Any, ...]) -> Recorded:
        """Record twice: what is not the same both times is not fixed."""
        one, two = (recorded(f, self._name(), args, self._floats) for _ in range(2))
        alike = one.program.text == two.program.text and len(one.constants) == len(
            two.constants
        )
        if not alike or not all(map(_equal, one.constants, two.constants)):
            raise TypeError(
                f"compiled: {self.__name__} was recorded twice, and did something else "
                "the second time; draw random numbers outside, and pass them as an "
                "argument"
            )
        return two

    def _tried(
        self, f: Callable[..., Any], key: Any, made: Recorded, args: tuple[Any, ...]
    ) -> Any:
        """The first call runs f itself, and compares."""
        assert made.trial is not None
        with np.errstate(all="ignore"):
            tried = made.trial.run(args)
        result = _plain(f(*args))
        fits = tried is not OTHERWISE and _alike(tried, (result, made.now.run(args)))
        if not fits:
            self._as_it_is[key] = "other numbers"
            warnings.warn(
                f"compiled: the program of {self.__name__} gives other numbers than "
                "the function, which runs as it is",
                UserWarning,
                stacklevel=5,
            )
        return tried[0] if fits else result

    def _name(self) -> str:
        name = self.__name__
        return name if name.isidentifier() else "program"


class _ByName:
    """f with the arguments that came by name in a dict."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.__wrapped__ = f
        self.__name__ = "by_name"

    def __call__(self, *args: Any) -> Any:
        return self.__wrapped__(*args[:-1], **args[-1])

    def with_function(self, f: Callable[..., Any]) -> _ByName:
        return _ByName(f)


def _nothing(_: Any) -> Any:
    """The program of a function that was not recorded yet."""
    return OTHERWISE


def _plain(x: Any) -> Any:
    """A result with arrays in place of Tensors."""
    return mapped(data_of, x)


def _equal(x: Any, y: Any) -> bool:
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def _alike(x: Any, y: Any) -> bool:
    """Whether two results are the same to the last bit."""
    pairs = list(zip(leaves_of(x), leaves_of(y), strict=False))
    same = [
        type(a) is type(b)
        and np.asarray(a).dtype == np.asarray(b).dtype
        and _equal(np.asarray(a), np.asarray(b))
        for a, b in pairs
    ]
    return all(same) and len([*leaves_of(x)]) == len([*leaves_of(y)])


def programs_of(f: _Compiled) -> Iterator[Recorded]:
    """All that was recorded of a function."""
    for made in f._programs.values():
        yield from made

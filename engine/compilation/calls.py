"""`compiled`: a function that is recorded once, and from then on run as a program."""

from __future__ import annotations

import functools
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from engine._like_function import LikeFunction
from engine._nested import mapped
from engine._node import data_of
from engine._once import forget_waiting
from engine._run import check_function
from engine._users_line import is_users
from engine.compilation.forms import Other, Refused, has_writing, key_of, leaves_of
from engine.compilation.lines import OTHERWISE
from engine.compilation.recording import Recorded, recorded, same_bits
from engine.recording import Watched, is_recording, state
from engine.tensor import Tensor

_MOST = 8  # programs for arguments of one form; then f runs as it is
_MOST_FORMS = 256  # of arguments, of which programs are kept: those that came last


def compiled(f: Callable[..., Any] | None = None, *, floats: bool = True) -> Any:
    """A function that does what f does, as a straight-line NumPy program.

    At the first call with arguments of a new form f runs three times: twice on arrays
    that write down what they are asked, and once on the numbers given, whose results
    are compared. What it prints is printed then. From then on the program runs, without
    Tensors and without a graph. `compiled(f).source(*args)` shows it.

    Looked up in every call is what f uses from outside, in closures, globals, and
    objects that hold arrays: arrays and the data of Tensors are arguments of the
    program. Numbers, flags, functions and classes must be the same, and so must what a
    value decided (an `if`, an index, a shape): else another program is recorded. What f
    binds anew in such objects, the program binds. Fixed is what f reads from elsewhere,
    such as a file.

    Under `debug()`, `lines()` and `no_grad()`, with Tensors, arrays of other libraries
    or of unusual dtypes as arguments, and where it sets `np.errstate` to raise, f runs
    as it is.

    Args:
        f: a function of numbers and arrays, also in tuples, lists and dicts, that
            returns such; or a derivative of one, such as `value_and_grad(f)`. An
            argument may be an object, such as a network: for each one a program is
            recorded, and it is kept. Without f, the result is a decorator:
            `@compiled(floats=False)`.
        floats: whether a program in which all is float64 and scalar may run on Python's
            floats, up to five times as fast. Arithmetic gives the same bits. A function
            (`exp`, `tanh`, a power) is that of `math`, which is within 4 units in the
            last place of NumPy's; results differ by a few such units of the largest
            number on the way to them. What overflows, is divided by 0 or has no real
            value is computed by NumPy, so infinities and NaN are the same; only NumPy's
            warnings of infinities on the way to a finite result may be missing. Where a
            function jumps, or branches, at just this number, a last bit may decide.
            With False, every bit is that of f.

    Returns:
        A function of the same arguments. Where f returns a Tensor it gives the array:
        there is nothing to call `backward()` on.

    Raises:
        TypeError: in the call that records, if f draws random numbers, writes into its
            arguments, keeps or needs a plain number of what is recorded, or does
            something else that the program would not do again. It says what to write.

    Warns:
        UserWarning: where f runs as it is from then on, and why.
    """
    if f is None:
        return functools.partial(compiled, floats=floats)
    return _Compiled(f, floats)


class _Compiled(LikeFunction):
    """See `compiled`."""

    def __init__(self, f: Any, floats: bool) -> None:
        check_function("compiled", f)
        self._floats = floats
        self._programs: dict[Any, list[Recorded]] = {}
        self._as_it_is: dict[Any, str] = {}  # forms for which f runs itself, and why
        self._full = False  # whether it was said that old ones are forgotten
        self._lock = threading.RLock()
        self._last: Callable[..., Any] = _nothing
        self._has_effects: Callable[..., Any] | None = None  # the last one that has
        super().__init__(f)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        now = state()
        if kwargs or (now is not None and now.__class__ is not tuple):  # no scope
            return self._called(args, kwargs)
        run = self._last
        try:
            result = run(args)
        except Exception:  # which f may catch
            if run is self._has_effects:
                raise
            result = OTHERWISE
        return self._called(args, kwargs) if result is OTHERWISE else result

    def _options(self) -> tuple[Any, ...]:
        return (self._floats,)

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}>"

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The program for such arguments; f is recorded if there is none yet.

        Raises:
            TypeError: if f can't be compiled, or runs as it is with such arguments.
        """
        call = self._call(args, kwargs)
        if call.why:
            raise TypeError(f"compiled: {self.__name__} runs as it is: {call.why}")
        with self._lock:
            for made in self._programs.get(call.key, ()):
                if made.is_for(call.args):
                    return made.program.text
            try:
                return self._record(call).program.text
            except Other as why:
                raise TypeError(
                    f"compiled: {self.__name__} runs as it is: {why}"
                ) from None

    # --- how a call is answered -------------------------------------------------------

    def _called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the last program is not for."""
        if any(isinstance(x, Tensor) for x in leaves_of((args, kwargs))):
            return self.__wrapped__(*args, **kwargs)
        if has_writing((args, kwargs)):
            return self.__wrapped__(*args, **kwargs)
        if not is_recording() or isinstance(state(), Watched):
            return _plain(self.__wrapped__(*args, **kwargs))
        call = self._call(args, kwargs)
        try:
            return call.as_it_is() if call.why else self._answered(call)
        finally:
            forget_waiting()

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        f = self.__wrapped__
        if kwargs:
            f, args = _ByName(f), (*args, kwargs)
        try:
            key = (key_of(args), *kwargs) if kwargs else key_of(args)
        except Other as why:
            return _Call(f, None, args, str(why))
        return _Call(f, key, args, self._as_it_is.get(key, ""))

    def _answered(self, call: _Call) -> Any:
        known = tuple(self._programs.get(call.key, ()))
        result = self._run(known, call)
        if result is not OTHERWISE:
            return result
        with self._lock:
            programs = self._programs.get(call.key, [])
            others = [made for made in programs if made not in known]  # of threads
            result = self._run(others, call)
            return self._first(call) if result is OTHERWISE else result

    def _run(self, programs: Any, call: _Call) -> Any:
        """What the program gives that is for such arguments."""
        for made in programs:
            try:
                result = made.program.run(call.args)
            except Exception as error:
                return _caught(error, made, call)
            if result is not OTHERWISE:
                self._remember(made, call)
                return result
        return OTHERWISE

    def _remember(self, made: Recorded, call: _Call) -> None:
        """Have this program tried first."""
        if call.f is self.__wrapped__:
            if made.trial is None:
                self._has_effects = made.program.run
            self._last = made.program.run

    def _first(self, call: _Call) -> Any:
        """A call for which no program is there yet."""
        programs = self._programs.get(call.key, [])
        if len(programs) >= _MOST:
            self._give_up(
                call,
                f"was recorded {_MOST} times, each time for other values: this time "
                f"{programs[-1].unlike(call.args)}. Keep a number that changes in an "
                "array of one entry, or pass it as an argument; where it decides an "
                "if, an index or the length of a loop, no program can have it",
            )
            return call.as_it_is()
        made = self._try_to_record(call)
        if not isinstance(made, Recorded):
            return self._without(call, made)
        result = self._compared(call, made)
        if call.key not in self._as_it_is:
            self._keep(self._programs, call.key, [*programs, made])
            if len(self._programs) == _MOST_FORMS and not self._full:
                self._full = True
                warnings.warn(
                    f"compiled: {self.__name__} was recorded for {_MOST_FORMS} forms "
                    "of arguments, and forgets the oldest; a function or an object "
                    "that is another one in each call is recorded every time",
                    UserWarning,
                    stacklevel=_users_level(),
                )
            self._remember(made, call)
        return result

    def _try_to_record(self, call: _Call) -> Recorded | Exception:
        """What was recorded; or why it was not, if f may run as it is."""
        try:
            return self._record(call)
        except Refused as error:
            raise self._named(error) from None
        except Exception as error:
            if isinstance(error.__cause__, Refused):  # NumPy has put its own in front
                raise self._named(error.__cause__) from None
            return error

    def _without(self, call: _Call, error: Exception) -> Any:
        """A call of f, which is not recorded: it raises, or only the recording does."""
        if isinstance(error, Other) and not error.told:
            self._keep(self._as_it_is, call.key, str(error))
            return call.as_it_is()
        result = call.as_it_is()
        kind = "" if isinstance(error, Other) else f"{type(error).__name__}: "
        what = kind + str(error).removeprefix("compiled: ")
        self._give_up(call, f"can't be recorded ({what})")
        return result

    def _compared(self, call: _Call, made: Recorded) -> Any:
        """The first result: f itself runs, too, unless what it calls has effects."""
        if made.trial is None:
            result = made.program.run(call.args)
            if result is not OTHERWISE:
                return result
            self._keep(self._as_it_is, call.key, "it went another way at once")
            return call.as_it_is()
        with np.errstate(all="ignore"):
            tried = made.trial.run(call.args)
        result = call.as_it_is()
        theirs = (result, made.now.run(call.args))
        if tried is not OTHERWISE and _alike(tried, theirs, rounded=made.stacked):
            return tried[0]
        self._give_up(
            call,
            "gives other numbers than its program. It may ask for type(x) (write "
            "isinstance), for x is y, for the words of a number or for the time",
        )
        return result

    def _record(self, call: _Call) -> Recorded:
        """Record twice: what is not the same both times is not fixed.

        Numbers from outside that f binds anew are arguments then, if that can be.
        """
        f, name = call.f, self.__name__
        name = name if name.isidentifier() else "program"
        one = recorded(f, name, call.args)
        changing = one.counted
        if changing:
            try:
                one = recorded(f, name, call.args, changing)
            except Exception:  # it needs the plain number
                changing = frozenset()
        two = recorded(f, name, call.args, changing, floats=self._floats)
        if not one.is_like(two):
            raise Refused(
                "compiled: f was recorded twice, and did something else the second "
                "time; draw random numbers and read the time outside, and pass them as "
                "arguments"
            )
        return two

    def _named(self, error: BaseException) -> Refused:
        """The error with the name of the function."""
        text = str(error)
        return Refused(text.replace("compiled: f ", f"compiled: {self.__name__} ", 1))

    def _give_up(self, call: _Call, why: str) -> None:
        """Have f run as it is, and say so where the user has called it."""
        self._keep(self._as_it_is, call.key, why)
        text = f"compiled: {self.__name__} {why}. It runs as it is"
        warnings.warn(text, UserWarning, stacklevel=_users_level())

    def _keep(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        if key not in table and len(table) >= _MOST_FORMS:
            del table[next(iter(table))]
        table[key] = value


class _Call(NamedTuple):
    """A call on its way.

    Attributes:
        f: what is called: the function, or one that takes a dict of names at the end.
        key: the form of the arguments.
        args: these.
        why: f runs as it is with such; or "".
    """

    f: Callable[..., Any]
    key: Any
    args: tuple[Any, ...]
    why: str

    def as_it_is(self) -> Any:
        return _plain(self.f(*self.args))


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


def _caught(error: Exception, made: Recorded, call: _Call) -> Any:
    """What f gives where its program raises, for f may catch that."""
    if made.trial is None:  # what was called would be called twice
        raise error
    try:
        return call.as_it_is()
    except type(error):
        raise error from None  # it shows the line


def _plain(x: Any) -> Any:
    """A result with arrays in place of Tensors."""
    return mapped(data_of, x)


def _alike(x: Any, y: Any, *, rounded: bool) -> bool:
    """Whether two results are the same: their form, and each number to the last bit.

    Rounded otherwise, if that is said.
    """
    equal = _close if rounded else _equal
    return _form_of(x) == _form_of(y) and all(map(equal, leaves_of(x), leaves_of(y)))


def _close(x: Any, y: Any) -> bool:
    if _equal(x, y):
        return True
    if type(x) is not type(y) or np.shape(x) != np.shape(y):
        return False
    scale = np.max(np.abs(y), initial=0.0)
    return bool(np.allclose(x, y, rtol=1e-6, atol=1e-6 * scale, equal_nan=True))


def _form_of(x: Any) -> Any:
    """The tuples, lists and dicts of a result, and their keys."""
    if isinstance(x, dict):
        return [(k, _form_of(v)) for k, v in x.items()]
    return (type(x), *map(_form_of, x)) if isinstance(x, tuple | list) else None


def _equal(x: Any, y: Any) -> bool:
    return type(x) is type(y) and same_bits(np.asarray(x), np.asarray(y))


def _users_level() -> int:
    """How far above the caller of this the user's line stands."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and not is_users(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    return level

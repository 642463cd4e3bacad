"""Every call of a NumPy function in the tables of rules and compositions, to vary.

The tables of rule_rows.py and composition_rows.py are run once, and each call that
NumPy hands to a Tensor is written down. These calls are right; test_odd_arrays.py and
test_api_fuzz.py put other arguments in their places.
"""

import functools
import types
import warnings
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, numpy_protocol, rules
from helpers import composition_rows, rule_rows

# What a rule of the table stands for in NumPy; the others are called by NumPy's names.
NUMPYS = {r.operation: f for f, r in numpy_protocol._rules.items()}
del NUMPYS[rules.astype]  # whose dtype NumPy takes by position only
BASE = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10


class Call(NamedTuple):
    """A call of NumPy; the first of `args` may hold arrays in a list."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __call__(self) -> Any:
        return self.function(*self.args, **self.kwargs)

    def __repr__(self) -> str:
        words = [*map(_shown, self.args)]
        words += [f"{k}={_shown(v)}" for k, v in self.kwargs.items()]
        return f"{numpy_protocol._name(self.function)}({', '.join(words)})"

    def places(self) -> list[Any]:
        """Where an argument stands: indices and keywords, one after the other."""
        return [*_places(self.args), *((k,) for k in self.kwargs)]

    def at(self, place: Any) -> Any:
        whole = self.kwargs if type(place[0]) is str else self.args
        return functools.reduce(lambda x, i: x[i], place, whole)

    def put(self, place: Any, x: Any) -> "Call":
        """The same call with x at a place."""
        if type(place[0]) is str:
            return self._replace(kwargs=self.kwargs | {place[0]: x})
        return self._replace(args=_put(self.args, place, x))

    def mapped(self, fn: Any) -> "Call":
        """The same call with fn of every argument, of those in lists and tuples too."""
        args = tuple(_mapped(fn, x) for x in self.args)
        kwargs = {k: _mapped(fn, v) for k, v in self.kwargs.items()}
        return Call(self.function, args, kwargs)


def _shown(x: Any) -> str:
    if isinstance(x, np.ndarray | Tensor):
        return f"{type(x).__name__}{x.shape}:{x.dtype}"
    if isinstance(x, list | tuple) and any(
        isinstance(i, np.ndarray | Tensor) for i in x
    ):
        return f"[{', '.join(map(_shown, x))}]"
    return repr(x)


def _places(x: Any, before: Any = ()) -> list[Any]:
    found = []
    for i, part in enumerate(x):
        found.append((*before, i))
        if isinstance(part, list | tuple) and len(before) < 2:
            found += _places(part, (*before, i))
    return found


def _put(whole: Any, place: Any, x: Any) -> Any:
    i, rest = place[0], place[1:]
    parts = list(whole)
    parts[i] = _put(parts[i], rest, x) if rest else x
    return type(whole)(parts)


def _mapped(fn: Any, x: Any) -> Any:
    return type(x)(_mapped(fn, i) for i in x) if type(x) in (list, tuple) else fn(x)


@functools.cache
def heard() -> tuple[Call, ...]:
    """The calls of the tables, with Tensors where the tables have them."""
    calls: list[Call] = []

    def call_ufunc(ufunc: Any, method: str, inputs: Any, kwargs: Any) -> Any:
        calls.append(Call(ufunc, inputs, kwargs))
        return original[0](ufunc, method, inputs, kwargs)

    def call_function(function: Any, args: Any, kwargs: Any) -> Any:
        calls.append(Call(function, args, kwargs))
        return original[1](function, args, kwargs)

    original = numpy_protocol.call_ufunc, numpy_protocol.call_function
    stand_in = {n: getattr(rules, n) for n in rules.__all__}
    stand_in = {n: NUMPYS.get(r, r) for n, r in stand_in.items()}
    rule_rows.rules, kept = types.SimpleNamespace(**stand_in), rule_rows.rules
    numpy_protocol.call_ufunc, numpy_protocol.call_function = call_ufunc, call_function
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for f, *operands in rule_rows.ROWS.values():
                NUMPYS.get(f, f)(*map(Tensor, operands))
            for f in composition_rows.ROWS.values():
                f(Tensor(BASE))
    finally:
        rule_rows.rules = kept
        numpy_protocol.call_ufunc, numpy_protocol.call_function = original
    return tuple(calls)


def by_function(calls: Any) -> dict[Any, list[Call]]:
    """The calls of each function, none of them twice."""
    found: dict[Any, list[Call]] = {}
    for call in {repr(call): call for call in calls}.values():
        found.setdefault(call.function, []).append(call)
    return found


# --- judging a call -------------------------------------------------------------------


def plain(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def wrong(call: Call) -> str:
    """What is wrong with ours, held against NumPy's on plain data; "" if nothing."""
    theirs, their_error = outcome(call.mapped(plain))
    ours, our_error = outcome(call)
    if our_error is not None:
        return wrong_error(call.function, our_error, their_error)
    if their_error is not None:
        return f"{ours!r:.80}, and NumPy raises {their_error!r:.120}"
    return differs(ours, theirs) or wrong_gradients(call, ours)


def outcome(call: Call) -> tuple[Any, Any]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(), None
        except Exception as error:  # of any kind: it is judged
            return None, error


def wrong_error(function: Any, error: Exception, theirs: Exception | None) -> str:
    """An error must be of a kind that is meant, and name who; or be NumPy's alone."""
    if not _ours(error):
        return (
            "" if theirs is not None or isinstance(error, TypeError) else f"{error!r}"
        )
    kinds = (TypeError, ValueError, RuntimeError)
    kinds += (IndexError,) if isinstance(theirs, IndexError) else ()
    if not isinstance(error, kinds) or isinstance(error, RecursionError):
        return f"{error!r:.120}, and NumPy: {theirs!r:.80}"
    rule = numpy_protocol._rules.get(function)
    names = [function.__name__, *([rule.operation.__name__] if rule else [])]
    # NumPy itself calls these with what lies in its arguments, before it asks us:
    names += ["asarray", "np.copyto", "0-d Tensor"]
    return "" if any(n in str(error) for n in names) else f"nameless: {error!r:.120}"


def _ours(error: Exception) -> bool:
    """Whether an error came out of the engine, and not from NumPy alone."""
    frames, tb = [], error.__traceback__
    while tb is not None:
        frames.append(tb.tb_frame.f_globals.get("__name__", ""))
        tb = tb.tb_next
    return any(name.startswith("engine") for name in frames)


def differs(ours: Any, theirs: Any) -> str:
    """How a result differs from NumPy's in form, shape, dtype or numbers."""
    if isinstance(theirs, list | tuple):
        if not isinstance(ours, list | tuple) or len(ours) != len(theirs):
            return f"{ours!r:.80} for {theirs!r:.80}"
        pairs = zip(ours, theirs, strict=True)
        return next(filter(None, (differs(*pair) for pair in pairs)), "")
    ours = plain(ours)
    if np.shape(ours) != np.shape(theirs):
        return f"shape {np.shape(ours)}, and NumPy's is {np.shape(theirs)}"
    if not isinstance(theirs, np.ndarray | np.generic):
        return "" if ours == theirs or ours != ours else f"{ours!r} for {theirs!r}"
    dtype, wanted = (np.asarray(x).dtype.newbyteorder("=") for x in (ours, theirs))
    if dtype != wanted:
        return f"dtype {dtype}, and NumPy's is {wanted}"
    if wanted.kind not in "biuf":
        return ""
    return "" if close(ours, theirs) else f"{ours!r:.80} for {theirs!r:.80}"


def close(x: Any, y: Any) -> bool:
    x, y = np.asarray(x), np.asarray(y)
    eps = np.finfo(x.dtype).eps if x.dtype.kind == "f" else 0
    wide = [a.astype(np.longdouble) for a in (x, y)]
    finite = np.abs(wide[1][np.isfinite(wide[1])]).max(initial=1)
    with np.errstate(all="ignore"):
        return np.allclose(
            *wide, rtol=0, atol=100 * max(eps, 1e-12) * finite, equal_nan=True
        )


def wrong_gradients(call: Call, result: Any) -> str:
    """Whether every gradient has the shape and the dtype of its data."""
    leaves = tensors_in(call)
    results = result if isinstance(result, list | tuple) else [result]
    for y in [y for y in results if isinstance(y, Tensor) and y.requires_grad]:
        for leaf in leaves:
            leaf.grad = None
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                y.backward(np.ones(y.shape))
            except (TypeError, ValueError, RuntimeError) as error:
                words = str(error) + "".join(getattr(error, "__notes__", []))
                return "" if y.op.partition(".")[0] in words else f"{error!r:.120}"
        for x in leaves:
            if x.grad is not None and (x.grad.shape, x.grad.dtype) != (
                x.shape,
                x.dtype,
            ):
                return f"gradient {x.grad.shape} {x.grad.dtype} of {x!r}"
    return ""


def tensors_in(call: Call) -> list[Tensor]:
    found: list[Tensor] = []
    call.mapped(lambda x: found.append(x) if isinstance(x, Tensor) else None)
    return found

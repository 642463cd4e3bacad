"""Every rule and both networks on CuPy's arrays: what differs from NumPy, or fails.

    python tests/benchmarks/cupy_rules.py                  on the GPU
    python tests/benchmarks/cupy_rules.py --module numpy   the same way, without one

The rows are those of the suite (tests/helpers). Each is run on NumPy and on the other
library: its value, its gradients, and the gradients of their squares. Arrays in a row,
such as a mask, are the other library's too, or NumPy's if it refuses that. A line says

    differs    another number, shape or dtype
    left       the result is NumPy's: somebody pulled the data over
    refused    an error, of the library or of ours
    signs      the same but for signs, which a decomposition may choose

and the last line counts the rows. The exit status is 1 if something differs, and 2 if
the library or its device is not there.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import re
import sys
import time
import types
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]  # the engine, and the suite's helpers

from helpers.composition_rows import ROWS as COMPOSITIONS  # noqa: E402
from helpers.rule_rows import ROWS as RULES  # noqa: E402
from helpers.rule_rows import some  # noqa: E402

import nn  # noqa: E402
from engine import Tensor, no_grad  # noqa: E402

SECONDS = 450  # then the rest is counted as not run
MAY_CHOOSE_SIGNS = re.compile(r"\b(eigh|svd|qr)\b")
BASE = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
MASK = np.eye(3) > 0
OF_NN = {
    "lin": (nn.lin, some(4, 3), some(3, 2), some(2)),
    "masked_linear": (
        lambda x, w, b: nn.masked_linear(x, w, b, mask=MASK),
        *(some(4, 3), some(3, 3), some(3)),
    ),
    "relu": (nn.relu, some(4, 3)),
    "exciter": (lambda x: nn.exciter(x, low=-0.9, high=0.9), some(4, 3)),
    "conv2d": (
        lambda x, w, b: nn.conv2d(x, w, b, stride=(2, 1), padding=1),
        *(some(2, 2, 4, 3), some(3, 2, 2, 2), some(3)),
    ),
    "max_pool2d": (lambda x: nn.max_pool2d(x, size=2), some(2, 2, 5, 4)),
    "max_pool2d of windows that overlap": (
        lambda x: nn.max_pool2d(x, size=(3, 2), stride=1),
        some(2, 2, 4, 3),
    ),
    "mse": (nn.mse, some(4, 1), some(4)),
}
Stages = Iterator[tuple[str, list[Any]]]  # what was computed, and the arrays
Run = Callable[[Any, Any], Stages]  # of a module, and that of the row's own arrays


def all_rows() -> dict[str, Run]:
    """What runs a row, by its name."""
    rows = {name: (f, *operands) for name, (f, *operands) in (RULES | OF_NN).items()}
    rows |= {name: (f, BASE) for name, f in COMPOSITIONS.items()}
    runs: dict[str, Run] = {
        name: functools.partial(stages, row) for name, row in rows.items()
    }
    return {**runs, "the network Model": model, "the network ExciterNet": exciter_net}


# --- what is run ----------------------------------------------------------------------


def stages(row: tuple[Any, ...], xp: Any, own: Any) -> Stages:
    """The value of a function, its gradients, and the gradients of their squares."""
    f, *operands = row
    leaves = [Tensor(xp.asarray(np.asarray(x))) for x in operands]
    y = translated(f, own)(*leaves)
    yield "value", [y.data]
    (y * y).sum().backward()
    yield "gradient", taken(leaves)
    (y * y).sum().backward(create_graph=True)
    slopes = sum((g * g).sum() for g in taken(leaves))
    slopes.backward()
    yield "second", taken(leaves)


def taken(leaves: list[Tensor]) -> list[Any]:
    """Their gradients, which are None afterwards."""
    gradients = [x.grad for x in leaves]
    for x in leaves:
        x.grad = None
    return gradients


def model(xp: Any, _own: Any) -> Stages:
    rng = np.random.default_rng(1)
    return trained(xp, nn.Model(*numbers(xp, rng, (5, 3), (3,), (3, 1), (1,))))


def exciter_net(xp: Any, _own: Any) -> Stages:
    shapes = [(5, 3), (3,), (3, 3), (3,), (3, 1), (1,)]
    w1, b1, wm, bm, w2, b2 = numbers(xp, np.random.default_rng(1), *shapes)
    exciter = nn.Exciter(lambda layer, g: g * 0.5, low=-1.0, high=1.0)
    masked = nn.MaskedLinear(wm, bm, mask=np.eye(3))
    return trained(xp, nn.ExciterNet(nn.Lin(w1, b1), exciter, masked, nn.Lin(w2, b2)))


def numbers(xp: Any, rng: np.random.Generator, *shapes: tuple[int, ...]) -> list[Any]:
    return [xp.asarray(rng.normal(size=shape)) for shape in shapes]


def trained(xp: Any, net: Any) -> Stages:
    """The loss, the gradients by both ways backward, and after three steps of SGD."""
    x, y = numbers(xp, np.random.default_rng(0), (8, 5), (8,))
    loss = net(x, y)
    yield "value", [loss.data]
    loss.backward()
    yield "gradient", taken(net.parameters())
    net(x, y)
    net.backward()
    yield "by hand", taken(net.parameters())
    sgd = nn.SGD(net.parameters(), lr=0.1)
    for _ in range(3):
        sgd.zero_grad()
        net(x, y).backward()
        sgd.step()
    with no_grad():
        yield "trained", [*(p.data for p in net.parameters()), net(x, y).data]


# --- the rows' own arrays, in another library -----------------------------------------


class Numpy:
    """NumPy's names for a row; what makes an array makes one of the other library."""

    def __init__(self, xp: Any) -> None:
        self._xp = xp

    def __getattr__(self, name: str) -> Any:
        held = getattr(np, name)
        if isinstance(held, type | types.ModuleType) or not callable(held):
            return held

        def moved(*args: Any, **options: Any) -> Any:
            made = held(*args, **options)
            return self._xp.asarray(made) if isinstance(made, np.ndarray) else made

        return moved


def translated(f: Any, xp: Any) -> Any:
    """A row whose arrays, and those of the helpers it calls, are the module's."""
    if not isinstance(f, types.FunctionType) or xp is np:
        return f  # a rule, which makes no arrays
    if not f.__module__.startswith(("helpers.", __name__)):
        return f
    known = {
        name: Numpy(xp) if held is np else adapted(held, xp)
        for name in f.__code__.co_names
        if (held := f.__globals__.get(name)) is not None
    }
    twin = types.FunctionType(
        f.__code__,
        {**f.__globals__, **known},
        f.__name__,
        f.__defaults__,
        f.__closure__,
    )
    twin.__kwdefaults__ = f.__kwdefaults__
    return twin


def adapted(held: Any, xp: Any) -> Any:
    return xp.asarray(held) if isinstance(held, np.ndarray) else translated(held, xp)


# --- beside NumPy ---------------------------------------------------------------------


def problems(name: str, run: Run, xp: Any) -> list[tuple[str, str]]:
    """What is wrong with a row: pairs such as ("differs", "the gradient by 0.5")."""
    expected = reached(run(np, np))
    attempts = []
    for own in (xp, np):  # in which library the row's own arrays are
        found = list(differences(name, expected, reached(run(xp, own)), xp))
        if all(word != "refused" for word, _ in found):
            return found
        attempts.append(found)
    return attempts[0]


def reached(computed: Stages) -> dict[str, Any]:
    """The arrays of each stage, up to one that fails: then its error."""
    done: dict[str, Any] = {}
    try:
        with np.errstate(all="ignore"):
            done.update(computed)
    except Exception as error:
        done["refused"] = error
    return done


def differences(
    name: str, expected: dict[str, Any], theirs: dict[str, Any], xp: Any
) -> Iterator[tuple[str, str]]:
    for stage, arrays in expected.items():
        if stage == "refused":  # NumPy's own arrays went no further
            return
        if stage not in theirs:
            yield "refused", f"the {stage}: {in_words(theirs['refused'])}"
            return
        for ours, other in zip(arrays, theirs[stage], strict=True):
            word, what = difference(ours, other, xp)
            if word == "differs" and MAY_CHOOSE_SIGNS.search(name):
                signs, _ = difference(np.abs(ours), np.abs(fetched(other)), np)
                word = word if signs else "signs"
            if word:
                yield word, f"the {stage} {what}"


def difference(ours: Any, other: Any, xp: Any) -> tuple[str, str]:
    """What tells two arrays apart, in a word and in words; two times "" if nothing."""
    if ours is None or other is None:
        return ("", "") if other is ours else ("differs", f"is {other}, not {ours}")
    if xp is not np and isinstance(other, np.ndarray | np.generic):
        return "left", f"is a {type(other).__name__} of NumPy"
    try:
        other = fetched(other)
    except Exception as error:  # of what was put off until now
        return "refused", f"when fetched: {in_words(error)}"
    if (ours.shape, ours.dtype) != (other.shape, other.dtype):
        shapes = f"{other.shape} {other.dtype}, not {ours.shape} {ours.dtype}"
        return "differs", f"is of {shapes}"
    eps = np.finfo(ours.dtype).eps if ours.dtype.kind == "f" else 0.0
    rtol = max(1e-9, 256 * eps)
    if np.allclose(other, ours, rtol=rtol, atol=rtol / 10, equal_nan=True):
        return "", ""
    with np.errstate(invalid="ignore"):
        return "differs", f"by {np.max(np.abs(other - ours)):.3g}"


def in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split()):.150}"


def fetched(x: Any) -> Any:
    """An array of another library as NumPy's."""
    if hasattr(x, "get"):  # CuPy's
        return x.get()
    return np.asarray(x.compute() if hasattr(x, "compute") else x)


# --- the command ----------------------------------------------------------------------


def report(xp: Any, rows: dict[str, Run], seconds: float = SECONDS) -> int:
    """Run the rows and print what is wrong. Returns the exit status."""
    began, counts = time.monotonic(), Counter[str]()
    for name, run in rows.items():
        if time.monotonic() - began > seconds:
            counts["not run"] += 1
            continue
        found = problems(name, run, xp)
        counts[worst(found)] += 1
        for word, what in found:
            print(f"{word:<8} {name:<32} {what}", flush=True)
    library = f"{xp.__name__} {getattr(xp, '__version__', '')}".strip()
    words = ("equal", "signs", "differs", "left", "refused", "not run")
    told = ", ".join(f"{counts[word]} {word}" for word in words)
    print(f"{len(rows)} rows on {library}: {told}; {time.monotonic() - began:.0f} s")
    return int(counts["differs"] > 0)


def worst(found: list[tuple[str, str]]) -> str:
    order = ("differs", "left", "refused", "signs")
    words = {word for word, _ in found}
    return next((word for word in order if word in words), "equal")


def module(name: str) -> Any:
    """The library, once it has made an array and computed with it.

    Raises:
        RuntimeError: if it is not installed, or has no device.
    """
    try:
        xp = importlib.import_module(name)
    except ImportError as error:
        wheel = "; its wheel for CUDA 12 is cupy-cuda12x" if name == "cupy" else ""
        raise RuntimeError(f"{name} is not installed ({error}){wheel}") from error
    try:
        fetched((xp.asarray(np.ones(2)) * 2).sum())
    except Exception as error:
        raise RuntimeError(
            f"{name} can't compute here, is there a GPU? {error}"
        ) from error
    return xp


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--module", default="cupy", help="cupy, numpy or dask.array")
    parser.add_argument("--only", default="", help="rows that have this in their names")
    asked = parser.parse_args(argv)
    try:
        xp = module(asked.module)
    except RuntimeError as error:
        print(f"cupy_rules: {error}", file=sys.stderr)
        return 2
    rows = {name: run for name, run in all_rows().items() if asked.only in name}
    return report(xp, rows)


if __name__ == "__main__":
    sys.exit(main())

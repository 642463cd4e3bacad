"""Errors where a Tensor that wants a gradient is asked for plain numbers.

What is computed from a plain number is no longer part of the graph, and a gradient that
misses it is wrong without a word. So nothing leaves the graph unless a program says so:
by `t.item()`, `t.data`, `t.detach()`, an f-string, or inside `no_grad()`.
"""

from __future__ import annotations

from engine._users_line import users_frames, users_line

_TABLE = "Multiply by an array instead: m.toarray() of a sparse matrix, df.to_numpy()"
# What to write in place of functions that ask for an array, by their names.
_INSTEAD = {
    "full": "np.broadcast_to(t, shape) keeps it",
    "logsumexp": "engine.logsumexp(t, axis=...) keeps it",
    "log_softmax": "t - engine.logsumexp(t, axis=..., keepdims=True) keeps it",
    "polygamma": "(-1) ** (n + 1) * math.factorial(n) * scipy.special.zeta(n + 1, t) "
    "keeps it",
    "__matmul__": _TABLE,
    "__mul__": _TABLE,
    "softmax": "np.exp(t - engine.logsumexp(t, axis=..., keepdims=True)) keeps it",
}
_ANY_ARRAY = (
    "np.stack([t, u]) makes one Tensor of several, np.broadcast_to(t, shape) repeats "
    "one, and t * rng.normal(size=n) scales random numbers"
)


def number_error(asked: str) -> TypeError:
    """The error of float(t), int(t) and complex(t).

    Args:
        asked: what was called: "float", "int" or "complex".
    """
    return TypeError(
        f"{asked}: a plain number would lose the gradient of this Tensor, at "
        f"{users_line()}. For math.exp(t) write np.exp(t), for math.isfinite(t) "
        "np.isfinite(t); for array[i] = t build the array by np.stack([t, u]); to "
        "print it, f'{t:.3f}'. t.item() is the number without its gradient"
    )


def array_error() -> TypeError:
    """The error of np.asarray(t), and of what calls it."""
    asked = users_frames()[1].f_code.co_name
    named = asked in _INSTEAD and not asked.startswith("_")
    return TypeError(
        f"{asked if named else 'asarray'}: a plain array would lose the gradient of "
        f"this Tensor, at {users_line()}. {_INSTEAD.get(asked, _ANY_ARRAY)}. t.data is "
        "the array without its gradient"
    )

"""Expressions of arrays, for what computes them without NumPy: the steps page.

Expressions stand apart by three blanks. VALUES are their variables; a line of REFUSED
has those that NumPy refuses, too.
"""

import re

import numpy as np

_rng = np.random.default_rng(0)
VALUES = {
    "s": np.float64(-1.5),
    "z": np.float64(0.0),
    "v": np.array([1.5, -2.0, 0.0]),
    "w": np.array([0.5, np.nan, np.inf]),
    "q": np.array([-np.inf, -0.0, np.inf]),
    "a": _rng.normal(size=(2, 3)).round(2),
    "b": _rng.normal(size=(3, 2)).round(2),
    "c": np.array([[1.0], [-2.0], [0.5]]),
    "t": _rng.normal(size=(2, 3, 4)).round(2),
    "u": _rng.normal(size=(2, 4, 3)).round(2),
    "m": np.array([[True, False, True], [False, False, True]]),
    "f": np.array([False, True, False]),
    "i": np.array([2, 0, -1]),
    "e": np.zeros((0, 3)),
}
NUMBERS = ("s", "z", "v", "w", "q", "c", "0.1", "-2.0", "np.nan")
OPERATORS = "+ - * / // % ** < <= > >= == !="
OF_ONE = """
    abs absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil conjugate
    cos cosh deg2rad exp exp2 expm1 floor isfinite isinf isnan log log10 log1p log2
    logical_not negative positive rad2deg real reciprocal rint sign signbit sin sinc
    sinh sqrt square tan tanh trunc
"""
OF_TWO = """
    add arctan2 copysign divide equal float_power floor_divide fmax fmin fmod greater
    greater_equal heaviside hypot less less_equal logaddexp logaddexp2 logical_and
    logical_or maximum minimum multiply not_equal power remainder subtract
"""
FOLDS = "sum mean prod max min any all var std"
AXES = "(0, 1)   (-1, 0)   (2, 1, 0)   ()   None"
ROWS = {
    "entry by entry": """
    s + v   v - c   a * v   a / v   v ** 2   s ** 0.5   1.0 ** w   w ** 0   v // 2.0
    v % 2.0   -v   +a   a > 0   v >= 0   w == w   w != w   v <= s   abs(a)   np.sign(w)
    np.maximum(v, w)   np.minimum(v, 0)   np.exp(w)   np.log(a)   np.sqrt(v)
    np.tanh(t)   np.hypot(v, c)   np.isnan(w)   np.logaddexp(v, s)   np.logaddexp(w, w)
    np.isfinite(w)   np.rint(a * 3)   np.copysign(a, v)   np.signbit(-z)
    np.reciprocal(z)   1 / (z * -1.0)   np.sinc(v)   np.pi * v   np.ldexp(a, -3)
    7 // -2   7 % -2   [1.0, 2.0] * b   np.inf - v
    np.power(-1.0, q)   np.power(1.0, w)   True + a   3 // v[:2]
    """,
    "booleans": """
    ~m   m & (a > 0)   m | (a > 0)   m * 2.0   np.where(m, a, 0.0)   np.logical_not(m)
    m + m   m * f   m & f
    m | f   m ^ f   m & True   ~f   m == f   m + 1   np.maximum(m, f)   np.absolute(m)
    np.where(m, f, 1.5)   np.where(m, f, ~f)   np.where(w, 1.0, 2.0)   np.where(1, v, w)
    np.ones_like(m)   np.tril(m)   m / 2   m - 1.0   1 - m   m ** 2   m > 0.5
    np.concatenate([m, a])   np.array([True, 0.5])   np.full(2, True)
    np.zeros_like(m)   m.sum() / 2   np.triu(m)   np.where(v, f, True)
    """,
    "reductions": """
    a.sum(axis=-1, keepdims=True)   a.min(axis=0, keepdims=True)
    a.sum()   a.sum(axis=0)   t.sum(axis=(0, 2))   np.sum(t, axis=1)   t.mean()
    t.mean(axis=2)   np.max(w)   a.max(axis=1)   np.prod(v + 1)   np.any(m)
    m.all(axis=0)   m.sum(axis=1)   np.var(a, axis=0)   np.std(v)   a.argmax(axis=1)
    v.argmin()   np.count_nonzero(m)   s.sum()   np.cumsum(a, axis=1)   np.cumsum(a)
    m.cumsum(axis=1)   np.sum(e)   e.sum(axis=0)   np.prod(e)   e.any()   e.all(axis=1)
    e.max(axis=1)   s.sum(axis=0)   np.max(s, axis=-1)   np.var(a, ddof=1)
    np.std(v, ddof=1)   np.nanmax(w)   np.nanmin(w)   np.nanmin(a, axis=0)   np.amax(a)
    np.amin(a)   np.argmax(q)   np.argmin(t, axis=1)
    np.any(w[1:2])   np.all(w[1:])   np.count_nonzero(w)   np.mean(m, axis=1)
    """,
    "norms and bounds": """
    np.clip(a, -0.5, 0.5)   np.clip(a, None, 0.5)   v.clip(0, 1)   v.clip(max=0.5)
    v.clip(min=0.5)   np.clip(v, c, None)   np.clip(w, a_min=0.0, a_max=1.0)
    np.linalg.norm(a)   np.linalg.norm(t, axis=(0, 2))   np.linalg.norm(v, ord=3)
    np.linalg.norm(a, axis=1, keepdims=True)   np.linalg.norm(a, ord=1, axis=0)
    np.linalg.norm(v, ord=np.inf)   np.linalg.norm(a, ord=1.5, axis=-1)
    """,
    "products": """
    a @ b   v @ b   a @ v   v @ v   t @ u   t @ u[0]   u @ t[1]   v @ u[0].T
    np.dot(v, w)   np.dot(a, b)   np.dot(a, s)   np.outer(v, c)
    np.einsum("ij,jk->ik", a, b)   np.einsum("ij,jk", a, b)   np.einsum("ij->", a)
    np.einsum("bij,bjk->bik", t, u)   np.einsum("ii", u[0][:3])   m @ v   e @ b
    np.dot(a, u[:, :3])   np.dot(v, u[:, :3])   np.dot(t, v[:1] * np.ones(4))
    np.inner(a, a)   np.inner(v, a)   np.inner(t, u[0].T)   np.inner(s, a)
    np.vdot(a, b)   v.dot(b)   np.matmul(a, b)   np.tensordot(a, b, 1)
    np.tensordot(t, u, ((1, 2), (2, 1)))   np.tensordot(a, v, ((), ()))
    np.tensordot(t, b, axes=((1,), (0,)))   np.tensordot(a, b.T)   t @ u[:1]
    np.einsum("ij->ji", a)   np.einsum("ba", a)   np.einsum("i,j", v, w)
    np.einsum("...ij,...jk->...ik", t, u)   np.einsum("...i->...", t)
    np.einsum("i...,i...", a, a)   np.einsum("...,...", a, s)   np.einsum(",", s, s)
    np.einsum("ii->i", u[0][:3])   np.einsum("ij,jk->ik", c, a)
    np.einsum(" ij , jk -> ik ", a, b)   np.einsum("ij,j->i", a, v, optimize=True)
    np.einsum("i,i,i->", v, v, v)   np.einsum("ij->", e)
    t[None] @ u   np.ones((2, 1, 3, 4)) @ u   np.tensordot(t, t, 3)
    """,
    "shapes": """
    a.T   t.T   a.reshape(3, 2)   a.reshape((6,))   a.reshape(-1)   t.reshape(2, -1)
    a.ravel()   np.transpose(t, (1, 0, 2))   t.transpose(2, 0, 1)
    np.swapaxes(t, 0, -1)   np.moveaxis(t, 0, -1)   np.moveaxis(t, -1, 1)
    np.expand_dims(a, 1)   np.squeeze(c)   np.squeeze(c, axis=1)
    np.broadcast_to(v, (2, 3))   np.broadcast_to(s, (2,))   np.concatenate([v, w])
    np.stack([v, w], axis=1)   np.concatenate((a, a * 2), axis=1)   np.flip(a)
    np.flip(a, axis=1)   np.tril(a)   np.triu(t, 1)   np.zeros((2, 3))   np.ones(3)
    np.eye(3)   np.full((2,), 1.5)   np.arange(4)   np.arange(1, 7, 2)
    np.zeros_like(a)   np.ones_like(s)   np.full_like(a, 2.0)   np.array([1.0, s])
    a.shape[0]   a.size + t.ndim   len(a)   np.shape(t)[1:]   a.copy()   m.T
    np.zeros((0, 3))   e.reshape(3, 0)   np.arange(0)   a.flatten()   s.reshape(1, 1)
    c.squeeze()   c.squeeze(1)   a.swapaxes(0, 1)   t.mT   t.transpose((1, 2, 0))
    t.transpose()   s.T   np.ravel(s)   np.expand_dims(a, (0, -1))
    np.expand_dims(s, 0)   np.stack((a, a), -1)   np.stack([s, s])
    np.concatenate((a, c.T), axis=0)   np.flip(t, (0, 2))
    np.concatenate([a, v], axis=None)   np.moveaxis(t, 2, 0)   np.tril(v)   np.eye(2, 3)
    np.eye(3, k=-1)   np.tri(3)   np.tri(2, 3, k=1)   np.full(2, w[0])
    np.ones(2, dtype=np.float64)   np.full((2, 3), v)   np.full_like(a, v)
    np.arange(5, 0, -2)   np.arange(0.0, 1.0, 0.3)   np.array([[1, s], [2, z]])
    np.asarray([v, w])   np.copy(a)   np.size(a)   np.ndim(s)   t.shape[-1]
    np.zeros(a.shape)   np.zeros(t.shape[1:])   np.reshape(a, (3, -1))
    np.squeeze(s, axis=0)   np.expand_dims(a, (2, 0))   np.transpose(a, None)
    np.array([])   np.squeeze(c.T, (0,))   np.stack([a, a, a], axis=1)
    """,
    "indices": """
    a[0]   a[-1, 2]   a[:, 1]   a[:, None]   v[:, None]   a[..., 0]   t[0, ..., 1]
    v[1:]   v[::-1]   t[:, ::2, -2:]   v[:-1]   v[5:]   a[:, ::-1]   a[None]   v[i]
    a[:, i]   a[[0, 1, 0]]   a[[0, 1], [2, 0]]   t[:, i, 0]   t[0, :, i]
    t[np.arange(2), [0, 2]]   a[m]   v[v > 0]   t[:, [0, 1], [1, 2]]   a[i[0] - 1]
    t[[0, 1], :, [1, 2]]   a[np.arange(2)[:, None], i]   e[:, 1]   v[5::-2]   v[:-5:-1]
    v[-5:2]   v[2:0:-1]   v[1:1]   a[()]   t[..., None]   t[None, ..., None]
    t[0, 0, 0]   v[[]]   a[:, f]   a[f[:2]]   t[m]   t[:, f, 1]   t[m, 0]
    t[[0, 1], f[:2] * 1]   a[[[0, 1], [1, 0]]]   a[0, i]   t[[0], None, [1]]   a[~m]
    v[v > 9]   v[[True, False, True]]   a[i[0] - 2]
    v[-9::-1]   v[9:-9:-1]   v[-9:9]   v[0:-9:-1]   v[-9:-9]   v[9:1:-1]   v[:9:-1]
    v[-2::-1]   v[:-1:-1]   v[:1][f[1:2]]   t[:, None, 0]   t[1, ..., ::-2, None]
    """,
}
REFUSED = """
    a[3, 0]   a[0, -4]   a[0, 0, 0]   v[::0]   a[..., ...]   a[f]   v[m]   s[0]   b[~m]
    t[:, m]   s.shape[0]   len(s)   a[i, i]   a[[0, 1], [0, 1, 2]]   v - np.zeros(2)
    m - m   -m   +m   np.sign(m)   np.maximum(a, b)   a.sum(axis=(0, 0))
    a.sum(axis=-3)   e.max()   e.min(axis=0)   e.argmax()   a.reshape(4, -1)
    a.reshape(-1, -1)   a.reshape()   np.squeeze(a, axis=0)   np.transpose(a, (0, 0))
    np.transpose(a, (0,))   np.swapaxes(a, 0, 2)   np.moveaxis(a, 2, 0)
    np.expand_dims(a, 4)   np.expand_dims(a, (0, 0))   np.broadcast_to(v, (2, 2))
    np.broadcast_to(a, (3,))   np.flip(a, 2)   np.concatenate([a, b])
    np.concatenate([a, v])   np.concatenate([s, s])   np.stack([v, a])
    np.array([v, a])   np.array([[1.0], [1.0, 2.0]])   np.zeros((-1, 2))
    np.full((2, 2), v)   np.arange(1, 2, 0)   np.tril(s)   s @ v   a @ v[:2]
    v @ a[0, :2]   t @ u[0].T   np.dot(a, a)   np.inner(a, b)   np.tensordot(a, a, 1)
    np.tensordot(a, a, ((0, 0), (0, 1)))   np.vdot(a, v)   np.einsum("ij", v)
    np.einsum("i", a)   np.einsum("i,i", v)   np.einsum("i->ij", v)
    np.einsum("ij->ii", a)   np.einsum("i,i", v, v[:2])   np.einsum("i,i", v, v, v)
    np.einsum("...ij", v)   np.linalg.norm(v, axis=1)   a + b   a @ a   t @ v
    a.reshape(4, 2)   a[2]   v[[3]]   a.sum(axis=2)
    v[0.5]   a.sum(axis=0.5)   np.squeeze(t, axis=1)   np.squeeze(e, 0)
"""


def apart(text: str) -> list[str]:
    """The expressions of a text."""
    return re.split(r"\s\s+", text.strip())


def expressions() -> list[str]:
    """All of them: those above, and each function of each kind of operand."""
    return [
        *(row for rows in ROWS.values() for row in apart(rows)),
        *(
            f"{x} {sign} {y}"
            for x in NUMBERS
            for sign in OPERATORS.split()
            for y in NUMBERS
        ),
        *(f"np.{f}({x})" for f in OF_ONE.split() for x in [*NUMBERS, "a", "t", "e"]),
        *(
            f"np.{f}({x}, {y})"
            for f in OF_TWO.split()
            for x in NUMBERS
            for y in NUMBERS
        ),
        *(
            f"{x}.{f}({how})"
            for f in f"{FOLDS} argmax argmin".split()
            for x in "wqatm"
            for how in ("", "axis=0", "-1", "axis=-1, keepdims=True", "keepdims=True")
        ),
        *(
            f"np.{f}(t, axis={axes}, keepdims={kept})"
            for f in FOLDS.split()
            for axes in apart(AXES)
            for kept in (True, False)
        ),
    ]

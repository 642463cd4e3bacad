"""NumPy's functions that have no rule: those of derivative 0, and those refused.

The first run on the plain data. Of the second a few can have no rule, and say why.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Piecewise constant, or about shapes: their derivative is zero wherever it exists.
CONSTANT = frozenset(
    {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal}
    | {np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.any, np.all}
    | {np.isnan, np.isinf, np.isfinite, np.isposinf, np.isneginf, np.signbit}
    | {np.sign, np.floor_divide, np.angle, np.imag}
    | {np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix}
    | {np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition}
    | {np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero, np.lexsort}
    | {np.searchsorted, np.digitize, np.isin, np.linalg.matrix_rank}
    | {np.array_equal, np.array_equiv, np.allclose, np.isclose}
    | {np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj}
    | {np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like}
    | {np.diag_indices_from, np.tril_indices_from, np.triu_indices_from}
    | {np.result_type, np.can_cast, np.common_type, np.min_scalar_type, np.spacing}
    | {np.shares_memory, np.may_share_memory, np.einsum_path}
)

# Those of them that need all the data, or that lazy libraries do not have.
_CONSTANT_AT_ONCE = frozenset(
    {np.argsort, np.argpartition, np.lexsort, np.digitize, np.searchsorted}
    | {np.linalg.matrix_rank}
    | {np.array_equal, np.array_equiv, np.isrealobj, np.size}
    | {np.diag_indices_from, np.tril_indices_from, np.triu_indices_from}
    | {np.can_cast, np.common_type, np.min_scalar_type, np.einsum_path}
    | {np.shares_memory, np.may_share_memory}
)

# Why there is no rule, and can be none, where that is not only that nobody wrote it.
_WRITES = "it would write into an array, of which the graph would not know; "
_WRITES += "np.where(mask, t, array), or np.broadcast_to(t, shape), makes a new one"
_COPIES = "NumPy calls it in np.full, np.full_like and np.nan_to_num, and it would "
_COPIES += "write into an array; np.broadcast_to(t, shape) or np.where(mask, t, array) "
_COPIES += "makes a new one"
_COMPLEX = "complex numbers have no gradient here"
_TEXT = "a file or a text keeps no graph"
_WHY_NOT: dict[Any, str] = {
    np.copyto: _COPIES,
    **dict.fromkeys([np.place, np.put, np.putmask], _WRITES),
    **dict.fromkeys([np.put_along_axis, np.fill_diagonal], _WRITES),
    **dict.fromkeys([np.linalg.eig, np.linalg.eigvals, np.roots, np.poly], _COMPLEX),
    **dict.fromkeys([np.sort_complex, "numpy.fft", "numpy.lib.scimath"], _COMPLEX),
    **dict.fromkeys([np.save, np.savetxt, np.savez, np.savez_compressed], _TEXT),
    **dict.fromkeys([np.array_repr, np.array_str, np.array2string], _TEXT),
}

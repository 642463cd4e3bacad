"""What other engines call what a Tensor has under another name.

Each is an attribute that raises an AttributeError, with the name to write. (The method
`__getattr__` would be shorter, and make every access to `t.data` five times as slow.)
What NumPy has as a function (`t.exp`) is found in NumPy itself; the table has the rest:
names of PyTorch, TensorFlow, micrograd and MyGrad.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_OURS = {
    "relu": "np.maximum(t, 0), or nn.ReLU()",
    "sigmoid": "1 / (1 + np.exp(-t))",
    "softmax": "np.exp(t - engine.logsumexp(t, axis=-1, keepdims=True))",
    "logsumexp": "engine.logsumexp(t)",
    "numpy": "t.data",
    "cpu": "t.data",
    "value": "t.data",
    "_value": "t.data",
    "detach_": "t = t.detach()",
    "zero_grad": "t.grad = None",
    "null_grad": "t.grad = None",
    "zero_": "t.data = np.zeros_like(t.data)",
    "gradient": "t.grad",
    "grad_fn": "t.grad_fns, one for each operand",
    "is_leaf": "not t.parents",
    "requires_grad_": "Tensor(t.data, requires_grad=True)",
    "retain_grad": "nothing: every Tensor on the way keeps its grad",
    "view": "t.reshape(...)",
    "view_as": "t.reshape(u.shape)",
    "permute": "t.transpose(...)",
    "unsqueeze": "np.expand_dims(t, axis), or t[None]",
    "expand": "np.broadcast_to(t, shape)",
    "clone": "t.copy()",
    "numel": "t.size",
    "dim": "t.ndim",
    "t": "t.T",
    "abs": "abs(t)",
    "pow": "t ** y",
    "matmul": "t @ w",
    "mm": "t @ w",
    "add": "t + y",
    "sub": "t - y",
    "mul": "t * y",
    "div": "t / y",
    "neg": "-t",
    "norm": "np.linalg.norm(t)",
    "inverse": "np.linalg.inv(t)",
    "clamp": "t.clip(low, high)",
    "float": "t.astype(np.float32)",
    "double": "t.astype(np.float64)",
    "half": "t.astype(np.float16)",
    "to": "t.astype(dtype)",
    "type": "t.astype(dtype)",
}


class _Elsewhere:
    """A name that Tensors do not have; the error says what to write."""

    def __init__(self, name: str, ours: str) -> None:
        self.error = f"Tensor: {name!r} is not an attribute; write {ours}"

    def __get__(self, tensor: Any, owner: type) -> Any:
        raise AttributeError(self.error)


def point_to_ours(owner: type) -> None:
    """Give a class these names, except those that it has."""
    functions = {
        name: f"np.{name}(t)"
        for name, f in vars(np).items()
        if isinstance(f, np.ufunc) or hasattr(f, "__wrapped__")
    }
    for name, ours in (functions | _OURS).items():
        if not hasattr(owner, name):
            setattr(owner, name, _Elsewhere(name, ours))

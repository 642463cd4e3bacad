"""chainrule's nn: the layers of two small networks, and what trains them.

A layer is a rule with parameters that remembers its last call. It keeps `inp` and
`out`, so that after a pass `layer.inp.g` and `layer.out.g` show what the chain rule
carried through it; `layer.backward()` is one link of that chain.

Read the files in this order:

    rules.py      lin, relu, mse, exciter, masked_linear: values and derivatives
    module.py     Module: what has parameters
    layer.py      Layer: calling a layer, and going backward through it
    layers.py     Lin, MaskedLinear, ReLU, Mse
    exciter.py    Exciter: a clamp that calls back when its gradient arrives
    networks.py   Network, and the two systems: Model and ExciterNet
    sgd.py        SGD: gradient descent

The chain rule itself is in `engine`, the pictures are in `viz`.
"""

import engine

if getattr(engine, "DISTRIBUTION", None) != "chainrule":
    raise ImportError(
        f"nn: 'import engine' found {getattr(engine, '__file__', engine)!r}, which is "
        "not chainrule's engine; rename or move that file"
    )

from nn.exciter import Exciter
from nn.layer import Layer
from nn.layers import Lin, MaskedLinear, Mse, ReLU
from nn.module import Module
from nn.networks import ExciterNet, Model, Network
from nn.rules import exciter, lin, masked_linear, mse, relu
from nn.sgd import SGD

__all__ = [
    "SGD",
    "Exciter",
    "ExciterNet",
    "Layer",
    "Lin",
    "MaskedLinear",
    "Model",
    "Module",
    "Mse",
    "Network",
    "ReLU",
    "exciter",
    "lin",
    "masked_linear",
    "mse",
    "relu",
]

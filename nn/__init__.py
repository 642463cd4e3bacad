"""chainrule's nn: the layers of two small networks, and what trains them.

A layer is a rule with parameters that remembers its last call. It keeps `inp` and
`out`, so that after a pass `layer.inp.g` and `layer.out.g` show what the chain rule
carried through it; `layer.backward()` is one link of that chain.

A file holds the rules of a family (value, and derivatives right below), and the layers
that stand on them:

    module.py        Module: what has parameters
    layer.py         Layer: calling a layer, and going backward through it; Loss
    linear.py        Lin, MaskedLinear
    activations.py   ReLU
    losses.py        Mse
    exciter.py       Exciter: a clamp that calls back when its gradient arrives
    chain.py         Sequential, Residual: layers made of layers
    networks.py      Network, and the two systems: Model and ExciterNet
    optimisers.py    SGD: gradient descent
    checks.py        what arguments must be, and the errors that say so

The chain rule itself is in `engine`, the pictures are in `viz`.
"""

import engine

if getattr(engine, "DISTRIBUTION", None) != "chainrule":
    raise ImportError(
        f"nn: 'import engine' found {getattr(engine, '__file__', engine)!r}, which is "
        "not chainrule's engine; rename or move that file"
    )

from nn.activations import ReLU, relu
from nn.chain import Residual, Sequential
from nn.exciter import Exciter, exciter
from nn.layer import Layer, Loss
from nn.linear import Lin, MaskedLinear, lin, masked_linear
from nn.losses import Mse, mse
from nn.module import Module
from nn.networks import ExciterNet, Model, Network
from nn.optimisers import SGD

__all__ = [
    "SGD",
    "Exciter",
    "ExciterNet",
    "Layer",
    "Lin",
    "Loss",
    "MaskedLinear",
    "Model",
    "Module",
    "Mse",
    "Network",
    "ReLU",
    "Residual",
    "Sequential",
    "exciter",
    "lin",
    "masked_linear",
    "mse",
    "relu",
]

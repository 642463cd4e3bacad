"""chainrule's nn: the layers of two small networks, and what trains them.

A layer is a rule with parameters that remembers its last call. It keeps `inp` and
`out`, so that after a pass `layer.inp.g` and `layer.out.g` show what the chain rule
carried through it; `layer.backward()` is one link of that chain.

A file holds the rules of a family (value, and derivatives right below), and the layers
that stand on them:

    linear.py         Lin, MaskedLinear
    activations.py    ReLU LeakyReLU Tanh Sigmoid GELU Softmax, and as functions
    exciter.py        Exciter: a clamp that calls back when its gradient arrives
    dropout.py        Dropout
    normalisation.py  LayerNorm RMSNorm BatchNorm
    embedding.py      Embedding: a vector for each id
    convolution.py    Conv2d MaxPool2d Flatten
    windows.py        the windows of images, which these two slide along
    recurrent.py      RNN LSTM GRU: cells; Recurrent: a cell along a sequence
    attention.py      Attention
    losses.py         Mse Mae Huber, CrossEntropy BinaryCrossEntropy Hinge
    targets.py        what a loss may be given, and the errors that say so

What holds layers, and what trains them:

    module.py         Module: parameters and their names, modes, saving
    layer.py          Layer: calling a layer, and going backward through it; Loss
    chain.py          Sequential, Residual: layers made of layers
    networks.py       Network, and the two systems: Model and ExciterNet
    optimiser.py      Optimiser: what SGD, Adam and those of your own share
    optimisers.py     SGD Adam AdamW, clip_gradients
    schedules.py      cosine linear step_decay warmup: rates that change by the step
    batches.py        batches of examples, and accuracy
    training.py       train: the loop
    progress.py       its bar
    history.py        History: how a training went, in numbers and as curves
    summary.py        a network as a table
    saving.py         arrays in files, checked before they are read
    checks.py         what arguments must be, and the errors that say so

The chain rule itself is in `engine`, the pictures are in `viz`.
"""

import engine

if getattr(engine, "DISTRIBUTION", None) != "chainrule":
    raise ImportError(
        f"nn: 'import engine' found {getattr(engine, '__file__', engine)!r}, which is "
        "not chainrule's engine; rename or move that file"
    )

from nn.activations import (
    GELU,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
)
from nn.attention import Attention, attend, attention_scores
from nn.batches import accuracy, batches
from nn.chain import Residual, Sequential
from nn.convolution import Conv2d, Flatten, MaxPool2d, conv2d, max_pool2d
from nn.dropout import Dropout, drop, dropout
from nn.embedding import Embedding, embedding
from nn.exciter import Exciter, exciter
from nn.history import History
from nn.layer import Layer, Loss
from nn.linear import Lin, MaskedLinear, lin, masked_linear
from nn.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Hinge,
    Huber,
    Mae,
    Mse,
    binary_cross_entropy,
    cross_entropy,
    hinge,
    huber,
    mae,
    mse,
)
from nn.module import Module
from nn.networks import ExciterNet, Model, Network
from nn.normalisation import (
    BatchNorm,
    LayerNorm,
    RMSNorm,
    batch_norm,
    layer_norm,
    normalise,
    rms_norm,
)
from nn.optimiser import Optimiser
from nn.optimisers import SGD, Adam, AdamW, clip_gradients
from nn.recurrent import (
    GRU,
    LSTM,
    RNN,
    Recurrent,
    gru_state,
    lstm_memory,
    lstm_state,
    recurrence,
)
from nn.schedules import cosine, linear, step_decay, warmup
from nn.training import Step, train

__all__ = [
    "Adam",
    "AdamW",
    "Attention",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Conv2d",
    "CrossEntropy",
    "Dropout",
    "Embedding",
    "Exciter",
    "ExciterNet",
    "Flatten",
    "GELU",
    "GRU",
    "Hinge",
    "History",
    "Huber",
    "LSTM",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Lin",
    "Loss",
    "Mae",
    "MaskedLinear",
    "MaxPool2d",
    "Model",
    "Module",
    "Mse",
    "Network",
    "Optimiser",
    "RMSNorm",
    "RNN",
    "ReLU",
    "Recurrent",
    "Residual",
    "SGD",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Step",
    "Tanh",
    "accuracy",
    "attend",
    "attention_scores",
    "batch_norm",
    "batches",
    "binary_cross_entropy",
    "clip_gradients",
    "conv2d",
    "cosine",
    "cross_entropy",
    "drop",
    "dropout",
    "embedding",
    "exciter",
    "gelu",
    "gru_state",
    "hinge",
    "huber",
    "layer_norm",
    "leaky_relu",
    "lin",
    "linear",
    "log_softmax",
    "lstm_memory",
    "lstm_state",
    "mae",
    "masked_linear",
    "max_pool2d",
    "mse",
    "normalise",
    "recurrence",
    "relu",
    "rms_norm",
    "sigmoid",
    "softmax",
    "step_decay",
    "train",
    "warmup",
]

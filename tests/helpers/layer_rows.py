"""Tables of nn: a row for each rule and each layer, by family.

Rules: the rule, its options, its operands (away from kinks), and the value written by
hand. tests/nn/test_rules.py compares each with differences to second order, and tries
it in other dtypes and layouts.

Layers: a function that makes one (the same each time), and the shape of a batch that it
takes. tests/nn/test_layers.py tries what holds for each: both ways of going backward,
what is remembered, copies, names.
"""

import numpy as np

from nn import Lin, MaskedLinear, ReLU, exciter, lin, masked_linear, mse, relu


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# --- linear ---------------------------------------------------------------------------

MASK = np.array([[1.0, 0, 1], [0, 1, 1], [0, 0, 0], [1, 1, 0]])

LINEAR_RULES = {
    "lin": (
        lin,
        {},
        [normal(1, 5, 4), normal(2, 4, 3), normal(3, 3)],
        lambda x, w, b: np.einsum("nd,dk->nk", x, w) + b,
    ),
    "lin of one example": (
        lin,
        {},
        [normal(1, 1, 4), normal(2, 4, 1), normal(3, 1)],
        lambda x, w, b: np.einsum("nd,dk->nk", x, w) + b,
    ),
    "lin of a stack": (
        lin,
        {},
        [normal(1, 2, 5, 4), normal(2, 4, 3), normal(3, 3)],
        lambda x, w, b: np.einsum("ntd,dk->ntk", x, w) + b,
    ),
    "masked_linear": (
        masked_linear,
        {"mask": MASK},
        [normal(4, 5, 4), normal(5, 4, 3), normal(6, 3)],
        lambda x, w, b: np.einsum("nd,dk,dk->nk", x, w, MASK) + b,
    ),
    "masked_linear one to one": (
        masked_linear,
        {"mask": np.eye(3)},
        [normal(7, 2, 3), normal(8, 3, 3), normal(9, 3)],
        lambda x, w, b: x * np.diag(w) + b,
    ),
    "masked_linear of a stack": (
        masked_linear,
        {"mask": MASK},
        [normal(4, 2, 2, 4), normal(5, 4, 3), normal(6, 3)],
        lambda x, w, b: np.einsum("mnd,dk,dk->mnk", x, w, MASK) + b,
    ),
}


def linear(d=4, k=3, seed=0):
    return Lin(normal(seed, d, k), normal(seed + 1, k))


LINEAR_LAYERS = {
    "Lin": (linear, (5, 4)),
    "Lin of a stack": (linear, (2, 3, 4)),
    "Lin without biases": (lambda: Lin(normal(0, 4, 3), None), (5, 4)),
    "MaskedLinear": (
        lambda: MaskedLinear(normal(0, 4, 3), normal(1, 3), mask=MASK),
        (5, 4),
    ),
}

# --- activations ----------------------------------------------------------------------

FAR = np.array([[-3.0, -1.2, 0.4], [0.9, 1.7, 5.0]])  # from every kink below

ACTIVATION_RULES = {
    "relu": (relu, {}, [FAR], lambda x: np.where(x > 0, x, 0)),
    "exciter": (exciter, {}, [FAR * 4], lambda x: x.clip(-10, 10)),
    "exciter with bounds": (
        exciter,
        {"low": -1.0, "high": 1.0},
        [FAR],
        lambda x: x.clip(-1, 1),
    ),
}

ACTIVATION_LAYERS = {"ReLU": (ReLU, (5, 4))}

# --- normalisation and dropout --------------------------------------------------------

NORMALISATION_RULES = {}

NORMALISATION_LAYERS = {}

# --- embedding and attention ----------------------------------------------------------

ATTENTION_RULES = {}

ATTENTION_LAYERS = {}

# --- recurrent ------------------------------------------------------------------------

RECURRENT_RULES = {}

RECURRENT_LAYERS = {}

# --- convolution ----------------------------------------------------------------------

CONVOLUTION_RULES = {}

CONVOLUTION_LAYERS = {}

# --- losses ---------------------------------------------------------------------------

LOSS_RULES = {
    "mse of a column": (
        mse,
        {},
        [normal(10, 6, 1), normal(11, 6)],
        lambda x, y: np.mean((x[:, 0] - y) ** 2),
    ),
    "mse of equal shapes": (
        mse,
        {},
        [normal(12, 3, 2), normal(13, 3, 2)],
        lambda x, y: np.mean((x - y) ** 2),
    ),
    "mse of vectors": (
        mse,
        {},
        [normal(14, 4), normal(15, 4)],
        lambda x, y: np.mean((x - y) ** 2),
    ),
    "mse of numbers": (
        mse,
        {},
        [normal(16), normal(17)],
        lambda x, y: (x - y) ** 2,
    ),
}

# --- all ------------------------------------------------------------------------------

RULES = {
    **LINEAR_RULES,
    **ACTIVATION_RULES,
    **NORMALISATION_RULES,
    **ATTENTION_RULES,
    **RECURRENT_RULES,
    **CONVOLUTION_RULES,
    **LOSS_RULES,
}

LAYERS = {
    **LINEAR_LAYERS,
    **ACTIVATION_LAYERS,
    **NORMALISATION_LAYERS,
    **ATTENTION_LAYERS,
    **RECURRENT_LAYERS,
    **CONVOLUTION_LAYERS,
}

"""Thirty-seven programs that people draw: the yardstick of the pictures.

Each is a function that computes something, goes backward through it, and returns what
is to be drawn beside the names to draw it with: `loss, names = gallery.neuron()`, then
`draw(loss, names=names)`. Its docstring says what it is. All are deterministic.

scalars    expressions of a few numbers
learning   regressions, classifiers and small networks
layers     what networks are made of: normalisation, convolution, a residual block
sequences  recurrent cells and attention, up to a small GPT
trouble    what is hard to draw: NaN, dead units, odd names, long loops, many uses
"""

from helpers.gallery.layers import (
    autoencoder,
    batch_norm,
    convolution,
    decompositions,
    deep_residual,
    embedding,
    layer_norm,
    residual,
)
from helpers.gallery.learning import (
    exciter_network,
    lesson_network,
    linear_regression,
    logistic_regression,
    softmax,
    two_layers,
)
from helpers.gallery.scalars import (
    first_graph,
    long_pendulum,
    micrograd,
    neuron,
    pendulum,
    runge_kutta,
    second_order,
    spring,
    trajectory,
)
from helpers.gallery.sequences import (
    attention,
    attention_weights,
    gpt,
    gru,
    heads,
    lstm,
    rnn_5,
    rnn_50,
)
from helpers.gallery.trouble import (
    broadcasting,
    dead_units,
    fan_out,
    nan,
    odd_names,
    stale,
)

PROGRAMS = {
    program.__name__: program
    for program in (
        first_graph,
        neuron,
        micrograd,
        second_order,
        pendulum,
        spring,
        linear_regression,
        logistic_regression,
        softmax,
        two_layers,
        lesson_network,
        exciter_network,
        batch_norm,
        layer_norm,
        convolution,
        residual,
        autoencoder,
        embedding,
        decompositions,
        rnn_5,
        rnn_50,
        lstm,
        gru,
        attention,
        attention_weights,
        heads,
        gpt,
        nan,
        dead_units,
        odd_names,
        broadcasting,
        stale,
        fan_out,
        long_pendulum,
        runge_kutta,
        trajectory,
        deep_residual,
    )
}

"""written: a computation as the straight-line NumPy program that it is.

Rules and the backward pass run on anything that speaks NumPy's protocols; so they run
on an array that computes and writes down what it is asked. What it has written is a
program of value and gradients, without a graph.

Read in this order:

    array.py      the array that writes
    record.py     the steps that such arrays make, in order
    variables.py  which variable a line stores what came out in
    whole.py      a rule that can't run on such arrays, called as it is
    rows.py       the rows of a Jacobian: one pass, for all of them at once
    batched.py    the steps of one pass, for a stack of gradients
    batching.py   a rule for each kind of step; batched_products.py those of products
    replay.py     a recorded graph, run again on such arrays, forward and backward
    called.py     what its values are called: the user's names, or an op's
    arguments.py  what the arguments of a step are made of
    shorter.py    one step in fewer words
    tidy.py       all of them
    program.py    the steps that are needed, in lines, and what each line is called
    text.py       a step in Python's words
    outer.py      what a program calls in every run, and that is not written down
"""

from engine.written.array import Writing
from engine.written.called import (
    called_in_function,
    called_in_graph,
    form_of,
    option_arrays,
    parameters_of,
    wishes_of,
)
from engine.written.outer import called, drawn, is_known
from engine.written.program import Line, Program
from engine.written.record import Record, Step
from engine.written.replay import Replay, replay, replay_edge, traced
from engine.written.shorter import repeated
from engine.written.text import ATOM, COMPARISON, UNARY, Words

__all__ = [
    "ATOM",
    "COMPARISON",
    "UNARY",
    "Line",
    "Program",
    "Record",
    "Replay",
    "Step",
    "Words",
    "Writing",
    "called",
    "called_in_function",
    "called_in_graph",
    "drawn",
    "form_of",
    "is_known",
    "option_arrays",
    "parameters_of",
    "wishes_of",
    "repeated",
    "replay",
    "replay_edge",
    "traced",
]

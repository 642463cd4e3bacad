"""mistakes: what goes wrong when people derive a gradient by hand, and how it shows.

A wrong gradient is explained by making mistakes on purpose. The program that computes
the gradient is changed, one mistake at a time, and run; a mistake that gives just the
numbers of the answer is what the answer suffers from.

Read in this order:

    finding.py     the kinds of mistakes, and what is found
    compare.py     an answer beside the right one, and what is off without a name
    statement.py   a line of a program, as a tree
    script.py      the program, in which lines can be changed
    source.py      where it comes from: a graph, or a function
    wording.py     what its variables are called in a sentence
    place.py       a part of a line that may be wrong
    arithmetic.py  mistakes in products and quotients, powers, sums and signs
    shapes.py      in matrix products and sums over axes
    values.py      one value, gradient or mask for another
    edits.py       all of these, for one line
    spellings.py   other formulas for a line, in which mistakes are made, too
    elsewhere.py   mistakes that are not in one line: a parameter updated too early, ...
    steps.py       an op, a softmax or a loop gone back through in a wrong way
    passes.py      passes that go wrong as a whole: their order, what is left in them
    sentences.py   what is said of a mistake in a line
    outcomes.py    all of them made, and what each gives
    diagnosis.py   those that give an answer, the best first
    edge.py        one edge of the backward pass, asked for alone
"""

from engine.mistakes.compare import Tolerance, agrees, as_answer
from engine.mistakes.diagnosis import findings, findings_of_function
from engine.mistakes.edge import Edge, Mistake
from engine.mistakes.finding import KINDS, UNNAMED, Finding
from engine.mistakes.outcomes import Match
from engine.mistakes.script import BEFORE, Script
from engine.mistakes.source import script_of_function, script_of_graph
from engine.mistakes.wording import as_written, mention

__all__ = [
    "BEFORE",
    "KINDS",
    "UNNAMED",
    "Edge",
    "Finding",
    "Match",
    "Mistake",
    "Script",
    "Tolerance",
    "agrees",
    "as_answer",
    "as_written",
    "findings",
    "findings_of_function",
    "mention",
    "script_of_function",
    "script_of_graph",
]

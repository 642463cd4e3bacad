"""mistakes: what goes wrong when people derive a gradient by hand, and how it shows.

A wrong gradient is explained by making mistakes on purpose. The program that computes
the gradient is changed, one mistake at a time, and run; a mistake that gives just the
numbers of the answer is what the answer suffers from.

Read in this order:

    finding.py    the kinds of mistakes, and what is found
    compare.py    an answer beside the right one, and what is off without a name
    script.py     the program, in which lines can be changed
    edits.py      mistakes in one line: a factor, a sign, a transposition, ...
    spellings.py  other formulas for a line, in which mistakes are made, too
    elsewhere.py  those that are not in one line: a parameter updated too early, ...
    passes.py     backward passes that go wrong as a whole: their order, what is left
    sentences.py  what is said of each
    outcomes.py   all of them made, and what each gives
    diagnosis.py  those that give an answer, the best first
"""

from engine.mistakes.compare import agrees, as_answer
from engine.mistakes.diagnosis import findings, findings_of_function
from engine.mistakes.finding import KINDS, UNNAMED, Finding
from engine.mistakes.script import Script, script_of_function, script_of_graph

__all__ = [
    "KINDS",
    "UNNAMED",
    "Finding",
    "Script",
    "agrees",
    "as_answer",
    "findings",
    "findings_of_function",
    "script_of_function",
    "script_of_graph",
]

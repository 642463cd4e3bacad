"""compilation: a function that is recorded once, and from then on run as a program.

Read in this order:

    calls.py       what a compiled function does when it is called
    forms.py       what arguments have in common that one program is for
    recording.py   a function called on arrays that write, and made a program
    arguments.py   its arguments, and the lines that take them apart
    tape.py        what these arrays write: a stricter record than that of `code`
    writes.py      what NumPy's functions write into, which f must not ask for
    draws.py       random numbers, which f must not draw itself
    leftovers.py   arrays of the recording that f has kept somewhere

What the function uses from outside:

    outside.py     it is looked up in every run
    kinds.py       which things are copied, looked into, compared or refused
    copies.py      copies of functions and modules, which ask for what they use
    classes.py     classes, and objects that are not copied
    held.py        what f may bind anew: the parts of an object, a list, a Tensor
    changes.py     what it has bound anew

The program:

    exact.py       the steps without those that change no bit
    lines.py       the text on its way
    words.py       a step in Python's words
    program.py     the text, and the function that Python makes of it
    formulas.py    NumPy's functions of scalars as formulas of Python's floats
    float_words.py a step of scalars in words for Python's floats
    floats.py      the lines for these, before those for NumPy
"""

from engine.compilation.calls import compiled

__all__ = ["compiled"]

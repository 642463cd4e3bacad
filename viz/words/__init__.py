"""words: what a graph says, in text that pictures, lessons and the command share.

Read in this order:

    text.py              text from outside, in a form that can be shown
    numbers.py           how numbers, arrays and gradients read
    names.py             what a tensor is called
    formula.py           the source text of a closure
    operation.py         what an op computes, and of what: `a × b`
    local_derivative.py  the factor that the chain rule multiplies by
    locks.py             a lock that a fork of the process waits for
    trouble.py           where NaN began, dead units, data that was changed since

Of the rooms of `viz` this is the lowest: it imports none of the others.
"""

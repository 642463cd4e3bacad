"""words: what a graph says, in text that pictures, lessons and the command share.

Read in this order:

    text.py              text from outside, in a form that can be shown
    unicode_math.py      mathematics in a name: `$x_1$` as x₁
    detail.py            in how many digits, how many entries
    numbers.py           how numbers, arrays and gradients read
    line_breaks.py       where a long formula is broken into lines
    places.py            paths to tensors from variables: `ws[0]`
    views.py             what part of an array another one is
    names.py             what a tensor is called
    operation.py         what an op computes, and of what: `a × b`
    local_derivative.py  what the chain rule multiplies by, and what goes back
    recorded.py          a rule, run again on arrays that write down what they are asked
    convention.py        slopes that a rule sets where its formula has no value
    mathematics.py       what was written down, as a formula
    formula.py           what an op gives back, in the user's names: `x.T @ ∂h`
    source.py            the line of the user's program that made an op
    trouble.py           where NaN began, dead units, data that was changed since

Of the rooms of `viz` this is the lowest: it imports none of the others.
"""

"""lesson: where a gradient comes from, step by step.

Read in this order:

    tape.py        all that the two passes do, as one list of steps
    symbols.py     what tensors and local derivatives are called in a formula
    explain.py     explain: the sum that a gradient is, in symbols and numbers
    nudge.py       the slope of a number, found by moving it
    why.py         why a gradient is None, 0 or NaN
    latex.py       an explanation in a notebook
    code.py        code: the backward pass as a NumPy program
    program.py     what it gives: a program to print, to call and to save
    diagnose.py    diagnose: which mistake a wrong gradient comes from
    exercise.py    exercise: gradients asked instead of told, and answers checked
    questions.py   what is asked, by its name
    redrawn.py     the same program in other numbers
    sheet.py       what an exercise shows, in a terminal and on paper
    hints.py       where to look, what is needed, what form a line has
    marks.py       what a check of answers says
    answers.py     a file of answers, read with care
    paths.py       paths: the products along all paths, and their sum
    steps.py       steps: the tape and the picture in steps.html, to walk through
    transcript.py  what the script of that page is given

It imports `words` and `picture`.
"""

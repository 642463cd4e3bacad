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
    steps.py       steps: a page that walks through the tape, and asks
    shown.py       what it gives: shown in a notebook, saved
    asked.py       what it asks at an edge
    trees.py       an expression as a tree, for the page to compute
    recipes.py     the lines of an edge as trees
    transcript.py  all that the scripts of the page are given

The page is steps.html with these scripts, each using those before it:

    numbers.js     how numbers read, and what a person types
    arrays.js      trees, computed: what they need of NumPy
    diagnosis.js   what is wrong with an answer
    tape.js        the steps, and the same from other numbers
    picture.js     what is seen of them
    questions.js   what is asked
    walk.js        where we are, the panel, buttons and keys

It imports `words` and `picture`.
"""

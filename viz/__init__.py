"""chainrule's pictures: the graph of your program, every derivative on its edge.

    from viz import draw
    draw(loss).save("graph.png")

Read the files in this order:

    drawing.py    draw, and the Drawing that is saved and shown
    walk.py       which cards and edges there are, and where a leaf is drawn
    boxes.py      ops that share a card, and what it hides
    folding.py    which ops share a card, where there are too many
    groups.py     which cards one layer made
    cards.py      what a card says
    folded.py     what a folded card says
    numbers.py    how numbers, arrays and gradients read
    plots.py      heat maps and histograms of larger arrays
    states.py     where NaN began, and units that are dead
    names.py      what a tensor is called
    edges.py      what an edge says: the local derivative
    formula.py    the source text of a closure
    freshness.py  whether a value still follows from the inputs
    labels.py     outside text made fit for a picture
    colours.py    what colours mean, and how strong a gradient looks
    legend.py     the explanation beside the picture
    facts.py      every number in full, for who asks
    records.py    a card as DOT
    digraph.py    all that as a graph in DOT
    svg.py        what Graphviz can't draw: charts, rings, two colours on a card
    renderer.py   DOT to SVG to PNG
    tables.py     the picture for the program dot, which makes PDFs
    page.py       the picture in page.html: to pan, zoom and ask
    files.py      a file is written whole or not at all

and, for who learns, the same graph step by step:

    tape.py       all that the two passes do, as one list of steps
    symbols.py    what tensors and local derivatives are called in a formula
    explain.py    explain: the sum that a gradient is, in symbols and numbers
    nudge.py      the slope of a number, found by moving it
    why.py        why a gradient is None, 0 or NaN
    latex.py      an explanation in a notebook
    paths.py      paths: the products along all ways, and their sum
    steps.py      steps: the tape and the picture in steps.html, to walk through
    transcript.py what the script of that page is told

and the command line, `chainrule "a*b" a=2 b=3`:

    source.py     the text of an expression, and where in it a mistake is
    grammar.py    what may stand in it
    expression.py its graph, from given numbers
    command.py    what is asked, printed and written
    __main__.py   the same as `python -m viz`

The package knows Tensors and no layers. Importing it loads no renderer.
"""

import engine

if getattr(engine, "DISTRIBUTION", None) != "chainrule":
    raise ImportError(
        f"viz: 'import engine' found {getattr(engine, '__file__', engine)!r}, which is "
        "not chainrule's engine; rename or move that file"
    )

try:
    from viz.drawing import Drawing, draw
    from viz.explain import Explanation, explain
    from viz.paths import Paths, paths
    from viz.steps import steps
    from viz.tape import Backward, Forward, Seed, Tape, tape
except ModuleNotFoundError as error:
    raise ImportError(
        f"viz: the package {error.name!r} is not installed; 'pip install .' in the "
        "folder of chainrule brings all that pictures need"
    ) from error

__all__ = [
    "Backward",
    "Drawing",
    "Explanation",
    "Forward",
    "Paths",
    "Seed",
    "Tape",
    "draw",
    "explain",
    "paths",
    "steps",
    "tape",
]

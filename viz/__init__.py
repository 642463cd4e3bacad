"""chainrule's pictures: the graph of your program, every derivative on its edge.

    from viz import draw
    draw(loss).save("graph.png")

The package has four rooms. Each imports those above it, and none below:

    words/    what a graph says: names, numbers, operations and derivatives in words
    picture/  draw: the graph as PNG, SVG, a page, DOT or PDF
    lesson/   explain, paths, steps, tape: where a gradient comes from, step by step
    command/  the program `chainrule`

The docstring of each says what its files hold, in the order in which to read them.
`viz` knows Tensors and no layers. Importing it loads no renderer.
"""

import engine

if getattr(engine, "DISTRIBUTION", None) != "chainrule":
    raise ImportError(
        f"viz: 'import engine' found {getattr(engine, '__file__', engine)!r}, which is "
        "not chainrule's engine; rename or move that file"
    )

try:
    from engine import lines
    from viz.lesson.code import code
    from viz.lesson.diagnose import diagnose
    from viz.lesson.exercise import Exercise, exercise
    from viz.lesson.explain import Explanation, explain
    from viz.lesson.marks import Mark, Report
    from viz.lesson.paths import Paths, paths
    from viz.lesson.program import Code
    from viz.lesson.steps import steps
    from viz.lesson.tape import Backward, Forward, Seed, Tape, tape
    from viz.picture.draw import draw
    from viz.picture.drawing import Drawing
except ModuleNotFoundError as error:
    raise ImportError(
        f"viz: the package {error.name!r} is not installed; 'pip install .' in the "
        "folder of chainrule brings all that pictures need"
    ) from error

__all__ = [
    "Backward",
    "Code",
    "Drawing",
    "Exercise",
    "Explanation",
    "Forward",
    "Mark",
    "Paths",
    "Report",
    "Seed",
    "Tape",
    "code",
    "diagnose",
    "draw",
    "exercise",
    "explain",
    "lines",
    "paths",
    "steps",
    "tape",
]

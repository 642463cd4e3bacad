"""The line of the user's program that made an op."""

import pytest

from engine import Tensor, debug
from viz import lines
from viz.words.source import source_line


@pytest.mark.parametrize("watched", [debug, lines])
def test_it_is_known_of_what_was_made_under_debug_and_under_lines(watched):
    with watched():
        a = Tensor(2.0)
        loss = a * a
    file, number, text = source_line(loss)
    assert (file, text) == ("test_source.py", "loss = a * a")
    assert number > 1
    assert source_line(a) is None
    assert source_line(a * a) is None


def test_a_cell_of_a_notebook_has_no_file():
    scope = {"Tensor": Tensor, "debug": debug}
    text = "a = Tensor(2.0)\nwith debug():\n    y = a * a\n"
    exec(compile(text, "<ipython-input-3>", "exec"), scope)
    assert source_line(scope["y"]) == ("", 3, "")
    exec(compile(text, "ipykernel_77/123.py", "exec"), scope)
    assert source_line(scope["y"])[:2] == ("", 3)

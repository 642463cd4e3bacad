"""Processes that fork or spawn while a thread draws: each of them can draw, too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SECONDS = 90  # before a process that hangs is ended, and the test fails

can_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

START = """
import multiprocessing, os, sys, threading, time, warnings
import numpy as np
from engine import Tensor
from viz import draw
from viz.picture import render

# From Python 3.12 on each fork beside a thread warns, and that is what is tested here.
words = r"This process \\(pid=\\d+\\) is multi-threaded, use of fork\\(\\)"
warnings.filterwarnings("ignore", words, DeprecationWarning)

small = np.exp(Tensor(1.0))

def large():
    x = Tensor(np.ones(3))
    y = x
    for _ in range(40):
        y = np.tanh(y * x) + x
    return y.sum()

def draw_for_ever(loss):
    while True:
        draw(loss).svg()

def in_a_thread():
    threading.Thread(target=draw_for_ever, args=[large()], daemon=True).start()
    while render._lock.acquire(blocking=False):  # until the thread is inside
        render._lock.release()
        time.sleep(0.001)

def fork(child):
    '''Whether the child came to its end in 20 seconds, and without an error.'''
    pid = os.fork()
    if not pid:
        child()
        sys.exit()  # as a program ends, so what it loaded is released
    for _ in range(2000):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.01)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return False
"""


def run(code, tmp_path):
    """What a program prints; spawned processes import it, so it is a file."""
    program = tmp_path / "program.py"
    program.write_text(START + code)
    done = subprocess.run(
        [sys.executable, "-W", "error", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert not done.returncode, done.stderr
    return done.stdout.split()


@can_fork
@pytest.mark.slow
@pytest.mark.parametrize("renderer_is_there", [True, False])
def test_a_forked_process_draws_though_a_thread_was_drawing(
    renderer_is_there, tmp_path
):
    code = f"""
if {renderer_is_there}:
    draw(small).svg()
in_a_thread()
print(all(fork(lambda: draw(small).png()) for _ in range(5)), flush=True)
os._exit(0)  # the thread draws on
"""
    assert run(code, tmp_path) == ["True"]


@can_fork
@pytest.mark.slow
def test_a_forked_process_draws_again_after_graphviz_trapped(tmp_path):
    code = """
import wasmtime
draw(small).svg()

def traps_once(*args, **options):
    del render._graphviz.render
    raise wasmtime.Trap("the stack is full")

def child():
    before = render._graphviz._session
    render._graphviz.render = traps_once
    draw(small).svg()
    assert render._graphviz._session is not before

print(fork(child))
"""
    assert run(code, tmp_path) == ["True"]


@can_fork
@pytest.mark.slow
@pytest.mark.parametrize("parent_made_one", [True, False])
def test_a_forked_process_makes_a_pdf(parent_made_one, tmp_path):
    code = f"""
drawing = draw(small)
drawing.svg()
if {parent_made_one}:
    drawing.pdf()
print(fork(drawing.pdf))
"""
    assert run(code, tmp_path) == ["True"]


@can_fork
@pytest.mark.slow
def test_a_signals_handler_may_fork_while_its_thread_draws(tmp_path):
    code = """
import signal
results = []
draw(small).svg()
signal.signal(signal.SIGALRM, lambda *_: results.append(fork(lambda: None)))
with render._lock:
    signal.raise_signal(signal.SIGALRM)
print(results)
"""
    assert run(code, tmp_path) == ["[True]"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_multiprocessing_draw_beside_a_thread_that_draws(method, tmp_path):
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork on this system")
    code = f"""
def cards(n):
    return draw(np.exp(Tensor(float(n)))).svg().count("<svg")

if __name__ == "__main__":
    in_a_thread()
    context = multiprocessing.get_context("{method}")
    with context.Pool(2) as pool:
        print(pool.map_async(cards, range(4)).get({SECONDS} / 2), flush=True)
    os._exit(0)  # the thread draws on
"""
    assert "".join(run(code, tmp_path)) == "[1,1,1,1]"


@can_fork
def test_a_lock_that_a_thread_holds_is_free_in_the_child():
    """Without a picture: the lock of the texts of closures."""
    code = """
import os, sys, threading, time
from viz.picture import render
inside = threading.Event()

def hold():
    with render._lock:
        inside.set()
        time.sleep(0.2)

threading.Thread(target=hold).start()
inside.wait()
pid = os.fork()
if not pid:
    os._exit(not render._lock.acquire(timeout=10))
print(os.waitpid(pid, 0)[1])
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=SECONDS)
    assert done.stdout.split() == [b"0"], done.stderr

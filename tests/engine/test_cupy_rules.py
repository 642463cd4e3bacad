"""The script that runs every rule on CuPy: its logic, on arrays that need no GPU."""

import sys
import types

import numpy as np
import pytest
from benchmarks import cupy_rules
from benchmarks.cupy_rules import all_rows, main, reached, report, translated
from helpers.composition_rows import ROWS as COMPOSITIONS
from helpers.composition_rows import M
from helpers.rule_rows import ROWS as RULES
from helpers.rule_rows import definite

from engine import Tensor

pytestmark = pytest.mark.slow  # seconds: a walk over every function


class Far:
    """An array of another library, which can be fetched."""

    def __init__(self, *numbers, dtype=float):
        self.there = np.array(numbers, dtype)

    def get(self):
        return self.there


FAR = types.SimpleNamespace(__name__="far", asarray=np.asarray)


def told(capsys, run, name="row"):
    """The exit status, what is printed of a row, and the counts that are not 0."""
    status = report(FAR, {name: run})
    *found, last = capsys.readouterr().out.splitlines()
    counts = last.removeprefix("1 rows on far: ").rpartition(";")[0].split(", ")
    found = [" ".join(line.split()) for line in found]
    return status, found, [count for count in counts if count[0] != "0"]


def row(*theirs, ours=(1.0, -2.0)):
    """A row of the value, and a gradient of 1."""

    def run(xp, own):
        yield "value", [np.array(ours)] if xp is np else list(theirs)
        yield "gradient", [np.array([1.0])] if xp is np else [Far(1.0)]

    return run


def test_on_numpy_every_row_is_equal(capsys):
    assert main(["--module", "numpy"]) == 0
    rows = len(RULES) + len(COMPOSITIONS) + len(cupy_rules.OF_NN) + 2
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(
        f"{rows} rows on numpy {np.__version__}: {rows} equal, 0 signs, 0 differs, "
        "0 left, 0 refused, 0 not run; "
    )


def test_on_numpy_every_row_is_run_to_its_end():
    for name, run in all_rows().items():
        assert list(reached(run(np, np)))[-1] in ("second", "trained"), name


def test_an_equal_row_says_nothing(capsys):
    assert told(capsys, row(Far(1.0, -2.0))) == (0, [], ["1 equal"])
    assert told(capsys, row(Far(1.0, -2.0 + 1e-12))) == (0, [], ["1 equal"])


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (Far(1.0, -2.5), "the value by 0.5"),
        (Far(1.0), "the value is of (1,) float64, not (2,) float64"),
        (Far(1, -2, dtype=int), "the value is of (2,) int64, not (2,) float64"),
        (Far(1.0, np.nan), "the value by nan"),
        (None, "the value is None, not [ 1. -2.]"),
    ],
)
def test_what_differs_is_told_and_is_the_exit_status(capsys, theirs, words):
    assert told(capsys, row(theirs)) == (1, [f"differs row {words}"], ["1 differs"])


def test_a_decomposition_may_choose_signs_and_a_root_may_not(capsys):
    flipped = row(Far(-1.0, -2.0))
    status, (line,), counts = told(capsys, flipped, "np.linalg.svd 0")
    assert (status, line[:5], counts) == (0, "signs", ["1 signs"])
    assert told(capsys, flipped, "sqrt 0")[0] == 1
    assert told(capsys, row(Far(-1.0, -3.0)), "qr 0")[0] == 1


def test_a_result_of_numpy_has_left_the_library(capsys):
    words = "left row the value is a ndarray of NumPy"
    assert told(capsys, row(np.array([1.0, -2.0]))) == (0, [words], ["1 left"])


def test_a_refusal_is_told_with_its_stage(capsys):
    def run(xp, own):
        yield "value", [np.array([1.0])] if xp is np else [Far(1.0)]
        if xp is not np:
            raise TypeError("no\nsuch thing")
        yield "gradient", [np.array([1.0])]

    words = "refused row the gradient: TypeError: no such thing"
    assert told(capsys, run) == (0, [words], ["1 refused"])


def test_so_is_what_fails_when_it_is_fetched(capsys):
    class Late(Far):
        def get(self):
            raise MemoryError("of the device")

    words = "refused row the value when fetched: MemoryError: of the device"
    assert told(capsys, row(Late())) == (0, [words], ["1 refused"])


def test_where_own_arrays_of_the_library_are_refused_numpys_are_tried(capsys):
    def run(xp, own):
        if own is FAR:
            raise TypeError("a mask of ours?")
        yield "value", [np.array([1.0])] if xp is np else [Far(1.0)]

    assert told(capsys, run) == (0, [], ["1 equal"])


def test_where_both_are_refused_the_first_refusal_is_told(capsys):
    def run(xp, own):
        if xp is not np:
            raise TypeError("Far" if own is FAR else "NumPy")
        yield "value", [np.array([1.0])]

    words = "refused row the value: TypeError: Far"
    assert told(capsys, run) == (0, [words], ["1 refused"])


def test_what_numpy_refuses_itself_is_not_held_against_the_library(capsys):
    def run(xp, own):
        yield "value", [np.array([1.0])] if xp is np else [Far(1.0)]
        raise RuntimeError("first derivatives only")

    assert told(capsys, run) == (0, [], ["1 equal"])


def test_what_there_is_no_time_for_is_counted(capsys):
    assert report(FAR, {"row": row(Far(0.0))}, seconds=-1) == 0
    assert "0 equal, 0 signs, 0 differs, 0 left, 0 refused, 1 not run; 0 s" in (
        capsys.readouterr().out
    )


def test_the_arrays_of_a_row_and_of_its_helpers_are_the_librarys():
    far = types.SimpleNamespace(asarray=lambda x: ("far", x))
    f = next(f for f in COMPOSITIONS.values() if "M" in f.__code__.co_names)
    assert translated(f, far).__globals__["M"] == ("far", M)
    assert translated(f, np) is f
    assert translated(np.exp, far) is np.exp
    numpy = translated(definite, far).__globals__["np"]
    word, array = numpy.arange(3.0)
    assert (word, array.tolist()) == ("far", [0.0, 1.0, 2.0])
    assert type(numpy.sum(Tensor([1.0, 2.0]))) is Tensor
    assert numpy.float32(1.0) == 1.0
    assert numpy.linalg is np.linalg


# --- without the library, or without a device -----------------------------------------


def test_a_library_that_is_not_there_is_a_sentence(capsys):
    assert main(["--module", "no_such_library"]) == 2
    assert capsys.readouterr().err == (
        "cupy_rules: no_such_library is not installed (No module named "
        "'no_such_library')\n"
    )


def test_for_cupy_it_names_the_package(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert main([]) == 2
    assert capsys.readouterr().err.endswith("its wheel for CUDA 12 is cupy-cuda12x\n")


def test_no_device_is_a_sentence(capsys, monkeypatch):
    def no_device(x):
        raise RuntimeError("cudaErrorNoDevice")

    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(asarray=no_device))
    assert main([]) == 2
    assert capsys.readouterr().err == (
        "cupy_rules: cupy can't compute here, is there a GPU? cudaErrorNoDevice\n"
    )


@pytest.mark.slow
def test_another_library_goes_the_same_way(capsys):
    pytest.importorskip("dask.array", reason="Dask: pip install '.[scale]'")
    assert main(["--module", "dask.array", "--only", "network"]) == 0
    assert "2 rows on dask.array: 2 equal" in capsys.readouterr().out
    assert main(["--module", "dask.array", "--only", "np.sort "]) == 0
    *found, last = capsys.readouterr().out.splitlines()
    assert all("needs its data at once" in line for line in found)
    assert f"0 left, {len(found)} refused" in last

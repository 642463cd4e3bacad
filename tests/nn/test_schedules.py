"""Schedules: their rates, that they can be saved, and what they refuse."""

import copy
import pickle

import pytest

from nn import cosine, linear, step_decay, warmup

SCHEDULES = {
    "cosine(1.0, 4, final=0.5)": (cosine(1, 4, final=0.5), [1, 0.75, 0.5, 0.5]),
    "linear(1.0, 4, final=0.0)": (linear(1, 4), [1, 0.5, 0, 0]),
    "step_decay(1.0, 2, 0.5)": (step_decay(1, 2, 0.5), [1, 0.5, 0.25, 0.125]),
    "warmup(1.0, 4)": (warmup(1, 4), [0.25, 0.75, 1, 1]),
    "warmup(cosine(1.0, 2, final=0.0), 2)": (
        cosine(1, 4, warmup=2),
        [0.5, 1, 0, 0],
    ),
    "warmup(linear(1.0, 8, final=0.0), 2)": (
        warmup(linear(1, 8), 2),
        [0.5, 1, 0.75, 0.5],
    ),
}
rows = pytest.mark.parametrize(
    ("words", "schedule", "wanted"),
    [(words, *row) for words, row in SCHEDULES.items()],
    ids=SCHEDULES,
)


@rows
def test_every_second_rate_is_the_one_worked_out_by_hand(words, schedule, wanted):
    assert [schedule(step) for step in (0, 2, 4, 6)] == pytest.approx(wanted, abs=1e-15)


@rows
def test_a_schedule_reads_as_the_call_that_makes_it(words, schedule, wanted):
    assert repr(schedule) == words
    assert eval(words) == schedule


@rows
def test_a_schedule_can_be_copied_and_pickled(words, schedule, wanted):
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert copy.deepcopy(schedule) == schedule


def test_a_warm_start_ends_at_the_rate_and_meets_what_follows():
    falling = cosine(0.1, 100, warmup=10)
    assert falling(9) == falling(10) == 0.1
    assert falling(11) < 0.1
    assert falling(100) == falling(1000) == 0


def test_a_single_step_is_enough():
    for schedule in (cosine(1, 1), linear(1, 1)):
        assert (schedule(0), schedule(1)) == (1, 0)
    assert warmup(1, 1)(0) == 1


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: cosine(0, 5), ValueError, "cosine: lr is 0.0, and must be positive"),
        (
            lambda: cosine(1, 0),
            ValueError,
            "cosine: steps is 0, and must be at least 1",
        ),
        (lambda: cosine(1, 2.5), TypeError, "cosine: steps is 2.5, and must be an int"),
        (lambda: cosine(1, 5, final=-1), ValueError, "cosine: final is -1.0, and must"),
        (
            lambda: cosine(1, 5, warmup=5),
            ValueError,
            "cosine: warmup is 5, and must be",
        ),
        (
            lambda: cosine(1, 5, warmup=-1),
            ValueError,
            "cosine: warmup is -1, and a size",
        ),
        (
            lambda: linear(None, 5),
            TypeError,
            "linear: lr is None, and must be a number",
        ),
        (lambda: linear(1, -5), ValueError, "linear: steps is -5, and a size is not"),
        (lambda: step_decay(1, 0, 0.1), ValueError, "step_decay: every is 0, and must"),
        (
            lambda: step_decay(1, 5, 2),
            ValueError,
            "step_decay: factor is 2.0, and must",
        ),
        (
            lambda: step_decay(1, 5, 0),
            ValueError,
            "step_decay: factor is 0.0, and must",
        ),
        (lambda: warmup(-1, 5), ValueError, "warmup: lr is -1.0, and must be positive"),
        (lambda: warmup(1, "5"), TypeError, "warmup: steps is '5', and must be an int"),
    ],
)
def test_what_makes_no_schedule_is_refused_by_name(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(words)

"""The same program in other numbers: near the old ones, the same for the same seed."""

import numpy as np
import pytest

from engine import Tensor
from viz.lesson import redrawn as module


def redrawn(*args):
    return module.redrawn(*args)[0]


def leaves(loss):
    found = {}
    waiting = [loss]
    for x in waiting:
        if isinstance(x, Tensor):
            found |= {x.name: x} if not x.parents else {}
            waiting += x.parents
    return found


def name_of(x):
    return x.name


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    w = Tensor(np.random.default_rng(0).normal(size=(3, 4)), name="w")
    loss = np.tanh(w).sum()
    one, same, other = (
        leaves(redrawn(loss, name_of, seed))["w"].data for seed in ("ada", "ada", "bea")
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.array_equal(np.sign(one), np.sign(w.data))
    assert (np.abs(one) >= 0.45 * np.abs(w.data)).all()
    assert (np.abs(one) <= 1.55 * np.abs(w.data)).all()


def test_without_a_seed_the_numbers_stay_and_no_gradient_comes_along():
    w = Tensor(2.5, name="w")
    loss = w * w
    loss.backward()
    copy = redrawn(loss, name_of, None)
    assert copy is not loss
    assert copy.data == loss.data
    assert leaves(copy)["w"].grad is None


def test_drawn_numbers_are_as_short_as_they_are_printed():
    w = Tensor(np.random.default_rng(0).normal(size=100) * 1e-3, name="w")
    drawn = leaves(redrawn(w.sum(), name_of, 1))["w"].data
    assert all(len(f"{x:.15g}".lstrip("-0.").replace(".", "")) <= 8 for x in drawn)
    assert all(float(f"{x:.2g}") == x for x in drawn)


def test_whole_numbers_stay_whole_zeros_get_numbers_and_dtypes_stay():
    a = Tensor(-3.0, name="a")
    b = Tensor(np.zeros(5, np.float32), name="b")
    c = Tensor(np.array([0.5, 0.0]), name="c")
    drawn = leaves(redrawn((a * b).sum() * c.sum(), name_of, 4))
    assert drawn["a"].data < 0
    assert drawn["a"].data == round(float(drawn["a"].data))
    assert drawn["b"].dtype == np.float32
    assert drawn["b"].data.all()
    assert drawn["c"].data[1] == 0.0


def test_constants_stay_and_are_copies():
    x, data = Tensor(np.array([1.5, -2.5]), name="x"), np.array([0.5, 0.25])
    copy, constants = module.redrawn((x * data).sum(), name_of, 1)
    kept = constants[id(data)]
    assert kept is not data
    assert np.array_equal(kept, data)
    before = float(copy.data)
    data[:] = 7.0
    x.data[:] = 7.0
    assert kept is copy.parents[0].parents[1]
    assert float((copy.parents[0].parents[0].data * kept).sum()) == before


def test_numbers_for_which_the_program_is_not_finite_are_drawn_again():
    x = Tensor(1.4, name="x")
    loss = np.log(x - 1.0)
    for seed in range(20):
        assert np.isfinite(redrawn(loss, name_of, seed).data)


def test_an_infinity_that_the_program_has_may_stay():
    scores = Tensor(np.array([[1.5, 2.5], [0.5, 3.5]]), name="scores")
    masked = np.where(np.tri(2) == 1, scores, -np.inf)
    e = np.exp(masked - masked.max(axis=1, keepdims=True))
    loss = (e / e.sum(axis=1, keepdims=True))[1, 0]
    assert np.isfinite(redrawn(loss, name_of, 1).data)


def test_if_none_will_do_it_says_so():
    x = Tensor(1e-200, name="x")
    with np.errstate(all="ignore"):
        loss = np.log(x * 0.0)
    with pytest.raises(ValueError, match="in 100 draws no numbers .* leave out seed"):
        redrawn(loss, name_of, 1)


def test_no_two_single_numbers_are_the_same():
    names = "abcdef"
    xs = [Tensor(2.0, name=n) for n in names]
    loss = sum(xs[1:], xs[0])
    for seed in range(5):
        data = [
            float(abs(x.data)) for x in leaves(redrawn(loss, name_of, seed)).values()
        ]
        assert len(set(data)) == len(names)

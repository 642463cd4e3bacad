"""The engine in any order: whatever is done to tensors, gradients are the model's.

Hypothesis makes, combines, hooks, spoils and differentiates tensors in sequences that
nobody would think of, and after each step every `.grad` is compared with that of a
naive model. All numbers are small integers, so nothing is rounded and `==` is meant.
The model is in naive_model.py.
"""

import functools
from contextlib import suppress

import numpy as np
import pytest
from helpers.naive_model import (
    FAILING,
    HOOKS,
    OPS,
    Boom,
    Node,
    ancestors,
    equal,
    exact,
    gradients,
    store,
)
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from engine import Tensor, no_grad, op, scope
from engine.recording import is_recording

MOST = 2**10  # of a value: gradients stay far from 2**53, where floats begin to round
MOST_GRADIENT = 2**40
BEGIN = [(2, False), (-3, True), ([1, 3], True)]  # whether as an array


@op()
def fragile(x, y, *, fuse):
    """x + 2y; the rule, or a closure, raises what is in the fuse."""
    if "rule" in fuse:
        raise fuse["rule"]

    def back(g):
        if "closure" in fuse:
            raise fuse["closure"]
        return g

    return x + 2 * y, (back, lambda g: 2 * back(g))


# --- where recording is on, and where it is off ---------------------------------------


def plainly(run):
    return run()


def inside(run):
    with no_grad():
        return run()


def deep_inside(run):
    with no_grad():
        with no_grad(), suppress(Boom), no_grad():
            raise Boom
        return run()


def decorated(run):
    return scope("here")(no_grad()(run))()


def after_an_error(run):
    with suppress(Boom), no_grad(), scope("lost"):
        raise Boom
    return run()


RECORDS = {plainly: True, after_an_error: True}
RECORDS |= {inside: False, deep_inside: False, decorated: False}


# --- the machine ----------------------------------------------------------------------

numbers = st.integers(-3, 3)
values = numbers | st.lists(numbers, min_size=2, max_size=2)
# Which tensor is meant: one of the newest results, or of the leaves to begin with.
picks = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 6, 9, -1, -2, -3])
leaves = picks | st.sampled_from([-1, -2, -3])
mostly = st.sampled_from([True] * 4 + [False])
ways = st.sampled_from([plainly] * 12 + list(RECORDS))
by_hand = st.sampled_from(["zero", "write", "spoil", "light", "step"])
ARGUMENTS = {  # of every action, which is a method of the machine
    "make": (values, mostly, st.booleans()),
    "combine": (st.sampled_from(list(OPS)), picks, picks, ways),
    "combine_fragilely": (picks, picks, ways),
    "detach": (picks,),
    "meddle": (by_hand, leaves),
    "hook": (st.sampled_from(list(HOOKS)), leaves),
    "backward": (picks, ways, st.none() | values),
}
often = ["combine", "combine", "meddle", "backward", "backward", "hook"] * 2
actions = st.sampled_from([*ARGUMENTS, *often]).flatmap(
    lambda name: st.tuples(st.just(name), *ARGUMENTS[name])
)


class Machine(RuleBasedStateMachine):
    """Does anything to tensors, in any order, and the same to the model."""

    def __init__(self):
        super().__init__()
        self.nodes, self.kept = [], []
        for value, array in BEGIN:
            self.make(value, True, array)

    def __getitem__(self, pick):
        return self.nodes[-1 - pick % len(self.nodes)]

    @rule(action=actions)
    def do(self, action):
        name, *arguments = action
        getattr(self, name)(*arguments)

    def add(self, real, value, edges=(), *, wants, fuse=None):
        edges = [(x, d) for x, d in edges if x.wants and wants]
        place = len(self.nodes) if edges else len(BEGIN)
        self.nodes.insert(place, Node(real, value, wants, edges, fuse=fuse))
        assert real.requires_grad == wants

    def make(self, value, wants, array):
        data = np.array(value, dtype=float) if array else value
        self.add(Tensor(data, requires_grad=wants), exact(value), wants=wants)

    def combine(self, name, x, y, w):
        x, y = self[x], self[y]
        compute, derivatives = OPS[name]
        value = compute(*(np.array(n.value, dtype=object) for n in (x, y)))
        edges = list(zip((x, y), derivatives(x.value, y.value), strict=False))
        self.result(w, lambda: compute(x.real, y.real), value, edges)

    def combine_fragilely(self, x, y, w):
        x, y = self[x], self[y]
        for error in (Boom("told to"), ValueError("told to")):
            with pytest.raises(type(error), match="told to"):
                w(lambda e=error: fragile(x.real, y.real, fuse={"rule": e}))
        fuse = {}
        run = functools.partial(fragile, x.real, y.real, fuse=fuse)
        self.result(w, run, x.value + 2 * y.value, [(x, 1), (y, 2)], fuse)

    def result(self, way, run, value, edges, fuse=None):
        wants = RECORDS[way] and any(x.wants for x, _ in edges)
        if np.max(np.abs(value)) <= MOST:
            self.add(way(run), value, edges, wants=wants, fuse=fuse)

    def detach(self, x):
        self.add(self[x].real.detach(), self[x].value, wants=False)

    def meddle(self, what, x):
        getattr(self, what)(self[x])

    def zero(self, x):
        x.real.grad = x.grad = None

    def write(self, x):
        if x.grad is not None and not x.edges:
            x.real.grad += 1
            x.grad = x.grad + 1

    def spoil(self, x):
        x.real.grad, x.grad = np.ones(3), exact([1, 1, 1])

    def light(self, x):
        fragile = [n for n in ancestors(x) if n.edges and n.fuse is not None]
        if fragile:
            fragile[-1].fuse["closure"] = Boom()

    def step(self, x):
        if not x.real.parents:
            x.real.data, x.value = x.real.data + 1, x.value + 1

    def hook(self, kind, x):
        x = self[x]

        def fn(g):
            if kind == "keep":
                self.kept.append((g, g.copy()))
            if kind == "once":
                handle.remove()
                del x.hooks[handle]
            return HOOKS[kind](g)

        if not x.wants:
            with pytest.raises(RuntimeError, match="wants no gradient"):
                x.real.register_hook(fn)
            return
        handle = x.real.register_hook(fn)
        x.hooks[handle] = kind

    def backward(self, x, w, seed):
        x = self[x]
        if isinstance(seed, int) and np.shape(x.value):
            seed = [seed, 1]  # a list for a number is left, to be refused
        given = None if seed is None else np.array(seed, dtype=float)
        run = lambda: w(lambda: x.real.backward(given))
        try:
            expected = gradients(x, 1 if seed is None else exact(seed))
        except (Boom, ValueError):
            self.fails(run)
            mend(x)
            return
        if max(np.max(np.abs(g)) for g in expected.values()) < MOST_GRADIENT:
            run()
            store(expected)
        if given is not None:  # what one owns one may write to, and hurt nobody
            given += 7
            for leaf in expected:
                self.write(leaf)

    def fails(self, run):
        before = [node.real.grad for node in self.nodes]
        with pytest.raises((Boom, ValueError, RuntimeError)):
            run()
        after = (node.real.grad for node in self.nodes)
        assert all(a is b for a, b in zip(after, before, strict=True))

    @invariant()
    def every_tensor_is_as_in_the_model(self):
        for node in self.nodes:
            assert equal(node.real.data, node.value)
            assert equal(node.real.grad, node.grad), (node.real, node.grad)

    @invariant()
    def what_hooks_kept_stays_and_recording_is_on(self):
        assert all(equal(kept, copy) for kept, copy in self.kept)
        assert is_recording()


def mend(output):
    """Take away what makes a pass from here fail, or most would."""
    for x in ancestors(output):
        for handle in [h for h, kind in x.hooks.items() if kind in FAILING]:
            handle.remove()
            del x.hooks[handle]
        if x.fuse:
            x.fuse.clear()
        if np.shape(x.grad) == (3,):
            x.real.grad = x.grad = None


# --- the tests ------------------------------------------------------------------------


def try_anything(examples):
    limits = {"stateful_step_count": 40, "max_examples": examples}
    phases = [Phase.generate]  # a failure is not made smaller: add Phase.shrink for it
    run_state_machine_as_test(Machine, settings=settings(**limits, phases=phases))


@pytest.mark.slow
def test_whatever_is_done_to_tensors_their_gradients_are_those_of_the_model():
    try_anything(120)


def interior_adds_up(right, x, seed):
    before = x.grad
    right(x, seed)
    if x.parents and before is not None:
        x.grad = x.grad + before


def stores_before_it_fails(right, x, seed):
    try:
        right(x, seed)
    except Boom:
        x.grad = np.zeros_like(x.data)
        raise


def shares_the_seed(right, x, seed):
    right(x, seed)
    if seed is not None and not x.parents:
        x.grad = seed


@pytest.mark.parametrize(
    "wrong", [interior_adds_up, stores_before_it_fails, shares_the_seed]
)
def test_the_machine_notices_a_backward_that_is_wrong(wrong, monkeypatch):
    right = Tensor.backward
    monkeypatch.setattr(Tensor, "backward", lambda x, seed: wrong(right, x, seed))
    with pytest.raises((AssertionError, ValueError)):  # by a number, or a shape
        try_anything(100)

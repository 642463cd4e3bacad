"""All that the two passes do, step by step, and to the last bit.

The engine is the judge. Whatever program runs, the tape's gradients are those of
`backward_pass`, of the same bits and dtypes, and its steps lead to them.
"""

import time
import weakref

import numpy as np
import pytest
from helpers.programs import programs
from hypothesis import given, settings

from engine import Tensor, backward_pass, debug, no_grad, op, topological_order
from engine.recording import is_recording, state
from nn import ExciterNet
from viz.lesson.tape import Backward, Forward, Seed, tape

EXAMPLES = max(300, settings.default.max_examples)


def bits(x):
    """All that there is to an array or a number: shape, dtype and bytes."""
    x = np.asarray(x)
    return x.shape, x.dtype.str, x.tobytes()


def facts(found):
    """The events in numbers and words that two tapes of one program have in common."""
    place = {x: i for i, x in enumerate(topological_order([found.loss]))}
    return [(type(e).__name__, place[e.node], *told(e)) for e in found]


def told(event):
    if isinstance(event, Forward):
        return [bits(event.node.data)]
    if isinstance(event, Seed):
        return [bits(event.after)]
    arrays = (event.upstream, event.contribution, event.after)
    before = None if event.before is None else bits(event.before)
    return [event.slot, event.arrived, before, *map(bits, arrays)]


def engines(loss):
    return backward_pass([loss], [None])


def assert_told_right(found, program=""):
    """Its gradients are the engine's, and its steps are what leads there."""
    expected = engines(found.loss)
    assert found.gradients.keys() == expected.keys(), program
    for x, gradient in expected.items():
        assert bits(found.gradients[x]) == bits(gradient), program
    assert_forward(found, program)
    assert_backward(found, program)


def assert_forward(found, program):
    """Each op once, operands first, and nothing else before the seed."""
    ops = [x for x in found.gradients if x.parents]
    forward, seed = found.events[: len(ops)], found.events[len(ops)]
    assert all(type(e) is Forward for e in forward), program
    assert len({e.node for e in forward}) == len(ops), program
    made = set()
    for event in forward:
        operands = [x for x in event.node.parents if isinstance(x, Tensor)]
        assert all(x in made or x not in set(ops) for x in operands), program
        made.add(event.node)
    assert type(seed) is Seed, program
    assert seed.node is found.loss, program
    assert bits(seed.after) == bits(found.gradients[found.loss]), program


def assert_backward(found, program):
    """A step per operand that wants a gradient, in an unbroken chain of sums."""
    steps = found.events[sum(bool(x.parents) for x in found.gradients) + 1 :]
    assert all(type(e) is Backward for e in steps), program
    edges = [
        (x, slot)
        for x in found.gradients
        for slot, fn in enumerate(x.grad_fns)
        if fn is not None
    ]
    assert len(steps) == len(edges), program
    assert {(e.node, e.slot) for e in steps} == set(edges), program
    sums = {}
    for step in steps:
        assert step.operand is step.node.parents[step.slot], program
        complete = found.gradients[step.node]
        assert bits(step.upstream) == bits(complete), program
        before = sums.get(step.operand, [])
        assert step.arrived == len(before) + 1, program
        after = assert_adds_up(step, before[-1].after if before else None, program)
        assert bits(step.after) == after, program
        sums.setdefault(step.operand, []).append(step)
    assert sums == found.arrivals, program
    for x, arrivals in sums.items():
        assert bits(arrivals[-1].after) == bits(found.gradients[x]), program


def assert_adds_up(step, before, program):
    """The bits of what before + contribution comes to."""
    assert np.shape(step.contribution) == step.operand.shape, program
    assert step.contribution.dtype == step.operand.dtype, program
    if before is None:
        assert step.before is None, program
        return bits(step.contribution)
    assert bits(step.before) == bits(before), program
    with np.errstate(all="ignore"):
        total = np.asarray(step.before + step.contribution)
    return bits(total.astype(step.operand.dtype))


# --- by the engine --------------------------------------------------------------------


@pytest.mark.slow
def test_the_gradients_of_random_programs_are_the_engines_to_the_last_bit():
    steps = []

    @settings(settings.default, max_examples=EXAMPLES)
    @given(programs())
    def holds(program):
        leaves = [Tensor(x) for x in program.leaves.values()]
        with np.errstate(all="ignore"):
            loss = sum(np.sum(y) for y in program.run(leaves))
            found = tape(loss)
            assert_told_right(found, program)
            assert facts(tape(loss)) == facts(found), program
            loss.backward()
        for x, gradient in found.gradients.items():
            assert bits(x.grad) == bits(gradient), program
        assert all((x in found.gradients) == (x.grad is not None) for x in leaves)
        steps.append(len(found))

    holds()
    assert len(steps) >= EXAMPLES
    assert sorted(steps)[-EXAMPLES // 4] > 12  # the programs were no trifles


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f2", ">f4", ">f8"])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_every_float_keeps_its_dtype_and_its_roundings(dtype, shape):
    x = Tensor(np.full(shape, 0.1, dtype), name="x")
    y = np.tanh(x) * x
    loss = (y * np.full(shape, 3.0, dtype) + y / x).sum()
    assert_told_right(tape(loss))


@pytest.mark.parametrize("dtype", [">f2", ">f4", ">f8"])
def test_the_seed_has_the_dtype_of_the_loss(dtype):
    for shape in [(), (1,), (1, 1)]:
        x = Tensor(np.full(shape, 2.0, dtype))
        assert_told_right(tape(x * x))
        assert_told_right(tape(x))


def test_gradients_of_two_precisions_are_cast_on_each_edge():
    x, w = Tensor(np.float32([0.1, 0.7])), Tensor([0.3, 0.9])
    loss = (x * w + x).sum() * x[0]
    found = tape(loss)
    assert_told_right(found)
    assert found.gradients[x].dtype == np.float32
    assert found.gradients[w].dtype == np.float64


def test_broadcasting_is_undone_in_the_contribution():
    b = Tensor([1.0, 2.0])
    loss = (np.ones((3, 2)) * 2.0 + b).sum()
    (step,) = tape(loss).arrivals[b]
    assert np.shape(step.upstream) == (3, 2)
    assert step.contribution.tolist() == [3.0, 3.0]


@pytest.mark.parametrize("name", ["svd", "slogdet", "qr", "eigh"])
def test_an_op_of_several_results_is_a_step_for_each(name):
    w = Tensor([[2.0, 1.0], [1.0, 3.0]])
    results = [r for r in getattr(np.linalg, name)(w) if isinstance(r, Tensor)]
    loss = sum((np.tanh(r) * r).sum() for r in results)
    found = tape(loss)
    assert_told_right(found)
    assert {e.node for e in found.arrivals[w]} == {r for r in results if r.parents}


def test_nan_and_infinity_go_on_the_tape_without_a_warning():
    x = Tensor([0.0, -1.0, np.inf])
    with np.errstate(all="ignore"):
        loss = (np.sqrt(x) - np.log(x) * x).sum()
        found = tape(loss)
        assert_told_right(found)
    assert np.isnan(found.gradients[x]).any()
    tape(loss)  # would warn here, which is an error


# --- the steps ------------------------------------------------------------------------


def lesson():
    """(a * b + c) * f: its loss, and all tensors by their names."""
    values = {"a": 2.0, "b": -3.0, "c": 10.0, "f": -2.0}
    a, b, c, f = (Tensor(x, name=n) for n, x in values.items())
    e = a * b
    d = e + c
    L = d * f
    e.name, d.name, L.name = "e", "d", "L"
    return L, {x.name: x for x in (a, b, c, e, d, f, L)}


def written(event):
    if isinstance(event, Forward):
        return f"{event.node.name} = {event.node.data}"
    if isinstance(event, Seed):
        return f"seed {event.node.name}: {event.after}"
    edge = f"{event.node.name} -> {event.operand.name} ({event.slot})"
    sums = f"{event.before} + {event.contribution} = {event.after}"
    return f"{edge}: from {event.upstream}, {sums}, the {event.arrived}."


def test_the_tape_of_the_first_example_is_this_list():
    L, _ = lesson()
    assert list(map(written, tape(L))) == [
        "e = -6.0",
        "d = 4.0",
        "L = -8.0",
        "seed L: 1.0",
        "L -> d (0): from 1.0, None + -2.0 = -2.0, the 1.",
        "L -> f (1): from 1.0, None + 4.0 = 4.0, the 1.",
        "d -> e (0): from -2.0, None + -2.0 = -2.0, the 1.",
        "d -> c (1): from -2.0, None + -2.0 = -2.0, the 1.",
        "e -> a (0): from -2.0, None + 6.0 = 6.0, the 1.",
        "e -> b (1): from -2.0, None + -4.0 = -4.0, the 1.",
    ]


def test_a_tape_says_how_many_steps_it_has():
    L, tensors = lesson()
    found = tape(L)
    assert repr(found) == "Tape(3 forward, 1 seed, 6 backward)"
    assert len(found) == len(list(found)) == 10
    assert set(found.gradients) == set(tensors.values())
    assert {x.name: float(g) for x, g in found.gradients.items()} == {
        "a": 6.0,
        "b": -4.0,
        "c": -2.0,
        "e": -2.0,
        "d": -2.0,
        "f": 4.0,
        "L": 1.0,
    }


def test_a_tensor_twice_in_one_op_is_two_steps():
    a = Tensor(3.0, name="a")
    loss = a + a
    loss.name = "L"
    assert list(map(written, tape(loss)))[2:] == [
        "L -> a (0): from 1.0, None + 1.0 = 1.0, the 1.",
        "L -> a (1): from 1.0, 1.0 + 1.0 = 2.0, the 2.",
    ]


def test_a_shared_input_collects_from_all_its_uses():
    x = Tensor(2.0, name="x")
    loss = sum(x * float(i) for i in range(1, 5))
    found = tape(loss)
    assert_told_right(found)
    assert [e.arrived for e in found.arrivals[x]] == [1, 2, 3, 4]
    assert found.gradients[x] == 10.0


def test_a_wide_diamond_walks_each_edge_once():
    x = Tensor(0.5)
    y = np.tanh(x)
    loss = sum(np.sin(y) for _ in range(100))
    found = tape(loss)
    assert_told_right(found)
    assert len(found.arrivals[y]) == 100
    assert len(found.arrivals[x]) == 1
    assert found.arrivals[x][0].upstream == found.arrivals[y][-1].after


def test_a_leaf_alone_has_its_seed_and_nothing_else():
    x = Tensor(2.0)
    found = tape(x)
    assert [type(e) for e in found] == [Seed]
    assert found.gradients == {x: 1.0}
    assert found.arrivals == {}


def test_constants_have_no_step_back():
    x = Tensor(2.0, name="x")
    c = Tensor(5.0, requires_grad=False, name="c")
    loss = (x * c + np.array(1.0)) * 3 - c
    found = tape(loss)
    assert_told_right(found)
    assert c not in found.gradients
    assert c not in found.arrivals
    assert [e.slot for e in found if isinstance(e, Backward)] == [0, 0, 0, 0]


def test_what_the_loss_does_not_hang_on_is_not_on_the_tape():
    x = Tensor(2.0)
    loss, other = x * x, np.tanh(x)
    found = tape(loss)
    assert other not in found.gradients
    assert len(found) == 4


def test_two_tapes_of_one_graph_are_equal_and_two_runs_of_one_program_too():
    def run():
        x = Tensor(np.linspace(-1.0, 1.0, 6).reshape(2, 3))
        y = np.tanh(x)
        return ((y @ y.T) * y.sum(axis=1)).sum()

    loss = run()
    assert facts(tape(loss)) == facts(tape(loss)) == facts(tape(run()))


@pytest.mark.slow
def test_a_deep_chain_needs_no_recursion_and_takes_time_in_proportion():
    def seconds(n):
        x = y = Tensor(0.5)
        for _ in range(n):
            y = y * 1.0
        began = time.process_time()
        found = tape(y)
        took = time.process_time() - began
        assert len(found) == 2 * n + 1
        assert found.gradients[x] == 1.0
        return took

    assert seconds(100_000) < 40 * max(seconds(10_000), 0.02)  # quadratic would be 100


# --- who is left alone ----------------------------------------------------------------


def test_nobodys_gradient_is_touched():
    L, tensors = lesson()
    tape(L)
    assert all(x.grad is None for x in tensors.values())
    L.backward()
    L.backward()
    before = {x: x.grad for x in tensors.values()}
    found = tape(L)
    assert all(x.grad is g for x, g in before.items())
    assert found.gradients[tensors["a"]] == 6.0
    assert tensors["a"].grad == 12.0


def test_the_events_do_not_share_memory_that_a_leaf_owns():
    x = Tensor(np.ones(3))
    loss = (x + 0.0).sum()
    loss.backward()
    x.grad[:] = 7.0
    assert tape(loss).gradients[x].tolist() == [1.0, 1.0, 1.0]


def test_no_hook_runs():
    x = Tensor(2.0)
    y = np.tanh(x)
    ran = []
    for tensor in (x, y):
        tensor.register_hook(lambda g: ran.append(g) or g * 100.0)
    loss = y * x
    plain = Tensor(2.0)
    found = tape(loss)
    assert ran == []
    expected = engines(np.tanh(plain) * plain)[plain]
    assert bits(found.gradients[x]) == bits(expected)


def test_an_exciter_is_not_called():
    called = []
    net = ExciterNet.init(
        rng=np.random.default_rng(0), callback_fn=lambda *a: called.append(a)
    )
    rng = np.random.default_rng(1)
    loss = net(rng.normal(size=(4, 5)), rng.normal(size=4))
    found = tape(loss)
    assert called == []
    assert_told_right(found)
    assert len(called) == 1  # by the engine


def test_whether_one_records_makes_no_difference_and_is_left_as_it_was():
    L, _ = lesson()
    expected = facts(tape(L))
    with no_grad():
        assert facts(tape(L)) == expected
        assert not is_recording()
    with debug():
        around = state()
        assert facts(tape(L)) == expected
        assert state() is around
    assert state() is None


def test_a_graph_that_was_made_inside_debug_is_the_same_tape():
    with debug():
        L, _ = lesson()
        inside = facts(tape(L))
    assert facts(tape(L)) == inside == facts(tape(lesson()[0]))


def test_debug_refuses_no_infinity_here():
    with debug():
        x = Tensor(0.0)
        loss = np.sqrt(x)
        assert tape(loss).gradients[x] == np.inf


def test_nothing_is_left_to_the_garbage_collector(no_collector):
    L, tensors = lesson()
    found = tape(L)
    held = [weakref.ref(x) for x in tensors.values()]
    del L, tensors
    assert all(ref() is not None for ref in held)
    del found
    assert [ref() for ref in held] == [None] * len(held)


def test_a_rule_that_fails_says_where_and_leaves_nothing_behind(no_collector):
    @op()
    def broken(x):
        return x * 1.0, (lambda g: g[:, :, :],)

    x = Tensor(np.ones(2))
    loss = broken(x).sum()
    with pytest.raises(IndexError) as caught:
        tape(loss)
    assert "in a backward closure of 'broken'" in caught.value.__notes__[0]
    assert x.grad is None
    held = weakref.ref(loss)
    caught.value.__traceback__ = None
    del loss, caught
    assert held() is None


# --- odd graphs -----------------------------------------------------------------------


def test_a_rule_may_have_no_closure_for_an_operand():
    @op()
    def scaled(x, by):
        return x * by, (lambda g: g * by, None)

    x, by = Tensor(2.0), Tensor(3.0)
    loss = scaled(x, by) * x
    assert_told_right(tape(loss))


def test_a_tensor_that_was_frozen_when_it_was_used_may_want_a_gradient_now():
    x, k = Tensor(2.0), Tensor(3.0, requires_grad=False)
    loss = x * k
    k.requires_grad = True
    assert_told_right(tape(loss))


def test_a_tensor_that_was_used_and_then_frozen_is_as_the_engine_has_it():
    x, k = Tensor(2.0), Tensor(3.0)
    y = k * 1.0
    loss = x * y
    k.requires_grad = y.requires_grad = False
    assert_told_right(tape(loss))


def test_data_that_was_changed_since_does_not_change_the_tape():
    L, tensors = lesson()
    before = [bits(g) for g in tape(L).gradients.values()]
    for name in "abcf":
        tensors[name].data = tensors[name].data - 1.0
    assert [bits(g) for g in tape(L).gradients.values()] == before


def test_another_librarys_arrays_stay_lazy():
    da = pytest.importorskip("dask.array", reason="Dask: pip install '.[scale]'")
    x = Tensor(da.from_array(np.ones((4, 3)), chunks=2))
    loss = (np.tanh(x) * x).sum()
    found = tape(loss)
    assert len(found.arrivals[x]) == 2
    assert isinstance(found.gradients[x], da.Array)
    expected = engines(loss)[x].compute()
    assert bits(found.gradients[x].compute()) == bits(expected)


# --- what it refuses ------------------------------------------------------------------


@pytest.mark.parametrize("loss", [2.0, None, np.ones(()), "L", [Tensor(1.0)]])
def test_a_tape_is_of_a_tensor(loss):
    words = f"tape: got a {type(loss).__name__}, and needs a Tensor; pass the loss"
    with pytest.raises(TypeError, match=words):
        tape(loss)


@pytest.mark.parametrize("shape", [(2,), (0,), (1, 3)])
def test_a_tape_is_of_one_number(shape):
    with pytest.raises(ValueError) as caught:
        tape(Tensor(np.ones(shape)) * 2.0)
    assert str(caught.value) == (
        f"tape: the loss has shape {shape} and must hold one element; take loss.sum() "
        "or loss.mean()"
    )


def test_a_tape_of_a_constant_has_nothing_to_tell():
    x = Tensor(2.0)
    with no_grad():
        cut = x * x
    for loss in (cut, x.detach(), Tensor(1.0, requires_grad=False)):
        with pytest.raises(RuntimeError, match="tape: nothing was recorded; the Tenso"):
            tape(loss)

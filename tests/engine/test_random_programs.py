"""Random programs out of every rule, held to NumPy, to differences and to PyTorch.

`make test` runs a few hundred of each kind, `make fuzz` ten thousand, anew each time.
A failure is shrunk by hypothesis and printed as a program that runs as it stands.
"""

import re
from functools import partial

import numpy as np
import pytest
from helpers.program_rows import ANY, LIKE_TORCH
from helpers.programs import programs
from hypothesis import given, settings

from engine import Tensor, backward_pass, numpy_protocol, op, rules, topological_order

EXAMPLES = max(300, settings.default.max_examples)
STEP = 1e-5


def weights(outputs):
    rng = np.random.default_rng(0)
    return [rng.uniform(0.5, 1.0, np.shape(y)) * rng.choice([-1, 1]) for y in outputs]


def weighed(program, leaves, w):
    return sum(np.sum(y * v) for y, v in zip(program.run(leaves), w, strict=True))


def gradients_of(program):
    """Of the weighed outputs by each leaf; and the nodes that were made."""
    plain = program.run(program.leaves.values())
    leaves = [Tensor(x) for x in program.leaves.values()]
    outputs = program.run(leaves)
    for ours, numpys in zip(outputs, plain, strict=True):
        assert isinstance(ours, Tensor), program
        assert ours.shape == np.shape(numpys), program
        assert ours.dtype == numpys.dtype, program
        np.testing.assert_allclose(ours.data, numpys, 1e-11, 1e-12, err_msg=program)
    w = weights(plain)
    loss = sum(np.sum(y * v) for y, v in zip(outputs, w, strict=True))
    assert_passes_agree(program, loss, leaves, outputs, w)
    nodes = topological_order([loss])
    return [x.grad if x.grad is not None else 0 * x.data for x in leaves], w, nodes


def assert_passes_agree(program, loss, leaves, outputs, w):
    """One pass is the sum of a pass for each output; two passes give twice as much."""
    loss.backward()
    once = [x.grad for x in leaves]
    for x in leaves:
        if x.grad is not None:
            assert x.grad.shape == x.shape, program
            assert x.grad.dtype == x.dtype, program
    apart = [backward_pass([y], [v]) for y, v in zip(outputs, w, strict=True)]
    for x, g in zip(leaves, once, strict=True):
        total = sum(part[x] for part in apart if x in part)
        assert (g is None) == all(x not in part for part in apart), program
        if g is not None:
            scale = max(1.0, *(np.abs(part[x]).max() for part in apart if x in part))
            np.testing.assert_allclose(g, total, 0, 1e-9 * scale, err_msg=program)
    loss.backward()
    for x, g in zip(leaves, once, strict=True):
        if g is not None:
            assert np.array_equal(x.grad, 2 * g, equal_nan=True), program
            x.grad = g


def assert_like_differences(what, program, f, slope):
    """The slope of f along a direction. Whether the point was smooth enough to tell."""
    try:
        high, mid, low = f(STEP), f(0), f(-STEP)
        wide = (f(4 * STEP) - f(-4 * STEP)) / (8 * STEP)
    except (ValueError, IndexError):  # a mask took more entries, or fewer
        return False
    central, scale = (high - low) / (2 * STEP), max(1.0, abs(slope), abs(mid))
    kink = abs(high - 2 * mid + low) / STEP
    if not (abs(wide - central) < 1e-6 * scale and kink < 1e-2 * scale):
        return False
    assert abs(slope - central) < 1e-6 * scale, (
        f"{what}: the rules say {slope:.9g}, differences {central:.9g}, in{program}"
    )
    return True


def assert_first_like_differences(program, gradients, w):
    """By each leaf along a direction of its own."""
    start = list(program.leaves.values())
    told = True
    for i, (name, gradient) in enumerate(zip(program.leaves, gradients, strict=True)):
        direction = np.random.default_rng(i).uniform(-1, 1, start[i].shape)

        def moved(h, i=i, direction=direction):
            x = [*start[:i], start[i] + h * direction, *start[i + 1 :]]
            return weighed(program, x, w)

        slope = np.sum(gradient * direction)
        told &= assert_like_differences(f"by leaf {name!r}", program, moved, slope)
    return told


def assert_second_like_differences(program, w):
    """The slope of the slope along one direction, by all leaves along another."""
    start = list(program.leaves.values())
    rng = np.random.default_rng(1)
    one, other = ([rng.uniform(-1, 1, x.shape) for x in start] for _ in range(2))

    def slope(x, again=False):
        leaves = [Tensor(a) for a in x]
        loss = weighed(program, leaves, w)
        reached = backward_pass([loss], [None], leaves, create_graph=again)
        pairs = zip(leaves, one, strict=True)
        total = sum(np.sum(reached[x] * d) for x, d in pairs if x in reached)
        return total, leaves

    first, leaves = slope(start, again=True)
    second = 0.0
    if isinstance(first, Tensor) and first.requires_grad:
        reached = backward_pass([first], [None], leaves)
        pairs = zip(leaves, other, strict=True)
        second = sum(np.sum(reached[x] * d) for x, d in pairs if x in reached)

    def moved(h):
        return float(slope([x + h * d for x, d in zip(start, other, strict=True)])[0])

    return assert_like_differences("second derivative", program, moved, second)


def held_to_differences(rows, examples, count=None):
    """A test of that many programs; `count` gets what they were."""

    @settings(settings.default, max_examples=examples)
    @given(programs(rows))
    def test(program):
        gradients, w, nodes = gradients_of(program)
        told = assert_first_like_differences(program, gradients, w)
        bent = assert_second_like_differences(program, w)
        if count is not None:
            count.append((told, bent, {node.op for node in nodes}))

    return test


@pytest.mark.slow
def test_random_programs_have_the_gradients_that_differences_say():
    seen = []
    held_to_differences(ANY + LIKE_TORCH, EXAMPLES, seen)()
    assert len(seen) >= EXAMPLES  # those not told lie near a kink, or bend too much
    assert sum(told for told, _, _ in seen) > 0.8 * len(seen)
    assert sum(bent for _, bent, _ in seen) > 0.6 * len(seen)


@pytest.mark.slow
def test_every_row_makes_programs_and_all_together_use_every_rule():
    met = set()
    for row in ANY + LIKE_TORCH:
        seen = []
        held_to_differences([row], 4, seen)()
        ops = set().union(*(ops for _, _, ops in seen))
        assert len(ops) > 1, row
        met |= {name.partition(".")[0].partition("[")[0] for name in ops}
    missing = set(rules.__all__) - met
    assert not missing, f"no row of tests/helpers/program_rows.py uses {missing}"


def test_every_function_that_has_a_rule_is_in_a_row():
    text = "\n".join(ANY + LIKE_TORCH)
    found = set()
    for dotted in re.findall(r"np\.([\w.]+)", text):
        function = np
        for part in dotted.split("."):
            function = getattr(function, part)
        found.add(function)
    has_rule = {*numpy_protocol._rules, *numpy_protocol._compositions}
    without = {numpy_protocol._name(f) for f in has_rule - found}
    assert {name for name in without if name.startswith("np.")} == set()


# --- the tester, tested ---------------------------------------------------------------


@pytest.mark.slow
def test_a_derivative_wrong_by_a_hundredth_is_found_and_printed_short(monkeypatch):
    @op()
    def sin(x):
        return np.sin(x), (lambda g: g * np.cos(x) * 1.01,)

    wrong = numpy_protocol._rules[np.sin]._replace(operation=sin)
    monkeypatch.setitem(numpy_protocol._rules, np.sin, wrong)
    with pytest.raises(AssertionError, match="the rules say") as error:
        held_to_differences([*ANY[:20], *LIKE_TORCH[:40], "np.sin({x})"], 300)()
    _, start, rest = str(error.value).partition("import numpy")
    rest = rest.partition("\nassert")[0]  # which pytest adds, and indents
    printed = "\n".join(map(str.strip, (start + rest).splitlines()))
    assert "np.sin(" in printed
    assert len(printed.splitlines()) <= 6  # import, k, u, one leaf, one line, outputs
    exec(printed, {})


# --- beside PyTorch -------------------------------------------------------------------


class UnderNumpysNames:
    """PyTorch's functions, called as NumPy's are."""

    def __init__(self, torch):
        self._torch = torch
        self.linalg = self
        for name in ("cholesky", "det", "inv", "solve", "slogdet", "eigvalsh"):
            setattr(self, name, getattr(torch.linalg, name))
        for name in ("svdvals", "matrix_power", "norm", "pinv"):
            setattr(self, name, getattr(torch.linalg, name))
        # Where x is a number, NumPy's are vectors of one.
        self.cumsum = lambda x, axis: torch.cumsum(torch.atleast_1d(x), axis)
        self.cumprod = lambda x, axis: torch.cumprod(torch.atleast_1d(x), axis)
        self.sum = partial(self._reduced, torch.sum)
        self.mean = partial(self._reduced, torch.mean)

    def __getattr__(self, name):
        return getattr(self._torch, name)

    @staticmethod
    def _reduced(function, x, axis=None, keepdims=False):
        return function(x) if axis is None else function(x, axis, keepdim=keepdims)


@pytest.mark.slow
def test_random_programs_have_pytorchs_values_and_gradients():
    torch = pytest.importorskip("torch", reason="PyTorch: pip install '.[parity]'")
    seen = []

    @settings(settings.default, max_examples=EXAMPLES)
    @given(programs(LIKE_TORCH))
    def test(program):
        gradients, w, nodes = gradients_of(program)
        leaves = [torch.tensor(x, requires_grad=True) for x in program.leaves.values()]
        outputs = program.run(leaves, UnderNumpysNames(torch), torch.tensor)
        loss = sum((y * torch.tensor(v)).sum() for y, v in zip(outputs, w, strict=True))
        loss.backward()
        for x, ours in zip(leaves, gradients, strict=True):
            theirs = np.zeros(x.shape) if x.grad is None else x.grad.numpy()
            scale = max(1.0, np.abs(theirs).max(initial=0.0))
            np.testing.assert_allclose(ours, theirs, 0, 1e-9 * scale, err_msg=program)
        seen.append({node.op for node in nodes})

    test()
    assert len(seen) >= EXAMPLES

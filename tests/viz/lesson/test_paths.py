"""The paths are counted, the first are multiplied out, all add up.

On a small graph a recursion finds every path, with slopes out of a table of derivatives
and not from the rules. What is printed must be what it found.
"""

import math
import re
import time
import weakref

import numpy as np
import pytest
from helpers.explanations import fresh_lesson, leaf, lines, never_computed
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Tensor, debug, no_grad
from nn import Model
from viz.lesson.paths import paths
from viz.words.numbers import number


def doubled(x, times):
    """A graph of 2**times paths, each of slope 1."""
    for _ in range(times):
        x = x + x
    return x


# --- what is printed ------------------------------------------------------------------


def test_the_one_path_of_the_first_example_gives_6():
    L, named = fresh_lesson()
    found = paths(L, named["a"], names=named)
    assert lines(found) == [
        "∂L/∂a over 1 path:",
        "  L → d → e → a  -2.0 × 1.0 × -3.0 = 6.0",
        "∂L/∂a = 6.0",
    ]
    assert (found.count, found.edges) == (1, 3)
    assert repr(found) == str(found)


def test_the_products_along_the_two_ways_of_a_diamond_are_added():
    x = leaf(2.0)
    s, t = x * 3.0, x * 5.0
    L = s * t
    found = paths(L, x, names={"s": s, "t": t, "L": L})
    assert lines(found) == [
        "∂L/∂x over 2 paths:",
        "  L → s → x  10.0 × 3.0 = 30.0",
        "  L → t → x  6.0 × 5.0 = 30.0",
        "their sum: 60.0",
        "∂L/∂x = 60.0",
    ]
    assert (found.count, found.edges) == (2, 4)


def test_a_tensor_twice_in_one_op_is_two_paths():
    x = leaf(3.0)
    found = paths(x * x, x)
    assert (found.count, found.edges) == (2, 2)
    assert [float(r.split()[-1]) for r in lines(found)[1:3]] == [3.0, 3.0]
    assert lines(found)[-1] == "∂L/∂x = 6.0"


def test_an_inner_tensor_can_be_asked_for():
    L, named = fresh_lesson()
    found = paths(L, named["e"], names=named)
    assert lines(found)[1:] == ["  L → d → e  -2.0 × 1.0 = -2.0", "∂L/∂e = -2.0"]
    assert (found.count, found.edges) == (1, 2)


def test_the_loss_itself_is_one_path_without_an_edge():
    L, named = fresh_lesson()
    found = paths(L, L, names=named)
    assert (found.count, found.edges) == (1, 0)
    assert lines(found) == ["∂L/∂L over 1 path:", "  L  1.0", "∂L/∂L = 1.0"]
    x = leaf(2.0)
    assert paths(x, x).count == 1


def test_edges_that_lead_elsewhere_are_not_counted():
    x, y = leaf(2.0), leaf(3.0, "y")
    loss = np.tanh(y * y) * x + y
    found = paths(loss, x)
    assert (found.count, found.edges) == (1, 2)
    assert (paths(loss, y).count, paths(loss, y).edges) == (3, 6)


def test_what_has_no_path_is_told_why():
    x, y = leaf(2.0), leaf(3.0, "y")
    found = paths(x * 2.0, y)
    assert (found.count, found.edges) == (0, 0)
    assert str(found).startswith(
        "∂L/∂y has no path: y is not on any path to the loss: "
    )
    with no_grad():
        cut = x * 2.0
    assert "∂L/∂x has no path: nothing was recorded" in str(paths(cut, x))
    c = Tensor(2.0, requires_grad=False, name="c")
    assert "∂L/∂c has no path: c is a constant" in str(paths(x * c, c))
    assert paths(x * c, x).count == 1


# --- many -----------------------------------------------------------------------------


def test_2_to_the_60_paths_are_counted_and_not_followed():
    x = leaf(1.0)
    loss = doubled(x, 60)
    began = time.process_time()
    found = paths(loss, x)
    assert time.process_time() - began < 2
    assert found.count == 2**60
    assert found.edges == 120
    text = lines(found)
    assert text[0] == "∂L/∂x over 1,152,921,504,606,846,976 paths:"
    assert text[21] == "  … and 1,152,921,504,606,846,956 more"
    assert text[22] == "the sum of these 20: 20.0"
    assert text[23] == "∂L/∂x = 1.153e18"


def test_what_the_pass_did_instead_is_told():
    x = leaf(1.0)
    found = paths(doubled(x, 16), x)
    assert (found.count, found.edges) == (65536, 32)
    last = lines(found)[-1]
    assert "32 edges instead of 65,536 paths" in last


def test_where_paths_are_no_more_than_edges_nothing_is_boasted_of():
    x = leaf(1.0)
    assert "instead of" not in str(paths(doubled(x, 2), x))  # 4 paths, 4 edges
    assert "instead of" in str(paths(doubled(x, 3), x))


@pytest.mark.slow
def test_a_count_of_thousands_of_digits_is_not_an_error():
    x = leaf(1.0)
    y = x
    for _ in range(15_000):  # Python writes out no number beyond 2**14,284
        y = (y + y) * 0.5
    found = paths(y, x, 1)
    assert found.count == 2**15_000
    assert found.edges == 45_000
    assert "paths" in str(found)


@pytest.mark.parametrize("limit", [0, 1, 2, 7, 8, 9, 20])
def test_as_many_paths_as_the_limit_says_are_listed(limit):
    x = leaf(1.0)
    found = paths(doubled(x, 3), x, limit)
    text = lines(found)
    listed = [line for line in text if " → " in line]
    assert found.count == 8
    assert len(listed) == min(limit, 8)
    hidden = [f"  … and {8 - limit} more"] if limit < 8 else []
    assert [line for line in text if "more" in line] == hidden
    sums = [line for line in text if "sum" in line]
    if limit == 0:
        assert sums == []
    elif limit < 8:
        assert sums == [f"the sum of these {limit}: {limit}.0"]
    else:
        assert sums == ["their sum: 8.0"]


def test_twenty_are_listed_unless_one_says_otherwise():
    x = leaf(1.0)
    assert str(paths(doubled(x, 5), x)).count(" → x ") == 20


def test_of_the_loss_itself_no_path_is_listed_if_none_is_to_be():
    L, _ = fresh_lesson()
    assert paths(L, L, 0).count == 1
    assert " L  1.0" not in lines(paths(L, L, 0))


def test_a_long_path_is_told_by_its_ends():
    x = leaf(1.0)
    y = x
    for _ in range(12):
        y = y * 2.0
    (line,) = (line for line in lines(paths(y, x)) if " → " in line)
    route, factors = line.strip().split("  ")
    assert route.startswith("L → v11 → v10 → ")
    assert route.endswith(" → … 5 more … → x")
    assert len(re.findall(r"\bL\b|\bv\d+|\bx\b", route)) + 5 == 13
    assert factors == f"{'2.0 × ' * 7}… 5 more = 4096.0"


def test_a_path_of_eight_steps_is_told_whole():
    x = leaf(1.0)
    y = x
    for _ in range(7):
        y = y * 2.0
    route = lines(paths(y, x))[1]
    assert route == f"  L → {' → '.join(f'v{i}' for i in range(6, 0, -1))} → x  " + (
        f"{' × '.join(['2.0'] * 7)} = 128.0"
    )


@pytest.mark.slow
def test_a_chain_of_100_000_ops_is_listed():
    x = y = leaf(0.5)
    for _ in range(100_000):
        y = y * 1.0
    began = time.process_time()
    found = paths(y, x)
    assert time.process_time() - began < 30  # s; measured: 3.5
    assert (found.count, found.edges) == (1, 100_000)
    assert lines(found)[-1] == "∂L/∂x = 1.0"
    assert "… 99,993 more …" in str(found)


def test_a_dead_end_beside_the_path_costs_nothing():
    x, y = leaf(1.0), leaf(1.0, "y")
    loss = doubled(y, 22) + x  # four million ways that do not lead to x
    began = time.process_time()
    found = paths(loss, x)
    assert time.process_time() - began < 2
    assert (found.count, found.edges) == (1, 1)


# --- arrays ---------------------------------------------------------------------------


def test_of_arrays_what_comes_back_along_a_path_is_told():
    w = leaf([1.0, 2.0], "w")
    s, t = w * 3.0, np.sin(w) * 0.0 + w
    L = (s * t).sum()
    found = paths(L, w, names={"s": s, "t": t, "L": L})
    text = lines(found)
    assert (found.count, found.edges) == (3, 8)
    assert text[0] == "∂L/∂w over 3 paths:"
    assert re.fullmatch(r"  L → v\d → s → w  \[3.0, 6.0\]", text[1])
    assert re.fullmatch(r"  L → v\d → t → w  \[3.0, 6.0\]", text[3])
    assert text[4:] == ["their sum: [6.0, 12.0]", "∂L/∂w = [6.0, 12.0]"]


def test_of_large_arrays_the_largest_entry_is_told():
    rng = np.random.default_rng(0)
    net = Model.init(5, 64, 3, rng=rng)
    loss = net(rng.normal(size=(8, 5)), rng.normal(size=(8, 3)))
    w = net.layers[0].w
    loss.backward()
    found = paths(loss, w)
    largest = number(np.abs(w.grad).max())
    assert (found.count, found.edges) == (1, 4)
    assert lines(found)[1:] == [
        f"  L → v4 → v3 → v2 → w1  up to ±{largest}",
        f"∂L/∂w1 = up to ±{largest}",
    ]


def test_broadcasting_is_undone_along_a_path():
    b = leaf([1.0, 2.0], "b")
    found = paths((np.ones((3, 2)) + b).sum(), b)
    assert lines(found)[1:] == ["  L → v2 → b  [3.0, 3.0]", "∂L/∂b = [3.0, 3.0]"]


def test_an_empty_array_has_a_path():
    w = leaf(np.ones((0, 3)), "w")
    assert lines(paths(w.sum(), w)) == [
        "∂L/∂w over 1 path:",
        "  L → w  empty",
        "∂L/∂w = empty",
    ]


def test_one_element_of_any_shape_is_a_number():
    for shape in [(), (1,), (1, 1)]:
        x = leaf(np.full(shape, 3.0))
        assert lines(paths(x * 2.0 * 5.0, x))[1:] == [
            "  L → v1 → x  5.0 × 2.0 = 10.0",
            "∂L/∂x = 10.0",
        ]


def test_another_librarys_arrays_are_told_in_shapes_and_not_computed():
    x = leaf(never_computed())
    found = paths((np.tanh(x) * x).sum(), x)
    assert found.count == 2
    assert lines(found)[-1] == "∂L/∂x = (4, 3)"


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", ">f8"])
def test_narrow_and_foreign_floats_add_up(dtype):
    x = leaf(np.full((2,), 3.0, dtype))
    found = paths((x * x + x).sum(), x)
    assert found.count == 3
    assert lines(found)[-2:] == ["their sum: [7.0, 7.0]", "∂L/∂x = [7.0, 7.0]"]


# --- all paths of small graphs --------------------------------------------------------


def plus(x, y):
    return x + y, (1.0, 1.0)


def times(x, y):
    return x * y, (y, x)


def tanh(x):
    y = math.tanh(x)
    return y, (1 - y * y,)


TABLE = {"plus": (plus, np.add), "times": (times, np.multiply), "tanh": (tanh, np.tanh)}

just, near_by, any_of = (st.integers(0, most) for most in (0, 3, 40))
step = st.tuples(st.sampled_from(sorted(TABLE)), just | near_by, near_by | any_of)
graphs = st.integers(0, 14).flatmap(lambda n: st.lists(step, min_size=n, max_size=n))


def built(steps):
    """A graph on three leaves: its Tensors; and for each the operands and slopes.

    A step says how many Tensors back each operand was made.
    """
    made = [leaf(x, n) for x, n in [(0.5, "a"), (-1.25, "b"), (2.0, "c")]]
    edges = [[], [], []]
    for kind, *places in steps:
        slopes_of, function = TABLE[kind]
        chosen = [len(made) - 1 - i % len(made) for i in places]
        chosen = chosen[: 1 if kind == "tanh" else 2]
        _, slopes = slopes_of(*(made[i].item() for i in chosen))
        if not all(x == 0 or 1e-4 < abs(x) < 1e3 for x in slopes):
            break  # 1 - tanh ** 2 is mostly rounding, say
        made.append(function(*(made[i] for i in chosen)))
        edges.append(list(zip(chosen, slopes, strict=True)))
    return made, edges


def ways(edges, start, end):
    """All paths, from the left: each the slopes along it."""
    if start == end:
        yield []
        return
    for operand, slope in edges[start]:
        for rest in ways(edges, operand, end):
            yield [slope, *rest]


@pytest.mark.slow
def test_on_small_graphs_all_paths_are_those_that_a_recursion_finds():
    sizes = []

    @settings(settings.default, max_examples=300)
    @given(graphs, near_by | any_of)
    def holds(steps, end):
        made, edges = built(steps)
        start, end = len(made) - 1, end % len(made)
        number_of = counted(edges, end)[start]
        if number_of > 500:
            return
        every = list(ways(edges, start, end))
        found = paths(made[start], made[end], limit=500)
        assert found.count == len(every) == number_of
        if not every:
            assert "has no path: " in str(found)
            return
        assert_multiplied(found, every)
        assert_added(found, every, made[start], made[end])
        sizes.append(len(every))

    holds()
    assert sorted(sizes)[-60] >= 2  # which examples come is up to hypothesis
    assert max(sizes) > 12


def counted(edges, end):
    counts = []
    for i, below in enumerate(edges):
        counts.append(1 if i == end else sum(counts[j] for j, _ in below))
    return counts


def assert_multiplied(found, every):
    """Each line has the factors of its path, in order, and their product."""
    listed = lines(found)[1 : 1 + len(every)]
    for line, slopes in zip(listed, every, strict=True):
        route, _, words = line.strip().partition("  ")
        if not slopes:
            assert words == "1.0"
            continue
        factors, _, product = words.rpartition(" = ")
        if len(slopes) == 1:
            factors = product  # said once
        shown = factors.split(" × ")
        whole = shown if len(slopes) <= 8 else shown[:7]
        assert whole == [number(x) for x in slopes[: len(whole)]]
        if len(slopes) > 8:
            assert shown[7:] == [f"… {len(slopes) - 7} more"]
        near(product, math.prod(slopes))
        assert route.count(" → ") == min(len(slopes), 8 if len(slopes) > 7 else 7)


def near(text, value):
    """Whether a printed number of four digits is this one."""
    value = value + 0.0
    assert float(text) == pytest.approx(value, rel=1e-3, abs=1e-300), (text, value)


def assert_added(found, every, loss, wrt):
    total = math.fsum(map(math.prod, every))
    loss.backward()
    scale = math.fsum(abs(math.prod(p)) for p in every)
    assert float(wrt.grad) == pytest.approx(total, rel=1e-9, abs=1e-12 * scale)
    text = lines(found)
    sums = [line for line in text if line.startswith("their sum: ")]
    assert len(sums) == (len(every) > 1)
    shown = [*sums, *(line for line in text[1 + len(every) :] if line.startswith("∂"))]
    assert len(shown) == 1 + len(sums)
    for line in shown:
        printed = re.split(": | = ", line)[-1]
        assert float(printed) == pytest.approx(total, rel=1e-3, abs=1e-9 * scale)


# --- odd graphs -----------------------------------------------------------------------


def test_infinities_that_meet_are_nan_and_warn_of_nothing():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        loss = np.sqrt(x) - np.sqrt(x)
    assert lines(paths(loss, x))[3:] == ["their sum: NaN", "∂L/∂x = NaN"]


def test_a_tensor_that_was_used_and_then_frozen_does_not_disturb():
    x, k = leaf(2.0), leaf(3.0, "k")
    loss = x * k
    k.requires_grad = False
    assert paths(loss, x).count == 1


def test_odd_names_are_shown_as_everywhere():
    for name in ["a\nb", "<b>", "$", "\x00", "\u202e", "x" * 300, "→", "L", "v1"]:
        x = leaf(2.0, name)
        text = str(paths(x * 3.0 + x, x))
        assert len(text.splitlines()) == 5
        assert text.isprintable() or text.replace("\n", "").isprintable()
        assert len(max(text.splitlines(), key=len)) < 200


def test_nobody_is_touched_and_recording_makes_no_difference():
    L, named = fresh_lesson()
    ran = []
    named["e"].register_hook(ran.append)
    expected = str(paths(L, named["a"]))
    with no_grad():
        assert str(paths(L, named["a"])) == expected
    with debug():
        assert str(paths(L, named["a"])) == expected
    assert ran == []
    assert all(x.grad is None for x in named.values())


def test_paths_hold_no_graph(no_collector):
    L, named = fresh_lesson()
    held = [weakref.ref(x) for x in named.values()]
    found = paths(L, named["a"], names=named)
    del L, named
    assert [ref() for ref in held] == [None] * len(held)
    assert found.count == 1


# --- what it refuses ------------------------------------------------------------------


@pytest.mark.parametrize("loss", [2.0, None, np.ones(()), "L"])
def test_a_loss_is_a_tensor(loss):
    words = f"paths: got a {type(loss).__name__}, and needs a Tensor; pass the loss"
    with pytest.raises(TypeError, match=words):
        paths(loss, Tensor(1.0))


def test_a_loss_is_one_number():
    x = Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match=r"paths: the loss has shape \(2,\) and must "):
        paths(x * 2.0, x)


@pytest.mark.parametrize("wrt", [2.0, None, np.ones(2), "a"])
def test_wrt_is_a_tensor(wrt):
    words = f"paths: wrt is a {type(wrt).__name__}, and must be a Tensor"
    with pytest.raises(TypeError, match=words):
        paths(Tensor(1.0) * 2.0, wrt)


@pytest.mark.parametrize("limit", [1.0, None, "3", True, [1], np.float64(2)])
def test_a_limit_is_an_int(limit):
    x = Tensor(1.0)
    words = re.escape(f"paths: limit is {limit!r}, and must be an int")
    with pytest.raises(TypeError, match=words):
        paths(x * 2.0, x, limit)


@pytest.mark.parametrize("limit", [-1, -(10**9)])
def test_a_limit_is_not_negative(limit):
    x = Tensor(1.0)
    with pytest.raises(
        ValueError, match=f"paths: limit is {limit}, and must be 0 or mo"
    ):
        paths(x * 2.0, x, limit)


def test_wrong_arguments_are_refused_though_there_is_no_path():
    x, y = Tensor(1.0), Tensor(2.0)
    with pytest.raises(ValueError, match="limit is -1"):
        paths(x * 2.0, y, -1)


def test_the_error_on_names_says_who_was_called():
    x = Tensor(1.0)
    with pytest.raises(TypeError, match="^paths: names is 5"):
        paths(x * 2.0, x, names=5)

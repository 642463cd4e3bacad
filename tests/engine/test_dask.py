"""Dask: every rule is put off until somebody computes, or says that it can't be.

Everything here runs under a scheduler that raises. What was computed on the way would
be seen; what Dask has no function for, it computes with a FutureWarning, and warnings
are errors in this suite. Afterwards the results equal NumPy's.
"""

import gc
import re

import dask
import dask.array as da
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from helpers.cases import case, name_of
from helpers.composition_rows import CASES as COMPOSED
from helpers.rule_rows import CASES as TABLE
from helpers.rule_rows import some

import nn
from engine import Tensor, grad, hessian, hvp, jacobian, jvp, numpy_protocol, rules
from engine.numpy_protocol import CONSTANT
from nn import SGD, MaskedLinear, Model, exciter, lin, masked_linear, mse, relu
from nn.convolution import conv2d, max_pool2d
from viz import draw

pytestmark = pytest.mark.slow

IDS = np.array([2, 0, 1, 2])


def of_lazy_ids(x):
    ids = chunked(IDS) if isinstance(x.data, da.Array) else IDS
    return nn.cross_entropy(x, ids, ignore=0)


NN = {
    "lin": [(lin, some(4, 3), some(3, 2), some(2))],
    "masked_linear": [
        (
            lambda x, w, b: masked_linear(x, w, b, mask=np.eye(3) > 0),
            some(4, 3),
            some(3, 3),
            some(3),
        )
    ],
    "relu": [(relu, some(4, 3))],
    "exciter": [(lambda x: exciter(x, low=-0.9, high=0.9), some(4, 3))],
    "leaky_relu": [(nn.leaky_relu, some(4, 3))],
    "sigmoid": [(nn.sigmoid, some(4, 3))],
    "gelu": [(nn.gelu, some(4, 3))],
    "gelu, exact": [(lambda x: nn.gelu(x, approximate="none"), some(4, 3))],
    "softmax": [(nn.softmax, some(4, 3))],
    "log_softmax": [(nn.log_softmax, some(4, 3))],
    "layer_norm": [(nn.layer_norm, some(4, 3), some(3), some(3))],
    "rms_norm": [(nn.rms_norm, some(4, 3), some(3))],
    "batch_norm": [  # whose sum of squares hardly depends on x
        (lambda x, a, b: nn.batch_norm(x, a, b) * x, some(4, 3), some(3), some(3))
    ],
    "normalise": [
        (
            lambda x, a, b: nn.normalise(x, a, b, mean=np.ones(3), var=np.ones(3)),
            some(4, 3),
            some(3),
            some(3),
        )
    ],
    "drop": [(lambda x: nn.dropout(x, 0.5, rng=np.random.default_rng(0)), some(4, 3))],
    "conv2d": [
        (conv2d, some(2, 2, 4, 3), some(3, 2, 2, 2), some(3)),
        (
            lambda x, w: conv2d(x, w, stride=(2, 1), padding=1),
            some(2, 2, 4, 3),
            some(3, 2, 2, 2),
        ),
        (lambda x, w: conv2d(x, w, stride=2), some(2, 2, 4, 5), some(3, 2, 2, 2)),
    ],
    "max_pool2d": [
        (lambda x: max_pool2d(x, size=2), some(2, 2, 4, 4)),
        (lambda x: max_pool2d(x, size=2), some(2, 2, 5, 5)),
        (lambda x: max_pool2d(x, size=(3, 2), stride=1), some(2, 2, 4, 3)),
    ],
    "mse": [(mse, some(4, 1), some(4))],
    "mae": [(nn.mae, some(4, 1), some(4))],
    "huber": [(nn.huber, some(4, 1), some(4))],
    "hinge": [(nn.hinge, some(4, 1), some(4))],
    "binary_cross_entropy": [(nn.binary_cross_entropy, some(4, 1), some(4))],
    "cross_entropy": [(nn.cross_entropy, some(4, 3), some(4, 3))],
    "cross_entropy of ids": [(lambda x: nn.cross_entropy(x, IDS), some(4, 3))],
    "cross_entropy of lazy ids": [(of_lazy_ids, some(4, 3))],
}
CASES = TABLE | NN
LAZY = sorted(n for n in rules.__all__ if getattr(rules, n).lazy) + sorted(NN)
AT_ONCE = sorted(set(CASES) - set(LAZY))
REDUCTIONS = ["sum", "mean", "var", "std", "cumsum", "max", "min", "norm"]

# In the place of a first row that Dask itself can't put off.
FIRST = {name: rows[0] for name, rows in CASES.items()}
FIRST["reshape"] = (lambda x: rules.reshape(x, shape=(2, 2, 3)), some(4, 3))
FIRST["scatter"] = (lambda x: rules.scatter(x, index=slice(0, 4), shape=(6,)), some(4))

INDICES = [
    (lambda x, i=i: x[i], some(5, 4))
    for i in [
        0,
        -1,
        np.int64(2),
        slice(1, 4),
        slice(None, None, -1),
        slice(4, 0, -2),
        slice(-2, None),
        slice(3, 3),
        ...,
        None,
        (slice(None), 1),
        (1, -2),
        (..., 0),
        (None, ..., -1),
        (slice(None, None, 2), None, slice(None, None, -1)),
        (0, None, ..., None),
    ]
]
ROWS = {n: [FIRST[n], *(CASES[n][1:] if n in REDUCTIONS else [])] for n in LAZY}
ROWS["getitem"] += INDICES


class ComputedError(Exception):
    pass


def refuse(*args, **kwargs):
    raise ComputedError


@pytest.fixture
def put_off():
    """Nothing is computed while this is on."""
    with dask.config.set(scheduler=refuse):
        yield


def chunked(x):
    """An array of Dask's, cut in two along every axis of more than one entry."""
    x = np.asarray(x)
    return da.from_array(x, chunks=tuple(max(1, (n + 1) // 2) for n in x.shape))


def computed(*arrays):
    """The values, which must not have been there before."""
    assert {type(x) for x in arrays} == {da.Array}
    return dask.compute(*arrays, scheduler="synchronous")


def run(f, operands, wrap):
    """The value of f, and the gradients of its operands."""
    xs = [Tensor(wrap(x)) for x in operands]
    y = f(*xs)
    (y * y).sum().backward()
    return [y.data, *[x.grad for x in xs]]


def run_twice(f, operands, wrap):
    """The gradients of the squared gradients."""
    xs = [Tensor(wrap(x)) for x in operands]
    y = f(*xs)
    (y * y).sum().backward(create_graph=True)
    slopes = sum((x.grad * x.grad).sum() for x in xs)
    for x in xs:
        x.grad = None
    slopes.backward()
    return [x.grad for x in xs]


def assert_lazy_and_equal_to_numpy(run, row):
    f, *operands = row
    lazy = computed(*run(f, operands, chunked))
    for theirs, ours in zip(lazy, run(f, operands, np.asarray), strict=True):
        assert np.shape(theirs) == np.shape(ours)
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-14)


# --- every rule -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
def test_a_lazy_rule_computes_nothing_forward_and_backward(name, put_off):
    for i, row in enumerate(ROWS[name]):
        with case("row", i):
            assert_lazy_and_equal_to_numpy(run, row)


@pytest.mark.parametrize("name", LAZY)
def test_a_lazy_rule_computes_nothing_to_second_order(name, put_off):
    assert_lazy_and_equal_to_numpy(run_twice, FIRST[name])


@pytest.mark.parametrize("name", LAZY)
def test_a_lazy_rule_leaves_float32_as_it_is(name, put_off):
    f, *operands = FIRST[name]
    narrow = [np.asarray(x, dtype=np.float32) for x in operands]
    leaves = [Tensor(chunked(x)) for x in narrow]
    y = f(*leaves)
    y.sum().backward()
    expected = [f(*map(Tensor, narrow)).dtype] + [np.float32] * len(leaves)
    lazy = [y.data, *[x.grad for x in leaves]]
    assert [x.dtype for x in lazy] == expected
    assert [x.dtype for x in computed(*lazy)] == expected


@pytest.mark.parametrize(
    "options", [{}, {"nan": 3.0}, {"posinf": 1.0, "neginf": -2.0}, {"nan": np.inf}]
)
def test_nan_to_num_is_written_out_for_dask_and_equals_numpy(options, put_off):
    x = np.array([np.nan, np.inf, -np.inf, 1.0, -2.0], dtype=np.float32)
    (theirs,) = computed(rules.nan_to_num(chunked(x), **options))
    for ours in (theirs, rules.nan_to_num(x, **options)):
        np.testing.assert_array_equal(ours, np.nan_to_num(x, **options), strict=True)


@pytest.mark.parametrize("name", AT_ONCE)
def test_any_other_rule_is_refused_and_pulls_nothing_over(name, put_off):
    f, *operands = FIRST[name]
    with pytest.raises(TypeError, match=f"{name}: needs its data at once, .* of dask"):
        f(*[Tensor(chunked(x)) for x in operands])
    with pytest.raises(TypeError, match=f"{name}: needs its data at once, .* of dask"):
        f(*map(chunked, operands[:-1]), Tensor(chunked(operands[-1])))


# --- every composition ----------------------------------------------------------------

# Options that lead to a rule which needs its data, or to an index that may repeat.
NOT_BY_ALL_OPTIONS = {
    np.repeat: "scatter: .* that may repeat",
    np.pad: "scatter: .* that may repeat|(linspace|median): needs its data at once",
    np.linalg.matrix_power: "inv: needs its data at once",
    np.linalg.norm: "svd: needs its data at once|Improper number of dimensions",
    np.linalg.matrix_norm: "svd: needs its data at once",
}


@pytest.mark.parametrize("function", COMPOSED, ids=name_of)
def test_a_composition_is_put_off_or_refused(function, put_off):
    x = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
    refusals = []
    for f in COMPOSED[function]:
        try:
            assert_lazy_and_equal_to_numpy(run, (f, x))
        except (TypeError, ValueError) as error:
            refusals.append(str(error))
    if numpy_protocol._compositions[function].lazy:
        words = NOT_BY_ALL_OPTIONS.get(function)
        assert len(refusals) < len(COMPOSED[function])
        assert bool(refusals) == bool(words)
    else:
        words = f"^{numpy_protocol._name(function)}: needs its data at once, .* of dask"
        assert len(refusals) == len(COMPOSED[function])
    assert all(re.search(words, refusal) for refusal in refusals)


@pytest.mark.parametrize("function", sorted(CONSTANT, key=name_of), ids=name_of)
def test_a_constant_function_is_put_off_or_refused(function, put_off):
    t = Tensor(chunked(some(4, 4)))
    two = {np.array_equal, np.array_equiv, np.allclose, np.isclose, np.isin}
    two |= {np.shares_memory, np.may_share_memory, np.can_cast}
    args = [t] * getattr(function, "nin", 2 if function in two else 1)
    if function is np.argpartition:
        args = [t, 1]
    if function in (np.searchsorted, np.digitize):
        args = [Tensor(chunked(np.arange(4.0))), t]
    if function in numpy_protocol._CONSTANT_AT_ONCE:
        with pytest.raises(TypeError, match=r"^np\.[\w.]+: needs its data at once"):
            function(*args)
    else:
        function(*args)  # computes nothing: put_off and the warnings would tell


def test_index_and_reductions_are_lazy():
    assert {"getitem", "scatter", *REDUCTIONS} <= set(LAZY)


def test_what_is_computed_here_would_be_seen(put_off):
    with pytest.raises(ComputedError):
        chunked(some(4)).compute()
    with pytest.raises(ComputedError):
        np.asarray(chunked(some(4)))
    with pytest.raises(FutureWarning, match="not implemented by Dask"):
        np.linalg.det(chunked(np.eye(2)))


# --- what can't be put off within a lazy rule -----------------------------------------


@pytest.mark.parametrize("index", [[0, 0, 2], np.array([1]), (0, [1, 2])])
def test_an_index_that_may_repeat_goes_forward_but_not_back(index, put_off):
    x = Tensor(chunked(some(4, 3)))
    y = x[index]
    with pytest.raises(TypeError, match=r"scatter: .* may repeat; index with integers"):
        y.sum().backward()
    assert x.grad is None
    np.testing.assert_array_equal(computed(y.data)[0], computed(x.data)[0][index])


@pytest.mark.parametrize("mask", [lambda x: x > 0, lambda x: x[:, 0] > 0])
def test_a_mask_which_leaves_a_length_unknown_is_refused_with_the_cure(mask, put_off):
    x = Tensor(chunked(some(4, 3)))
    cure = r"getitem: shape \(nan.*\) has a length that is not known yet.* np\.where"
    with pytest.raises(ValueError, match=cure):
        x[mask(x)]
    with pytest.raises(ValueError, match=r"^Tensor: shape \(nan"):
        Tensor(x.data[mask(x.data)])
    unknown = Tensor(x.data[mask(x.data)], requires_grad=False)
    with pytest.raises(ValueError, match=r"multiply: shape \(nan"):
        unknown * Tensor(2.0)


def test_the_cures_give_what_numpy_gives():
    array = some(6)
    theirs, ours = Tensor(chunked(array)), Tensor(array)
    np.where(theirs > 0, theirs, 0.0).sum().backward()
    ours[array > 0].sum().backward()
    np.testing.assert_array_equal(theirs.grad.compute(), ours.grad)
    known = chunked(array)[chunked(array) > 0].compute_chunk_sizes()
    x, y = Tensor(known), Tensor(array[array > 0])
    (x * x).mean().backward()
    (y * y).mean().backward()
    np.testing.assert_allclose(x.grad.compute(), y.grad, rtol=1e-12)


def test_a_shape_that_dask_can_not_give_is_refused_in_its_words(put_off):
    with pytest.raises(NotImplementedError, match="Dask's reshape only supports"):
        Tensor(chunked(some(2, 3))).reshape(3, 2)


# --- what else there is to do with a Tensor -------------------------------------------


def length(x):
    return np.sum(np.tanh(x) ** 2) * x[0, 0]


@pytest.mark.parametrize(
    "ask",
    [
        grad(length),
        jacobian(lambda x: np.sin(x) @ x.T),
        hessian(length),
        lambda x: hvp(length, x, x),
        lambda x: jvp(length, (x,), (x,))[1],
    ],
)
def test_derivatives_of_functions_are_lazy_too(ask, put_off):
    x = some(3, 2)
    (theirs,) = computed(ask(chunked(x)))
    np.testing.assert_allclose(theirs, ask(x), rtol=1e-12, atol=1e-14)


def test_looking_at_a_tensor_computes_nothing(put_off):
    x = Tensor(chunked(some(4, 3)), name="x")
    loss = (x * x).sum()
    loss.backward()
    assert repr(x) == "Tensor(shape=(4, 3), name='x', grad=(4, 3))"
    assert "dask.array" in repr(loss)
    svg = draw(loss).svg()
    assert "(4, 3)<" in svg
    assert ">not computed<" in svg
    assert ">∂ not computed<" in svg


def test_asking_for_a_number_computes_it():
    loss = Tensor(chunked(np.full((4, 3), 2.0))).mean()
    assert (loss.item(), f"{loss:.1f}") == (2.0, "2.0")
    assert Tensor(chunked([[3.0]])).item() == 3.0


def test_a_mask_stays_in_its_library_and_must_be_boolean_where_it_is_put_off(put_off):
    mask = np.eye(3)
    there = MaskedLinear(some(3, 3), some(3), mask=chunked(mask) != 0)
    assert type(there.mask) is da.Array
    x = Tensor(chunked(some(4, 3)))
    loss = (there(x) ** 2).sum()
    loss.backward()
    here = MaskedLinear(there.w.data, there.b.data, mask=mask)
    (here(computed(x.data)[0]) ** 2).sum().backward()
    np.testing.assert_allclose(computed(there.w.grad)[0], here.w.grad, rtol=1e-12)
    with pytest.raises(TypeError, match=r"Array of float64 whose .* pass mask != 0"):
        MaskedLinear(some(3, 3), some(3), mask=chunked(mask))


# --- nn on a cluster ------------------------------------------------------------------

ROWS_OF_DATA, FEATURES, RATE = 60, 5, 0.1


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two processes on this machine, which end when the tests of this file have run."""
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
    while gc.collect():  # an event loop leaves cycles, and other tests count them
        pass


def data():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS_OF_DATA, FEATURES))
    return x, np.sin(x[:, 0]) + x[:, 1]


def in_chunks_of_rows(x):
    return da.from_array(x, chunks=(16, *x.shape[1:]))


def model():
    return Model.init(FEATURES, 8, 1, rng=np.random.default_rng(4))


def two_steps(model, x, y):
    """What two steps of training left: losses, gradients, parameters."""
    sgd, seen = SGD(model.parameters(), lr=RATE), []
    for _ in range(2):
        sgd.zero_grad()
        loss = model(x, y)
        loss.backward()
        sgd.step()
        seen.append(
            [loss.data, *[a for p in model.parameters() for a in (p.grad, p.data)]]
        )
    return [array for step in seen for array in step]


def assert_equal_to_numpy(theirs):
    for ours, other in zip(two_steps(model(), *data()), theirs, strict=True):
        assert np.shape(ours) == np.shape(other)
        np.testing.assert_allclose(other, ours, rtol=0, atol=1e-12)


@pytest.mark.parametrize("chunk_the_parameters", [False, True])
def test_two_training_steps_on_two_processes_equal_numpy(cluster, chunk_the_parameters):
    there = model()
    if chunk_the_parameters:
        for p in there.parameters():
            p.data = chunked(p.data)
    with dask.config.set(scheduler=refuse):
        lazy = two_steps(there, *map(in_chunks_of_rows, data()))
    assert {type(x) for x in lazy} == {da.Array}
    before = cluster.run(transitions)
    assert_equal_to_numpy(cluster.gather(cluster.compute(lazy)))
    after = cluster.run(transitions)
    assert len(after) == 2
    assert all(after[k] > before[k] for k in after)  # both of them worked


def transitions(dask_worker):
    """How many changes of state the tasks of a worker went through so far."""
    return dask_worker.state.transition_counter


def test_link_by_link_gives_the_same_gradients_there(cluster):
    here, there = model(), model()
    here(*data())
    there(*map(in_chunks_of_rows, data()))
    here.backward()
    there.backward()
    for p, q in zip(here.parameters(), there.parameters(), strict=True):
        np.testing.assert_allclose(q.grad.compute(), p.grad, rtol=0, atol=1e-12)


def test_gradients_that_are_computed_keep_the_parameters_in_numpy(cluster):
    there = model()
    sgd = SGD(there.parameters(), lr=RATE)
    x, y = map(in_chunks_of_rows, data())
    seen = []
    for _ in range(2):
        sgd.zero_grad()
        loss = there(x, y)
        loss.backward()
        value, *gradients = dask.compute(loss.data, *[p.grad for p in sgd.parameters])
        for p, gradient in zip(sgd.parameters, gradients, strict=True):
            p.grad = gradient
        sgd.step()
        assert {type(p.data) for p in sgd.parameters} == {np.ndarray}
        seen += [value, *[a for p in sgd.parameters for a in (p.grad, p.data)]]
    assert_equal_to_numpy(seen)

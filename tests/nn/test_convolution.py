"""Convolution: sizes, ties, what is left out, memory, and what is refused."""

import numpy as np
import pytest
from helpers.layer_rows import apart, filtered, normal

from engine import (
    Tensor,
    backward_pass,
    check_gradients,
    grad,
    hvp,
    topological_order,
)
from nn import Lin, Mse, ReLU, Sequential
from nn.convolution import Conv2d, Flatten, MaxPool2d, conv2d, max_pool2d
from nn.windows import windows2d


def ones(*shape):
    return np.ones(shape)


# --- values ---------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2, 3, (2, 1), (1, 4)])
@pytest.mark.parametrize("padding", [0, 1, (2, 0), (0, 3)])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 1), (5, 4)])
def test_conv2d_is_the_sum_written_out_place_by_place(stride, padding, size):
    x, w, b = normal(0, 2, 3, 5, 4), normal(1, 4, 3, *size), normal(2, 4)
    pairs = [n if isinstance(n, tuple) else (n, n) for n in (stride, padding)]
    by_hand = filtered(x, w, b, stride=pairs[0], padding=pairs[1])
    y = conv2d(x, w, b, stride=stride, padding=padding)
    np.testing.assert_allclose(y, by_hand, rtol=1e-12, atol=1e-13)


def test_a_filter_is_not_flipped():
    x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.zeros((1, 1, 3, 3))
    w[0, 0, 0, 1] = 1  # above the middle
    np.testing.assert_array_equal(conv2d(x, w), [[[[1]]]])
    y = conv2d(x, w, padding=1)  # each entry is what stood above it
    np.testing.assert_array_equal(y[0, 0], [[0, 0, 0], [0, 1, 2], [3, 4, 5]])


def test_a_filter_may_stand_in_the_padding_alone():
    x, w = Tensor(ones(1, 1, 1, 1)), Tensor(ones(1, 1, 1, 1))
    y = conv2d(x, w, padding=2)
    assert y.shape == (1, 1, 5, 5)
    assert y.data.sum() == 1
    y.backward(ones(1, 1, 5, 5))
    assert x.g.item() == w.g.item() == 1


@pytest.mark.parametrize(
    ("x", "w"),
    [
        ((0, 2, 4, 4), (3, 2, 3, 3)),
        ((2, 0, 4, 4), (3, 0, 3, 3)),
        ((2, 2, 4, 4), (0, 2, 3, 3)),
    ],
    ids=["no images", "no channels", "no filters"],
)
def test_conv2d_of_nothing_is_the_biases_and_sends_zeros_back(x, w):
    x, w, b = Tensor(np.ones(x)), Tensor(np.ones(w)), Tensor(np.ones(w[0]))
    y = conv2d(x, w, b, padding=1)
    assert y.shape == (x.shape[0], w.shape[0], 4, 4)
    assert (y.data == 1).all()
    y.backward(np.ones(y.shape))
    assert [t.g.shape for t in (x, w, b)] == [t.shape for t in (x, w, b)]
    assert not x.g.any()
    assert not w.g.any()


@pytest.mark.parametrize("shape", [(0, 2, 4, 4), (2, 0, 4, 4)])
@pytest.mark.parametrize("stride", [None, 1])
def test_max_pool2d_of_nothing_is_nothing(shape, stride):
    x = Tensor(np.ones(shape))
    y = max_pool2d(x, size=2, stride=stride)
    y.backward(np.ones(y.shape))
    assert x.g.shape == shape


def test_nan_and_infinity_reach_all_the_places_that_see_them():
    x, w = np.zeros((1, 1, 3, 3)), np.ones((1, 1, 2, 2))
    x[0, 0, 0, 0], x[0, 0, 2, 2] = np.nan, np.inf
    y = conv2d(x, w)[0, 0]
    np.testing.assert_array_equal(y, [[np.nan, 0], [0, np.inf]])
    y = max_pool2d(x, size=2, stride=1)[0, 0]
    np.testing.assert_array_equal(y, [[np.nan, 0], [0, np.inf]])
    assert (max_pool2d(np.full((1, 1, 2, 2), -np.inf), size=2) == -np.inf).all()


def test_integer_images_are_filtered():
    w = Tensor(normal(0, 1, 1, 2, 2))
    conv2d(np.arange(4).reshape(1, 1, 2, 2), w, np.zeros(1)).backward(ones(1, 1, 1, 1))
    np.testing.assert_array_equal(w.g, [[[[0, 1], [2, 3]]]])


@pytest.mark.parametrize(
    ("x", "w", "b"), [("f4", "f4", "f8"), ("f8", "f4", "f4"), ("f2", "f2", "f4")]
)
def test_operands_of_mixed_dtypes_give_what_numpys_formula_gives(x, w, b):
    x, w, b = ones(1, 1, 2, 2).astype(x), ones(1, 1, 2, 2).astype(w), ones(1).astype(b)
    y = conv2d(x, w, b)
    assert y.dtype == np.result_type(x, w, b)
    assert y.item() == 5


# --- the largest ----------------------------------------------------------------------


def test_equal_entries_of_a_window_share_its_gradient():
    x = Tensor([[[[3.0, 3, 1, 0], [0, 3, 0, 2]]]])
    max_pool2d(x, size=2).backward(np.array([[[[6.0, 5.0]]]]))
    np.testing.assert_array_equal(x.g[0, 0], [[2, 2, 0, 0], [0, 2, 0, 5]])


def test_nans_of_a_window_share_its_gradient():
    x = Tensor([[[[np.nan, 3], [np.nan, 5]]]])
    max_pool2d(x, size=2).backward(np.array([[[[6.0]]]]))
    np.testing.assert_array_equal(x.g[0, 0], [[3, 0], [3, 0]])


@pytest.mark.parametrize("shape", [(2, 2, 4, 6), (1, 3, 4, 4)])
def test_ties_are_shared_as_np_max_shares_them(shape):
    x = Tensor(np.random.default_rng(0).integers(0, 2, shape).astype(float))
    g = normal(1, *shape[:2], shape[2] // 2, shape[3] // 2)
    max_pool2d(x, size=2).backward(g)
    ours, x.g = x.g, None
    n, c, h, w = shape
    np.max(x.reshape(n, c, h // 2, 2, w // 2, 2), axis=(3, 5)).backward(g)
    np.testing.assert_allclose(ours, x.g, rtol=1e-15)


def test_what_fills_no_window_has_no_gradient():
    x = Tensor(apart(0, 1, 1, 3, 5))
    y = max_pool2d(x, size=2)
    assert y.shape == (1, 1, 1, 2)
    y.backward(np.ones(y.shape))
    assert x.g.sum() == 2
    assert not x.g[:, :, 2].any()
    assert not x.g[..., 4].any()


def test_an_entry_that_is_the_largest_of_several_windows_adds_up_what_they_send():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    x = Tensor(x)
    max_pool2d(x, size=2, stride=1).backward(np.array([[[[1.0, 2], [3, 4]]]]))
    np.testing.assert_array_equal(x.g[0, 0], [[0, 0, 0], [0, 10, 0], [0, 0, 0]])


# --- windows --------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [(1, 1), (2, 3), (2, 1), (3, 4)])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_windows_have_derivatives_of_every_order(stride, order):
    x, g = normal(0, 2, 5, 6, 2), normal(1, 2, 2, 3, 4, 6, 2)

    def weighed(x):
        windows = windows2d(x, size=(2, 3), stride=stride)
        rows, columns = windows.shape[3:5]
        return (windows**2 * g[:, :, :, :rows, :columns]).sum()

    f = weighed
    for _ in range(order - 1):
        f = powered(grad(f))
    check_gradients(f, x)


def powered(f):
    return lambda x: (f(x) ** 2).sum()


# --- networks -------------------------------------------------------------------------


def small():
    rng = np.random.default_rng(3)
    return Sequential(
        Conv2d.init(1, 2, 3, rng=rng, padding=1),
        ReLU(),
        MaxPool2d(2),
        Conv2d.init(2, 3, 3, rng=rng, padding=1, stride=2),
        ReLU(),
        Flatten(),
        Lin.init(12, 2, rng=rng),
    )


def test_link_by_link_the_gradients_are_those_of_the_whole():
    net, mse, x, y = small(), Mse(), Tensor(normal(0, 3, 1, 8, 8)), normal(1, 3, 2)
    mse(net(x), y).backward()
    whole = [t.g for t in (x, *net.parameters())]
    for t in (x, *net.parameters()):
        t.g = None
    mse(net(x), y)
    mse.backward()
    for layer in reversed(net.layers):
        layer.backward()
    for t, g in zip((x, *net.parameters()), whole, strict=True):
        np.testing.assert_array_equal(t.g, g)


def test_a_float32_network_stays_float32():
    net, mse = small(), Mse()
    for p in net.parameters():
        p.data = p.data.astype(np.float32)
    x, y = normal(0, 3, 1, 8, 8).astype("f4"), normal(1, 3, 2).astype("f4")
    loss = mse(net(x), y)
    passed = backward_pass([loss], [np.ones((), "f4")])
    assert {t.dtype for t in topological_order([loss])} == {np.dtype("f4")}
    assert {g.dtype for g in passed.values()} == {np.dtype("f4")}


@pytest.mark.parametrize("stride", [1, 2])
def test_a_closure_computes_in_the_dtype_of_the_data(stride):
    x, w, b = (Tensor(normal(i, *s).astype("f4")) for i, s in enumerate(SHAPES))
    for y in (conv2d(x, w, b, padding=1), max_pool2d(x, size=2, stride=stride)):
        g = np.ones(y.shape, "f4")
        assert {fn(g).dtype for fn in y.grad_fns} == {np.dtype("f4")}


SHAPES = [(2, 2, 4, 4), (3, 2, 2, 2), (3,)]


def test_a_second_derivative_goes_through_a_whole_network():
    net, mse, x, y = small(), Mse(), normal(0, 3, 1, 8, 8), normal(1, 3, 2)
    w, v = net.layers[0].w, normal(2, 2, 1, 3, 3)

    def loss(filters):
        net.layers[0].w = filters
        return mse(net(x), y)

    def slope(step):
        moved = Tensor(w.data + step * v)
        return backward_pass([loss(moved)], [np.ones(())])[moved]

    ours = hvp(loss, w.data, v).data  # which has a slope in the other parameters
    by_differences = (slope(1e-6) - slope(-1e-6)) / 2e-6
    np.testing.assert_allclose(ours, by_differences, rtol=1e-6, atol=1e-9)


def test_the_batch_is_the_last_axis_in_memory_from_one_rule_to_the_next():
    x, w = Tensor(normal(0, 5, 2, 6, 6)), Tensor(normal(1, 3, 2, 3, 3))
    y = max_pool2d(np.maximum(conv2d(x, w, padding=1), 0.0), size=2)
    assert y.shape == (5, 3, 3, 3)
    assert y.data.transpose(1, 2, 3, 0).flags.c_contiguous
    y.backward(np.ones(y.shape))
    assert x.g.shape == x.shape


def test_flatten_puts_the_rest_in_a_row():
    x = normal(0, 2, 3, 4, 5)
    np.testing.assert_array_equal(Flatten()(x), x.reshape(2, 60))
    assert Flatten()(np.ones((0, 3, 4))).shape == (0, 12)
    assert Flatten()(np.ones(3)).shape == (3, 1)


# --- what a layer is made of ----------------------------------------------------------


def test_init_draws_filters_of_variance_2_over_what_they_see_and_zero_biases():
    conv = Conv2d.init(20, 300, (3, 4), rng=np.random.default_rng(0))
    assert conv.w.shape == (300, 20, 3, 4)
    assert abs(conv.w.data.var() * 240 / 2 - 1) < 0.02
    assert abs(conv.w.data.mean()) < 1e-3
    assert conv.b.shape == (300,)
    assert not conv.b.data.any()
    assert Conv2d.init(2, 3, 3, rng=np.random.default_rng(0), bias=False).b is None
    assert Conv2d.init(0, 3, 3, rng=np.random.default_rng(0)).w.shape == (3, 0, 3, 3)


def test_init_hands_on_how_the_filters_go():
    rng = np.random.default_rng(0)
    conv = Conv2d.init(1, 2, 3, rng=rng, stride=2, padding=(1, 0), name="first")
    assert (conv.stride, conv.padding, conv.name) == (2, (1, 0), "first")


def test_the_same_seed_draws_the_same_filters():
    one, two, other = (
        Conv2d.init(2, 3, 3, rng=np.random.default_rng(s)).w.data for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Conv2d(ones(16, 1, 3, 3), ones(16)), "Conv2d(1 -> 16, 3×3)"),
        (
            Conv2d(ones(2, 4, 3, 5), None, stride=2, padding=(1, 0)),
            "Conv2d(4 -> 2, 3×5, stride=2, padding=(1, 0))",
        ),
        (MaxPool2d(2), "MaxPool2d(2)"),
        (MaxPool2d((3, 2), stride=[1, 2]), "MaxPool2d((3, 2), stride=(1, 2))"),
        (Flatten(), "Flatten()"),
    ],
)
def test_a_layer_reads_as_what_it_is(layer, text):
    assert repr(layer) == text


def test_a_layer_without_biases_is_one_op_of_two_operands():
    conv = Conv2d(normal(0, 3, 2, 2, 2), None)
    out = conv(Tensor(normal(1, 1, 2, 3, 3)))
    assert (out.op, len(out.parents)) == ("conv2d", 2)
    assert conv.parameters() == [conv.w]


# --- what is refused ------------------------------------------------------------------

X, W, B = ones(2, 3, 5, 4), ones(6, 3, 2, 2), ones(6)

REFUSED = {
    "one image": (
        lambda: conv2d(Tensor(X[0]), W, B),
        r"conv2d: x has shape \(3, 5, 4\), and must be a batch of images of shape "
        r"\(n, c, h, w\); for one image use x\[None\]",
    ),
    "examples in rows": (
        lambda: conv2d(Tensor(ones(2, 3)), W, B),
        r"conv2d: x has shape \(2, 3\), and must be a batch of images",
    ),
    "one image to find the largest of": (
        lambda: max_pool2d(Tensor(X[0]), size=2),
        r"max_pool2d: x has shape \(3, 5, 4\), .*; for one image use x\[None\]",
    ),
    "channels that come last": (
        lambda: conv2d(Tensor(ones(2, 5, 4, 3)), W, B),
        r"images x \(2, 5, 4, 3\) have 5 channels, and filters w \(6, 3, 2, 2\) take "
        r"3; where the channels of x come last, x\.transpose\(0, 3, 1, 2\) would fit",
    ),
    "channels that differ": (
        lambda: conv2d(Tensor(ones(2, 4, 5, 5)), W, B),
        r"have 4 channels, and filters .* take 3; w must have shape \(6, 4, …\)",
    ),
    "filters of three axes": (
        lambda: conv2d(Tensor(X), W[0], B),
        r"conv2d: w has shape \(3, 2, 2\), and must have \(k, c, r, s\)",
    ),
    "filters without rows": (
        lambda: conv2d(Tensor(X), W[:, :, :0], B),
        r"conv2d: w has shape \(6, 3, 0, 2\), and must have \(k, c, r, s\)",
    ),
    "biases that do not fit": (
        lambda: conv2d(Tensor(X), W, ones(3)),
        r"conv2d: b has shape \(3,\), and must have \(6,\) to go with w \(6, 3, 2, 2",
    ),
    "biases that would broadcast": (
        lambda: conv2d(Tensor(X), W, ones(6, 1, 1)),
        r"b has shape \(6, 1, 1\), and must have \(6,\) .*; b\.ravel\(\) would fit",
    ),
    "filters larger than the images": (
        lambda: conv2d(Tensor(X), ones(6, 3, 6, 2), B),
        r"conv2d: filters of 6 × 2 are larger than the images, 5 × 4; pad them",
    ),
    "filters larger than the padded images": (
        lambda: conv2d(Tensor(X), ones(6, 3, 5, 7), B, padding=1),
        r"conv2d: filters of 5 × 7 are larger than the images, 7 × 6, padding included",
    ),
    "windows larger than the images": (
        lambda: max_pool2d(Tensor(X), size=(2, 5)),
        r"max_pool2d: windows of 2 × 5 are larger than the images, 5 × 4",
    ),
    "a stride of 0": (
        lambda: conv2d(Tensor(X), W, B, stride=0),
        r"conv2d: stride is 0, and must be at least 1",
    ),
    "a stride backwards": (
        lambda: max_pool2d(Tensor(X), size=2, stride=(1, -1)),
        r"max_pool2d: stride is \(1, -1\), and must be at least 1",
    ),
    "a window of 0": (
        lambda: MaxPool2d(0),
        r"MaxPool2d: size is 0, and must be at least 1",
    ),
    "negative padding": (
        lambda: Conv2d(W, B, padding=-1),
        r"Conv2d: padding is -1, and must be at least 0",
    ),
    "sizes came for arrays": (
        lambda: Conv2d(3, 6),
        r"^Conv2d: w is 3, .* \(k, c, r, s\); Conv2d\.init\(c, k, size, rng=np\.random",
    ),
    "a layer's filters of two axes": (
        lambda: Conv2d(ones(6, 3), B),
        r"Conv2d: w has shape \(6, 3\), and must have \(k, c, r, s\)",
    ),
    "a layer's biases": (
        lambda: Conv2d(W, ones(6, 1)),
        r"Conv2d: b has shape \(6, 1\), and must have \(6,\)",
    ),
    "a negative number of filters": (
        lambda: Conv2d.init(3, -1, 2, rng=np.random.default_rng(0)),
        r"Conv2d: k is -1, and a size is not negative",
    ),
    "filters of no size": (
        lambda: Conv2d.init(3, 1, 0, rng=np.random.default_rng(0)),
        r"Conv2d: size is 0, and must be at least 1",
    ),
    "a number in a row": (
        lambda: Flatten()(Tensor(1.0)),
        r"Flatten: inp is Tensor\(1\.0\), and must be a batch of shape \(n, …\)",
    ),
}


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_shapes_and_sizes_that_do_not_fit_are_refused_by_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


KINDS = {
    "a stride between": (
        lambda: conv2d(Tensor(X), W, B, stride=1.5),
        r"conv2d: stride is 1\.5, and must be an int, or a pair for rows and columns",
    ),
    "three paddings": (
        lambda: Conv2d(W, B, padding=(1, 2, 3)),
        r"Conv2d: padding is \(1, 2, 3\), and must be an int, or a pair",
    ),
    "a size by its name": (
        lambda: MaxPool2d("2"),
        r"MaxPool2d: size is '2', and must be an int",
    ),
    "no generator": (
        lambda: Conv2d.init(3, 6, 2, rng=0),
        r"init: rng is 0; pass np\.random\.default_rng\(seed\)",
    ),
    "two biases": (
        lambda: conv2d(Tensor(X), W, B, B),
        r"conv2d: takes x, w and perhaps b, and 4 came",
    ),
    "filters of integers": (
        lambda: Conv2d(W.astype(int), B),
        r"array of int64 wants a gradient.*astype\(float\)",
    ),
    "a size that is a Tensor": (
        lambda: max_pool2d(Tensor(X), size=Tensor(2.0)),
        r"option 'size' is a Tensor",
    ),
}


@pytest.mark.parametrize(("call", "words"), KINDS.values(), ids=KINDS)
def test_what_is_of_another_kind_is_refused_by_words(call, words):
    with pytest.raises(TypeError, match=words):
        call()

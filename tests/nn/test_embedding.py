"""Embedding: ids, one-hot rows, and what is refused."""

import numpy as np
import pytest

from engine import Tensor, no_grad
from nn import Embedding, embedding


def table(n=4, d=3):
    return Embedding.init(n, d, rng=np.random.default_rng(0))


@pytest.mark.parametrize("ids", [2, [0, 1], np.array([[1, 1], [3, 0]]), np.uint8([3])])
def test_each_id_gives_its_row(ids):
    emb = table()
    np.testing.assert_array_equal(emb(ids).data, emb.w.data[np.asarray(ids)])


def test_a_row_gets_the_sum_of_the_gradients_of_its_places():
    emb = table()
    out = emb(np.array([[1, 3, 1], [1, 0, 3]]))
    g = np.arange(18.0).reshape(2, 3, 3)
    out.backward(g)
    wanted = [g[1, 1], g[0, 0] + g[0, 2] + g[1, 0], np.zeros(3), g[0, 1] + g[1, 2]]
    np.testing.assert_array_equal(emb.w.g, wanted)


def test_one_hot_rows_give_the_same():
    emb, ids = table(), np.array([2, 0, 2])
    np.testing.assert_array_equal(emb(np.eye(4)[ids]).data, emb(ids).data)
    np.testing.assert_array_equal(emb(np.eye(4, dtype=bool)[ids]).data, emb(ids).data)


def test_no_id_gives_no_row():
    emb = table()
    out = emb(np.zeros(0, int))
    out.backward(np.zeros((0, 3)))
    assert out.shape == (0, 3)
    assert not emb.w.g.any()


def test_ids_in_a_tensor_are_taken():
    ids = Tensor(np.array([0, 1]), requires_grad=False)
    assert table()(ids).shape == (2, 3)


def test_the_link_of_a_layer_of_ids_gives_its_weights_theirs():
    emb = table()
    out = emb(np.array([1, 1]))
    out.g = np.ones((2, 3))
    emb.backward()
    np.testing.assert_array_equal(emb.w.g[1], 2)


def test_init_draws_normal_numbers():
    w = table(400, 300).w.data
    assert abs(w.mean()) < 0.01
    assert abs(w.var() - 1) < 0.01


REFUSED = {
    "an id too large": (
        lambda: table()(np.array([1, 4])),
        ValueError,
        "Embedding: id 4 is not from 0 to 3",
    ),
    "one id too large": (lambda: table()(7), ValueError, "id 7 is not from 0 to 3"),
    "a negative id": (
        lambda: table()([[0, -1]]),
        ValueError,
        "Embedding: id -1 is not from 0 to 3",
    ),
    "floats that are no rows": (
        lambda: table()(np.ones(3)),
        TypeError,
        r"ids of float64 came, of shape \(3,\); they must be whole numbers",
    ),
    "words": (lambda: table()("abc"), TypeError, "Embedding: ids of str came"),
    "sizes": (
        lambda: Embedding(4),
        ValueError,
        r"a weight is .*; Embedding\.init\(n, d, rng=np\.random",
    ),
    "a vector": (
        lambda: Embedding(np.ones(3)),
        ValueError,
        r"Embedding: w has shape \(3,\), and must have \(n, d\)",
    ),
    "no generator": (
        lambda: Embedding.init(3, 2, rng=1),
        TypeError,
        r"Embedding\.init: rng is 1; pass",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_id_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_plain_weights_give_a_plain_array():
    assert type(embedding(np.ones((3, 2)), ids=np.array([1]))) is np.ndarray
    with no_grad():
        assert not table()([1]).requires_grad

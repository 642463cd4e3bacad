"""Functions of a symmetric matrix read one triangle; so do their gradients."""

import numpy as np
import pytest

from engine import Tensor, check_gradients, grad

rng = np.random.default_rng(3)
ONE = rng.normal(size=(3, 3))
DEFINITE = ONE @ ONE.T + np.diag([1.0, 2.0, 4.0]) + rng.normal(size=(3, 3)) / 20
STACK = np.stack([DEFINITE, 2 * DEFINITE.T + np.eye(3)])[None]

LOWER = {
    "cholesky": np.linalg.cholesky,
    "eigvalsh": np.linalg.eigvalsh,
    "eigh, values": lambda x: np.linalg.eigh(x, "l")[0],
    "eigh, vectors": lambda x: np.linalg.eigh(x).eigenvectors ** 2,
    "pinv": lambda x: np.linalg.pinv(x, hermitian=True),
    "pinv, rtol": lambda x: np.linalg.pinv(x, rtol=1e-9, hermitian=True),
    "svd, u": lambda x: np.linalg.svd(x, hermitian=True).U ** 2,
    "svd, s": lambda x: np.linalg.svd(x, hermitian=True).S,
    "svd, vh": lambda x: np.linalg.svd(x, hermitian=True).Vh ** 2,
    "svd, s only": lambda x: np.linalg.svd(x, compute_uv=False, hermitian=True),
}
UPPER = {
    "cholesky, upper": lambda x: np.linalg.cholesky(x, upper=True),
    "eigvalsh, U": lambda x: np.linalg.eigvalsh(x, "U"),
    "eigh, U": lambda x: np.linalg.eigh(x, UPLO="U").eigenvectors ** 2,
    "eigh, u": lambda x: np.linalg.eigh(x, UPLO="u").eigenvalues,
}
ALL = LOWER | UPPER


def symmetric(x):
    return (x + x.swapaxes(-1, -2)) / 2


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("x", [DEFINITE, STACK, DEFINITE[:1, :1], DEFINITE[:0, :0]])
def test_the_gradient_lies_in_the_triangle_that_is_read(name, x):
    if "pinv" in name and x.size == 0:
        return  # NumPy takes the largest of no singular values there
    leaf = Tensor(x)
    value = ALL[name](leaf)
    np.testing.assert_allclose(value.data, ALL[name](x), rtol=1e-12, atol=1e-14)
    value.sum().backward()
    other = np.triu(leaf.grad, 1) if name in LOWER else np.tril(leaf.grad, -1)
    assert not other.any()
    if x.size:
        check_gradients(ALL[name], x, order=2)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("x", [DEFINITE, STACK])
def test_a_symmetric_program_has_the_slopes_that_it_had(name, x):
    check_gradients(lambda x: ALL[name](symmetric(x)), x, order=2)
    leaf = Tensor(x)
    ALL[name](symmetric(leaf)).sum().backward()
    np.testing.assert_allclose(leaf.grad, leaf.grad.swapaxes(-1, -2), atol=1e-12)


def low(a):
    return np.stack([np.stack([2 + 0 * a, 0 * a]), np.stack([a, 1 + 0 * a])])


def test_a_program_that_fills_one_triangle_has_its_slope():
    least = grad(lambda a: np.linalg.eigvalsh(low(a))[0])
    assert least(0.5) == pytest.approx(-1 / np.sqrt(2))
    factor = grad(lambda a: np.linalg.cholesky(low(a)).sum())
    # L is [[r, 0], [a / r, sqrt(1 - a * a / 2)]], r = sqrt(2)
    assert factor(0.5) == pytest.approx(1 / np.sqrt(2) - 0.25 / np.sqrt(1 - 0.125))


@pytest.mark.parametrize("x", [np.diag([3.0, -2.0, 1.0]), symmetric(ONE), STACK])
def test_singular_values_of_a_symmetric_matrix_are_numpys(x):
    ours, theirs = (np.linalg.svd(v, hermitian=True) for v in (Tensor(x), x))
    assert type(ours) is type(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.data, b)
    assert np.linalg.matrix_rank(Tensor(x), hermitian=True).tolist() == (
        np.linalg.matrix_rank(x, hermitian=True).tolist()
    )
    narrow = np.linalg.svd(Tensor(np.float32(x)), hermitian=True)
    assert {v.dtype for v in narrow} == {np.dtype(np.float32)}


def test_a_negative_eigenvalue_is_a_singular_value_to_second_order():
    x = symmetric(ONE) - np.eye(3)
    assert (np.linalg.eigvalsh(x) < 0).any()
    for k in range(3):
        check_gradients(lambda x, k=k: np.linalg.svd(x, hermitian=True)[k] ** 2, x)
        check_gradients(lambda x: np.linalg.svd(x, hermitian=True)[1], x, order=2)
    check_gradients(lambda x: np.linalg.pinv(x, hermitian=True), x, order=2)


def test_a_matrix_that_is_not_square_is_not_symmetric():
    with pytest.raises(
        ValueError, match=r"^np\.linalg\.svd: .*\(2, 3\) is not a square"
    ):
        np.linalg.svd(Tensor(np.ones((2, 3))), hermitian=True)


def test_a_pseudo_inverse_is_cut_at_a_part_of_the_largest_value():
    x = np.diag([1.0, 1e-4])
    for options in ({"rtol": 1e-2}, {"rtol": None}, {"rtol": 1e-9}, {}):
        ours = np.linalg.pinv(Tensor(x), **options)
        np.testing.assert_array_equal(ours.data, np.linalg.pinv(x, **options))
    with pytest.raises(ValueError, match=r"^pinv: .*can't be both set"):
        np.linalg.pinv(Tensor(x), 1e-3, rtol=1e-3)


TALL = rng.normal(size=(2, 4, 2))
WIDE = TALL.swapaxes(-1, -2)


@pytest.mark.parametrize("x", [TALL, WIDE, TALL[0], TALL[0, :, :1], TALL[:, :2]])
def test_all_vectors_come_and_those_that_are_determined_have_slopes(x):
    k = min(x.shape[-2:])
    for ours, theirs in zip(np.linalg.svd(Tensor(x)), np.linalg.svd(x), strict=True):
        np.testing.assert_array_equal(ours.data, theirs)
    for ours, theirs in zip(
        np.linalg.qr(Tensor(x), "complete"), np.linalg.qr(x, "complete"), strict=True
    ):
        np.testing.assert_allclose(ours.data, theirs, rtol=0, atol=1e-14)
    for f in (
        lambda x: np.linalg.svd(x).S,
        lambda x: np.linalg.svd(x).U[..., :k] ** 2,
        lambda x: np.linalg.svd(x)[2][..., :k, :] ** 2,
        lambda x: np.linalg.qr(x, mode="complete").Q[..., :k],
        lambda x: np.linalg.qr(x, mode="complete").R,
    ):
        check_gradients(f, x, order=2)


def test_a_product_that_leaves_the_other_vectors_out_is_the_matrix():
    def again(x):
        u, s, vh = np.linalg.svd(x)
        sigma = np.pad(s[..., None] * np.eye(2), ((0, 0), (0, 2), (0, 0)))
        return u @ sigma @ vh

    x = Tensor(TALL)
    again(x).backward(np.ones(TALL.shape))
    np.testing.assert_allclose(x.grad, np.ones(TALL.shape), atol=1e-12)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (
            lambda x: np.linalg.svd(x).U,
            r"^svd: .* square, .*full_matrices=False, .* 2 ",
        ),
        (lambda x: np.linalg.svd(x.mT).Vh, r"^svd: .*not determined; pass full_matr"),
        (lambda x: np.linalg.qr(x, "complete").Q, r'^qr: .*pass mode="reduced", or'),
    ],
)
def test_a_gradient_of_vectors_that_are_not_determined_is_refused(f, words):
    y = f(Tensor(TALL))
    with pytest.raises(ValueError, match=words):
        y.sum().backward()
    with pytest.raises(ValueError, match=words):
        y.backward(np.ones(y.shape), create_graph=True)
    (y * 0).sum().backward()

"""What networks are made of: normalisation, convolution, residual blocks, and more."""

import numpy as np

from engine import Tensor, scope
from helpers.gallery.scalars import Drawn


def batch_norm() -> Drawn:
    """batch normalisation of six rows"""
    rng = np.random.default_rng(4)
    x = Tensor(rng.normal(3, 2, size=(6, 3)))
    gamma, beta = Tensor(np.ones(3)), Tensor(np.zeros(3))
    mu = x.mean(axis=0)
    xc = x - mu
    var = (xc**2).mean(axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    y = gamma * xhat + beta
    w = rng.normal(size=(6, 3))
    L = (y * w).sum()
    L.backward()
    return L, locals()


def layer_norm() -> Drawn:
    """layer normalisation of two tokens"""
    rng = np.random.default_rng(8)
    x, target = Tensor(rng.normal(size=(2, 6))), rng.normal(size=(2, 6))
    g, b = Tensor(np.ones(6)), Tensor(np.zeros(6))
    mu = x.mean(axis=-1, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=-1, keepdims=True)
    y = g * (x - mu) / np.sqrt(var + 1e-5) + b
    loss = ((y - target) ** 2).mean()
    loss.backward()
    return loss, locals()


def convolution() -> Drawn:
    """two filters of 3 x 3 on an image of 6 x 6, as one matrix product (im2col)"""
    rng = np.random.default_rng(9)
    image = Tensor(rng.normal(size=(6, 6)))
    filters, bias = Tensor(rng.normal(size=(9, 2)) / 3), Tensor(np.zeros(2))
    rows, columns = np.indices((4, 4)).reshape(2, 16, 1)
    i, j = np.indices((3, 3)).reshape(2, 1, 9)
    patches = image[rows + i, columns + j]
    maps = np.maximum(patches @ filters + bias, 0)
    pooled = maps.reshape(2, 2, 2, 2, 2).max(axis=(1, 3))
    loss = (pooled**2).mean()
    loss.backward()
    return loss, locals()


def residual() -> Drawn:
    """three blocks, each x + f(x)"""
    return _residual(3)


def deep_residual() -> Drawn:
    """twenty such blocks"""
    return _residual(20)


def _residual(blocks: int) -> Drawn:
    rng = np.random.default_rng(10)
    x = h = Tensor(rng.normal(size=(4, 3)))
    weights = []
    for i in range(blocks):
        w, u = (Tensor(rng.normal(size=(3, 3)) / 2, name=f"{n}{i}") for n in "wu")
        with scope(f"block {i}"):
            h = h + np.maximum(h @ w, 0) @ u
        weights += [w, u]
    loss = (h**2).mean()
    loss.backward()
    return loss, {"x": x, "loss": loss}


def autoencoder() -> Drawn:
    """a variational autoencoder, its noise sampled outside"""
    rng = np.random.default_rng(11)
    x, noise = rng.uniform(size=(4, 6)), rng.normal(size=(4, 2))
    enc, dec = Tensor(rng.normal(size=(6, 4)) / 2), Tensor(rng.normal(size=(2, 6)))
    with scope("encoder"):
        coded = x @ enc
        mu, logvar = coded[:, :2], coded[:, 2:]
    z = mu + np.exp(logvar / 2) * noise
    with scope("decoder"):
        out = 1 / (1 + np.exp(-(z @ dec)))
    misses = ((out - x) ** 2).sum()
    kl = -0.5 * (1 + logvar - mu**2 - np.exp(logvar)).sum()
    loss = misses + kl
    loss.backward()
    return loss, locals()


def embedding() -> Drawn:
    """rows of a table, and their similarities by einsum"""
    rng = np.random.default_rng(12)
    table = Tensor(rng.normal(size=(7, 4)))
    ids, near = np.array([[0, 3], [5, 3], [2, 6]]), np.array([1.0, 0.0, 1.0])
    pairs = table[ids]
    score = np.einsum("nd,nd->n", pairs[:, 0], pairs[:, 1])
    p = 1 / (1 + np.exp(-score))
    loss = -np.log(near * p + (1 - near) * (1 - p)).mean()
    loss.backward()
    return loss, locals()


def decompositions() -> Drawn:
    """singular values, eigenvalues and the solution of a system, in one loss"""
    rng = np.random.default_rng(13)
    A, b = Tensor(rng.normal(size=(3, 3))), Tensor(rng.normal(size=3))
    u, s, vh = np.linalg.svd(A)
    symmetric = A + A.T
    values, vectors = np.linalg.eigh(symmetric)
    x = np.linalg.solve(A, b)
    loss = s.sum() + (values * vectors[0] ** 2).sum() + (u @ vh @ x).sum()
    loss.backward()
    return loss, locals()

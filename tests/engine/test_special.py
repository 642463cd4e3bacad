"""SciPy's special functions: values, slopes to third order, limits, and the import."""

import subprocess
import sys
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from helpers.cases import case
from scipy import special

from engine import Tensor, check_gradients, grad, no_grad
from engine.numpy_protocol import _is_scipys, _name, _rules

ROOT = Path(__file__).parents[2]

# Away from kinks and from the edges of the domain.
R = np.array([-1.7, -0.6, 0.04, 0.45, 1.3])
P = np.array([0.15, 0.6, 1.1, 2.3, 4.2])
U = np.array([0.04, 0.3, 0.55, 0.97])  # between 0 and 1
V = np.array([-0.9, -0.3, 0.05, 0.7])  # between -1 and 1

# function: operands; a number (or an array of whole ones) is a constant.
ROWS = {
    # logistic.py
    "expit": [(R,), (20 * R,)],
    "logit": [(U,)],
    "log_expit": [(R,), (20 * R,)],
    "entr": [(P,)],
    "xlogy": [(P, P[::-1]), (R, P), (0.0, P)],
    "xlog1py": [(P, P[::-1]), (R, P), (0.0, P)],
    "rel_entr": [(P, P[::-1]), (0.0, P)],
    "kl_div": [(P, P[::-1]), (0.0, P)],
    "huber": [(P + 0.05, R), (0.5, 3 * R)],
    "pseudo_huber": [(P, R), (P, 1e-3 * R)],
    "boxcox": [(P, R), (P, 0.0), (P, 1e-5 * R)],
    "boxcox1p": [(P, R), (P, 0.0), (P, 1e-5 * R)],
    "inv_boxcox": [(P, P[::-1]), (R, 1e-5 * R), (R, 0.0)],
    "inv_boxcox1p": [(P, P[::-1]), (R, 1e-5 * R), (R, 0.0)],
    "exp2": [(R,)],
    "exp10": [(R,)],
    "expm1": [(R,)],
    "log1p": [(P,)],
    "cbrt": [(P,), (-P,)],
    "cosm1": [(R,)],
    "wrightomega": [(R,), (5 * R,)],
    # errors.py
    "erf": [(R,)],
    "erfc": [(R,)],
    "erfcx": [(R,), (3 * P,)],
    "erfi": [(R,)],
    "dawsn": [(R,), (2 * R,)],
    "erfinv": [(V,)],
    "erfcinv": [(2 * U,)],
    "ndtr": [(R,)],
    "log_ndtr": [(R,), (-10 * P,), (2 * P,)],
    "ndtri": [(U,)],
    "ndtri_exp": [(-P,), (-10 * P,)],
    "owens_t": [(R, R[::-1])],
    # gammas.py
    "gammaln": [(P,), (R,)],
    "loggamma": [(P,)],
    "gamma": [(P,), (R,)],
    "rgamma": [(P,), (R,)],
    "psi": [(P,), (R,)],
    "zeta": [(2, P), (2.5, P)],
    "beta": [(P, P[::-1])],
    "betaln": [(P, P[::-1])],
    "gammainc": [(0.7, P), (3, P)],
    "gammaincc": [(0.7, P), (3, P)],
    "gammaincinv": [(0.7, U), (3, U)],
    "gammainccinv": [(0.7, U), (3, U)],
    "betainc": [(0.7, 2.1, U), (3, 1, U)],
    "betaincc": [(0.7, 2.1, U), (3, 1, U)],
    "betaincinv": [(0.7, 2.1, U), (3, 1, U)],
    "chdtr": [(3, P), (1.5, P)],
    "chdtrc": [(3, P), (1.5, P)],
    "stdtr": [(3, R), (1.5, R)],
    "pdtr": [(3, P), (0, P), (1.5, P)],
    "pdtrc": [(3, P), (0, P), (1.5, P)],
    # bessel.py
    **{name: [(R,), (3 * P,)] for name in ("j0", "j1", "i0", "i1", "i0e", "i1e")},
    **{name: [(P,), (3 * P,)] for name in ("y0", "y1", "k0", "k1", "k0e", "k1e")},
    **{name: [(0.7, P), (3, R)] for name in ("jv", "iv", "ive")},
    **{name: [(0.7, P), (3, P)] for name in ("yv", "kv", "kve")},
    **{name: [(0, P), (3, P)] for name in ("yn", "kn")},
    "airy": [(R,), (3 * R,)],
    # integrals.py
    "exp1": [(P,)],
    "expi": [(P,), (-P,)],
    "expn": [(0, P), (1, P), (2, P), (5, P), (np.array([0, 1, 2, 3, 0]), P)],
    "sici": [(P,)],
    "shichi": [(P,)],
    "fresnel": [(R,)],
    "ellipk": [(V,), (-5 * P,)],
    "ellipe": [(V,), (-5 * P,)],
    "ellipkinc": [(R, 0.6)],
    "ellipeinc": [(R, 0.6)],
    # hypergeometric.py
    "exprel": [(R,), (10 * R,)],
    "hyp0f1": [(1.5, R)],
    "hyp1f1": [(0.7, 1.5, R)],
    "hyp2f1": [(0.7, 1.5, 2.2, V)],
    "hyperu": [(0.7, 1.5, P)],
    "eval_legendre": [(4, R), (1, R), (0, R), (1.5, V)],
    "eval_chebyt": [(4, R), (1, R), (0, R)],
    "eval_chebyu": [(4, R), (1, R), (0, R)],
    "eval_gegenbauer": [(4, 1.5, R), (1, 1.5, R), (0, 1.5, R)],
    "eval_jacobi": [(4, 1.5, 0.5, R), (1, 1, 2, R), (0, 1, 2, R)],
    "eval_hermite": [(4, R), (1, R), (0, R)],
    "eval_hermitenorm": [(4, R), (1, R), (np.array([0, 1, 2, 3, 4]), R)],
    "eval_laguerre": [(4, R), (1, R), (0, R)],
    "eval_genlaguerre": [(4, 1.5, R), (1, 1.5, R), (0, 1.5, R)],
}


def is_variable(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def in_variables(name, operands, only=None):
    """The function of its variable operands, or of one of them; and these."""
    function = getattr(special, name)
    places = [i for i, x in enumerate(operands) if is_variable(x) and only in (None, i)]

    def f(*xs):
        given = dict(zip(places, xs, strict=True))
        y = function(*[given.get(i, x) for i, x in enumerate(operands)])
        return np.stack(y) if isinstance(y, tuple) else y

    return f, [operands[i] for i in places]


def test_every_rule_has_a_row():
    special.erf(Tensor(0.0))
    ours = {_name(f).split(".")[-1].strip("_") for f in _rules if _is_scipys(f)}
    assert ours == set(ROWS)


def test_every_file_of_rules_stands_in_the_docstring_of_the_package():
    import engine.rules.special as package

    named = {word for word in package.__doc__.split() if word.endswith(".py")}
    here = {path.name for path in Path(package.__file__).parent.glob("*.py")}
    assert named - {"engine/numpy_protocol.py"} == here - {"__init__.py"}


@pytest.mark.parametrize("name", ROWS)
def test_slopes_to_second_order_agree_with_central_differences(name):
    for i, operands in enumerate(ROWS[name]):
        f, xs = in_variables(name, operands)
        with case("row", i):
            check_gradients(f, *xs, order=2)
        for k in range(len(operands)) if len(xs) > 1 else ():
            f, xs = in_variables(name, operands, only=k)
            with case("row", i, "and only operand", k, "is a Tensor"):
                check_gradients(f, *xs, order=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_the_third_derivative_agrees_with_central_differences_of_the_second(name):
    for i, operands in enumerate(ROWS[name]):
        places = [k for k, x in enumerate(operands) if is_variable(x)]
        f, (x,) = in_variables(name, operands, only=places[-1])
        slope = grad(lambda x, f=f: f(x).sum())
        with case("row", i):
            check_gradients(slope, x, order=2)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_value_is_scipys_to_the_last_bit_and_gradients_keep_the_dtype(name, dtype):
    for i, operands in enumerate(ROWS[name]):
        f, xs = in_variables(name, operands)
        xs = [x.astype(dtype) for x in xs]
        leaves = [Tensor(x) for x in xs]
        with case("row", i), np.errstate(over="ignore"):
            y, expected = f(*leaves), f(*xs)
            assert y.dtype == expected.dtype
            np.testing.assert_array_equal(y.data, expected)
            y.sum().backward()
            assert [x.grad.dtype for x in leaves] == [dtype] * len(leaves)
            assert all(np.isfinite(x.grad).all() for x in leaves)


# --- limits ---------------------------------------------------------------------------

INF = np.inf

LIMITS = [
    (lambda x: special.xlogy(x, 2.0), [0.0], [0.0], [np.log(2.0)]),
    (lambda x: special.xlogy(x, 0.0), [0.0, 1.0], [0.0, -INF], [-INF, -INF]),
    (lambda y: special.xlogy(0.0, y), [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]),
    (lambda y: special.xlogy(1.0, y), [0.0], [-INF], [INF]),
    (lambda y: special.xlog1py(0.0, y), [-1.0, 2.0], [0.0, 0.0], [0.0, 0.0]),
    (special.entr, [0.0, 1.0], [0.0, 0.0], [INF, -1.0]),
    (lambda x: special.rel_entr(x, 0.0), [0.0], [0.0], [-INF]),
    (lambda y: special.rel_entr(0.0, y), [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]),
    (lambda y: special.kl_div(0.0, y), [0.0, 2.0], [0.0, 2.0], [1.0, 1.0]),
    (special.expit, [-800.0, 800.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 0.25]),
    (special.log_expit, [-800.0, 800.0], [-800.0, 0.0], [1.0, 0.0]),
    (special.logit, [0.0, 1.0], [-INF, INF], [INF, INF]),
    (special.log_ndtr, [-40.0], [-804.60844201375379], [40.024968847207264]),
    (special.log_ndtr, [-1e5, 40.0, INF], None, [1e5, 0.0, 0.0]),
    (special.erfinv, [-1.0, 1.0], [-INF, INF], [INF, INF]),
    (special.erfcinv, [0.0, 2.0], [INF, -INF], [-INF, -INF]),
    (special.ndtri, [0.0, 1.0], [-INF, INF], [INF, INF]),
    (special.gammaln, [0.0, -1.0], [INF, INF], [-INF, np.nan]),
    (special.rgamma, [0.0, -1.0, -2.0, -3.0], [0.0] * 4, [1.0, -1.0, 2.0, -6.0]),
    (lambda x: special.gammainc(1, x), [0.0, INF], [0.0, 1.0], [1.0, 0.0]),
    (lambda x: special.gammainc(0.5, x), [0.0], [0.0], [INF]),
    (lambda x: special.betainc(1, 1, x), [0.0, 1.0], [0.0, 1.0], [1.0, 1.0]),
    (lambda d: special.pseudo_huber(d, 1.0), [0.0], [0.0], [1.0]),
    (lambda x: special.pseudo_huber(0.0, x), [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]),
    (lambda x: special.huber(1.0, x), [1.0, -1.0], [0.5, 0.5], [1.0, -1.0]),
    (special.exprel, [0.0, -1e5], [1.0, 1e-5], [0.5, 1e-10]),
    (special.ellipk, [0.0], [np.pi / 2], [np.pi / 8]),
    (special.ellipe, [0.0, 1.0], [np.pi / 2, 1.0], [-np.pi / 8, -INF]),
    (lambda p: special.boxcox(np.e, p), [0.0], [1.0], [0.5]),
    (lambda p: special.inv_boxcox(1.0, p), [0.0], [np.e], [-np.e / 2]),
    (lambda x: special.sici(x)[0], [0.0], [0.0], [1.0]),
    (lambda x: special.shichi(x)[0], [0.0], [0.0], [1.0]),
    (lambda x: special.expn(3, x), [0.0], [0.5], [-1.0]),
    (special.i0e, [0.0], [1.0], [0.0]),
    (special.j1, [0.0], [0.0], [0.5]),
]


@pytest.mark.parametrize(("f", "at", "value", "slope"), LIMITS)
def test_a_limit_is_the_value_that_calculus_gives(f, at, value, slope):
    x = Tensor(at)
    with np.errstate(all="ignore"):
        y = f(x)
        y.sum().backward()
    np.testing.assert_allclose(y.data, f(np.array(at)), rtol=0)
    if value is not None:
        np.testing.assert_allclose(y.data, value, rtol=1e-14)
    np.testing.assert_allclose(x.grad, slope, rtol=1e-9)


def test_a_loss_of_probabilities_that_are_zero_warns_of_nothing():
    p, q = np.array([0.0, 0.3, 0.7]), Tensor([0.0, 0.5, 0.5])
    for f in (special.rel_entr, special.kl_div, special.xlogy):
        q.grad = None
        f(p, q).sum().backward()
        assert np.isfinite(q.grad).all()


def test_slopes_far_out_are_precise_to_the_last_digits():
    """By mpmath, with 60 digits."""
    known = [
        (special.expit, 40.0, 4.248354255291589e-18),
        (special.logit, 1e-300, 1e300),
        (special.log_ndtr, 20.0, 5.5209483621597632e-88),
        (special.ndtri_exp, -1e5, 0.0022361353080136559),
        (special.exprel, 1e-8, 0.5000000033333333),
    ]
    for f, x, slope in known:
        with case(f.__name__, x):
            np.testing.assert_allclose(grad(f)(x), slope, rtol=1e-12)


# --- operands that must be constants --------------------------------------------------

CONSTANTS = [
    (name, i, k)
    for name, rows in ROWS.items()
    for i, operands in enumerate(rows)
    for k, x in enumerate(operands)
    if len(operands) > 1 and type(x) in (int, float)
    if name not in {"xlogy", "xlog1py", "rel_entr", "kl_div", "huber"}
    if "boxcox" not in name and "hermite" not in name  # takes whole numbers alone
]


@pytest.mark.parametrize(("name", "i", "k"), CONSTANTS)
def test_an_operand_without_a_derivative_is_refused_where_it_wants_one(name, i, k):
    operands = [*ROWS[name][i]]
    operands[k] = Tensor(float(operands[k]))
    letter = _rule(name).operands[k]
    y = getattr(special, name)(*operands)
    words = (
        f"^{name}: its derivative in {letter} has no closed form, and {letter} is a "
    )
    with pytest.raises(TypeError, match=words + r"Tensor .*; pass its array, t\.data"):
        y.sum().backward()
    with no_grad():
        np.testing.assert_array_equal(getattr(special, name)(*operands).data, y.data)
    operands[k] = operands[k].detach()
    assert not getattr(special, name)(*operands).requires_grad


def _rule(name):
    ours = {f.__name__.strip("_"): r for f, r in _rules.items() if _is_scipys(f)}
    return ours[name]


# --- other arrays ---------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_on_arrays_of_dask_a_rule_waits_or_says_that_it_cannot(name):
    operands = ROWS[name][0]
    f, xs = in_variables(name, operands)
    leaves = [Tensor(da.from_array(x, chunks=2)) for x in xs]
    if not _rule(name).operation.lazy:
        with pytest.raises(TypeError, match=f"^{name}: needs its data at once, .*dask"):
            f(*leaves)
        return
    y = f(*leaves)
    y.sum().backward()
    plain = [Tensor(x) for x in xs]
    f(*plain).sum().backward()
    for leaf, other in zip(leaves, plain, strict=True):
        assert isinstance(y.data, da.Array)
        assert isinstance(leaf.grad, da.Array)
        np.testing.assert_allclose(leaf.grad.compute(), other.grad, rtol=1e-14)


# --- how the rules are found ----------------------------------------------------------


def test_a_function_of_scipy_without_a_rule_is_refused_by_its_name():
    name = r"scipy\.special\.agm"
    with pytest.raises(TypeError, match=rf"^{name} has no rule .*@op\({name}\)"):
        special.agm(Tensor(1.0), 2.0)
    name = r"scipy\.special\._ufuncs\._lambertw"
    with pytest.raises(TypeError, match=rf"^{name} has no rule .*@op\({name}\)"):
        special.lambertw(Tensor(1.0))
    with pytest.raises(TypeError, match=r"^scipy\.special\.erf: writing into an array"):
        special.erf(Tensor(1.0), out=np.zeros(()))


@pytest.mark.parametrize("name", ["softplus", "sinc"])
def test_a_function_of_python_that_calls_numpy_has_its_rule(name):
    f = getattr(special, name, None) or pytest.skip("this SciPy does not have it")
    check_gradients(f, R, order=2)
    np.testing.assert_array_equal(f(Tensor(R)).data, f(R))


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def test_the_engine_and_its_use_import_no_scipy():
    print_scipy = "print([m for m in sys.modules if m.startswith('scipy')])"
    code = f"""
import sys
import numpy as np
from engine import Tensor
t = Tensor([1.0, 2.0])
(np.exp(t) * np.floor(t)).sum().backward()
try:
    np.gcd(t, 2)
except TypeError:
    {print_scipy}
"""
    assert run(code) == "[]"


def test_the_rules_are_imported_when_a_ufunc_of_scipy_meets_a_tensor():
    code = """
import sys
import numpy as np
from scipy import special
from engine import Tensor
found = lambda: "engine.rules.special" in sys.modules
special.erf(1.0)
np.floor(np.exp(Tensor(1.0)))
before = found()
print(before, special.erf(Tensor(0.0)).op, found())
"""
    assert run(code) == "False erf True"


def test_threads_that_come_first_at_once_all_find_the_rules():
    code = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from scipy import special
from engine import Tensor
sys.setswitchinterval(1e-6)
start = Barrier(8)
def one(f):
    start.wait(30)
    return f(Tensor(0.5)).op
with ThreadPoolExecutor(8) as pool:
    fs = [special.erf, special.psi, special.i0, special.expit] * 2
    print(*pool.map(one, fs))
"""
    assert run(code) == "erf psi i0 expit erf psi i0 expit"


def test_a_rule_of_ones_own_stands_for_a_function_that_has_none_and_no_other():
    code = """
from scipy import special
from engine import Tensor, op
@op(special.zetac)
def zetac(x):
    return special.zetac(x), (lambda g: g * 5,)
t = Tensor(2.0)
special.zetac(t).backward()
try:
    @op(special.erf)
    def mine(x):
        return special.erf(x), (lambda g: g,)
except ValueError as error:
    print(t.grad, error)
"""
    assert run(code) == "5.0 op: scipy.special.erf has a rule already"


@pytest.mark.parametrize("f", [special.boxcox, special.boxcox1p])
def test_the_slope_of_a_box_cox_transform_in_its_power_comes_back_from_infinities(f):
    shift = 1.0 if f is special.boxcox1p else 0.0
    for x, p, right in ((0.0, 1.0, 1.0), (0.0, 2.0, 0.25), (np.inf, 1.0, np.inf)):
        with np.errstate(all="ignore"):
            assert grad(f, 1)(x - shift, p) == right
            assert grad(f, 1)(0.0 - shift, -1.0) == np.inf

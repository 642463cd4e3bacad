"""Rules of SciPy's special functions, imported when the first of them meets a Tensor.

The engine does not need SciPy. When a Tensor comes to a ufunc of `scipy.special`, SciPy
is there, and `engine/numpy_protocol.py` imports this package. Its files:

    logistic.py        expit logit log_expit entr xlogy rel_entr kl_div huber boxcox ...
    errors.py          erf erfc erfcx erfinv dawsn ndtr log_ndtr ndtri owens_t ...
    gammas.py          gammaln gamma psi zeta beta gammainc betainc, and chdtr stdtr ...
    bessel.py          j0 j1 jv y0 yv i0 i1 iv k0 kv ... with scaled ones, and airy
    integrals.py       exp1 expi expn sici shichi fresnel ellipk ellipe
    hypergeometric.py  hyp0f1 hyp1f1 hyp2f1 hyperu exprel, and polynomials
    constants.py       numbers, and the refusal of what must be a constant

The derivatives are those of the Digital Library of Mathematical Functions (DLMF,
https://dlmf.nist.gov); each file names the sections. They are written in functions that
have a rule themselves, so that every order of derivative exists. Where the derivative
in an operand has no such form (the order of a Bessel function), the operand must be a
constant.
"""

import engine.rules.special.bessel
import engine.rules.special.errors
import engine.rules.special.gammas
import engine.rules.special.hypergeometric
import engine.rules.special.integrals
import engine.rules.special.logistic  # noqa: F401 - importing them registers the rules

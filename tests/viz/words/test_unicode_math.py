"""Mathematics between dollar signs, in Unicode or as it was typed."""

from string import ascii_letters, digits
from unicodedata import normalize

import pytest

from engine import Tensor, scope
from viz import code, draw, explain
from viz.picture.glyphs import covered
from viz.words.text import NAME_WIDTH, name_label
from viz.words.unicode_math import in_unicode

COMMANDS = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu
nu xi pi rho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta
Lambda Xi Pi Sigma Upsilon Phi Psi Omega
partial nabla infty top prime ast cdot times pm odot
"""


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (r"$W^{(1)}$", "W⁽¹⁾"),
        (r"$W^{(1)}_{ij}$", "W⁽¹⁾ᵢⱼ"),
        (r"$\theta_0$", "θ₀"),
        (r"$\theta _ 0$", "θ₀"),
        (r"$\hat{y}$", "ŷ"),
        (r"$\hat y_i$", "ŷᵢ"),
        (r"$\bar{x}$", "x̄"),
        (r"$x_i^2$", "xᵢ²"),
        (r"$x^2_i$", "x²ᵢ"),
        (r"$\sigma$", "σ"),
        (r"$\lambda\Lambda$", "λΛ"),
        (r"$\partial L$", "∂L"),
        (r"$h_{t-1}$", "hₜ₋₁"),
        (r"$e^{-x}$", "e⁻ˣ"),
        (r"$X^\top X$", "XᵀX"),
        (r"$w^*$", "w*"),
        (r"$f'$", "f′"),
        (r"$x_{\mathrm{out}}$", "xₒᵤₜ"),
        (r"$\text{a b}$", "a b"),
        (r"layer $h_1$ of $h_2$", "layer h₁ of h₂"),
        (r"${x}$", "x"),
    ],
)
def test_what_unicode_has_is_written_in_it(typed, shown):
    assert in_unicode(typed) == shown
    assert name_label(typed) == shown


@pytest.mark.parametrize(
    "typed",
    [
        r"$x_{i,j}$",  # there is no lower comma
        r"$x_1 + y_{i,j}$",
        r"$x_1$ and $y_{i,j}$",
        r"$W^{[l]}$",
        r"$x_{i_j}$",
        r"$\mathbf{W}$",
        r"$\frac{a}{b}$",
        r"$\,$",
        r"$\hat{\theta}$",
        r"$\hat{xy}$",
        r"$\hat{}$",
        r"$\hat$",
        r"$\text{a\_b}$",
        r"$\text{a$",
        r"$x^2^3$",  # no power of x by itself
        r"${x^2}^3$",
        r"$x^$",
        r"$x^ $",
        r"$x}$",
        r"$x{$",
        r"${}$",
    ],
)
def test_what_unicode_lacks_leaves_the_whole_name_as_it_was_typed(typed):
    assert in_unicode(typed) == typed


@pytest.mark.parametrize(
    "typed",
    ["W^{(1)}", r"\theta_0", "$5 or $10", "US$5,US$6", "$", "$$", "$ x $", r"\$x_1$"],
)
def test_only_what_stands_between_dollar_signs_is_mathematics(typed):
    assert in_unicode(typed) == typed


@pytest.mark.parametrize("sign", ["^", "_"])
def test_a_script_is_what_unicode_calls_one_and_our_font_has_it(sign):
    written = {
        c: in_unicode(f"${sign}{{{c}}}$") for c in ascii_letters + digits + "+-=()"
    }
    scripts = {c: s for c, s in written.items() if "$" not in s}
    for character, script in scripts.items():
        assert normalize("NFKC", script).replace("−", "-") == character
        assert ord(script) in covered()
    assert set(digits + "+-=()" + "aehijklmnoprstuvx") <= scripts.keys()


@pytest.mark.parametrize("command", COMMANDS.split())
def test_our_font_has_what_a_command_stands_for(command):
    (shown,) = in_unicode(rf"$\{command}$")
    assert ord(shown) in covered()


def test_a_long_name_is_not_read():
    typed = "$" + "{" * 100_000 + "$"
    assert in_unicode(typed) == typed
    assert len(name_label(typed)) == NAME_WIDTH


def test_what_can_not_be_seen_has_a_stand_in_there_too():
    assert name_label("$x\u202ey$") == r"x\u202ey"


def test_a_picture_and_an_explanation_say_it_and_the_typed_name_is_kept():
    w = Tensor(2.0, name=r"$W^{(1)}$")
    with scope("$h_1$"):
        loss = (w * 3.0) * w
    loss.backward()
    svg = draw(loss).svg()
    assert ">W⁽¹⁾<" in svg
    assert ">h₁<" in svg
    assert 'title="$W^{(1)}$"' in svg
    assert "∂L/∂W⁽¹⁾" in str(explain(loss, w))
    assert "(W_1)" in str(code(loss))

"""A notebook shows what a terminal prints, whatever the names.

LaTeX is read by a grammar that is stricter than TeX, and what it shows is held to the
lines that are printed.
"""

import re
import unicodedata

import numpy as np
import pytest
from helpers.explanations import leaf, lesson, lines, model

from engine import Tensor, op
from nn import relu
from viz.lesson.explain import explain
from viz.words.text import name_label

# --- reading it -----------------------------------------------------------------------

WORDS = {
    "backslash": "\\",
    "lbrace": "{",
    "rbrace": "}",
    "lt": "<",
    "gt": ">",
    "sim": "~",
    "wedge": "^",
    "cdot": "·",
    "partial": "∂",
}

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}&]|[^\\{}&]", re.DOTALL)


class Latex:
    """A reader of the little LaTeX that there is to be; whatever else fails."""

    def __init__(self, source):
        assert source.startswith("$")
        assert source.endswith("$")
        inside = source[1:-1]
        assert not re.search(r"(?<!\\)(?:\\\\)*\$", inside)
        assert "$$" not in source
        assert "<" not in source
        assert ">" not in source
        assert all(c.isprintable() for c in source)
        self.tokens = TOKEN.findall(inside)
        assert "".join(self.tokens) == inside

    def next(self):
        return self.tokens.pop(0)

    def expect(self, *tokens):
        for token in tokens:
            assert self.next() == token

    def table(self):
        """Rows of two cells, as the text that a reader sees."""
        self.expect("\\displaystyle", "\\begin", *"{array}{ll}")
        rows, cell = [[]], ""
        while (token := self.next()) != "\\end":
            if token == "&":
                rows[-1].append(cell)
                cell = ""
            elif token == "\\\\":
                rows[-1].append(cell)
                rows, cell = [*rows, []], ""
            else:
                cell += self.part(token)
        rows[-1].append(cell)
        self.expect(*"{array}")
        assert self.tokens == []
        return rows

    def part(self, token):
        if token == "\\text":
            return self.words()
        if token == "\\frac":
            return f"{self.group()}/{self.group()}"
        if token in ("\\$", "\\%", "\\#", "\\&", "\\_"):
            return token[1]
        if token == " ":
            return ""  # mathematics has no spaces
        assert token[0] == "\\", token  # all that is shown is a command, or text
        return WORDS[token[1:]]

    def group(self):
        self.expect("{")
        shown = ""
        while (token := self.next()) != "}":
            shown += self.part(token)
        return shown

    def words(self):
        self.expect("{")
        shown = ""
        while (token := self.next()) != "}":
            assert token not in list("\\{}$%#&_^~<>`"), token
            assert len(token) == 1
            shown += token
        return shown


def read_latex(explanation):
    """The lines that a notebook shows, of every run of spaces two."""
    rows = Latex(explanation._repr_latex_()).table()
    assert all(len(row) == 2 for row in rows)
    return [
        re.sub(" {2,}", "  ", f"{left}  {remark}" if remark else left)
        for left, remark in rows
    ]


def as_shown(explanation):
    return [line.replace("`", "‘") for line in lines(explanation)]


# --- what is shown --------------------------------------------------------------------


def test_a_notebook_shows_what_a_terminal_prints():
    L, named = lesson()
    loss, net = model()
    x, z = leaf(-1.0), leaf([[1.0, -1.0], [-1.0, 1.0]])
    for about in [
        *((L, x) for x in named.values()),
        *((loss, x) for x in net.parameters()),
        (relu(x) * 2.0, x),
        (relu(z).sum(), z),
        (x * 2.0, z),
        (sum(x * 1.0 for _ in range(12)), x),
        (np.power(2.0, x) % 0.3, x),
    ]:
        found = explain(*about)
        assert read_latex(found) == as_shown(found)


def test_a_derivative_is_a_fraction():
    L, named = lesson()
    source = explain(L, named["a"], names=named)._repr_latex_()
    for of, by in ["La", "Le", "ea"]:
        fraction = rf"\frac{{\partial \text{{{of}}}}}{{\partial \text{{{by}}}}}"
        assert source.count(fraction) == 1


NAMES = [
    "\"q'",
    "$",
    "a$b$",
    "\\$",
    "\\",
    "\\\\",
    "\\frac{",
    "}",
    "{",
    "}}{{",
    "\\end{array}$",
    "a\nb",
    "a\r\n\tb",
    "<script>alert(1)</script>",
    "</span>",
    "&lt;&amp;",
    "x" * 500,
    "{" * 500,
    "∂",
    "∂L/∂x",
    "变量",
    "ａ",
    "e\u0301",
    "a_b^c~d#e%f&g",
    "`",
    "``a``",
    "\x00\x1b[31m",
    "\u202eabc",
    "\u2028",
    "\ud800",
    "😀",
    "a b",
    " a ",
    "-a",
    "a - b",
    "2.0",
    "-3",
    "nan",
    "inf",
    "L",
    "v1",
    "g",
    "np",
    "True",
    "lambda",
    "__import__('os').system('x')",
    "%(a)s {0} {a!r}",
    "·",
    "where L = 1",
    "=",
    "$$",
    "\\begin{array}",
    "\\(x\\)",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_is_data_and_shows_as_it_is(name):
    odd, x = leaf(3.0, name), leaf(2.0)
    scalar = odd * x + np.exp(odd)
    array, w = leaf([1.0, -2.0], name), leaf([3.0, 0.0], "w")
    many = (array * w + relu(array)).sum()
    other = leaf(1.0, "o")
    for loss, wrt in [
        (scalar, odd),
        (scalar, x),
        (many, array),
        (many, w),
        (other * 1.0, odd),
        (odd, odd),
        (sum(odd * x for _ in range(4)), odd),
        (relu(odd * -1.0), odd),
    ]:
        found = explain(loss, wrt)
        for text in (str(found), found._repr_latex_()):
            seen = {unicodedata.category(c) for c in text.replace("\n", "")}
            assert not seen & {"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"}
        assert read_latex(found) == as_shown(found)
        assert max(map(len, str(found).splitlines())) < 400
        assert re.sub(" {2,}", "  ", name_label(name)) in "\n".join(lines(found))


def test_odd_variables_and_odd_words_of_rules_are_data_too():
    @op()
    def odd(x, *, text):
        def back(g):
            r"""\frac{<b> $g$ & more_of^it\n"""
            return g * 2.0

        return x * 2.0, (back,)

    x, w = Tensor(2.0), Tensor([1.0, 2.0])
    for at in (x, w):
        loss = odd(at, text="</b>\\ $\n`}").sum()
        found = explain(loss, at, names={"$\\x{\n": at, "<L>": loss})
        assert read_latex(found) == as_shown(found)


def test_a_rule_of_any_name_is_explained():
    x = leaf(2.0)
    made = {}
    exec("rule = lambda x: (x * 2.0, (lambda g: g * 2.0,))", made)  # without source
    made["rule"].__name__ = "$\\{<weird>\n"
    found = explain(op()(made["rule"])(x), x)
    assert lines(found)[1] == "  = (1.0) · (2.0)"
    assert read_latex(found) == as_shown(found)

"""What the command prints, writes and refuses, and its exit status."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from engine import Tensor
from viz.command import cli
from viz.lesson.explain import explain
from viz.words.text import width

ROOT = Path(__file__).parents[3]
EXAMPLE = ["(a*b + c) * f", "a=2", "b=-3", "c=10", "f=-2"]
TABLE = """\
(a*b + c) * f = -8.0

              value   gradient
a               2.0        6.0
b              -3.0       -4.0
c              10.0       -2.0
f              -2.0        4.0
v1 = a × b     -6.0       -2.0
v2 = v1 + c     4.0       -2.0
L = v2 × f     -8.0        1.0

"""


def shell(line, **environment):
    """Run a line in which `chainrule` is this command."""
    here = f'chainrule() {{ {shlex.quote(sys.executable)} -m viz "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", f"{here}{line}"],
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
        | environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


def run(capsys, *argv):
    """The exit status, stdout and stderr, without a process."""
    status = cli.main(argv)
    return status, *capsys.readouterr()


def answer(capsys, *argv):
    status, out, err = run(capsys, *argv)
    assert (status, err) == (0, "")
    return out


def graph():
    a, b, c, f = (
        Tensor(x, name=n) for n, x in zip("abcf", (2.0, -3.0, 10.0, -2.0), strict=True)
    )
    loss = (a * b + c) * f
    loss.backward()
    return loss, [a, b, c, f]


# --- what is printed ------------------------------------------------------------------


def test_values_and_gradients_then_where_each_comes_from(capsys):
    loss, leaves = graph()
    explained = "\n\n".join(str(explain(loss, leaf)) for leaf in leaves)
    assert answer(capsys, *EXAMPLE) == f"{TABLE}{explained}\n"


@pytest.mark.parametrize("wrt", [["c"], ["f", "a"], ["f", "f"]])
def test_wrt_chooses_what_is_explained(capsys, wrt):
    out = answer(capsys, *EXAMPLE, *(x for name in wrt for x in ("--wrt", name)))
    assert out.startswith(TABLE)
    told = re.findall(r"^∂L/∂(\w)", out, re.MULTILINE)
    assert told == list(dict.fromkeys(wrt))


def test_options_and_values_stand_in_any_order(capsys):
    out = answer(capsys, *EXAMPLE, "--wrt", "a")
    expression, *values = EXAMPLE
    assert answer(capsys, "--wrt=a", expression, *values) == out
    assert answer(capsys, expression, "--wrt", "a", *values) == out
    assert answer(capsys, *EXAMPLE[:3], "--wrt", "a", *EXAMPLE[3:]) == out


@pytest.mark.parametrize("expression", ["-a", "-a*2 + a", "--a*a", "-(a)", "-h*0 - a"])
def test_an_expression_may_begin_with_a_minus(capsys, expression):
    values = ["a=1"] + ["h=1"] * ("h" in expression)
    assert answer(capsys, expression, *values).startswith(f"{expression} = ")


def test_behind_two_dashes_nothing_is_an_option(capsys):
    assert answer(capsys, "--", "-h", "h=2").startswith("-h = -2.0\n")
    assert answer(capsys, "--wrt", "h", "--", "--h", "h=2").startswith("--h = 2.0\n")


def test_an_expression_without_names_has_a_value_and_no_gradients(capsys):
    assert answer(capsys, "2 + 3") == (
        "2 + 3 = 5.0\n\nNo name has a value: there is nothing to differentiate by.\n"
    )
    assert answer(capsys, "2*pi").startswith("2*pi = 6.283\n\nNo name")


def test_an_expression_that_is_one_name_is_its_own_gradient(capsys):
    out = answer(capsys, "a", "a=3")
    assert "\na     3.0        1.0\n" in out


def test_a_name_that_the_loss_would_have_is_the_users(capsys):
    out = answer(capsys, "2 * L", "L=3")
    assert "\nL                3.0        2.0\nv1 = 2.0 × L     6.0        1.0\n" in out


def test_the_columns_are_straight_for_names_of_any_width(capsys):
    out = answer(capsys, "变量 * b1 + q\u0301", "变量=123.5", "b1=-.25", "q\u0301=9")
    table = out.split("\n\n")[1].splitlines()
    assert [line.split()[0] for line in table[1:4]] == ["变量", "b1", "q\u0301"]
    points = {width(line[: line.index(".")]) for line in table[1:4]}
    assert len(points) == 1


def test_names_are_those_of_python_in_options_too(capsys):
    assert "∂L/∂fi" in answer(capsys, "ﬁ * 2", "ﬁ=1", "--wrt", "ﬁ")


def test_a_long_expression_is_shortened_where_it_is_repeated(capsys):
    first = answer(capsys, "+".join("a" * 500), "a=1").splitlines()[0]
    assert first.startswith("a+a+a")
    assert "…" in first
    assert first.endswith(" = 500.0")
    assert len(first) < 80


def test_of_many_ops_the_first_are_in_the_table(capsys):
    table = answer(capsys, "+".join("a" * 101), "a=1").split("\n\n")[1].splitlines()
    assert len(table) == 27
    assert table[-2].startswith("v24 = v23 + a")
    assert table[-1] == "… 76 more"


def test_a_gradient_may_be_infinite_or_no_number(capsys):
    assert "\na               0.0        ∞\n" in answer(capsys, "sqrt(a)", "a=0")
    assert "NaN" in answer(capsys, "a**b", "a=-2", "b=2")


def test_help_has_examples_that_work(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    page = answer(capsys, "--help")
    assert page == answer(capsys, "-h")
    assert page.startswith("usage: chainrule EXPRESSION [NAME=NUMBER ...]")
    examples = re.findall(r"^  chainrule (.*)", page, re.MULTILINE)
    assert len(examples) >= 3
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "_saved", lambda save, path: path)
    for example in examples:
        answer(capsys, *shlex.split(example))
    assert max(map(len, page.splitlines())) <= 88


def test_the_version_is_that_of_the_package(capsys, monkeypatch):
    assert re.fullmatch(
        r"chainrule (\d\S+|\(not installed\))\n", answer(capsys, "--version")
    )
    monkeypatch.setattr(cli, "DISTRIBUTION", "there-is-no-such-package")
    assert answer(capsys, "--version") == "chainrule (not installed)\n"


# --- what is written ------------------------------------------------------------------


def test_save_writes_pictures_and_says_so(capsys, tmp_path):
    png, dot = tmp_path / "graph.png", tmp_path / "graph.dot"
    out = answer(capsys, *EXAMPLE, "--save", str(png), f"--save={dot}")
    assert out.endswith(f"\n\nWrote {png}\nWrote {dot}\n")
    assert png.read_bytes().startswith(b"\x89PNG")
    source = dot.read_text("utf-8")
    assert "L&#32;=&#32;" in source
    assert "∂&#32;6.0" in source


def test_a_png_that_lacks_characters_says_so_below_its_name(capsys, tmp_path):
    png, svg = tmp_path / "graph.png", tmp_path / "graph.svg"
    out = answer(capsys, "2 * 学", "学=3", "--save", str(png), "--save", str(svg))
    _, lacking, other = out.splitlines()[-3:]
    assert lacking.startswith(r"  png: its font has no 学 (\u5b66), and shows")
    assert other == f"Wrote {svg}"


def test_a_loss_is_not_called_as_a_name_is(capsys, tmp_path):
    dot = tmp_path / "graph.dot"
    answer(capsys, "2 * L", "L=3", "--save", str(dot))
    assert "L&#32;=&#32;" not in dot.read_text("utf-8")


def test_steps_writes_a_page(capsys, tmp_path):
    page = tmp_path / "page.html"
    out = answer(capsys, *EXAMPLE, "--steps", str(page))
    assert out.endswith(f"\n\nWrote {page}\n")
    assert "<html" in page.read_text("utf-8")


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "an expression is needed; usage: chainrule EXPRESSION"),
        (["a", "a=1", "--wrt", "q"], "--wrt 'q': the names with a value are a"),
        (["2", "--wrt", "q"], "--wrt 'q': the names with a value are none"),
        (["2", "--save", "x.png"], "no name has a value, so there is no graph to draw"),
        (["2", "--steps", "x.html"], "no name has a value"),
        (["a", "a=1", "--wrt"], "argument --wrt: expected one argument"),
        (["a", "a=1", "--sav", "x.png"], "unrecognized arguments: --sav"),
        (["--x=\x1b[0m"], r"unrecognized arguments: --x=\x1b[0m"),
        (["a", "a=1", "--save", "x.foo"], "save: the ending '.foo' names no known"),
        (["a", "a=1", "--save", "x"], "save: a file name without an ending"),
        (["a", "a=1", "--save", ""], "save: '.' is a folder"),
        (["a", "a=1", "--save", "no/x.png"], "save: there is no folder 'no'"),
        (["a", "a=1", "--save", "x.eps"], "needs the program `dot`"),
    ],
)
def test_a_mistake_is_one_message(argv, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(cli.CommandError, match=re.escape(words)):
        cli._answer(argv)
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "")
    assert err.startswith("chainrule: ")
    assert words in err
    assert "\x1b" not in err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_ends_it_as_shells_have_it(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_answer", interrupted)
    assert run(capsys) == (130, "", "")


# --- as a process ---------------------------------------------------------------------


def test_the_example_runs_from_a_shell(capsys):
    result = shell('chainrule "(a*b + c) * f" a=2 b=-3 c=10 f=-2')
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode() == answer(capsys, *EXAMPLE)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            '"(a*b + foo(c)) * f"',
            "chainrule: 'foo' is not a function (chainrule --help lists them); for a "
            "product write foo*(...)\n  (a*b + foo(c)) * f\n         ^\n",
        ),
        (
            "a*b a=1",
            "chainrule: no value for b; add b=1.0\n  a*b\n    ^\n",
        ),
        (
            "10**10**10",
            "chainrule: 10.0 ** 1e10 gives ∞, and the largest number is 1.798e308\n"
            "  10**10**10\n    ^\n",
        ),
        (
            "$'a\\xff*b'",
            "chainrule: '\\udcff' cannot stand in an expression, which is made of "
            "numbers, names, + - * / % **, ( ) and functions\n  a\\udcff*b\n   ^\n",
        ),
        (
            "a a=1 --wrt b",
            "chainrule: --wrt 'b': the names with a value are a\n",
        ),
        (
            "a a=1 --save /nowhere/x.png",
            "chainrule: save: there is no folder '/nowhere' for 'x.png'; make it\n",
        ),
    ],
)
def test_a_mistake_from_a_shell_has_status_2_and_no_traceback(line, message):
    result = shell(f"chainrule {line}", PYTHONUTF8="1")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.decode() == message


def test_deep_nesting_from_a_shell_is_a_message():
    result = shell(f'chainrule "{"(" * 9000}"')
    assert result.returncode == 2
    assert b"nested too deeply" in result.stderr
    assert b"Traceback" not in result.stderr


LARGE = (
    f"{'+'.join(f'x{i}' for i in range(60))} {' '.join(f'x{i}=1' for i in range(60))}"
)


@pytest.mark.parametrize("asked", ['"a*b" a=1 b=2', "--help", LARGE])
def test_nobody_need_read_to_the_end(asked):
    result = shell(f"chainrule {asked} | true; echo ${{PIPESTATUS[0]}}")
    assert (result.stdout, result.stderr) == (b"141\n", b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk")
def test_a_full_disk_is_a_message():
    result = shell('chainrule "a*b" a=1 b=2 > /dev/full')
    assert result.returncode == 2
    assert result.stderr.startswith(b"chainrule: [Errno 28]")
    assert result.stderr.count(b"\n") == 1


def test_an_output_without_the_character_shows_its_number():
    result = shell("chainrule a*b a=1 b=2", PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"\\u2202L/\\u2202a = " in result.stdout


def test_a_picture_calls_things_as_the_table_does(tmp_path):
    path = tmp_path / "graph.svg"
    assert cli.main([*EXAMPLE, "--save", str(path)]) == 0
    svg = re.sub("</?tspan[^>]*>", "", path.read_text("utf-8"))
    for title in ("v1 = a × b", "v2 = v1 + c", "L = v2 × f"):
        assert f">{title}<" in svg

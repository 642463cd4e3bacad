"""`chainrule check` and `chainrule seed`: a class, checked in bulk."""

import json
import os

import pytest

from viz.command.check import student_seed
from viz.command.cli import main

EXERCISE = """
from engine import Tensor
from viz import exercise

def sheet(seed):
    a, b, c = Tensor(2.0), Tensor(-3.0), Tensor(10.0)
    L = (a * b + c) * c
    return exercise(L, ask=["a", "b"], seed=seed, names=locals())
"""
KEY = "0123456789abcdef"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exercise.py").write_text(EXERCISE)
    (tmp_path / "key").write_text(KEY + "\n")
    return tmp_path


def made(seed):
    scope = {}
    exec(EXERCISE, scope)
    return scope["sheet"](seed)


def answered(folder, student, *, seed=None, name=None, **wrong):
    sheet = made(student_seed(KEY.encode(), student) if seed is None else seed)
    v = sheet.values
    right = {"a": v["b"] * v["c"], "b": v["a"] * v["c"]}
    sheet.check({**right, **wrong})
    sheet.save(folder / f"{name or student}.json", student=student)
    return f"{name or student}.json"


def test_a_class_is_checked_each_with_own_numbers(folder, capsys):
    ada, bea = answered(folder, "ada"), answered(folder, "bea", a=1.25)
    assert main(["check", "exercise.py", ada, bea, "--key", "key"]) == 0
    printed = capsys.readouterr().out
    assert (
        printed
        == """ada.json  'ada'
a  right
b  right
2 of 2 points

bea.json  'bea'
a  1.25 is not right, and none of the usual mistakes gives it.
b  right
1 of 2 points

ada.json  'ada'  2 of 2 points
bea.json  'bea'  1 of 2 points
"""
    )


def test_answers_to_another_students_numbers_are_wrong(folder, capsys):
    file = answered(folder, "bea", seed=student_seed(KEY.encode(), "ada"))
    main(["check", "exercise.py", file, "--key", "key"])
    assert "0 of 2 points" in capsys.readouterr().out


def test_the_seed_needs_the_key(folder, capsys):
    assert main(["seed", "ada", "bea", "--key", "key"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"{student_seed(KEY.encode(), name)}  {name}" for name in ("ada", "bea")
    ]
    assert student_seed(b"another key", "ada") not in lines[0]


def test_without_a_key_all_have_the_numbers_of_the_program(folder, capsys):
    sheet = made(None)
    sheet.check(a=-30.0, b=20.0)
    sheet.save(folder / "ada.json", student="ada")
    main(["check", "exercise.py", "ada.json"])
    assert "2 of 2 points" in capsys.readouterr().out


def test_points_in_a_file_are_not_read(folder, capsys):
    file = folder / answered(folder, "ada", a=1.0)
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "points": 2}))
    main(["check", "exercise.py", file.name, "--key", "key"])
    assert "ada.json holds 'points', which is not known" in capsys.readouterr().out


def test_a_bad_file_does_not_stop_the_others(folder, capsys):
    (folder / "bad.json").write_text("[" * 100)
    (folder / "few.json").write_text(
        json.dumps(
            {
                "format": "chainrule answers 1",
                "student": "",
                "answers": {"z": 1, "a": 0},
            }
        )
    )
    good = answered(folder, "ada")
    files = ["bad.json", "few.json", "no.json", str(folder), good]
    assert main(["check", "exercise.py", *files, "--key", "key"]) == 0
    printed = capsys.readouterr().out
    assert "bad.json is nested deeper than 10 brackets" in printed
    assert "few.json  ''\nb  no answer\n'z' was not asked\na  All of it is 0" in printed
    assert "no.json: No such file or directory" in printed
    assert " is not a file" in printed
    assert printed.endswith("ada.json  'ada'  2 of 2 points\n")


def test_hostile_names_are_made_visible(folder, capsys):
    content = {"format": "chainrule answers 1", "student": "a", "answers": {"a": 1.0}}
    (folder / "x\x1b[2J.json").write_text(json.dumps(content))
    main(["check", "exercise.py", "x\x1b[2J.json"])
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["no.py", "x.json"], "no.py: No such file or directory"),
        (["exercise.py", "x.json", "--key", "no"], "no: No such file or directory"),
        (
            ["exercise.py", "x.json", "--key", "short"],
            "short has 3 bytes, and a key has",
        ),
        (["exercise.py", "x.json", "--points"], "'--points' is no option of check"),
        (["exercise.py", "x.json", "--key"], "expected one argument"),
        (["broken.py", "x.json"], "broken.py can't be run: SyntaxError: "),
        (["failing.py", "x.json"], "failing.py can't be run: ZeroDivisionError: div"),
        (["empty.py", "x.json"], "empty.py has no function sheet(seed)"),
        (
            ["three.py", "good.json"],
            "sheet(seed) returned a int, and must return an exer",
        ),
    ],
)
def test_what_the_teacher_can_mend_is_said_in_a_line(folder, capsys, words, error):
    (folder / "short").write_text("abc")
    (folder / "empty.py").write_text("")
    (folder / "broken.py").write_text("def sheet(seed:\n")
    (folder / "failing.py").write_text("1 / 0\n")
    (folder / "three.py").write_text("def sheet(seed):\n return 3\n")
    answered(folder, "ada", name="good")
    assert main(["check", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("chainrule: ")
    assert error in printed.err


def test_without_files_the_usage_is_shown(folder, capsys):
    for words in (["check", "exercise.py"], ["check", "exercise.py", "x", "--help"]):
        assert main(words) == 0
        assert capsys.readouterr().out.startswith("usage: chainrule check EXERCISE.py")
    assert main(["seed", "--key", "key"]) == 0
    assert capsys.readouterr().out.startswith("usage: chainrule check EXERCISE.py")


def test_check_and_seed_are_still_names_of_an_expression(capsys):
    assert main(["check", "check=3"]) == 0
    assert main(["seed", "seed=3"]) == 0
    assert "check = 3.0" in capsys.readouterr().out


def test_a_pipe_is_refused_and_does_not_wait(folder, capsys):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo(folder / "pipe.json")
    main(["check", "exercise.py", "pipe.json", answered(folder, "ada"), "--key", "key"])
    printed = capsys.readouterr().out
    assert "pipe.json is not a file" in printed
    assert printed.endswith("ada.json  'ada'  2 of 2 points\n")


def test_a_name_is_the_same_however_it_is_spelled():
    key = KEY.encode()
    composed, decomposed = "Zo\u00eb", "Zoe\u0308 "
    assert student_seed(key, composed) == student_seed(key, decomposed)


def test_one_file_that_fails_does_not_stop_the_others(folder, capsys):
    bea = student_seed(KEY.encode(), "bea")
    fail = f"    if seed == {bea!r}: raise RuntimeError\n    a, b, c ="
    (folder / "exercise.py").write_text(EXERCISE.replace("    a, b, c =", fail))
    files = [answered(folder, "bea"), answered(folder, "ada")]
    main(["check", "exercise.py", *files, "--key", "key"])
    printed = capsys.readouterr().out
    assert "bea.json: " in printed
    assert printed.endswith("ada.json  'ada'  2 of 2 points\n")


def test_an_exercise_may_import_a_file_beside_it(folder, capsys):
    (folder / "beside.py").write_text("VALUE = 10.0\n")
    (folder / "sub").mkdir()
    text = EXERCISE.replace("Tensor(10.0)", "Tensor(beside.VALUE)")
    (folder / "sub" / "exercise.py").write_text("import beside_too as beside\n" + text)
    (folder / "sub" / "beside_too.py").write_text("VALUE = 10.0\n")
    file = answered(folder, "ada")
    main(["check", "sub/exercise.py", file, "--key", "key"])
    assert "2 of 2 points" in capsys.readouterr().out


def test_of_many_names_that_were_not_asked_few_are_shown(folder, capsys):
    answers = {f"x{i}": 1.0 for i in range(1000)}
    content = {"format": "chainrule answers 1", "student": "a", "answers": answers}
    (folder / "many.json").write_text(json.dumps(content))
    main(["check", "exercise.py", "many.json"])
    assert "and 995 more were not asked" in capsys.readouterr().out

"""What the two pages about the lessons say: their links, sentences and homework."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from viz.command.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PAGES = ["README.md", "TEACHING.md"]
LESSONS = sorted(path.name for path in EXAMPLES.glob("*.ipynb"))
ROW = re.compile(r"^\|(?!-)(.+)\|$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
NAMED = re.compile(r"(?<!\*)\*([^*\s][^*]*)\*(?!\*)")  # a section, in italics


def read(name):
    return (EXAMPLES / name).read_text("utf-8")


def cells(lesson):
    return json.loads(read(lesson))["cells"]


def headings(text):
    """Those of a page in Markdown, outside of its programs."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)


def sections(lesson):
    """The headings of a notebook, without the stars of italics."""
    texts = ["".join(c["source"]) for c in cells(lesson) if c["cell_type"] != "code"]
    return {h.replace("*", "") for text in texts for h in headings(text)}


def printed(lesson):
    """All that a notebook keeps of what its cells printed."""
    outputs = [o for cell in cells(lesson) for o in cell.get("outputs", ())]
    shown = [o.get("text") or o["data"].get("text/plain", "") for o in outputs]
    return "\n".join("".join(text) for text in shown)


def anchor(heading):
    """The fragment that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def lessons_in(text):
    return [target for target in LINK.findall(text) if target in LESSONS]


def plans():
    """Title -> the text of a lesson plan."""
    parts = re.split(r"^## (.+)\n", read("TEACHING.md"), flags=re.MULTILINE)[1:]
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    return {title: x for title, x in texts.items() if "minutes" in title}


def minutes(plan):
    """The rows of a plan: minute, class, question, wrong answer, what it says."""
    rows = [[x.strip() for x in row.split("|")] for row in ROW.findall(plan)]
    return [row for row in rows if row[0].isdigit()]


def command_of(plan):
    """The words of the command that a plan needs, if it needs one."""
    found = re.search(r"`chainrule (.+?)`", plan)
    return shlex.split(found[1]) if found else []


# --- links ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page):
    targets = [x for x in LINK.findall(read(page)) if "://" not in x]
    assert len(targets) >= 5
    for target in targets:
        name, _, fragment = target.partition("#")
        assert (EXAMPLES / name).is_file(), target
        if fragment:
            assert fragment in {anchor(h) for h in headings(read(name))}, target


def test_every_section_that_the_index_names_is_in_its_notebook():
    checked = 0
    for row in ROW.findall(read("README.md")):
        for part in row.split(";"):
            if lessons := lessons_in(part):
                # What stands before the link is of the question.
                after = part.split(f"({lessons[0]})")[1]
                found = NAMED.findall(after)
                assert set(found) <= sections(lessons[0]), part
                checked += len(found)
    assert checked > 20


@pytest.mark.parametrize("title", plans())
def test_every_section_that_a_plan_names_is_in_its_notebooks(title):
    known = set().union(*(sections(name) for name in lessons_in(plans()[title])))
    named = [x for row in minutes(plans()[title]) for x in NAMED.findall(row[1])]
    assert len(named) >= 3
    assert set(named) <= known


def test_every_notebook_and_every_program_is_in_the_index():
    index = set(LINK.findall(read("README.md")))
    programs = {path.name for path in EXAMPLES.glob("*.py")}
    data = {"diabetes.py", "digits.py"}  # others load their data with these
    assert (set(LESSONS) | programs) - index == data


def test_the_index_lists_each_notebook_with_its_title():
    _, table = read("README.md").split("## The notebooks")
    for lesson in LESSONS:
        title = "".join(cells(lesson)[0]["source"]).splitlines()[0].removeprefix("# ")
        row = next(x for x in ROW.findall(table) if f"({lesson})" in x)
        shown = row.partition("]")[0].strip(" [")
        assert title.startswith(shown) or shown == "Exercises"


# --- the plans ------------------------------------------------------------------------


def test_the_guide_is_one_page():
    assert len(read("TEACHING.md").splitlines()) <= 90


@pytest.mark.parametrize("title", plans())
def test_a_plan_goes_forward_and_ends_in_time(title):
    starts = [int(row[0]) for row in minutes(plans()[title])]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] < int(title.split()[0])


@pytest.mark.parametrize("title", plans())
def test_a_sentence_of_a_plan_is_one_that_the_class_reads(
    title, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    plan = plans()[title]
    read_by_all = "\n".join(printed(name) for name in lessons_in(plan))
    if words := command_of(plan):
        assert main(words) == 0
        capsys.readouterr()
        read_by_all += Path("steps.html").read_text("utf-8")
    said = [row[4] for row in minutes(plan)]
    said = [text for text in said if text and not text.startswith("(")]
    assert len(said) >= 3
    for text in said:
        assert text in read_by_all, text


def test_the_homework_is_checked_as_the_guide_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    homework = read("TEACHING.md").partition("## Homework")[2]
    program = re.search(r"```python\n(.+?)```", homework, re.DOTALL)[1]
    says = re.search(r"```\n(ben\.json.+?)```", homework, re.DOTALL)[1]
    commands = [shlex.split(x) for x in re.findall(r"`chainrule (.+?)`", homework)]
    Path("exercise.py").write_text(program)
    Path("key.txt").write_text("sixteen or more characters")
    assert main(commands[0]) == 0
    seeds = {x.split()[1]: x.split()[0] for x in capsys.readouterr().out.splitlines()}
    space = {}
    exec(compile(program, "exercise.py", "exec"), space)
    for student, seed in seeds.items():
        paper = space["sheet"](seed)
        x, y, w, b = (paper.values[name] for name in "xywb")
        out = np.tanh(x @ w + b)
        g_out = 2 * (out - y) / 3
        g_sum = g_out * (1 - out**2)
        g_b = g_sum if student == "ben" else g_sum.sum()
        paper.check(out=g_out, w=x.T @ g_sum, b=g_b)
        paper.save(f"{student}.json", student=student)
    assert main(commands[1]) == 0
    printed = capsys.readouterr().out
    assert says in printed
    assert "anna.json  'anna'  3 of 3 points" in printed


# --- the table of what a lesson has ---------------------------------------------------

TABLE = ROOT / "viz" / "lesson" / "README.md"


def test_every_row_of_the_table_says_where_ours_is_with_a_link_to_it():
    before, after = TABLE.read_text("utf-8").split("## Where ours is")
    rows = re.findall(r"(?m)^\| ([^|]+) \| (?:yes|partly|no)", before)
    assert len(rows) == 13
    for row in rows:
        (where,) = re.findall(rf"(?m)^\| {re.escape(row)} \| (.*) \|$", after)
        links = LINK.findall(where)
        assert links, row
        for link in links:
            assert (TABLE.parent / link).is_file(), link

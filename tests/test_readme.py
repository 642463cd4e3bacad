"""The README's code runs, prints what it says, and its pictures are up to date."""

import re
import runpy
import struct
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PROGRAM = re.compile(r"```python\n(.*?)```\n(?:\nprints\n\n```\n(.*?)```)?", re.DOTALL)
PROGRAMS = PROGRAM.findall(README)


def test_the_readme_has_programs():
    assert len(PROGRAMS) == 13


@pytest.mark.parametrize(("code", "printed"), PROGRAMS)
def test_a_program_of_the_readme_prints_what_it_says(
    code, printed, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == printed


def test_the_ten_lines_are_ten():
    assert len([line for line in PROGRAMS[0][0].splitlines() if line]) == 10


def test_every_file_that_the_readme_names_exists():
    names = re.findall(r"\]\(((?:examples|engine)/[\w./]+)\)", README)
    names += re.findall(r"`((?:engine|nn|examples|viz|tests)/[\w./]*)`", README)
    assert "examples/chain_rule.png" in names
    for name in names:
        assert (ROOT / name).exists(), name


def test_its_first_picture_is_what_the_example_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / "examples/chain_rule.py"), run_name="__main__")
    assert size("examples/chain_rule.png") == size(tmp_path / "out/chain_rule.png")


def test_its_other_pictures_are_of_the_gallery(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples")
    import gallery

    for name in ("lesson", "nan", "deep"):
        assert f"(examples/{name}.png)" in README
        drawn = getattr(gallery, name)().save(tmp_path / f"{name}.png")
        assert size(f"examples/{name}.png") == size(drawn)


def test_its_second_picture_is_what_the_ten_lines_draw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(PROGRAMS[0][0], "README.md", "exec"), {})
    assert size("examples/tanh.png") == size(tmp_path / "tanh.png")


def size(path):
    """Width and height of a PNG: they change with nearly anything that it shows."""
    return struct.unpack(">II", (ROOT / path).read_bytes()[16:24])

"""The files that a Drawing is saved in, the whole file or none."""

import sys

import numpy as np
import pytest

from engine import Tensor
from viz import draw


@pytest.fixture
def loss():
    L = np.tanh(Tensor(2.0, name="a")) * Tensor(-3.0, name="b")
    L.backward()
    return L


def test_save_writes_by_the_ending_and_returns_the_path(loss, tmp_path):
    drawing = draw(loss)
    for name, start in [
        ("a.png", b"\x89PNG"),
        ("b.svg", b"<?xml"),
        ("c.dot", b"digraph"),
        ("D.PNG", b"\x89PNG"),
        ("e.pdf", b"%PDF-"),
    ]:
        path = drawing.save(tmp_path / name)
        assert path == tmp_path / name
        assert path.read_bytes().startswith(start)
    assert drawing.save(str(tmp_path / "s.gv")).read_text() == drawing.source
    assert not list(tmp_path.glob(".*"))


def test_scale_multiplies_the_pixels(loss):
    def width(png):
        return int.from_bytes(png[16:20], "big")

    drawing = draw(loss)
    assert abs(width(drawing.png(scale=2)) - 2 * width(drawing.png(scale=1))) <= 2
    for scale in (0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="scale"):
            drawing.png(scale=scale)
    with pytest.raises(ValueError, match=r"pixels at scale 999"):
        drawing.png(scale=999)


@pytest.mark.parametrize(
    ("name", "words"), [("a.bmp", "'.bmp'"), ("noending", "without an ending")]
)
def test_an_unknown_ending_names_those_that_are_known(loss, tmp_path, name, words):
    with pytest.raises(
        ValueError, match=rf"{words}.*\.png, \.svg, \.html, \.pdf, \.dot"
    ):
        draw(loss).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_without_dot_an_eps_is_refused_and_the_old_file_stays(
    loss, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    old = tmp_path / "a.eps"
    old.write_text("old")
    with pytest.raises(RuntimeError, match="needs the program `dot`"):
        draw(loss).save(old)
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


@pytest.fixture
def fake_dot(tmp_path, monkeypatch):
    """A program `dot`, alone on PATH, that says what it was asked for."""
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\n/bin/cat > /dev/null\necho "made $*"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


def test_with_dot_an_eps_is_what_dot_makes(loss, tmp_path, fake_dot):
    assert "-Teps" in draw(loss).save(tmp_path / "a.eps").read_text()
    fake_dot.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(RuntimeError, match=r"dot made no \.eps"):
        draw(loss).save(tmp_path / "b.eps")
    assert not (tmp_path / "b.eps").exists()


def test_without_typst_dot_makes_the_pdf(loss, tmp_path, fake_dot, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    assert "-Tpdf" in draw(loss).save(tmp_path / "a.pdf").read_text()
    fake_dot.unlink()
    with pytest.raises(ImportError, match=r"save: the package 'typst' is .* a \.pdf"):
        draw(loss).save(tmp_path / "b.pdf")
    assert not (tmp_path / "b.pdf").exists()


def test_a_failed_write_leaves_the_old_file(loss, tmp_path, monkeypatch):
    path = draw(loss).save(tmp_path / "a.svg")
    old = path.read_bytes()

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr("viz.picture.drawing.os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        draw(Tensor(1.0)).save(path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_can_not_be_written_to_is_named_as_the_user_wrote_it(tmp_path):
    drawing = draw(Tensor(2.0) * 3.0)
    with pytest.raises(FileNotFoundError, match="no folder .*missing.* for 'x.png'"):
        drawing.save(tmp_path / "missing" / "x.png")
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        drawing.save(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), "2"])
def test_a_scale_that_is_not_a_size_is_refused(scale, tmp_path):
    with pytest.raises(ValueError, match=f"scale is {scale!r}, and must be a positive"):
        draw(Tensor(2.0) * 3.0).save(tmp_path / "x.png", scale=scale)
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.dot", tmp_path / "link.dot"
    link.symlink_to(target)
    draw(Tensor(2.0) * 3.0).save(link)
    assert link.is_symlink()
    assert target.read_text("utf-8").startswith("digraph")


def test_a_numpy_number_is_a_scale():
    drawing = draw(Tensor(2.0) * 3.0)
    assert drawing.png(scale=np.int64(2)) == drawing.png(scale=2.0)

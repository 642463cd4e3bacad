"""Files of answers come from anybody: they are measured, and nothing is evaluated."""

import json
import time

import numpy as np
import pytest

from viz.lesson.answers import (
    FORMAT,
    MOST_BYTES,
    MOST_DEPTH,
    MOST_ENTRIES,
    AnswersError,
    as_text,
    read_answers,
)


def read(tmp_path, content):
    path = tmp_path / "answers.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_answers(path)


def file_of(answers, **others):
    return json.dumps(
        {"format": FORMAT, "student": "ada", "answers": answers, **others}
    )


def test_what_is_written_is_read_back(tmp_path):
    given = {"w": np.array([[1.5, -2.0]]), "b": np.float64(1e-300), "n": np.zeros((0,))}
    student, found = read(tmp_path, as_text(given, "Zoë"))
    assert student == "Zoë"
    assert found == {"w": [[1.5, -2.0]], "b": 1e-300, "n": []}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        ("[]", "is no file of answers"),
        ('{"format": "another"}', "is no file of answers"),
        (f'{{"format": "{FORMAT}"}}', "has no answers by name"),
        (file_of({"a": 1.0}, points=100), "holds 'points', which is not known"),
        (file_of({"a": "6.0"}), "holds '6.0' for 'a', and may hold numbers only"),
        (file_of({"a": "__import__('os').system('x')"}), "numbers only"),
        (file_of({"a": {"b": 1.0}}), "numbers only"),
        (file_of({"a": None}), "holds None"),
        (file_of({"a": True}), "holds True"),
        (file_of({"a": [1.0, [2.0]]}), "rows of unequal length for 'a'"),
        (file_of({"a": 1.0}).replace("1.0", "NaN"), "holds NaN"),
        (file_of({"a": 1.0}).replace("1.0", "-Infinity"), "holds -Infinity"),
        (file_of({"a": 1.0}).replace("1.0", "1e999"), "not finite"),
        (file_of({"a": 1.0}).replace("1.0", "9" * 400), "not finite"),
        (file_of({"a": 1}).replace('"a": 1', '"a": 1, "a": 2'), "the same name twice"),
        (file_of({"x" * 81: 1.0}), "as a name"),
        (file_of({"a\nb": 1.0}), "as a name"),
        (file_of({}, student=["ada"]), "as a name"),
    ],
)
def test_anything_but_names_and_finite_numbers_is_refused(tmp_path, content, words):
    with pytest.raises(AnswersError, match=words):
        read(tmp_path, content)


def test_a_large_file_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(json, "loads", None)
    with pytest.raises(AnswersError, match="larger than 1,000,000 bytes"):
        read(tmp_path, b" " * (MOST_BYTES + 1))


def test_a_deep_file_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(json, "loads", None)
    for content in ("[" * 100_000, "[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1)):
        with pytest.raises(AnswersError, match="deeper than 10 brackets"):
            read(tmp_path, content)


def test_a_file_of_many_entries_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(json, "loads", None)
    with pytest.raises(AnswersError, match="more than 50,000 entries"):
        read(tmp_path, "[" + "0," * (MOST_ENTRIES + 1) + "0]")


def test_brackets_and_commas_in_texts_do_not_count(tmp_path):
    with pytest.raises(AnswersError, match="may hold numbers only"):
        read(tmp_path, file_of({"a": '[[[[[[[[[[[[[[,,,\\"[' * 10}))


@pytest.mark.parametrize("content", ['"\\' * 450_000, '"' * 900_001, '\\"' * 400_000])
def test_texts_that_do_not_end_take_linear_time(tmp_path, content):
    began = time.process_time()
    with pytest.raises(AnswersError):
        read(tmp_path, content)
    # A quadratic search would take minutes; this bound is no measure of speed.
    assert time.process_time() - began < 20


def test_what_could_not_be_read_back_is_not_written():
    with pytest.raises(AnswersError, match="as a name"):
        as_text({"a": np.float64(1.0)}, "x" * 81)
    with pytest.raises(AnswersError, match="more than 50,000 entries"):
        as_text({"a": np.zeros(60_000)}, "ada")

"""`chainrule check`: the answers of a class, checked against one's own exercise.

    chainrule check exercise.py *.json --key key.txt

The exercise is made anew for each student, with the numbers that belong to the
student's name. Nothing in a file of answers is evaluated, and no points are read from
it.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import runpy
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from viz.lesson.answers import AnswersError, read_answers
from viz.lesson.exercise import Exercise
from viz.lesson.marks import points
from viz.words.text import visible

CHECK, SEED = "check", "seed"
_MAKER = "sheet"  # the function of an exercise's file
_SHOWN_SEED = 16  # characters
_LEAST_KEY, _MOST_KEY = 16, 10_000  # bytes
_MOST_UNKNOWN = 5  # names that were not asked, and are shown
CHECK_HELP = """\
usage: chainrule check EXERCISE.py ANSWERS.json ... [--key FILE]
       chainrule seed STUDENT ... --key FILE

Check answers that Exercise.save wrote. EXERCISE.py is yours; it has a function

    def sheet(seed):
        ...
        return exercise(loss, ask=[...], seed=seed, names=locals())

With --key, a file of at least 16 bytes that only you have, every student has other
numbers: `chainrule seed anna ben --key FILE` prints the seeds to hand out, and check
finds them again by the names in the files. Without it the seed is None.
"""


class CheckError(ValueError):
    """Something that the teacher can mend: a file, a key, an exercise."""


def student_seed(key: bytes, student: str) -> str:
    """The seed of a student, which nobody can tell without the key (HMAC, SHA-256)."""
    name = unicodedata.normalize("NFC", student).strip()
    digest = hmac.new(key, name.encode(), hashlib.sha256).hexdigest()
    return digest[:_SHOWN_SEED]


def check_answers(words: Sequence[str]) -> str:
    """What `chainrule check` prints: for each file the marks, then a table of points.

    Raises:
        CheckError: if the exercise or the key can't be used. What is wrong with a file
            of answers is said in its place, and the others are checked.
    """
    asked = _arguments(CHECK, words)
    if asked.help or len(asked.words) < 2:
        return CHECK_HELP.rstrip()
    first, *files = asked.words
    make, key = _maker(Path(first)), _key(asked.key)
    blocks, table = [], []
    for file in files:
        name = visible(Path(file).name)
        try:
            text, line = _checked(make, key, Path(file))
        except AnswersError as error:
            text = line = f"{name} {error}"
        except OSError as error:
            text = line = f"{name}: {error.strerror or error}"
        except CheckError:
            raise
        except Exception as error:  # of one file, which must not stop the others
            text = line = f"{name}: {type(error).__name__}: {visible(str(error))}"
        blocks.append(text)
        table.append(line)
    return "\n\n".join([*blocks, "\n".join(table)])


def seeds(words: Sequence[str]) -> str:
    """What `chainrule seed` prints: a line for each student."""
    asked = _arguments(SEED, words)
    key = _key(asked.key)
    if asked.help or not asked.words or key is None:
        return CHECK_HELP.rstrip()
    return "\n".join(f"{student_seed(key, s)}  {visible(s)}" for s in asked.words)


def _arguments(command: str, words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"chainrule {command}", add_help=False, exit_on_error=False
    )
    parser.add_argument("words", nargs="*")
    parser.add_argument("--key")
    parser.add_argument("-h", "--help", action="store_true")
    try:
        found, unknown = parser.parse_known_intermixed_args(list(words))
    except argparse.ArgumentError as error:
        raise CheckError(visible(str(error))) from None
    if unknown:
        raise CheckError(f"{visible(unknown[0])!r} is no option of {command}")
    return found


def _maker(path: Path) -> Callable[[Any], Any]:
    """The function of the teacher's file that makes the exercise."""
    sys.path.insert(0, str(path.parent))  # where Python would look for what it imports
    try:
        found = runpy.run_path(str(path)).get(_MAKER)
    except OSError as error:
        raise CheckError(f"{path}: {error.strerror or error}") from None
    except Exception as error:
        said = visible(f"{type(error).__name__}: {error}")
        raise CheckError(f"{path.name} can't be run: {said}") from error
    finally:
        sys.path.remove(str(path.parent))
    if not callable(found):
        raise CheckError(
            f"{path.name} has no function {_MAKER}(seed) that returns an exercise"
        )
    return found


def _key(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            key = file.read(_MOST_KEY).strip()
    except OSError as error:
        raise CheckError(f"{path}: {error.strerror or error}") from None
    if len(key) < _LEAST_KEY:
        raise CheckError(
            f"{path} has {len(key)} bytes, and a key has {_LEAST_KEY} or more; "
            "python -c 'import secrets; print(secrets.token_hex())' makes one"
        )
    return key


def _checked(
    make: Callable[[Any], Any], key: bytes | None, path: Path
) -> tuple[str, str]:
    """The marks of a file, and its line of the table."""
    student, given = read_answers(path)
    seed = None if key is None else student_seed(key, student)
    exercise = make(seed)
    if not isinstance(exercise, Exercise):
        raise CheckError(
            f"{_MAKER}(seed) returned a {type(exercise).__name__}, and must return an "
            "exercise"
        )
    known = {name: x for name, x in given.items() if name in exercise.asked}
    report = exercise.check(known)
    missing = [name for name in exercise.asked if name not in known]
    unknown = [name for name in given if name not in exercise.asked]
    said = [f"{name}  no answer" for name in missing]
    said += [f"{visible(name)!r} was not asked" for name in unknown[:_MOST_UNKNOWN]]
    if len(unknown) > _MOST_UNKNOWN:
        said.append(f"and {len(unknown) - _MOST_UNKNOWN} more were not asked")
    who = f"{visible(path.name)}  {visible(student)!r}"
    total = f"{report.points} of {points(len(exercise.asked))}"
    return "\n".join([who, *said, str(report)]), f"{who}  {total}"

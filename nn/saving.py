"""Saving: named arrays in a file, and back, checked before they are read.

A file ends with .npz, NumPy's zip archive of arrays, which `np.load` opens too; or with
.safetensors, for which the package of that name is needed. No Python object is written
to a file, or made from one.
"""

from __future__ import annotations

import os
import secrets
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np

# The shape and the dtype of an array, by its name. A dtype that NumPy lacks is a text.
Expected: TypeAlias = Mapping[str, tuple[tuple[int, ...], Any]]

_DTYPES = {"F64": "f8", "F32": "f4", "F16": "f2", "BOOL": "?", "C64": "c8"}
_DTYPES |= {
    f"{kind}{8 * n}": f"{kind.lower()}{n}" for kind in "IU" for n in (1, 2, 4, 8)
}
_LONGEST = 10_000  # bytes of a name; a zip archive has room for 65,535


def write_arrays(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Write named arrays to a file.

    They are written beside it, to a file that then takes its place: if that fails, or
    the program dies, the file is as it was.

    Args:
        path: ends with .npz or .safetensors.
        arrays: NumPy arrays of numbers, by their names, which may be any text.

    Raises:
        ValueError: for another ending, or a name that can't be encoded.
        TypeError: for anything else than an array of numbers.
        FileNotFoundError: if the folder is missing.
        ImportError: if the package safetensors is needed, and missing.
    """
    path = _checked("save", path)
    for name, x in arrays.items():
        _check_array(name, x, path.suffix)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {str(path.parent)!r}")
    write = _write_npz if path.suffix == ".npz" else _write_safetensors
    target = path.resolve()  # what a link points to
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            write(file, arrays, path)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def read_arrays(
    path: str | Path, expected: Expected, *, what: str
) -> dict[str, np.ndarray]:
    """The named arrays of a file, if they are just those that are expected.

    The names, shapes and dtypes that the file declares are looked at first. So nothing
    is read from a file of something else, and no array is larger than expected.

    Args:
        path: ends with .npz or .safetensors.
        expected: the shape and the dtype of each array, by its name.
        what: who reads, for errors.

    Raises:
        ValueError: if the file is damaged or of another kind, or what it holds is not
            what is expected; it names the file and the entry.
        FileNotFoundError: if it is missing.
        ImportError: if the package safetensors is needed, and missing.
    """
    path = _checked(what, path)
    read = _read_npz if path.suffix == ".npz" else _read_safetensors
    return read(path, expected, what)


def expected_of(arrays: Mapping[str, Any]) -> Expected:
    """The shapes and dtypes of arrays; of what is no array, its class as the dtype."""
    return {
        name: (getattr(x, "shape", ()), getattr(x, "dtype", type(x).__name__))
        for name, x in arrays.items()
    }


def check_arrays(found: Expected, expected: Expected, *, what: str) -> None:
    """Raise ValueError, which begins with `what`, unless both say the same."""
    for word, names in (
        ("lacks", expected.keys() - found.keys()),
        ("has, unexpectedly,", found.keys() - expected.keys()),
    ):
        if names:
            first, more = min(names, key=str), len(names) - 1
            rest = f" and {more} more" if more else ""
            raise ValueError(
                f"{what} {word} {first!r}{rest}; it is of something else, or of other "
                "sizes"
            )
    for name, (needed, kind) in expected.items():
        (shape, dtype), kind = found[name], np.dtype(kind)
        if shape != tuple(needed):
            raise ValueError(
                f"{what}: {name!r} has shape {shape}, and must have {tuple(needed)}"
            )
        if str(dtype) != str(kind):  # the word "int" would be equal to int64
            raise ValueError(
                f"{what}: {name!r} is of {dtype}, and must be of {kind}; save it as "
                f"x.astype({str(kind)!r}), or load it to where x is of {dtype}"
            )


def _checked(caller: str, path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{caller}: path is {path!r:.60}, and must be a str or a Path")
    path = Path(path)
    if path.suffix not in (".npz", ".safetensors"):
        raise ValueError(
            f"{caller}: {str(path)!r} must end with .npz or with .safetensors"
        )
    return path


def _check_array(name: Any, x: Any, ending: str) -> None:
    if not isinstance(name, str):
        raise TypeError(f"save: the name {name!r:.60} must be a str")
    kind = f"a {type(x).__name__} of {getattr(x, 'dtype', 'no dtype')}"
    numbers = isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "biufc"
    if not numbers or isinstance(x, np.ma.MaskedArray):
        raise TypeError(
            f"save: {name!r} is {kind}, and must be a NumPy array of numbers"
        )
    if ending == ".safetensors" and x.dtype.newbyteorder("=") not in _DTYPES.values():
        raise TypeError(f"save: {name!r} is {kind}, which only .npz can hold")
    reserved = ending == ".safetensors" and name == "__metadata__"
    encoded = name.encode(errors="ignore")
    if reserved or len(encoded) > _LONGEST or encoded.decode() != name:
        raise ValueError(
            f"save: a file that ends with {ending} can't hold the name {name!r:.60}"
        )


@contextmanager
def _damage(what: str, path: Path, *kinds: type[Exception]) -> Iterator[None]:
    """Errors of reading as one that says which file is damaged."""
    damages: tuple[type[Exception], ...] = (ValueError, *kinds)
    try:
        yield
    except damages as error:
        raise ValueError(
            f"{what}: {path} is damaged, or no {path.suffix} file: {error}"
        ) from error


# --- .npz -----------------------------------------------------------------------------

_ZIP_ERRORS: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    RuntimeError,  # it is encrypted, or of a compression that Python lacks
    *(tokenize.TokenError, MemoryError, TypeError),  # its header is no header
)


def _write_npz(file: IO[bytes], arrays: Mapping[str, Any], _: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, x in arrays.items():
            info = zipfile.ZipInfo()
            info.filename = f"{name}.npy"  # ZipInfo(name) would cut it off at a "\0"
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(x), allow_pickle=False)


def _read_npz(path: Path, expected: Expected, what: str) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        with _damage(what, path, *_ZIP_ERRORS), zipfile.ZipFile(file) as archive:
            infos = {x.orig_filename.removesuffix(".npy"): x for x in archive.filelist}
            found = {name: _header(archive, infos[name]) for name in infos}
        check_arrays(found, expected, what=f"{what}: {path}")
        with _damage(what, path, *_ZIP_ERRORS), zipfile.ZipFile(file) as archive:
            return {name: _array(archive, infos[name]) for name in expected}


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[Any, Any]:
    """The shape and the dtype that an entry declares."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{info.filename!r} is compressed as no .npz of NumPy's is")
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        if version != (1, 0):  # which all arrays of numbers have
            raise ValueError(f"{info.filename!r} is an .npy of version {version}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(member)
        return shape, dtype


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as member:
        x: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):  # at the end, the checksum is compared
            raise ValueError(f"{info.filename!r} is longer than its array")
        return x


# --- .safetensors ---------------------------------------------------------------------


def _safetensors(caller: str, path: Path) -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            f"{caller}: {str(path)!r} needs a package: pip install safetensors; a file "
            "that ends with .npz needs none"
        ) from None
    return safetensors


def _write_safetensors(file: IO[bytes], arrays: Mapping[str, Any], path: Path) -> None:
    little = {
        name: np.asarray(x, x.dtype.newbyteorder("<"), order="C")
        for name, x in arrays.items()
    }
    file.write(_safetensors("save", path).numpy.save(little))


def _read_safetensors(
    path: Path, expected: Expected, what: str
) -> dict[str, np.ndarray]:
    package = _safetensors(what, path)
    with _damage(what, path, package.SafetensorError):
        file = package.safe_open(path, framework="numpy")
    with file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        found = {
            name: (tuple(x.get_shape()), _dtype(x.get_dtype()))
            for name, x in slices.items()
        }
        check_arrays(found, expected, what=f"{what}: {path}")
        return {name: file.get_tensor(name) for name in expected}


def _dtype(word: str) -> Any:
    """NumPy's dtype; of one that it lacks, the word."""
    return np.dtype(_DTYPES[word]) if word in _DTYPES else word

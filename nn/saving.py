"""Saving: named arrays in a file, and back, checked before they are read.

A file ends with .npz, NumPy's own form (a zip archive of arrays), or with .safetensors,
for which the package of that name is needed. No Python object is ever read from a file.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ENDINGS = (".npz", ".safetensors")


class Header(NamedTuple):
    """What a file says of an array before it is read."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def write_arrays(path: str | Path, arrays: Mapping[str, Any]) -> Path:
    """Write named arrays to a file, which is complete or as it was before.

    Raises:
        ValueError: if the file does not end with .npz or .safetensors.
        TypeError: if something is not an array of numbers in memory.
    """
    path = as_path(path)
    for name, x in arrays.items():
        if not isinstance(x, np.ndarray | np.generic) or x.dtype.kind not in "biuf":
            raise TypeError(
                f"save: {name} is a {type(x).__name__} of "
                f"{getattr(x, 'dtype', 'no dtype')}, and must be an array of numbers"
            )
    whole = {name: np.asarray(x) for name, x in arrays.items()}
    with replaced(path) as temporary:
        if path.suffix == ".safetensors":
            _safetensors().save_file(
                {k: np.ascontiguousarray(x) for k, x in whole.items()}, temporary
            )
        else:
            with zipfile.ZipFile(temporary, "w") as archive:
                for name, x in whole.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, x, allow_pickle=False)
    return path


def read_arrays(
    path: str | Path, check: Callable[[dict[str, Header]], None]
) -> dict[str, np.ndarray]:
    """The named arrays of a file.

    Args:
        path: ends with .npz or .safetensors.
        check: is called with the headers before any array is read, and raises if they
            are not the ones that are needed.

    Raises:
        ValueError: if the file is damaged, or of another kind.
    """
    path = as_path(path)
    if path.suffix == ".safetensors":
        with _opened(path) as file:
            names = list(file.keys())
            slices = {name: file.get_slice(name) for name in names}
            kinds = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "BOOL": "?"}
            check(
                {
                    name: Header(
                        tuple(part.get_shape()),
                        np.dtype(kinds.get(part.get_dtype(), "V1")),
                    )
                    for name, part in slices.items()
                }
            )
            return {name: file.get_tensor(name) for name in names}
    try:
        with zipfile.ZipFile(path) as archive:
            members = {n.removesuffix(".npy"): n for n in archive.namelist()}
            headers = {}
            for name, member in members.items():
                with archive.open(member) as stream:
                    headers[name] = _header(stream)
            check(headers)
            arrays = {}
            for name, member in members.items():
                with archive.open(member) as stream:
                    arrays[name] = np.lib.format.read_array(stream, allow_pickle=False)
            return arrays
    except (zipfile.BadZipFile, EOFError, OSError, _UnreadableError) as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise ValueError(
            f"load: {path} is damaged, or no .npz file: {error}"
        ) from error


class _UnreadableError(Exception):
    """A member of an archive is not an array of numbers."""


def _header(stream: Any) -> Header:
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"its version is {version}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    except ValueError as error:
        raise _UnreadableError(f"an entry is not an array: {error}") from error
    if dtype.hasobject:
        raise _UnreadableError("an entry holds Python objects, which are not read")
    return Header(shape, dtype)


def check_headers(
    caller: str, path: str | Path, needed: Mapping[str, Header]
) -> Callable[[dict[str, Header]], None]:
    """A check that just the needed names, shapes and dtypes are there."""

    def check(found: dict[str, Header]) -> None:
        for word, names in (
            ("has no", needed.keys() - found.keys()),
            ("has, but should not,", found.keys() - needed.keys()),
        ):
            if names:
                first, *more = sorted(names)
                rest = f", and {len(more)} more" if more else ""
                raise ValueError(f"{caller}: {path} {word} {first!r}{rest}")
        for name, (shape, dtype) in needed.items():
            if found[name].shape != shape:
                raise ValueError(
                    f"{caller}: {name} has shape {found[name].shape} in {path}, and "
                    f"must have {shape}"
                )
            if found[name].dtype != dtype:
                raise ValueError(
                    f"{caller}: {name} is of {found[name].dtype} in {path}, and must "
                    f"be of {dtype}; cast it, as in p.data = p.data.astype("
                    f"np.{found[name].dtype}), before loading"
                )

    return check


def as_path(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix not in ENDINGS:
        raise ValueError(f"{path} must end with {' or '.join(ENDINGS)}")
    return path


@contextmanager
def replaced(path: Path) -> Iterator[str]:
    """A file beside the path, which takes its place when all went well."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=path.suffix)
    os.close(handle)
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "a .safetensors file needs the package: pip install safetensors; a file "
            "that ends with .npz needs none"
        ) from None
    return safetensors.numpy


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    _safetensors()
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(
            f"load: {path} is damaged, or no .safetensors file: {error}"
        ) from error

"""Named arrays in files: what comes back, what is refused, what is never lost."""

import io
import json
import os
import pickle
import stat
import struct
import sys
import zipfile

import numpy as np
import pytest

from nn.saving import expected_of, read_arrays, write_arrays

ARRAYS = {
    "layers.0.w": np.arange(6.0).reshape(2, 3),
    "b": np.float32([1, np.nan, -np.inf]),
    "half": np.ones((2, 1), "f2"),
    "steps": np.array(7),
    "mask": np.array([True, False]),
    "empty": np.zeros((0, 3)),
    "turned": np.arange(6.0).reshape(2, 3).T,
    "cut": np.arange(10)[::3],
}
ENDINGS = ["npz", "safetensors"]


@pytest.fixture(params=ENDINGS)
def path(request, tmp_path):
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"net.{request.param}"


@pytest.fixture
def npz(tmp_path):
    return tmp_path / "net.npz"


def there_and_back(path, arrays):
    write_arrays(path, arrays)
    return read_arrays(path, expected_of(arrays), what="load")


def assert_same(found, arrays):
    assert list(found) == list(arrays)
    for name, x in arrays.items():
        np.testing.assert_array_equal(found[name], x, strict=True)


def test_arrays_come_back_as_they_were(path):
    assert_same(there_and_back(path, ARRAYS), ARRAYS)
    assert_same(there_and_back(str(path), {}), {})


def test_numpy_reads_what_is_written_and_what_it_writes_is_read(npz):
    write_arrays(npz, ARRAYS)
    with np.load(npz, allow_pickle=False) as loaded:
        assert_same(dict(loaded), ARRAYS)
    for save in (np.savez, np.savez_compressed):
        save(npz, **ARRAYS)
        assert_same(read_arrays(npz, expected_of(ARRAYS), what="load"), ARRAYS)


def test_the_same_arrays_make_the_same_file(npz):
    write_arrays(npz, ARRAYS)
    first = npz.read_bytes()
    write_arrays(npz, ARRAYS)
    assert npz.read_bytes() == first


NAMES = [
    *("", "/", "..", "../../x", "/etc/passwd", "a b", " ", "a/", "a\\b", "a\0b", "\n"),
    *("w.npy", "w", ".npy", "größe", "重み", "🙂", "a:b", "%2F", "C:\\x", "n" * 9000),
]


def test_a_name_may_be_any_text(path):
    arrays = {name: np.array(float(i)) for i, name in enumerate(NAMES)}
    found = there_and_back(path, arrays)
    assert_same(found, arrays)
    assert os.listdir(path.parent) == [path.name]


def test_numbers_of_other_kinds_come_back_from_npz(npz):
    arrays = {
        "big": np.ones(2, ">f4"),
        "complex": np.ones(2, complex),
        "long": np.ones(2, np.longdouble),
        "number": np.float64(3),
    }
    assert_same(there_and_back(npz, arrays), arrays)


def test_the_order_of_expected_names_is_the_order_of_what_is_read(npz):
    write_arrays(npz, ARRAYS)
    turned = dict(reversed(expected_of(ARRAYS).items()))
    assert list(read_arrays(npz, turned, what="load")) == list(turned)


# --- what does not fit ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"w": None}, " has, unexpectedly, 'w'; it is of something else, or of other"),
        ({"w": None, "b": None}, " has, unexpectedly, 'b' and 1 more"),
        ({"v": ((), "f8")}, " lacks 'v'"),
        ({"v": ((), "f8"), "u": ((), "f8")}, " lacks 'u' and 1 more"),
        ({"w": ((3, 2), "f8")}, r": 'w' has shape \(2, 3\), and must have \(3, 2\)"),
        (
            {"w": ((2, 3), np.float32)},
            ": 'w' is of float64, and must be of float32; sa",
        ),
        (
            {"b": ((3,), "f8")},
            r": 'b' is of float32, and .* save it as x.astype\('float",
        ),
    ],
)
def test_what_is_not_expected_is_refused_by_file_and_entry(path, change, words):
    arrays = {"w": ARRAYS["layers.0.w"], "b": ARRAYS["b"]}
    write_arrays(path, arrays)
    expected = {**expected_of(arrays), **change}
    expected = {name: x for name, x in expected.items() if x is not None}
    with pytest.raises(ValueError, match=f"^Net.load: .*net.{path.suffix[1:]}{words}"):
        read_arrays(path, expected, what="Net.load")


def entry(descr, shape, data=b""):
    """The bytes of an .npy file that declares this."""
    stream = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + data


def archive(path, **entries):
    with zipfile.ZipFile(path, "w") as file:
        for name, x in entries.items():
            file.writestr(f"{name}.npy", x)


def test_no_array_is_read_before_all_headers_fit(npz):
    archive(npz, w=entry("<f8", (10**12,)), b=entry("<f8", ()))  # 8 TB, it says
    with pytest.raises(ValueError, match=r"'w' has shape \(1000000000000,\), and must"):
        read_arrays(npz, {"w": ((3,), "f8"), "b": ((), "f8")}, what="load")


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("an object was made from a file",))


def test_no_object_is_read(npz):
    archive(npz, w=entry("|O", (1,), pickle.dumps([Bomb()])))
    with pytest.raises(ValueError, match=r"'w' is of object, and must be of float64"):
        read_arrays(npz, {"w": ((1,), "f8")}, what="load")
    with pytest.raises(
        ValueError, match=r"^load: .* is damaged, or no .npz file: Object"
    ):
        read_arrays(npz, {"w": ((1,), "O")}, what="load")


def encrypted(data):
    """The archive with the flag set that says that entries are encrypted."""
    data = bytearray(data)
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


WHOLE = entry("<f8", (1,), bytes(8))


@pytest.mark.parametrize(
    ("w", "words"),
    [
        (b"", "EOF"),
        (b"no array", "the magic string is not correct"),
        (WHOLE[:-1], "cannot reshape|EOF"),
        (WHOLE + b"more", "'w.npy' is longer than its array"),
        (b"\x93NUMPY\x02" + WHOLE[7:], r"'w.npy' is an .npy of version \(2, 0\)"),
        (entry("<f8", (1,)).replace(b"shape", b"shade"), "Header does not contain"),
        (entry("<f8", (-1,)), "damaged|has shape"),
    ],
    ids=range(7),
)
def test_an_entry_that_is_damaged_is_refused(npz, w, words):
    archive(npz, w=w)
    with pytest.raises(ValueError, match=f"^load: .*net.npz.*({words})"):
        read_arrays(npz, {"w": ((1,), "f8")}, what="load")


def test_a_file_of_another_kind_is_refused(path):
    for data in (b"", b"text", pickle.dumps(Bomb()), WHOLE, b"PK\x03\x04", bytes(100)):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"^load: .* is damaged, or no \."):
            read_arrays(path, {"w": ((1,), "f8")}, what="load")
    archive(path.with_suffix(".npz"), w=WHOLE)
    path.with_suffix(".npz").write_bytes(
        encrypted(path.with_suffix(".npz").read_bytes())
    )
    with pytest.raises(ValueError, match=r"^load: .* is damaged, .* is encrypted"):
        read_arrays(path.with_suffix(".npz"), {"w": ((1,), "f8")}, what="load")


def test_a_file_that_was_cut_off_anywhere_is_refused(path):
    arrays = {"w": np.arange(3.0), "b": np.ones(2)}
    write_arrays(path, arrays)
    whole = path.read_bytes()
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match="^load: .* is damaged, or no "):
            read_arrays(path, expected_of(arrays), what="load")


def test_a_changed_byte_is_refused_or_changes_no_number(npz):
    arrays = {"w": np.arange(3.0), "b": np.ones(2)}
    write_arrays(npz, arrays)
    whole = npz.read_bytes()
    for n in range(len(whole)):
        npz.write_bytes(whole[:n] + bytes([whole[n] ^ 0x41]) + whole[n + 1 :])
        try:
            found = read_arrays(npz, expected_of(arrays), what="load")
        except ValueError as error:
            found = arrays if str(error).startswith("load: ") else error
        assert_same(found, arrays)


def test_a_dtype_that_numpy_lacks_is_told_by_its_name(tmp_path):
    pytest.importorskip("safetensors")
    header = json.dumps({"w": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}})
    path = tmp_path / "net.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + b"\0\0")
    with pytest.raises(ValueError, match=r"'w' is of BF16, and must be of float32"):
        read_arrays(path, {"w": ((1,), "f4")}, what="load")


@pytest.mark.parametrize(
    ("name", "x", "error", "words"),
    [
        ("w", [1.0], TypeError, "'w' is a list of no dtype, and must be a NumPy array"),
        ("w", np.ones(1, object), TypeError, "'w' is a ndarray of object, and must be"),
        ("w", np.array(["a"]), TypeError, "'w' is a ndarray of <U1, and must be a"),
        ("w", np.ma.ones(1), TypeError, "'w' is a MaskedArray of float64, and must"),
        (1, np.ones(1), TypeError, "the name 1 must be a str"),
        ("\ud800", np.ones(1), ValueError, "a file that ends with .npz can't hold the"),
        ("n" * 70_000, np.ones(1), ValueError, "a file that ends with .npz can't hold"),
    ],
)
def test_what_can_not_be_written_is_refused_and_the_file_stays(
    npz, name, x, error, words
):
    write_arrays(npz, ARRAYS)
    with pytest.raises(error) as caught:
        write_arrays(npz, {"b": np.ones(1), name: x})
    assert str(caught.value).startswith(f"save: {words}")
    assert_same(read_arrays(npz, expected_of(ARRAYS), what="load"), ARRAYS)


def test_what_only_npz_holds_is_refused_elsewhere(tmp_path):
    path = tmp_path / "net.safetensors"
    with pytest.raises(
        TypeError, match=r"'w' is a ndarray of .*128.* only .npz can hold"
    ):
        write_arrays(path, {"w": np.ones(1, "c16")})
    with pytest.raises(ValueError, match=r"\.safetensors can't hold the name '__meta"):
        write_arrays(path, {"__metadata__": np.ones(1)})
    assert not path.exists()


# --- paths ----------------------------------------------------------------------------


def both_ways(path, error, words):
    with pytest.raises(error, match=f"^save: {words}"):
        write_arrays(path, ARRAYS)
    with pytest.raises(error, match=f"^load: {words}"):
        read_arrays(path, expected_of(ARRAYS), what="load")


def test_another_ending_is_refused(tmp_path):
    for name in ("net", "net.npy", "net.pt", "net.NPZ", ".npz"):
        both_ways(
            tmp_path / name, ValueError, ".* must end with .npz or with .safetens"
        )
    both_ways(None, TypeError, "path is None, and must be a str or a Path")
    assert os.listdir(tmp_path) == []


def test_a_folder_or_a_file_that_is_missing_is_told(tmp_path, path):
    with pytest.raises(
        FileNotFoundError, match="^save: there is no folder '.*nowhere'"
    ):
        write_arrays(tmp_path / "nowhere" / path.name, ARRAYS)
    with pytest.raises(FileNotFoundError):
        read_arrays(path, {}, what="load")


def test_without_the_package_safetensors_files_end_with_npz(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    path = tmp_path / "net.safetensors"
    both_ways(path, ImportError, ".*needs a package: pip install safetensors; a file")
    assert os.listdir(tmp_path) == []


def test_a_file_is_as_it_was_if_writing_fails_half_way(npz, monkeypatch):
    write_arrays(npz, ARRAYS)

    def fail(*_, **__):
        raise OSError("the disk is full")

    for owner, name in ((np.lib.format, "write_array"), (os, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fail)
            with pytest.raises(OSError, match="the disk is full"):
                write_arrays(npz, {"w": np.ones(3)})
        assert os.listdir(npz.parent) == [npz.name]
        assert_same(read_arrays(npz, expected_of(ARRAYS), what="load"), ARRAYS)


@pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
def test_a_file_has_the_mode_of_others_and_a_link_stays_a_link(npz):
    write_arrays(npz, ARRAYS)
    npz.with_name("other").touch()
    mode = stat.S_IMODE(npz.with_name("other").stat().st_mode)
    assert stat.S_IMODE(npz.stat().st_mode) == mode
    link = npz.with_name("latest.npz")
    link.symlink_to(npz)
    write_arrays(link, {"w": np.ones(1)})
    assert link.is_symlink()
    assert_same(read_arrays(npz, {"w": ((1,), "f8")}, what="load"), {"w": np.ones(1)})


def test_a_file_keeps_its_mode(tmp_path):
    path = tmp_path / "net.npz"
    write_arrays(path, {"w": np.ones(2)})
    path.chmod(0o600)
    write_arrays(path, {"w": np.zeros(2)})
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_compression_that_could_swell_is_refused(tmp_path):
    path = tmp_path / "net.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("w.npy", bytes(1000))
    with pytest.raises(ValueError, match="compressed as no .npz of NumPy's is"):
        read_arrays(path, {"w": ((2,), np.float64)}, what="load")


@pytest.mark.parametrize("header", ["(" * 9000, "-" * 9000 + "1", "{[]: 1}"])
def test_a_header_that_is_none_is_damage(header, tmp_path):
    text = header.encode() + b"\n"
    path = tmp_path / "net.npz"
    with zipfile.ZipFile(path, "w") as archive:
        length = len(text).to_bytes(2, "little")
        archive.writestr("w.npy", b"\x93NUMPY\x01\x00" + length + text)
    with pytest.raises(ValueError, match="net.npz is damaged, or no .npz file"):
        read_arrays(path, {"w": ((2,), np.float64)}, what="load")

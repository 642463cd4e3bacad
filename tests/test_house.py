"""The house: what lies where, what is exported, what imports what, who hides whom."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine
import nn
import viz

ROOT = Path(__file__).parents[1]
PACKAGES = [engine, nn, viz, engine.rules]
SOURCES = sorted(p for d in ("engine", "nn", "viz") for p in ROOT.glob(f"{d}/**/*.py"))


def run(code, cwd=ROOT):
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": f"{cwd}:{ROOT}", "PATH": "/nonexistent"}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.__name__)
def test_a_package_exports_exactly_what_it_imports(package):
    tree = ast.parse(Path(package.__file__).read_text("utf-8"))
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if not (alias.asname or "").startswith("_")  # used here, and not exported
    }
    names |= {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
    } - {"__all__"}
    assert sorted(package.__all__) == sorted(names)
    assert all(hasattr(package, name) for name in package.__all__)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_opens_with_what_it_is_and_can_be_read_in_one_sitting(path):
    source = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(source))
    assert len(source.splitlines()) <= 300


def test_public_functions_and_classes_are_documented():
    for package in PACKAGES:
        for name in package.__all__:
            thing = getattr(package, name)
            if callable(thing):
                assert thing.__doc__, f"{package.__name__}.{name}"


def test_the_reading_order_names_every_file():
    for package in PACKAGES:
        folder = Path(package.__file__).parent
        for path in folder.glob("*.py"):
            assert path.name == "__init__.py" or path.name in package.__doc__, path


def test_every_package_says_that_it_is_typed():
    for package in (engine, nn, viz):
        assert (Path(package.__file__).parent / "py.typed").exists()


def test_the_engine_needs_numpy_only():
    code = (
        "import sys, numpy; before = set(sys.modules); import engine;"
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names)))"
    )
    assert run(code).stdout.strip() == "['engine']"


def test_viz_imports_neither_nn_nor_a_renderer():
    code = "import viz, sys; print({'nn', 'wasmtime', 'resvg'} & set(sys.modules))"
    assert run(code).stdout.strip() == "set()"


def test_no_file_of_a_lower_floor_imports_a_higher_one():
    forbidden = {"engine": {"nn", "viz"}, "viz": {"nn"}, "nn": {"viz"}}
    for path in SOURCES:
        floor = path.relative_to(ROOT).parts[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                assert module.split(".")[0] not in forbidden[floor], path


def imported_modules(tree, modules):
    """Those of `modules` that a file imports, inside functions too.

    Not what stands below `if TYPE_CHECKING:`, which is never run.
    """
    found, nodes = set(), [tree]
    for node in nodes:  # grows on the way
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes += node.orelse
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & modules
            found |= {node.module} if inside - modules else set()
    return found & modules


def circles(imports):
    """The sets of files that import one another, directly or by way of others."""
    reached = {}
    for start in imports:
        seen, rest = set(), [start]
        while rest:
            new = imports[rest.pop()] - seen
            seen |= new
            rest += new
        reached[start] = seen
    return [
        {other for other in seen if start in reached[other]} | {start}
        for start, seen in reached.items()
    ]


def test_the_circles_that_the_test_below_looks_for_are_found():
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set()}
    assert max(circles(imports), key=len) == {"a", "b", "c"}
    code = "if TYPE_CHECKING:\n from m import x\ndef f():\n from m.n import y, z"
    assert imported_modules(ast.parse(code), {"m", "m.n", "m.n.y"}) == {"m.n", "m.n.y"}


def test_at_most_four_files_of_the_engine_import_one_another():
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] == "engine"
    }
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    imports = {
        name: imported_modules(ast.parse(path.read_text("utf-8")), set(files))
        for name, path in files.items()
    }
    largest = max(circles(imports), key=len)
    assert len(largest) <= 4, sorted(largest)


def test_nn_stands_on_the_public_names_of_the_engine():
    for path in (ROOT / "nn").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                assert not any(name.startswith("engine.") for name in names), path
            elif isinstance(node, ast.ImportFrom) and node.module:
                assert not node.module.startswith("engine."), path
                if node.module == "engine":
                    assert {alias.name for alias in node.names} <= set(engine.__all__)


@pytest.mark.parametrize("package", ["nn", "viz"])
def test_another_engine_in_the_way_is_named(package, tmp_path):
    mine = tmp_path / "engine.py"
    mine.write_text("class Car: pass\n")
    result = run(f"import {package}", cwd=tmp_path)
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: {package}: 'import engine' found")
    assert str(mine) in last
    assert "rename or move" in last


def test_a_shadowed_engine_gives_the_message_that_the_readme_shows(tmp_path):
    mine = tmp_path / "engine.py"
    mine.write_text("class Car: pass\n")
    result = run("from engine import Tensor", cwd=tmp_path)
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: cannot import name 'Tensor' from 'engine'")
    assert "ImportError: cannot import name 'Tensor' from 'engine'" in (
        ROOT / "README.md"
    ).read_text("utf-8")


def test_the_top_level_is_settled():
    settled = {"engine", "nn", "viz", "tests", "examples", "pyproject.toml"}
    settled |= {"README.md", "LICENSE", "Makefile"}
    assert settled <= {path.name for path in ROOT.iterdir()}
    if shutil.which("git") and (ROOT / ".git").exists():  # else it can't be told
        command = ["git", "ls-files"]
        tracked = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        there = {path.split("/")[0] for path in tracked}
        assert there == settled | {".ci", ".gitignore"}


@pytest.mark.parametrize("missing", ["graphviz", "wasmtime", "resvg"])
def test_a_package_that_pictures_need_is_named_with_the_cure(missing, tmp_path):
    (tmp_path / f"{missing}.py").write_text(
        f"raise ModuleNotFoundError('gone', name={missing!r})\n"
    )
    code = "from engine import Tensor; import viz; viz.draw(Tensor(1.0)).png()"
    last = run(code, cwd=tmp_path).stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert f"{missing!r} is not installed; 'pip install .'" in last

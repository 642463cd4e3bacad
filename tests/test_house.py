"""The house: what is exported, what imports what, who hides whom, what was provoked."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.provoked import never_ran

import engine
import nn
import viz

ROOT = Path(__file__).parents[1]
PACKAGES = [engine, nn, viz, engine.rules]


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


def test_public_functions_and_classes_are_documented():
    for package in PACKAGES:
        for name in package.__all__:
            thing = getattr(package, name)
            if callable(thing):
                assert thing.__doc__, f"{package.__name__}.{name}"


def test_all_of_nn_that_is_no_rule_is_annotated():  # mypy lets the rules' files off
    for path in (ROOT / "nn").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        functions = [f for f in tree.body if getattr(nn, getattr(f, "name", ""), None)]
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        for f in functions + [f for c in classes for f in c.body]:
            if isinstance(f, ast.FunctionDef) and not is_rule(f):
                assert f.returns, (path.name, f.name)
                arguments = [*f.args.args, *f.args.kwonlyargs]
                bare = [a.arg for a in arguments if not a.annotation]
                assert set(bare) <= {"self", "cls"}, (path.name, f.name)


def is_rule(f):
    return any(ast.unparse(d).startswith("op(") for d in f.decorator_list)


def test_every_package_says_that_it_is_typed():
    for package in (engine, nn, viz):
        assert (Path(package.__file__).parent / "py.typed").exists()


def test_the_engine_needs_numpy_only():
    code = (
        "import sys, numpy; before = set(sys.modules); import engine;"
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before}"
        " - {'numpy'} - set(sys.stdlib_module_names)))"
    )
    assert run(code).stdout.strip() == "['engine']"


def test_viz_imports_neither_nn_nor_a_renderer():
    code = "import viz, sys; print({'nn', 'wasmtime', 'resvg'} & set(sys.modules))"
    assert run(code).stdout.strip() == "set()"


def imported(path):
    """The modules that a file names in its imports, wherever in it they stand."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FORBIDDEN = {"engine": {"nn", "viz"}, "viz": {"nn"}, "nn": {"viz"}}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_file_of_a_lower_floor_imports_a_higher_one(package):
    for path in ROOT.glob(f"{package}/**/*.py"):
        floors = {module.split(".")[0] for module in imported(path)}
        assert not floors & FORBIDDEN[package], path


ROOMS = ["words", "picture", "lesson", "command"]  # each may import those before it


def test_viz_has_four_rooms():
    folders = {path.parent.name for path in (ROOT / "viz").glob("*/__init__.py")}
    assert folders == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_of_viz_imports_one_above_it(room):
    above = {f"viz.{name}" for name in ROOMS[ROOMS.index(room) + 1 :]}
    for path in (ROOT / "viz" / room).rglob("*.py"):
        for module in imported(path):
            assert ".".join(module.split(".")[:2]) not in above, (path, module)
            assert module.split(".")[0] != "viz" or module.count("."), (path, module)


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
        for path in (ROOT / "engine").rglob("*.py")
    }
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    imports = {
        name: imported_modules(ast.parse(path.read_text("utf-8")), set(files))
        for name, path in files.items()
    }
    largest = max(circles(imports), key=len)
    assert len(largest) <= 4, sorted(largest)


@pytest.mark.parametrize("folder", ["nn", "viz", "examples"])
def test_what_stands_on_the_engine_imports_public_names_only(folder):
    for path in (ROOT / folder).rglob("*.py"):
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


@pytest.mark.parametrize("missing", ["graphviz", "wasmtime", "resvg"])
def test_a_package_that_pictures_need_is_named_with_the_cure(missing, tmp_path):
    (tmp_path / f"{missing}.py").write_text(
        f"raise ModuleNotFoundError('gone', name={missing!r})\n"
    )
    code = "from engine import Tensor; import viz; viz.draw(Tensor(1.0)).png()"
    last = run(code, cwd=tmp_path).stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert f"{missing!r} is not installed; 'pip install .'" in last


# --- the program that `make test` runs last -------------------------------------------

HALF_TRIED = """
def f(x):
    if x:
        raise ValueError(
            f"f: x is {x}"
        )
    try:
        g(x)
    except KeyError:
        raise
    raise ImportError("no g")

def g(x):
    raise TypeError("g: no x")
"""


def test_a_raise_of_which_no_line_ran_is_named():
    assert never_ran(HALF_TRIED, {3, 4, 5, 14}) == []
    silent = [
        (4, "raise ValueError(f'f: x is {x}')"),
        (14, "raise TypeError('g: no x')"),
    ]
    assert never_ran(HALF_TRIED, {3, 7, 8}) == silent

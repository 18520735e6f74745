"""Conventions of the code: sizes, documentation, imports, and what must never stand in it."""

import ast
import re

import pytest
from _tree import LIBRARY, MODULES, ROOT, WORKFLOW, file_of, room_of, tree

MODULE, CLASS, FUNCTION, BODY = 400, 150, 60, 50
"""Most lines of a module, of a class, of a function with its docstring, and of one without it."""


def lines_of(node):
    return node.end_lineno - node.lineno + 1


def definitions(module, kind):
    return [node for node in ast.walk(tree(file_of(module))) if isinstance(node, kind)]


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_classes_are_small(module):
    assert len(file_of(module).read_text().splitlines()) <= MODULE
    for node in definitions(module, ast.ClassDef):
        assert lines_of(node) <= CLASS, f"{module}.{node.name}"


@pytest.mark.parametrize("module", MODULES)
def test_functions_fit_on_a_screen(module):
    for node in definitions(module, ast.FunctionDef):
        first = node.body[0]
        has_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        start = first.end_lineno if has_doc else node.lineno
        assert node.end_lineno - start <= BODY, f"{module}.{node.name}"
        assert lines_of(node) <= FUNCTION, f"{module}.{node.name}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_absolute_so_that_digests_see_them(module):
    assert not [node for node in definitions(module, ast.ImportFrom) if node.level]


@pytest.mark.parametrize("module", MODULES)
def test_what_is_public_is_documented(module):
    root = tree(file_of(module))
    assert ast.get_docstring(root), f"{module} says not what it is for"
    classes = [node for node in root.body if isinstance(node, ast.ClassDef)]
    for node in [*root.body, *(line for one in classes for line in one.body)]:
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public:
            assert ast.get_docstring(node), f"{module}.{node.name}"


@pytest.mark.parametrize("module", MODULES)
def test_settings_reach_functions_by_name_and_type(module):
    if room_of(module) in ("config", "pipeline"):
        return
    for node in definitions(module, ast.FunctionDef):
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            annotation = ast.unparse(argument.annotation) if argument.annotation else ""
            untyped = "Mapping[str, Any]" in annotation or "dict[str, Any]" in annotation
            assert not (argument.arg == "settings" and untyped), f"{module}.{node.name}"


@pytest.mark.parametrize("module", MODULES)
def test_scripts_open_and_write_results_and_the_library_does_not(module):
    if room_of(module) in ("io", "pipeline"):
        return
    text = file_of(module).read_text()
    opened = re.findall(
        r"\b(store\.(?:read|write|classes|by_class)\w*|tsv\.(?:read|write)\w*)\(", text
    )
    assert not opened


def docstrings(module):
    """Strings that stand alone, as documentation does."""
    return {id(node.value) for node in definitions(module, ast.Expr)}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_outside_of_paths_joins_or_splits_the_path_of_a_result(module):
    if module != "paths" and module.split(".")[0] not in ("images", "config"):
        text = file_of(module).read_text()
        assert '.split("/")' not in text
        documentation = docstrings(module)
        for node in definitions(module, ast.Constant):
            if id(node) not in documentation:
                assert ".zarr.zip" not in str(node.value), f"{module}:{node.lineno}"
        assert not re.search(r"\.parts\[|\.parent\.(parent|name)\b", text)


OLD_WORDS = re.compile(
    r"\b(_?in_words|told|verdicts?|closing_words|stencils?|bearers|alterations?|judge?ments?|detour"
    r"|cascade|strays|surroundings\.|Sheet|Members)\b"
)
"""Words of this project alone, each of which has a usual one now."""


def prose_and_code():
    """Every file that people read: the library, the rules, and the pages."""
    code = [*LIBRARY.rglob("*.py"), *(WORKFLOW / "scripts").glob("*.py")]
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *WORKFLOW.rglob("*.rst")]
    every = [*code, *pages, *WORKFLOW.rglob("*.smk"), ROOT / "Snakefile"]
    return [path for path in every if path.name not in ("renamed.py", "CHANGELOG.md")]


def test_a_thing_has_its_usual_name():
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in prose_and_code()
        for match in OLD_WORDS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_nothing_unpickles():
    for path in [*LIBRARY.rglob("*.py"), *(WORKFLOW / "scripts").glob("*.py")]:
        text = path.read_text()
        assert "pickle" not in text
        assert "allow_pickle=True" not in text
        assert not re.search(r"torch\.load\((?!.*weights_only=True)", text)

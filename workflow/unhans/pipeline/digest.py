"""Provenance: which code made a result, as a digest that ignores comments and docstrings.

Snakemake notices changed parameters and files, but not a changed module that a script imports. Each
rule therefore has a parameter ``code=source_digest(stage)``.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

INFRASTRUCTURE = ("choices", "config", "errors", "io", "paths", "pipeline", "types")
"""Rooms and modules that move data and never change a number: not part of any digest.

A change of the file layout is announced by `types.STORE_FORMAT` instead.
"""


@cache
def source_digest(stage: str, *modules: str, root: Path | None = None) -> str:
    """Digest of a stage's script and of all modules of ours that it imports, directly or not.

    It is taken over the syntax trees without docstrings: comments, docstrings and layout may change
    freely.

    Parameters
    ----------
    stage : the script ``scripts/<stage>.py``
    modules : further modules, imported by name at run time (``distance.euclidean``)
    root : the folder that holds ``scripts`` and ``unhans``

    Returns
    -------
    16 hexadecimal digits

    """
    root = root or Path(__file__).parents[2]
    script = root / "scripts" / f"{stage}.py"
    found = set(modules) | {module for name in modules for module in _closure(root, name)}
    found |= {module for name in _imports(root, script) for module in (name, *_closure(root, name))}
    digest = hashlib.sha256(_normal_form(script).encode())
    for module in sorted(filter(_counts, found)):
        digest.update(f"\n{module}\n{_normal_form(_file(root, module))}".encode())
        for template in _templates(root, _file(root, module)):
            digest.update(template.read_bytes())
    return digest.hexdigest()[:16]


def _counts(module: str) -> bool:
    return module.split(".")[0] not in INFRASTRUCTURE


@cache
def _closure(root: Path, module: str) -> frozenset[str]:
    """Modules of ours that ``module`` imports, directly or through others."""
    found: set[str] = set()
    front = [module]
    while front:
        for name in filter(_counts, _imports(root, _file(root, front.pop())) - found):
            found.add(name)
            front.append(name)
    return frozenset(found)


@cache
def _imports(root: Path, file: Path) -> frozenset[str]:
    """Modules of ours that a file names in its imports, wherever in the file they stand."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {name.removeprefix("unhans.") for name in names if name.startswith("unhans.")}
    return frozenset(name for name in ours if _file(root, name).exists())


@cache
def _templates(root: Path, file: Path) -> list[Path]:
    """Templates that a module names in its constants."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    names = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.endswith(".j2")
    }
    return [root / "unhans" / "templates" / name for name in sorted(names)]


def _file(root: Path, module: str) -> Path:
    path = root / "unhans" / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _normal_form(file: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # Any string that stands alone is a docstring: of a module, a function, an attribute.
            node.body = [line for line in body if not _is_docstring(line)] or [ast.Pass()]  # type: ignore[attr-defined]
    # Source text, not a dump of the tree: its form hardly changes between versions of Python.
    return ast.unparse(tree)


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )

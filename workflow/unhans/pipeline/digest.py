"""Provenance: which code made a result, as a digest that ignores comments and docstrings.

Snakemake notices changed parameters and files, but not a changed module that a script imports. Each
rule therefore has a parameter ``code=source_digest(stage)``.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

INFRASTRUCTURE = ("choices", "config", "errors", "io", "paths", "pipeline", "types")
"""Rooms and modules that move data and never change a number: not part of any digest.

A change of the file layout is announced by `types.STORE_FORMAT` instead.
"""

DATA_FOLDERS = {
    **dict.fromkeys((".j2", ".html", ".css", ".js"), "templates"),
    **dict.fromkeys((".tsv", ".png"), "data"),
}
"""Folder within ``unhans`` of the files that modules read, by the ending of their names."""


@cache
def source_digest(stage: str, *modules: str, root: Path | None = None) -> str:
    """Digest of a stage's script and of all modules of ours that it imports, directly or not.

    It is taken over the syntax trees without docstrings, so that comments, docstrings and layout may
    change freely. Templates and data files count with the modules that name them.

    Parameters
    ----------
    stage : str
        Name of the script ``scripts/<stage>.py``.
    modules : str
        Further modules, imported by name at run time (``spray.distance.euclidean``).
    root : Path, optional
        Folder that holds ``scripts`` and ``unhans``; by default that of this module.

    Returns
    -------
    str
        16 hexadecimal digits.

    """
    root = root or Path(__file__).parents[2]
    digest = hashlib.sha256(_source(root / "scripts" / f"{stage}.py").form.encode())
    for module in sorted(modules_of(stage, *modules, root=root)):
        digest.update(f"\n{module}\n{_source(_file(root, module)).form}".encode())
        for data in _data_files(root, _file(root, module)):
            digest.update(data.read_bytes())
    return digest.hexdigest()[:16]


def forget() -> None:
    """Read files again that may have been edited since this process read them."""
    for kept in (source_digest, _closure, _source, _imports, _data_files):
        kept.cache_clear()


def modules_of(stage: str, *modules: str, root: Path | None = None) -> set[str]:
    """Modules of ours whose code counts in the digest of a stage; see `source_digest`.

    Parameters
    ----------
    stage : str
        Name of the script ``scripts/<stage>.py``.
    modules : str
        Further modules, imported by name at run time.
    root : Path, optional
        Folder that holds ``scripts`` and ``unhans``; by default that of this module.

    Returns
    -------
    set of str
        Names without the leading ``unhans.``.

    """
    root = root or Path(__file__).parents[2]
    first = {*modules, *_imports(root, root / "scripts" / f"{stage}.py")}
    found = first | {module for name in first for module in _closure(root, name)}
    return set(filter(_counts, found))


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


class _Source(NamedTuple):
    """What counts of a file: names in its imports, files in its constants, and its normal form."""

    imports: frozenset[str]
    files: frozenset[str]
    form: str


@cache
def _source(file: Path) -> _Source:
    """Read a file; it is parsed and walked once, which is most of the time that a plan takes."""
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    imports: set[str] = set()
    files: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node.value.endswith(tuple(DATA_FOLDERS)):
                files.add(node.value)
        elif isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imports |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return _Source(frozenset(imports), frozenset(files), normal_form(tree))


@cache
def _imports(root: Path, file: Path) -> frozenset[str]:
    """Modules of ours that a file names in its imports, wherever in the file they stand."""
    names = _source(file).imports
    ours = {name.removeprefix("unhans.") for name in names if name.startswith("unhans.")}
    return frozenset(name for name in ours if _file(root, name).exists())


@cache
def _data_files(root: Path, file: Path) -> list[Path]:
    """Templates and data files that a module names in its constants."""
    found = [
        root / "unhans" / folder / name
        for name in sorted(_source(file).files)
        for ending, folder in DATA_FOLDERS.items()
        if name.endswith(ending)
    ]
    return [path for path in found if path.is_file()]


def _file(root: Path, module: str) -> Path:
    path = root / "unhans" / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def normal_form(tree: ast.Module) -> str:
    """Write a module without comments and docstrings.

    Parameters
    ----------
    tree : Module
        Of the file; its docstrings are taken out of it.

    Returns
    -------
    str
        Source text, and no dump of the tree: its form hardly changes between versions of Python.

    """
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # Any string that stands alone is a docstring: of a module, a function, an attribute.
            node.body = [line for line in body if not _is_docstring(line)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )

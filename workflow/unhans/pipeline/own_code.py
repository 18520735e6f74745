"""Own code: the files that a network's function or a metric of the user's own is made of, as a digest.

Snakemake notices neither an edit of the module that the configuration names nor one of a module that it
imports. The latter are found in the syntax trees, without running them.
"""

import ast
import hashlib
import importlib.util
import site
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import NamedTuple

from unhans.errors import ConfigError
from unhans.pipeline.digest import normal_form

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of packages that are installed, whose edits a person does not make."""

SETTINGS = frozenset({".csv", ".json", ".npy", ".npz", ".toml", ".tsv", ".yaml", ".yml"})
"""Suffixes of files that a module may read its settings from; others may be written while it runs."""

LARGEST = 10_000_000
"""Bytes of a file that a module names: a larger one holds weights, which have a key of their own."""

IMPORTERS = frozenset({"import_module", "__import__"})
"""Functions that import what their first argument names."""


class Source(NamedTuple):
    """What counts of a file of Python.

    Parameters
    ----------
    content : bytes
        Its syntax tree without comments and docstrings, or its bytes if it is none.
    imported : frozenset of (str, int)
        Modules that it imports, and the number of dots before each. Names that are imported from a
        module stand here as if they were modules.
    texts : frozenset of str
        Its constants, which may name files.

    """

    content: bytes
    imported: frozenset[tuple[str, int]]
    texts: frozenset[str]


def source_digest(function: str, key: str) -> str:
    """Digest of the module that a function comes from and of all modules of the user's that it imports.

    A module counts if it is neither installed (in ``site-packages``) nor part of Python or unhans, and
    so does a small file of `SETTINGS` beside it that one of its constants names. Comments and
    docstrings do not.

    Parameters
    ----------
    function : str
        ``package.module:function``, or with a dot in place of the colon.
    key : str
        Of the config, for messages.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    ConfigError
        There is no such module, or its package cannot be imported.

    """
    digest = hashlib.sha256()
    for name, path in sorted(files_of(function, key).items()):
        digest.update(f"\n{name}\n".encode())
        digest.update(path.read_bytes() if path.suffix != ".py" else _source(path).content)
    return digest.hexdigest()[:16]


def files_of(function: str, key: str) -> dict[str, Path]:
    """Files that a function of the user's own is made of.

    Parameters
    ----------
    function, key : str
        See `source_digest`.

    Returns
    -------
    dict of str to Path
        By the name of the module, or of the module and the file beside it.

    Raises
    ------
    ConfigError
        See `source_digest`.

    """
    module = function.replace(":", ".").rpartition(".")[0]
    found: dict[str, Path] = {}
    front = [_named(module, function, key), *_packages(module)]
    while front:
        spec = front.pop()
        path = _file(spec)
        if spec.name in found or path is None:
            continue
        found[spec.name] = path
        if path.suffix != ".py":
            continue
        found |= {f"{spec.name}/{file.name}": file for file in _beside(path)}
        for name in _imported(spec, path):
            own = _find(name)
            if own is not None and own.name not in found and _is_own(own):
                front.append(own)
    return found


def _named(module: str, function: str, key: str) -> ModuleSpec:
    """Find the module that the configuration names, wherever it is installed."""
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        found = None
    except Exception as error:  # its package is imported, and may raise anything
        line = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(
            f"{key} '{function}': {line}; expected a package that can be imported"
        ) from error
    if found is None or _file(found) is None:
        raise ConfigError(
            f"{key} '{function}': no module '{module}'; expected one that can be "
            "imported from here (PYTHONPATH)"
        )
    return found


def _packages(module: str) -> Iterator[ModuleSpec]:
    """Packages that a module lies in: importing it runs them."""
    parts = module.split(".")
    for end in range(1, len(parts)):
        spec = _find(".".join(parts[:end]))
        if spec is not None and _is_own(spec):
            yield spec


def _imported(spec: ModuleSpec, path: Path) -> Iterator[str]:
    """Full names of what a module imports, and of the packages that this lies in."""
    package = spec.name if spec.submodule_search_locations else spec.name.rpartition(".")[0]
    for name, dots in _source(path).imported:
        parts = package.split(".")[: len(package.split(".")) + 1 - dots] if dots else []
        full = [*parts, *name.split(".")] if name else parts
        yield from (".".join(full[: end + 1]) for end in range(len(full)))


def _find(name: str) -> ModuleSpec | None:
    """Find a module without importing the packages that it lies in."""
    top, *below = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    for part in below:
        if spec is None or spec.submodule_search_locations is None:
            return None
        places = list(spec.submodule_search_locations)
        spec = PathFinder.find_spec(f"{spec.name}.{part}", places)
    return spec


def _is_own(spec: ModuleSpec) -> bool:
    path = _file(spec)
    if path is None or spec.name.split(".")[0] == "unhans" or INSTALLED & set(path.parts):
        return False
    return not any(path.is_relative_to(folder) for folder in _foreign())


@lru_cache(maxsize=1)
def _foreign() -> tuple[Path, ...]:
    """Folders of Python itself and of packages that are installed."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [*(sysconfig.get_paths()[name] for name in names), site.getusersitepackages()]
    return tuple(Path(folder).resolve() for folder in folders)


def _file(spec: ModuleSpec) -> Path | None:
    path = Path(spec.origin).resolve() if spec.origin and spec.has_location else None
    return path if path is not None and path.is_file() else None


def _beside(path: Path) -> list[Path]:
    """Small files of settings, below the folder of a module, that its constants name."""
    texts = (text for text in sorted(_source(path).texts) if Path(text).suffix in SETTINGS)
    return [path.parent / text for text in texts if _is_small_file(path.parent / text)]


def _is_small_file(place: Path) -> bool:
    try:
        return place.is_file() and place.stat().st_size <= LARGEST
    except (OSError, ValueError):  # a text that is no name of a file
        return False


def _source(path: Path) -> Source:
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1000)
def _read(path: Path, changed: int, size: int) -> Source:
    """Read a file again when it has changed, as far as its time and size tell."""
    content = path.read_bytes()
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return Source(content, frozenset(), frozenset())
    imported: set[tuple[str, int]] = set()
    texts: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {(alias.name, 0) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = f"{node.module}." if node.module else ""
            imported |= {(f"{base}{alias.name}", node.level) for alias in node.names}
        elif isinstance(node, ast.Call) and _called(node) in IMPORTERS and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                name = argument.value.lstrip(".")
                imported.add((name, len(argument.value) - len(name)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
    return Source(normal_form(tree).encode(), frozenset(imported), frozenset(texts))


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""

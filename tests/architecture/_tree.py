"""The tree of code as the tests see it: files, modules and what they import."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "workflow"
LIBRARY = WORKFLOW / "unhans"

MODULES = sorted(
    ".".join(path.relative_to(LIBRARY).with_suffix("").parts).removesuffix(".__init__")
    for path in LIBRARY.rglob("*.py")
    if path.parent != LIBRARY or path.stem != "__init__"
)
"""Every module and package of the library, without the leading ``unhans.``."""


def file_of(module: str) -> Path:
    path = LIBRARY.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def room_of(module: str) -> str:
    """Folder of a module; a module beside the folders is of the ground."""
    first = module.split(".")[0]
    return first if (LIBRARY / first).is_dir() else "ground"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Names that a file imports, wherever in the file: ``package``, and ``package.name``."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def ours(path: Path) -> set[str]:
    """Modules of the library that a file imports, without the packages that they lie in."""
    names = {name.removeprefix("unhans.") for name in imports(path) if name.startswith("unhans.")}
    return {name for name in names if name in MODULES and file_of(name).stem != "__init__"}


def run(code: str) -> str:
    """Run code in a Python of its own and return what it prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def loaded_by(code: str) -> set[str]:
    """Packages that Python has loaded after some code."""
    return set(run(f"{code}\nimport sys; print(*sys.modules)").split())

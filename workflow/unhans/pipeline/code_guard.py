"""Code guard: what a job would make with code that was edited under its run is not kept.

The rules of a run are planned once, and name the code that was there then. An edit under the run, or
another commit checked out, would give results that name the code of before and hold the numbers of the
new; if it is taken back, the next run would take them for its own. The Snakefile notes names, sizes and
times of all files of the library, and of the user's own functions, in the environment of its jobs. A
job for which they are others compares the digest of its code.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from unhans.errors import ConfigError, StoreError

VARIABLE = "UNHANS_CODE"

ROOT = Path(__file__).parents[2]
"""Folder that holds ``scripts`` and ``unhans``"""

COUNTED = (".py", ".j2", ".html", ".css", ".js", ".tsv", ".png")
"""Endings of files that the digest of a stage may be taken over"""


def export(functions: Iterable[str]) -> None:
    """Note what the code is in the environment of all jobs.

    Parameters
    ----------
    functions : iterable of str
        Networks and metrics of the user's own, ``package.module:function``.
    """
    from unhans.pipeline import own_code

    names = sorted(set(functions))
    own = {path for name in names for path in own_code.files_of(name, "own code").values()}
    files = sorted(map(str, own))
    sources = {name: own_code.source_digest(name, "own code") for name in names}
    noted = {"files": files, "sources": sources, "state": _state(files)}
    os.environ[VARIABLE] = json.dumps(noted)


def fault(stage: str, wildcards: Any, code: str) -> StoreError | None:
    """Find whether a job may go on, and keep what it made: whether the code is that of the run.

    Parameters
    ----------
    stage : str
        Name of the stage.
    wildcards : Wildcards
        Those of the job.
    code : str
        Digest of the stage's code when the run was planned.

    Returns
    -------
    StoreError or None
        To be raised: the code is another one now. Where the run noted nothing (a script that is called
        by hand), nothing is compared.
    """
    noted = json.loads(os.environ.get(VARIABLE, "null"))
    if noted is None or _state(noted["files"]) == noted["state"]:
        return None
    from unhans.pipeline import digest, own_code, stages

    digest.forget()
    context: Any = SimpleNamespace(root=ROOT)
    named = {f"stage {stage}": (code, lambda: stages.code(context, stage, wildcards))}
    for name, source in noted["sources"].items():
        named[name] = source, partial(own_code.source_digest, name, "own code")
    edited = [what for what, (planned, now) in named.items() if _now(now) != planned]
    if not edited:
        return None
    return StoreError(
        f"the code of {edited[0]} was changed while the run went on; expected that of the run's start. "
        "Nothing that this job made is kept: run again"
    )


def _now(digest: Callable[[], str]) -> str:
    """Digest of code as it is now; empty of files that are gone or half written."""
    try:
        return digest()
    except (ConfigError, OSError, SyntaxError, ValueError):
        return ""


def _state(files: Iterable[str]) -> str:
    """Digest of names, sizes and times of all files that may count, and of further ones."""
    digest = hashlib.sha256()
    places = [*_counted(ROOT / "scripts"), *_counted(ROOT / "unhans"), *files]
    for place in sorted(places):
        try:
            stat = os.stat(place)
        except OSError:
            digest.update(f"{place}\n".encode())
        else:
            digest.update(f"{place} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _counted(folder: Path) -> list[str]:
    return [
        os.path.join(above, name)
        for above, _, names in os.walk(folder)
        for name in names
        if name.endswith(COUNTED)
    ]

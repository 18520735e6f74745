"""Machine: settings of the machine that a job needs and that change no result.

These are the folder of each corpus, the device, the number of images at once and of workers. As
parameters of the rules they would make Snakemake explain a data set anew once it moves. They travel in
the environment instead: the Snakefile exports them, on the nodes of a cluster too, since each job reads
the Snakefile again.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unhans.errors import ConfigError

VARIABLE = "UNHANS_MACHINE"


def export(roots: Mapping[str, str], attribution: Mapping[str, Any]) -> None:
    """Put these settings into the environment of all jobs.

    Parameters
    ----------
    roots : mapping of str to str
        Folder of the images by corpus.
    attribution : mapping
        ``device``, ``batch_size`` and ``workers``.

    """
    os.environ[VARIABLE] = json.dumps({"roots": dict(roots), "attribution": dict(attribution)})


def root(corpus: str) -> Path | None:
    """Folder of a corpus' images; None where it has none of its own.

    Parameters
    ----------
    corpus : str
        Name of the corpus.

    Returns
    -------
    Path or None

    Raises
    ------
    ConfigError
        The folder is not there on this machine.

    """
    found = _read()["roots"].get(corpus)
    if found is None:
        return None
    if not Path(found).is_dir():
        raise ConfigError(f"corpus.{corpus}.root: {found}: no such folder on this machine")
    return Path(found)


def attribution() -> dict[str, Any]:
    """Device, batch size and workers of the attribution.

    Returns
    -------
    dict
        Keys ``device``, ``batch_size`` and ``workers``; the defaults where nothing was exported.
    """
    return dict(_read()["attribution"])


def _read() -> dict[str, Any]:
    unset = {"roots": {}, "attribution": {"device": "auto", "batch_size": "auto", "workers": 1}}
    return json.loads(os.environ[VARIABLE]) if VARIABLE in os.environ else unset

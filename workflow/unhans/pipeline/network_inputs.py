"""Network inputs: what the rules of networks read, and when their images make a network anew."""

import os
from typing import Any

from snakemake.io import ancient

from unhans.choices import is_weight_file
from unhans.errors import StoreError
from unhans.io.lineage import differing
from unhans.paths import RESULT
from unhans.pipeline import stages
from unhans.pipeline.plan import Plan


def networks(plan: Plan, stage: str) -> list[str]:
    """Names of the networks that a stage makes.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        ``training``, ``fine_tuning`` or ``model``.

    Returns
    -------
    list of str
    """
    return [name for name in plan.config.model if plan.context.network_stage(name) == stage]


def weights(plan: Plan, wildcards: Any) -> list[str]:
    """Local file of a network's weights, if it has one.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``model`` is read.

    Returns
    -------
    list of str
        One path, or none.
    """
    named = plan.context.plain["model"][wildcards.model]["weights"]
    return [os.path.expanduser(named)] if is_weight_file(named) else []


def asked(plan: Plan, wildcards: Any) -> dict[str, Any]:
    """Say what a network is held against besides its settings; its record keeps it.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``corpus`` and ``model`` are read.

    Returns
    -------
    dict
        ``names`` (list of str) of the classes by output; ``complete`` (bool), whether they are all
        that the network has; ``sha256`` (str or None) of the file of weights, by the configuration;
        ``file``, see `weights_file`.
    """
    classes = plan.classes
    return {
        "names": list(classes.output_names(wildcards.corpus)),
        "complete": classes.catalogues[wildcards.corpus].complete,
        "sha256": plan.context.plain["model"][wildcards.model]["sha256"],
        "file": weights_file(plan, wildcards),
    }


def weights_file(plan: Plan, wildcards: Any) -> str | None:
    """Tell a local file of weights from another one that has its place or its name.

    Snakemake looks whether a file is newer than the results. An older checkpoint that is put in the place
    of another, or is named in its stead, is not. A file that moves with its time stays the same.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``model`` is read.

    Returns
    -------
    str or None
        Its size in bytes, and its time in nanoseconds, of a link also that of the link; None without a
        file.
    """
    for path in weights(plan, wildcards):
        try:
            file, link = os.stat(path), os.lstat(path)
        except OSError:
            return None
        return f"{file.st_size} {file.st_mtime_ns} {link.st_mtime_ns}"
    return None


def some_images(plan: Plan, wildcards: Any) -> list[str]:
    """Path of the images of one class: a few of them are explained when a network is checked.

    Other images make no other network, so that the path is ancient: if only the images are read anew,
    the network stays. But Snakemake looks at no job below one that it runs, and takes no job for one
    that must run because of ancient inputs: weights and images that change at once would leave the old
    network. Where the network must be made anyway, the path is therefore an input like others.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``corpus`` and ``model`` are read.

    Returns
    -------
    list of str
        Of the first class that is needed.

    """
    found = plan.every_needed(wildcards)[:1]
    return [ancient(path) for path in found] if _is_current(plan, wildcards) else found


def _is_current(plan: Plan, wildcards: Any) -> bool:
    """Whether the record of a network is of these settings, code, names and weights."""
    from unhans.io import provenance

    depth = stages.STAGES["model"].depth
    record, kept = (
        plan.beside(depth, wildcards, name) for name in (f"model{RESULT}", "weights.safetensors")
    )
    if not os.path.isfile(kept):
        return False
    try:
        attributes = provenance.attributes(record)
    except StoreError:
        return False
    expected = stages.lineage(plan.context, wildcards, ["model"])
    stale = differing(attributes["lineage"], expected) is not None
    return not stale and attributes.get("asked") == asked(plan, wildcards)

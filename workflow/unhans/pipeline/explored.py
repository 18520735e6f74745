"""Explored: paths of what the explorer shows."""

import os
from collections.abc import Iterable
from typing import Any

from unhans.paths import Analysis
from unhans.pipeline import targets
from unhans.pipeline.plan import ANY, Plan


def corrected(plan: Plan, ending: str) -> list[str]:
    """What is there of accepted artefacts and corrected networks: nothing is computed to be shown.

    Parameters
    ----------
    plan : Plan
        Of the run.
    ending : str
        Of the files: ``.tsv`` or ``.png``.

    Returns
    -------
    list of str
        Paths of files that exist, in the order of the accepted artefacts.

    Raises
    ------
    ConfigError
        The table of accepted artefacts is not valid; see `accepted_rows.read`.
    """
    pictures = [("accepted_response", ".png")]
    pictures += [("unhansing", f"/{name}.png") for name in ("curve", "heatmaps")]
    tables = [(stage, ".tsv") for stage in ("accepted_response", "correction", "unhansing")]
    found = (
        path
        for pair in (tables if ending == ".tsv" else pictures)
        for path in targets.of_accepted(plan, *pair)
    )
    return there(found)


def there(paths: Iterable[str]) -> list[str]:
    """Choose the results that exist: what a page shows as well, but does not ask for.

    Parameters
    ----------
    paths : iterable of str
        Of results.

    Returns
    -------
    list of str
        In their order. A result that comes later makes the page again, by its time or by their number.
    """
    return [path for path in paths if os.path.exists(path)]


def shown(plan: Plan) -> dict[str, list[str]]:
    """Results that the explorer shows where they are there, by the name of the input.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    dict of str to list of str
        Paths. Their numbers are a parameter of the rule: for more of them the explorer is made again.
    """
    return {
        "corrections": corrected(plan, ".tsv"),
        "pictures": corrected(plan, ".png"),
        "neurons": there(targets.of_classes(plan, "neurons")),
        "sensitivity": there(targets.of_classes(plan, "sensitivity")),
        "witnesses": there([f"{plan.config.results}/tables/witnesses.tsv"]),
    }


def of_network(plan: Plan, stage: str, wildcards: Any) -> list[str]:
    """Choose the results of a stage for the classes of a network that exist; see `there`.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        Name of a stage that makes one result a class.
    wildcards : Wildcards
        Of the job; ``corpus`` and ``model`` are read.

    Returns
    -------
    list of str
        Paths.
    """
    return there(plan.every_class(stage, wildcards))


def of_every_analysis(plan: Plan) -> dict[str, str]:
    """Results of all analyses of one class, as a rule of one composite names them.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    dict of str to str
        By ``<stage>_<number>`` of each of the stages that the explorer shows, a path with the wildcards
        of a composite and of the class.
    """
    first, drawn = plan.config.analyses()[0], plan.drawn()
    same = [one for one in plan.config.analyses() if one.explanation == first.explanation]
    wildcards = dict(zip(Analysis._fields, ANY.explanation, strict=False))
    return {
        f"{stage}_{number}": plan.result(stage, analysis._replace(**wildcards), "{class_id}")
        for number, analysis in enumerate(same)
        for stage in ("affinity", "embedding", "clustering", "separability", "projection")
        if stage != "projection" or analysis in drawn
    }


def classes(plan: Plan) -> list[str]:
    """What the explorer shows of each class.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths, each once.
    """
    found = (plan.result("explorer_class", *pair) for pair in plan.analysed_classes())
    return list(dict.fromkeys(found))


def of_drawn(plan: Plan, stage: str) -> list[str]:
    """Results of a stage for all classes of the analyses that figures are drawn of.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        Name of a stage that makes one result a class.

    Returns
    -------
    list of str
        Paths, each once.
    """
    drawn = plan.drawn()
    found = (plan.result(stage, *pair) for pair in plan.analysed_classes() if pair[0] in drawn)
    return list(dict.fromkeys(found))

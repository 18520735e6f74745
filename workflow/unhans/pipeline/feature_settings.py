"""Settings of the stages of neural features; ``context`` and ``wildcards`` as in `stages.settings`."""

from collections.abc import Callable, Mapping
from typing import Any

from unhans.features import answers
from unhans.pipeline.chunks import ClassChunk
from unhans.pipeline.context import Context


def of_sensitivity(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage sensitivity. Labels are entries of classes: one concerns its class alone.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    section = context.plain["sensitivity"]
    return {key: section[key] for key in section if key != "labels"}


def of_salient(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage salient: of which classes and networks its table is.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    networks = dict.fromkeys(analysis.network for analysis in context.config.analyses())
    corpora = dict.fromkeys(corpus for corpus, _ in networks)
    return {
        "networks": [list(network) for network in networks],
        "names": {corpus: context.classes.names(corpus) for corpus in corpora},
        "classes": {corpus: context.classes.analysed(corpus) for corpus in corpora},
    }


def labels_of(context: Context, chunk: ClassChunk) -> Callable[[Any], dict[str, dict[str, Any]]]:
    """Give a person's labels of the classes of a job.

    Parameters
    ----------
    context : Context
        Of the run.
    chunk : ClassChunk
        Classes of the job.

    Returns
    -------
    callable
        From the wildcards of the job to ``labels`` (label by feature), by class.
    """

    def entries(wildcards: Any) -> dict[str, dict[str, Any]]:
        given = context.feature_labels
        own = (wildcards.corpus, wildcards.model)
        return {
            name: {"labels": answers.of_class(given, *own, name)} for name in chunk.of(wildcards)
        }

    return entries

"""Named targets: what a person may ask the workflow for by a word, and what each of them makes."""

from collections.abc import Mapping

from unhans.config.images import Digits
from unhans.pipeline.plan import Plan

TARGETS: Mapping[str, str] = {
    "all": "everything up to the findings (what runs where no target is named)",
    "screen": "the same",
    "explorer": "the results as pages for a browser",
    "groups": "every image of the groups and clusters that stand out, as a table",
    "sheets": "the same images as contact sheets",
    "group_attributes": "what is known of images (hospital, scanner), compared with these groups",
    "ranking": "the table of tau, without pictures",
    "ranking_figure": "the ranking as a page and a picture",
    "comparison": "analyses side by side",
    "comparison_figure": "correlations of rankings",
    "tau_null": "tau of classes without structure",
    "virelay": "projects for ViRelAy",
    "issues": "whether each image bears what a flagged group shares, as cleanlab's Datalab has it",
    "fiftyone": "datasets for FiftyOne",
    "croissant": "each corpus in the metadata format of MLCommons",
    "features": "neurons and components of each class, with labels, masks and the response to noise",
    "feature_groups": "neural features beside the groups of SpRAy",
    "witnesses": "which of tau, indicators, probes and neural features speak for each class",
    "salient": "the same as one table, without pages",
    "restorations": "a denoiser of the images of each network",
    "correct": "networks corrected of the accepted artefacts",
    "tables": "tables 1 to 4 of the paper",
    "paper": "the paper's tables and figures that the configuration allows, on one page",
    "estimate": "hours and gigabytes of the whole run, from all jobs of one class",
    "verify": "check every file of the results",
    "recall": "audits of the metrics of optimal transport",
    "detection_benchmark": "the detection benchmark, with its picture",
    "detection": "the detection benchmark on digits",
    "detection_figure": "its picture",
    "detection_photographs": "the detection benchmark on photographs",
    "photo_marks_figure": "every mark that can be planted in photographs",
    "toy": "the method on points in the plane (figure 2 of the paper)",
    "toy_figure": "its picture",
    "barycentre": "four moved digits, averaged (figure 3 of the paper)",
    "barycentre_figure": "its picture",
}
"""What each rule makes that can be asked for by its name: those whose outputs hold no wildcard."""


def draws_digits(plan: Plan) -> bool:
    """Whether a run without a target draws figures 2 and 3 of the paper, which are about the method.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    bool
        True where a corpus is of digits. Elsewhere ``toy_figure`` and ``barycentre_figure`` are targets
        of their own.
    """
    return any(isinstance(corpus, Digits) for corpus in plan.config.corpus.values())


def group_attributes(plan: Plan) -> list[str]:
    """Comparison of groups with what is known of images, where a run without a target makes it.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        The path of the table; none where no corpus names attributes.
    """
    corpora = plan.context.plain["corpus"].values()
    known = any(section.get("attributes") for section in corpora)
    return [plan.beside(0, None, "group_attributes.tsv")] if known else []

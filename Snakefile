"""SpRAy from images to the global tau ranking; see README.md and config/README.md."""

from pathlib import Path

from snakemake.utils import min_version

from unhans.config.models import load_over
from unhans.errors import ConfigError
from unhans.pipeline.plan import ANY, Plan, one_of

min_version("9.27")

try:
    PLAN = Plan(
        load_over(Path(workflow.basedir) / "config/config.yaml", config),
        root=Path(workflow.basedir) / "workflow",
    )
    PLAN.check_surroundings()
    PLAN.export_surroundings()
except ConfigError as error:
    raise WorkflowError(str(error)) from None


include: "workflow/rules/common.smk"
include: "workflow/rules/corpus.smk"
include: "workflow/rules/manifest.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/model.smk"
include: "workflow/rules/ablation.smk"
include: "workflow/rules/attribution.smk"
include: "workflow/rules/contrast.smk"
include: "workflow/rules/findings.smk"
include: "workflow/rules/insertion.smk"
include: "workflow/rules/verdicts.smk"
include: "workflow/rules/suggestion.smk"
include: "workflow/rules/stencil.smk"
include: "workflow/rules/effect.smk"
include: "workflow/rules/compensation.smk"
include: "workflow/rules/unhansing.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/accuracy.smk"
include: "workflow/rules/preprocessing.smk"
include: "workflow/rules/distance.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/recall.smk"
include: "workflow/rules/affinity.smk"
include: "workflow/rules/embedding.smk"
include: "workflow/rules/clustering.smk"
include: "workflow/rules/separability.smk"
include: "workflow/rules/ranking.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/projection.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/detection.smk"
include: "workflow/rules/toy.smk"
include: "workflow/rules/barycentre.smk"
# Last: a rule whose paths hold path variables takes constraints only from a block after it.
include: "workflow/rules/constraints.smk"


# What is said of a stage (`set-resources: attribution: ...`) is said of its chunks too.
for chunk in workflow.rules:
    told = workflow.resource_settings.overwrite_resources
    if chunk.name not in told:
        chunk.resources.update(told.get(chunk.name.split("_")[0], {}))


rule all:
    default_target: True
    input:
        rules.ranking.output,
        rules.comparison.output,
        rules.toy.output,
        rules.barycentre.output,
        ABLATIONS,
        VERDICTS,
        SUGGESTIONS,
        FIGURES,
        CACHED,
    message:
        "all results are there"


rule screen:
    input:
        rules.all.input,
    message:
        "everything up to the findings is there"


rule correct:
    input:
        rules.tables.output,
        PLAN.of_accepted("effect"),
        PLAN.of_accepted("unhansing"),
    message:
        "networks are cured of the accepted artefacts"


rule detection_benchmark:
    input:
        rules.detection.output,
    message:
        "the detection benchmark is there"


onstart:
    # Under a limit of starts Snakemake looks for jobs to start a second after each look, and after each
    # job that ends: with 200 done, 200 times a second. Its default, 100 starts a second, limits nothing
    # here; a limit given by hand stays.
    limit = workflow.scheduler.job_rate_limiter
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


onsuccess:
    from unhans.pipeline import summary

    print(summary.closing_words(PLAN))


onerror:
    from unhans.pipeline import summary

    print(summary.closing_words(PLAN, failed=True))

"""SpRAy from images to the global tau ranking; see README.md and config/README.md."""

from snakemake.utils import min_version

from unhans.config.loading import load_over
from unhans.errors import ConfigError, UnhansError
from unhans.pipeline import compat, deleted_images, failed_jobs, named_targets, startup
from unhans.pipeline.plan import Plan

min_version("9.27")
try:
    compat.check_version()
    failed_jobs.keep_updated()
    failed_jobs.leave_incomplete()
    compat.escape_report()
    compat.index_outputs()
    # Snakemake would refuse the first without its line, and a key that is named twice in none.
    startup.check_files([compat.default_config(workflow), *compat.config_files(workflow)])
except ConfigError as error:
    raise WorkflowError(str(error)) from None


configfile: compat.default_config(workflow)


try:
    PLAN = Plan(
        load_over(compat.default_config(workflow), compat.given_config(workflow, config)),
        root=compat.source_folder(workflow) / "workflow",
    )
    startup.check(PLAN)
    startup.export(PLAN)
    if not compat.is_job(workflow):
        startup.warn(PLAN)
    compat.unlock(PLAN.config.results)
    if not compat.is_job(workflow):
        startup.check_tables(PLAN)
except ConfigError as error:
    raise WorkflowError(str(error)) from None


report: "workflow/report/workflow.rst"


if compat.asks_for_report():
    from unhans.pipeline import report_findings

    try:
        # The first page of the report reads it, as documented for the workflow's description.
        config["found"] = report_findings.gather(PLAN)
    except UnhansError as error:
        raise WorkflowError(str(error)) from None


include: "workflow/rules/common.smk"
include: "workflow/rules/images.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/attribution.smk"
include: "workflow/rules/spray.smk"
include: "workflow/rules/detection.smk"
include: "workflow/rules/artefacts.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/correction.smk"
include: "workflow/rules/probes.smk"
include: "workflow/rules/reporting.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/benchmark.smk"
# Last: a rule whose paths hold path variables takes constraints only from a block after it.
include: "workflow/rules/constraints.smk"


compat.spread_resources(workflow)
if not compat.is_job(workflow):
    compat.also_make(workflow, deleted_images.results(PLAN))


rule all:
    default_target: True
    input:
        rules.tau_null.output,
        rules.ranking.output,
        rules.ranking_figure.output,
        rules.comparison.output,
        rules.comparison_figure.output,
        rules.groups.output,
        named_targets.group_attributes(PLAN),
        # They are drawn of digits: a run of other images has no such job.
        *(
            one.output
            for one in (rules.toy, rules.toy_figure, rules.barycentre, rules.barycentre_figure)
            if named_targets.draws_digits(PLAN)
        ),
        targets.of_corpora(PLAN, "predictability"),
        targets.of_corpora(PLAN, "duplicates.tsv"),
        targets.of_networks(PLAN, "probes.html"),
        targets.planted_responses(PLAN),
        targets.explained(PLAN, "findings.html"),
        targets.explained(PLAN, "suggestions.tsv"),
        targets.figures(PLAN),
        # Everything that is kept, so that a deleted heatmap is computed anew.
        targets.kept(PLAN),
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
        targets.of_accepted(PLAN, "accepted_response"),
        targets.of_accepted(PLAN, "accepted_response", ".png"),
        targets.of_accepted(PLAN, "unhansing"),
        targets.of_accepted(PLAN, "unhansing", ""),
    message:
        "networks are corrected of the accepted artefacts"


rule features:
    input:
        rules.salient.output,
        targets.of_networks(PLAN, "features.html"),
    message:
        "neural features of all classes are there"


rule restorations:
    input:
        targets.of_networks(PLAN, "restoration/model.zarr.zip"),
    message:
        "a denoiser of the images of each network is there"


rule detection_benchmark:
    input:
        rules.detection.output,
        rules.detection_figure.output,
    message:
        "the detection benchmark is there"


rule verify:
    log:
        "<logs>/verify.log",
    message:
        "every file of the results is checked"
    run:
        from unhans.pipeline import verification

        if not verification.report(PLAN, compat.makers(workflow), log[0]):
            raise WorkflowError("files of the results are wrong, see above")


onstart:
    compat.lift_rate_limit(workflow)
    compat.claim(workflow, PLAN.config.results)


onsuccess:
    from unhans.pipeline import summary

    print(summary.run_summary(PLAN))


onerror:
    from unhans.pipeline import summary

    # To verify makes nothing, and a ranking that is there stays what it is.
    if not compat.asks_only_for(workflow, "verify"):
        print(summary.run_summary(PLAN, failed=True, since=PLAN.started))
        # The ranking of a failed run is no result: the next run makes it anew.
        failed_jobs.forget(workflow, PLAN.beside(0, None, "ranking.tsv"))

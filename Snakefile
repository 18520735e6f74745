"""SpRAy from images to the global tau ranking; see README.md and config/README.md."""

from pathlib import Path

from snakemake.utils import min_version

from unhans.config import load
from unhans.errors import ConfigError
from unhans.plan import Plan, one_of

min_version("9.27")

# A file that names a corpus stands alone; any other is laid over the embedded default.
if "corpus" not in config:

    configfile: "config/config.yaml"


try:
    PLAN = Plan(load(config), root=Path(workflow.basedir) / "workflow")
    PLAN.check_surroundings()
except ConfigError as error:
    raise WorkflowError(str(error)) from None


include: "workflow/rules/common.smk"
include: "workflow/rules/corpus.smk"
include: "workflow/rules/model.smk"
include: "workflow/rules/ablation.smk"
include: "workflow/rules/attribution.smk"
include: "workflow/rules/preprocessing.smk"
include: "workflow/rules/distance.smk"
include: "workflow/rules/affinity.smk"
include: "workflow/rules/embedding.smk"
include: "workflow/rules/clustering.smk"
include: "workflow/rules/separability.smk"
include: "workflow/rules/ranking.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/projection.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/toy.smk"


rule all:
    default_target: True
    input:
        rules.ranking.output,
        rules.comparison.output,
        rules.toy.output,
        ABLATIONS,
        FIGURES,
        CACHED,


onsuccess:
    print(PLAN.closing_words())


onerror:
    print(PLAN.closing_words(failed=True))

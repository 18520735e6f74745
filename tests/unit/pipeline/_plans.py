"""Plans for small configurations, and what the tests of the pipeline ask of them."""

from pathlib import Path
from types import SimpleNamespace

from unhans.config import loading
from unhans.pipeline import plan
from unhans.pipeline.stages import STAGES

ROOT = Path(__file__).parents[3] / "workflow"
FOLDERS = {name for name, stage in STAGES.items() if stage.kind in ("class", "network")}
DIGITS_STAGES = FOLDERS - {"model", "fine_tuning"}
IMAGE_STAGES = FOLDERS - {"training", "fine_tuning"}
TABLES = {"accuracy", "comparison", "figures", "manifest", "ranking"}


def make(**sections):
    values = {
        "corpus": {"digits": {"planting": [{"kind": "corner", "class": 3, "rate": 0.2}]}},
        "model": {"small_vgg": {}},
        "preprocessing": {"pooled": [{"sum_pool": 7}], "none": []},
        "execution": {"classes_per_job": 1},
        **sections,
    }
    return plan.Plan(loading.load(values), ROOT)


def settings_of(made, stages):
    analysis = made.config.analyses()[0]
    return {stage: made.settings(stage, analysis) for stage in stages}


def changed(**sections):
    """Stages whose settings for the first analysis differ from the plain plan's."""
    one, other = (settings_of(made, DIGITS_STAGES) for made in (make(), make(**sections)))
    return {stage for stage in DIGITS_STAGES if one[stage] != other[stage]}


def wildcards(**fields):
    return SimpleNamespace(**fields)

"""stages: the modules that a script chooses at run time count in the code of its stage."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from unhans.choices import METRICS
from unhans.config import models
from unhans.pipeline import digest
from unhans.pipeline.plan import Plan
from unhans.pipeline.stages import STAGES

ROOT = Path(__file__).parents[3] / "workflow"


def modules(stage, metric):
    return STAGES[stage].modules(SimpleNamespace(metric=metric))


def test_the_metric_counts_for_a_distance():
    assert modules("distance", "hellinger") == ("spray.distance.hellinger",)
    assert modules("distance", "package.module.function") == ()


def test_the_reference_and_its_rival_count_for_an_audit():
    gromov = ("spray.distance.gromov_wasserstein_reference", "spray.distance.gromov_wasserstein")
    assert modules("audit", "gromov_wasserstein_fast") == gromov
    assert modules("audit", "wasserstein") == ("spray.distance.wasserstein_certified",)


@pytest.mark.parametrize("metric", [name for name, own in METRICS.items() if own.reference])
def test_the_code_of_an_audit_covers_all_metrics_that_it_measures_by(metric):
    found = digest.modules_of("audit", *modules("audit", metric), root=ROOT)
    reference = METRICS[metric].reference
    rival = METRICS[reference].rival
    assert {f"spray.distance.{name}" for name in (reference, rival) if name} <= found


def test_an_edit_of_the_rival_changes_the_code_of_an_audit(monkeypatch):
    plan = Plan(models.load({"corpus": {"digits": {}}, "model": {"small_vgg": {}}}), ROOT)
    at = SimpleNamespace(metric="gromov_wasserstein_fast")
    before = plan.code("audit", at)
    normal_form, rival = digest._normal_form, ROOT / "unhans/spray/distance/gromov_wasserstein.py"
    monkeypatch.setattr(
        digest, "_normal_form", lambda file: normal_form(file) + "edited" * (file == rival)
    )
    digest.source_digest.cache_clear()
    assert plan.code("audit", at) != before
    monkeypatch.undo()
    digest.source_digest.cache_clear()
    assert plan.code("audit", at) == before

"""recall: one row an audited class, set-aside ones with the reason."""

import numpy as np
import pytest

from unhans.io import store
from unhans.io.store import Recipe
from unhans.spray import recall

RECIPE = Recipe("audit", {}, "code")


@pytest.fixture
def paths(tmp_path):
    folder = tmp_path / "digits/vgg/lrp/pooled/wasserstein/audit"
    folder.mkdir(parents=True)
    notes = {"n": 50, "k": 10, "reference": "wasserstein_certified", "queries": [3, 7]}
    notes |= {"recall": [1.0, 0.8], "excess": [0.0, 0.01], "above": [0.0, 0.5]}
    notes |= {f"least_{key}": notes[key] for key in ("recall", "excess", "above")}
    notes |= {"reference_recall": [1.0, 1.0], "reference_excess": [0.0, 0.0]}
    notes |= {"reference_above": [0.0, 0.0]}
    good, bad = (str(folder / f"{name}.zarr.zip") for name in "38")
    store.write(good, {"row": np.arange(3)}, RECIPE, notes=notes)
    store.write_set_aside(bad, RECIPE, "too few images")
    return [good, bad]


def read(paths):
    return {path: store.read_attributes(path) for path in paths}


def test_means_over_the_queries_and_reasons_are_told(paths):
    table = recall.collect(read(paths), {"digits": {"3": "three", "8": "eight"}})
    good, bad = table.to_dict("records")
    assert [good[key] for key in ("corpus", "metric", "class", "name")] == [
        *("digits", "wasserstein", "3", "three"),
    ]
    assert (good["recall"], good["excess"], good["above"]) == pytest.approx((0.9, 0.005, 0.25))
    assert (good["n"], good["queries"], good["k"], good["status"]) == (50, 2, 10, "ok")
    assert bad["status"] == "too few images"
    assert recall.summary(table) == (
        "recall: wasserstein: recall@10 0.900 (least of 1 classes 0.900) against wasserstein_certified"
    )


def test_a_reference_that_is_not_the_least_is_told(paths):
    table = recall.collect(read(paths[:1]), {"digits": {"3": "three"}})
    table["least_recall"], table["reference_recall"], table["reference_excess"] = 0.95, 0.9, 0.01
    assert recall.summary(table).endswith(
        "against wasserstein_certified; against the least known 0.950, the reference itself 0.900"
    )


def test_no_audit_is_said(paths):
    table = recall.collect(read(paths[1:]), {"digits": {"8": "eight"}})
    assert recall.summary(table) == "recall: no class could be audited"

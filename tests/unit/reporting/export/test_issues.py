"""issues: the rows are those of the manifest, and the images of flagged groups are marked in them."""

import explored
import exported
import numpy as np
import pandas as pd
import pytest

from unhans.artefacts import candidate_response
from unhans.errors import StoreError
from unhans.io import store
from unhans.paths import beside
from unhans.reporting.export import issues


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return explored.Explored(tmp_path_factory.mktemp("run"), ('"zero"\t', "one", "two", "three"))


def tabulate(run, flagged, responses=()):
    tables = issues.Tables(
        {beside("results", 1, explored.ANALYSES[0], "manifest.tsv"): exported.manifest_of(run)},
        {exported.AT: exported.indicators(*flagged)},
        {exported.AT: pd.DataFrame(responses, columns=candidate_response.COLUMNS)},
    )
    return issues.tabulate(tables, exported.results(run))


def members(run, class_id, indicator):
    return store.read(run.inputs[class_id]["group_search"])[f"{indicator}_members"][0]


def test_without_a_flagged_group_no_image_is_an_issue(run):
    found = tabulate(run, [])
    assert list(found.columns) == issues.COLUMNS
    rows = exported.manifest_of(run)
    for name in ("image", "class", "path", "split", "name"):
        assert list(found[name]) == list(rows[name])
    assert not found["is_artefact_issue"].any()
    assert set(found["artefact_score"]) == {1.0}
    assert set(found["status"]) == {"ok"}
    assert issues.describe(found).endswith(": 0 of 240 images in 0 classes")


def test_members_of_a_flagged_group_are_issues_and_have_the_lowest_scores(run):
    found = tabulate(run, [("1", "grouped", 0.01)])
    own, group = found[found["class"] == "1"], members(run, "1", "grouped")
    np.testing.assert_array_equal(own["is_artefact_issue"], group)
    np.testing.assert_array_equal(own["artefact_score"] < 0.5, group)
    marked = own[own["is_artefact_issue"]]
    assert set(marked["indicator"]) == {"grouped"}
    assert set(marked["images"]) == {group.sum()}
    assert set(marked["q"]) == {0.01}
    assert set(own[~own["is_artefact_issue"]]["indicator"]) == {""}
    assert set(found[found["class"] != "1"]["artefact_score"]) == {1.0}
    assert issues.describe(found).endswith(f": {group.sum()} of 240 images in 1 classes")


def test_of_several_groups_the_clearest_counts(run):
    both = [("1", "grouped", 0.01), ("1", "content", 0.02)]
    each = [tabulate(run, [one]) for one in both]
    found = tabulate(run, both)
    expected = np.minimum(each[0]["artefact_score"], each[1]["artefact_score"])
    np.testing.assert_array_equal(found["artefact_score"], expected)
    either = each[0]["is_artefact_issue"] | each[1]["is_artefact_issue"]
    np.testing.assert_array_equal(found["is_artefact_issue"], either)
    assert (found.loc[either, "indicator"] != "").all()


def test_where_the_network_uses_what_the_others_show_these_are_the_issues(run):
    row = {"class": "1", "indicator": "grouped", "side": "others", "kept": True}
    group = members(run, "1", "grouped")
    for conclusion, expected in (("used", ~group), ("unused", group)):
        found = tabulate(run, [("1", "grouped", 0.01)], [{**row, "conclusion": conclusion}])
        own = found[found["class"] == "1"]
        np.testing.assert_array_equal(own["is_artefact_issue"], expected)
        marked = own[own["is_artefact_issue"]]
        assert set(marked["side"]) == {"others" if conclusion == "used" else "group"}
        assert set(marked["conclusion"]) == {conclusion}


def test_an_image_without_a_heatmap_has_no_score(run):
    short = explored.Explored(run.folder.parent / "short", ("zero", "one"))
    path = short.inputs["1"]["attribution"]
    some = {name: array[5:] for name, array in store.read(path).arrays.items()}
    store.write(path, some, explored.recipe("attribution"))
    found = tabulate(short, [])
    without = found[found["status"] != "ok"]
    assert set(without["status"]) == {issues.NOT_EXPLAINED}
    assert list(without.index) == list(range(60, 65))
    assert without["artefact_score"].isna().all()
    assert not without["is_artefact_issue"].any()


def test_a_manifest_of_other_images_is_refused(run):
    tables = issues.Tables(
        {
            beside("results", 1, explored.ANALYSES[0], "manifest.tsv"): exported.manifest_of(run)[
                :100
            ]
        },
        {exported.AT: exported.indicators()},
        {exported.AT: pd.DataFrame(columns=candidate_response.COLUMNS)},
    )
    with pytest.raises(StoreError, match="explains image 59 of class 1, and the manifest has 40"):
        issues.tabulate(tables, exported.results(run))

"""ranking: columns, ranks, ties, missing and stale results."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from unhans.errors import StoreError
from unhans.io import store
from unhans.paths import Analysis
from unhans.reporting import ranking

A = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)
B = A._replace(metric="hellinger")
HOUSE = [
    *("corpus", "model", "composite", "representation", "metric", "knn", "q"),
    *("class", "name", "n", "tau", "rank"),
]
WORKFLOW = Path(__file__).parents[3] / "workflow"
PLANTED = {"digits": {"c8": "border"}}
NAMES = {"digits": {"c8": "eight", "c1": "one"}}
LINEAGE = {"separability": {"parameters": {}, "code": "x-1"}}


@pytest.fixture
def results(tmp_path):
    """Write separabilities by analysis and class; return their paths in order."""

    def write(**taus):
        paths = []
        for analysis in (A, B):
            for class_id, tau in taus.items():
                path = tmp_path / analysis.path / "separability" / f"{class_id}.zarr.zip"
                recipe = store.Recipe("separability", {}, "x-1")
                if isinstance(tau, str):
                    store.write_set_aside(path, recipe, tau)
                elif tau is not None:
                    arrays = {"tau": np.array([tau])}
                    store.write(path, arrays, recipe, notes={"n": 50, "components": 2})
                paths.append(str(path))
        return paths

    return write


def collect(paths, lineage=None, failed=None, outputs=None, **tables):
    expected = {A.path: LINEAGE, B.path: LINEAGE, **(lineage or {})}
    settings = ranking.Settings(expected, PLANTED, NAMES, outputs or {})
    return ranking.collect(store.by_path(paths), settings, ranking.Beside(**tables), failed)


def test_columns_are_those_of_the_house_and_ranks_go_by_falling_tau(results):
    table = collect(results(c1=0.5, c8=2.0, c3=1.0))
    assert list(table.columns[: len(HOUSE)]) == HOUSE
    assert list(table["class"]) == ["c8", "c3", "c1"] * 2
    assert list(table["rank"]) == [1, 2, 3] * 2
    assert list(table["metric"]) == ["euclidean"] * 3 + ["hellinger"] * 3
    assert set(table["n"]) == {50}
    assert list(table["planted"][:3]) == ["border", "", ""]


def test_classes_have_readable_names_where_they_are_known(results):
    table = collect(results(c1=0.5, c8=2.0, c3=1.0))
    assert list(table["name"][:3]) == ["eight", "c3", "one"]


def test_shortcuts_that_cover_a_class_stand_beside_its_tau(results):
    rows = [("c8", "border", "shortcut"), ("c8", "file", "in the data, not visible")]
    rows += [("c8", "framing", "shortcut"), ("c3", "border", "used, not in the data")]
    probes = pd.DataFrame(rows, columns=["class", "family", "conclusion"])
    table = collect(results(c8=2.0, c3=1.0), probes={"r/digits/small_vgg/probes.tsv": probes})
    assert list(table["shortcuts"]) == ["border, framing", ""] * 2


def test_equal_taus_share_the_better_rank(results):
    table = collect(results(a=1.0, b=1.0, c=3.0, d=0.1))[:4]
    assert dict(zip(table["class"], table["rank"], strict=True)) == {"c": 1, "a": 2, "b": 2, "d": 4}


def test_an_infinite_tau_has_a_status_and_no_rank(results):
    table = collect(results(a=1.0, c=float("inf")))[:2]
    assert list(table["class"]) == ["a", "c"]
    assert table["status"][1].startswith("tau is not finite")
    assert table[["tau", "rank"]].iloc[1].isna().all()


def test_a_class_set_aside_has_no_rank_and_says_why(results):
    table = collect(results(a=1.0, b="affinity of x: there are 7", c=2.0))[:3]
    assert list(table["class"]) == ["c", "a", "b"]
    last = table.iloc[2]
    assert pd.isna(last["tau"])
    assert pd.isna(last["rank"])
    assert last["status"] == "set aside: affinity of x: there are 7"


def test_a_missing_result_is_an_error_unless_the_run_failed(results):
    paths = results(a=1.0, b=None)
    with pytest.raises(StoreError, match=r"b\.zarr\.zip: no such result"):
        collect(paths)
    table = collect(paths, failed=lambda *_: "")
    assert table["status"][0] == "ok"
    assert table["status"][1].startswith("failed: ")
    assert table["status"][1].endswith("b.zarr.zip: no such result")


def test_findings_stand_beside_tau_in_all_analyses_of_a_composite(results):
    rows = [
        {"class": "a", "score": 5.0, "p": 0.01, "flagged": True},
        {"class": "b", "score": 0.5, "p": 0.9, "flagged": False},
    ]
    path = "results/digits/small_vgg/epsilon_plus_flat/findings.tsv"
    other = "results/digits/small_vgg/epsilon_plus/findings.tsv"
    tables = {path: pd.DataFrame(rows), other: pd.DataFrame(rows).assign(score=9.0)}
    table = collect(results(a=1.0, b=2.0), findings=tables)
    assert list(table["class"]) == ["b", "a"] * 2
    assert list(table["score"]) == [0.5, 5.0] * 2
    assert list(table["flagged"]) == [False, True] * 2


def confusions(**counts):
    """Table of confusion by path: of each class its output and, by output, its images."""
    rows = [
        {
            **{"corpus": "digits", "model": "small_vgg", "class": class_id, "name": class_id},
            **{"output": output, "predicted": predicted, "predicted_name": f"no. {predicted}"},
            "images": images,
        }
        for class_id, (output, predictions) in counts.items()
        for predicted, images in predictions.items()
    ]
    return {"results/digits/small_vgg/confusion.tsv": pd.DataFrame(rows)}


def test_accuracy_and_the_most_frequent_confusion_stand_beside_tau(results):
    found = confusions(a=(0, {0: 45, 1: 4, 2: 1}), b=(1, {1: 50}))
    table = collect(results(a=2.0, b=1.0, c=0.5), confusions=found)[:3]
    assert list(table["accuracy"][:2]) == [0.9, 1.0]
    assert list(table["confusion"]) == ["no. 1 (8%)", "", ""]
    assert pd.isna(table["accuracy"][2])
    assert set(table["status"]) == {"ok"}


def test_a_class_that_was_explained_by_another_output_is_stale(results):
    paths, found = results(a=2.0, b=1.0), confusions(a=(0, {0: 50}), b=(1, {1: 50}))
    for same in ({"digits": {"a": 0, "b": 1}}, {"digits": {"a": 0}}, {}):
        assert len(collect(paths, confusions=found, outputs=same)) == 4
    with pytest.raises(
        StoreError, match=r"b\.zarr\.zip: stale: .* by output 1, expected 2\. Delete"
    ):
        collect(paths, confusions=found, outputs={"digits": {"a": 0, "b": 2}})
    # of a run that failed: the classes that were explained before it may still be in the table
    other = {"digits": {"a": 0, "b": 2}}
    assert len(collect(paths, confusions=found, outputs=other, failed=lambda *_: "")) == 4


def test_a_class_with_the_output_of_another_is_not_ok(results):
    found = confusions(a=(0, {0: 1, 1: 49}), b=(1, {0: 48, 1: 2}), c=(2, {2: 50}))
    table = collect(results(a=2.0, b=1.0, c=0.5, d="too few"), confusions=found)[:4]
    assert list(table["rank"][:3]) == [1, 2, 3]
    assert table["status"][0] == (
        "output of another class: 1 of 50 images are taken for output 0, and 49 for output 1 "
        "(no. 1); give corpus.digits.class_index"
    )
    assert table["status"][1].startswith("output of another class: 2 of 50 images")
    assert list(table["status"][2:]) == ["ok", "set aside: too few"]


def test_a_damaged_tau_is_an_error_or_in_a_failed_run_the_reason(results):
    import zipfile

    paths = results(a=1.0, b=2.0)
    with zipfile.ZipFile(paths[0]) as archive:
        chunk = archive.getinfo("tau/c/0")
    with open(paths[0], "r+b") as file:
        file.seek(chunk.header_offset + 30 + len("tau/c/0"))
        file.write(bytes(chunk.file_size))
    with pytest.raises(StoreError, match=r"a\.zarr\.zip: damaged"):
        collect(paths)
    table = collect(paths, failed=lambda *_: "")[:2]
    assert list(table["class"]) == ["b", "a"]
    assert table["status"][1].startswith("failed: ")


def test_a_class_that_failed_is_not_ranked_by_its_earlier_result(results):
    def failed(_, class_id):
        return f"failed: {class_id} broke" if class_id == "b" else ""

    table = collect(results(a=1.0, b=2.0), failed=failed)[:2]
    assert list(table["class"]) == ["a", "b"]
    assert list(table["status"]) == ["ok", "failed: b broke"]
    assert pd.isna(table["rank"][1])


@pytest.mark.parametrize(
    ("expected", "key"),
    [
        ({"parameters": {}, "code": "y-1"}, "code"),
        ({"parameters": {"k": 1}, "code": "x-1"}, "param"),
    ],
)
def test_stale_results_are_refused_and_named(results, expected, key):
    paths = results(a=1.0)
    with pytest.raises(StoreError, match=rf"a\.zarr\.zip: stale.*{key}.*Delete it and the results"):
        collect(paths, {A.path: {"separability": expected}})


def test_a_result_of_fewer_or_more_stages_than_expected_is_stale(results):
    paths = results(a=1.0)
    for expected in ({"affinity": {"parameters": {}, "code": "y-1"}, **LINEAGE}, {}):
        with pytest.raises(StoreError, match=r"a\.zarr\.zip: stale"):
            collect(paths, {A.path: expected})


def test_analyses_are_named_by_what_tells_them_apart():
    assert ranking.names_of([A, B]) == ["euclidean", "hellinger"]
    assert ranking.names_of([A, B._replace(knn=20)]) == ["euclidean, knn 10", "hellinger, knn 20"]
    assert ranking.names_of([A]) == ["none, euclidean"]


def test_a_ranking_without_any_tau_is_refused_with_the_first_reason(results):
    table = collect(results(a="too few", b="too few"))
    with pytest.raises(StoreError, match="no class has a tau; the first reason: set aside: too"):
        ranking.require_some(table)
    ranking.require_some(collect(results(a="too few", c=1.0)))
    ranking.require_some(collect(results(c=float("inf"))))  # it has a result, if no rank

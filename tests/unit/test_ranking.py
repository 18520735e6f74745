"""ranking: columns, ranks, ties, missing and stale results."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from unhans import config, plan, ranking, store, tables
from unhans.errors import StoreError
from unhans.types import Analysis

A = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)
B = A._replace(metric="hellinger")
HOUSE = [
    *("corpus", "model", "composite", "representation", "metric", "knn", "q"),
    *("class", "name", "n", "tau", "rank"),
]
WORKFLOW = Path(__file__).parents[2] / "workflow"
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


def collect(paths, **options):
    lineage = {A.path: LINEAGE, B.path: LINEAGE}
    return ranking.collect(paths, lineage, PLANTED, NAMES, **options)


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


def test_ties_share_the_better_rank_and_infinity_comes_first(results):
    table = collect(results(a=1.0, b=1.0, c=float("inf"), d=0.1))[:4]
    assert dict(zip(table["class"], table["rank"], strict=True)) == {"c": 1, "a": 2, "b": 2, "d": 4}


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
    assert list(table["status"][:2]) == ["ok", "not computed"]


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
    lineage = {A.path: {"separability": expected}, B.path: LINEAGE}
    with pytest.raises(
        StoreError, match=rf"a\.zarr\.zip: stale.*{key}.*Delete it and what lies above"
    ):
        ranking.collect(paths, lineage, PLANTED, NAMES)


def test_a_result_of_fewer_or_more_stages_than_expected_is_stale(results):
    paths = results(a=1.0)
    for expected in ({"affinity": {"parameters": {}, "code": "y-1"}, **LINEAGE}, {}):
        lineage = {A.path: expected, B.path: LINEAGE}
        with pytest.raises(StoreError, match=r"a\.zarr\.zip: stale"):
            ranking.collect(paths, lineage, PLANTED, NAMES)


def test_the_reason_of_a_failure_is_the_first_that_the_logs_tell(tmp_path):
    fine, broken, later = (tmp_path / name for name in ("a.log", "b.log", "c.log"))
    fine.write_text("all well\n")
    broken.write_text("Traceback\nunhans: error: x.zarr.zip: damaged\n")
    later.write_text("unhans: error: another\n")
    logs = [str(path) for path in (tmp_path / "none.log", fine, broken, later)]
    assert ranking.failure(logs) == "failed: x.zarr.zip: damaged"
    assert ranking.failure(logs[:2]) == ""


def test_analyses_are_named_by_what_tells_them_apart():
    assert ranking.names_of([A, B]) == ["euclidean", "hellinger"]
    assert ranking.names_of([A, B._replace(knn=20)]) == ["euclidean, knn 10", "hellinger, knn 20"]
    assert ranking.names_of([A]) == ["none, euclidean"]


def test_a_ranking_without_any_tau_is_refused_with_the_first_reason(results):
    table = collect(results(a="too few", b="too few"))
    with pytest.raises(StoreError, match="no class has a tau; the first reason: set aside: too"):
        ranking.require_some(table)
    ranking.require_some(collect(results(a="too few", c=1.0)))


# The last words of a run


@pytest.fixture
def planned(tmp_path):
    """Plan for three digits whose separabilities are there, as the plan says they are made."""
    values = {"corpus": {"digits": {"classes": [1, 3, 8]}}, "model": {"small_vgg": {}}}
    made = plan.Plan(config.load({**values, "results": str(tmp_path)}), WORKFLOW)
    (analysis,) = made.config.analyses()
    lineage = made.lineage(analysis)
    recipe = store.Recipe("separability", **lineage.pop("separability"))
    above = store.Result(tmp_path, {"lineage": lineage}, {})
    for place, (_, class_id) in enumerate(made.cells()):
        path = made.result("separability", analysis, class_id)
        arrays = {"tau": np.array([float(place)])}
        store.write(
            path, arrays, recipe, inputs={"clusterings": above}, notes={"n": 50, "components": 2}
        )
    return made


def test_a_failed_run_leaves_a_ranking_of_what_there_is(planned, tmp_path):
    analysis, class_id = planned.cells()[1]
    Path(planned.result("separability", analysis, class_id)).unlink()
    log = Path(planned.logs(analysis, class_id)[-1])
    log.parent.mkdir(parents=True)
    log.write_text("unhans: error: no space\n")
    (tmp_path / "ranking.png").write_text("of an earlier run")
    said = planned.closing_words(failed=True)
    assert "class 3: failed: no space" in said
    assert "1 of 3 rows have no tau" in said
    assert list(tables.read_tsv(tmp_path / "ranking.tsv")["class"]) == ["8", "1", "3"]
    assert not (tmp_path / "ranking.png").exists()


def test_the_accuracy_of_each_network_stands_beside_the_ranking(planned, tmp_path):
    paths = [planned.result("separability", *cell) for cell in planned.cells()]
    table = ranking.collect(paths, **planned.settings("ranking", None))
    tables.write_tsv(table, tmp_path / "ranking.tsv")
    row = {"corpus": "digits", "model": "small_vgg", "class": "", "split": "train"}
    counts = {"explained": 10, "top1": 0.9, "top5": 1.0}
    path = tmp_path / "digits" / "small_vgg" / "accuracy.tsv"
    tables.write_tsv(pd.DataFrame([{**row, **counts}]), path)
    assert "accuracy of small_vgg on digits: 90.0% of 10 train images" in planned.closing_words()
    path.write_text("")
    said = planned.closing_words()
    assert said == f"unhans: {path}: cannot be read as a table (No columns to parse from file)"


def test_names_of_the_file_system_stay_on_their_line():
    row = {**A._asdict(), "class": "x", "name": "caf\udce9\n", "n": 5, "tau": 1.0, "rank": 1}
    table = pd.DataFrame([{**row, "status": "ok", "planted": ""}])
    (line,) = [line for line in ranking._top(table) if "class" in line]
    assert "class caf\\udce9\\n " in line
    line.encode()

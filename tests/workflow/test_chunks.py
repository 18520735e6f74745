"""Chunks of classes in one job: the same results, and each class's are kept for themselves."""

import os

import _stored
import numpy as np
import pandas as pd
import pytest
from _checkout import Checkout, corrupt, digests, first, rewrite

from unhans.io import tsv

pytestmark = pytest.mark.long  # many runs of seven classes

ANALYSIS = "many/random/epsilon_plus_flat/none/euclidean/knn3/q2"
BELOW_ATTRIBUTION = ("distance", "affinity", "embedding", "clustering", "separability")
ALL = (*BELOW_ATTRIBUTION, "interval")
RANKED = {"tau_null": 1, "ranking": 1}
FOUND = {"transplant_many_001": 1, "group_search_many_001": 1, "findings_many": 1}
FOUND |= {"accuracy_many": 1}
NAMES = [f"class_{number:04d}" for number in range(7)]
WITHOUT_4 = {
    "corpus": {
        "many": {
            **{"source": "folder", "root": "images"},
            "classes": [name for name in NAMES if name != "class_0004"],
        }
    }
}
SIZES = {
    "affinity": {"knn": 3},
    "embedding": {"q": 2},
    "clustering": {"k_max": 3, "n_init": 1},
    "execution": {"classes_per_job": 3},
}
"""Chunks: classes 0 to 2; 3 to 5, of which 4 is not analysed; 6."""


@pytest.fixture(scope="session")
def stored(shared):
    """A checkout with heatmaps and nothing below them."""

    def make(folder):
        made = Checkout(folder)
        _stored.write(made, classes=len(NAMES), images=24, size=8, **SIZES)
        made.configure(**WITHOUT_4)
        return made

    return shared("stored", make)


@pytest.fixture(scope="session")
def ranked(shared, stored):
    """The same, computed in chunks to the ranking."""

    def make(folder):
        made = stored.copy(folder)
        made.run("ranking")
        return made

    return shared("ranked", make)


@pytest.fixture
def checkout(ranked, tmp_path):
    """A copy of the ranked checkout to spoil at will."""
    return ranked.copy(tmp_path / "checkout")


def result(checkout, stage, number):
    depth = {"attribution": 3, "distance": 5, "affinity": 6}.get(stage, 7)
    folder = "/".join(ANALYSIS.split("/")[:depth])
    return checkout.results / folder / stage / f"class_{number:04d}.zarr.zip"


def kept(checkout, stage, number):
    """Whether a class's last job found its result up to date."""
    path = result(checkout, stage, number).relative_to(checkout.results)
    log = (checkout.results / "logs" / path).with_name(f"class_{number:04d}.log")
    return "is up to date" in log.read_text()


def statuses(checkout):
    """Status of each class; what its random maps make of tau is no matter here."""
    table = tsv.read_tsv(checkout.results / "ranking.tsv")
    found = table["status"].where(~table["status"].str.startswith("tau is not finite"), "ok")
    return dict(zip(table["class"], found, strict=True))


def of_chunk(number, *stages):
    return dict.fromkeys((f"{stage}_many_{number:03d}" for stage in stages), 1)


def below(stage):
    stages = ALL[ALL.index(stage) :]
    return {name: 1 for chunk in range(3) for name in of_chunk(chunk, *stages)} | RANKED


def test_chunks_give_the_same_bytes_as_a_job_for_each_class(ranked, stored, tmp_path):
    single = stored.copy(tmp_path / "single")
    single.configure(**WITHOUT_4, execution={"classes_per_job": 1})
    single.run("ranking")
    assert digests(single.results) == digests(ranked.results)


@pytest.mark.parametrize("size", [1, "auto"])
def test_a_job_for_each_class_after_chunks_recomputes_nothing(checkout, size):
    checkout.configure(**WITHOUT_4, execution={"classes_per_job": size})
    assert checkout.planned("ranking") == {}


def test_chunks_of_another_size_keep_what_is_there(checkout):
    before = digests(checkout.results)
    checkout.configure(**WITHOUT_4, execution={"classes_per_job": 2})
    # Classes 2 and 3 were of two jobs: what one of them left may be older than input of the other.
    os.utime(result(checkout, "clustering", 3))
    assert checkout.planned("ranking")["separability_many_001"] == 1
    checkout.run("ranking")
    assert all(kept(checkout, "separability", number) for number in (2, 3))
    assert digests(checkout.results) == before


def test_a_new_knn_plans_nothing_above_the_affinity(checkout):
    checkout.configure(**WITHOUT_4, affinity={"knn": 4})
    assert checkout.planned("ranking") == below("affinity")


def test_a_class_more_computes_that_class_alone(checkout):
    before = digests(checkout.results)
    checkout.configure()
    planned = {**of_chunk(1, *ALL), **FOUND, **RANKED}
    assert checkout.planned("ranking") == planned
    checkout.run("ranking")
    for stage in ALL:
        assert [kept(checkout, stage, number) for number in (3, 4, 5)] == [True, False, True]
    after = digests(checkout.results)
    changed = {path for path in before if after[path] != before[path]}
    found = "many/random/epsilon_plus_flat/findings.tsv"
    tables = {f"many/random/{name}.tsv" for name in ("accuracy", "confusion")}
    assert changed == {"ranking.tsv", found, *tables}
    assert statuses(checkout) == dict.fromkeys(statuses(checkout), "ok")
    assert len(statuses(checkout)) == 7
    assert checkout.planned("ranking") == {}


def test_a_deleted_result_of_one_class_is_computed_anew(checkout):
    before = digests(checkout.results)
    deleted = result(checkout, "separability", 3)
    deleted.unlink()
    targets = [str(deleted.relative_to(checkout.folder)), "ranking"]
    assert checkout.planned(*targets) == {**of_chunk(1, "separability"), **RANKED}
    checkout.run(*targets)
    assert [kept(checkout, "separability", number) for number in (3, 5)] == [False, True]
    assert digests(checkout.results) == before


def with_nan(arrays):
    heatmap = arrays["heatmap"].copy()
    heatmap[4, 3, 3] = np.nan
    return {**arrays, "heatmap": heatmap}


def zero(arrays):
    return {**arrays, "heatmap": np.zeros_like(arrays["heatmap"])}


SPOILED = {
    0: (first(2), "3 nearest neighbours need at least 4 images; there are 2"),
    1: (first(0), "no heatmaps"),
    3: (zero, "all 24 maps are equal; expected at least two distinct ones"),
    6: (with_nan, "1 of 24 heatmaps hold NaN or infinite relevance (the first is number 4)"),
}


def test_classes_that_cannot_be_analysed_are_set_aside_and_named_and_their_chunks_go_on(checkout):
    before = digests(checkout.results)
    for number, (change, _) in SPOILED.items():
        rewrite(result(checkout, "attribution", number), change)
    done = checkout.run("ranking_figure")
    table = tsv.read_tsv(checkout.results / "ranking.tsv").set_index("class")
    page = (checkout.results / "ranking.html").read_text()
    for number, (_, reason) in SPOILED.items():
        row = table.loc[NAMES[number]]
        assert pd.isna(row["rank"])
        assert reason in row["status"]
        assert f"{NAMES[number]}.zarr.zip" in row["status"]
        assert reason in done.stdout
        assert reason in page
    for number in (2, 5):
        assert statuses(checkout)[NAMES[number]] == "ok"
        for stage in ALL:
            assert kept(checkout, stage, number)
            path = str(result(checkout, stage, number).relative_to(checkout.results))
            assert digests(checkout.results)[path] == before[path]


def test_a_damaged_heatmap_fails_its_class_and_is_computed_alone_after_its_repair(
    ranked, stored, tmp_path
):
    checkout = stored.copy(tmp_path / "checkout")
    damaged = result(checkout, "attribution", 3)
    whole = damaged.read_bytes()
    corrupt(damaged)
    done = checkout.snakemake("ranking")
    assert done.returncode != 0
    assert "attribution/class_0003.zarr.zip: damaged" in done.stdout + done.stderr
    assert not result(checkout, "distance", 3).exists()
    neighbour = result(checkout, "distance", 5).read_bytes()
    found = statuses(checkout)
    assert found.pop("class_0003").startswith("failed: ")
    # Nothing below a job that failed is computed, for the class beside neither.
    assert found.pop("class_0005") == "not computed"
    assert set(found.values()) == {"ok"}

    damaged.write_bytes(whole)
    checkout.run("ranking")
    assert [kept(checkout, "distance", number) for number in (3, 5)] == [False, True]
    assert result(checkout, "distance", 5).read_bytes() == neighbour
    assert digests(checkout.results) == digests(ranked.results)


def test_a_damaged_heatmap_leaves_earlier_results_of_its_chunk_in_the_ranking(checkout):
    corrupt(result(checkout, "attribution", 3))
    result(checkout, "distance", 3).unlink()
    assert checkout.snakemake("ranking").returncode != 0
    found = statuses(checkout)
    assert found.pop("class_0003").startswith("failed: ")
    assert set(found.values()) == {"ok"}


def test_a_class_that_was_computed_by_itself_is_kept_by_its_chunk(ranked, stored, tmp_path):
    checkout = stored.copy(tmp_path / "checkout")
    one, beside = (
        str(result(checkout, "clustering", number).relative_to(checkout.folder))
        for number in (3, 5)
    )
    stages = BELOW_ATTRIBUTION[:-1]
    assert checkout.planned(one) == of_chunk(1, *stages)
    checkout.configure(**WITHOUT_4, execution={"classes_per_job": 1})
    assert checkout.planned(one) == dict.fromkeys(stages, 1)
    checkout.run(one)
    assert not result(checkout, "distance", 5).exists()
    checkout.configure(**WITHOUT_4)
    checkout.run(beside)
    for stage in stages:
        assert [kept(checkout, stage, number) for number in (3, 5)] == [True, False]
        assert result(checkout, stage, 3).read_bytes() == result(ranked, stage, 3).read_bytes()


def test_another_heatmap_recomputes_its_class_and_the_same_one_written_anew_does_not(checkout):
    before = digests(checkout.results)
    rewrite(result(checkout, "attribution", 3), other)
    rewrite(result(checkout, "attribution", 5), dict, remade=True)
    planned = {**of_chunk(1, *ALL), **FOUND, **RANKED}
    assert checkout.planned("ranking") == planned
    checkout.run("ranking")
    for stage in ALL:
        assert [kept(checkout, stage, number) for number in (3, 5)] == [False, True]
        path = str(result(checkout, stage, 5).relative_to(checkout.results))
        assert digests(checkout.results)[path] == before[path]


def other(arrays):
    growing = np.linspace(1, 2, len(arrays["heatmap"]), dtype=np.float32)
    return {**arrays, "heatmap": arrays["heatmap"] * growing[:, None, None]}

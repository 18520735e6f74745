"""What a finished run leaves: tables, pictures, provenance, and the same bytes every time."""

import pytest
from _checkout import digests

from unhans.io import store, tsv

HOUSE = [
    *("corpus", "model", "composite", "representation", "metric", "knn", "q"),
    *("class", "name", "n", "tau", "rank"),
]


def test_the_ranking_holds_every_class_of_every_analysis(finished):
    table = tsv.read_tsv(finished.results / "ranking.tsv")
    assert list(table.columns[: len(HOUSE)]) == HOUSE
    assert len(table) == 2 * 3
    assert (table["status"] == "ok").all()
    assert set(table["n"]) == {60}
    for _, part in table.groupby("representation"):
        assert sorted(part["rank"]) == [1, 2, 3]
        assert part["tau"].is_monotonic_decreasing


def test_the_comparison_has_a_row_an_analysis_with_the_truth(finished):
    table = tsv.read_tsv(finished.results / "comparison.tsv")
    assert list(table["representation"]) == ["pooled", "none"]
    assert table["spearman"][0] == pytest.approx(1)
    assert table["auc"].between(0, 1).all()
    assert table["f1"].between(0, 1).all()


def test_the_response_to_each_artefact_is_on_record(finished):
    table = tsv.read_tsv(finished.results / "digits/small_vgg/planted_response.tsv")
    assert list(table["artefact"]) == ["corner", "border"]
    assert (table["images"] > 50).all()


def test_the_manifest_has_a_row_an_image(finished):
    table = tsv.read_tsv(finished.results / "digits/manifest.tsv")
    expected = ["image", "class", "split", "path", "sha256", "status"]
    assert list(table.columns[:6]) == expected
    assert len(table) == 600
    assert (table["artefact"] == "corner").sum() == 15


def test_what_the_data_give_away_is_on_record(finished):
    table = tsv.read_tsv(finished.results / "digits/predictability.tsv")
    assert table["auc"].between(0.5, 1).all()
    assert set(table["class"]) == {"1", "3", "8"}
    assert "file" not in set(table["family"])  # digits have no files
    overall = tsv.read_tsv(finished.results / "digits/predictability_overall.tsv")
    seen = overall[overall["family"] == "seen"].iloc[0]
    assert seen["accuracy"] > seen["null_95"] > seen["null_mean"] > 0.2
    pictures = list((finished.results / "digits/predictability").glob("*.png"))
    assert pictures
    duplicates = tsv.read_tsv(finished.results / "digits/duplicates.tsv")
    assert set(duplicates["kind"]) <= {"exact", "near"}


def test_what_covers_a_class_is_on_record(finished):
    folder = finished.results / "digits/small_vgg"
    table = tsv.read_tsv(folder / "probes.tsv")
    assert set(table["class"].astype(str)) <= {"1", "3", "8"}
    assert "in the data, not used" in set(table["conclusion"])
    acting = table[table["conclusion"] == "shortcut"]
    assert (acting["closed"] >= 0.25).all()
    assert "What covers a whole class" in (folder / "probes.html").read_text(encoding="utf-8")
    drawn = table[table["conclusion"].isin(["shortcut", "used, not in the data"])].head(99)
    assert len(list((folder / "probes").glob("*.png"))) == len(drawn)
    worst = tsv.read_tsv(folder / "property_accuracy.tsv")
    assert worst["accuracy"].between(0, 1).all()
    assert (worst["accuracy_worst_tenth"].dropna() <= worst["accuracy"].max()).all()


def test_the_top_classes_are_drawn(finished):
    names = sorted(path.name for path in finished.stage("figures").glob("*_class_*.png"))
    assert [name[:6] for name in names] == ["rank01", "rank02"]
    assert (finished.results / "toy.png").stat().st_size > 10_000


def test_a_result_records_its_whole_lineage(finished):
    attributes = store.read_attributes(finished.stage("separability", class_id="3"))
    lineage = attributes["lineage"]
    assert set(lineage) == {
        *("corpus", "training", "attribution", "preprocessing", "distance"),
        *("affinity", "embedding", "clustering", "separability"),
    }
    assert lineage["affinity"]["parameters"] == {"knn": 10}
    spectrum = store.read_attributes(finished.stage("embedding", class_id="3"))
    assert attributes["inputs"]["spectrum"] == spectrum["fingerprint"]


def test_heatmaps_keep_prediction_rank_and_truth_beside_them(finished):
    found = store.read(finished.stage("attribution", class_id="3"))
    assert found["heatmap"].shape == (60, 28, 28)
    for name in ("prediction", "rank", "logit", "image", "artefact"):
        assert found[name].shape == (60,)
    assert (found["artefact"] > 0).sum() == 15
    assert ((found["rank"] == 1) == (found["prediction"] == 3)).all()


def test_the_summary_names_the_top_and_the_places(checkout):
    (checkout.results / "digits/small_vgg/accuracy.tsv").unlink()
    summary = checkout.run().stdout
    assert "tau, digits/small_vgg/epsilon_plus_flat/pooled/euclidean/knn10/q8" in summary
    assert "results/ranking.tsv" in summary
    assert "results/digits/small_vgg/epsilon_plus_flat/findings.html" in summary
    assert "figures/rank01_class_" in summary


@pytest.mark.long  # a second whole run
def test_other_numbers_of_cores_and_of_classes_a_job_give_the_same_bytes(checkout, fresh):
    both = {"methods": ["umap", "tsne"]}
    checkout.configure(projection=both)
    checkout.run()
    fresh.configure(projection=both, execution={"classes_per_job": 4})
    fresh.run(cores=3)
    assert digests(fresh.results) == digests(checkout.results)


def test_the_report_collects_pictures_and_tables(checkout):
    checkout.run("--report", "results/report.html", cores=1)
    text = (checkout.results / "report.html").read_text()
    first = text.partition("var workflow_desc = ")[2].partition("\n")[0]
    assert "What was found" in first
    assert "class 8: " in first
    assert "system-message" not in first
    assert "var metadata = {}" not in text
    for name in (
        "ranking.html",
        "rank01_class_",
        "toy.png",
        "correlation.png",
        "planted_response.tsv",
    ):
        assert name in text

"""The demo keeps its promise: the two classes with an artefact stand on top."""

import numpy as np
import pytest
import yaml
from _checkout import Checkout
from PIL import Image

from unhans.images import planting
from unhans.io import tsv

pytestmark = pytest.mark.long  # the whole demo, and two corrections


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run the embedded default as `make demo` does (minutes), but for fewer starts of Python."""
    made = Checkout(tmp_path_factory.mktemp("demo"))
    made.config = yaml.safe_load((made.folder / "config/config.yaml").read_text())
    made.configure(execution={"classes_per_job": 5})
    made.run(timeout=1800, processes=True)
    made.run("--report", "results/report.html")
    return made


@pytest.fixture(scope="module")
def ranking(demo):
    return tsv.read_tsv(demo.results / "ranking.tsv")


def test_the_planted_classes_stand_at_ranks_1_and_2_of_the_default_analysis(demo, ranking):
    values = yaml.safe_load((demo.folder / "config/config.yaml").read_text())
    chosen = ranking[
        (ranking["representation"] == next(iter(values["preprocessing"])))
        & (ranking["metric"] == values["distance"]["metrics"][0])
    ]
    assert len(chosen) == 10
    top = chosen[chosen["rank"] <= 2]
    assert set(top["class"]) == {"3", "8"}


def test_the_network_uses_both_artefacts(demo):
    table = tsv.read_tsv(demo.results / "digits/small_vgg/planted_response.tsv")
    assert (table["probability_change"] >= 0.02).all()
    assert (table["rank_change"] > 0).all()
    training = tsv.read_tsv(demo.results / "digits/small_vgg/training.tsv")
    assert training["accuracy_validation"].iloc[-1] > 0.95


def test_the_planted_images_are_isolated_as_clusters(demo):
    table = tsv.read_tsv(demo.results / "comparison.tsv")
    assert table["f1_nested"][0] > 0.95
    assert (table["auc"] > 0.9).all()


def test_pictures_and_report_are_there(demo):
    values = yaml.safe_load((demo.folder / "config/config.yaml").read_text())
    assert len(list(demo.results.glob("digits/**/figures/rank*_class_*.png"))) == values.get(
        "figures", {}
    ).get("top", 3)
    assert (demo.results / "report.html").stat().st_size > 1_000_000


@pytest.mark.parametrize(("kind", "class_id"), [("corner", "3"), ("border", "8")])
def test_the_suggested_mask_is_the_planted_one(demo, kind, class_id):
    folder = demo.results / "digits/small_vgg/epsilon_plus_flat"
    rows = tsv.read_tsv(folder / "suggestions.tsv")
    assert {"3", "8"} <= set(rows["class"])
    rows = rows[rows["indicator"] == "grouped"].set_index("class")
    row = rows.loc[class_id]
    assert row["probability_low"] > 10 * abs(row["control_probability_change"])
    mask = np.asarray(Image.open(folder / f"suggestions/{row['artefact']}_mask.png")) > 0
    _, true = planting.insert(np.zeros((1, 28, 28), dtype=np.uint8), kind, 0, [0])
    assert (mask & true[0]).sum() / (mask | true[0]).sum() >= 0.8


def test_accepted_artefacts_are_corrected(demo):
    method = {"methods": ["p_clarc"], "layers": ["9"], "estimators": ["mean_difference"]}
    accepted = {"artefacts": "config/artefacts.tsv", **method}
    demo.configure(
        execution={"classes_per_job": 5},
        correction=accepted,
        unhansing={"reported": 2, "images": 200},
    )
    demo.run("correct")
    table = tsv.read_tsv(demo.results / "tables/compensation.tsv")
    assert set(table["artefact"]) == {"border", "corner"}
    for _, own in table.groupby("artefact"):
        before, after = own.set_index("method").loc[["none", "p_clarc"]].to_dict("records")
        assert abs(after["response_after"]) <= 0.2 * before["response_after"]
        assert after["accuracy_clean"] >= before["accuracy_clean"] - 0.01
        assert after["accuracy_attacked"] > before["accuracy_attacked"]
    folder = demo.results / "digits/small_vgg/epsilon_plus_flat/correction"
    assert len(list(folder.glob("*/corrected.pt2"))) == 2
    for artefact in ("border", "corner"):
        folder = demo.results / "digits/small_vgg/epsilon_plus_flat/unhansing"
        rows = tsv.read_tsv(folder / f"{artefact}.tsv").set_index(["subset", "epoch"])
        assert abs(rows["response"]["B", 2]) <= 0.2 * rows["response"]["A", 0]
        assert rows["accuracy_attacked"]["B", 2] > rows["accuracy_attacked"]["A", 0]
        pictures = {path.name for path in (folder / artefact).glob("*.png")}
        assert pictures == {"curve.png", "heatmaps.png"}
        rows = tsv.read_tsv(folder.parent / f"accepted_response/{artefact}.tsv").set_index(
            "perturbation"
        )
        change = rows["probability_change"]
        assert change["insertion"] > 10 * abs(change["control"])
        assert rows.loc["insertion", "rank_change"] > 2
        assert change["removal"] < rows.loc["removal_control", "probability_low"] < 0.01
        assert abs(change["painted_out"]) < 0.01
    assert tsv.read_tsv(demo.results / "tables/table1.tsv")["tau"].is_monotonic_decreasing
    for number, length in ((2, 8), (3, 2), (4, 2)):
        table = tsv.read_tsv(demo.results / f"tables/table{number}.tsv")
        assert len(table) == length
        assert {"class", "artefact", "paper"} <= set(table.columns)

"""The demo keeps its promise: the two classes with an artefact stand on top."""

import pytest
import yaml
from _checkout import Checkout

from unhans import tables


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run the embedded default as `make demo` does (minutes), but for fewer starts of Python."""
    made = Checkout(tmp_path_factory.mktemp("demo"))
    made.config = yaml.safe_load((made.folder / "config/config.yaml").read_text())
    made.configure(execution={"classes_per_job": 5})
    made.run(timeout=1800)
    made.run("--report", "results/report.html")
    return made


@pytest.fixture(scope="module")
def ranking(demo):
    return tables.read_tsv(demo.results / "ranking.tsv")


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
    table = tables.read_tsv(demo.results / "digits/small_vgg/ablation.tsv")
    assert (table["probability_change"] >= 0.02).all()
    assert (table["rank_change"] > 0).all()
    training = tables.read_tsv(demo.results / "digits/small_vgg/training.tsv")
    assert training["accuracy_validation"].iloc[-1] > 0.95


def test_the_planted_images_are_isolated_as_clusters(demo):
    table = tables.read_tsv(demo.results / "comparison.tsv")
    assert table["f1_nested"][0] > 0.95
    assert (table["auc"] > 0.9).all()


def test_pictures_and_report_are_there(demo):
    values = yaml.safe_load((demo.folder / "config/config.yaml").read_text())
    assert len(list(demo.results.glob("digits/**/figures/rank*_class_*.png"))) == values.get(
        "figures", {}
    ).get("top", 3)
    assert (demo.results / "report.html").stat().st_size > 1_000_000

"""paper_figures, paper_inputs: which figures a configuration allows, and why one is missing."""

from dataclasses import replace

import pytest
from _plans import make, wildcards

from unhans.artefacts.accepted import Accepted
from unhans.paper import contents
from unhans.pipeline import paper_figures, paper_inputs

POINT = ("digits", "small_vgg", "epsilon_plus_flat")


def accepted(*rows, point=POINT):
    return [Accepted(name, *point, class_id, kind=kind) for name, class_id, kind in rows]


ALL = accepted(
    ("border", "8", "fixed"), ("corner", "3", "fixed"), ("mark", "5", "free"), ("all", "1", "whole")
)


def plan(rows=(), **sections):
    made = make(**sections)
    made.context = replace(made.context)
    vars(made.context)["accepted"] = list(rows)
    return made


def found(rows=(), **sections):
    return paper_figures.planned(plan(rows, **sections).context)


def test_every_figure_is_made_or_has_a_reason():
    for rows in ([], ALL):
        figures = found(rows)
        assert list(figures) == list(contents.FIGURES) == list(range(1, 15))
        assert all(bool(one.stage) != bool(one.reason) for one in figures.values())


def test_without_artefacts_there_are_the_figures_of_the_method_and_of_clusters():
    figures = found(distance={"metrics": ["euclidean"]})
    assert [number for number, one in figures.items() if one.stage] == [2, 3, 4, 6, 8]
    assert figures[5].reason == "needs metric gromov_wasserstein in distance.metrics"
    assert "correction.artefacts" in figures[7].reason
    assert "kind free" in figures[13].reason
    assert figures[6].classes == ("3",)  # where an artefact is planted


def test_with_all_that_is_needed_there_are_all():
    networks = {"small_vgg": {}, "other": {"seed": 1}}
    metrics = {"metrics": ["gromov_wasserstein", "euclidean"]}
    figures = found(ALL, model=networks, distance=metrics)
    assert [number for number, one in figures.items() if one.reason] == [1]
    assert figures[4].analysis.metric == "euclidean"
    assert figures[5].analysis.metric == "gromov_wasserstein"
    names = {number: one.rows[0].artefact for number, one in figures.items() if one.rows}
    assert names[9] == names[10] == "border"
    assert (names[12], names[13], names[14]) == ("corner", "mark", "all")
    assert figures[11].models == ("small_vgg", "other")
    assert len(figures[7].rows) == len(figures[11].rows) == 4
    made = plan(ALL, model=networks, distance=metrics)
    files = [
        f"results/paper/figure{number:02d}.png" for number in (4, 5, 6, 7, 8, 9, *range(10, 15))
    ]
    assert sorted(paper_inputs.figures(made)) == files
    reasons = [name.replace("figure", "missing").replace(".png", ".tsv") for name in files]
    assert sorted(paper_inputs.missing(made)) == reasons
    page = {one["number"]: one["table"] for one in made.settings("paper")["figures"]}
    assert {number: table for number, table in page.items() if table} == {11: "figure11.tsv"}


def test_one_fixed_artefact_is_not_drawn_twice():
    figures = found(ALL[:1])
    assert figures[10].stage
    assert figures[12].reason.startswith("needs another accepted artefact of kind fixed")
    assert figures[11].reason.startswith("needs a second network in model")


def test_networks_are_compared_by_images_that_are_known_to_show_the_artefact():
    networks = {"small_vgg": {}, "other": {"seed": 1}}
    drawn = [row._replace(template="a.png") for row in ALL]
    assert found([*ALL[:1], *drawn[1:]], model=networks)[11].rows == (ALL[0],)
    assert "a flagged group or a cluster" in found(drawn, model=networks)[11].reason
    of_cluster = drawn[0]._replace(analysis="pooled/euclidean/knn10/q32", k="2", cluster="1")
    assert found([of_cluster], model=networks)[11].rows == (of_cluster,)


def test_a_figure_reads_its_own_results_alone():
    made = plan(ALL, model={"small_vgg": {}, "other": {"seed": 1}})
    read = paper_inputs.of_artefacts
    seven, twelve = wildcards(number="07"), wildcards(number="12")
    assert len(read(made, "accepted_response", ".zarr.zip", seven)) == 4
    assert read(made, "unhansing", ".tsv", seven) == []
    assert read(made, "accepted_response", ".zarr.zip", twelve) == []
    folder = "results/digits/small_vgg/epsilon_plus_flat"
    assert read(made, "unhansing", ".tsv", twelve) == [f"{folder}/unhansing/corner.tsv"]
    assert read(made, "model", "", twelve) == ["results/digits/small_vgg/model.zarr.zip"]
    eight = wildcards(number="08")
    assert paper_inputs.of_clusters(made, "corpus", eight) == ["results/digits/corpus/8.zarr.zip"]
    assert len(paper_inputs.of_clusters(made, "corpus", wildcards(number="04"))) == 10
    assert paper_inputs.record_of_clusters(made, eight).endswith("small_vgg/model.zarr.zip")
    of_networks = paper_inputs.of_networks
    assert [path.split("/")[2] for path in of_networks(made, "attribution")[:2]] == [
        "small_vgg",
        "other",
    ]
    assert len(of_networks(made, "model")) == 2
    assert len(of_networks(made, "prepared_artefact")) == 4
    assert paper_inputs.numbers(made, "paper_networks") == ["11"]


def test_classes_that_a_figure_is_of_are_in_its_settings():
    made = plan(ALL)
    settings = made.settings("paper_clusters", wildcards(number="04"))
    assert (settings["named"], len(settings["classes"])) == ([], 10)
    settings = made.settings("paper_clusters", wildcards(number="06"))
    assert settings["named"] == settings["classes"] == ["8", "3", "5", "1"]
    page = made.settings("paper")
    assert len(page["figures"]) == 14
    assert page["accepted"] == ["border", "corner", "mark", "all"]


@pytest.fixture
def imagenet(tmp_path):
    """A plan of ImageNet's classes that the paper shows, with the artefacts that it names."""
    names = {one for own in contents.CLUSTERS.values() for one in own} | {"n03642806"}
    for name in names:
        for split in ("train", "val"):
            (tmp_path / split / name).mkdir(parents=True)
    corpus = {"source": "imagenet", "root": str(tmp_path), "splits": ["train", "val"]}
    point = ("imagenet", "vgg16", "epsilon_plus_flat")
    rows = accepted(
        ("jigsaw_pattern_1", "n03598930", "fixed"),
        ("mannequin_head_vgg16", "n04325704", "free"),
        ("rounded_corners", "n04325704", "fixed"),
        ("watermark", "n03417042", "overlay"),
        point=point,
    )
    networks = {"vgg16": {"architecture": "vgg16"}, "vgg19": {"architecture": "vgg19"}}
    return plan(
        rows, corpus={"imagenet": corpus}, model=networks, distance={"metrics": ["euclidean"]}
    )


def test_of_imagenet_the_papers_own_classes_and_artefacts_are_chosen(imagenet):
    figures = paper_figures.planned(imagenet.context)
    assert figures[6].classes == contents.CLUSTERS[6]
    assert figures[8].classes == ("n03598930",)
    own = {number: figures[number].rows[0].artefact for number in contents.UNHANSED}
    assert own == {
        **{9: "watermark", 10: "watermark", 12: "rounded_corners"},
        **{13: "mannequin_head_vgg16", 14: "jigsaw_pattern_1"},
    }
    assert figures[11].models == ("vgg16", "vgg19")
    assert "imagenet/vgg16" in figures[12].shows


def test_one_split_alone_has_no_figure_8(images):
    figures = paper_figures.planned(images(corpus={"splits": ["train"]}).context)
    assert figures[8].reason.startswith("needs a corpus of two splits")
    assert paper_figures.planned(images(corpus={"splits": ["train", "val"]}).context)[8].stage


def of_two_corpora(rows, **sections):
    corpora = {
        "plain": {"source": "digits", "planting": []},
        "other": {"source": "digits", "planting": []},
    }
    return found(rows, corpus=corpora, distance={"metrics": ["euclidean"]}, **sections)


def test_of_several_corpora_the_one_with_an_artefact_is_shown():
    rows = accepted(("mark", "3", "free"), point=("other", "small_vgg", "epsilon_plus_flat"))
    figures = of_two_corpora(rows)
    assert [figures[number].analysis.corpus for number in (4, 6, 8)] == ["plain", "other", "other"]
    assert figures[6].classes == figures[8].classes == ("3",)
    figures = of_two_corpora([])
    assert "correction.artefacts" in figures[6].reason
    assert (figures[8].analysis.corpus, figures[8].classes) == ("plain", ())


def test_figure_12_is_of_another_artefact_than_figure_10(imagenet):
    point = ("imagenet", "vgg16", "epsilon_plus_flat")
    rows = accepted(
        ("other", "n03792782", "fixed"), ("watermark", "n03417042", "overlay"), point=point
    )
    vars(imagenet.context)["accepted"] = rows
    figures = paper_figures.planned(imagenet.context)
    assert [figures[number].rows[0].artefact for number in (10, 12)] == ["watermark", "other"]
    vars(imagenet.context)["accepted"] = rows[1:]
    assert "needs another accepted" in paper_figures.planned(imagenet.context)[12].reason


def test_only_the_papers_own_name_is_the_papers_artefact(imagenet):
    point = ("imagenet", "vgg16", "epsilon_plus_flat")
    rows = accepted(
        ("watermarked", "n03417042", "free"), ("mark", "n03417042", "fixed"), point=point
    )
    vars(imagenet.context)["accepted"] = rows
    assert paper_figures.planned(imagenet.context)[9].rows[0].artefact == "mark"


def test_figure_11_says_which_of_its_needs_is_missing():
    drawn = [row._replace(template="a.png") for row in ALL]
    networks = {"small_vgg": {}, "other": {"seed": 1}}
    assert found(drawn)[11].reason == "needs a second network in model"
    assert found(drawn, model=networks)[11].reason.startswith("needs an artefact that images")

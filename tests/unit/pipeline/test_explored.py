"""explored: what the explorer reads of each class, and what is there of corrected networks."""

from pathlib import Path

from _plans import make

from unhans.pipeline import explored, targets
from unhans.pipeline.plan import ANY


def test_each_class_is_shown_once_a_composite_by_all_its_analyses(images):
    plan = images(distance={"metrics": ["euclidean", "hellinger"]})
    classes = explored.classes(plan)
    assert len(classes) == len(set(classes)) == len(plan.classes.analysed("mine"))
    paths = explored.of_every_analysis(plan)
    analyses = plan.config.analyses()
    assert len([name for name in paths if name.startswith("clustering_")]) == len(analyses)
    assert [name for name in paths if name.startswith("projection_")] == ["projection_0"]
    start = f"{plan.config.results}/{{corpus}}/{{model}}/{{composite}}/"
    assert all(path.startswith(start) for path in paths.values())
    assert all(path.endswith("/{class_id}.zarr.zip") for path in paths.values())


def test_it_is_not_asked_for_by_a_run(images):
    assert not [path for path in targets.kept(images()) if "/explorer_class/" in path]


def test_corrections_are_shown_where_they_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "artefacts.tsv"
    row = ("border", "digits", "small_vgg", "epsilon_plus_flat", "8", "suggested")
    head = ("artefact", "corpus", "model", "composite", "class", "mask")
    table.write_text("".join("\t".join(line) + "\n" for line in (head, row)))
    plan = make(correction={"artefacts": str(table)})
    assert explored.corrected(plan, ".tsv") == []
    folder = Path(plan.config.results) / "digits" / "small_vgg" / "epsilon_plus_flat"
    for name in ("correction/border.tsv", "unhansing/border/curve.png"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).touch()
    assert explored.corrected(plan, ".tsv") == [f"{folder}/correction/border.tsv"]
    assert explored.corrected(plan, ".png") == [f"{folder}/unhansing/border/curve.png"]


def test_features_and_witnesses_are_shown_where_they_are_there(tmp_path):
    kept = tmp_path / "kept.tsv"
    kept.touch()
    assert explored.there([str(tmp_path / "gone.tsv"), str(kept)]) == [str(kept)]


def test_what_is_shown_where_it_is_there_is_named_by_the_inputs_of_the_rule(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = make()
    assert not any(explored.shown(plan).values())
    for path in (targets.of_classes(plan, "neurons")[0], "results/tables/witnesses.tsv"):
        Path(path).parent.mkdir(parents=True)
        Path(path).touch()
    found = {name: len(paths) for name, paths in explored.shown(plan).items() if paths}
    assert found == {"neurons": 1, "witnesses": 1}


def test_a_network_s_features_are_linked_where_they_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = make()
    own = ANY._replace(corpus="digits", model="small_vgg")
    assert explored.of_network(plan, "sensitivity", own) == []
    path = Path(plan.config.results, "digits/small_vgg/sensitivity/8.zarr.zip")
    path.parent.mkdir(parents=True)
    path.touch()
    assert explored.of_network(plan, "sensitivity", own) == [str(path)]
    other = ANY._replace(corpus="digits", model="other")
    assert explored.of_network(plan, "sensitivity", other) == []


def test_groups_are_listed_of_the_analyses_that_figures_are_drawn_of(images):
    plan = images(distance={"metrics": ["euclidean", "hellinger"]})
    paths = explored.of_drawn(plan, "clustering")
    assert len(paths) == len(plan.classes.analysed("mine"))
    assert all("/euclidean/" in path for path in paths)
    plan = images(distance={"metrics": ["euclidean", "hellinger"]}, figures={"analyses": "all"})
    assert explored.of_drawn(plan, "clustering") == targets.of_classes(plan, "clustering")

"""sources: what a job reads is of the settings and the code of the run, and of the class of its name."""

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest
from _plans import make

from unhans.errors import StoreError
from unhans.io import store, zarr_zip
from unhans.pipeline import sources
from unhans.pipeline.stages import STAGES

CLASSES = ("1", "3")


@pytest.fixture
def plan():
    return make(corpus={"digits": {"classes": [1, 3]}}, clustering={"k_max": 3})


@pytest.fixture
def written(plan, tmp_path, monkeypatch):
    """Write results of a stage and of those above it for both classes; give their paths."""
    monkeypatch.chdir(tmp_path)

    def of(stage, **fields):
        point = SimpleNamespace(**{**plan.config.analyses()[0]._asdict(), **fields})
        names = sources.chain(plan.context, stage, point)
        recipes = {
            name: store.Recipe(name, plan.settings(name, point), plan.code(name, point))
            for name in names
        }
        network = next((name for name in names if STAGES[name].kind == "network"), None)
        record = f"results/{point.corpus}/{point.model}/model.zarr.zip"
        if network:
            store.write(record, {"x": np.zeros(1)}, recipes[network])
        for class_id in CLASSES:
            above = {"model": store.read(record)} if network else {}
            for name in (name for name in names if name != network):
                path = plan.result(name, point, class_id)
                array = {"x": np.array([float(class_id), len(name)])}
                notes = {"label": class_id}
                store.write(path, array, recipes[name], inputs=above, notes=notes)
                above[name] = store.read(path)
        return [plan.result(stage, point, class_id) for class_id in CLASSES]

    return of


OF_POINTS = ["corpus", "properties", "attribution", "movement", "neurons", "sensitivity"]
OF_TAU = ["preprocessing", "distance", "embedding", "separability", "interval", "projection"]


@pytest.mark.parametrize("stage", [*OF_POINTS, *OF_TAU])
def test_results_of_the_run_pass(plan, written, stage):
    files = written(stage)
    expected = plan.above(None, files)
    (lineage,) = expected.values()
    assert stage in lineage
    assert json.loads(json.dumps(expected)) == expected
    sources.check(files, expected)


def replaced(path, change):
    """Write a whole result again with other attributes."""
    found = store.read(path)
    attributes = json.loads(json.dumps(dict(found.attributes)))
    change(attributes)
    zarr_zip.write(path, dict(found.arrays), attributes)


@pytest.mark.parametrize("stage", ["movement", "sensitivity", "separability", "properties"])
@pytest.mark.parametrize("key", ["parameters", "code"])
def test_a_result_of_other_settings_or_code_is_named(plan, written, stage, key):
    files = written(stage)
    expected = plan.above(None, files)
    other = {"parameters": {"seed": -1}, "code": "abc"}[key]
    replaced(files[1], lambda found: found["lineage"][stage].update({key: other}))
    with pytest.raises(
        StoreError, match=rf"{files[1]}: stale: its stage '{stage}' was made with {key}"
    ):
        sources.check(files, expected)


@pytest.mark.parametrize(
    ("stage", "above"), [("sensitivity", "neurons"), ("embedding", "affinity")]
)
def test_a_result_that_comes_from_one_of_other_settings_is_named(plan, written, stage, above):
    files = written(stage)
    expected = plan.above(None, files)
    replaced(files[0], lambda found: found["lineage"][above].update(code="abc"))
    with pytest.raises(StoreError, match=f"its stage '{above}' was made with code abc"):
        sources.check(files, expected)


@pytest.mark.parametrize("stage", [*OF_POINTS, "separability"])
def test_swapped_results_of_two_classes_are_named(plan, written, stage):
    files = written(stage)
    expected = plan.above(None, files)
    os.rename(files[0], "kept")
    os.rename(files[1], files[0])
    os.rename("kept", files[1])
    with pytest.raises(StoreError, match=f"{files[0]}: is of another class"):
        sources.check(files, expected)


def test_a_class_that_another_was_given_something_of_is_not_taken_for_it(tmp_path):
    """Of three classes each is given backgrounds of both others: its name is among all sources."""
    recipe = store.Recipe("corpus", {}, "a-1")
    paths = {name: tmp_path / "corpus" / f"{name}.zarr.zip" for name in ("1", "3", "8")}
    for name, path in paths.items():
        store.write(path, {"x": np.array([float(name)])}, recipe, notes={"label": name})
    images = {name: store.read(path) for name, path in paths.items()}
    movement = store.Recipe("movement", {}, "b-1")
    made = tmp_path / "movement" / "3.zarr.zip"
    given = {"images": images["1"], "giver_3": images["3"], "giver_8": images["8"]}
    store.write(made, {"x": np.ones(1)}, movement, inputs=given)
    lineage = {"corpus": {"parameters": {}, "code": "a-1"}}
    lineage["movement"] = {"parameters": {}, "code": "b-1"}
    with pytest.raises(StoreError, match="is of another class"):
        sources.check([str(made)], {"movement": lineage})
    given = {"images": images["3"], "giver_1": images["1"], "giver_8": images["8"]}
    store.write(made, {"x": np.ones(1)}, movement, inputs=given)
    sources.check([str(made)], {"movement": lineage})


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("results/digits/small_vgg/model.zarr.zip", "training"),
        ("results/digits/small_vgg/restoration/model.zarr.zip", "restoration"),
        ("results/digits/small_vgg/hosts.zarr.zip", "hosts"),
        ("results/digits/small_vgg/epsilon_plus_flat/artefacts.zarr.zip", "candidate_response"),
        ("results/digits/small_vgg/epsilon_plus_flat/explorer_class/3.zarr.zip", "explorer_class"),
        ("results/digits/predictability.zarr.zip", "predictability"),
    ],
)
def test_of_other_results_the_stage_alone_is_compared(plan, tmp_path, monkeypatch, file, stage):
    monkeypatch.chdir(tmp_path)
    expected = plan.above(None, [file])
    (lineage,) = expected.values()
    assert list(lineage) == [stage]
    above = {"lineage": {"corpus": {"parameters": {}, "code": "any"}}, "fingerprint": "0"}
    source = {"x": store.Result(tmp_path / "results/digits/corpus/3.zarr.zip", above, {})}
    for code in (lineage[stage]["code"], "abc"):
        recipe = store.Recipe(stage, lineage[stage]["parameters"], code)
        store.write(file, {"x": np.ones(1)}, recipe, inputs=source)
        if code != "abc":
            sources.check([file], expected)
    with pytest.raises(
        StoreError, match=f"{file}: stale: its stage '{stage}' was made with code abc"
    ):
        sources.check([file], expected)


def test_results_below_a_prefix_are_checked_too(plan, written, tmp_path, monkeypatch):
    """A module of Snakemake may have its paths below a prefix that the plan does not know."""
    files = written("movement")
    expected = plan.above(None, files)
    monkeypatch.chdir(tmp_path.parent)
    below = [f"{tmp_path.name}/{file}" for file in files]
    sources.check(below, expected)
    replaced(below[0], lambda found: found["lineage"]["movement"].update(code="abc"))
    with pytest.raises(StoreError, match="stale"):
        sources.check(below, expected)


def test_of_other_files_and_of_unknown_corpora_nothing_is_expected(plan):
    files = ["results/ranking.tsv", "results/digits/other/model.zarr.zip", "results/toy.zarr.zip"]
    files += ["results/other/corpus/1.zarr.zip", "results/digits/other/movement/1.zarr.zip"]
    assert plan.above(None, files) == {}

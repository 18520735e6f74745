"""stages: settings of each concern it and nothing else; lineage and code."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from _plans import (
    DIGITS_STAGES,
    FOLDERS,
    IMAGE_STAGES,
    ROOT,
    TABLES,
    changed,
    make,
    settings_of,
    wildcards,
)

from unhans.choices import METRICS
from unhans.errors import ConfigError
from unhans.pipeline import digest, inputs, targets
from unhans.pipeline.stages import STAGES
from unhans.spray.pairwise import measure


def test_a_section_concerns_its_stage_alone():
    assert changed(clustering={"n_init": 3}) == {"clustering"}
    assert changed(embedding={"seed": 3}) == {"embedding"}
    assert changed(attribution={"engine": "zennit"}) == {"attribution", "concepts"}
    assert changed(attribution={"precision": "tf32"}) == {"attribution", "concepts", "activations"}
    assert changed(model={"small_vgg": {"epochs": 1}}) == {"training"}
    assert changed(corpus={"digits": {"seed": 5}}) == {"corpus"}
    assert changed(preprocessing={"pooled": [{"sum_pool": 14}]}) == {"preprocessing"}
    assert changed(projection={"perplexity": 5}) == {"projection"}


def test_only_the_first_composite_explains_what_is_changed():
    both = {"composites": ["epsilon_plus_flat", "epsilon_plus"]}
    assert "movement" not in changed(attribution=both)
    assert "movement" in changed(attribution={"composites": ["epsilon_plus"]})


def test_the_classes_analysed_change_no_image():
    planting = [{"kind": "corner", "class": 3, "rate": 0.2}]
    assert changed(corpus={"digits": {"planting": planting, "classes": [1, 3]}}) == set()


@pytest.mark.parametrize("stage", ["issues", "virelay"])
def test_what_exports_a_whole_run_names_its_analyses_and_classes(stage):
    digits = {"corpus": {"digits": {"classes": [1, 2]}}}
    fewer = {"corpus": {"digits": {"classes": [1]}}}
    made = [make(**digits), make(**fewer), make(**digits, affinity={"knn": [5, 10]})]
    settings = [one.settings(stage, one.config.analyses()[0]) for one in made]
    assert settings[0]["classes"] == {"digits": ["1", "2"]}
    assert len({str(own) for own in settings}) == len(settings)


def test_what_changes_no_result_is_no_setting():
    found = {"batch_size": 3, "device": "cpu", "workers": 7}
    assert changed(attribution=found) == set()
    assert changed(execution={"classes_per_job": 4}) == set()


def test_where_images_lie_and_which_are_analysed_change_no_setting(images, tmp_path):
    before = settings_of(images(), IMAGE_STAGES)
    moved = (tmp_path / "images").rename(tmp_path / "moved")
    assert settings_of(images(root=moved), IMAGE_STAGES) == before
    fewer = settings_of(images(root=moved, corpus={"classes": 3}), IMAGE_STAGES)
    of_all = {"restoration"}  # is trained on images of all classes
    assert {stage for stage in IMAGE_STAGES if fewer[stage] != before[stage]} == of_all
    other = settings_of(images(root=moved, corpus={"per_class": 50}), IMAGE_STAGES)
    assert {stage for stage in IMAGE_STAGES if other[stage] != before[stage]} == {"corpus"}


def test_marks_in_photographs_change_the_images_and_none_is_as_before(images):
    before = settings_of(images(), IMAGE_STAGES)
    assert "planting" not in before["corpus"]
    star = {"kind": "star", "class": "class-00", "rate": 0.2}
    assert settings_of(images(corpus={"planting": []}), IMAGE_STAGES) == before
    other = settings_of(images(corpus={"planting": [star]}), IMAGE_STAGES)
    assert {stage for stage in IMAGE_STAGES if other[stage] != before[stage]} == {"corpus"}


def labelled(folder, images, *rows):
    text = "".join(f"{image},{label}\n" for image, label in rows)
    (folder / "images" / "labels.csv").write_text(f"image,class\n{text}")
    table = {"source": "table", "table": "labels.csv", "splits": []}
    made = images(corpus=table)
    (chunk,) = made.chunks("corpus")
    every = [wildcards(corpus="mine", class_id=entry.id) for entry in made.classes.entries("mine")]
    entries = {at.class_id: made.entries_of(chunk)(at)[at.class_id] for at in every}
    return settings_of(made, IMAGE_STAGES), entries


def test_an_edit_of_a_label_concerns_the_classes_of_its_row_alone(images, tmp_path):
    rows = [("0.png", "a"), ("1.png", "a"), ("2.png", "b"), ("3.png", "c")]
    before, entries = labelled(tmp_path, images, *rows)
    after, edited = labelled(tmp_path, images, ("0.png", "b"), *rows[1:])
    assert after == before
    assert {name for name in entries if entries[name] != edited[name]} == {"a", "b"}
    again, same = labelled(tmp_path, images, *reversed(rows))
    assert (again, same) == (before, entries)


def test_a_table_under_another_name_changes_no_setting(images, tmp_path):
    before, _ = labelled(tmp_path, images, ("0.png", "a"), ("1.png", "b"))
    folder = tmp_path / "images"
    (folder / "labels.csv").rename(folder / "labels_2.tsv")
    made = images(corpus={"source": "table", "table": "labels_2.tsv", "splits": []})
    assert settings_of(made, IMAGE_STAGES) == before


def test_weights_given_by_another_path_leave_the_settings_as_they_are(images):
    found = [
        images(model={"weights": weights}).settings(
            "model", wildcards(corpus="mine", model="vgg16")
        )
        for weights in ("vgg.pth", "/elsewhere/vgg.pth", "~/vgg.pth")
    ]
    assert found[0]["weights"] == "vgg.pth"
    assert found[0] == found[1] == found[2]


def test_what_is_said_of_the_transform_is_a_setting_of_the_network(images):
    at = wildcards(corpus="mine", model="vgg16")
    assert images().settings("model", at)["transform"] == {}
    said = {"crop": 100, "mean": 0.5, "std": [0.1, 0.2, 0.3]}
    found = images(model={"transform": said}).settings("model", at)["transform"]
    assert found == {"crop": 100, "mean": [0.5], "std": [0.1, 0.2, 0.3]}


def test_other_weights_seeds_and_numbers_of_classes_make_another_network(images):
    at = wildcards(corpus="mine", model="vgg16")
    options = [
        {},
        {"weights": "IMAGENET1K_V1"},
        {"weights": "a.pth"},
        {"weights": "b.pth"},
        {"seed": 1},
    ]
    found = [json.dumps(images(model=model).settings("model", at)) for model in options]
    assert len(set(found)) == len(found)
    assert json.loads(found[0])["classes"] == 12


def test_more_names_of_outputs_leave_a_network_with_weights_as_it_is(images, tmp_path):
    at = wildcards(corpus="mine", model="vgg16")
    table, found = tmp_path / "index.csv", []
    for last in (11, 500):
        numbers = [*range(11), last]
        rows = "".join(f"class {place:02d},{index}\n" for place, index in enumerate(numbers))
        table.write_text(f"class,index\n{rows}")
        own = {"corpus": {"class_index": str(table)}, "model": {"weights": "a.pth"}}
        found.append(images(**own).settings("model", at))
        assert images(corpus=own["corpus"]).settings("model", at)["classes"] == last + 1
    assert found[0] == found[1]


def test_an_edit_of_a_function_of_ones_own_makes_another_network(images, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    at = wildcards(corpus="mine", model="vgg16")
    file = tmp_path / "own_network_of_mine.py"
    file.write_text("def make(): ...")
    made = images(model={"architecture": "own_network_of_mine:make"})
    before = made.settings("model", at)
    assert made.settings("model", at) == before
    file.write_text("def make(): return 1")
    assert made.settings("model", at) != before


def test_a_function_of_ones_own_that_cannot_be_found_is_named(images):
    made = images(model={"architecture": "no_such_module_of_mine:make"})
    with pytest.raises(ConfigError, match="no module 'no_such_module_of_mine'; expected one that"):
        made.settings("model", wildcards(corpus="mine", model="vgg16"))


def test_an_edit_of_a_metric_of_ones_own_measures_its_distances_anew(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "own_metrics_of_mine.py"
    file.write_text("def angle(maps): ...")
    made = make(distance={"metrics": ["euclidean", "own_metrics_of_mine:angle"]})
    at = [analysis for analysis in made.config.analyses() if "." in analysis.metric]
    assert {analysis.metric for analysis in at} == {"own_metrics_of_mine.angle"}
    assert at[0].path.endswith("/own_metrics_of_mine.angle/knn10/q32")
    before = made.settings("distance", at[0]), made.code("distance", at[0])
    assert before[0].keys() == {"metric", "source"}
    assert (made.settings("distance", at[0]), made.code("distance", at[0])) == before
    file.write_text("def angle(maps): return 1")
    assert made.settings("distance", at[0])["source"] != before[0]["source"]
    assert made.settings("distance", made.config.analyses()[0]) == {"metric": "euclidean"}


def test_a_metric_of_ones_own_measures_with_the_settings_of_the_plan(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    source = "def far(maps): return (maps[:, None] != maps).any(axis=(2, 3)) * 3.0"
    (tmp_path / "own_metric_of_the_plan.py").write_text(source)
    made = make(distance={"metrics": "own_metric_of_the_plan:far"})
    settings = made.settings("distance", made.config.analyses()[0])
    written = {}
    sink = SimpleNamespace(append=written.update, finish=written.update)
    maps = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    measure(maps, sink, **settings)
    assert written["distance"].tolist() == (3 * (1 - np.eye(3))).tolist()
    assert written["n"] == 3


def test_a_metric_of_ones_own_that_cannot_be_found_is_named():
    made = make(distance={"metrics": "no_such_module_of_mine:angle"})
    with pytest.raises(ConfigError, match=r"metric 'no_such_module_of_mine\.angle': no module"):
        made.settings("distance", made.config.analyses()[0])


def test_a_package_that_fails_at_import_is_named(tmp_path, monkeypatch):
    package = tmp_path / "failing_package_of_mine"
    package.mkdir()
    (package / "__init__.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    made = make(distance={"metrics": "failing_package_of_mine.own:angle"})
    with pytest.raises(
        ConfigError, match="ZeroDivisionError: division by zero; expected a package"
    ):
        made.settings("distance", made.config.analyses()[0])


def test_settings_have_sorted_keys_and_plain_values(images):
    found = settings_of(make(), DIGITS_STAGES | TABLES | {"planted_response"})
    others = settings_of(images(), IMAGE_STAGES | TABLES)
    for settings in (*found.values(), *others.values()):
        assert json.dumps(settings, sort_keys=True) == json.dumps(settings)


def test_the_lineage_skips_a_preprocessing_without_steps():
    pooled, none = make().config.analyses()
    aside = {"projection", "audit", "group_search", "transplant", "interval", "concepts"}
    aside |= {"activations", "properties", "explorer_class", "restoration", "movement"}
    aside |= {"neurons", "sensitivity"}
    assert set(make().lineage(pooled)) == DIGITS_STAGES - aside
    assert set(make().lineage(none)) == DIGITS_STAGES - {*aside, "preprocessing"}


LAYERS = {"attribution": {"layers": "auto"}}
CHANNELS = {"channels": [{"layer": 1}, "unit_norm"]}


def test_layers_inside_the_network_change_no_setting_of_heatmaps():
    assert changed(**LAYERS) == {"concepts"}
    assert not changed(attribution={"activations": True})
    one, other = (make(attribution={"layers": names}) for names in ("auto", ["2"]))
    at = one.config.analyses()[0]
    assert one.also("attribution", at)["concepts"]["layers"] == "auto"
    assert other.also("attribution", at)["concepts"]["layers"] == ["2"]
    assert make().also("attribution", at) == one.also("distance", at) == {}


def test_layers_are_kept_of_networks_for_photographs_alone(images):
    at = images().config.analyses()[0]
    assert images().also("attribution", at)["concepts"]["layers"] == "auto"
    assert not images(attribution={"layers": []}).also("attribution", at)
    findings, without = (
        set(one.settings("findings", at)["lineage"])
        for one in (images(), images(attribution={"layers": []}))
    )
    assert findings - without == {"concepts", "concept_sample"}


def test_a_representation_of_a_layer_comes_from_it_and_not_from_heatmaps():
    made = make(**LAYERS, preprocessing={"none": [], **CHANNELS})
    pixels, channels = made.config.analyses()
    assert set(made.lineage(channels)) - set(made.lineage(pixels)) == {"concepts", "preprocessing"}
    assert set(made.lineage(pixels)) - set(made.lineage(channels)) == {"attribution"}
    steps = made.settings("preprocessing", channels)["steps"]
    assert steps == [{"layer": 1, "step": "layer"}, {"step": "unit_norm"}]
    assert made.code("concepts") == made.code("attribution")
    assert any("/attribution/3.log" in log for log in made.logs(channels, "3"))


def test_a_layer_kept_is_asked_for_and_only_then():
    def kept(**sections):
        return {Path(path).parent.name for path in targets.kept(make(**sections))}

    assert kept(**LAYERS) - kept() == {"concepts"}
    assert kept(attribution={"activations": True}) - kept() == {"activations"}
    layers = kept(**LAYERS, preprocessing=CHANNELS)
    assert layers >= {"attribution", "concepts", "preprocessing"}


def test_a_metric_that_looks_at_other_classes_reads_a_sample_of_them():
    metrics = {"metrics": ["euclidean", "local_features"]}
    steps = {"none": [], "local": [{"activations": 0}]}
    made = make(**LAYERS, preprocessing=steps, distance=metrics, class_sample={"classes": 4})
    pixels, local = made.config.analyses()
    assert (pixels.representation, pixels.metric) == ("none", "euclidean")
    assert (local.representation, local.metric) == ("local", "local_features")
    assert set(made.lineage(local)) - set(made.lineage(pixels)) >= {"class_sample"}
    assert inputs.others(made, pixels) == []
    folder = "results/digits/small_vgg/epsilon_plus_flat/local"
    assert inputs.others(made, local) == f"{folder}/class_sample.zarr.zip"
    maps = inputs.class_sample(made, local)
    assert len(maps) == 4
    assert all(path.startswith(f"{folder}/preprocessing/") for path in maps)
    logs = made.logs(local, "3")
    assert "results/logs/digits/small_vgg/epsilon_plus_flat/local/class_sample.log" in logs
    assert made.settings("class_sample", local) == {"images": 1024, "seed": 0}
    assert made.settings("distance", local) == {"device": "cpu", "metric": "local_features"}


def test_a_job_of_a_representation_reads_what_it_is_made_of():
    made = make(**LAYERS, preprocessing={"none": [], **CHANNELS})
    (chunk,) = made.chunks("preprocessing")
    for analysis, stage in zip(made.config.analyses(), ("attribution", "concepts"), strict=True):
        at = wildcards(**analysis._asdict(), class_id="3")
        found = inputs.by_representation(made, chunk, inputs.represented_stage)(at)
        assert found == [made.result(stage, analysis, "3")]


def test_a_network_with_weights_of_its_own_was_not_trained(images):
    (analysis,) = images().config.analyses()
    expected = IMAGE_STAGES - {
        *("projection", "audit", "group_search", "transplant", "preprocessing", "interval"),
        *("concepts", "activations", "properties", "explorer_class", "restoration", "movement"),
        *("neurons", "sensitivity"),
    }
    assert set(images().lineage(analysis)) == expected
    assert {Path(log).parent.name for log in images().logs(analysis, "a")} == expected - {
        "model"
    } | {"vgg16"}


def test_codes_differ_between_stages_and_metrics():
    made = make(distance={"metrics": ["euclidean", "hellinger"]})
    analyses = made.config.analyses()
    own = FOLDERS - {"concepts", "activations"}  # the job of attribution makes them
    codes = {made.code(stage, analyses[0]) for stage in own}
    codes |= {made.code("distance", analysis) for analysis in analyses}
    assert len(codes) == len(own) + 1


def test_metrics_of_transport_have_their_options_and_can_be_audited():
    metrics = ["euclidean", "wasserstein", "gromov_wasserstein", "gromov_wasserstein_reference"]
    made = make(distance={"metrics": metrics, "p": 1}, affinity={"knn": [5, 15]})
    found = {a.metric: made.settings("distance", a) for a in made.config.analyses()}
    assert found["euclidean"] == {"metric": "euclidean"}
    assert found["wasserstein"] == {
        **{
            "metric": "wasserstein",
            "n_candidates": 30,
            "mass_fraction": 0.99,
            "sign": "positive",
            "p": 1,
        }
    }
    assert "n_candidates" not in found["gromov_wasserstein_reference"]
    assert "n_atoms" not in found["gromov_wasserstein"]
    assert targets.audited(made) == ["wasserstein", "gromov_wasserstein"]
    assert (
        len(targets.audits(made)) == 2 * 2 * 10
    )  # metrics, representations, classes; not each knn
    analysis = next(a for a in made.config.analyses() if a.metric == "wasserstein")
    audit = made.settings("audit", analysis)
    assert "n_candidates" not in audit
    assert audit.keys() >= {"metric", "images", "k", "seed", "p"}
    assert not any("/audit/" in path for path in targets.kept(made))


def modules(stage, metric):
    return STAGES[stage].modules(SimpleNamespace(metric=metric))


def test_the_metric_counts_for_a_distance():
    assert modules("distance", "hellinger") == ("spray.distance.hellinger",)
    assert modules("distance", "package.module.function") == ()


def test_the_reference_and_its_rival_count_for_an_audit():
    gromov = ("spray.distance.gromov_wasserstein_reference", "spray.distance.gromov_wasserstein")
    assert modules("audit", "gromov_wasserstein_fast") == gromov
    assert modules("audit", "wasserstein") == ("spray.distance.wasserstein_certified",)


@pytest.mark.parametrize("metric", [name for name, own in METRICS.items() if own.reference])
def test_the_code_of_an_audit_covers_all_metrics_that_it_measures_by(metric):
    found = digest.modules_of("audit", *modules("audit", metric), root=ROOT)
    reference = METRICS[metric].reference
    rival = METRICS[reference].rival
    assert {f"spray.distance.{name}" for name in (reference, rival) if name} <= found


def test_an_edit_of_the_rival_changes_the_code_of_an_audit(monkeypatch):
    made = make()
    at = SimpleNamespace(metric="gromov_wasserstein_fast")
    before = made.code("audit", at)
    source, rival = digest._source, ROOT / "unhans/spray/distance/gromov_wasserstein.py"

    def edited(file):
        found = source(file)
        return found._replace(form=found.form + "edited") if file == rival else found

    monkeypatch.setattr(digest, "_source", edited)
    digest.source_digest.cache_clear()
    assert made.code("audit", at) != before
    monkeypatch.undo()
    digest.source_digest.cache_clear()
    assert made.code("audit", at) == before

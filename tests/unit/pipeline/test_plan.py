"""plan: each stage is told what concerns it and nothing else, and classes are shared among jobs."""

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from unhans import paths
from unhans.config import loading
from unhans.errors import ConfigError
from unhans.pipeline import inputs, machine, plan, startup, targets
from unhans.pipeline.chunks import one_of
from unhans.pipeline.stages import STAGES
from unhans.spray.pairwise import measure

ROOT = Path(__file__).parents[3] / "workflow"
FOLDERS = {name for name, stage in STAGES.items() if stage.kind in ("class", "network")}
DIGITS_STAGES = FOLDERS - {"model"}
IMAGE_STAGES = FOLDERS - {"training"}
TABLES = {"accuracy", "comparison", "figures", "manifest", "ranking"}


def make(**sections):
    values = {
        "corpus": {"digits": {"planting": [{"kind": "corner", "class": 3, "rate": 0.2}]}},
        "model": {"small_vgg": {}},
        "preprocessing": {"pooled": [{"sum_pool": 7}], "none": []},
        **sections,
    }
    return plan.Plan(loading.load(values), ROOT)


def settings_of(made, stages):
    analysis = made.config.analyses()[0]
    return {stage: made.settings(stage, analysis) for stage in stages}


def changed(**sections):
    """Stages whose settings for the first analysis differ from the plain plan's."""
    one, other = (settings_of(made, DIGITS_STAGES) for made in (make(), make(**sections)))
    return {stage for stage in DIGITS_STAGES if one[stage] != other[stage]}


@pytest.fixture
def images(tmp_path):
    """Plan for twelve classes of image files."""
    for split in ("train", "val"):
        for number in range(12):
            (tmp_path / "images" / split / f"class {number:02d}").mkdir(parents=True)

    def of(root=tmp_path / "images", model=(), corpus=(), **sections):
        folder = {"source": "folder", "root": str(root), **dict(corpus)}
        vgg16 = {"architecture": "vgg16", **dict(model)}
        values = {"corpus": {"mine": folder}, "model": {"vgg16": vgg16}, **sections}
        return plan.Plan(loading.load(values), ROOT)

    return of


def wildcards(**fields):
    return SimpleNamespace(**fields)


# Settings


def test_a_section_concerns_its_stage_alone():
    assert changed(clustering={"n_init": 3}) == {"clustering"}
    assert changed(embedding={"seed": 3}) == {"embedding"}
    assert changed(attribution={"engine": "zennit"}) == {"attribution"}
    assert changed(model={"small_vgg": {"epochs": 1}}) == {"training"}
    assert changed(corpus={"digits": {"seed": 5}}) == {"corpus"}
    assert changed(preprocessing={"pooled": [{"sum_pool": 14}]}) == {"preprocessing"}
    assert changed(projection={"perplexity": 5}) == {"projection"}


def test_the_classes_analysed_change_no_image():
    planting = [{"kind": "corner", "class": 3, "rate": 0.2}]
    assert changed(corpus={"digits": {"planting": planting, "classes": [1, 3]}}) == set()


def test_what_changes_no_result_is_no_setting():
    told = {"batch_size": 3, "device": "cpu", "workers": 7}
    assert changed(attribution=told) == set()
    assert changed(execution={"classes_per_job": 4}) == set()


def test_where_images_lie_and_which_are_analysed_change_no_setting(images, tmp_path):
    before = settings_of(images(), IMAGE_STAGES)
    moved = (tmp_path / "images").rename(tmp_path / "moved")
    assert settings_of(images(root=moved), IMAGE_STAGES) == before
    assert settings_of(images(root=moved, corpus={"classes": 3}), IMAGE_STAGES) == before
    other = settings_of(images(root=moved, corpus={"per_class": 50}), IMAGE_STAGES)
    assert {stage for stage in IMAGE_STAGES if other[stage] != before[stage]} == {"corpus"}


def test_weights_given_by_another_path_leave_the_settings_as_they_are(images):
    told = [
        images(model={"weights": weights}).settings(
            "model", wildcards(corpus="mine", model="vgg16")
        )
        for weights in ("vgg.pth", "/elsewhere/vgg.pth", "~/vgg.pth")
    ]
    assert told[0]["weights"] == "vgg.pth"
    assert told[0] == told[1] == told[2]


def test_the_hash_of_weights_is_checked_and_no_setting(images):
    at = wildcards(corpus="mine", model="vgg16")
    plain = images(model={"weights": "vgg.pth"})
    hashed = images(model={"weights": "vgg.pth", "sha256": "0123abcd"})
    assert plain.settings("model", at) == hashed.settings("model", at)
    assert (inputs.sha256(plain, at), inputs.sha256(hashed, at)) == (None, "0123abcd")


def test_other_weights_seeds_and_numbers_of_classes_make_another_network(images):
    at = wildcards(corpus="mine", model="vgg16")
    options = [
        {},
        {"weights": "IMAGENET1K_V1"},
        {"weights": "a.pth"},
        {"weights": "b.pth"},
        {"seed": 1},
    ]
    told = [json.dumps(images(model=model).settings("model", at)) for model in options]
    assert len(set(told)) == len(told)
    assert json.loads(told[0])["classes"] == 12


def test_a_local_file_of_weights_is_an_input_and_a_name_is_none(images, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    at = wildcards(corpus="mine", model="vgg16")
    assert inputs.weights(images(model={"weights": "~/vgg.pth"}), at) == ["/home/me/vgg.pth"]
    assert inputs.weights(images(model={"weights": "IMAGENET1K_V1"}), at) == []
    assert inputs.weights(images(), at) == []


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


def test_settings_have_sorted_keys_and_plain_values(images):
    told = settings_of(make(), DIGITS_STAGES | TABLES | {"planted_response"})
    others = settings_of(images(), IMAGE_STAGES | TABLES)
    for settings in (*told.values(), *others.values()):
        assert json.dumps(settings, sort_keys=True) == json.dumps(settings)


# Lineage, code and logs


def test_the_lineage_skips_a_preprocessing_without_steps():
    pooled, none = make().config.analyses()
    assert set(make().lineage(pooled)) == DIGITS_STAGES - {"projection", "audit", "group_search"}
    assert set(make().lineage(none)) == DIGITS_STAGES - {
        "projection",
        "audit",
        "group_search",
        "preprocessing",
    }


def test_a_network_with_weights_of_its_own_was_not_trained(images):
    (analysis,) = images().config.analyses()
    expected = IMAGE_STAGES - {"projection", "audit", "group_search", "preprocessing"}
    assert set(images().lineage(analysis)) == expected
    assert {Path(log).parent.name for log in images().logs(analysis, "a")} == expected - {
        "model"
    } | {"vgg16"}


def test_the_logs_of_a_class_stand_in_the_order_of_its_stages():
    analysis = make().config.analyses()[0]
    logs = make().logs(analysis, "3")
    assert logs[0] == "results/logs/digits/corpus/3.log"
    assert logs[1] == "results/logs/digits/small_vgg/training.log"
    assert logs[-1] == f"results/logs/{analysis.path}/separability/3.log"
    assert len(logs) == len(make().lineage(analysis))


def test_codes_differ_between_stages_and_metrics():
    made = make(distance={"metrics": ["euclidean", "hellinger"]})
    analyses = made.config.analyses()
    codes = {made.code(stage, analyses[0]) for stage in FOLDERS}
    codes |= {made.code("distance", analysis) for analysis in analyses}
    assert len(codes) == len(FOLDERS) + 1


# Classes and their chunks


def test_the_ranking_has_a_row_for_each_class_and_analysis():
    made = make(corpus={"digits": {"classes": [1, 3], "planting": []}})
    assert len(made.analysed_classes()) == 4
    assert targets.planted_classes(made, "clustering") == []
    planted = targets.planted_classes(make(), "clustering")
    assert [paths.name_of(path) for path in planted] == ["3", "3"]


def test_a_class_that_is_not_there_is_named_with_its_key():
    made = make(corpus={"digits": {"classes": [1, 12]}})
    with pytest.raises(ConfigError, match=r"corpus\.digits\.classes: no class matches '12'"):
        made.analysed_classes()


def test_a_network_trained_here_needs_all_classes_and_others_only_those_analysed(images):
    digits = make(corpus={"digits": {"classes": [1, 3]}})
    assert digits.classes.analysed("digits") == ("1", "3")
    assert len(digits.classes.needed("digits")) == 10
    assert len(images(corpus={"classes": 3}).classes.needed("mine")) == 3


def test_classes_have_ids_in_paths_and_names_for_people(images):
    made = images(corpus={"classes": ["class 03"]})
    (class_id,) = made.classes.analysed("mine")
    assert re.fullmatch(r"class_03-[0-9a-f]{8}", class_id)
    assert made.classes.names("mine")[class_id] == "class 03"
    assert made.classes.output_names("mine")[3] == "class 03"
    analysis = made.config.analyses()[0]
    path = made.result("attribution", analysis, class_id)
    assert path == f"results/mine/vgg16/epsilon_plus_flat/attribution/{class_id}.zarr.zip"


def test_a_job_is_told_label_name_and_index_of_its_classes(images):
    made = images(execution={"classes_per_job": 5})
    chunk = made.chunks("distance")[1]
    entries = made.entries_of(chunk)(wildcards(corpus="mine"))
    assert tuple(entries) == chunk.classes
    label = "class 05"
    assert entries[chunk.classes[0]] == {"label": label, "name": label, "index": 5}
    single = images()
    entries = single.entries_of(single.chunks("distance")[0])(
        wildcards(corpus="mine", class_id=chunk.classes[0])
    )
    assert list(entries) == [chunk.classes[0]]


def test_a_few_classes_have_a_job_each():
    (chunk,) = make().chunks("distance")
    assert (chunk.classes, chunk.size, chunk.corpus) == ((), 1, "digits")
    assert chunk.rule("distance") == "distance"
    assert chunk.each("logs/{class_id}.log") == "logs/{class_id}.log"
    assert chunk.label == "{class_id}"
    assert chunk.of(wildcards(class_id="3")) == ("3",)


def test_chunks_hold_every_class_once_and_have_rules_of_their_own(images):
    made = images(execution={"classes_per_job": 5})
    chunks = made.chunks("distance")
    assert [chunk.size for chunk in chunks] == [5, 5, 2]
    assert tuple(name for chunk in chunks for name in chunk.classes) == made.classes.needed("mine")
    rules = [chunk.rule("distance") for chunk in chunks]
    assert rules == ["distance_mine_000", "distance_mine_001", "distance_mine_002"]
    assert {chunk.rule("distance").split("_")[0] for chunk in chunks} == {"distance"}
    assert chunks[2].each("logs/{class_id}.log") == [
        f"logs/{name}.log" for name in made.classes.needed("mine")[10:]
    ]
    assert chunks[2].of(None) == chunks[2].classes


def test_the_results_of_a_chunk_are_those_of_its_classes(images):
    made = images(execution={"classes_per_job": 5})
    chunk = made.chunks("distance")[2]
    at = made.config.analyses()[0]
    assert made.maps(chunk)(at) == [made.result("attribution", at, name) for name in chunk.classes]


def test_another_choice_of_classes_leaves_the_chunks_as_they_are(images):
    options = {"execution": {"classes_per_job": 5}}
    whole = {chunk.number: chunk.classes for chunk in images(**options).chunks("distance")}
    some = ["class 0[2-6]", "class 11"]
    for chunk in images(corpus={"classes": some}, **options).chunks("distance"):
        assert set(chunk.classes) <= set(whole[chunk.number])
    numbers = [
        chunk.number for chunk in images(corpus={"classes": some}, **options).chunks("distance")
    ]
    assert numbers == [0, 1, 2]


def test_small_corpora_share_a_rule_and_large_ones_have_their_own(images, tmp_path):
    folder = {"source": "folder", "root": str(tmp_path / "images")}
    corpora = {"digits": {}, "some": {**folder, "classes": 4}, "many": folder}
    models = {"small_vgg": {}, "vgg16": {"architecture": "vgg16"}}
    options = {"corpus": corpora, "model": models, "execution": {"classes_per_job": 1}}
    (chunk,) = make(**options).chunks("distance")
    assert re.fullmatch(chunk.corpus, "many")
    assert chunk.corpora == ("digits", "some", "many")
    options["execution"] = {"classes_per_job": 11}
    names = [chunk.rule("distance") for chunk in make(**options).chunks("distance")]
    assert names == [
        "distance_digits_000",
        "distance_some_000",
        "distance_many_000",
        "distance_many_001",
    ]


def test_a_chunk_has_time_for_all_its_classes_and_memory_for_one(images):
    single = make().chunks("distance")[0]
    chunk = images(execution={"classes_per_job": 5}).chunks("distance")[0]
    assert single.minutes(30, each=5)(None, attempt=1) == 30
    assert chunk.minutes(30, each=5)(None, attempt=1) == 30 + 4 * 5
    assert chunk.minutes(30, each=5)(None, attempt=2) == 100
    files = SimpleNamespace(size_mb=1000)
    assert single.memory(500, per_input=8)(None, files, attempt=1) == 8500
    assert chunk.memory(500, per_input=8)(None, files, attempt=2) == 2 * (500 + 1600)


def test_all_that_is_kept_is_asked_for(images):
    kept = set(targets.kept(images(corpus={"classes": 2})))
    assert {"results/mine/manifest.tsv", "results/mine/vgg16/accuracy.tsv"} <= kept
    assert "results/mine/vgg16/training.tsv" not in kept
    assert sum("/corpus/" in path for path in kept) == 2
    assert sum("/projection/" in path for path in kept) == 2
    digits = set(targets.kept(make()))
    assert "results/digits/small_vgg/training.tsv" in digits


def test_of_a_chunk_the_first_class_is_asked_for_and_what_is_missing_beside_it(images, tmp_path):
    made = images(
        corpus={"classes": 4}, execution={"classes_per_job": 3}, results=str(tmp_path / "results")
    )
    first, second, third, fourth = (
        Path(made.result("affinity", made.config.analyses()[0], class_id))
        for class_id in made.classes.analysed("mine")
    )

    def asked():
        return {path for path in targets.kept(made) if "/affinity/" in path}

    assert asked() == {str(first), str(fourth)}  # a fresh run: all of a chunk is made anyway
    first.parent.mkdir(parents=True)
    for path in (first, second, third):
        path.touch()
    assert asked() == {str(first), str(fourth)}
    third.unlink()
    assert asked() == {str(first), str(third), str(fourth)}
    first.unlink()
    assert asked() == {str(first), str(fourth)}


def test_predictions_are_read_from_the_first_composite(images):
    composites = ["epsilon_plus", "epsilon_plus_flat"]
    made = images(corpus={"classes": 1}, attribution={"composites": composites})
    (path,) = made.first_attributions(wildcards(corpus="mine", model="vgg16"))
    assert path.startswith("results/mine/vgg16/epsilon_plus/attribution/")


# Machine settings


def test_jobs_are_told_what_is_no_setting_by_the_environment(images, tmp_path, monkeypatch):
    for name in (machine.VARIABLE, "PYTHONPATH"):
        monkeypatch.setenv(name, "")
    startup.export(images(attribution={"device": "cpu", "workers": 3}))
    assert machine.attribution() == {"device": "cpu", "batch_size": "auto", "workers": 3}
    assert machine.root("mine") == tmp_path / "images"
    assert os.environ["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)


def test_classes_and_functions_that_are_not_there_are_refused_beforehand(images):
    with pytest.raises(ConfigError, match="no class matches 'zebra'"):
        startup.check(images(corpus={"classes": ["zebra"]}))
    with pytest.raises(ConfigError, match="no module 'no_such_module_of_mine'"):
        startup.check(images(model={"architecture": "no_such_module_of_mine:make"}))


def test_a_root_that_is_missing_is_refused_beforehand(images, tmp_path):
    with pytest.raises(ConfigError, match=r"corpus\.mine\.root: .*gone: no such folder"):
        startup.check(images(root=tmp_path / "gone"))


def test_results_that_cannot_be_written_are_refused_beforehand(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"results: .*file is no folder that can be written"):
        startup.check(make(results=str(tmp_path / "file" / "below")))
    startup.check(make(results=str(tmp_path / "new" / "deep")))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match="expected one"):
        startup.check(make(results=str(tmp_path / "new")))


def test_another_copy_of_the_library_is_refused(tmp_path):
    other = plan.Plan(make().config, tmp_path)
    with pytest.raises(ConfigError, match=r"installed unhans is .*pip install -e"):
        startup.check(other)


def test_names_match_themselves_alone():
    pattern = one_of(["a.b", "c"])
    assert re.fullmatch(pattern, "a.b")
    assert not re.fullmatch(pattern, "axb")


def test_metrics_of_transport_are_told_their_options_and_can_be_audited():
    metrics = ["euclidean", "wasserstein", "gromov_wasserstein", "gromov_wasserstein_reference"]
    made = make(distance={"metrics": metrics, "p": 1}, affinity={"knn": [5, 15]})
    told = {a.metric: made.settings("distance", a) for a in made.config.analyses()}
    assert told["euclidean"] == {"metric": "euclidean"}
    assert told["wasserstein"] == {
        **{
            "metric": "wasserstein",
            "n_candidates": 30,
            "mass_fraction": 0.99,
            "sign": "positive",
            "p": 1,
        }
    }
    assert "n_candidates" not in told["gromov_wasserstein_reference"]
    assert "n_atoms" not in told["gromov_wasserstein"]
    assert targets.audited(made) == ["wasserstein", "gromov_wasserstein"]
    assert (
        len(targets.audits(made)) == 2 * 2 * 10
    )  # metrics, representations, classes; not each knn
    analysis = next(a for a in made.config.analyses() if a.metric == "wasserstein")
    audit = made.settings("audit", analysis)
    assert "n_candidates" not in audit
    assert audit.keys() >= {"metric", "images", "k", "seed", "p"}
    assert not any("/audit/" in path for path in targets.kept(made))


def test_a_chunk_is_told_the_rule_of_each_file_that_it_reads(images):
    made = images(execution={"classes_per_job": 5})
    chunk = made.chunks("affinity")[1]
    assert made.sources("distance", chunk) == [
        (f"results/{{corpus}}/{{model}}/{{composite}}/{{representation}}/{{metric}}/distance/{name}"
         ".zarr.zip", "distance_mine_001")
        for name in chunk.classes
    ]  # fmt: skip
    assert len(chunk.classes) == 5


def test_corpora_that_share_some_chunks_only_share_no_rule(tmp_path):
    for name, count in (("few", 7), ("many", 12), ("more", 12)):
        for number in range(count):
            (tmp_path / name / "train" / f"class {number:02d}").mkdir(parents=True)
    corpora = {
        name: {"source": "folder", "root": str(tmp_path / name)} for name in ("few", "many", "more")
    }
    values = {"corpus": corpora, "model": {"vgg16": {"architecture": "vgg16"}}}
    made = plan.Plan(loading.load({**values, "execution": {"classes_per_job": 5}}), ROOT)
    assert [(chunk.corpora, len(chunk.classes)) for chunk in made.whole_corpora("attribution")] == [
        (("few",), 7),
        (("many", "more"), 12),
    ]
    for chunk in made.chunks("affinity"):
        assert all(rule for _, rule in made.sources("distance", chunk))


def test_all_classes_of_a_corpus_in_chunks_are_told_with_the_rules_of_their_chunks(images):
    made = images(execution={"classes_per_job": 5})
    (whole,) = made.whole_corpora("attribution")
    assert whole.rule("figures") == "figures_mine"
    assert [rule for _, rule in made.sources("distance", whole)] == [
        f"distance_mine_{number // 5:03d}" for number in range(12)
    ]
    (whole,) = images(execution={"classes_per_job": 1}).whole_corpora("attribution")
    assert (whole.rule("figures"), whole.classes) == ("figures", ())


HEAD = "artefact\tcorpus\tmodel\tcomposite\tclass\tmask\n"


def test_accepted_artefacts_of_this_run_are_corrected_and_others_passed_over(tmp_path):
    table = tmp_path / "artefacts.tsv"
    own = "digits\tsmall_vgg\tepsilon_plus_flat"
    mask = tmp_path / "mask.png"
    mask.touch()
    rows = [f"a\t{own}\t8\tsuggested", f"b\t{own}\t3\t{mask}", "c\tother\tx\ty\t8\tsuggested"]
    table.write_text(HEAD + "\n".join(rows) + "\n")
    made = make(correction={"artefacts": str(table), "epochs": 2})
    folder = "results/digits/small_vgg/epsilon_plus_flat/correction"
    assert targets.of_accepted(made, "correction") == [f"{folder}/a.tsv", f"{folder}/b.tsv"]
    assert inputs.pictures(made, wildcards(artefact="a")) == []
    assert inputs.pictures(made, wildcards(artefact="b")) == [str(mask)]
    told = made.settings("correction", wildcards(artefact="a"))
    assert told["accepted"]["class_id"] == "8"
    assert told["epochs"] == 2
    assert "artefacts" not in told
    told = made.settings("unhansing", wildcards(artefact="b"))
    assert told["accepted"]["class_id"] == "3"
    assert told["reported"] == [0, 1, 5, 10]
    assert "methods" not in told
    assert targets.of_accepted(make(), "unhansing") == []


def test_what_bears_an_accepted_artefact_is_a_flagged_group_a_cluster_or_nothing(tmp_path):
    own = "digits\tsmall_vgg\tepsilon_plus_flat"
    (tmp_path / "t.png").touch()
    head = HEAD.rstrip() + "\ttemplate\tanalysis\tk\tcluster\n"
    rows = [
        f"a\t{own}\t8\tsuggested\t\t\t\t",
        f"b\t{own}\t8\tsuggested\t\tnone/hellinger/knn10/q8\t3\t1",
        f"c\t{own}\t9\tsuggested\t{tmp_path / 't.png'}\t\t\t",
    ]
    table = tmp_path / "artefacts.tsv"
    table.write_text(head + "\n".join(rows) + "\n")
    told = {
        "preprocessing": {"none": []},
        "distance": {"metrics": ["euclidean", "hellinger"]},
        "embedding": {"q": [8, 32]},
        "correction": {"artefacts": str(table)},
    }
    made = make(corpus={"digits": {"classes": [3, 8]}}, **told)
    folder = "results/digits/small_vgg/epsilon_plus_flat"
    found = {name: inputs.evidence(made, wildcards(artefact=name)) for name in "abc"}
    assert found["a"] == {
        "corpus": "results/digits/corpus/8.zarr.zip",
        "attribution": f"{folder}/attribution/8.zarr.zip",
        "group_search": f"{folder}/group_search/8.zarr.zip",
    }
    analysis = f"{folder}/none/hellinger/knn10/q8"
    assert found["b"]["clustering"] == f"{analysis}/clustering/8.zarr.zip"
    assert "group_search" not in found["b"]
    assert found["c"] == {}
    findings = [inputs.findings(made, wildcards(artefact=name)) for name in "abc"]
    assert findings == [[f"{folder}/findings.tsv"], [], []]
    assert made.settings("prepared_artefact", wildcards(artefact="c"))["index"] == 9
    fewer = make(corpus={"digits": {"classes": [3]}}, **told)
    assert [row.artefact for row in fewer.context.accepted] == ["c"]


def test_an_accepted_artefact_of_no_class_is_refused(tmp_path):
    table = tmp_path / "artefacts.tsv"
    table.write_text(HEAD + "a\tdigits\tsmall_vgg\tepsilon_plus_flat\tx\tsuggested\n")
    made = make(correction={"artefacts": str(table)})
    with pytest.raises(ConfigError, match="artefact 'a': corpus digits has no class 'x'"):
        startup.check(made)

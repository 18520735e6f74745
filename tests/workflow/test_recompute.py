"""What is recomputed: what lies below a change is planned, and done unless its input is the same."""

import os
import shutil
from functools import partial

import _photos
import pytest
import yaml
from _checkout import digests

from unhans.io import store

BELOW_CLUSTERING = {"clustering": 6, "separability": 6, "tau_null": 1}
BELOW_EMBEDDING = {"embedding": 6, "interval": 6, "projection": 3, **BELOW_CLUSTERING}
BELOW_AFFINITY = {"affinity": 6, **BELOW_EMBEDDING}
TABLES = dict.fromkeys(
    ("ranking", "ranking_figure", "comparison", "comparison_figure", "figures", "groups"), 1
)
FINDINGS = {"findings": 1, "candidate_response": 1, "suggestions": 1, "findings_page": 1}
FINDINGS |= {"groups": 1}
BY_PROPERTIES = {"property_accuracy": 1, "probes_page": 1}
PROBES = {"probes": 1, "findings_page": 1, **BY_PROPERTIES, **TABLES}
PROBES_ALONE = {"probes": 1, "findings_page": 1, "probes_page": 1, **TABLES}
DATA = {"predictability": 1, "predictability_figure": 1, "duplicates": 1}
ONE_CLASS = {"preprocessing": 1, "distance": 2, "affinity": 2, "embedding": 2}
ONE_CLASS |= {"clustering": 2, "separability": 2, "projection": 1, **TABLES}
ONE_CLASS |= {"interval": 2, "tau_null": 1}
ONE_CLASS |= {"transplant": 1, "group_search": 1, **FINDINGS}
BELOW_MODEL = {"planted_response": 1, "accuracy": 1, "attribution": 3, "preprocessing": 3}
BELOW_MODEL |= {"distance": 6, **BELOW_AFFINITY, **TABLES, "group_search": 3, **FINDINGS}
BELOW_MODEL |= {"hosts": 1, "transplant": 3, "movement": 3, "interventions": 1, **PROBES}


seldom = partial(pytest.param, marks=pytest.mark.long)  # a plan each: some are enough every time


def edit(checkout, path, old, new):
    file = checkout.folder / "workflow" / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_finished_run_has_nothing_to_do(checkout):
    assert checkout.planned() == {}


def test_a_new_knn_recomputes_affinity_and_below(checkout):
    checkout.configure(affinity={"knn": 12})
    assert checkout.planned() == {**BELOW_AFFINITY, **TABLES}


@pytest.mark.long
def test_a_knn_more_shares_all_that_is_there(checkout):
    checkout.configure(affinity={"knn": [10, 12]})
    # Only the first analysis, which is there already, is drawn.
    added = {rule: count for rule, count in BELOW_AFFINITY.items() if rule != "projection"}
    assert checkout.planned() == {**added, **TABLES}


def test_a_new_metric_recomputes_distance_and_below(checkout):
    checkout.configure(distance={"metrics": ["hellinger"]})
    assert checkout.planned() == {"distance": 6, **BELOW_AFFINITY, **TABLES}


def test_a_new_q_recomputes_the_embedding_and_below(checkout):
    checkout.configure(embedding={"q": 6})
    assert checkout.planned() == {**BELOW_EMBEDDING, **TABLES}


@pytest.mark.long
def test_another_n_init_recomputes_clusters_and_below(checkout):
    checkout.configure(clustering={"n_init": 3})
    assert checkout.planned() == {**BELOW_CLUSTERING, **TABLES}


@pytest.mark.long
def test_swapped_values_are_noticed(checkout):
    target = str(checkout.stage("clustering", class_id="3").relative_to(checkout.folder))
    checkout.configure(clustering={"n_init": 5, "k_max": 5, "seed": 2})
    checkout.run(target)
    checkout.configure(clustering={"n_init": 2, "k_max": 5, "seed": 5})
    assert checkout.planned(target) == {"clustering": 1}


def test_a_new_representation_keeps_the_heatmaps(checkout):
    checkout.configure(preprocessing={"finer": [{"sum_pool": 14}]})
    counts = {"preprocessing": 3, "distance": 3, "affinity": 3, "embedding": 3}
    counts |= {"clustering": 3, "separability": 3, "interval": 3, "tau_null": 1, **TABLES}
    assert checkout.planned() == counts


def test_a_class_more_computes_that_class_and_the_tables(checkout):
    checkout.configure(corpus={"digits": {**corpus_of(checkout), "classes": [1, 3, 8, 5]}})
    # Each class gets surroundings of all others.
    data = {"properties": 1, "movement": 4, "interventions": 1, **DATA, **PROBES}
    assert checkout.planned() == {"attribution": 1, "accuracy": 1, **ONE_CLASS, **data}


def test_a_class_less_recomputes_the_tables_alone(checkout):
    checkout.configure(corpus={"digits": {**corpus_of(checkout), "classes": [3, 8]}})
    probes = {"movement": 2, "interventions": 1, **DATA, **PROBES}
    assert checkout.planned() == {"accuracy": 1, **TABLES, **FINDINGS, **probes}


def test_other_planting_recomputes_everything_but_the_toy(checkout):
    corpus = corpus_of(checkout)
    corpus["planting"][0]["rate"] = 0.5
    checkout.configure(corpus={"digits": corpus})
    above = {"corpus": 10, "manifest": 1, "training": 1, "properties": 3}
    assert checkout.planned() == {**above, **DATA, **BELOW_MODEL}


def test_an_edit_of_separability_recomputes_it_and_the_ranking(checkout):
    edit(checkout, "unhans/spray/separability.py", "SINGULAR = 1e-12", "SINGULAR = 1e-11")
    planned = {"separability": 6, "interval": 6, "tau_null": 1, **TABLES}
    assert checkout.planned() == planned


@pytest.mark.parametrize(
    ("path", "old", "new", "stage"),
    [
        ("reporting/figures/ranking_figure.py", "ROOM = 1.45", "ROOM = 1.5", "ranking_figure"),
        seldom(
            "reporting/figures/correlation.py", "NUMBERED = 30", "NUMBERED = 3", "comparison_figure"
        ),
        seldom("paper/toy_figure.py", "s=16, c=colors", "s=17, c=colors", "toy_figure"),
    ],
)
def test_an_edit_of_a_picture_redraws_it_alone(checkout, path, old, new, stage):
    edit(checkout, f"unhans/{path}", old, new)
    assert checkout.planned() == {stage: 1}


@pytest.mark.long
def test_other_bins_of_the_group_search_recompute_what_was_found_alone(checkout):
    checkout.configure(group_search={"bins": 5})
    assert checkout.planned() == {"group_search": 3, **FINDINGS, **TABLES}


@pytest.mark.long
def test_an_edit_of_one_metric_leaves_the_other(checkout):
    checkout.configure(distance={"metrics": ["euclidean", "hellinger"]})
    checkout.run("--until", "distance")
    edit(checkout, "unhans/spray/distance/hellinger.py", "np.float32(1), out", "np.float32(2), out")
    assert checkout.planned("--until", "distance") == {"distance": 6}


def test_an_edit_of_a_script_recomputes_its_rule(checkout):
    edit(checkout, "scripts/clustering.py", "np.array(ks)", "np.asarray(ks)")
    assert checkout.planned() == {**BELOW_CLUSTERING, **TABLES}


def test_an_edit_of_words_or_of_infrastructure_recomputes_nothing(checkout):
    edit(
        checkout,
        "unhans/spray/separability.py",
        "SINGULAR = 1e-12",
        "# why\nSINGULAR = 1e-12  # so",
    )
    edit(checkout, "unhans/spray/separability.py", '    """', '    """In other words: ')
    edit(checkout, "unhans/spray/embedding.py", '"""Embedding:', '"""In other words:')
    edit(checkout, "unhans/io/zarr_zip.py", "CHUNK = 32", "CHUNK = 16")
    edit(checkout, "scripts/clustering.py", '"""clustering:', '"""Clustering:')
    assert checkout.planned() == {}


def test_a_deleted_heatmap_recomputes_that_class_from_there(checkout):
    checkout.stage("attribution", class_id="3").unlink()
    planned = {"attribution": 1, "accuracy": 1, **ONE_CLASS, **BY_PROPERTIES}
    assert checkout.planned() == planned


@pytest.mark.parametrize(
    ("path", "planned"),
    [
        ("ranking.html", {"ranking_figure": 1}),
        seldom("toy.zarr.zip", {"toy": 1, "toy_figure": 1}),
        ("digits/manifest.tsv", {"manifest": 1}),
        seldom("digits/set_aside.tsv", {"manifest": 1}),
        (
            "digits/corpus/3.zarr.zip",
            {"corpus": 1, "manifest": 1, "training": 1, "properties": 1, **DATA, **BELOW_MODEL},
        ),
        seldom("digits/properties/3.zarr.zip", {"properties": 1, **DATA, **PROBES}),
        seldom(
            "digits/predictability.tsv",
            {"predictability": 1, "predictability_figure": 1, **PROBES},
        ),
        seldom(
            "digits/small_vgg/movement/3.zarr.zip",
            {"movement": 1, "interventions": 1, **PROBES_ALONE},
        ),
        seldom("digits/small_vgg/interventions.tsv", {"interventions": 1, **PROBES_ALONE}),
        ("digits/small_vgg/probes.tsv", PROBES_ALONE),
        seldom("digits/small_vgg/property_accuracy.tsv", BY_PROPERTIES),
        seldom("digits/duplicates.tsv", {"duplicates": 1, "probes_page": 1}),
        ("digits/small_vgg/weights.safetensors", {"training": 1, **BELOW_MODEL}),
        seldom("digits/small_vgg/training.tsv", {"training": 1, **BELOW_MODEL}),
        ("digits/small_vgg/accuracy.tsv", {"accuracy": 1, "probes_page": 1, **TABLES}),
        seldom("digits/small_vgg/confusion.tsv", {"accuracy": 1, "probes_page": 1, **TABLES}),
        seldom(
            "digits/small_vgg/epsilon_plus_flat/pooled/euclidean/knn10/q8/projection/3.zarr.zip",
            {"projection": 1, "figures": 1},
        ),
    ],
)
def test_any_deleted_result_is_computed_anew(checkout, path, planned):
    (checkout.results / path).unlink()
    assert checkout.planned() == planned


@pytest.mark.long
def test_what_is_made_anew_with_the_same_content_leaves_the_results_below_it_as_they_are(checkout):
    before = digests(checkout.results)
    (checkout.results / "digits/corpus/3.zarr.zip").unlink()
    checkout.run("--until", "attribution")
    log = checkout.results / "logs/digits/small_vgg/epsilon_plus_flat/attribution/8.log"
    assert log.read_text() == "attribution: 8 is up to date\n"
    assert digests(checkout.results) == before


def test_fresh_time_stamps_of_the_code_recompute_nothing(checkout):
    for file in (checkout.folder / "workflow").rglob("*"):
        os.utime(file)
    assert checkout.planned() == {}


@pytest.mark.parametrize(
    ("sections", "stage"),
    [
        ({"clustering": {"n_init": 3}}, "clustering"),
        pytest.param(
            {"preprocessing": {"none": ["as_distribution"]}},
            "preprocessing",
            marks=pytest.mark.long,
        ),
    ],
)
def test_without_snakemakes_records_stale_results_are_refused(checkout, sections, stage):
    shutil.rmtree(checkout.folder / ".snakemake")
    checkout.configure(**sections)
    (checkout.results / "ranking.tsv").unlink()
    done = checkout.snakemake("ranking")
    assert done.returncode != 0
    assert f"stale: its stage '{stage}' was made with parameters" in done.stderr + done.stdout


@pytest.mark.long
def test_without_snakemakes_records_a_forced_stage_mends_what_is_stale(checkout):
    shutil.rmtree(checkout.folder / ".snakemake")
    checkout.configure(clustering={"n_init": 3})
    checkout.run("ranking", "--forcerun", "clustering")


def test_a_class_set_aside_under_other_parameters_is_stale_too(checkout):
    path = checkout.stage("separability", class_id="3")
    lineage = store.read_attributes(path)["lineage"]
    recipe = store.Recipe("separability", {}, lineage["separability"]["code"])
    other = store.Recipe("clustering", {"n_init": 99}, lineage["clustering"]["code"])
    store.write_set_aside(path.with_name("above.zarr.zip"), other, "too few")
    store.write_set_aside(path, recipe, "too few", [path.with_name("above.zarr.zip")])
    done = checkout.snakemake("ranking")
    assert done.returncode != 0
    assert "3.zarr.zip: stale" in done.stderr + done.stdout


def corpus_of(checkout):
    return yaml.safe_load((checkout.folder / "test.yaml").read_text())["corpus"]["digits"]


RECORD = "results/mine/own/model.zarr.zip"


@pytest.fixture
def photographs(fresh):
    """A checkout in which a network was made of a file of weights, and nothing below it."""
    _photos.write(fresh)
    fresh.run(RECORD)
    shutil.copy(fresh.results / "mine/own/weights.safetensors", fresh.folder / "own.safetensors")
    own = {"architecture": "own_network:tiny", "weights": "own.safetensors"}
    fresh.config = {**fresh.config, "model": {"own": own}}
    fresh.configure()
    fresh.run(RECORD)
    assert fresh.planned(RECORD) == {}
    edit(fresh, "scripts/corpus.py", "job.say(made.summary())", "made.summary()")
    return fresh


def test_other_images_make_no_other_network(photographs):
    assert photographs.planned(RECORD) == {"corpus_mine_000": 1}


@pytest.mark.parametrize("what", ["weights", "older weights", "link", "hash", "code"])
def test_a_network_is_made_anew_though_its_images_are_too(photographs, what):
    """Snakemake looks at no job below one that runs, and images are ancient to a network."""
    weights = photographs.folder / "own.safetensors"
    if what == "link":
        weights.rename(weights.with_name("first.safetensors"))
        shutil.copy2(
            weights.with_name("first.safetensors"), weights.with_name("second.safetensors")
        )
        weights.symlink_to("second.safetensors")
    elif "weights" in what:
        weights.write_bytes(weights.read_bytes()[:-1])
        if what == "older weights":
            os.utime(weights, (10**9, 10**9))
    elif what == "hash":
        photographs.config["model"]["own"]["sha256"] = "0123abcd"
        photographs.configure()
    else:
        edit(photographs, "scripts/model.py", "job.say(report.describe())", "report.describe()")
    assert photographs.planned(RECORD) == {"corpus_mine_000": 1, "model": 1}


def test_an_older_file_of_weights_is_noticed_by_itself(photographs):
    """It is no newer than the network: Snakemake saw nothing to do, and the ranking was of the first."""
    weights = photographs.folder / "run_2/own.safetensors"
    weights.parent.mkdir()
    shutil.copy(photographs.folder / "own.safetensors", weights)
    os.utime(weights, (10**9, 10**9))
    edit(photographs, "scripts/corpus.py", "made.summary()", "job.say(made.summary())")
    assert photographs.planned(RECORD) == {}
    photographs.config["model"]["own"]["weights"] = "run_2/own.safetensors"
    photographs.configure()
    assert photographs.planned(RECORD) == {"model": 1}


def test_deleted_images_are_read_again_for_any_target(checkout):
    """A ranking of the images of before was up to date, since it was there itself."""
    assert checkout.planned("ranking") == {}
    (checkout.results / "digits/corpus/3.zarr.zip").unlink()
    # The network is trained on all classes.
    planned = checkout.planned("ranking")
    assert {name: planned[name] for name in ("corpus", "attribution", "ranking")} == {
        **{"corpus": 1, "attribution": 3, "ranking": 1}
    }
    assert checkout.planned("results/digits/small_vgg/probes.tsv")["movement"] == 3
    assert checkout.planned("verify") == {"verify": 1}
    # Of a class that is not explained nothing was deleted.
    checkout.stage("attribution", class_id="3").unlink()
    assert checkout.planned("toy") == {}

"""class_data: what is shown of a class equals the store to the last bit, and any name is text."""

import json
from pathlib import Path

import explored
import numpy as np
import pages
import pytest

from unhans.errors import InputError
from unhans.images.attributes import ImageAttributes
from unhans.io import store
from unhans.reporting.explorer import class_data, relevance, thumbnails
from unhans.reporting.explorer.encoding import unpacked


def shown(made):
    """The value that the script of a class gives the page."""
    text = made.arrays["script"].tobytes().decode("ascii")
    return json.loads(text.removeprefix(f"{class_data.CALL}(").removesuffix(");\n"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return explored.Explored(tmp_path_factory.mktemp("explored"))


@pytest.fixture(scope="module")
def one(run):
    results, made = run.collect("1")
    return results, made, shown(made)


def test_points_clusters_and_eigenvalues_are_those_of_the_store(one):
    results, _, value = one
    assert [own["path"] for own in value["analyses"]] == [
        own.comparison for own in explored.ANALYSES
    ]
    for number, own in enumerate(value["analyses"]):
        embedding = results[f"embedding_{number}"]
        clusters = results[f"clustering_{number}"]
        assert own["eigenvalues"] == embedding["eigenvalue"].tolist()
        points = embedding["embedding"].astype(np.float32)
        np.testing.assert_array_equal(unpacked(own["embedding"]), points)
        assert own["k"] == clusters["k"].tolist()
        np.testing.assert_array_equal(unpacked(own["labels"]), clusters["nested"])
        assert own["fisher"] == results[f"separability_{number}"]["fisher"].tolist()
    drawn = value["analyses"][0]["projections"]
    assert list(drawn) == ["umap", "tsne"]
    np.testing.assert_array_equal(unpacked(drawn["tsne"]), results["projection_0"]["tsne"])
    assert value["analyses"][1]["projections"] == {}


def test_images_groups_and_columns_are_those_of_the_store(one):
    results, made, value = one
    listed = json.loads(results["corpus"]["listing"].tobytes())["rows"]
    assert value["image"] == [row[0] for row in listed]
    assert value["path"] == [row[2] for row in listed]
    groups = results["group_search"]
    for own in value["groups"]:
        members = groups[f"{own['indicator']}_members"][own["number"]]
        found = np.unpackbits(unpacked(own["members"]))[: value["n"]]
        np.testing.assert_array_equal(found, members)
        assert own["images"] == members.sum()
    for name, score in value["scores"].items():
        np.testing.assert_array_equal(unpacked(score), groups[f"{name}_score"][0])
    attribution = results["attribution"]
    np.testing.assert_array_equal(unpacked(value["numbers"]["logit"]), attribution["logit"])
    right = value["categories"]["correct"]
    answers = np.array(right["values"])[unpacked(right["codes"])]
    np.testing.assert_array_equal(answers == "yes", attribution["rank"] == 1)
    planted = value["categories"]["artefact"]
    assert planted["values"] == ["none", "corner"]
    sheet = class_data.from_result(
        store.Result(None, {**made.notes}, made.arrays)  # type: ignore[arg-type]
    )[1]
    tiles = [np.asarray(tile)[..., 0] for tile in thumbnails.tiles(sheet, np.arange(value["n"]))]
    np.testing.assert_array_equal(tiles, results["corpus"]["image"])


def test_attributes_are_columns_and_many_numbers_a_scale(run):
    results = store.opened(run.inputs["1"])
    paths = [row[2] for row in json.loads(results["corpus"]["listing"].tobytes())["rows"]]
    known = {path: (str(at / 4), "7", "</script>") for at, path in enumerate(paths)}
    known[paths[0]] = ("", "", "")
    attributes = ImageAttributes(("age", "dose", "site"), known)
    own = {"root": None, "thumbnail": 80, "attributes": attributes}
    made = class_data.collect(results, "1", **own)
    value = shown(made)
    ages = unpacked(value["numbers"]["age"])
    assert np.isnan(ages[0])
    np.testing.assert_array_equal(ages[1:], np.arange(1, len(paths)) / 4)
    assert value["categories"]["dose"]["values"] == ["7", "unknown"]
    assert value["categories"]["site"]["values"] == ["</script>", "unknown"]
    assert b"</script>" not in made.arrays["script"].tobytes()


def test_small_heatmaps_are_the_heatmaps_within_half_a_step(one):
    results, _, value = one
    steps = unpacked(value["heatmaps"]["values"]).astype(float)
    largest = unpacked(value["heatmaps"]["largest"])[:, None, None]
    heatmaps = results["attribution"]["heatmap"]
    assert np.abs(steps * largest / relevance.LEVELS - heatmaps).max() <= largest.max() / 253


def test_the_same_results_give_the_same_bytes(run):
    first, second = (run.collect("2")[1].arrays for _ in range(2))
    assert {name: array.tobytes() for name, array in first.items()} == {
        name: array.tobytes() for name, array in second.items()
    }


def test_hostile_names_are_text(tmp_path):
    names = ["</script><script>alert(1)</script>", "\u2028<!--", pages.NAMES[0], "{{ 7 * 7 }}"]
    _, made = explored.Explored(tmp_path, names).collect("1")
    script = made.arrays["script"].tobytes()
    assert not set(script) & set(b"<>&")
    assert set(shown(made)["categories"]["prediction"]["values"]) == set(names[1:3])


def test_an_analysis_that_was_set_aside_says_why_and_the_others_are_shown(run):
    inputs = dict(run.inputs["1"])
    path = Path(inputs["embedding_1"])
    kept = path.read_bytes()
    store.write_set_aside(path, explored.recipe("embedding"), "too few images")
    try:
        made = class_data.collect(store.opened(inputs), "1", root=None, thumbnail=80)
    finally:
        path.write_bytes(kept)
    first, second = shown(made)["analyses"]
    assert first["status"] == "ok"
    assert second == {"path": explored.ANALYSES[1].comparison, "status": "too few images"}


def test_a_class_without_explained_images_is_set_aside(run, tmp_path):
    inputs = dict(run.inputs["1"])
    empty = tmp_path / "attribution" / "1.zarr.zip"
    arrays = {"heatmap": np.zeros((0, 28, 28), np.float32), "image": np.zeros(0, int)}
    store.write(empty, arrays, explored.recipe("attribution"))
    inputs["attribution"] = str(empty)
    with pytest.raises(InputError, match="class 1 holds no image that was explained"):
        class_data.collect(store.opened(inputs), "1", root=None, thumbnail=80)

"""Hidden layers: kept beside the heatmaps, and analysed as the heatmaps are."""

import numpy as np
import pytest
from _checkout import SMALL, Checkout, digests

from unhans.io import store
from unhans.spray.pairwise import pairwise

LAYERS = {
    **SMALL,
    "attribution": {"layers": ["2"]},
    "preprocessing": {
        "none": [],
        "channels": [{"layer": 0}, "unit_norm"],
        "local": [{"activations": "2"}],
    },
    "distance": {"metrics": ["euclidean", "local_features"]},
    "execution": {"classes_per_job": 10},
}


@pytest.mark.long  # three runs
def test_layers_are_kept_and_analysed_and_what_is_made_of_heatmaps_stays(tmp_path):
    checkout = Checkout(tmp_path / "checkout", LAYERS)
    checkout.run("--until", "separability_digits_000")
    before = digests(checkout.results)
    folder = checkout.stage("attribution").parent
    for analysis in ("none/euclidean", "channels/euclidean", "local/local_features"):
        found = store.read(folder / analysis / "knn10/q8/separability/3.zarr.zip")
        assert found["tau"] > 0
    assert not (folder / "local" / "euclidean").exists()
    distance = store.read(folder / "local/local_features/distance/3.zarr.zip")
    maps = {
        name: store.read(folder / f"local/preprocessing/{name}.zarr.zip")["heatmap"]
        for name in ("1", "3", "8")
    }
    # Sixty images a class are fewer than those that are drawn.
    others = np.concatenate([maps["1"], maps["8"]])
    expected = pairwise(maps["3"], "local_features", others=others)
    np.testing.assert_allclose(distance["distance"], expected, atol=1e-5)
    assert set(distance.attributes["lineage"]) >= {"concepts", "class_sample", "preprocessing"}

    # Another choice of layers makes the concepts anew, and what is made of them.
    steps = {"channels": [{"layer": 1}, "unit_norm"], "local": [{"activations": "2"}]}
    checkout.configure(attribution={"layers": "auto"}, preprocessing=steps)
    checkout.run("--until", "distance_digits_000")
    kept = store.read(folder / "concepts/3.zarr.zip")
    assert [layer["name"] for layer in kept.attributes["layers"]] == ["2", "5", "7"]
    after = digests(checkout.results)
    same = [path for path in before if "/attribution/" in path or "/none/" in path]
    assert len(same) > 15
    assert [path for path in same if before[path] != after[path]] == []
    assert all(before[path] != after[path] for path in before if "/concepts/" in path)
    log = checkout.results / "logs/digits/small_vgg/epsilon_plus_flat/none/euclidean/distance/3.log"
    assert log.read_text() == "distance: 3 is up to date\n"

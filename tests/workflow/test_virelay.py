"""The export for ViRelAy of a finished run: made by its target alone, whole, and made once."""

import h5py
import numpy as np
import yaml

from unhans.io import store


def test_the_export_for_virelay_is_whole_and_is_made_once(checkout):
    # An analysis that is not drawn is projected for it.
    assert checkout.planned("virelay") == {"projection": 3, "virelay": 1}
    checkout.run("virelay")
    folder = checkout.results / "virelay"
    project = yaml.safe_load((folder / "project.yaml").read_text())["project"]
    methods = [one["analysis_method"] for one in project["analyses"]]
    assert methods == ["pooled.euclidean.knn10.q8", "none.euclidean.knn10.q8"]
    data = folder / "digits" / "small_vgg" / "epsilon_plus_flat"
    for representation, method in zip(("pooled", "none"), methods, strict=True):
        with h5py.File(data / f"{method}.h5") as file:
            for class_id in ("1", "3", "8"):
                expected = store.read(checkout.stage("embedding", representation, class_id))
                kept = file[f"{class_id}/embedding/spectral"]
                np.testing.assert_array_equal(kept, expected["embedding"])
                assert "tsne" in file[f"{class_id}/embedding"]
    assert checkout.planned("virelay") == {}
    (data / "labels.json").write_text("{")
    found = checkout.snakemake("verify")
    assert "labels.json: cannot be read as JSON" in found.stdout + found.stderr

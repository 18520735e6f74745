"""Neural features of a whole run: tables and pages, labels, and networks that are refused."""

import numpy as np
import pytest
from _checkout import SMALL, Checkout, digests

from unhans.errors import SetAsideError
from unhans.io import store, tsv

POOLED = {
    **SMALL,
    "model": {
        "small_pooled": {"architecture": "small_pooled", "epochs": 25, "learning_rate": 0.005},
        "small_vgg": {"epochs": 1},
    },
    "execution": {"classes_per_job": 10},
    "sensitivity": {"attack_steps": 2, "images": 10, "top": 5},
}
LABELS = "corpus\tmodel\tclass\tfeature\tlabel\n"


@pytest.mark.long  # four runs
def test_features_are_found_labelled_and_shown(tmp_path):
    checkout = Checkout(tmp_path / "checkout", POOLED)
    checkout.run("--", "features")
    table = tsv.read_tsv(checkout.results / "tables" / "salient.tsv")
    own = table[table["model"] == "small_pooled"]
    assert (own["status"] == "ok").sum() == 30
    refused = table[table["model"] == "small_vgg"]["status"]
    assert len(refused) == 3
    assert refused.str.contains("not the average over positions of a layer's map").all()
    pages = checkout.results / "digits/small_pooled/features"
    assert sorted(path.name for path in pages.glob("*.html")) == ["1.html", "3.html", "8.html"]
    assert not list((checkout.results / "digits/small_vgg/features").glob("*.html"))
    before = digests(checkout.results)
    assert checkout.planned("--", "features") == {}

    feature = own[own["class"].astype(str) == "1"]["feature"].iloc[0]
    labels = checkout.folder / "labels.tsv"
    labels.write_text(f"{LABELS}digits\tsmall_pooled\t1\t{feature}\tbackground\n")
    checkout.configure(sensitivity={"labels": "labels.tsv"})
    checkout.run("--", "features")
    after = digests(checkout.results)
    changed = {path for path in before if before[path] != after[path]}
    assert "digits/small_pooled/sensitivity/1.zarr.zip" in changed
    assert not {path for path in changed if path.endswith(("3.zarr.zip", "8.zarr.zip"))}
    table = tsv.read_tsv(checkout.results / "tables" / "salient.tsv")
    row = table[(table["model"] == "small_pooled") & (table["source"] == "person")].iloc[0]
    assert (row["feature"], row["label"]) == (feature, "background")

    labels.write_text(f"{LABELS}digits\tsmall_pooled\t77\t{feature}\tbackground\n")
    done = checkout.snakemake("--", "features")
    assert done.returncode != 0
    assert "corpus digits has no class '77'" in done.stdout + done.stderr


@pytest.mark.long  # two runs
def test_activations_that_come_with_heatmaps_give_the_same_features(tmp_path):
    checkout = Checkout(tmp_path / "checkout", POOLED)
    checkout.run("--", "features")
    folder = checkout.results / "digits/small_pooled/neurons"
    before = {path.name: store.read(path) for path in folder.glob("*.zarr.zip")}
    checkout.configure(attribution={"activations": True})
    checkout.run("--", "features")
    kept = checkout.results / "digits/small_vgg/epsilon_plus_flat/activations/3.zarr.zip"
    with pytest.raises(SetAsideError, match="not the average over positions"):
        store.read(kept)
    for name, own in before.items():
        made = store.read(folder / name)
        assert "activations" in made.attributes["inputs"]
        assert np.array_equal(made["neuron"], own["neuron"])
        np.testing.assert_allclose(made["activation"], own["activation"], atol=1e-5)
        np.testing.assert_allclose(made["neuron_mask"], own["neuron_mask"], atol=0.005)
    refused = tsv.read_tsv(checkout.results / "tables" / "salient.tsv").query(
        "model == 'small_vgg'"
    )
    assert refused["status"].str.contains("not the average over positions").all()
    assert checkout.planned("--", "features", "all").keys().isdisjoint({"attribution", "neurons"})
    checkout.run("--", "verify")

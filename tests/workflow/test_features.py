"""Neural features of a whole run: tables and pages, labels, and networks that are refused."""

import pytest
from _checkout import SMALL, Checkout, digests

from unhans.io import tsv

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

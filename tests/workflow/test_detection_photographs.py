"""The benchmark on photographs, on a tiny folder and a tiny network; and without photographs."""

import _photos
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unhans.io import store

NAMES = ("apple", "bread", "cloud", "door", "egg")
NETWORK = """
import torch
from torch import nn

from unhans.images.transform import Transform
from unhans.networks.registry import Network


def tiny():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 8, 5, stride=3), nn.ReLU())
    module = nn.Sequential(body, nn.Flatten(), nn.Linear(800, 5))
    return Network(module, list, Transform(32, 32, (0.5,) * 3, (0.25,) * 3), 5, "0.0")
"""
CONFIG = {
    **{key: value for key, value in _photos.CONFIG.items() if key != "corpus"},
    "corpus": {},
    "model": {
        "own": {
            "architecture": "own_network:tiny",
            "fine_tuning": {
                **{"frozen": "0", "epochs": 6, "misled": 1},
                **{"learning_rate": 0.01, "head_learning_rate": 0.01},
            },
        }
    },
    "detection_photographs": {
        "root": "photos",
        "classes": list(NAMES),
        "kinds": ["pillarbox", "label"],
        "rates": [0.25],
        "per_class": 24,
    },
}


def photograph(root):
    random = np.random.default_rng(0)
    for number, name in enumerate(NAMES):
        folder = root / "train" / name
        folder.mkdir(parents=True)
        for image in range(24):
            pixels = random.integers(60, 140, (36, 36, 3), dtype=np.uint8)
            pixels[6 + 4 * number : 10 + 4 * number, 8:28, number % 3] = 220
            Image.fromarray(pixels).save(folder / f"{image:02d}.png")


@pytest.mark.long
def test_marks_in_photographs_are_planted_used_and_scored(fresh):
    (fresh.folder / "own_network.py").write_text(NETWORK)
    photograph(fresh.folder / "photos")
    fresh.config = CONFIG
    fresh.configure()
    done = fresh.snakemake("--", "detection_photographs")
    assert done.returncode == 0, done.stdout + done.stderr
    folder = fresh.folder / "results"
    table = pd.read_csv(folder / "detection_photographs/classes.tsv", sep="\t")
    assert sorted(table["kind"]) == ["label", "none", "none", "none", "pillarbox"]
    assert table.loc[table["kind"] == "pillarbox", "used"].all()
    (network,) = folder.glob("photos_*/own")
    marked = table.loc[table["kind"] == "pillarbox", "class"].iloc[0]
    found = store.read(network / f"epsilon_plus_flat/attribution/{marked}.zarr.zip")
    assert (found["artefact"] > 0).sum() == 6
    assert store.read(network / "model.zarr.zip").attributes["fine_tuning"]["frozen"] == "0"
    summary = pd.read_csv(folder / "detection_photographs/summary.tsv", sep="\t")
    assert {"pillarbox", "label", "all_fixed", "all_random"} == set(summary["kind"])
    assert set(summary.columns) >= {
        "kind",
        "rate",
        "score",
        "auc",
        "f1",
        "group",
        "used",
        "flagged",
    }
    response = pd.read_csv(network / "planted_response.tsv", sep="\t")
    assert (response["images"] <= 4 * 5).all()  # those that were held out


@pytest.mark.long  # a job of its own that loads torch
def test_without_photographs_it_is_skipped_with_the_reason(fresh):
    done = fresh.snakemake("--", "detection_photographs")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "detection_photographs: skipped: detection_photographs.root is not set" in said
    table = pd.read_csv(fresh.folder / "results/detection_photographs/summary.tsv", sep="\t")
    assert table.empty

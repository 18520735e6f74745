"""A corpus of many classes whose heatmaps are stored already: everything below them is left to run.

No image and no weight lies under them: what the ranking reads of whole classes is stored, without a row.
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

CONFIG = {
    "corpus": {"many": {"source": "folder", "root": "images", "splits": ["train"]}},
    "model": {"random": {"architecture": "resnet18"}},
    "attribution": {"layers": []},
    "projection": {"methods": ["tsne"]},
    "figures": {"top": 1},
}


def write(checkout, classes, images, size, seed=0, **sections):
    """Write a config, the folders of the classes, and their heatmaps as their stages would have.

    The heatmaps are noise around one of two to four blobs, so that there is something to cluster.
    """
    checkout.config = {**CONFIG, **sections}
    checkout.configure()
    for number in range(classes):
        (checkout.folder / f"images/train/class_{number:04d}").mkdir(parents=True, exist_ok=True)
    here = os.getcwd()
    os.chdir(checkout.folder)
    try:
        _write_results(checkout, images, size, np.random.default_rng(seed))
    finally:
        os.chdir(here)


def _write_results(checkout, images, size, random):
    from unhans.config import loading
    from unhans.io import store, tsv
    from unhans.pipeline import network_inputs
    from unhans.pipeline.plan import Plan
    from unhans.probes import responses, shortcuts

    plan = Plan(loading.load(yaml.safe_load(Path("test.yaml").read_text())), Path("workflow"))
    analysis = plan.config.analyses()[0]
    recipes = {
        stage: store.Recipe(stage, plan.settings(stage, analysis), plan.code(stage, analysis))
        for stage in ("corpus", "model", "attribution")
    }
    record = Path("results/many/random/model.zarr.zip")
    notes = {"architecture": "resnet18", "classes": 1, "names": [], "transform": None}
    notes["sha256"] = hashlib.sha256(b"").hexdigest()
    notes["asked"] = network_inputs.asked(plan, analysis)  # it would be made anew
    store.write(record, {"sha256": np.zeros(32, np.uint8)}, recipes["model"], notes=notes)
    record.with_name("weights.safetensors").write_bytes(b"")
    # Probes are made from interventions, and would be made anew if they were older.
    nothing = {"interventions": responses.COLUMNS, "probes": shortcuts.COLUMNS}
    model = store.read(record)
    for number, class_id in enumerate(plan.classes.analysed("many")):
        path = plan.result("corpus", analysis, class_id)
        rows = [[f"{row}.png", "train", f"{row}.png", "", "ok", ""] for row in range(images)]
        listing = json.dumps({"index": number, "rows": rows}).encode()
        store.write(
            path,
            {"listing": np.frombuffer(listing, np.uint8)},
            recipes["corpus"],
            notes={"label": class_id, "name": class_id, "index": number, "splits": ["train"]},
        )
        store.write(
            plan.result("attribution", analysis, class_id),
            {
                "heatmap": _heatmaps(images, size, random),
                "rank": np.ones(images, np.int64),
                "prediction": np.zeros(images, np.int64),
                "split": np.zeros(images, np.int64),
                "image": np.arange(images),
            },
            recipes["attribution"],
            inputs={"images": store.read(path), "model": model},
            notes={"splits": ["train"], "set_aside": {}},
        )
    for name, columns in nothing.items():
        tsv.write_tsv(pd.DataFrame(columns=columns), plan.beside(2, analysis, f"{name}.tsv"))
    for path in Path("results").rglob("attribution/*.zarr.zip"):
        os.utime(path)  # a chunk's heatmaps are all newer than any of its images


def _heatmaps(images, size, random):
    centres = random.uniform(0.2, 0.8, (random.integers(2, 5), 2))
    own = centres[random.integers(len(centres), size=images)] + random.normal(0, 0.05, (images, 2))
    axis = np.linspace(0, 1, size)
    rows = np.exp(-(((axis[None] - own[:, :1]) / 0.15) ** 2))
    columns = np.exp(-(((axis[None] - own[:, 1:]) / 0.15) ** 2))
    blobs = rows[:, :, None] * columns[:, None, :]
    return (blobs + random.normal(0, 0.1, blobs.shape)).astype(np.float32)

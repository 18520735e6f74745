"""Neural features of digits: which planted artefacts they name, and what cures leave of them.

    python tests/benchmarks/neural_features.py --seed 0 --folder results/neural_features

Each seed makes a corpus of digits with an artefact in two classes, and trains `small_pooled`. A line an
artefact and cure (docs/results/features.md); further seeds append to the table.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from unhans.artefacts.accepted import Accepted
from unhans.artefacts.artefact import Artefact
from unhans.correction import data, last_layer, methods
from unhans.correction.case import Case
from unhans.correction.vectors import Method
from unhans.features import class_activations, class_features, feature_maps, sensitivity, spuriosity
from unhans.features.answers import SPURIOUS
from unhans.features.feature_maps import FeatureMaps
from unhans.features.pixels import Pixels
from unhans.images import planting
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.networks import small, training, weights
from unhans.networks.training import Schedule

KINDS = {"3": ("corner", 0.25), "8": ("border", 0.2), "1": ("bar", 0.25), "5": ("corners", 0.25)}
LAYER = "9"
"""The last map of the network."""


def corpora(folder: Path, planted: list[dict]) -> dict:
    settings = settings_of(
        **{"per_class": 500, "validation": 0.2, "seed": planted[0]["seed"], "blur": 0, "noise": 0},
        planting=planted,
    )
    recipe = store.Recipe("corpus", {"planting": planted}, "x")
    for index in range(10):
        made = of_digits(Entry(str(index), str(index), str(index), index), settings)
        store.write(folder / f"{index}.zarr.zip", made.arrays, recipe, notes=made.notes)
    return store.read_all(sorted(map(str, folder.glob("*.zarr.zip"))))


def trained(results: dict, seed: int):
    own = [result.arrays for result in results.values()]
    inputs = np.concatenate([one["image"] for one in own])[:, None].astype(np.float32) / 255
    label, held = (np.concatenate([one[name] for one in own]) for name in ("label", "validation"))
    module = small.build("small_pooled", 10, seed)
    schedule = Schedule(epochs=8, batch_size=64, learning_rate=2e-3, seed=seed)
    record = training.train(module, inputs, label, held, schedule)
    return weights.of_small(module, 10), float(record["accuracy_validation"].iloc[-1])


def drawn(kind: str) -> Artefact:
    altered, masks = planting.insert(np.zeros((1, 28, 28), np.uint8), kind, 0, [0])
    return Artefact(masks[0], altered.astype(np.float32) / 255, 1.0)


def measured(maps, pixels, settings, found: list[dict]) -> dict[str, float]:
    """Gap and response to noise of the spurious feature of greatest AUC, found before the cure."""
    stored = maps.stored
    strength = class_features.values(stored.arrays)
    images = pixels.inputs(pixels.read(stored["image"]))
    logits = sensitivity.predict(pixels.network.module, images)
    right = logits.argmax(axis=1) == pixels.index
    own = [place for place, row in enumerate(found) if row["label"] in SPURIOUS]
    if not own:
        return dict.fromkeys(("gap", "difference", "low", "high"), float("nan"))
    place = max(own, key=lambda at: found[at]["auc"])
    tested = sensitivity._tested(stored)
    order = tested[np.argsort(-strength[place][tested], kind="stable")][: settings.top]
    answer = sensitivity.response(maps, settings, place, order, pixels)
    count = max(1, round(settings.ends * len(right)))
    return {
        "gap": spuriosity.accuracy_gap(strength[place], right, count),
        "difference": answer["difference"],
        "low": answer["low"],
        "high": answer["high"],
    }


def lines(
    results: dict, network, accuracy: float, class_id: str, kind: str, folder: Path, penalty: float
):
    dataset = ClassDataset(results[class_id], None)
    seen, ending = class_activations.of_class(network, dataset, None)
    own = class_features.features(seen, ending, dataset.index, 5)
    path = folder / f"neurons_{class_id}.zarr.zip"
    arrays = class_features.arrays(seen, own, ending, dataset.index)
    store.write(path, arrays, store.Recipe("neurons", {}, "x"))
    stored, pixels = store.read(path), Pixels(dataset, network)
    settings = sensitivity.Settings()
    maps = FeatureMaps(stored, pixels, feature_maps.layer_of(pixels, feature_maps.AUTO))
    found = sensitivity.measure(maps, settings, {})
    images = data.gather(
        class_id,
        results,
        np.flatnonzero(dataset.artefact),
        root=None,
        transform=None,
        classes=10,
        images=200,
        seed=0,
    )
    accepted = Accepted("mark", "digits", "small_pooled", "epsilon_plus_flat", class_id)
    case = Case(network, drawn(kind), images, accepted)
    corrector = methods.Corrector(case, methods.Settings(layers=[LAYER], epochs=3, penalty=penalty))
    tried = [Method("none"), Method("p_clarc", LAYER, "mean_difference")]
    tried += [Method(name) for name in last_layer.NAMES]
    tried += [Method("rr_clarc", LAYER, "mean_difference")]
    for method in tried:
        with corrector.corrected(method) as module:
            changed = methods.evaluate(case, module, explained=False)
            own_pixels = Pixels(dataset, network.__class__(**{**vars(network), "module": module}))
            after = measured(maps, own_pixels, settings, found)
        yield {
            **{"artefact": kind, "class": class_id, "accuracy": accuracy, "method": method.method},
            "spurious": sum(row["label"] in SPURIOUS for row in found),
            "best_iou": max(row["iou"] for row in found),
            "best_auc": max(row["auc"] for row in found),
            **{"insertion": changed["response_after"], "clean": changed["accuracy_clean"]},
            **{"worst_group": changed["accuracy_worst_group"], **after},
            "rest": own.rest,
        }


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--classes", nargs="+", default=list(KINDS))
    parser.add_argument("--penalty", type=float, default=1000)
    given = parser.parse_args()
    folder = given.folder / f"seed_{given.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    planted = [
        {"kind": KINDS[name][0], "class": name, "rate": KINDS[name][1], "seed": given.seed}
        for name in given.classes
    ]
    results = corpora(folder, planted)
    network, accuracy = trained(results, given.seed)
    found = [
        line
        for name in given.classes
        for line in lines(results, network, accuracy, name, KINDS[name][0], folder, given.penalty)
    ]
    table = pd.DataFrame(found)
    table.insert(0, "seed", given.seed)
    path = given.folder / "neural_features.tsv"
    table.to_csv(path, sep="\t", index=False, mode="a", header=not path.exists())
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()

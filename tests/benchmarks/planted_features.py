"""Neural features of photographs with planted marks: which name the mark, and what cures leave of it.

    snakemake --cores 2 --configfile config/detection_photographs.yaml -- detection_photographs
    python tests/benchmarks/planted_features.py --results results --root data/imagenette-160

Reads the networks of the detection benchmark as they lie in its results. A line for each marked class
whose mark the network uses, and cure: how many of the first five neurons and components are labelled
spurious, how well the best of them ranks marked images, what the mark adds to the class's probability in
held-out images of others, and the gap and the answer to noise of the spurious feature.
"""

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from neural_features import measured
from numpy.typing import NDArray
from PIL import Image

from unhans.artefacts import planted_response
from unhans.artefacts.accepted import Accepted
from unhans.correction import data, methods
from unhans.correction.case import Case
from unhans.correction.vectors import Method
from unhans.features import class_activations, class_features, feature_maps, sensitivity
from unhans.features.answers import SPURIOUS
from unhans.features.feature_maps import FeatureMaps
from unhans.features.pixels import Pixels
from unhans.images import photo_marks
from unhans.images.dataset import ClassDataset
from unhans.images.planting import Planting
from unhans.images.sampling import HeldOut
from unhans.images.transform import Transform
from unhans.io import store, tsv
from unhans.networks import weights
from unhans.networks.inference import predict

USED = 0.05
"""Rise of the class's probability from which a mark counts as used."""

TRIED = 60
"""Images of other classes that a mark is put into."""


@dataclass(frozen=True)
class Mark:
    """A mark of the benchmark, put into inputs of a network."""

    kind: str
    transform: Transform

    def insert(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Put it into each of (n, c, h, w); what is random is drawn from the number of the image."""
        made = []
        for number, image in enumerate(images):
            shades = np.rint(self.transform.shades(image)).clip(0, 255).astype(np.uint8)
            view = Image.fromarray(np.moveaxis(shades, 0, -1))
            marked = photo_marks.into_view(view, self.kind, 1, number)
            made.append(self.transform.normal(np.asarray(marked)))
        return np.stack(made)


def lines(folder: Path, root: Path, layer: str, class_id: str, kind: str) -> Iterator[dict]:
    """One line a cure, of a marked class of a network."""
    corpora = store.classes(sorted(map(str, (folder.parent / "corpus").glob("*.zarr.zip"))))
    record = store.read(folder / "model.zarr.zip")
    network = weights.load(record, folder / "weights.safetensors")
    held_out = HeldOut.of(record.attributes)
    dataset = ClassDataset(corpora[class_id], root)
    seen, ending = class_activations.of_class(network, dataset, held_out)
    own = class_features.features(seen, ending, dataset.index, 5)
    arrays = class_features.arrays(seen, own, ending, dataset.index)
    settings = sensitivity.Settings()
    with TemporaryDirectory() as made:
        path = Path(made) / f"{class_id}.zarr.zip"
        store.write(path, arrays, store.Recipe("neurons", {}, "x"))
        stored = store.read(path)
    pixels = Pixels(dataset, network)
    maps = FeatureMaps(stored, pixels, feature_maps.layer_of(pixels, feature_maps.AUTO))
    found = sensitivity.measure(maps, settings, {})
    images = data.gather(
        *(class_id, corpora, np.flatnonzero(dataset.artefact)),
        **{"root": root, "transform": network.transform, "classes": 10, "images": 60, "seed": 0},
    )
    accepted = Accepted("mark", folder.parent.name, folder.name, "epsilon_plus_flat", class_id)
    case = Case(network, Mark(kind, network.transform), images, accepted)
    corrector = methods.Corrector(case, methods.Settings(layers=[layer]))
    clean = images.held_out.only(~images.held_out.marked)
    cures = [Method("none"), Method("p_clarc", layer, "mean_difference")]
    cures += [Method("spufix"), Method("spufix_inserted")]
    for method in cures:
        with corrector.corrected(method) as module:
            changed = replace(network, module=module)
            response = planted_response.tabulate(
                *(changed, corpora, [Planting(kind, class_id, 0.2, 0)]),
                **{"root": root, "held_out": held_out, "most": TRIED, "seed": 0},
            )
            after = measured(maps, Pixels(dataset, changed), settings, found)
            accuracy = np.mean(predict(module, clean.inputs).argmax(axis=1) == clean.label)
        yield {
            **{"network": folder.parent.name, "mark": kind, "class": class_id},
            **{"cure": method.method, "response": response["probability_change"].iloc[0]},
            "spurious": sum(row["label"] in SPURIOUS for row in found),
            **{f"best_{key}": max(row[key] for row in found) for key in ("iou", "auc")},
            **{"clean": accuracy, **after},
        }


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, required=True, help="of the detection benchmark")
    parser.add_argument("--root", type=Path, required=True, help="folder of its photographs")
    parser.add_argument("--layer", default="_blocks.15", help="where P-ClArC corrects")
    asked = parser.parse_args()
    found = []
    for table in sorted(asked.results.glob("photos_*/*/planted_response.tsv")):
        for row in tsv.read_tsv(table).to_dict("records"):
            if row["probability_change"] >= USED:
                mark = str(row["class"]), row["artefact"]
                found += lines(table.parent, asked.root, asked.layer, *mark)
                print(pd.DataFrame(found).tail(4).to_string(index=False), flush=True)
    print(pd.DataFrame(found).to_csv(sep="\t", index=False))


if __name__ == "__main__":
    main()

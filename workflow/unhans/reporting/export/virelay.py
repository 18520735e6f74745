"""ViRelAy: the run as projects of ViRelAy, a web server that shows clusterings of heatmaps.

Of each corpus, network and composite one project: its images, its heatmaps, and each analysis with its
embeddings and clusterings, in HDF5. What is written is what ViRelAy's code reads (versions 0.6.1 and
1.0.0), which differs from its documents:

- It draws images of three channels alone, and not all of its colour maps draw heatmaps of one channel.
  A heatmap is therefore the first of three channels; the others are zero and take no space.
- The name of an analysis must hold no hyphen.
- It takes the names of embeddings and clusterings from the first class of an analysis, so that a class
  that has all of them comes first.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images.dataset import ClassDataset
from unhans.io import hdf5
from unhans.io.store import Result
from unhans.paths import Analysis
from unhans.reporting.export.explanations import Explanation, divided
from unhans.types import Array

ANALYSED = ("embedding", "clustering", "projection")
"""Stages of an analysis that are written."""

CLUSTERINGS = {"nested": "nested", "labels": "kmeans"}
"""Arrays of the stage clustering, and the first part of their names: ``nested-05`` has 5 clusters by the
first 5 eigenvectors, as figures and accepted artefacts have them, ``kmeans-05`` by all eigenvectors, as
tau has them."""

CHANNELS = 3
"""Of images and of heatmaps."""

BLOCK = 64
"""Images that are read at once."""

CHUNK = 1 << 18
"""Bytes of images or heatmaps that a file compresses at once, at most; one image at least."""

INDEXED = 20_000
"""Most heatmaps that are given an index. ViRelAy looks an image up in it number by number, 0.1 s for
10,000 images; without one it takes the heatmaps for those of the first images, which they are."""

STORED: Mapping[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
"""How large arrays are stored, beside a check sum of each chunk."""

Content = bytes | Callable[[Path], None]
"""Of a file: its bytes, or a function that writes it to a path."""


@dataclass(frozen=True, eq=False)
class Project:
    """What one project holds.

    Parameters
    ----------
    explanation : Explanation
        Corpus, network and composite, with their classes.
    analyses : mapping of Analysis to mapping of str to mapping of str to Result
        Results of the stages `ANALYSED` by stage and class, of each analysis.

    """

    explanation: Explanation
    analyses: Mapping[Analysis, Mapping[str, Mapping[str, Result]]]

    @property
    def folder(self) -> PurePosixPath:
        """Folder of its data within the export."""
        return PurePosixPath(*self.explanation.fields)


def projects(
    explained: Iterator[Explanation], stages: Mapping[str, Mapping[str, Result]]
) -> Iterator[Project]:
    """Join explanations and their analyses.

    Parameters
    ----------
    explained : iterator of Explanation
        From `explanations.explanations`.
    stages : mapping of str to mapping of str to Result
        Results of the stages `ANALYSED`, by stage and path.

    Yields
    ------
    Project

    """
    depth = len(Analysis._fields)
    found: dict[Analysis, dict[str, Mapping[str, Result]]] = {}
    for stage in ANALYSED:
        for (*names, knn, q), classes in divided(stages[stage], depth).items():
            analysis = Analysis._make((*names, int(knn), int(q)))
            found.setdefault(analysis, {})[stage] = classes
    for one in explained:
        own = {key: value for key, value in found.items() if key.explanation == one.fields}
        yield Project(one, own)


def files(made: Iterator[Project]) -> Iterator[tuple[str, Content]]:
    """Make the files of the export; the description of a project comes after its data.

    Parameters
    ----------
    made : iterator of Project
        From `projects`.

    Yields
    ------
    path : str
        Within the folder: ``project.yaml`` of the first project, and so on.
    content : bytes or function
        Of the file, or a function that writes it.

    Raises
    ------
    InputError
        No class of a project was explained.

    """
    for number, project in enumerate(made):
        names = ".".join(project.explanation.fields)
        name = "project.yaml" if number == 0 else f"project.{names}.yaml"
        places = _places(project.explanation)
        analyses = {
            method: (analysis, order)
            for method, analysis in _methods(project.analyses).items()
            if (order := _order(project.analyses[analysis], places))
        }
        folder = project.folder
        yield str(folder / "labels.json"), _labels(project.explanation, places)
        yield str(folder / "dataset.h5"), partial(_write_images, project.explanation, places)
        yield str(folder / "attribution.h5"), partial(_write_heatmaps, project.explanation, places)
        for method, (analysis, order) in analyses.items():
            write = partial(_write_analysis, project.analyses[analysis], order, places)
            yield str(folder / f"{method}.h5"), write
        yield name, _description(project, list(analyses))


def _places(explanation: Explanation) -> dict[str, range]:
    """Places of the images of each class among all."""
    found, start = {}, 0
    for class_id in explanation:
        images = len(explanation[class_id]["attribution"]["image"])
        found[class_id] = range(start, start + images)
        start += images
    if not start:
        raise InputError(f"{'/'.join(explanation.fields)}: no image was explained; expected some")
    return found


def _methods(analyses: Mapping[Analysis, Any]) -> dict[str, Analysis]:
    """Name analyses without hyphens, each otherwise."""
    found: dict[str, Analysis] = {}
    for analysis in analyses:
        name = analysis.comparison.replace("/", ".").replace("-", "_")
        while name in found:
            name += "_"
        found[name] = analysis
    return found


def _order(results: Mapping[str, Mapping[str, Result]], places: Mapping[str, range]) -> list[str]:
    """Give the classes that were analysed, those with most embeddings and clusterings first."""
    sizes = {}
    for class_id in places:
        own = _there(results, class_id)
        if "embedding" in own and "clustering" in own:
            sizes[class_id] = len(own["clustering"]["k"]) + 1000 * ("projection" in own)
    return sorted(sizes, key=lambda class_id: -sizes[class_id])


def _there(results: Mapping[str, Mapping[str, Result]], class_id: str) -> dict[str, Result]:
    """Open the results of a class that were not set aside, by stage."""
    found = {stage: own[class_id] for stage, own in results.items() if class_id in own}
    return {stage: one for stage, one in found.items() if one.attributes["status"] == "ok"}


def _labels(explanation: Explanation, places: Mapping[str, range]) -> bytes:
    """Names of all outputs of the network; those of classes by the id of their class."""
    known = enumerate(explanation.network.attributes["names"])
    rows = {
        index: {"index": index, "word_net_id": f"output {index}", "name": name or f"output {index}"}
        for index, name in known
    }
    for class_id in places:
        index = _output(explanation, class_id)
        name = explanation.stages["corpus"][class_id].attributes.get("name") or class_id
        rows[index] = {"index": index, "word_net_id": class_id, "name": name}
    return json.dumps([rows[index] for index in sorted(rows)], indent=1).encode("ascii")


def _output(explanation: Explanation, class_id: str) -> int:
    return ClassDataset(explanation.stages["corpus"][class_id], explanation.root).index


def _write_images(explanation: Explanation, places: Mapping[str, range], path: Path) -> None:
    count = sum(map(len, places.values()))
    with hdf5.created(path) as file:
        label = file.create_dataset("label", (count,), np.uint32, fletcher32=True)
        data: Any = None
        for class_id, own in places.items():
            label[own.start : own.stop] = _output(explanation, class_id)
            images = explanation[class_id].images
            for start in range(0, len(own), BLOCK):
                block = [_as_rgb(images[at]) for at in range(start, min(start + BLOCK, len(own)))]
                if data is None:
                    shape = (count, *block[0].shape)
                    data = _large(file, "data", shape, np.uint8, block[0].shape)
                first = own.start + start
                data[first : first + len(block)] = np.stack(block)


def _as_rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn (h, w) or (h, w, 3) into (3, h, w)."""
    if image.ndim == 2:
        return np.broadcast_to(image, (CHANNELS, *image.shape))
    return image.transpose(2, 0, 1)


def _write_heatmaps(explanation: Explanation, places: Mapping[str, range], path: Path) -> None:
    count = sum(map(len, places.values()))
    with hdf5.created(path) as file:
        columns = {
            name: file.create_dataset(name, (count,), np.uint32, fletcher32=True)
            for name in ("label", "prediction")
        }
        if count <= INDEXED:
            _keep(file, "index", np.arange(count), "u4")
        data: Any = None
        for class_id, own in places.items():
            found = explanation.stages["attribution"][class_id]
            columns["label"][own.start : own.stop] = _output(explanation, class_id)
            columns["prediction"][own.start : own.stop] = found["prediction"]
            heatmaps = found["heatmap"]
            if data is None:
                size = heatmaps.shape[1:]
                shape = (count, CHANNELS, *size)
                data = _large(file, "attribution", shape, heatmaps.dtype, (1, *size))
            data[own.start : own.stop, 0] = heatmaps


def _large(file: Any, name: str, shape: tuple[int, ...], dtype: Any, unit: tuple[int, ...]) -> Any:
    """Make an array that is stored in chunks of some images each, of the shape ``unit``."""
    size = int(np.prod(unit)) * np.dtype(dtype).itemsize
    chunk = min(shape[0], max(1, CHUNK // size))
    return file.create_dataset(name, shape, dtype, chunks=(chunk, *unit), fletcher32=True, **STORED)


def _write_analysis(
    results: Mapping[str, Mapping[str, Result]],
    order: list[str],
    places: Mapping[str, range],
    path: Path,
) -> None:
    with hdf5.created(path, track_order=True) as file:
        for class_id in order:
            own = _there(results, class_id)
            group = file.create_group(class_id, track_order=True)
            _keep(group, "index", np.arange(places[class_id].start, places[class_id].stop), "u4")
            _write_embeddings(group.create_group("embedding", track_order=True), own)
            _write_clusterings(group.create_group("cluster", track_order=True), own)


def _write_embeddings(group: Any, own: Mapping[str, Result]) -> None:
    spectrum = own["embedding"]["embedding"]
    kept = _keep(group, "spectral", spectrum)
    kept.attrs["eigenvalue"] = own["embedding"]["eigenvalue"]
    if "projection" in own:
        for name in own["projection"].attributes["methods"]:
            kept = _keep(group, name, own["projection"][name])
            kept.attrs["embedding"] = "spectral"
            kept.attrs["index"] = np.arange(spectrum.shape[1], dtype=np.uint32)


def _write_clusterings(group: Any, own: Mapping[str, Result]) -> None:
    axes = own["embedding"]["embedding"].shape[1]
    ks = own["clustering"]["k"]
    for array, prefix in CLUSTERINGS.items():
        for k, labels in zip(ks, own["clustering"][array], strict=True):
            kept = _keep(group, f"{prefix}-{k:02d}", labels)
            used = min(int(k), axes) if array == "nested" else axes
            kept.attrs["embedding"], kept.attrs["k"] = "spectral", int(k)
            kept.attrs["index"] = np.arange(used, dtype=np.uint32)


def _keep(group: Any, name: str, array: Array, dtype: Any = None) -> Any:
    return group.create_dataset(
        name, data=array, dtype=dtype or array.dtype, chunks=array.shape, fletcher32=True
    )


def _description(project: Project, methods: list[str]) -> bytes:
    explanation, folder = project.explanation, project.folder
    corpus, model, composite = explanation.fields
    height, width = _size(explanation)
    value = {
        "name": ", ".join(explanation.fields),
        "model": model,
        "label_map": str(folder / "labels.json"),
        "dataset": {
            **{"name": corpus, "type": "hdf5", "path": str(folder / "dataset.h5")},
            **{"input_width": width, "input_height": height},
            **{"up_sampling_method": "none", "down_sampling_method": "none"},
        },
        "attributions": {
            "attribution_method": composite,
            "attribution_strategy": "true_label",
            "sources": [str(folder / "attribution.h5")],
        },
        "analyses": [
            {"analysis_method": method, "sources": [str(folder / f"{method}.h5")]}
            for method in methods
        ],
    }
    return yaml.safe_dump({"project": value}, sort_keys=False).encode("ascii")


def _size(explanation: Explanation) -> tuple[int, int]:
    first = next(iter(explanation))
    *_, height, width = explanation.stages["attribution"][first]["heatmap"].shape
    return height, width

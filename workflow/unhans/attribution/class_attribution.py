"""Class attribution: all images of a class are explained with respect to its label.

A class is explained batch by batch. The next images are read and the last heatmaps written meanwhile,
so that memory does not grow with the class, and a job that was stopped goes on where it was.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unhans.attribution import check, hidden_layers, last_maps, stored_layers
from unhans.attribution.explainer import Explainer
from unhans.attribution.explanation import Explanation
from unhans.attribution.hidden import LastMapError, LayerError
from unhans.attribution.image_reader import ImageReader
from unhans.attribution.last_maps import LastMap
from unhans.errors import ConfigError, InputError
from unhans.images import transform
from unhans.images.dataset import ClassDataset
from unhans.io.resumable import ResumableWriter, set_aside
from unhans.io.store import Result
from unhans.networks import weights
from unhans.networks.registry import Network

_SHARED: dict[tuple[str, ...], Explainer] = {}
"""Explainers that `prepare` has opened."""


def prepare(
    record: Result,
    weights_file: str | Path,
    dataset: ClassDataset,
    *,
    composite: str,
    engine: str,
    device: str,
    precision: str = "float32",
    layers: Literal["auto"] | Sequence[str] = (),
    activations: bool = False,
) -> Explainer:
    """Give the explainer that all classes of a job share. It stays open until the job ends.

    Parameters
    ----------
    record : Result
        Of the stage that made the network.
    weights_file : str or Path
        Weights of the network.
    dataset : ClassDataset
        Images of a class; the size of an input counts only.
    composite, engine, device, precision : str
        As `Explainer` takes them.
    layers : "auto" or sequence of str
        Layers whose relevance is kept too; ``auto``: see `hidden_layers.automatic`.
    activations : bool
        Whether the last map is kept too; see `last_maps`.

    Returns
    -------
    Explainer
        The same one for the same arguments.

    Raises
    ------
    InputError
        As `Explainer` raises it.
    ConfigError
        As `Explainer` raises it, or a layer cannot be kept.
    StoreError
        The weights are missing, or not those that the record names.

    """
    fingerprint = str(record.attributes["fingerprint"])
    asked = layers if layers == "auto" else json.dumps(list(layers))
    options = composite, engine, device, precision
    key = (str(record.path), fingerprint, str(weights_file), *options, asked, str(activations))
    if key not in _SHARED:
        network = weights.load(record, weights_file)
        if check.is_refused_engine(record.attributes.get("check")):
            engine = "zennit"
        kept = _named(network, dataset, layers)
        make = partial(Explainer, network, composite, engine, device, precision=precision)
        last, reason = _last_map(make, dataset) if activations else (None, "")
        explainer = make(layers=kept, last_map=last)
        explainer.no_last_map = reason
        _SHARED[key] = _entered(explainer)
    return _SHARED[key]


def _named(
    network: Network, dataset: ClassDataset, layers: Literal["auto"] | Sequence[str]
) -> Sequence[str]:
    """Names of layers; automatic ones are chosen."""
    if layers != "auto":
        return layers
    shape = dataset.input_shape(network.transform)
    return hidden_layers.automatic(network, np.zeros(shape, dtype=np.float32))


def _last_map(make: Callable[..., Explainer], dataset: ClassDataset) -> tuple[LastMap | None, str]:
    """Find the last map and try it, or say why it cannot be kept: other networks may have one."""
    explainer = make()
    network = explainer.network
    network.module.to(explainer.device)
    try:
        found = last_maps.of_network(network, dataset.input_shape(network.transform))
        with make(last_map=found.last) as explain:
            kept = explain(found.image, np.array([dataset.index])).activations
    except InputError as error:
        return None, str(error)
    if not found.is_kept_by(kept):
        return None, (
            f"what layer {found.last.layer} gives when images are explained is not the last map: "
            "something between them changes it"
        )
    return found.last, ""


def _entered(explainer: Explainer) -> Explainer:
    """Open an explainer; a layer that it does not find is a fault of the configuration."""
    try:
        return explainer.__enter__()
    except InputError as error:
        if not explainer.layers:
            raise
        raise ConfigError(f"attribution.layers: {error}") from error


def explain_class(
    explainer: Explainer,
    dataset: ClassDataset,
    writers: Mapping[str, ResumableWriter],
    batch_size: int | str,
    workers: int,
) -> str:
    """Explain the images of a class with respect to its label, into its results.

    Parameters
    ----------
    explainer : Explainer
        Of the network.
    dataset : ClassDataset
        The class's images.
    writers : mapping of str to ResumableWriter
        Take the rows of ``heatmaps``, of ``concepts`` (what is kept of hidden layers) and of
        ``activations`` (what is kept of the last map), or of some of them.
        Images whose rows all of them hold already are not explained again.
    batch_size : int or "auto"
        Images explained at once; ``auto`` for what the memory holds.
    workers : int
        That read image files; see `ImageReader`.

    Returns
    -------
    str
        What was done, in a line.

    Raises
    ------
    InputError
        Not one of the images can be explained.
    ConfigError
        A layer cannot be kept.
    StoreError
        An image file has changed since it was listed, or rows cannot be written.
    """
    dataset.require_some()
    writers = _made(explainer, writers)
    if not writers:
        return f"attribution: no activations are kept: {explainer.no_last_map}"
    done = min(writer.done for writer in writers.values())
    rows = dataset.readable[done:]
    with ImageReader(dataset, explainer.network.transform, workers, explainer.on_gpu) as reader:
        size = explainer.batch_size(batch_size, np.zeros(reader.shape, dtype=np.float32))
        starts = range(0, len(rows), size)
        batches = [rows[start : start + size] for start in starts]
        bar = tqdm(
            reader.batches(batches), total=len(batches), unit="batch", delay=5, mininterval=5
        )
        for start, batch, read in zip(starts, batches, bar, strict=True):
            explained = _explained(explainer, read.images, dataset.index)
            _append(writers, explained, dataset, batch, read.reasons, done + start)
    reasons = _finish(explainer, dataset, writers)
    return _described(explainer, len(dataset.readable), done, reasons)


def _described(explainer: Explainer, images: int, done: int, reasons: Mapping[str, str]) -> str:
    """Say what was done, in a line."""
    counted = Counter(reasons.values()).items()
    aside = "; ".join(f"{count} set aside: {why}" for why, count in counted)
    resumed = f", {done} of them before" if done else ""
    given = transform.describe(explainer.network.transform)
    words = f"attribution: {images} images{resumed} {explainer}; input: {given}"
    return f"{words}; {aside}" if aside else words


def _made(
    explainer: Explainer, writers: Mapping[str, ResumableWriter]
) -> dict[str, ResumableWriter]:
    """Writers of what can be made: activations are set aside where the network has no last map."""
    made = dict(writers)
    if "activations" in made and explainer.no_last_map:
        set_aside(made.pop("activations"), explainer.no_last_map)
    return made


def fit_for_analysis(explanation: Explanation) -> tuple[NDArray[np.bool_], dict[int, str]]:
    """Find the heatmaps that can be compared.

    Relevance that is not finite has no distance. Maps without any relevance are all alike and would
    form a cluster of their own.

    Parameters
    ----------
    explanation : Explanation
        Of n images.

    Returns
    -------
    fit : ndarray of bool, shape (n,)
        Maps that can be compared.
    reasons : dict of int to str
        By row: why a map cannot be compared.

    """
    reasons = {}
    for row, heatmap in enumerate(explanation.heatmap):
        if not np.isfinite(heatmap).all():
            reasons[row] = "relevance is NaN or infinite"
        elif not heatmap.any():
            reasons[row] = "relevance is zero everywhere"
    fit = np.ones(len(explanation.heatmap), dtype=bool)
    fit[list(reasons)] = False
    return fit, reasons


def _explained(explainer: Explainer, images: NDArray[np.float32], target: int) -> Explanation:
    """Explain a batch. A layer that cannot be kept is no fault of the class, whose heatmaps are whole."""
    try:
        return explainer(images, np.full(len(images), target))
    except LayerError as error:
        of_last = isinstance(error, LastMapError)
        key, none = ("activations", "false") if of_last else ("layers", "[]")
        raise ConfigError(
            f"attribution.{key}: {error}; attribution: {{{key}: {none}}} keeps none"
        ) from error


def _append(
    writers: Mapping[str, ResumableWriter],
    explained: Explanation,
    dataset: ClassDataset,
    rows: NDArray[np.int64],
    unread: Mapping[int, str],
    start: int,
) -> None:
    """Add a batch, whose first row is row ``start`` of the class, to the results that lack it."""
    fit, reasons = fit_for_analysis(explained)
    reasons |= unread
    read = np.ones(len(rows), dtype=bool)
    read[list(unread)] = fit[list(unread)] = False
    which = {"image": rows, "split": dataset.split_of(rows), "artefact": dataset.artefact[rows]}
    arrays: dict[str, dict[str, NDArray[Any]]] = {
        "heatmaps": {
            "heatmap": explained.heatmap,
            "logit": explained.logit,
            "prediction": explained.prediction,
            "rank": explained.rank,
            **which,
        },
        "concepts": {**stored_layers.arrays(explained.hidden), **which},
    }
    if explained.activations is not None:
        arrays["activations"] = {
            **vars(explained.activations),
            **{"logit": explained.logit, "prediction": explained.prediction, "image": rows},
        }
    aside = {str(rows[place]): reason for place, reason in sorted(reasons.items())}
    notes = {"set_aside": aside, "layers": stored_layers.described(explained.hidden)}
    for name, writer in writers.items():
        skip = writer.done - start  # a job that was stopped may have written it to one of them
        if skip < len(rows):
            own = {key: array[skip:] for key, array in arrays[name].items()}
            # An image without relevance cannot be compared; its activations are as good as others'.
            keep = read if name == "activations" else fit
            writer.append(own, keep=keep[skip:], notes=notes)


def _finish(
    explainer: Explainer, dataset: ClassDataset, writers: Mapping[str, ResumableWriter]
) -> dict[str, str]:
    """Make the results; return why images were set aside, by row."""
    reasons: dict[str, str] = {}
    for name, writer in writers.items():
        for note in writer.notes:
            reasons |= note["set_aside"]
        if len(reasons) == len(dataset.readable):
            for one in writers.values():
                one.discard()
            first = next(iter(reasons.values()))
            raise InputError(f"no image can be explained; the first: {first}")
        # Activations of an image without relevance are kept.
        aside = {} if name == "activations" else {"set_aside": reasons}
        notes: dict[str, Any] = {**aside, "splits": dataset.splits}
        if name == "concepts":
            notes["layers"] = writer.notes[0]["layers"]
        writer.finish({**notes, "engine": "zennit" if explainer.fallback else "unhans"})
    return reasons

"""Class attribution: all images of a class are explained with respect to its label.

A class is explained batch by batch. The next images are read and the last heatmaps written meanwhile,
so that memory does not grow with the class, and a job that was stopped goes on where it was.
"""

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unhans.attribution import check
from unhans.attribution.explainer import Explainer
from unhans.attribution.explanation import Explanation
from unhans.attribution.image_reader import ImageBatch, ImageReader
from unhans.errors import InputError
from unhans.images import transform
from unhans.images.dataset import ClassDataset
from unhans.io.resumable import ResumableWriter
from unhans.io.store import Result
from unhans.networks import weights

_SHARED: dict[tuple[str, ...], Explainer] = {}
"""Explainers that `prepare` has opened."""


def prepare(
    record: Result, weights_file: str | Path, composite: str, engine: str, device: str
) -> Explainer:
    """Give the explainer that all classes of a job share. It stays open until the job ends.

    Parameters
    ----------
    record : Result
        Of the stage that made the network.
    weights_file : str or Path
        Weights of the network.
    composite, engine, device : str
        As `Explainer` takes them.

    Returns
    -------
    Explainer
        The same one for the same arguments.

    Raises
    ------
    InputError, ConfigError
        As `Explainer` raises them.
    StoreError
        The weights are missing, or not those that the record names.

    """
    fingerprint = str(record.attributes["fingerprint"])
    key = (str(record.path), fingerprint, str(weights_file), composite, engine, device)
    if key not in _SHARED:
        network = weights.load(record, weights_file)
        if check.is_refused_engine(record.attributes.get("check")):
            engine = "zennit"
        _SHARED[key] = Explainer(network, composite, engine, device).__enter__()
    return _SHARED[key]


def explain_class(
    explainer: Explainer,
    dataset: ClassDataset,
    writer: ResumableWriter,
    batch_size: int | str,
    workers: int,
) -> str:
    """Explain the images of a class with respect to its label, into a result.

    Parameters
    ----------
    explainer : Explainer
        Of the network.
    dataset : ClassDataset
        The class's images.
    writer : ResumableWriter
        Takes the rows. Images whose rows it holds already are not explained again.
    batch_size : int or "auto"
        Images explained at once; ``auto`` for what the memory holds.
    workers : int
        Threads that read images.

    Returns
    -------
    str
        What was done, in a line.

    Raises
    ------
    InputError
        Not one of the images can be explained.
    StoreError
        An image file has changed since it was listed, or rows cannot be written.

    """
    dataset.require_some()
    rows = dataset.readable[writer.done :]
    resumed = f", {writer.done} of them before" if writer.done else ""
    with ImageReader(dataset, explainer.network.transform, workers) as reader:
        size = explainer.batch_size(batch_size, np.zeros(reader.shape, dtype=np.float32))
        batches = [rows[start : start + size] for start in range(0, len(rows), size)]
        bar = tqdm(
            reader.batches(batches), total=len(batches), unit="batch", delay=5, mininterval=5
        )
        for batch, read in zip(batches, bar, strict=True):
            _append(writer, explainer, dataset, batch, read)
    reasons = {row: reason for note in writer.notes for row, reason in note.items()}
    if len(reasons) == len(dataset.readable):
        writer.discard()
        raise InputError(f"no image can be explained; the first: {next(iter(reasons.values()))}")
    notes = {"set_aside": reasons, "splits": dataset.splits}
    writer.finish({**notes, "engine": "zennit" if explainer.fallback else "unhans"})
    aside = "; ".join(
        f"{count} set aside: {why}" for why, count in Counter(reasons.values()).items()
    )
    given = transform.describe(explainer.network.transform)
    return f"attribution: {len(dataset.readable)} images{resumed} {explainer}; input: {given}" + (
        f"; {aside}" if aside else ""
    )


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


def _append(
    writer: ResumableWriter,
    explainer: Explainer,
    dataset: ClassDataset,
    rows: NDArray[np.int64],
    read: ImageBatch,
) -> None:
    explained = explainer(read.images, np.full(len(rows), dataset.index))
    fit, reasons = fit_for_analysis(explained)
    reasons |= read.reasons
    fit[list(read.reasons)] = False
    writer.append(
        {
            "heatmap": explained.heatmap,
            "logit": explained.logit,
            "prediction": explained.prediction,
            "rank": explained.rank,
            "image": rows,
            "split": dataset.split_of(rows),
            "artefact": dataset.artefact[rows],
        },
        keep=fit,
        notes={str(rows[place]): reason for place, reason in sorted(reasons.items())},
    )

"""Attribution: Layer-wise Relevance Propagation from a network's logit back to its input's pixels.

The paper's composite goes through our own engine (`lrp`) where that knows the network, all else
through zennit, the reference. A class is explained batch by batch: the next images are read and the
last heatmaps written meanwhile, so that memory does not grow with the class.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.attribution.lrp import engine as lrp
from unhans.errors import ConfigError, InputError
from unhans.images.dataset import ClassDataset
from unhans.io.resumable import ResumableWriter
from unhans.networks import _torchvision
from unhans.networks import weights as model
from unhans.networks.registry import Network
from unhans.types import Heatmaps

_torchvision.allow_import()

from zennit import composites as zennit_composites  # noqa: E402 - needs torchvision to import
from zennit.attribution import Gradient  # noqa: E402
from zennit.core import Composite  # noqa: E402

COMPOSITES: Mapping[str, Callable[..., Composite]] = {
    # Epsilon in dense layers, alpha1-beta0 (which zennit calls ZPlus) in convolutions, flat in the
    # first layer: the recipe of Anders et al. 2019.
    "epsilon_plus_flat": zennit_composites.EpsilonPlusFlat,
    "epsilon_plus": zennit_composites.EpsilonPlus,
    "epsilon_alpha2_beta1_flat": zennit_composites.EpsilonAlpha2Beta1Flat,
    "epsilon_alpha2_beta1": zennit_composites.EpsilonAlpha2Beta1,
    "epsilon_gamma_box": zennit_composites.EpsilonGammaBox,
}

OURS: Mapping[str, lrp.First] = {"epsilon_plus_flat": "flat", "epsilon_plus": "plus"}
"""Composites that our own engine computes, and its rule of the first layer."""

CPU_BATCH = 8
"""Images explained at once on a CPU: more gain nothing there (VGG-16, EfficientNet-Lite0)."""

GPU_BATCH = 256
"""Most images explained at once on a GPU."""

GPU_SHARE = 0.7
"""Of a GPU's free memory that a batch may take."""


@dataclass(frozen=True)
class Explanation:
    """Heatmaps of images and what the network said of them; n rows each."""

    heatmap: Heatmaps
    """(n, h, w) relevance summed over channels"""
    logit: NDArray[np.float32]
    """(n,) of the target: the relevance that was propagated"""
    prediction: NDArray[np.int64]
    """(n,) index of the highest logit"""
    rank: NDArray[np.int64]
    """(n,) of the target among all classes, 1 for the highest"""


class Explainer:
    """Explains batches of images of one network: ``with Explainer(network, composite) as explain:``.

    Parameters
    ----------
    network : with canonizers; a bare ``nn.Module`` is taken to need none
    composite : one of `COMPOSITES`
    engine : ``auto`` for our own where it covers composite and network, ``zennit``
    device : ``auto`` (a GPU if there is one), ``cpu``, ``cuda`` or ``cuda:1``

    Raises
    ------
    InputError
        Unknown composite.
    ConfigError
        The device is not there.

    """

    def __init__(
        self,
        network: Network | nn.Module,
        composite: str,
        engine: str = "auto",
        device: str = "cpu",
    ) -> None:
        if composite not in COMPOSITES:
            known = ", ".join(COMPOSITES)
            raise InputError(f"unknown composite '{composite}'; expected one of {known}")
        if isinstance(network, nn.Module):
            network = Network(network, list, None, 0, "")
        self.network, self.composite = network, composite
        self.device = _device(device)
        self.fallback = _fallback(network, composite, engine)
        """why zennit computes and not our engine; empty where it does not"""
        self._open = ExitStack()
        self._most: int | None = None
        self._explain: Callable[..., tuple[torch.Tensor, torch.Tensor]]

    def __enter__(self) -> Self:
        module = self.network.module.to(self.device).eval()
        low, high = self._bounds()
        if not self.fallback:
            engine = lrp.Engine(
                module, OURS[self.composite], self.network.canonizers(), low=low, high=high
            )
            self._explain = self._open.enter_context(engine)
            return self
        options = {"low": low, "high": high} if self.composite == "epsilon_gamma_box" else {}
        rules = COMPOSITES[self.composite](canonizers=self.network.canonizers(), **options)
        attributor = self._open.enter_context(Gradient(model=module, composite=rules))
        self._explain = lambda batch, targets: _by_zennit(attributor, batch, targets)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def __call__(self, images: NDArray[np.float32], targets: NDArray[np.integer]) -> Explanation:
        """Explain a batch; one that is too large for a GPU's memory is explained in halves.

        Parameters
        ----------
        images : (n, c, h, w) float32
        targets : (n,) class index

        """
        if images.ndim != 4 or not len(images) or len(images) != len(targets):
            raise InputError(
                f"images of shape {images.shape} with {len(targets)} targets; "
                "expected (n, channels, height, width) and n targets"
            )
        most = self._most or len(images)
        parts = []
        start = 0
        while start < len(images):
            stop = start + most
            try:
                parts.append(self._batch(images[start:stop], np.asarray(targets[start:stop])))
                start = stop
            except torch.OutOfMemoryError:
                if most == 1:
                    raise
                self._most = most = max(1, min(most, len(images)) // 2)
                torch.cuda.empty_cache()
        return Explanation(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def batch_size(self, asked: str | int, image: NDArray[np.float32]) -> int:
        """How many images to explain at once: as asked, or what the memory holds."""
        if asked != "auto":
            return int(asked)
        if self.device.type != "cuda":
            return CPU_BATCH
        self(image[None], np.zeros(1, dtype=np.int64))  # loads what is loaded once
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(self.device)
        before = torch.cuda.memory_allocated(self.device)
        tried = 8
        self(np.repeat(image[None], tried, axis=0), np.zeros(tried, dtype=np.int64))
        each = max(1, torch.cuda.max_memory_allocated(self.device) - before) / tried
        free, _ = torch.cuda.mem_get_info(self.device)
        return int(np.clip(GPU_SHARE * free / each, 1, GPU_BATCH))

    def __str__(self) -> str:
        by = f"zennit ({self.fallback})" if self.fallback else "the fast engine"
        return f"by {by} on {self.device}"

    def _batch(
        self, images: NDArray[np.float32], targets: NDArray[np.integer]
    ) -> tuple[NDArray[Any], ...]:
        batch = torch.from_numpy(np.ascontiguousarray(images)).to(self.device)
        relevance, output = self._explain(batch, torch.as_tensor(targets, device=self.device))
        heatmap = relevance.sum(dim=1).cpu().numpy()
        logits = output.cpu().numpy()
        own = logits[np.arange(len(logits)), targets]
        return heatmap, own, logits.argmax(axis=1), model.rank_of(logits, targets)

    def _bounds(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Lowest and highest value of a pixel, by channel: (1, c, 1, 1) each."""
        transform = self.network.transform
        if transform is None:
            return torch.zeros(1, 1, 1, 1, device=self.device), torch.ones(
                1, 1, 1, 1, device=self.device
            )
        low, high = (
            torch.from_numpy(bound).view(1, -1, 1, 1).to(self.device)
            for bound in (transform.low, transform.high)
        )
        return low, high


def attribute(
    network: Network | nn.Module,
    images: NDArray[np.float32],
    targets: NDArray[np.integer],
    composite: str,
    batch_size: int = CPU_BATCH,
    engine: str = "auto",
) -> Heatmaps:
    """Relevance of each pixel for the target's logit, summed over channels.

    Parameters
    ----------
    network : whose inputs are images and whose outputs are logits
    images : (n, c, h, w) float32
    targets : (n,) class index
    composite : one of `COMPOSITES`
    batch_size : images explained at once
    engine : ``auto`` or ``zennit``

    Returns
    -------
    (n, h, w) float32; up to what biases and epsilon absorb, a map sums to its logit

    """
    return explain(network, images, targets, composite, batch_size, engine).heatmap


def explain(
    network: Network | nn.Module,
    images: NDArray[np.float32],
    targets: NDArray[np.integer],
    composite: str,
    batch_size: int = CPU_BATCH,
    engine: str = "auto",
) -> Explanation:
    """Attribute as `attribute` does, and keep what the network said.

    Relevance starts as the target's logit (not as one), so that maps of sure and of unsure
    predictions differ in scale, as in the paper.
    """
    if len(images) != len(targets):
        raise InputError(f"{len(images)} images with {len(targets)} targets; expected as many")
    with Explainer(network, composite, engine) as explainer:
        starts = range(0, max(1, len(images)), batch_size)
        parts = [
            explainer(images[start : start + batch_size], targets[start : start + batch_size])
            for start in tqdm(starts, desc="attribution", unit="batch", delay=5, mininterval=5)
        ]
    return Explanation(*(np.concatenate(part) for part in zip(*map(_fields, parts), strict=True)))


@cache
def prepare(record: str, weights: str, composite: str, engine: str, device: str) -> Explainer:
    """Make the explainer that all classes of a job share; it stays open.

    Parameters
    ----------
    record, weights : files of the network
    composite, engine, device : see `Explainer`

    """
    return Explainer(model.load(record, weights), composite, engine, device).__enter__()


def explain_class(
    explainer: Explainer, members: ClassDataset, parts: ResumableWriter, machine: Mapping[str, Any]
) -> str:
    """Explain the images of a class with respect to its label, into a result.

    Parameters
    ----------
    explainer : of the network
    members : the class's images
    parts : where the rows go; those that are there already are not explained again
    machine : ``batch_size`` (a number or ``auto``) and ``workers``

    Returns
    -------
    what was done, in a line

    Raises
    ------
    InputError
        Not one of the images can be explained.

    """
    members.require_some()
    rows = members.readable[parts.done :]
    resumed = f", {parts.done} of them before" if parts.done else ""
    with _Reader(members, explainer.network.transform, machine["workers"]) as reader:
        size = explainer.batch_size(machine["batch_size"], np.zeros(reader.shape, dtype=np.float32))
        batches = [rows[start : start + size] for start in range(0, len(rows), size)]
        bar = tqdm(
            reader.batches(batches), total=len(batches), unit="batch", delay=5, mininterval=5
        )
        for batch, read in zip(batches, bar, strict=True):
            _append(parts, explainer, members, batch, read)
    reasons = {row: reason for note in parts.notes for row, reason in note.items()}
    if len(reasons) == len(members.readable):
        parts.discard()
        raise InputError(f"no image can be explained; the first: {next(iter(reasons.values()))}")
    notes = {"set_aside": reasons, "splits": members.splits}
    parts.finish({**notes, "engine": "zennit" if explainer.fallback else "unhans"})
    aside = "; ".join(
        f"{count} set aside: {why}" for why, count in Counter(reasons.values()).items()
    )
    return f"attribution: {len(members.readable)} images{resumed} {explainer}" + (
        f"; {aside}" if aside else ""
    )


def fit_for_analysis(explanation: Explanation) -> tuple[NDArray[np.bool_], dict[int, str]]:
    """Tell which heatmaps can be compared, and why the others (by row) cannot.

    Relevance that is not finite has no distance; maps without any relevance are all alike, and
    would make a cluster of their own out of nothing.
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


class _Read(NamedTuple):
    """A batch of images, some of which may not be fit for the network."""

    images: NDArray[np.float32]
    """(n, c, h, w); zeros where there is a reason"""
    reasons: dict[int, str]
    """by place in the batch"""


class _Reader:
    """Reads images in threads, one batch ahead of the one that is explained."""

    def __init__(self, members: ClassDataset, transform: Any, workers: int) -> None:
        self._members, self._transform = members, transform
        self.shape = members.input_shape(transform)
        self._pool = ThreadPoolExecutor(workers, "reader")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def batches(self, batches: Sequence[NDArray[np.int64]]) -> Iterator[_Read]:
        """Read batch after batch."""
        ahead: deque[list[Future[NDArray[np.float32] | str]]] = deque()
        for batch in [*batches, None]:
            if batch is not None:
                ahead.append([self._pool.submit(self._one, int(row)) for row in batch])
            if len(ahead) > 1 or batch is None:
                while ahead and (len(ahead) > 1 or batch is None):
                    yield _together([future.result() for future in ahead.popleft()], self.shape)

    def _one(self, row: int) -> NDArray[np.float32] | str:
        try:
            return self._members.input(row, self._transform)
        except InputError as error:
            return str(error)


def _together(read: Sequence[NDArray[np.float32] | str], shape: tuple[int, ...]) -> _Read:
    images = np.zeros((len(read), *shape), dtype=np.float32)
    reasons = {}
    for place, one in enumerate(read):
        if isinstance(one, str):
            reasons[place] = one
        else:
            images[place] = one
    return _Read(images, reasons)


def _append(
    parts: ResumableWriter,
    explainer: Explainer,
    members: ClassDataset,
    rows: NDArray[np.int64],
    read: _Read,
) -> None:
    explained = explainer(read.images, np.full(len(rows), members.index))
    fit, reasons = fit_for_analysis(explained)
    reasons |= read.reasons
    fit[list(read.reasons)] = False
    parts.append(
        {
            "heatmap": explained.heatmap,
            "logit": explained.logit,
            "prediction": explained.prediction,
            "rank": explained.rank,
            "image": rows,
            "split": members.split_of(rows),
            "artefact": members.artefact[rows],
        },
        keep=fit,
        notes={str(rows[place]): reason for place, reason in sorted(reasons.items())},
    )


def _fields(explained: Explanation) -> tuple[NDArray[Any], ...]:
    return explained.heatmap, explained.logit, explained.prediction, explained.rank


def _by_zennit(
    attributor: Gradient, batch: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    def start_at_logit(output: torch.Tensor) -> torch.Tensor:
        one_hot = torch.nn.functional.one_hot(targets.long(), output.shape[1])
        return output.detach() * one_hot

    output, relevance = attributor(batch.requires_grad_(True), start_at_logit)
    return relevance.detach(), output.detach()


def _fallback(network: Network, composite: str, engine: str) -> str:
    if engine == "zennit":
        return "as asked"
    if composite not in OURS:
        return f"the fast engine does not compute {composite}"
    return lrp.covers(network.module, network.canonizers()) or ""


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(
            f"attribution.device: {name}: this machine or this build of torch has no GPU; expected "
            "auto or cpu"
        )
    return torch.device(name)

"""Explainer: Layer-wise Relevance Propagation from a network's logit back to its input's pixels.

The paper's composite is computed by the fast engine (`lrp`) where that covers the network; everything
else is computed by zennit, the reference.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.attribution import composites, explanation, hidden_layers, last_maps
from unhans.attribution.batches import as_batch
from unhans.attribution.composites import COMPOSITES
from unhans.attribution.explanation import Explanation
from unhans.attribution.hidden import Recorder
from unhans.attribution.last_maps import Activations, LastMap
from unhans.attribution.lrp.engine import Engine, covers
from unhans.attribution.lrp.tracing import First
from unhans.checks import one_of, require_finite, whole
from unhans.errors import InputError
from unhans.images.transform import Transform
from unhans.networks import _torchvision, canonizers, inference
from unhans.networks.inference import evaluating, rank_of, require_classes
from unhans.networks.probing import count_classes, require_module
from unhans.networks.registry import Network
from unhans.types import Heatmaps

_torchvision.allow_import()

from zennit.attribution import Gradient  # noqa: E402 - needs torchvision to import

FIRST_RULES: Mapping[str, First] = {"epsilon_plus_flat": "flat", "epsilon_plus": "plus"}
"""Composites that the fast engine computes, and its rule of the first layer."""

PRECISIONS = ("float32", "tf32")
"""Of a GPU's products."""

CPU_BATCH = 8
"""Images explained at once on a CPU: more gain nothing there (VGG-16, EfficientNet-Lite0)."""

GPU_BATCH = 256
"""Most images explained at once on a GPU."""

GPU_FRACTION = 0.7
"""Of a GPU's free memory that a batch may take."""


Method = Callable[..., tuple[torch.Tensor, torch.Tensor]]
"""From a batch and targets to relevance of the pixels and logits."""


class Explainer:
    """Explains batches of images of one network: ``with Explainer(network, composite) as explain:``.

    Parameters
    ----------
    network : Network or Module
        A network that torch.fx can trace is rewritten for the time of the explanation, unless it
        brings canonizers of its own.
    composite : str
        One of `COMPOSITES`.
    engine : {"auto", "zennit"}
        ``auto`` for the fast engine where it covers composite and network.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda`` or ``cuda:1``.
    layers : sequence of str
        Layers whose relevance is kept too, by name (`hidden_layers`).
    precision : {"float32", "tf32"}
        Of a GPU's products; see `inference.precise`.
    last_map : LastMap, optional
        Last map of the network, which is kept too (`last_maps.of_network`).

    Raises
    ------
    InputError
        The composite or the engine is unknown; on entering, a layer is.
    ConfigError
        The machine has no such device.
    """

    def __init__(
        self,
        network: Network | nn.Module,
        composite: str,
        engine: str = "auto",
        device: str = "cpu",
        layers: Sequence[str] = (),
        precision: str = "float32",
        last_map: LastMap | None = None,
    ) -> None:
        one_of(composite, "composite", COMPOSITES)
        self.precision = one_of(precision, "precision", PRECISIONS)
        if isinstance(network, nn.Module):
            network = Network(network, canonizers.generic, None, 0, "")
        self.network, self.composite = network, composite
        self.device, self.layers = inference.device(device), tuple(layers)
        self.last_map, self.no_last_map = last_map, ""
        self.fallback, self.completed = _fallback(network, composite, engine)
        """Why zennit computes and not the fast engine; empty where the fast engine does"""
        self._open = ExitStack()
        self._most: int | None = None
        self._explain: Method
        self._recorder = Recorder({})

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(evaluating(self.network.module.to(self.device)))
            stack.enter_context(inference.precise(self.precision))
            self._explain, self._recorder = _opened(self, stack)
            self._open = stack.pop_all()
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
        images : ndarray of float32, shape (n, c, h, w)
            Inputs of the network.
        targets : ndarray of int, shape (n,)
            Indices of the classes to explain.

        Returns
        -------
        Explanation
            Of the n images.

        Raises
        ------
        InputError
            Shapes or targets do not fit.

        """
        images, targets = as_batch(images, targets)
        most = self._most or len(images)
        parts = []
        start = 0
        while start < len(images):
            stop = start + most
            try:
                parts.append(self._batch(images[start:stop], targets[start:stop]))
                start = stop
            except torch.OutOfMemoryError:
                if most == 1:
                    raise
                self._most = most = max(1, min(most, len(images)) // 2)
                torch.cuda.empty_cache()
        return explanation.joined(parts)

    def batch_size(self, asked: str | int, image: NDArray[np.float32]) -> int:
        """Choose how many images to explain at once.

        Parameters
        ----------
        asked : int or "auto"
            ``auto`` for `CPU_BATCH` on a CPU, and for what the free memory holds on a GPU.
        image : ndarray of float32, shape (c, h, w)
            An input of the network, for measuring the memory that one image takes.

        Returns
        -------
        int

        """
        if asked != "auto":
            return int(asked)
        if not self.on_gpu:
            return CPU_BATCH
        return _fitting_batch(self, image)

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU explains."""
        return self.device.type == "cuda"

    def __str__(self) -> str:
        engine = f"zennit ({self.fallback})" if self.fallback else "the fast engine"
        precision = " in TF32" if self.on_gpu and self.precision == "tf32" else ""
        return f"by {engine} on {self.device}{precision}"

    def _batch(self, images: NDArray[np.float32], targets: NDArray[np.integer]) -> Explanation:
        batch = torch.from_numpy(np.ascontiguousarray(images)).to(self.device, non_blocking=True)
        self._recorder.start(tuple(batch.shape[1:]))
        relevance, output = self._explain(batch, torch.as_tensor(targets, device=self.device))
        heatmap = relevance.sum(dim=1).cpu().numpy()
        logits = output.cpu().numpy()
        own = logits[np.arange(len(logits)), targets]
        rank = rank_of(logits, targets)
        kept = self._recorder.take(), self._activations(logits)
        return Explanation(heatmap, own, logits.argmax(axis=1), rank, *kept)

    def _activations(self, logits: NDArray[np.float32]) -> Activations | None:
        return last_maps.of_batch(self.last_map, self._recorder.last_map, logits)


def _opened(explainer: Explainer, stack: ExitStack) -> tuple[Method, Recorder]:
    """Open the fast engine, or zennit, and what records hidden layers."""
    network = explainer.network
    low, high = _bounds(network.transform, explainer.device)
    rewriters, seen = network.rewriters()
    parts = hidden_layers.find(network.module, rewriters, explainer.layers)
    lies = partial(hidden_layers.axes, network.module, rewriters, parts)
    last = explainer.last_map.layer if explainer.last_map else ""
    of_last = hidden_layers.find(network.module, rewriters, [last] if last else [])
    recorder = Recorder(parts, lies, of_last.get(last, ""))
    if not explainer.fallback:
        engine = Engine(
            *(network.module, FIRST_RULES[explainer.composite], rewriters),
            low=low,
            high=high,
            first_layers=seen,
            watched=recorder.parts,
        )
        return partial(stack.enter_context(engine), watcher=recorder), recorder
    rules = composites.make(
        *(explainer.composite, seen, rewriters), completed=explainer.completed, low=low, high=high
    )
    gradient = stack.enter_context(Gradient(model=network.module, composite=rules))
    stack.enter_context(recorder.hooked(network.module))
    return partial(_by_zennit, gradient), recorder


def _fitting_batch(explainer: Explainer, image: NDArray[np.float32]) -> int:
    """Measure how many images a GPU's free memory holds."""
    explainer(image[None], np.zeros(1, dtype=np.int64))  # loads what is loaded only once
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(explainer.device)
    before = torch.cuda.memory_allocated(explainer.device)
    tried = 8
    explainer(np.repeat(image[None], tried, axis=0), np.zeros(tried, dtype=np.int64))
    each = max(1, torch.cuda.max_memory_allocated(explainer.device) - before) / tried
    free, _ = torch.cuda.mem_get_info(explainer.device)
    return int(np.clip(GPU_FRACTION * free / each, 1, GPU_BATCH))


def attribute(
    model: Network | nn.Module,
    images: NDArray[np.float32],
    targets: NDArray[np.integer],
    composite: str = "epsilon_plus_flat",
    batch_size: int = CPU_BATCH,
    engine: str = "auto",
) -> Heatmaps:
    """Compute the relevance of each pixel for the target's logit, summed over channels.

    Parameters
    ----------
    model : Network or Module
        From images to logits.
    images : ndarray of float32, shape (n, c, h, w)
        Inputs of the network. Other floats and integers are converted.
    targets : ndarray of int, shape (n,)
        Indices of the classes to explain.
    composite : str
        One of `COMPOSITES`.
    batch_size : int
        Images explained at once.
    engine : {"auto", "zennit"}
        ``auto`` for the fast engine where it covers composite and network.

    Returns
    -------
    ndarray of float32, shape (n, h, w)
        Up to what biases and epsilon absorb, a map sums to its logit.

    Raises
    ------
    InputError
        The network does not take the images, or gives no logits; or shapes, types, values, targets,
        batch_size, composite or engine do not fit.

    References
    ----------
    Bach et al. 2015 (LRP), Anders et al. 2019 (the composite ``epsilon_plus_flat``); zennit 0.5.1.

    Examples
    --------
    >>> import numpy as np, torch
    >>> import unhans as uh
    >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.eye(2, 4))
    >>> images = np.array([[[[0.5, 0.25], [1, 1]]]], dtype=np.float32)
    >>> uh.attribute(model, images, np.array([1]), composite="epsilon_plus").round(3)
    array([[[0.  , 0.25],
            [0.  , 0.  ]]], dtype=float32)

    """
    images, targets = as_batch(images, targets)
    module = require_module(model.module if isinstance(model, Network) else model)
    require_classes(targets, count_classes(module, images))
    return explain(model, images, targets, composite, batch_size, engine).heatmap


def explain(
    model: Network | nn.Module,
    images: NDArray[np.float32],
    targets: NDArray[np.integer],
    composite: str = "epsilon_plus_flat",
    batch_size: int = CPU_BATCH,
    engine: str = "auto",
) -> Explanation:
    """Attribute as `attribute` does, and keep the network's answers.

    The relevance of the output is the target's logit and not one, so that maps of sure and of unsure
    predictions differ in scale, as in Anders et al. 2019.

    Parameters
    ----------
    model : Network or Module
        From images to logits.
    images : ndarray of float32, shape (n, c, h, w)
        Inputs of the network. Other floats and integers are converted.
    targets : ndarray of int, shape (n,)
        Indices of the classes to explain.
    composite : str
        One of `COMPOSITES`.
    batch_size : int
        Images explained at once.
    engine : {"auto", "zennit"}
        ``auto`` for the fast engine where it covers composite and network.

    Returns
    -------
    Explanation
        Of the n images.

    Raises
    ------
    InputError
        Shapes, types, values, targets, batch_size, composite or engine do not fit.

    """
    images, targets = as_batch(images, targets)
    batch_size = whole(batch_size, "batch_size", 1)
    require_finite(images)
    with Explainer(model, composite, engine) as explainer:
        starts = range(0, len(images), batch_size)
        parts = [
            explainer(images[start : start + batch_size], targets[start : start + batch_size])
            for start in tqdm(starts, desc="attribution", unit="batch", delay=5, mininterval=5)
        ]
    return explanation.joined(parts)


def _by_zennit(
    attributor: Gradient, batch: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    def start_at_logit(output: torch.Tensor) -> torch.Tensor:
        require_classes(targets, output.shape[1])
        one_hot = torch.nn.functional.one_hot(targets.long(), output.shape[1])
        return output.detach() * one_hot

    output, relevance = attributor(batch.requires_grad_(True), start_at_logit)
    return relevance.detach(), output.detach()


def _bounds(transform: Transform | None, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the lowest and the highest value of a pixel by channel: (1, c, 1, 1) each."""
    if transform is None:
        shape = (1, 1, 1, 1)
        return torch.zeros(shape, device=device), torch.ones(shape, device=device)
    low, high = (
        torch.from_numpy(bound).view(1, -1, 1, 1).to(device)
        for bound in (transform.low, transform.high)
    )
    return low, high


def _fallback(network: Network, composite: str, engine: str) -> tuple[str, bool]:
    """Say why zennit computes, and whether the network's structure is the reason."""
    if engine not in ("auto", "zennit"):
        raise InputError(f"unknown engine '{engine}'; expected auto or zennit")
    if engine == "zennit":
        return "as asked", False
    if composite not in FIRST_RULES:
        return f"the fast engine does not compute {composite}", False
    with evaluating(network.module):
        reason = covers(network.module, network.rewriters()[0]) or ""
    return reason, bool(reason)

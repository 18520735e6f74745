"""Fine-tuning: a network with weights that exist is trained further on a corpus of photographs.

The layers up to a named one stay as they are. What they make of each image is computed once, and the
layers after it are trained on that. Where marks are planted, marked images of other classes can be given
the label of the marked class, for the training alone: without them a network rarely uses a mark.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unhans.errors import InputError, NotCoveredError
from unhans.images import dataset, photo_marks, sampling
from unhans.images.dataset import ClassDataset
from unhans.images.planting import Planting
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.networks import cutting, layout, training
from unhans.networks.inference import predict
from unhans.networks.registry import Network

BATCH = 50
"""Images whose features are computed at once."""


@dataclass(frozen=True)
class FineTuning:
    """Settings of the training.

    Parameters
    ----------
    frozen : str or None
        Last layer that stays as it is, with all before it; None: all layers are trained.
    epochs, batch_size, learning_rate, seed : int, int, float, int
        See `training.Schedule`. The seed is also that of the new layer, of the images that are
        held out and of those that mislead.
    head_learning_rate : float
        The learning rate of the last layer that has weights.
    validation : float
        Share of the images of each class that are held out.
    misled : float
        For each planted mark, so many marked images of other classes get the label of its class, as a
        share of the images that the class is trained on.

    """

    frozen: str | None
    epochs: int
    batch_size: int
    learning_rate: float
    head_learning_rate: float
    validation: float
    misled: float
    seed: int


class Example(NamedTuple):
    """An image to train or to test on.

    Parameters
    ----------
    own, row : ClassDataset, int
        Where it lies.
    label : int
        Index of the output that it is trained for.
    held_out : bool
        To test on, never to train on.
    mark : Planting or None
        Drawn into it for the training alone.

    """

    own: ClassDataset
    row: int
    label: int
    held_out: bool
    mark: Planting | None = None


def train(
    network: Network,
    images: Mapping[str, Result],
    planted: Sequence[Planting],
    settings: FineTuning,
    *,
    root: Path | None,
    device: str = "cpu",
) -> training.Record:
    """Fine-tune a network in place.

    Parameters
    ----------
    network : Network
        With as many outputs as the corpus has classes.
    images : mapping of str to Result
        Results of the corpus stage by class.
    planted : sequence of Planting
        Marks of the corpus.
    settings : FineTuning
        How it is trained.
    root : Path or None
        Folder of the image files.
    device : str
        Of the training, as torch names it.

    Returns
    -------
    DataFrame
        As of `training.train`. Images that mislead count among the training images, with the label
        that they are given.

    Raises
    ------
    InputError
        There is no class of photographs to train on, an image cannot be given to the network, or the
        layer is none of the network's, or not the only way from images to logits.

    """
    if root is None or network.transform is None:
        raise InputError("fine_tuning: expected a corpus and a network of photographs")
    chosen = list(examples(images, planted, settings, root))
    if not chosen:
        raise InputError("fine_tuning: no class of the corpus has two images that can be read")
    layout.lay_channels_last(network.module, network.transform)
    cut = split(network.module, settings.frozen, network.transform)
    first, rest = cut.trunk.eval().to(device), cut.rest.eval()
    through = None if settings.frozen is None else first
    record = training.train(
        rest,
        _inputs(chosen, network.transform, through),
        np.array([one.label for one in chosen], dtype=np.int64),
        np.array([one.held_out for one in chosen], dtype=bool),
        _schedule(settings, network.module, device),
    )
    layout.lay_usual(network.module.cpu().eval())
    return record


def _schedule(settings: FineTuning, module: nn.Module, device: str) -> training.Schedule:
    return training.Schedule(
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        seed=settings.seed,
        keep_statistics=True,
        own_rates=[(_last_layer(module), settings.head_learning_rate)],
        device=device,
    )


def _inputs(
    chosen: Sequence[Example], transform: Transform, through: nn.Module | None
) -> NDArray[np.float32]:
    """Images as a network takes them, or what its first layers make of them."""
    inputs = []
    for start in range(0, len(chosen), BATCH):
        read = np.stack([_read(one, transform) for one in chosen[start : start + BATCH]])
        inputs.append(read if through is None else predict(through, read))
    return np.concatenate(inputs)


def examples(
    images: Mapping[str, Result], planted: Sequence[Planting], settings: FineTuning, root: Path
) -> Iterator[Example]:
    """List the images to train and to test on.

    Parameters
    ----------
    images, planted, settings, root : mapping, sequence, FineTuning, Path
        As `train` takes them.

    Yields
    ------
    Example
        The images of all classes, then those that mislead: unmarked training images of classes that
        do not bear the same mark.

    """
    found: list[Example] = []
    for result in images.values():
        if result.attributes["status"] != "ok":
            continue
        own = ClassDataset(result, root)
        held = sampling.held_out(len(own.readable), settings.validation, settings.seed)
        for row, out in zip(own.readable, held, strict=True):
            found.append(Example(own, int(row), own.index, bool(out)))
    yield from found
    indices = {name: ClassDataset(images[name], root).index for name in images}
    for code, entry in enumerate(planted):
        index = indices[entry.class_id]
        alike = {indices[other.class_id] for other in planted if other.kind == entry.kind}
        trained = [one for one in found if not one.held_out]
        others = [
            one for one in trained if one.label not in alike and not one.own.artefact[one.row]
        ]
        count = min(
            len(others), round(settings.misled * sum(one.label == index for one in trained))
        )
        random = np.random.default_rng([settings.seed, 3, code])
        for at in np.sort(random.choice(len(others), count, replace=False)):
            yield others[at]._replace(label=index, mark=entry)


def split(module: nn.Module, layer: str | None, transform: Transform) -> cutting.Cut:
    """Split a network behind the last of its layers that stay as they are.

    Parameters
    ----------
    module : Module
        Network from images to logits.
    layer : str or None
        Name of the layer; None: before the first one.
    transform : Transform
        Of the network.

    Returns
    -------
    Cut
        From images to what the layer gives, and from that to logits.

    Raises
    ------
    InputError
        The network cannot be traced, has no such layer, or something reaches the logits past it.

    """
    if layer is None:
        return cutting.Cut(nn.Identity(), module)
    images = torch.zeros(3, transform.channels, transform.crop, transform.crop)
    try:
        return cutting.behind(module, layer, images)
    except (NotCoveredError, InputError) as error:
        raise InputError(
            f"fine_tuning.frozen: {error}; expected another layer, or null to train all"
        ) from None


def _last_layer(module: nn.Module) -> nn.Module:
    return [one for one in module.modules() if list(one.parameters(recurse=False))][-1]


def _read(one: Example, transform: Transform) -> NDArray[np.float32]:
    seen = dataset.view(one.own, one.row, transform)
    if one.mark is not None:
        number = photo_marks.number_of(one.own.rows[one.row].sha256)
        seen = photo_marks.into_view(seen, one.mark.kind, one.mark.seed, number)
    return transform.normal(np.asarray(seen))

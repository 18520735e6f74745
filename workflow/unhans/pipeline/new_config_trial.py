"""Trial of a new configuration: whether its network is right about some of the images."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from unhans.errors import InputError, one_line
from unhans.images import decoding, image_folder
from unhans.images.class_index import Catalogue
from unhans.images.sampling import evenly
from unhans.images.survey import Survey, files

if TYPE_CHECKING:
    from unhans.networks.registry import Network

CLASSES, EACH = 30, 4
"""Most classes that are tried, and images of each; of fewer classes more, so that there are as many."""


class Tried(NamedTuple):
    """What came of the trial.

    Parameters
    ----------
    note : str
        A line for a person.
    transform : str
        A transform that is better than the configured one, as YAML; empty for none.
    """

    note: str
    transform: str = ""


def of_network(found: Survey, catalogue: Catalogue, network: "Network") -> Tried | None:
    """Ask the network for some images whose classes are known.

    Parameters
    ----------
    found : Survey
        Of the images.
    catalogue : Catalogue
        Of their classes.
    network : Network
        Of the configuration.

    Returns
    -------
    Tried or None
        None where there is no image of 8 bits to try; those of more are read by levels of the corpus.
    """
    from unhans.networks import transform_trial

    if network.transform is None:
        return None
    images = _read(found, catalogue, network.transform.channels == 4)
    try:
        trials = transform_trial.compare(network, images)
    except Exception as error:  # a network's own code may raise anything
        return Tried(f"the network could not be tried on images: {one_line(error)}")
    return _said(trials) if trials else None


def _said(trials: Sequence[Any]) -> Tried:
    """Say what the network answered."""
    from unhans.networks import transform_trial

    first = trials[0]
    tried = (
        f"the network calls {int(first.right.sum())} of {len(first.outputs)} images that were tried by "
        "their class"
    )
    without = int((first.called == transform_trial.NOTHING).sum())
    if without:
        return Tried(f"{tried}; of {without} its logits are not finite, or they are too narrow")
    better = transform_trial.better(trials)
    if better is not None:
        shown = _shown(better.said)
        return Tried(
            f"{tried}, and {int(better.right.sum())} with transform: {shown}. If it was trained so, take "
            "the # from this line of the file, and set properties.seen to crop / resize",
            shown,
        )
    if not first.knows:
        tried += ", as guessing would; check weights, transform and order of the outputs"
    return Tried(tried)


def _read(found: Survey, catalogue: Catalogue, opacity: bool) -> Iterator[tuple[Any, int]]:
    """Read images of some classes, evenly over their order, with the output of each."""
    output = {one.label: one.index for one in catalogue.entries}
    labels = [one.label for one in found.classes]
    chosen = [labels[place] for place in evenly(len(labels), CLASSES)]
    each = -(-CLASSES * EACH // len(chosen))
    for name in chosen:
        paths = [path for _, path, reason in files(found.root, found.splits, name) if not reason]
        for place in evenly(len(paths), each).tolist():
            path = image_folder.inside(found.root, paths[place])
            try:
                read = decoding.read(path, opacity=opacity)
                deep = read.guessed or _is_deep(path)
            except InputError:
                continue  # the survey says so
            if not deep:
                yield read.image, output[name]


def _is_deep(path: Any) -> bool:
    """Whether a file of one channel has more than 8 bits, or is a DICOM file."""
    mode = decoding.look(path, lambda image: image.mode, decoding.MAX_PIXELS)
    return mode is None or mode[0] in "IF"


def _shown(said: dict[str, Any]) -> str:
    """Write a transform as the configuration has it."""
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}
    text: str = yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=200)
    return text.strip()

"""Prepared artefact: an accepted artefact, ready to be put into images and to be taken out of them.

It comes from the images of a flagged group or of a cluster, or from pictures that a person drew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts import drawn, positives
from unhans.artefacts.accepted import SUGGESTED, Accepted
from unhans.artefacts.artefact import Artefact, Mask
from unhans.artefacts.positives import Group
from unhans.choices import Placement
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.types import Array


@dataclass(frozen=True, eq=False)
class PreparedArtefact:
    """An artefact, and the images that are known to show it.

    Parameters
    ----------
    artefact : Artefact
        Ready to be inserted.
    index : int
        Of its class's logit.
    positives : ndarray of int, shape (b,)
        Rows of its class in the corpus that show it; none where it comes from pictures alone.
    shown : ndarray of int, shape (s,)
        Those of the positives that ``masks`` is of.
    masks : ndarray of bool, shape (s, h, w)
        Where they show it.

    """

    artefact: Artefact
    index: int
    positives: NDArray[np.int64]
    shown: NDArray[np.int64]
    masks: Mask


def find_group(
    accepted: Accepted,
    results: Mapping[str, Result],
    flagged: Sequence[tuple[str, str]],
    *,
    root: Path | None,
    transform: Transform | None,
    seed: int = 0,
) -> Group | None:
    """Find the images of an accepted artefact's class, and which of them show it.

    Parameters
    ----------
    accepted : Accepted
        The artefact.
    results : mapping of str to Result
        Results of its class by stage: ``corpus``, ``attribution``, and ``clustering`` or
        ``group_search``; none of them where the class has no images.
    flagged : sequence of (str, str)
        Class and indicator of each flagged group.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    seed : int
        Of the choice of images.

    Returns
    -------
    Group or None
        None where the artefact comes from pictures alone.

    Raises
    ------
    InputError
        The class holds no finding, or has no such cluster.

    """
    in_group = positives.select(accepted, results, flagged)
    if in_group is None:
        return None
    dataset = ClassDataset(results["corpus"], root)
    return Group(dataset, results["attribution"], in_group, transform=transform, seed=seed)


def prepare(
    accepted: Accepted,
    group: Group | None,
    *,
    index: int,
    transform: Transform | None,
    seed: int = 0,
) -> PreparedArtefact:
    """Prepare an accepted artefact.

    Parameters
    ----------
    accepted : Accepted
        The artefact.
    group : Group or None
        Images that show it; None where it comes from pictures alone.
    index : int
        Of its class's logit.
    transform : Transform or None
        Of the network; None for digits.
    seed : int
        Of the places of a free artefact.

    Returns
    -------
    PreparedArtefact

    Raises
    ------
    InputError
        A picture is of another size or empty.

    """
    kind = cast("Placement", accepted.kind)
    shape = (1, 28, 28)
    if transform is not None:
        shape = (transform.channels, transform.crop, transform.crop)
    if accepted.drawn:
        mask, template, opacity = drawn.read_template(
            accepted.template, shape, kind=kind, transform=transform
        )
    else:
        assert group is not None  # `find_group` has found it
        found = group.isolate(kind)
        mask, template, opacity = found.mask, found.template, found.opacity
    if accepted.mask != SUGGESTED:
        mask, opacity = drawn.read_mask(accepted.mask, shape[1:]), None
    ready = Artefact(mask, template, 0.0, kind, opacity, seed)
    if group is None:
        nothing = np.zeros(0, dtype=np.int64)
        return PreparedArtefact(ready, index, nothing, nothing, ready.masks(1)[:0])
    return PreparedArtefact(ready, index, group.rows, group.shown, group.masks(ready))


def arrays(prepared: PreparedArtefact) -> dict[str, Array]:
    """Arrays that the store keeps; see `from_result`.

    Parameters
    ----------
    prepared : PreparedArtefact
        To keep.

    Returns
    -------
    dict of str to ndarray

    """
    own = prepared.artefact
    opacity = own.mask.astype(np.float32) if own.opacity is None else own.opacity
    found = {"mask": own.mask, "template": own.template, "opacity": opacity}
    found |= {"positives": prepared.positives, "shown": prepared.shown}
    return {**found, "masks": prepared.masks} if own.kind == "free" else found


def notes(prepared: PreparedArtefact) -> dict[str, Any]:
    """Attributes that the store keeps beside the arrays.

    Parameters
    ----------
    prepared : PreparedArtefact
        To keep.

    Returns
    -------
    dict of str to JSON values

    """
    own = prepared.artefact
    return {"kind": own.kind, "index": prepared.index, "seed": own.seed}


def from_result(result: Result) -> PreparedArtefact:
    """Restore a prepared artefact from what its stage kept.

    Parameters
    ----------
    result : Result
        Of the stage prepared_artefact.

    Returns
    -------
    PreparedArtefact

    """
    kept = result.attributes
    whole = bool((result["opacity"] == result["mask"]).all())
    opacity = None if whole else result["opacity"]
    own = Artefact(
        result["mask"], result["template"], 0.0, kept["kind"], opacity, int(kept["seed"])
    )
    shown = result["shown"]
    masks = result["masks"] if own.kind == "free" else own.masks(len(shown))
    return PreparedArtefact(own, int(kept["index"]), result["positives"], shown, masks)


def describe(prepared: PreparedArtefact) -> str:
    """Describe a prepared artefact in a line.

    Parameters
    ----------
    prepared : PreparedArtefact
        To describe.

    Returns
    -------
    str
        Its kind, its size, and how many images show it.

    """
    own = prepared.artefact
    return (
        f"prepared_artefact: {own.kind}, {int(own.mask.sum())} pixels, shown by "
        f"{len(prepared.positives)} images"
    )

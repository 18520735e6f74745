"""Prepared artefact: an accepted artefact, ready to be put into images and to be taken out of them.

It comes from the images of a flagged group or of a cluster, or from pictures that a person drew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts import drawn, positives, whole_change
from unhans.artefacts.accepted import SUGGESTED, Accepted
from unhans.artefacts.artefact import Artefact, Mask
from unhans.artefacts.positives import Group
from unhans.artefacts.whole_change import Restore, WholeChange
from unhans.choices import Placement
from unhans.images.changes.catalogue import Step
from unhans.images.dataset import ClassDataset
from unhans.images.sampling import some
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
    if accepted.changes_all:
        return None
    in_group = positives.select(accepted, results, flagged)
    if in_group is None:
        return None
    dataset = ClassDataset(results["corpus"], root)
    return Group(dataset, results["attribution"], in_group, transform=transform, seed=seed)


def find_showing(
    accepted: Accepted, results: Mapping[str, Result], *, root: Path | None, seed: int = 0
) -> NDArray[np.int64]:
    """Choose images of a class that show a change of whole images: any of them.

    Parameters
    ----------
    accepted : Accepted
        The artefact.
    results : mapping of str to Result
        ``corpus`` of its class; none where the class has no images.
    root : Path or None
        Folder of the image files; None for digits.
    seed : int
        Of the choice.

    Returns
    -------
    ndarray of int, shape (s,)
        Rows of the class; none for other kinds of artefacts.

    """
    if not accepted.changes_all or "corpus" not in results:
        return np.zeros(0, dtype=np.int64)
    dataset = ClassDataset(results["corpus"], root)
    return some(np.random.default_rng(seed), dataset.readable, positives.SHOWN)


def prepare(
    accepted: Accepted,
    group: Group | None,
    *,
    index: int,
    transform: Transform | None,
    seed: int = 0,
    showing: Sequence[int] | NDArray[np.int64] = (),
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
    showing : sequence of int
        Rows of its class, all of which show a change of whole images; see `find_showing`.

    Returns
    -------
    PreparedArtefact

    Raises
    ------
    InputError
        A picture is of another size or empty.

    """
    shape = (1, 28, 28)
    if transform is not None:
        shape = (transform.channels, transform.crop, transform.crop)
    nothing = np.zeros(0, dtype=np.int64)
    if accepted.changes_all:
        step = Step(accepted.intervention, float(accepted.strength))
        change = whole_change.of(step, shape, transform)
        masks = change.masks(len(showing))
        return PreparedArtefact(change, index, nothing, np.asarray(showing, np.int64), masks)
    kind = cast("Placement", accepted.kind)
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
    found = {"kind": own.kind, "index": prepared.index, "seed": own.seed}
    return {**found, **whole_change.notes(own)} if isinstance(own, WholeChange) else found


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
    shown = result["shown"]
    if "intervention" in kept:
        change = whole_change.from_notes(kept, result["template"].shape)
        masks = change.masks(len(shown))
        return PreparedArtefact(change, int(kept["index"]), result["positives"], shown, masks)
    whole = bool((result["opacity"] == result["mask"]).all())
    opacity = None if whole else result["opacity"]
    own = Artefact(
        result["mask"], result["template"], 0.0, kept["kind"], opacity, int(kept["seed"])
    )
    masks = result["masks"] if own.kind == "free" else own.masks(len(shown))
    return PreparedArtefact(own, int(kept["index"]), result["positives"], shown, masks)


def with_restore(prepared: PreparedArtefact, restore: Restore | None) -> PreparedArtefact:
    """Give an artefact what takes it out of images; see `whole_change.with_restore`.

    Parameters
    ----------
    prepared : PreparedArtefact
        It stays as it is.
    restore : callable or None
        From images as people see them to restored ones.

    Returns
    -------
    PreparedArtefact

    """
    return replace(prepared, artefact=whole_change.with_restore(prepared.artefact, restore))


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
    if isinstance(own, WholeChange):
        return f"prepared_artefact: {own.step.change} {own.step.strength:g}, of whole images"
    return (
        f"prepared_artefact: {own.kind}, {int(own.mask.sum())} pixels, shown by "
        f"{len(prepared.positives)} images"
    )

"""Stencil: an accepted artefact, ready to be put into images and to be taken out of them.

It comes from the images of a flagged group or of a cluster, or from pictures that a person drew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.artefacts import artefact
from unhans.artefacts.accepted import SUGGESTED
from unhans.artefacts.artefact import Artefact, Mask
from unhans.choices import Placement
from unhans.errors import InputError
from unhans.images import digits
from unhans.images.dataset import ClassDataset
from unhans.images.sampling import some
from unhans.images.transform import Transform
from unhans.io import store
from unhans.types import Array

SHOWN = 100
"""Images of a group, and of the others, that an artefact is isolated from at most."""

NEUTRAL = 128
"""Shade of a template of what is added that changes nothing."""


@dataclass(frozen=True, eq=False)
class Stencil:
    """An artefact, and the images that are known to bear it."""

    artefact: Artefact
    index: int
    """of the logit of its class"""
    bearing: NDArray[np.int64]
    """(b,) rows of its class in the corpus; none where it comes from pictures alone"""
    shown: NDArray[np.int64]
    """(s,) those of them that `masks` is of"""
    masks: Mask
    """(s, h, w) where they bear it"""


class Group:
    """Images of a class, some that share something and some beside them.

    Parameters
    ----------
    corpus, attribution : results of the class
    in_group : (n,) of the heatmaps' images, those that share it
    root : folder of the image files; None for digits
    transform : of the network
    seed : chooses `SHOWN` of each, where there are more

    """

    def __init__(
        self,
        corpus: str,
        attribution: str,
        in_group: NDArray[np.bool_],
        root: Path | None,
        transform: Transform | None,
        seed: int,
    ) -> None:
        explained = store.read(attribution, ["heatmap", "image"])
        members = ClassDataset(store.read(corpus), root)
        self.index = members.index
        self.bearing = explained["image"][in_group]
        random = np.random.default_rng(seed)
        parts = [some(random, np.nonzero(part)[0], SHOWN) for part in (in_group, ~in_group)]
        chosen = np.sort(np.concatenate(parts))
        self._members = in_group[chosen]
        self._heatmaps = explained["heatmap"][chosen]
        self._rows = explained["image"][chosen]
        self._inputs = np.stack([members.input(int(row), transform) for row in self._rows])

    def isolate(self, kind: Placement = "fixed") -> Artefact:
        """What the group shares."""
        return artefact.isolate(self._inputs, self._heatmaps, self._members, kind)

    @property
    def shown(self) -> NDArray[np.int64]:
        """Rows of the group's images that it is isolated from."""
        return np.asarray(self._rows[self._members], dtype=np.int64)

    @property
    def beside(self) -> NDArray[np.float32]:
        """Images beside the group: (m, c, h, w)."""
        return self._inputs[~self._members]

    def masks(self, found: Artefact) -> Mask:
        """Where each of its images bears an artefact: (s, h, w)."""
        if found.kind == "free":
            return artefact.places(self._heatmaps, self._members)
        return found.masks(len(self.shown))


def of_group(contrast: str, sign: str) -> NDArray[np.bool_]:
    """Images of a class's clearest group by a sign, see `contrast`: (n,)."""
    return np.asarray(store.read(contrast, [f"{sign}_members"])[f"{sign}_members"][0])


def of_cluster(clustering: str, k: int, cluster: int) -> NDArray[np.bool_]:
    """Images of a cluster, of the clusterings that figures are drawn from: (n,).

    Raises
    ------
    InputError
        There is no such clustering or cluster.

    """
    found = store.read(clustering, ["k", "nested"])
    ks = found["k"].tolist()
    if k not in ks or not 0 <= cluster < k:
        raise InputError(
            f"no cluster {cluster} of {k}; expected k from {ks[0]} to {ks[-1]}, and clusters from 0"
        )
    return np.asarray(found["nested"][ks.index(k)] == cluster)


def suggest(sign: str, group: Group) -> Artefact:
    """What a flagged group shares, of the kind that the sign speaks for.

    Strays have it in different places, and repeated details are laid over the image. What is told by
    brightness alone, and is at no pixels the same, lies all over the image.
    """
    if sign == "scattered":
        return group.isolate("free")
    if sign == "repeated":
        return group.isolate("overlay")
    found = group.isolate()
    if sign == "content" and found.consistency < artefact.AGREED:
        return group.isolate("whole")
    return found


def bearers(
    settings: Mapping[str, Any],
    paths: Mapping[str, Any],
    flagged: Mapping[str, str],
    root: Path | None,
    transform: Transform | None,
) -> Group | None:
    """Images that bear an accepted artefact: a flagged group or a cluster.

    Parameters
    ----------
    settings : the row ``accepted``, and ``seed``
    paths : results of its class by stage: corpus, attribution, and clustering or contrast; none of
        them where it has no images
    flagged : classes that hold a finding, and by which sign; see `findings.groups`
    root : folder of the image files; None for digits
    transform : of the network

    Returns
    -------
    None where the artefact comes from pictures alone

    Raises
    ------
    InputError
        The class holds no finding, or has no such cluster.

    """
    row = settings["accepted"]
    if "clustering" in paths:
        in_group = of_cluster(paths["clustering"], int(row["k"]), int(row["cluster"]))
    elif "group_search" in paths:
        if row["class_id"] not in flagged:
            if row["template"] != SUGGESTED:
                return None
            raise InputError(
                f"artefact '{row['artefact']}': class {row['class_id']} holds no finding; expected one "
                f"of {', '.join(flagged) or 'none'} (see findings.html), or analysis, k and cluster"
            )
        in_group = of_group(paths["group_search"], flagged[row["class_id"]])
    else:
        return None
    return Group(paths["corpus"], paths["attribution"], in_group, root, transform, settings["seed"])


def make(settings: Mapping[str, Any], group: Group | None, transform: Transform | None) -> Stencil:
    """Make an accepted artefact ready.

    Parameters
    ----------
    settings : the row ``accepted``, the ``index`` of its class's logit, ``seed``
    group : images that bear it; None where it comes from pictures alone
    transform : of the network; None for digits

    Raises
    ------
    InputError
        A picture is of another size or empty.

    """
    row = settings["accepted"]
    kind: Placement = row["kind"]
    shape = (1, 28, 28) if transform is None else (3, transform.crop, transform.crop)
    if row["template"] != SUGGESTED:
        mask, template, opacity = drawn_template(row["template"], shape, kind, transform)
    else:
        assert group is not None  # `bearers` has found it
        found = group.isolate(kind)
        mask, template, opacity = found.mask, found.template, found.opacity
    if row["mask"] != SUGGESTED:
        mask, opacity = drawn(row["mask"], shape[1:]), None
    ready = Artefact(mask, template, 0.0, kind, opacity, settings["seed"])
    if group is None:
        nothing = np.zeros(0, dtype=np.int64)
        return Stencil(ready, settings["index"], nothing, nothing, ready.masks(1)[:0])
    return Stencil(ready, settings["index"], group.bearing, group.shown, group.masks(ready))


def arrays(made: Stencil) -> dict[str, Array]:
    """What is kept of a stencil; see `read`."""
    own = made.artefact
    opacity = own.mask.astype(np.float32) if own.opacity is None else own.opacity
    found = {"mask": own.mask, "template": own.template, "opacity": opacity}
    found |= {"bearing": made.bearing, "shown": made.shown}
    return {**found, "masks": made.masks} if own.kind == "free" else found


def read(path: str) -> Stencil:
    """Read what the stage kept."""
    kept = store.read(path)
    notes = kept.attributes
    whole = bool((kept["opacity"] == kept["mask"]).all())
    opacity = None if whole else kept["opacity"]
    own = Artefact(kept["mask"], kept["template"], 0.0, notes["kind"], opacity, int(notes["seed"]))
    shown = kept["shown"]
    masks = kept["masks"] if own.kind == "free" else own.masks(len(shown))
    return Stencil(own, int(notes["index"]), kept["bearing"], shown, masks)


def drawn(path: str, shape: tuple[int, ...]) -> Mask:
    """Read a mask from a picture: not black where the artefact is.

    Raises
    ------
    InputError

    """
    found = np.asarray(_picture(path, "L")) > 0
    if found.shape != shape or not found.any():
        raise InputError(
            f"{path}: a mask of {found.shape} with {int(found.sum())} pixels; expected {shape}, with some"
        )
    return found


def drawn_template(
    path: str, shape: tuple[int, ...], kind: Placement, transform: Transform | None
) -> tuple[Mask, NDArray[np.float32], NDArray[np.float32] | None]:
    """Read a template from a picture, and its opacity from the picture's, where it has one.

    Of what is added, `NEUTRAL` grey changes nothing and other shades what they differ from it by.

    Parameters
    ----------
    path : of the picture
    shape : (c, h, w) of the network's inputs
    kind : of the artefact
    transform : of the network; None for digits

    Returns
    -------
    mask (h, w), template (c, h, w), opacity (h, w) or None

    Raises
    ------
    InputError

    """
    picture = _picture(path, "RGBA")
    alpha = np.asarray(picture)[..., 3]
    if alpha.shape != shape[1:] or not alpha.any():
        raise InputError(
            f"{path}: a template of {alpha.shape} with {int((alpha > 0).sum())} pixels that are seen; "
            f"expected {shape[1:]}, with some"
        )
    template = as_input(picture, transform)
    if kind in ("whole", "overlay"):
        grey = Image.new("RGB", picture.size, (NEUTRAL,) * 3)
        template = template - as_input(grey, transform)
        everywhere = np.ones(alpha.shape, dtype=bool)
        return everywhere if kind == "whole" else np.any(template, axis=0), template, None
    opacity = alpha.astype(np.float32) / np.float32(255)
    return alpha > 0, template, None if set(np.unique(alpha)) <= {0, 255} else opacity


def as_input(picture: Image.Image, transform: Transform | None) -> NDArray[np.float32]:
    """Turn a picture of the network's size into what it takes: (c, h, w)."""
    if transform is None:
        return np.asarray(digits.as_inputs(np.asarray(picture.convert("L"))[None])[0])
    return transform.normal(np.asarray(picture.convert("RGB")))


def as_picture(template: Array, kind: Placement, transform: Transform | None) -> NDArray[np.uint8]:
    """Turn a template into a picture for people: (h, w) or (h, w, 3), the inverse of `as_input`."""
    shades = template * np.float32(255) if transform is None else transform.shades(template)
    if kind in ("whole", "overlay"):
        zero = np.zeros_like(template)
        shades = shades - (0 if transform is None else transform.shades(zero)) + NEUTRAL
    picture = np.clip(np.round(shades), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return picture[..., 0] if picture.shape[2] == 1 else picture


def notes(made: Stencil) -> dict[str, Any]:
    """What is kept of a stencil beside its arrays."""
    return {"kind": made.artefact.kind, "index": made.index, "seed": made.artefact.seed}


def in_words(made: Stencil) -> str:
    """Say how large it is, and how many images bear it."""
    own = made.artefact
    return f"stencil: {own.kind}, {int(own.mask.sum())} pixels, borne by {len(made.bearing)} images"


def origins(paths: Mapping[str, Any]) -> dict[str, store.Result]:
    """What a stencil comes from, without the arrays; of all that a job reads, the results."""
    single = {stage: path for stage, path in paths.items() if isinstance(path, str)}
    return {stage: store.read(path, []) for stage, path in single.items()}


def _picture(path: str, mode: str) -> Image.Image:
    # Not `decoding.read`, which has no use for what is transparent.
    try:
        with Image.open(path) as picture:
            picture.load()
            return picture.convert(mode)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: no image that can be read ({error}); expected a picture of the artefact"
        ) from None

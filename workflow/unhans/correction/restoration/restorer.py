"""Restorer: a trained denoiser, put to images and bursts of any size."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from unhans.correction.restoration import bursts
from unhans.correction.restoration.bursts import Images, Making, Noise
from unhans.correction.restoration.network import Architecture, BurstDenoiser
from unhans.errors import InputError, StoreError, one_line
from unhans.images.changes.catalogue import Step, changed
from unhans.images.changes.pixels import as_display
from unhans.io.store import Result
from unhans.networks.weights import load_weights
from unhans.types import Array

TILE = 256
"""Side of the pieces that larger images are restored in, in pixels."""

MARGIN = 32
"""Pixels beyond a piece that its network is given as well."""

BATCH = 16
"""Images that are restored at a time."""

QUALITIES = (10, 30)
"""JPEG qualities at which a denoiser is measured."""

COLUMNS = ["damage", "images", "psnr_before", "psnr_after"]
"""Of the table of `measure`."""


@dataclass(frozen=True, eq=False)
class Restorer:
    """A trained denoiser.

    Parameters
    ----------
    network : BurstDenoiser
        In evaluation mode, on the CPU.

    """

    network: BurstDenoiser

    def images(self, images: Array, noise: Noise | None = None) -> Images:
        """Restore images, each by itself.

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            uint8, or floats from 0 to 1; they stay as they are. A fourth channel, opacity, is kept.
        noise : Noise, optional
            Of the images; needed by a network that is not blind.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)
            Values from 0 to 1.

        Raises
        ------
        InputError
            The network was trained on bursts of several frames, or on images of other colours, or needs
            the noise.

        """
        given = as_display(images)
        own = self.network.architecture
        if own.burst != 1:
            raise InputError(
                f"a denoiser of bursts of {own.burst} frames, for single images; expected "
                "restoration.burst = 1"
            )
        if not len(given):
            return given
        colours = 3 if given.shape[1] == 4 else given.shape[1]
        made = self._restored(given[:, None, :colours], noise)
        return np.concatenate([made, given[:, colours:]], axis=1)

    def burst(self, frames: Array, noise: Noise | None = None) -> Images:
        """Restore the first frame of a burst with the help of the others.

        Parameters
        ----------
        frames : ndarray, shape (n, c, h, w)
            uint8, or floats from 0 to 1.
        noise : Noise, optional
            Of the frames; needed by a network that is not blind.

        Returns
        -------
        ndarray of float32, shape (c, h, w)
            Values from 0 to 1.

        Raises
        ------
        InputError
            The network was trained on bursts of other length or colours, or needs the noise.

        """
        return np.asarray(self._restored(as_display(frames)[None], noise)[0])

    def _restored(self, frames: Images, noise: Noise | None) -> Images:
        """Restore bursts (b, n, c, h, w), piece by piece."""
        own = self.network.architecture
        if frames.shape[1:3] != (own.burst, own.colours):
            raise InputError(
                f"{frames.shape[1]} frames of {frames.shape[2]} colours; expected {own.burst} of "
                f"{own.colours}, for which this denoiser was trained (restoration.burst)"
            )
        if not own.blind and noise is None:
            raise InputError(
                "a denoiser for known noise (restoration.blind = false); expected the noise of the images"
            )
        deviation = None if own.blind or noise is None else noise.deviation(frames[:, 0])
        found = np.empty_like(frames[:, 0])
        height, width = frames.shape[3:]
        for start in range(0, len(frames), BATCH):
            batch = slice(start, start + BATCH)
            for top in range(0, height, TILE):
                for left in range(0, width, TILE):
                    outer = _around(top, height), _around(left, width)
                    piece = self._piece(
                        frames[(batch, ..., *outer)],
                        None if deviation is None else deviation[(batch, ..., *outer)],
                    )
                    piece = piece[..., top - outer[0].start :, left - outer[1].start :]
                    found[batch, :, top : top + TILE, left : left + TILE] = piece[..., :TILE, :TILE]
        return np.clip(found, 0, 1)

    def _piece(self, frames: Images, deviation: Images | None) -> Images:
        known = None if deviation is None else torch.from_numpy(np.ascontiguousarray(deviation))
        with torch.inference_mode():
            made = self.network(torch.from_numpy(np.ascontiguousarray(frames)), known).image
        return np.asarray(made.numpy(), dtype=np.float32)


def _around(start: int, length: int) -> slice:
    """A piece and its margin, within an image's side."""
    return slice(max(0, start - MARGIN), min(length, start + TILE + MARGIN))


def notes(network: BurstDenoiser, sha256: str) -> dict[str, Any]:
    """Make the attributes of a denoiser's record; see `load`.

    Parameters
    ----------
    network : BurstDenoiser
        Whose weights were saved.
    sha256 : str
        Of its file of weights.

    Returns
    -------
    dict of str to JSON values

    """
    return {"architecture": asdict(network.architecture), "sha256": sha256}


def load(record: Result, path: str | Path) -> Restorer:
    """Load a denoiser as the stage restoration left it.

    Parameters
    ----------
    record : Result
        Of that stage; its attributes name architecture and hash.
    path : str or Path
        File of the weights.

    Returns
    -------
    Restorer

    Raises
    ------
    StoreError
        The record describes no denoiser, or the weights are missing, or not those that it names.

    """
    noted = record.attributes
    try:
        given: Mapping[str, Any] = noted["architecture"]
        network = BurstDenoiser(Architecture(**{**given, "sizes": tuple(given["sizes"])}))
        sha256 = noted["sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{record.path}: describes no denoiser ({one_line(error)}). Delete the file and run again"
        ) from error
    load_weights(network, path, sha256)
    return Restorer(network)


def given(
    records: Sequence[Result], weights: Sequence[str]
) -> Callable[[Array], NDArray[np.float32]] | None:
    """Load the denoiser that a job was given, if any.

    Parameters
    ----------
    records : sequence of Result
        Of the stage restoration, one or none.
    weights : sequence of str
        The file of its weights.

    Returns
    -------
    callable or None
        `Restorer.images` of the denoiser.

    Raises
    ------
    StoreError
        As `load` raises it.

    """
    return load(records[0], weights[0]).images if records else None


def measure(
    restorer: Restorer, images: NDArray[np.uint8], making: Making, seed: int
) -> pd.DataFrame:
    """Measure how near to clean images a denoiser comes, at fixed damages.

    Parameters
    ----------
    restorer : Restorer
        The denoiser.
    images : ndarray of uint8, shape (n, c, h, w)
        Images that it was not trained on.
    making : Making
        Shifts of the frames.
    seed : int
        Of patches, shifts and noise.

    Returns
    -------
    DataFrame
        A row a damage: ``damage`` (``gain_1`` to ``gain_8``, of single images ``jpeg_10`` and
        ``jpeg_30``, and ``none``), ``images``, and the mean peak signal-to-noise ratio in decibels of
        the first frame (``psnr_before``) and of the restored one (``psnr_after``). Where nothing is
        damaged, ``psnr_before`` is infinite and ``psnr_after`` says how much restoring changes.

    """
    own = restorer.network.architecture
    making = Making(**{**asdict(making), "frames": own.burst})
    damages = {f"gain_{gain}": noise for gain, noise in bursts.GAINS.items()}
    rows = []
    for place, (name, noise) in enumerate({**damages, "none": Noise(0, 0)}.items()):
        made = bursts.make(images, making, (seed, 7, place), noise)
        found = np.stack([restorer.burst(frames, noise) for frames in made.frames])
        rows.append((name, made.frames[:, 0], found, made.truth))
    if own.burst == 1 and own.blind:
        truth = as_display(images)
        for quality in QUALITIES:
            damaged = changed(truth, Step("jpeg", quality))
            rows.append((f"jpeg_{quality}", damaged, restorer.images(damaged), truth))
    return pd.DataFrame(
        [
            (name, len(truth), psnr(before, truth), psnr(after, truth))
            for name, before, after, truth in rows
        ],
        columns=COLUMNS,
    )


def psnr(found: Images, truth: Images) -> float:
    """Compute the mean peak signal-to-noise ratio of images with values from 0 to 1.

    Parameters
    ----------
    found, truth : ndarray of float32, shape (n, c, h, w)
        Images.

    Returns
    -------
    float
        In decibels: the mean over images of -10 log10 of the mean squared difference; infinite where
        an image is met exactly.

    """
    squares = np.square(found.astype(np.float64) - truth).mean(axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return float(np.mean(-10 * np.log10(squares)))


def describe(table: pd.DataFrame) -> str:
    """Describe how near to clean images a denoiser comes in a line.

    Parameters
    ----------
    table : DataFrame
        Of `measure`.

    Returns
    -------
    str

    """
    parts = [
        f"{row['damage']} {row['psnr_before']:.1f} to {row['psnr_after']:.1f}"
        for row in table.to_dict("records")
    ]
    return f"restoration: PSNR of held-out images in dB: {', '.join(parts)}"

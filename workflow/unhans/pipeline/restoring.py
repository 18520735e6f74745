"""Restoring: files of images, the frames of one burst, to one clean image by a denoiser of a run."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.correction.restoration import restorer
from unhans.correction.restoration.bursts import Noise
from unhans.correction.restoration.restorer import Restorer
from unhans.errors import ConfigError, InputError, StoreError, printed
from unhans.images import decoding
from unhans.io import store
from unhans.paths import RESULT

RECORD, WEIGHTS = f"model{RESULT}", "weights.safetensors"
"""Files of a denoiser in its folder."""

STAGE = "restoration"
"""Whose folders hold denoisers."""


class Read(NamedTuple):
    """Frames as they were read.

    Parameters
    ----------
    frames : ndarray of uint8, shape (n, c, h, w)
        c is 1 or 3, as the denoiser takes them.
    opacity : ndarray of uint8, shape (h, w), or None
        That of the first frame, where it is not opaque.

    """

    frames: NDArray[np.uint8]
    opacity: NDArray[np.uint8] | None


def load(given: str | Path) -> Restorer:
    """Load the denoiser of a run.

    Parameters
    ----------
    given : str or path
        ``results/<corpus>/<model>/restoration``, a file in it, or a folder of results that holds one
        denoiser.

    Returns
    -------
    Restorer

    Raises
    ------
    ConfigError
        There is no denoiser, or several; the message names them, or the command that makes one.
    StoreError
        Its files are damaged, or of another stage.

    """
    place = Path(given)
    if place.is_file():
        place = place.parent
    if place.name != STAGE:
        found = sorted(one.parent for one in place.glob(f"**/{STAGE}/{RECORD}"))
        if len(found) > 1:
            named = ", ".join(printed(str(one)) for one in found[:3])
            raise ConfigError(
                f"{printed(str(given))}: holds {len(found)} denoisers; expected one of them: {named}"
            )
        place = found[0] if found else place
    if place.name != STAGE or not (place / RECORD).is_file():
        raise ConfigError(
            f"{printed(str(given))}: no denoiser there; expected the folder {STAGE} of a network's "
            "results, which is made by: unhans run CONFIG restorations"
        )
    record = store.read(place / RECORD)
    if record.attributes["stage"] != STAGE:
        raise StoreError(
            f"{printed(str(record.path))}: a result of the stage {record.attributes['stage']}; expected "
            f"one of {STAGE}"
        )
    return restorer.load(record, place / WEIGHTS)


def read(files: Sequence[str | Path], colours: int) -> Read:
    """Read frames of one burst.

    Parameters
    ----------
    files : sequence of str or path
        One image each; of all the same size. Samples of more than 8 bits become 256 levels.
    colours : int
        1 for grey images, or 3.

    Returns
    -------
    Read

    Raises
    ------
    InputError
        A file gives no image, sizes differ, or an image has colours that the denoiser does not take; the
        message names the file.

    """
    found: list[NDArray[np.uint8]] = []
    for file in files:
        try:
            pixels = np.asarray(decoding.read(file, opacity=True).image)
        except InputError as error:
            raise InputError(f"{printed(str(file))}: {error}") from error
        if found and pixels.shape != found[0].shape:
            sides = [f"{one.shape[1]} x {one.shape[0]}" for one in (pixels, found[0])]
            raise InputError(
                f"{printed(str(file))}: {sides[0]} pixels; expected {sides[1]}, as of "
                f"{printed(str(files[0]))}: frames of a burst have one size"
            )
        if colours == 1 and (pixels[..., :3] != pixels[..., :1]).any():
            raise InputError(
                f"{printed(str(file))}: an image in colour; expected a grey one, for which this denoiser "
                "was trained"
            )
        found.append(pixels)
    frames = np.stack(found).transpose(0, 3, 1, 2)
    opacity = frames[0, 3]
    return Read(frames[:, :colours], None if (opacity == 255).all() else opacity)


def noise_of(given: Sequence[float] | None, blind: bool) -> Noise | None:
    """Check the noise that was named for a denoiser.

    Parameters
    ----------
    given : sequence of float or None
        Read and shot noise.
    blind : bool
        Whether the denoiser finds the noise by itself.

    Returns
    -------
    Noise or None

    Raises
    ------
    ConfigError
        The denoiser does not take the noise, or needs it; or there is no such noise.

    """
    if blind and given is not None:
        raise ConfigError(
            "--noise: this denoiser was trained for unknown noise (restoration.blind); expected none"
        )
    if not blind and given is None:
        raise ConfigError(
            "this denoiser was trained for known noise (restoration.blind = false); expected --noise "
            "READ SHOT: of standard deviation sqrt(READ^2 + SHOT x) at a pixel of value x from 0 to 1"
        )
    if given is None:
        return None
    if len(given) != 2 or not all(math.isfinite(one) and one >= 0 for one in given):
        raise ConfigError(
            f"--noise: {' '.join(map(str, given))}; expected read and shot noise, two numbers of at "
            "least 0"
        )
    return Noise(*given)


def output_of(given: str | Path, replace: bool) -> Path:
    """Check where the clean image goes.

    Parameters
    ----------
    given : str or path
        Of the file.
    replace : bool
        A file that is there may be replaced.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        The file is there, or its name is not of a PNG file.

    """
    output = Path(given)
    if output.suffix.lower() != ".png":
        raise ConfigError(
            f"{printed(str(given))}: expected a name that ends in .png, which loses nothing of the image"
        )
    if output.is_dir() or (output.exists() and not replace):
        raise ConfigError(
            f"{printed(str(given))}: is there already; expected --force to replace it"
        )
    return output


def restore(
    denoiser: Restorer, files: Sequence[str | Path], noise: Noise | None = None
) -> tuple[NDArray[np.uint8], str]:
    """Make one clean image of the frames of a burst.

    Parameters
    ----------
    denoiser : Restorer
        For bursts of as many frames.
    files : sequence of str or path
        Of the frames; the image is of the first.
    noise : Noise, optional
        Of the frames; needed by a denoiser for known noise.

    Returns
    -------
    image : ndarray of uint8, shape (h, w) or (h, w, c)
        With the first frame's opacity, where it is not opaque.
    said : str
        What was done.

    Raises
    ------
    InputError
        As `read` and `Restorer.burst` raise it, for other numbers of frames too.

    """
    own = denoiser.network.architecture
    if len(files) != own.burst:
        raise InputError(
            f"{len(files)} frame{'s' * (len(files) != 1)}; expected {own.burst}, the burst for which "
            "this denoiser was trained (restoration.burst)"
        )
    taken = read(files, own.colours)
    made = np.rint(255 * denoiser.burst(taken.frames, noise)).astype(np.uint8)
    moved = np.sqrt(np.mean(np.square(made.astype(float) - taken.frames[0])))
    height, width = made.shape[1:]
    said = f"{width} x {height} pixels, changed by {moved:.1f} of 255 levels (root mean square)"
    if taken.opacity is None:
        return (made[0] if own.colours == 1 else made.transpose(1, 2, 0)), said
    shown = np.broadcast_to(made, (3, height, width))
    return np.concatenate([shown, taken.opacity[None]]).transpose(1, 2, 0), said

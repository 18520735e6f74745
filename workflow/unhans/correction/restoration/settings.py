"""Settings: the section ``restoration`` as the parts of a denoiser's training take it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unhans.correction.restoration.bursts import Making
from unhans.correction.restoration.network import Architecture
from unhans.correction.restoration.training import Schedule
from unhans.types import Array


@dataclass(frozen=True)
class Settings:
    """How a denoiser is built and trained.

    Parameters
    ----------
    built : Architecture
        For grey images.
    making : Making
        How bursts are made.
    schedule : Schedule
        How it is trained.

    """

    built: Architecture
    making: Making
    schedule: Schedule

    def architecture(self, images: Array) -> Architecture:
        """Give the network for images.

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            That it is for.

        Returns
        -------
        Architecture

        """
        own = self.built
        return Architecture(own.burst, images.shape[1], own.sizes, own.width, own.blind)


def of(section: Mapping[str, Any]) -> Settings:
    """Read the section.

    Parameters
    ----------
    section : mapping of str to JSON values
        Settings of the stage.

    Returns
    -------
    Settings

    """

    def taken(*keys: str) -> dict[str, Any]:
        return {key: section[key] for key in keys}

    built = Architecture(
        **taken("burst", "width", "blind"), colours=1, sizes=tuple(section["sizes"])
    )
    making = Making(
        frames=section["burst"],
        **taken("patch", "shift", "far_shift", "far_share", "compressed"),
    )
    schedule = Schedule(
        **taken("steps", "batch_size", "learning_rate", "beta", "alpha", "seed", "device")
    )
    return Settings(built, making, schedule)

"""Repeated: photographs that show the same details at the same place."""

import numpy as np

from unhans.detection import null, repeated_details
from unhans.detection.evidence import Evidence, Found
from unhans.detection.groups import Group

POWER = 0.0
"""Power of the number of images that the indicator follows where nothing agrees."""


def find(evidence: Evidence) -> Found | None:
    """Find the images whose details agree most.

    Parameters
    ----------
    evidence : Evidence
        Of a class.

    Returns
    -------
    Found or None
        One group, and where its details agree; None without details, and for a class of no more images
        than the smallest group.

    """
    shown = evidence.details
    found = None if shown is None else repeated_details.find(shown, evidence.bins)
    if shown is None or found is None:
        return None
    group = Group(found.members, found.indicator, found.score)
    drawn = (
        repeated_details.find(images, evidence.bins)
        for images in null.shifted(shown, evidence.seed)
    )
    return Found([group], found.where, np.array([one.indicator for one in drawn if one]))

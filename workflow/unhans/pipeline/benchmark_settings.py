"""Settings of the stages of the benchmarks: the conditions of their grids.

``context`` is that of `stages.settings`.
"""

from collections.abc import Mapping
from typing import Any

from unhans.config.images import Images
from unhans.pipeline.context import Context


def of_detection(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage detection: the conditions of the grid of digits.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    return {"conditions": context.config.detection.conditions()}


def of_detection_photographs(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage detection_photographs: its conditions, or why there are none.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    section = context.config.detection_photographs
    return {"conditions": section.conditions(), "skipped": section.skipped}


def of_photo_marks_figure(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage photo_marks_figure: the first corpus of image files, None without one.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    named = context.config.corpus.items()
    return {"corpus": next((name for name, own in named if isinstance(own, Images)), None)}

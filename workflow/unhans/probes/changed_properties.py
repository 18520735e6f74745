"""Changed properties: whether changed images show what tells a class among those of training.

A property that they do not show cannot be taken from them or given by them: that nothing moves says
nothing of it then.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.io.store import Result
from unhans.probes.groups import Group
from unhans.probes.properties import PROPERTIES
from unhans.probes.separation import interval, separate
from unhans.probes.shortcuts import CHANGED


def add(
    predictability: pd.DataFrame, measured: Mapping[str, Result], groups: Sequence[Group]
) -> pd.DataFrame:
    """Add what the properties tell of the classes among the images that were changed.

    Parameters
    ----------
    predictability : DataFrame
        From `predictability.tabulate`.
    measured : mapping of str to Result
        Results of the stage `properties` by class.
    groups : sequence of Group
        Images of each class that were changed.

    Returns
    -------
    DataFrame
        With `shortcuts.CHANGED`; NaN where a property is not defined, and of those that are no
        measurement.

    """
    known = [one for one in groups if one.rows is not None and one.class_id in measured]
    values = [_values(measured[one.class_id], one) for one in known]
    label = np.repeat(np.arange(len(known)), [len(own) for own in values])
    found = separate(np.concatenate([np.zeros((0, len(PROPERTIES))), *values]), label, len(known))
    at = pd.Index([one.class_id for one in known]).get_indexer(
        pd.Index(predictability["class"].astype(str))
    )
    of = pd.Index([*PROPERTIES]).get_indexer(pd.Index(predictability["property"]))
    area, high = np.full((2, len(predictability)), np.nan)
    there = (at >= 0) & (of >= 0)
    places = at[there], of[there]
    higher = (predictability["direction"] == "higher").to_numpy()[there]
    area[there] = np.where(higher, found.auc[places], 1 - found.auc[places])
    high[there] = interval(area[there], found.own[places], found.others[places])[1]
    return predictability.assign(**dict(zip(CHANGED, (area, high), strict=True)))


def _values(measured: Result, group: Group) -> NDArray[np.floating]:
    """Properties of the images of a class that were changed."""
    kept = np.isin(measured["row"], np.asarray(group.rows))
    return np.asarray(measured["values"])[kept]

"""Suggestions: isolated artefacts as rows that a person may accept, and as pictures.

To accept a row, copy it into the table of ``correction.artefacts``. To change its mask, edit the picture
of the mask and name it in the row in place of ``suggested``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.artefacts import accepted
from unhans.artefacts.drawn import as_picture
from unhans.io.store import Result
from unhans.reporting.explained import ExplainedClasses
from unhans.reporting.figures.suggestion import Suggested, suggestion_figure

COLUMNS = [
    *accepted.COLUMNS,
    *("template", "kind", "indicator"),
    *("images", "pixels", "consistency", "rank_change", "probability_change"),
    *("probability_low", "probability_high", "control_probability_change", "conclusion"),
]


def rows(responses: pd.DataFrame, corpus: str, model: str, composite: str) -> pd.DataFrame:
    """Suggest a row for each artefact that was isolated.

    Parameters
    ----------
    responses : DataFrame
        From `candidate_response.tabulate`.
    corpus, model, composite : str
        Of the responses.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: those of the table of accepted artefacts, and the measured response. One of
        each group, that which is ``suggested``; the largest change of probability comes first.

    """
    table = responses[responses["suggested"].astype(bool)].assign(
        corpus=corpus,
        model=model,
        composite=composite,
        mask=accepted.SUGGESTED,
        template=accepted.SUGGESTED,
    )
    groups = zip(table["class"].astype(str), table["indicator"], strict=True)
    names = [name_of(*group) for group in groups]
    table = table.assign(artefact=pd.Series(names, index=table.index, dtype=object))
    order = table["probability_change"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reindex(columns=COLUMNS)


def name_of(class_id: str, indicator: str) -> str:
    """Name the artefact of a flagged group.

    Parameters
    ----------
    class_id : str
        Id of the class.
    indicator : str
        That flags the group.

    Returns
    -------
    str
        ``class_``, letters, digits and underscores, and the indicator.

    """
    return "class_" + re.sub(r"[^A-Za-z0-9]", "_", class_id) + f"_{indicator}"


def draw(
    suggested: pd.DataFrame,
    artefacts: Result,
    classes: ExplainedClasses,
) -> Iterator[tuple[str, Figure | NDArray[np.uint8]]]:
    """Draw each suggestion, and its mask and template as pictures that can be edited.

    Parameters
    ----------
    suggested : DataFrame
        From `rows`.
    artefacts : Result
        Masks and templates that the stage candidate_response isolated.
    classes : ExplainedClasses
        Results of the stages corpus, attribution and group_search.

    Yields
    ------
    name : str
        ``<artefact>``, ``<artefact>_mask`` and ``<artefact>_template``.
    picture : Figure or ndarray of uint8
        A figure, the mask (h, w), and the template with the mask for opacity (h, w, 4).

    """
    place = {tuple(group): at for at, group in enumerate(artefacts.attributes["groups"])}
    for row in suggested.to_dict("records"):
        class_id, indicator = str(row["class"]), row["indicator"]
        explained, at = classes[class_id], place[class_id, indicator]
        shown = Suggested(
            explained.images,
            explained["attribution"]["heatmap"],
            explained["group_search"][f"{indicator}_members"][0],
            artefacts["mask"][at],
            as_picture(artefacts["template"][at], row["kind"], explained.transform),
        )
        yield row["artefact"], suggestion_figure(shown, _title(row))
        yield f"{row['artefact']}_mask", shown.mask.astype(np.uint8) * 255
        yield f"{row['artefact']}_template", _seen(shown)


def _seen(shown: Suggested) -> NDArray[np.uint8]:
    """Join a template and its mask, as opacity, to a picture of shape (h, w, 4)."""
    template = shown.template
    colours = template if template.ndim == 3 else np.repeat(template[..., None], 3, axis=2)
    return np.dstack([colours, shown.mask.astype(np.uint8) * 255])


def _title(row: Mapping[Any, Any]) -> str:
    """Title of the picture of a suggestion, given a row of `rows`."""
    return (
        f"{row['artefact']} (kind={row['kind']} indicator={row['indicator']}): "
        f"{row['pixels']:.0f} pixels, "
        f"consistency {row['consistency']:.2f}, "
        f"raises class {row['class']} by {100 * row['probability_change']:.1f} points "
        f"({100 * row['probability_low']:.1f} to {100 * row['probability_high']:.1f})"
    )

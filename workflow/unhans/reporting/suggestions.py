"""Suggestion: the artefacts that were isolated, as rows that a person may accept, and as pictures.

A row is accepted by copying it into the table of ``correction.artefacts``; a mask is edited as a
picture, and named in the row instead of ``suggested``.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from unhans.artefacts import accepted
from unhans.artefacts.drawn import as_picture
from unhans.images.dataset import ClassDataset, DisplayImages
from unhans.images.transform import Transform
from unhans.io import store
from unhans.io.atomic import replacing
from unhans.reporting.figures import style
from unhans.reporting.figures.suggestion import Suggested, suggestion_figure

COLUMNS = [
    *accepted.COLUMNS,
    *("template", "kind"),
    *("images", "pixels", "consistency", "rank_change", "probability_change"),
    *("probability_low", "probability_high", "control_probability_change"),
]


def rows(inserted: pd.DataFrame, corpus: str, model: str, composite: str) -> pd.DataFrame:
    """Suggest a row for each artefact that was isolated, that of most effect first.

    Parameters
    ----------
    inserted : from the stage insertion
    corpus, model, composite : that it comes from

    Returns
    -------
    columns `COLUMNS`: a row of the table of accepted artefacts, and what was measured of it

    """
    table = inserted.assign(
        corpus=corpus,
        model=model,
        composite=composite,
        mask=accepted.SUGGESTED,
        template=accepted.SUGGESTED,
    )
    names = [name_of(str(class_id)) for class_id in table["class"]]
    table = table.assign(artefact=pd.Series(names, index=table.index, dtype=object))
    order = table["probability_change"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reindex(columns=COLUMNS)


def name_of(class_id: str) -> str:
    """Name the artefact of a class: letters, digits and underscores."""
    return "class_" + re.sub(r"[^A-Za-z0-9]", "_", class_id)


def draw(
    suggested: pd.DataFrame,
    artefacts: str,
    flagged: Mapping[str, str],
    stages: Mapping[str, Sequence[str]],
    record: str,
    root: Path | None,
    folder: str,
) -> None:
    """Draw each suggestion, and write its mask as a picture that can be edited.

    Parameters
    ----------
    suggested : from `rows`
    artefacts : what the stage insertion isolated
    flagged : classes with a group, and by which sign
    stages : results of every class by stage: corpus, attribution, contrast
    record : of the network, which knows how it sees images
    root : folder of the image files; None for digits
    folder : where to, ``<artefact>.png``, and ``<artefact>_mask.png`` and ``<artefact>_template.png`` to
        edit; written anew as a whole

    """
    renewed = style.renewed(folder)
    of_class = {stage: store.by_class(paths) for stage, paths in stages.items()}
    isolated = store.read(artefacts)
    place = {name: at for at, name in enumerate(isolated.attributes["classes"])}
    transform = Transform.of(store.read_attributes(record).get("transform"))
    for row in suggested.to_dict("records"):
        class_id = str(row["class"])
        explained = store.read(of_class["attribution"][class_id], ["heatmap", "image"])
        sign = f"{flagged[class_id]}_members"
        members = store.read(of_class["group_search"][class_id], [sign])[sign][0]
        own = ClassDataset(store.read(of_class["corpus"][class_id]), root)
        shown = Suggested(
            DisplayImages(own, explained["image"], transform),
            explained["heatmap"],
            members,
            isolated["mask"][place[class_id]],
            as_picture(isolated["template"][place[class_id]], row["kind"], transform),
        )
        style.save(suggestion_figure(shown, _title(row)), renewed / f"{row['artefact']}.png")
        pictures = {"mask": shown.mask.astype(np.uint8) * 255, "template": _seen(shown)}
        for what, picture in pictures.items():
            with replacing(renewed / f"{row['artefact']}_{what}.png") as partial:
                Image.fromarray(picture).save(partial, format="PNG")


def _seen(shown: Suggested) -> NDArray[np.uint8]:
    """Template with its mask for opacity: (h, w, 4)."""
    template = shown.template
    colours = template if template.ndim == 3 else np.repeat(template[..., None], 3, axis=2)
    return np.dstack([colours, shown.mask.astype(np.uint8) * 255])


def _title(row: Mapping[Any, Any]) -> str:
    return (
        f"{row['artefact']} ({row['kind']}): {row['pixels']:.0f} pixels, "
        f"consistency {row['consistency']:.2f}, "
        f"raises class {row['class']} by {100 * row['probability_change']:.1f} points "
        f"({100 * row['probability_low']:.1f} to {100 * row['probability_high']:.1f})"
    )

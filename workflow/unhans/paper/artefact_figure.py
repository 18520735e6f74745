"""Artefact figure: an artefact put into images, and un-Hansed (figures 7, 9, 10 and 12 to 14)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from unhans.artefacts.drawn import as_picture
from unhans.errors import InputError
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.reporting.figures import unhansing
from unhans.reporting.figures.image_panels import read_image, show_heatmap, show_image
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout
from unhans.reporting.figures.response import of_perturbation, response_figure

SIDE = 1.9
"""Side of a panel, in inches."""

INSERTION = "insertion"
"""Perturbation whose samples figure 7 shows."""


def insertions(samples: Sequence[Result]) -> dict[str, Figure]:
    """Draw images of other classes before and after artefacts are put into them (figure 7).

    Parameters
    ----------
    samples : sequence of Result
        Of the stage accepted_response, one an artefact.

    Returns
    -------
    dict of str to Figure
        Panels from above, by artefact.

    Raises
    ------
    InputError
        No artefact was put into an image.

    References
    ----------
    Anders et al. 2019, figure 7.

    """
    drawn = {}
    for one in samples:
        chosen = of_perturbation(one, INSERTION)
        if chosen.attributes["perturbations"]:
            drawn[str(one.attributes["artefact"])] = response_figure(chosen)
    if not drawn:
        raise InputError("no artefact was put into an image; expected images of other classes")
    return drawn


def isolated(
    samples: Result,
    prepared: Result,
    transform: Transform | None,
    names: Sequence[str],
    artefact: str,
) -> dict[str, Figure]:
    """Draw an image with an artefact, what the network looks at, and the artefact alone (figure 9).

    Parameters
    ----------
    samples : Result
        Of the stage unhansing; the first image is of the artefact's class.
    prepared : Result
        Of the stage prepared_artefact.
    transform : Transform or None
        Of the network; None for digits.
    names : sequence of str
        Of the network's outputs.
    artefact : str
        Its name.

    Returns
    -------
    dict of str to Figure
        One panel, by the artefact's name.

    References
    ----------
    Anders et al. 2019, figure 9.

    """
    image = read_image(samples["picture"], 0)
    other = read_image(samples["picture"], len(samples["picture"]) - 1)
    mask = prepared["mask"].astype(bool)
    template = as_picture(prepared["template"], prepared.attributes["kind"], transform)
    inside = mask if template.ndim == 2 else mask[..., None]
    alone = np.where(inside, template, np.uint8(128))
    target = names[samples.attributes["target"]]
    heads = (f"image of {target}", "before: relevance", "the artefact alone", "its pixels", "in B")
    title = f"{artefact}, class {target}: what the network looks at, and what it is trained on with"
    layout = FigureLayout.titled(len(heads) * (SIDE + MARGIN) + MARGIN, LINE + SIDE, title)
    axes = []
    for place, head in enumerate(heads):
        left = MARGIN + place * (SIDE + MARGIN)
        layout.write(left, layout.top + LINE / 2, head[:32], size=9)
        axes.append(layout.axes(left, layout.top + LINE, SIDE, SIDE))
    show_image(axes[0], image)
    show_heatmap(axes[1], samples["heatmap"][0, 0], image)
    show_image(axes[2], alone)
    show_image(axes[3], mask.astype(np.uint8) * 255)
    show_image(axes[4], other)
    return {artefact: layout.figure}


def trained_on(table: pd.DataFrame, samples: Result, names: Sequence[str]) -> dict[str, Figure]:
    """Draw what a network looks at while it is trained on (figures 10 and 12 to 14).

    Parameters
    ----------
    table : DataFrame
        Of the stage unhansing.
    samples : Result
        Of the same stage.
    names : sequence of str
        Of the network's outputs.

    Returns
    -------
    dict of str to Figure
        Panels ``heatmaps`` and ``curve``, from above.

    References
    ----------
    Anders et al. 2019.

    """
    return dict(unhansing.draw(table, samples, names))


def draw(
    number: int,
    responses: Sequence[Result],
    found: Mapping[str, Result],
    tables: Sequence[pd.DataFrame],
    artefact: str,
) -> dict[str, Figure]:
    """Draw a figure of the paper that shows accepted artefacts.

    Parameters
    ----------
    number : int
        Of the figure: 7, 9, 10, 12, 13 or 14.
    responses : sequence of Result
        Of the stage accepted_response; figure 7 reads them alone.
    found : mapping of str to Result
        ``unhansing``, ``prepared_artefact`` and ``model`` of the artefact of the other figures.
    tables : sequence of DataFrame
        Of the stage unhansing, one, or none for figure 7.
    artefact : str
        Its name.

    Returns
    -------
    dict of str to Figure
        Panels from above.

    Raises
    ------
    InputError
        See `insertions`.

    """
    if number == 7:
        return insertions(responses)
    record = found["model"].attributes
    if number == 9:
        return isolated(
            found["unhansing"],
            found["prepared_artefact"],
            Transform.of(record.get("transform")),
            record["names"],
            artefact,
        )
    return trained_on(tables[0], found["unhansing"], record["names"])

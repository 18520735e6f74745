"""Response figure: images before and after a perturbation, and what the network looks at in them."""

from dataclasses import replace

from matplotlib.figure import Figure

from unhans.io.store import Result
from unhans.reporting.figures.image_panels import show_heatmap, show_image
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout
from unhans.reporting.figures.style import class_label, fit

SIDE = 1.5
"""Side of a panel, in inches."""

GAP = 0.08
"""Between the panels of a sample."""

HEADS = ("before", "relevance", "after", "relevance")

WORDS = {
    "insertion": "artefact put into images of other classes",
    "control": "a random patch of its size put into them",
    "removal": "artefact taken out of images of its class",
}
"""Headings of the perturbations."""


def response_figure(samples: Result) -> Figure:
    """Draw samples of an accepted artefact: a block a perturbation, two samples beside each other.

    Parameters
    ----------
    samples : Result
        Of the stage accepted_response: ``picture``, ``heatmap``, ``probability`` and ``rank`` of s
        samples, before and after, and the attributes ``perturbations`` (one a sample), ``artefact``,
        ``class`` and ``name`` of the class.

    Returns
    -------
    Figure

    """
    names = samples.attributes["perturbations"]
    blocks = {
        what: [place for place, name in enumerate(names) if name == what]
        for what in dict.fromkeys(names)
    }
    wide = 4 * SIDE + 3 * GAP
    row = SIDE + LINE + GAP
    height = sum(1.5 * LINE + row * (-(-len(block) // 2)) for block in blocks.values())
    given = samples.attributes
    named = f"{given['artefact']} of class {class_label(given['class'], given['name'])}"
    title = f"{named}: what the network looks at for the class, before and after"
    layout = FigureLayout.titled(2 * wide + 3 * MARGIN, height, title)
    top = layout.top
    for what, block in blocks.items():
        layout.write(MARGIN, top + LINE / 2, WORDS.get(what, what), size=10.5, weight="bold")
        for place, sample in enumerate(block):
            left = MARGIN + (place % 2) * (wide + MARGIN)
            _draw_sample(layout, left, top + 1.25 * LINE + (place // 2) * row, samples, sample)
        top += 1.5 * LINE + row * (-(-len(block) // 2))
    return layout.figure


def of_perturbation(samples: Result, name: str) -> Result:
    """Keep the samples of one perturbation.

    Parameters
    ----------
    samples : Result
        See `response_figure`.
    name : str
        Such as ``insertion``.

    Returns
    -------
    Result

    """
    names = samples.attributes["perturbations"]
    places = [place for place, one in enumerate(names) if one == name]
    arrays = {key: samples[key][places] for key in ("picture", "heatmap", "probability", "rank")}
    attributes = {**samples.attributes, "perturbations": [name] * len(places)}
    return replace(samples, attributes=attributes, arrays=arrays)


def _draw_sample(
    layout: FigureLayout, left: float, top: float, samples: Result, sample: int
) -> None:
    probability, rank = samples["probability"][sample], samples["rank"][sample]
    for at, head in enumerate(HEADS):
        side, shows = divmod(at, 2)
        corner = left + at * (SIDE + GAP)
        if not shows:
            head = f"{head}: {probability[side]:.1%}, rank {rank[side]}"
        layout.write(corner, top + LINE / 2, fit(head, SIDE, 8.5), size=8.5)
        axes = layout.axes(corner, top + LINE, SIDE, SIDE)
        picture = samples["picture"][sample, side]
        if shows:
            show_heatmap(axes, samples["heatmap"][sample, side], picture)
        else:
            show_image(axes, picture)

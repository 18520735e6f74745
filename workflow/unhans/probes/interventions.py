"""Interventions: what a network uses to tell classes, from held-out images and changes of them."""

from collections.abc import Collection, Sequence

import pandas as pd
from torch import nn

from unhans.images.transform import Transform
from unhans.probes import movement, responses, table
from unhans.probes.families import FAMILIES
from unhans.probes.groups import Group


def tabulate(
    module: nn.Module,
    transform: Transform | None,
    groups: Sequence[Group],
    *,
    corpus: str = "",
    model: str = "",
    families: Collection[str] = tuple(FAMILIES),
    level: float = 0.05,
    least: float = 5.0,
    batch_size: int = movement.BATCH,
    workers: int = 1,
) -> pd.DataFrame:
    """Change images of each class in many ways, and say which of these the network answers to.

    Parameters
    ----------
    module : Module
        Network whose outputs are logits.
    transform : Transform or None
        From an image to its input; None for digits.
    groups : sequence of Group
        Images of each class; see `groups.of_arrays` and `groups.of_corpus`.
    corpus, model : str
        Names for the table.
    families : collection of str
        Of `families.FAMILIES`.
    level : float
        Greatest q (false discovery rate over classes and interventions) of an intervention that is used.
    least : float
        Points of percent by which it must exceed its control.
    batch_size, workers : int
        As `movement.measure` takes them.

    Returns
    -------
    DataFrame
        See `responses.tabulate`. Empty for fewer than two classes, which there is nothing to compare of.

    Raises
    ------
    InputError
        There is no image, images cannot be changed, or logits are not finite.

    """
    if len(groups) < 2:
        return pd.DataFrame(columns=responses.COLUMNS)
    relevance = all(group.relevance is not None for group in groups)
    channels = len(groups[0].read()[0]) if transform is None else transform.channels
    interventions = table.chosen(families, channels, relevance)
    steps = table.steps(interventions)
    moved = movement.measure(
        module, transform, groups, steps, batch_size=batch_size, workers=workers
    )
    return responses.tabulate(
        moved, interventions, groups, corpus=corpus, model=model, level=level, least=least
    )


def describe(found: pd.DataFrame) -> str:
    """Say what was found.

    Parameters
    ----------
    found : DataFrame
        From `tabulate`.

    Returns
    -------
    str
        A line, and one for each class whose images were not held out.

    """
    if found.empty:
        return "interventions: fewer than two classes have images; expected two to compare"
    used = found[found["used"]]
    classes = found["class"].nunique()
    own = found[found["direction"] == "out"].drop_duplicates("class")
    lines = [
        f"interventions: {own['images'].sum()} images of {classes} classes, "
        f"{found['intervention'].nunique()} interventions; {used['class'].nunique()} classes answer to "
        f"{used['intervention'].nunique()} of them more than to the control"
    ]
    trained = own[~own["held_out"].astype(bool)]["class"].tolist()
    if trained:
        which = "all classes" if len(trained) == classes else f"class {', '.join(trained)}"
        lines.append(
            f"{which}: no images are known to be held out; images were taken that the network may "
            "have been trained on"
        )
    return "\n".join(lines)

"""Interventions: what a network uses to tell classes, from held-out images and changes of them."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from unhans.errors import StoreError
from unhans.images.changes.catalogue import CHANGES, Step
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.probes import movement, responses, table
from unhans.probes.class_movement import BATCH, ClassMovement
from unhans.probes.families import FAMILIES
from unhans.probes.groups import Group

if TYPE_CHECKING:
    from torch import nn


def tabulate(
    module: "nn.Module",
    transform: Transform | None,
    groups: Sequence[Group],
    *,
    corpus: str = "",
    model: str = "",
    families: Collection[str] = tuple(FAMILIES),
    level: float = 0.05,
    least: float = 5.0,
    batch_size: int = BATCH,
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
    asked = chosen(groups, transform, families)
    moved = movement.measure(
        *(module, transform, groups, table.steps(asked)), batch_size=batch_size, workers=workers
    )
    return responses.tabulate(
        moved, asked, groups, corpus=corpus, model=model, level=level, least=least
    )


def chosen(
    groups: Sequence[Group], transform: Transform | None, families: Collection[str]
) -> tuple[table.Intervention, ...]:
    """Choose interventions that the images of classes allow.

    Parameters
    ----------
    groups : sequence of Group
        Images of each class; at least one.
    transform : Transform or None
        From an image to its input; None for digits.
    families : collection of str
        Of `families.FAMILIES`.

    Returns
    -------
    tuple of Intervention

    """
    relevance = all(group.relevance is not None for group in groups)
    channels = groups[0].read().shape[1] if transform is None else transform.channels
    return table.chosen(families, channels, relevance)


def notes(
    group: Group, transform: Transform | None, families: Collection[str], givers: Sequence[str]
) -> dict[str, Any]:
    """Say what the answers for the images of a class are of.

    Parameters
    ----------
    group : Group
        The class.
    transform : Transform or None
        From an image to its input; None for digits.
    families : collection of str
        Of `families.FAMILIES`.
    givers : sequence of str
        Classes whose surroundings are put in.

    Returns
    -------
    dict
        Attributes of a result of the stage movement.

    """
    steps = table.steps(chosen([group], transform, families))
    known = {"name": group.name, "output": group.output, "held_out": group.held_out}
    return {**known, "steps": [list(step) for step in steps], "givers": list(givers)}


def steps_of(attributes: Mapping[str, Any]) -> list[Step]:
    """List the changes that `notes` names.

    Parameters
    ----------
    attributes : mapping
        Of a result of the stage movement.

    Returns
    -------
    list of Step

    """
    return [Step(change, strength) for change, strength in attributes["steps"]]


def describe_class(group: Group, moved: ClassMovement) -> str:
    """Say what was tried on a class.

    Parameters
    ----------
    group : Group
        Its images.
    moved : ClassMovement
        Answers for them.

    Returns
    -------
    str
        A line.

    """
    steps, count = moved.called.shape
    right = (moved.called[0] == group.output).mean()
    without = (
        "" if group.relevance is not None else "; no heatmaps: background_blurred was not tried"
    )
    return (
        f"movement: class {group.class_id}: {count} images, {steps - 1} changes; of the images as they "
        f"are {right:.0%} are called their class{without}"
    )


def of_results(
    results: Mapping[str, Result],
    *,
    families: Collection[str],
    corpus: str,
    model: str,
    level: float,
    least: float,
) -> pd.DataFrame:
    """Say what a network answers to, from the answers that are stored of each class.

    Parameters
    ----------
    results : mapping of str to Result
        Results of the stage movement by class.
    families : collection of str
        Of `families.FAMILIES`; those that were tried.
    corpus, model : str
        Names for the table.
    level, least : float
        See `tabulate`.

    Returns
    -------
    DataFrame
        See `responses.tabulate`. Empty for fewer than two classes with images.

    Raises
    ------
    StoreError
        Answers of a class are to other changes than those of the families.

    """
    own = {name: one for name, one in results.items() if one.attributes["status"] == "ok"}
    if len(own) < 2:
        return pd.DataFrame(columns=responses.COLUMNS)
    known = [_Known(name, one.attributes) for name, one in own.items()]
    first = next(iter(own.values()))
    explained = any(CHANGES[step.change].relevance for step in steps_of(first.attributes))
    asked = table.chosen(families, len(first["colour"]), explained)
    steps = table.steps(asked)
    for one in own.values():
        if steps_of(one.attributes) != steps:
            raise StoreError(
                f"{one.path}: answers to other changes than those of the families "
                f"{', '.join(families)}. Delete it and run again"
            )
    found = (ClassMovement.of(results[name].arrays) for name in own)
    moved = movement.joined(found, [one.output for one in known], steps)
    return responses.tabulate(
        moved, asked, known, corpus=corpus, model=model, level=level, least=least
    )


class _Known:
    """What a result says of its class."""

    def __init__(self, class_id: str, attributes: Mapping[str, Any]) -> None:
        self.class_id, self.name = class_id, str(attributes["name"])
        self.output, self.held_out = int(attributes["output"]), bool(attributes["held_out"])


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

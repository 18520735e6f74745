"""Confusion: what a network takes the images of each class for, and whether outputs are exchanged."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from unhans.errors import SetAsideError, printed
from unhans.io.store import Result
from unhans.types import Array

COLUMNS = [
    *("corpus", "model", "class", "name", "output", "predicted", "predicted_name", "images"),
]

CLEARLY = 2.0
"""Of exchanged outputs, the other one is predicted so many times as often as the class's own."""

RARELY = 0.1
"""Largest accuracy of an exchanged class whose other class is not analysed, and cannot be compared."""

SHOWN = 5
"""Classes that a sentence names."""

DOUBTED = "output of another class"
"""Start of the status of a class whose ranking cannot be trusted."""

ALPHA = 0.05
"""Level of the tests that an exchange must pass."""


class Answers(NamedTuple):
    """What a network answers for the images of a class.

    Parameters
    ----------
    output : int
        Index of the class's output.
    counts : mapping of int to int
        Images by the output that is predicted.

    """

    output: int
    counts: Mapping[int, int]

    @property
    def images(self) -> int:
        """Images that were explained."""
        return sum(self.counts.values())

    def share(self, output: int) -> float:
        """Share of the images for which an output is predicted.

        Parameters
        ----------
        output : int
            Its index.

        Returns
        -------
        float

        """
        return self.counts.get(output, 0) / self.images

    @property
    def accuracy(self) -> float:
        """Share of the images for which the class's own output is predicted."""
        return self.share(self.output)

    @property
    def other(self) -> int | None:
        """Output of another class that is predicted most often; the first one of a tie."""
        others = {output: count for output, count in self.counts.items() if output != self.output}
        return min(others, key=lambda output: (-others[output], output), default=None)


def tabulate(
    images: Mapping[str, Result],
    attributions: Mapping[str, Result],
    names: Sequence[str],
    corpus: str,
    model: str,
) -> pd.DataFrame:
    """Count the predictions for the images of each class, all splits together.

    Parameters
    ----------
    images : mapping of str to Result
        Results of the corpus stage by class.
    attributions : mapping of str to Result
        Results of the attribution stage of the same classes.
    names : sequence of str
        Of the network's outputs, "" for one without a name.
    corpus, model : str
        Names for the table.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: for each class and each output that is predicted for one of its images
        that were explained, the number of those ``images``. ``output`` is the class's own. Classes
        stand in their order, predictions by falling number.

    """
    rows: list[dict[str, Any]] = []
    for class_id, result in images.items():
        own = {"class": class_id, **{key: result.attributes[key] for key in ("name", "index")}}
        values, counts = np.unique(_predictions(attributions[class_id]), return_counts=True)
        for place in np.argsort(-counts, kind="stable"):
            predicted = int(values[place])
            title = name_of(names, predicted)
            found = {"predicted": predicted, "predicted_name": title, "images": int(counts[place])}
            rows.append({"corpus": corpus, "model": model, **own, **found})
    return pd.DataFrame(rows).rename(columns={"index": "output"}).reindex(columns=COLUMNS)


def name_of(names: Sequence[str], output: int) -> str:
    """Return the name of an output.

    Parameters
    ----------
    names : sequence of str
        Of the outputs, "" for one without a name.
    output : int
        Index of the output.

    Returns
    -------
    str
        ``output 7`` where there is no name.

    """
    return (names[output] if output < len(names) else "") or f"output {output}"


def by_class(table: pd.DataFrame) -> dict[str, Answers]:
    """Gather what is predicted for each class.

    Parameters
    ----------
    table : DataFrame
        As `tabulate` returns it.

    Returns
    -------
    dict of str to Answers
        By class; a class of which no image was explained is left out.

    """
    found: dict[str, Answers] = {}
    for row in table.to_dict("records"):
        own = found.setdefault(str(row["class"]), Answers(int(row["output"]), {}))
        counts = {**own.counts, int(row["predicted"]): int(row["images"])}
        found[str(row["class"])] = own._replace(counts=counts)
    return found


def exchanged(answers: Mapping[str, Answers]) -> dict[str, int]:
    """Find classes that have the output of another class: a permutation in the matrix of confusion.

    The images of such a class are taken for another class, clearly more often than for their own
    (twice as often, and by a sign test), while the images of that other class are clearly less often
    taken for it (half as often, and by Fisher's exact test). A class that is mistaken for another one
    whose own images are recognised is no such class: there the network is wrong, and not the order of
    its outputs. Where the other class is not analysed, most of the images must go to its output, those of
    no other class, and hardly any (`RARELY`) to the class's own.

    Parameters
    ----------
    answers : mapping of str to Answers
        By class.

    Returns
    -------
    dict of str to int
        Of each exchanged class, the output that its images are taken for.

    """
    owners = {own.output: own for own in answers.values()}
    favourites = [own.other for own in answers.values() if _goes_elsewhere(own)]
    return {
        class_id: own.other
        for class_id, own in answers.items()
        if own.other is not None
        and _goes_elsewhere(own)
        and (
            _is_left(own, owners[own.other])
            if own.other in owners
            else own.share(own.other) > 1 / 2
            and own.accuracy <= RARELY
            and favourites.count(own.other) == 1
        )
    }


def remark(own: Answers, other: int, name: str) -> str:
    """Say that a class has the output of another class.

    Parameters
    ----------
    own : Answers
        Of the class.
    other : int
        Output that its images are taken for; see `exchanged`.
    name : str
        Of that output.

    Returns
    -------
    str
        Half a line.

    """
    return (
        f"{own.counts.get(own.output, 0)} of {own.images} images are taken for output "
        f"{own.output}, and {own.counts[other]} for output {other} ({name})"
    )


def describe(table: pd.DataFrame) -> str:
    """Say which classes have the output of another class, if any.

    Parameters
    ----------
    table : DataFrame
        As `tabulate` returns it.

    Returns
    -------
    str
        A line; empty if none has.

    """
    answers = by_class(table)
    found = exchanged(answers)
    if not found:
        return ""
    titles, names = _titles_of(table)
    corpus = table["corpus"].iloc[0]
    parts = [
        f"of {titles[class_id]}, {remark(answers[class_id], other, names[other])}"
        for class_id, other in found.items()
    ]
    return (
        f"accuracy: {len(found)} of {len(answers)} classes of {corpus} seem to have the output of "
        f"another{_text_order(titles, found)}: {'; '.join(parts)}. Expected the index of each "
        f"class's own output: give corpus.{corpus}.class_index"
    )


class Summary(NamedTuple):
    """What the ranking says of a network's answers for a class.

    Parameters
    ----------
    accuracy : float
        Share of the images for which the class's own output is predicted.
    confusion : str
        The other class that is predicted most often, with its share; empty where there is none.
    remark : str
        Why its ranking cannot be trusted: the class has the output of another; empty otherwise.
    output : int or None
        By which the class was explained; None where it was not.

    """

    accuracy: float
    confusion: str
    remark: str
    output: int | None = None


NO_ANSWER = Summary(float("nan"), "", "")
"""Summary of a class of which no image was explained."""


def summarise(table: pd.DataFrame) -> dict[str, Summary]:
    """Summarise the answers of a network for each class.

    Parameters
    ----------
    table : DataFrame
        As `tabulate` returns it.

    Returns
    -------
    dict of str to Summary
        By class; a class of which no image was explained is left out.

    """
    answers, (_, names) = by_class(table), _titles_of(table)
    found, made = exchanged(answers), {}
    key = f"corpus.{table['corpus'].iloc[0]}.class_index" if len(table) else ""
    for class_id, own in answers.items():
        mistaken = "" if own.other is None else f"{names[own.other]} ({own.share(own.other):.0%})"
        reason = ""
        if class_id in found:
            said = remark(own, found[class_id], names[found[class_id]])
            reason = f"{DOUBTED}: {said}; give {key}"
        made[class_id] = Summary(own.accuracy, mistaken, reason, own.output)
    return made


def _titles_of(table: pd.DataFrame) -> tuple[dict[str, str], dict[int, str]]:
    """Names, on one line, of the classes by id, and of the predicted outputs by index."""
    names = [[printed(str(name)) for name in table[key]] for key in ("name", "predicted_name")]
    classes = dict(zip(table["class"].astype(str), names[0], strict=True))
    return classes, dict(zip(table["predicted"].astype(int), names[1], strict=True))


def _goes_elsewhere(own: Answers) -> bool:
    if own.other is None:
        return False
    taken, right = own.counts[own.other], own.counts.get(own.output, 0)
    return taken >= CLEARLY * right and bool(
        stats.binomtest(taken, taken + right, alternative="greater").pvalue < ALPHA
    )


def _is_left(own: Answers, owner: Answers) -> bool:
    """Whether the owner of an output gets it more rarely than another class does."""
    output = owner.output
    taken, kept = own.counts.get(output, 0), owner.counts.get(output, 0)
    table = [[taken, own.images - taken], [kept, owner.images - kept]]
    return own.share(output) >= CLEARLY * owner.share(output) and bool(
        stats.fisher_exact(table, alternative="greater").pvalue < ALPHA
    )


def _text_order(titles: Mapping[str, str], found: Mapping[str, int]) -> str:
    """Say if the outputs are those of the names in the order of text, 1, 10, 2."""
    place = {name: at for at, name in enumerate(sorted(titles.values()))}
    numbers = all(name.isdecimal() for name in titles.values())
    text = numbers and all(place[titles[class_id]] == output for class_id, output in found.items())
    return " (those of their names in the order of text, 1, 10, 2)" if text else ""


def _predictions(attribution: Result) -> Array:
    try:
        return attribution["prediction"]
    except SetAsideError:  # no image of the class could be explained
        return np.zeros(0, dtype=np.int64)


def warning(ranking: pd.DataFrame) -> str:
    """Warn of classes in a ranking that seem to have the output of another.

    Parameters
    ----------
    ranking : DataFrame
        From `ranking.collect`.

    Returns
    -------
    str
        A sentence; empty where there is none.

    """
    doubted = ranking[ranking["status"].astype(str).str.startswith(DOUBTED)]
    names = [printed(str(name)) for name in dict.fromkeys(doubted["name"])]
    if not names:
        return ""
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" * (len(names) > SHOWN))
    return (
        f"Do not trust this ranking: {len(names)} classes seem to be explained by the output of "
        f"another ({shown}); their status says by which."
    )

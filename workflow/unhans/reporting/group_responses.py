"""Group responses: what the experiments on a group say, in sentences for people."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from unhans.artefacts import conclusion

PUT: Mapping[str, str] = {
    "fixed": "putting what {they} share into",
    "free": "putting a piece of one of {them} at random places of",
    "pieces": "putting a piece of each of {them} into",
    "whole": "adding what {they} differ by to",
    "overlay": "adding these details to",
    "appearance": "applying what {they} differ by in colours, contrast and frequencies to",
    "style": "giving the mean and spread that {they} have, within the network, to the channels of",
}
"""Beginning of the sentence on the response, by the kind of the artefact."""

SIDES: Mapping[str, Mapping[str, str]] = {
    "group": {"they": "they", "them": "them"},
    "others": {"they": "the other images", "them": "the other images"},
}
"""Who they are, by the side that is taken to have the artefact."""

CONCLUSIONS: Mapping[str, str] = {
    conclusion.USED: "the network uses it",
    conclusion.UNUSED: "the network does not use it",
    conclusion.NOT_TESTABLE: "whether the network uses it is not testable",
}
"""What the experiments say, in words."""

ALONE = "what is shared cannot be isolated from one image, or against one"
"""Why no experiment is made on a group of one image, or of all but one."""

NO_OTHERS = "fewer than two images of other classes can be changed"
"""Why no experiment is made on any other group."""

BESIDE = ("probability_low", "probability_high", "control_probability_change")


def is_used(tried: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether the experiments on a group find that the network uses what it shares.

    Parameters
    ----------
    tried : sequence of mapping
        Rows of `candidate_response.tabulate`.

    Returns
    -------
    bool

    """
    return any(one["kept"] and one["conclusion"] == conclusion.USED for one in tried)


def untried(row: Mapping[str, Any]) -> str:
    """Say why no experiment was made on a group that is tried otherwise.

    Parameters
    ----------
    row : mapping of str to value
        Of the table of indicators.

    Returns
    -------
    str
        What follows on the sentence of the group.

    """
    alone = min(row["images"], row["n"] - row["images"]) < 2
    return f"; {CONCLUSIONS[conclusion.NOT_TESTABLE]}: {ALONE if alone else NO_OTHERS}"


def describe(tried: Sequence[Mapping[str, Any]]) -> str:
    """Describe the experiments on a group.

    Parameters
    ----------
    tried : sequence of mapping
        Rows of `candidate_response.tabulate`.

    Returns
    -------
    str
        What follows on the sentence of the group; empty without experiments.

    """
    if not tried:
        return ""
    kept = next(row for row in tried if row["kept"])
    answer = f"{_answer(kept)}. {CONCLUSIONS[kept['conclusion']].capitalize()}: {_beyond(kept)}"
    others = [f"{_kind(row)} {_difference(row)}" for row in tried if row is not kept]
    return f"{answer}; other experiments: {', '.join(others)}" if others else answer


def _beyond(row: Mapping[str, Any]) -> str:
    points, low, high = (100 * row[f"difference{end}"] for end in ("", "_low", "_high"))
    if math.isnan(points):
        return f"fewer than {conclusion.FEWEST} images were changed"
    n = _decimals(points)
    return (
        f"{points:z.{n}f} points beyond the control ({low:z.{n}f} to {high:z.{n}f}, for all experiments "
        "at once)"
    )


def _difference(row: Mapping[str, Any]) -> str:
    points = 100 * row["difference"]
    return "not measured" if math.isnan(points) else f"{points:z.1f}"


def _kind(row: Mapping[str, Any]) -> str:
    return row["kind"] if row["side"] == "group" else f"{row['kind']} (of the other images)"


def _answer(row: Mapping[str, Any]) -> str:
    """Describe the response of the network, given a row of `candidate_response.tabulate`."""
    points, low, high, control = (100 * row[name] for name in ("probability_change", *BESIDE))
    direction = "raises" if points >= 0 else "lowers"
    n = _decimals(points)
    # Among a thousand classes one may climb by a hundred ranks and win next to no probability.
    put = PUT[row["kind"]].format(**SIDES[row["side"]])
    answer = (
        f"; {put} {row['images']:.0f} images of other classes {direction} the class by "
        f"{abs(points):.{n}f} points ({low:z.{n}f} to {high:z.{n}f}; control {control:z.{n}f})"
    )
    rank, plain = row["rank_change"], row["control_rank_change"]
    return f"{answer}, its rank by {rank:z.1f} (control {plain:z.1f})"


def _decimals(points: float) -> int:
    """Decimals of a number: one, and of a small number as many as show two of its digits."""
    if points == 0 or abs(points) >= 0.5:
        return 1
    return min(4, 1 - math.floor(math.log10(abs(points))))

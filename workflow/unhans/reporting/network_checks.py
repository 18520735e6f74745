"""Network checks: what was found of each network before it was explained, for the head of a ranking."""

from collections.abc import Mapping
from typing import Any

from unhans.images import transform
from unhans.images.transform import Transform
from unhans.paths import parse_beside


def describe(records: Mapping[str, Mapping[str, Any]]) -> str:
    """Say how each network is explained, what it is given, and how much relevance is conserved.

    Parameters
    ----------
    records : mapping of str to mapping of str to JSON values
        By path ``results/<corpus>/<model>/model.zarr.zip``: the attributes of the network's record.

    Returns
    -------
    str
        A sentence for each network.

    """
    return " ".join(_sentence(path, noted) for path, noted in records.items())


def _sentence(path: str, noted: Mapping[str, Any]) -> str:
    corpus, model = parse_beside(path, 2)
    check: Mapping[str, Any] = noted.get("check") or {}
    given = transform.describe(Transform.of(noted.get("transform")))
    parts = [f"input: {given}"]
    if check:
        low, high = check["bounds"]
        share = check["conserved"]
        measured = "conservation of relevance could not be measured"
        if share is not None:
            measured = (
                f"{share:.3f} of the logit reaches the pixels without biases ({low} to {high})"
            )
        parts = [str(check["engine"]), f"{measured}, of {check['images']}", *parts]
        parts += [str(remark) for remark in check["remarks"]]
    else:
        parts.append("it was not checked")
    return f"Network {model} on {corpus}: {'; '.join(parts)}."

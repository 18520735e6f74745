"""Site: the files of the explorer's folder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.io.store import Result
from unhans.paths import Location, name_of, parse, parse_beside, stage_of
from unhans.reporting.explorer import class_data, encoding, overview, strips
from unhans.reporting.explorer.overview import DEPTH, Tables

CALL = "unhans.addOverview"
"""Function of the page that the script of the overview calls."""

TEMPLATES = Path(__file__).parents[2] / "templates"
"""Folder of the front end's source."""

PAGE = ("explorer/index.html", "explorer/style.css")
"""Files that are taken as they are."""

CODE = (
    "explorer/core.js",
    "explorer/colours.js",
    "explorer/model.js",
    "explorer/scatter.js",
    "explorer/charts.js",
    "explorer/gallery.js",
    "explorer/features.js",
    "explorer/overview.js",
    "explorer/selection.js",
    "explorer/class_view.js",
    "explorer/app.js",
)
"""Parts of ``app.js``, in the order in which they run."""

NETWORK = 2
"""Fields of an analysis that name a network: neural features hang on no heatmaps."""

LIBRARY = ("explorer/d3.min.js", "explorer/d3.LICENSE.txt")
"""A library of others, d3 7.9.0 as its authors publish it (ISC licence)."""


@dataclass(frozen=True, eq=False)
class Run:
    """What the explorer shows of a run.

    Parameters
    ----------
    tables : Tables
        Of all classes.
    classes : mapping of str to Result
        Results of the stage explorer_class by path; see `store.by_path`. A class that was set aside has
        no files.
    artefacts : mapping of str to Result
        Isolated artefacts by path, ``artefacts.zarr.zip`` of each corpus, network and composite.
    pictures : mapping of str to bytes
        Pictures of accepted artefacts by path, as their stages drew them.
    neurons, measured : mapping of str to Result
        Results of the stages neurons and sensitivity by path, as far as they are there.

    """

    tables: Tables
    classes: Mapping[str, Result]
    artefacts: Mapping[str, Result] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    neurons: Mapping[str, Result] = field(default_factory=dict)
    measured: Mapping[str, Result] = field(default_factory=dict)


def files(run: Run) -> Iterator[tuple[str, bytes]]:
    """Make the files of the explorer, one after the other.

    Parameters
    ----------
    run : Run
        What is shown.

    Yields
    ------
    path : str
        Within the folder.
    content : bytes

    """
    yield from front_end()
    status = {}
    for path, result in run.classes.items():
        status[path] = str(result.attributes.get("reason", "ok"))
        if status[path] == "ok":
            script, sheet, _ = class_data.from_result(result)
            yield place_of(parse(path, DEPTH), ".js"), script
            yield place_of(parse(path, DEPTH), sheet.ending), sheet.data
    value = overview.collect(run.tables, status)
    shown = {parse(path, DEPTH): path for path in status if status[path] == "ok"}
    entries = {
        Location((own["corpus"], own["model"], own["composite"]), one["id"]): one
        for own in value["sets"]
        for one in own["classes"]
    }
    for location, said, script in _features(run, shown):
        entries[location]["features"] = said
        if script:
            yield place_of(location, ".js", "features"), script
    for own in value["sets"]:
        yield from _pictured(own, run, {path for path in status if status[path] == "ok"})
    for place, (path, content) in enumerate(run.pictures.items()):
        name = str(PurePosixPath("pictures", f"{place:03d}.png"))
        for shown in value["corrections"]:
            if shown["artefact"] in (name_of(path).removesuffix(".png"), stage_of(path)):
                shown["pictures"].append(name)
        yield name, content
    yield "overview.js", encoding.script(CALL, value)


def _features(
    run: Run, there: Mapping[Location, str]
) -> Iterator[tuple[Location, dict[str, Any], bytes]]:
    """Neural features of each class that is shown: what is said before, and the script of the class.

    A class without features that were computed is left out; of one that was set aside, there is no
    script.
    """
    neurons = {parse(path, NETWORK): path for path in run.neurons}
    measured = {parse(path, NETWORK): path for path in run.measured}
    for location, path in there.items():
        at = location._replace(fields=location.fields[:NETWORK])
        if at not in neurons or at not in measured:
            continue
        from unhans.reporting.explorer import neural  # loads torch, where there are features alone

        found = run.neurons[neurons[at]], run.measured[measured[at]]
        aside = [one.attributes["reason"] for one in found if one.attributes["status"] != "ok"]
        if aside:
            yield location, {"reason": aside[0]}, b""
            continue
        shown = run.classes[path]
        value = neural.describe(shown["image"], class_data.groups_of(shown), *found)
        yield location, neural.summary(value), encoding.script(neural.CALL, value)


def _pictured(own: dict[str, Any], run: Run, there: set[str]) -> Iterator[tuple[str, bytes]]:
    """Pictures of the findings of a corpus, which then name them."""
    fields = own["corpus"], own["model"], own["composite"]
    # A class is read again for its pictures: a thousand classes need the memory of one.
    classes = {parse(path, DEPTH): path for path in there}
    masks = _masks(run.artefacts, fields)
    for finding in own["findings"]:
        location = Location(fields, finding["class"])
        if not finding.pop("pictured") or location not in classes:
            continue
        result, indicator = run.classes[classes[location]], finding["indicator"]
        _, sheet, heatmaps = class_data.from_result(result)
        strip = strips.draw(sheet, heatmaps, class_data.members_of(result, indicator))
        named = Location(fields, f"{finding['class']}-{indicator}")
        finding["strip"] = place_of(named, strip.ending, "groups")
        finding["strip_size"] = [strip.width, strip.height]
        yield finding["strip"], strip.data
        if (finding["class"], indicator) in masks:
            finding["mask"] = place_of(named, "-mask.png", "groups")
            yield finding["mask"], strips.as_picture(masks[finding["class"], indicator])


def _masks(
    artefacts: Mapping[str, Result], fields: tuple[str, ...]
) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Mask of each isolated artefact of a corpus, by class and indicator."""
    found = {}
    for path, result in artefacts.items():
        if parse_beside(path, DEPTH) == fields and result.attributes["groups"]:
            for place, (class_id, indicator) in enumerate(result.attributes["groups"]):
                found[str(class_id), str(indicator)] = result["mask"][place]
    return found


def front_end() -> Iterator[tuple[str, bytes]]:
    """Give the files that are the same for every run.

    Yields
    ------
    name : str
    content : bytes

    """
    for name in (*PAGE, *LIBRARY):
        yield PurePosixPath(name).name, (TEMPLATES / name).read_bytes()
    yield "app.js", b"\n".join((TEMPLATES / name).read_bytes() for name in CODE)


def place_of(location: Location, ending: str, folder: str = "data") -> str:
    """Path of a file of a class, or of a group, within the explorer.

    Parameters
    ----------
    location : Location
        Corpus, network and composite, and the id of the class.
    ending : str
        Of the file's name.
    folder : str
        First folder of the path.

    Returns
    -------
    str

    """
    return str(PurePosixPath(folder, *location.fields, f"{location.name}{ending}"))

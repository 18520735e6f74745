"""Words on a new configuration: what was found of images and network, for a terminal."""

from unhans.errors import printed
from unhans.images.label_table import listed
from unhans.images.survey import ClassFiles, Seen, Survey
from unhans.pipeline.new_config import Made

ROWS = 12
"""Most classes in the table."""

WIDTH = 32
"""Most characters of the name of a class."""


def describe(made: Made) -> str:
    """Say what was found.

    Parameters
    ----------
    made : Made
        The configuration.

    Returns
    -------
    str
        Several lines: a table of the classes, the formats, what is set aside, network and outputs.
    """
    found = made.survey
    splits = "" if found.splits == (".",) else f" in {listed(list(map(printed, found.splits)))}"
    lines = [
        f"{printed(str(found.root))}: {len(found.classes)} classes, {found.images} images{splits}",
        "",
        *_table(made),
        "",
        f"formats: {_seen(found.seen, found.images)}",
        *_aside(found),
    ]
    if found.left:
        lines.append(f"left out: {listed(list(map(printed, found.left)))} (name it in splits)")
    if found.beside:
        beside = listed(list(map(printed, found.beside)), 5)
        lines.append(f"not read: {len(found.beside)} beside the classes: {beside}")
    lines.append(f"network: {printed(made.network)}")
    lines += [f"note: {printed(note)}" for note in made.notes]
    lines += [f"MISSING: {printed(one)}" for one in made.missing]
    return "\n".join(lines)


def _table(made: Made) -> list[str]:
    found = made.survey
    entry = {one.label: one for one in made.catalogue.entries}
    by_output = sorted(found.classes, key=lambda one: entry[one.label].index)
    heads = ["images"] if found.splits == (".",) else list(map(printed, found.splits))
    rows = [["class", "output", *heads, "set aside"]]
    for one in by_output[:ROWS]:
        named = entry[one.label]
        label = named.label if named.name in ("", named.label) else f"{named.label} ({named.name})"
        shown = printed(label)
        shown = shown if len(shown) <= WIDTH else f"{shown[: WIDTH - 4]} ..."
        rows.append([shown, *map(str, (named.index, *one.images, one.aside))])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return [*lines, *_others(by_output[ROWS:])]


def _others(others: list[ClassFiles]) -> list[str]:
    if not others:
        return []
    sizes = [sum(one.images) for one in others]
    return [f"and {len(others)} more classes, of {min(sizes)} to {max(sizes)} images"]


def _seen(seen: Seen, images: int) -> str:
    """Describe the files that were read."""
    if not seen.sides:
        return f"none of {seen.files} files that were read is an image"
    parts = [
        ", ".join(f"{count} {what}" for what, count in counts.most_common())
        for counts in (seen.formats, seen.kinds)
    ]
    middle = seen.sides[len(seen.sides) // 2]
    sides = f"shorter side {seen.sides[0]} to {seen.sides[-1]} pixels, median {middle}"
    some = f"{seen.files} of {images} files read; a run reads all"
    return "; ".join([*parts, f"{sides} ({'all files read' if seen.files == images else some})"])


def _aside(found: Survey) -> list[str]:
    few = found.seen.files < found.images
    lines = [
        f"set aside: {count} {reason}, such as {printed(path)}"
        for reason, (count, path) in sorted(found.aside.items(), key=lambda one: -one[1][0])
    ]
    if few and lines:
        lines.append("(files that cannot be read are counted among those that were read)")
    return lines

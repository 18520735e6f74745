"""Words: what is done to images, said for people."""

from collections.abc import Mapping

from unhans.images.changes.catalogue import CASTS, CHANGES

PLACES = {"scene": "around the middle", "corners": "in the corners"}
"""Where changes put what other images have there."""

UNCHANGED = "unchanged"
"""Control that is the images as they are."""

_SHUFFLED = {
    "blur": "a blur",
    "sharpen": "sharpening",
    "jpeg": "JPEG",
    "low_frequencies": "taking out fine detail",
    "high_frequencies": "taking out coarse detail",
}

_FILLED = {"greyed": "greyed", "black": "made black", "white": "made white"}

_PARTS = {
    "rim": "the rim",
    "ring": "a ring halfway to the middle",
    "corners": "the corners",
    "edges": "the middle of each edge",
}

WORDS: Mapping[str, str] = {
    "zoom": "the middle alone, enlarged",
    "pad": "the image made smaller, with mirror images around it",
    "resampled": "the same loss of detail, without enlarging",
    "surrounded": "the same middle at its own size, with mirror images around it",
    **{f"shift_{one}": f"a shift {one}" for one in ("left", "right", "up", "down")},
    "flip": "left and right exchanged",
    "upside_down": "top and bottom exchanged",
    **{
        f"{part}_{fill}": f"{words} {filled}"
        for part, words in _PARTS.items()
        for fill, filled in _FILLED.items()
        if f"{part}_{fill}" in CHANGES
    },
    "dark_rim": "a black rim",
    "light_rim": "a white rim",
    "rim_mirrored": "the rim replaced by what lies within it, mirrored",
    "ring_flipped": "left and right exchanged in a ring halfway to the middle",
    "only_middle": "all around the middle greyed",
    "only_rim": "the middle greyed",
    "background_blurred": "blur outside of the region with most relevance",
    "elsewhere_blurred": "blur outside of a region of the same form elsewhere",
    "scene_of_others": "surroundings of another class",
    "scene_of_own": "surroundings of its own class",
    "corners_of_others": "corners of another class",
    "corners_of_own": "corners of its own class",
    "edges_of_others": "edges of another class",
    "grey": "colour taken out",
    "colour_as_brightness": "the pattern of the colour added to brightness",
    **{name: f"a {hue} cast" for name, hue in CASTS.items()},
    "brighter": "more brightness",
    "darker": "less brightness",
    "more_contrast": "more contrast",
    "less_contrast": "less contrast",
    "blur": "a blur",
    "sharpen": "sharpening",
    "jpeg": "JPEG",
    "low_frequencies": "coarse detail alone",
    "high_frequencies": "fine detail alone",
    "noise": "noise",
    "smooth_noise": "smooth noise of the same size",
    "more_detail": "the image's own fine detail, as much",
    **{
        f"{name}_shuffled": f"the differences of {words}, pixels in random order"
        for name, words in _SHUFFLED.items()
    },
    UNCHANGED: "none moves images this way; as they are",
}
"""Words of each intervention and of each control."""


def words_of_change(name: str) -> str:
    """Say what a change does to images.

    Parameters
    ----------
    name : str
        Of an intervention, or of a control.

    Returns
    -------
    str
        In words; its name where it has none.

    """
    return WORDS.get(name, name.replace("_", " "))


def words_of_act(name: str, direction: str) -> str:
    """Say what was done to which images.

    Parameters
    ----------
    name : str
        Of an intervention.
    direction : {"in", "out"}
        Into the class, of images of others; or out of it, of its own.

    Returns
    -------
    str
        To stand before a strength in brackets.

    """
    part, _, rest = name.rpartition("_of_")
    if rest == "others" and part in PLACES:
        own, given = ("its images", "others") if direction == "in" else ("others", "its images")
        return f"what lies {PLACES[part]} of {own}, put {PLACES[part]} of {given}"
    return words_of_change(name)

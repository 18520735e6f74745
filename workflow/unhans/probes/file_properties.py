"""File properties: what the file of an image says, as numbers; no network sees them."""

from unhans.images.originals import Original


def measure(image: Original) -> dict[str, float]:
    """Measure a file.

    Parameters
    ----------
    image : Original
        The image.

    Returns
    -------
    dict of str to float
        By property; see `properties.PROPERTIES`. Empty of a digit, which has no file.

    """
    facts = image.facts
    if facts is None:
        return {}
    stem = image.name.rpartition(".")[0] or image.name
    return {
        "bytes": float(facts.bytes),
        "bytes_per_pixel": facts.bytes / (image.width * image.height),
        "width": float(image.width),
        "height": float(image.height),
        "exif": float(facts.exif),
        "camera_named": float(bool(facts.camera)),
        "profile": float(facts.profile),
        "opacity": float(facts.opacity),
        "progressive": float(facts.progressive),
        "name_length": float(len(stem)),
        "name_digits": sum(one.isdigit() for one in stem) / max(1, len(stem)),
        "jpeg_quality": facts.quality,
        "chroma_sampling": facts.sampling,
    }

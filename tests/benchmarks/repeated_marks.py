"""Faint marks in few photographs: how well the indicator of repeated details finds them.

    python tests/benchmarks/repeated_marks.py data/imagenette-160

In each class of a folder laid out as ImageNet's, some images drawn by chance get a faint line of text
near the lower right corner, one class at a time, the others as they are. Prints how far the marked class
stands above the others (standard deviations), in how many classes it would be flagged by this indicator
alone, and how well the group that is found is the marked images.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from unhans.detection import calibration, repeated_details
from unhans.detection.indicators import INDICATORS
from unhans.images import class_index
from unhans.images.transform import IMAGENET

BINS = 7


def pictures(root: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Name and images of each class, as networks see them."""
    splits = sorted(folder.name for folder in root.iterdir() if folder.is_dir())
    for entry in class_index.read("root", "imagenet", str(root), splits).entries:
        paths = sorted(path for split in splits for path in (root / split / entry.label).iterdir())
        shown = []
        for path in paths:
            with Image.open(path) as image:
                shown.append(IMAGENET.shown(image.convert("RGB")))
        yield entry.name, np.stack(shown)


def marked(picture: np.ndarray, opacity: float) -> np.ndarray:
    """Write a faint line of text into an image."""
    image = Image.fromarray(picture)
    over = image.copy()
    place = picture.shape[1] - 118, picture.shape[0] - 24
    ImageDraw.Draw(over).text(place, "www.example.org", "white", ImageFont.load_default(14))
    return np.asarray(Image.blend(image, over, opacity))


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path, help="folder of <split>/<WordNet id>/*.JPEG")
    parser.add_argument("--counts", type=int, nargs="+", default=[7, 14, 27])
    parser.add_argument("--opacity", type=float, nargs="+", default=[0.3, 0.6])
    options = parser.parse_args()
    random = np.random.default_rng(0)
    plain, found = [], {}
    for name, images in pictures(options.root):
        details = np.stack([repeated_details.details(image) for image in images])
        plain.append(repeated_details.find(details, BINS).indicator)
        for opacity in options.opacity:
            for count in options.counts:
                chosen = random.choice(len(images), count, replace=False)
                own = details.copy()
                for at in chosen:
                    own[at] = repeated_details.details(marked(images[at], opacity))
                group = repeated_details.find(own, BINS)
                hit = int(group.members[chosen].sum())
                f1 = 2 * hit / (count + int(group.members.sum()))
                found[opacity, count, len(plain) - 1] = group.indicator, f1
        print(f"  {name}: {len(images)} images, indicator {plain[-1]:.2f}", flush=True)
    print(
        f"{'opacity':>8}{'images':>8}{'median z':>10}{'least z':>9}{'flagged':>10}{'F1':>7}{'>= 0.9':>9}"
    )
    for opacity in options.opacity:
        for count in options.counts:
            rows = []
            for place in range(len(plain)):
                indicator, f1 = found[opacity, count, place]
                indicators = [*plain[:place], indicator, *plain[place + 1 :]]
                excesses = np.log(np.array(indicators) / repeated_details.FLOOR)
                own = calibration.deviations(excesses, INDICATORS["repeated"].large)
                levels = calibration.adjusted(np.minimum(1, len(INDICATORS) * own.p))
                rows.append((own.values[place], levels[place] < 0.05, f1))
            z, flagged, f1 = np.array(rows, dtype=float).T
            print(
                f"{opacity:8.1f}{count:8}{np.median(z):10.1f}{z.min():9.1f}{int(flagged.sum()):7}/{len(z)}"
                f"{f1.mean():7.2f}{int((f1 >= 0.9).sum()):6}/{len(f1)}"
            )


if __name__ == "__main__":
    main()

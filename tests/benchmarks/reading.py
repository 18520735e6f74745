"""How fast images are read, by threads and by processes, and how well that hides behind explaining.

    PYTHONPATH=workflow python tests/benchmarks/reading.py [--images 1500] [--workers 2]

JPEG files of 500 x 375 are made, resized to 256, cut to 224 x 224 and normalised. The second table
puts a slow network behind the reader (it sleeps, as a job does that waits for a GPU): one after the other
they would take the sum, side by side they take what the slower of both takes.
"""

import _one_thread  # noqa: F401, I001
import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from unhans.attribution import image_reader
from unhans.attribution.image_reader import ImageReader
from unhans.images.class_index import Entry
from unhans.images.corpus import of_files, settings_of
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io import store

IMAGENET = Transform(256, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SETTINGS = {"source": "folder", "splits": ["train"], "per_class": None, "upright": True}
SETTINGS |= {"max_pixels": 10**7}
BATCH = 32


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1500)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    image_reader.THREADS = 1  # two are processes too
    with tempfile.TemporaryDirectory() as folder:
        dataset = photographs(Path(folder), asked.images)
        alone = read_alone(dataset, asked.workers)
        print(alone.to_string(index=False), end="\n\n")
        for workers in (1, asked.workers):
            print(overlap(dataset, workers).to_string(index=False), end="\n\n")


def photographs(folder: Path, count: int) -> ClassDataset:
    """Make a class of photographs: smooth shapes with the noise of a camera."""
    random = np.random.default_rng(0)
    place = folder / "images" / "train" / "cat"
    place.mkdir(parents=True)
    for number in range(count):
        small = Image.fromarray(random.integers(0, 256, (15, 20, 3), dtype=np.uint8))
        pixels = np.asarray(small.resize((500, 375), Image.Resampling.BICUBIC), dtype=float)
        pixels = np.clip(pixels + random.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(place / f"{number:05d}.jpg", quality=90)
    made = of_files(Entry("cat", "cat", "cat", 0), settings_of(**SETTINGS), folder / "images")
    path = folder / "corpus.zarr.zip"
    store.write(path, made.arrays, store.Recipe("corpus", SETTINGS, "x"), notes=made.notes)
    return ClassDataset(store.read(path), folder / "images")


def batches(dataset: ClassDataset) -> list[np.ndarray]:
    """Cut a class into batches."""
    rows = dataset.readable
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def read_alone(dataset: ClassDataset, workers: int) -> pd.DataFrame:
    """Time reading with nothing behind it; the start of processes is not counted."""
    counts = dict.fromkeys((1, workers))
    rows = [(f"{count} threads", by_threads(dataset, count)) for count in counts]
    with ImageReader(dataset, IMAGENET, workers) as reader:
        list(reader.batches(batches(dataset)[:1]))  # starts them
        seconds = timed(reader.batches(batches(dataset)))
    rows.append((f"{workers} processes", seconds))
    table = pd.DataFrame(rows, columns=["read by", "seconds"])
    table["images a second"] = (len(dataset.readable) / table["seconds"]).round(0)
    table["ratio"] = (table["seconds"].iloc[0] / table["seconds"]).round(2)
    return table.round(2)


def by_threads(dataset: ClassDataset, count: int) -> float:
    """Time a pool of threads, one image each at a time."""
    with ThreadPoolExecutor(count) as pool:
        return timed(pool.map(lambda row: dataset.input(int(row), IMAGENET), dataset.readable))


def overlap(dataset: ClassDataset, workers: int) -> pd.DataFrame:
    """Time a network that is slower and one that is faster than the reader."""
    with ImageReader(dataset, IMAGENET, workers) as reader:
        list(reader.batches(batches(dataset)[:1]))
        reading = timed(reader.batches(batches(dataset)))
        rows = []
        for factor in (0.5, 1, 2):
            each = factor * reading / len(batches(dataset))
            both = timed(reader.batches(batches(dataset)), each)
            explaining = each * len(batches(dataset))
            slowest = max(reading, explaining)
            rows.append((workers, reading, explaining, both, slowest / both))
    columns = ["workers", "reading", "explaining", "both", "slowest / both"]
    return pd.DataFrame(rows, columns=columns).round(2)


def timed(found: Iterator[object], each: float = 0) -> float:
    """Seconds until all are there; so many are spent on each."""
    started = time.perf_counter()
    for _ in found:
        time.sleep(each)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()

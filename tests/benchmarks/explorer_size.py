"""The explorer of large runs: processor time and size of a class, and how fast the page is.

Results are drawn: classes of photographs of noise with heatmaps of noise, in clusters. With a folder of
class folders (``--photographs``) the images are photographs at 224 x 224 pixels, and the rest is drawn as
well. The page is opened in a headless Chromium (`chromium`), from disk, and its first view and changes of
class are timed.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / "data")]

import chromium
import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from scipy import sparse

from unhans.detection.findings import INDICATOR_COLUMNS, Findings
from unhans.detection.indicators import INDICATORS
from unhans.io import atomic
from unhans.io.store import Result
from unhans.paths import Analysis, result
from unhans.reporting import ranking
from unhans.reporting.explorer import class_data, site
from unhans.reporting.explorer.overview import Tables

SIDE, Q, KS = 224, 32, np.arange(2, 31)
ANALYSES = [
    Analysis("drawn", "network", "epsilon_plus_flat", representation, metric, 10, Q)
    for representation in ("pooled", "none")
    for metric in ("euclidean", "hellinger")
]


def photographs(folder):
    """Images of a class folder, their middle squares."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    made = (ImageOps.fit(Image.open(file).convert("RGB"), (SIDE, SIDE)) for file in files)
    return np.stack([np.asarray(image) for image in made])


def noise(n, seed):
    """Images that JPEG cannot compress."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, size=(n, 28, 28, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def drawn(images, seed):
    """Results of a class of these images, as the stage explorer_class reads them."""
    random, n = np.random.default_rng(seed), len(images)

    def made(stage, arrays, analysis=ANALYSES[0], **notes):
        path = Path(result("results", stage, 7, analysis, "c0"))
        return Result(path, {"status": "ok", "stage": stage, **notes}, arrays)

    rows = [[f"n{at:05d}", "train", f"train/n0341/{at:05d}.JPEG", "0", "ok", ""] for at in range(n)]
    listing = str({"index": 0, "rows": rows}).replace("'", '"').encode()
    corpus = {"listing": np.frombuffer(listing, np.uint8), "image": images}
    heatmaps = random.normal(size=(n, 28, 28)).astype(np.float32).repeat(8, 1).repeat(8, 2)
    explained = {"heatmap": heatmaps, "image": np.arange(n), "rank": random.integers(1, 9, n)}
    explained |= {"prediction": random.integers(0, 50, n), "logit": random.random(n, np.float32)}
    groups = {}
    for name in ("grouped", "content", "scattered", "repeated", "window", "rim", "style"):
        groups[f"{name}_members"] = random.random((2, n)) < 0.1
        groups[f"{name}_gap"] = np.array([3.0, 2.0])
        groups[f"{name}_score"] = random.random((2, n), np.float32)
    found = {
        "corpus": made("corpus", corpus, splits=["train"]),
        "attribution": made("attribution", explained),
        "group_search": made("group_search", groups),
        "record": made("model", {}, names=[f"class {at}" for at in range(50)], transform=None),
    }
    for number, analysis in enumerate(ANALYSES):
        near = random.integers(0, n, size=(n, 10))
        graph = sparse.coo_array((np.ones(10 * n), (np.arange(n).repeat(10), near.ravel())), (n, n))
        nested = np.stack([random.integers(0, k, n) for k in KS]).astype(np.int32)
        own = {
            "affinity": {"affinity": sparse.csr_array((graph + graph.T) / 2)},
            "embedding": {"eigenvalue": np.arange(Q) / Q, "embedding": random.random((n, Q))},
            "clustering": {"k": KS, "nested": nested},
            "separability": {"fisher": random.random(len(KS)), "tau": random.random(1)},
        }
        if not number:
            own["projection"] = {
                name: random.random((n, 2), np.float32) for name in ("tsne", "umap")
            }
        for stage, arrays in own.items():
            notes = {"methods": list(arrays)} if stage == "projection" else {}
            found[f"{stage}_{number}"] = made(stage, arrays, analysis, **notes)
    return found


def tables(classes):
    """A ranking of so many classes, and findings: every tenth class stands out."""
    count = len(classes)
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"class": classes, "name": [f"name of {one}" for one in classes]})
    rows = rows.assign(
        n=1300, rank=np.arange(count) + 1, status="ok", planted="", confusion="x (2%)"
    )
    rows = rows.assign(flagged=np.arange(count) % 10 == 0, ranked_by="tau", rank_low=1, rank_high=9)
    numbers = ("tau", "score", "accuracy", "tau_low", "tau_high", "tau_null", "tau_p")
    rows = rows.assign(**{name: random.random(count) for name in numbers})
    ranked = pd.concat([rows.assign(**one._asdict()) for one in ANALYSES])
    indicators = pd.DataFrame({"class": classes, "name": rows["name"], "flagged": rows["flagged"]})
    indicators = indicators.reindex(columns=INDICATOR_COLUMNS).assign(
        **{"n": 1300, "indicator": "grouped", "value": 9.0, "null": 1.0, "needed": 5.0, "p": 1e-5},
        **{"q": 1e-3, "images": 130, "place": "in the corner", "relevance": 0.4, "group": 1},
        **{"relevance_elsewhere": 0.1, "others_place": "", "unflagged_median": float("nan")},
    )
    of_classes = indicators.assign(score=rows["score"], status="ok")
    of_classes = of_classes.assign(**{**dict.fromkeys(INDICATORS, float("nan")), "grouped": 9.0})
    found = Findings(of_classes, indicators)
    path = "results/drawn/network/epsilon_plus_flat/findings.tsv"
    empty = pd.DataFrame(columns=["class", "indicator"])
    named = ranked.reindex(columns=ranking.COLUMNS)
    return Tables(named, *({path: one} for one in (found.classes, found.indicators, empty, empty)))


def main():
    """Print a line for the class, and one for the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--images", type=int, default=1300)
    parser.add_argument("--opened", type=int, default=5, help="classes that are opened")
    parser.add_argument("--photographs", type=Path, help="folder of class folders")
    chosen = parser.parse_args()
    if chosen.photographs:
        folders = sorted(path for path in chosen.photographs.iterdir() if path.is_dir())
        classes = {path.name: collected(photographs(path), path.name) for path in folders}
    else:
        one = collected(noise(chosen.images, 0), "c0")
        classes = dict.fromkeys((f"c{at}" for at in range(chosen.classes)), one)
    with tempfile.TemporaryDirectory() as folder:
        at = {
            result("results", "explorer_class", 3, ANALYSES[0], one): classes[one]
            for one in classes
        }
        ids, written = list(classes), 0
        started = time.process_time()
        for name, content in site.files(site.Run(tables(ids), at)):
            stem = Path(name).stem
            if not name.startswith("data/") or stem in ids[: chosen.opened + 1]:
                atomic.write_folder(Path(folder, name).parent, {Path(name).name: content})
            written += len(content)
        spent = (time.process_time() - started) / len(ids)
        print(f"the folder: {spent:.3f} s a class, {written / 1e6:.0f} MB")
        timed(Path(folder), ids[: chosen.opened + 1])


def collected(images, name):
    """What is stored of a class for the explorer; its cost is printed."""
    results = drawn(images, 0)
    started = time.process_time()
    made = class_data.collect(results, name, root=None, thumbnail=80)
    spent = time.process_time() - started
    kept = Result(Path(name), {"status": "ok", **made.notes}, made.arrays)
    script, sheet, _ = class_data.from_result(kept)
    print(
        f"{name}, a class of {len(images)}: {spent:.2f} s of processor time, "
        f"{(len(script) + len(sheet.data)) / 1e6:.1f} MB"
    )
    return kept


def timed(folder, ids):
    """Time the first view, and each change of class."""
    with chromium.Chromium() as browser:
        browser.size(1400, 1000)
        started = time.perf_counter()
        browser.open(f"{folder.as_uri()}/index.html")
        browser.until("Boolean(document.querySelector('.ranking tbody tr'))")
        first = time.perf_counter() - started
        spent, computed = [], [browser.computed()]
        for class_id in ids:
            given = f"set=drawn%2Fnetwork%2Fepsilon_plus_flat&class={class_id}"
            started = time.perf_counter()
            browser.evaluate(f"location.hash = '{given}'")
            browser.until(f"unhans.opened.key.endsWith(' {class_id}')")
            browser.until("Boolean(document.querySelector('.tile'))")
            spent.append(time.perf_counter() - started)
            time.sleep(1)  # until what is still drawn is there
            computed.append(browser.computed())
    print(
        f"{len(ids)} classes opened: first view {first:.2f} s, change of class "
        f"{statistics.median(spent[1:]):.2f} s (median), {max(spent[1:]):.2f} s at most; the page's own "
        f"thread computed {max(np.diff(computed)):.2f} s at most"
    )


if __name__ == "__main__":
    main()

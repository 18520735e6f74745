"""Tables and results of a small run as exports read them."""

import explored
import pandas as pd

from unhans.images import manifest
from unhans.io import store
from unhans.paths import beside

AT = beside("results", 3, explored.ANALYSES[0], "findings_indicators.tsv")


def results(run, stages=("attribution", "group_search")):
    return {
        stage: store.by_path(str(own[stage]) for own in run.inputs.values()) for stage in stages
    }


def manifest_of(run):
    return manifest.gather(store.classes(own["corpus"] for own in run.inputs.values()))


def indicators(*flagged):
    rows = [
        {"class": class_id, "indicator": indicator, "flagged": True, "q": q, "n": 60, "images": 12}
        for class_id, indicator, q in flagged
    ]
    columns = ["class", "indicator", "flagged", "q", "n", "images"]
    return pd.DataFrame(rows, columns=columns)

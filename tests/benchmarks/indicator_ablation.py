"""What each indicator earns in photographs: the score without it, on networks that have been analysed.

    python tests/benchmarks/indicator_ablation.py results [more results ...]

Each folder holds the results of `snakemake detection_photographs`. The p-value of an indicator does not
depend on the others, so that the score without one needs no new computation.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from unhans.detection import calibration
from unhans.detection.indicators import INDICATORS

LEVEL = 0.05
FOUND = 0.5


def networks(folder: Path) -> list[pd.DataFrame]:
    """One table a network: its classes with the truth, F1 and p of each indicator."""
    classes = pd.read_csv(folder / "detection_photographs/classes.tsv", sep="\t")
    keys = ["corpus", "model", "composite"]
    found = []
    for (corpus, model, composite), part in classes.groupby(keys):
        path = folder / corpus / model / composite / "findings_indicators.tsv"
        p = pd.read_csv(path, sep="\t").pivot(index="class", columns="indicator", values="p")
        own = part.drop_duplicates("class").set_index("class")
        found.append(own.join(p.reindex(columns=list(INDICATORS)).add_prefix("p_")))
    return found


def score(tables: Sequence[pd.DataFrame], names: Sequence[str]) -> dict[str, object]:
    """Rank and flag the classes of each network by some indicators alone."""
    areas: dict[str, list[float]] = {group: [] for group in ("fixed", "random", "whole")}
    flagged, fits, false, free = 0, 0, 0, 0
    for table in tables:
        p = table[[f"p_{name}" for name in names]].to_numpy()
        joined = pd.Series(calibration.simes(p), table.index).fillna(1.0)
        hit = (calibration.selected(p) <= LEVEL).any(axis=1)
        first = [names[at] for at in np.nan_to_num(p, nan=1.0).argmin(axis=1)]
        other = joined[~table["planted"]]
        free, false = free + len(other), false + int(hit[~table["planted"]].sum())
        for at, row in enumerate(table.to_dict("records")):
            if not row["used"]:
                continue
            flagged += bool(hit[at])
            fits += bool(hit[at] and row[f"f1_{first[at]}"] >= FOUND)
            above = (joined.iloc[at] < other).mean() + 0.5 * (joined.iloc[at] == other).mean()
            areas.get(row["group"], []).append(float(above))
    means = {f"auc_{group}": np.mean(own) if own else np.nan for group, own in areas.items()}
    return {**means, "flagged": flagged, "f1": fits, "false": false, "unmarked": free}


def main() -> None:
    """Score with all indicators, without each, and by each alone; print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="+", type=Path)
    tables = [table for folder in parser.parse_args().results for table in networks(folder)]
    used = sum(int(table["used"].sum()) for table in tables)
    print(f"{len(tables)} networks, {used} classes whose mark is used")
    names = list(INDICATORS)
    tried = {"all": names}
    tried |= {f"without {one}": [name for name in names if name != one] for one in names}
    tried["without grouped, content, scattered"] = names[3:]
    tried |= {f"{one} alone": [one] for one in names}
    rows = {said: score(tables, kept) for said, kept in tried.items()}
    print(pd.DataFrame(rows).T.to_string(float_format="{:.2f}".format))


if __name__ == "__main__":
    main()

"""Memory: the greatest peak of each rule's jobs in finished runs, against the mem_mb that it declares.

usage: memory.py RESULTS [RESULTS ...]

Reads what Snakemake's benchmarks say (``max_rss``, megabytes, sampled while a job runs, so that a peak
of a moment may be missed). Of rules whose mem_mb grows with their inputs the part that does not is
compared. Prints a row a rule: jobs, the greatest peak in each folder of results, declared, peak over
declared; ends with status 1 if one is above 1.
"""

import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

RULES = Path(__file__).parents[2] / "workflow/rules"
STAGE = re.compile(r'(?:^rule |chunk\.rule\("|^    rule )(\w+)', re.M)
MEMORY = re.compile(
    r"mem_mb=(?:lambda wildcards, attempt: (\d+)|chunk\.memory\((\d+)(?:, per_input=(\d+))?)"
)


def declared():
    """Megabytes, and megabytes for each megabyte of inputs, by the name of a rule."""
    found = {}
    for file in sorted(RULES.glob("*.smk")):
        text = file.read_text(encoding="utf-8")
        for asked in MEMORY.finditer(text):
            names = [match[1] for match in STAGE.finditer(text, 0, asked.start())]
            found[names[-1]] = int(asked[1] or asked[2]), int(asked[3] or 0)
    return found


def peaks(results, names):
    """Peaks of all jobs of a folder of results, by rule: the last part of a path that names one."""
    found = defaultdict(list)
    for file in sorted((results / "benchmarks").rglob("*.tsv")):
        parts = file.relative_to(results).with_suffix("").parts
        own = [part for part in parts if part in names]
        with file.open(newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
        for row in rows:
            try:
                found[own[-1] if own else parts[-1]].append(float(row["max_rss"]))
            except (KeyError, ValueError):
                continue  # a job too short to be sampled
    return found


def main(*folders):
    if not folders:
        sys.exit(__doc__)
    asked = declared()
    runs = [peaks(Path(folder), asked) for folder in folders]
    print(
        "rule", "jobs", *(f"peak in {folder}" for folder in folders), "declared", "share", sep="\t"
    )
    over = []
    for name, (base, per_input) in sorted(asked.items()):
        own = [max(run[name], default=0) for run in runs]
        jobs = sum(len(run[name]) for run in runs)
        if not jobs:
            continue
        share = max(own) / base
        shown = f"{base}" + (f" + {per_input}/MB" if per_input else "")
        print(name, jobs, *(f"{peak:.0f}" for peak in own), shown, f"{share:.2f}", sep="\t")
        over += [name] if share > 1 else []
    missing = [name for name in sorted(asked) if not any(run[name] for run in runs)]
    print(f"not run: {', '.join(missing) or 'none'}")
    print(f"above what they declare: {', '.join(over) or 'none'}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

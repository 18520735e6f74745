"""Print the licence of every package of this environment, as its own metadata state it.

Of a package whose metadata name none, the first line of its licence file. Builds for a GPU bring
packages of NVIDIA, which are not in the lock and not in this table.
"""

from importlib.metadata import distributions

SEEDS = ("pip", "setuptools", "unhans", "wheel")


def main():
    """Print the table."""
    print("package", "version", "licence", sep="\t")
    found = {(one.metadata["Name"], one.version): licence_of(one) for one in distributions()}
    for (name, version), licence in sorted(found.items(), key=lambda item: item[0][0].lower()):
        if name not in SEEDS:
            print(name, version.partition("+")[0], licence, sep="\t")


def licence_of(distribution):
    """An SPDX expression, the classifiers, the field, or the first line of the file."""
    metadata = distribution.metadata
    classifiers = [
        value.rpartition(" :: ")[2]
        for value in metadata.get_all("Classifier") or ()
        if value.startswith("License :: ") and not value.endswith("OSI Approved")
    ]
    stated = metadata["License-Expression"] or "; ".join(classifiers) or metadata["License"]
    if not stated or stated == "UNKNOWN":
        files = [file for file in distribution.files or () if file.name.upper().startswith("LICEN")]
        stated = files[0].read_text() if files else "unknown"
    return next(line.strip() for line in [*stated.splitlines(), "unknown"] if line.strip())


if __name__ == "__main__":
    main()

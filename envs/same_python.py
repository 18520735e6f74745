"""Say whether this Python can make, or has made, an environment: same_python.py FOLDER."""

import subprocess
import sys
from pathlib import Path

SAY = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"


def main(folder):
    """Return 0, or the line that says why this Python is not the one for the folder."""
    if sys.version_info < (3, 11):  # noqa: UP036 - any Python may run this
        return f"unhans: error: this is Python {sys.version.split()[0]}; unhans needs 3.11 or newer"
    if not Path(folder, "pyvenv.cfg").exists():
        return 0
    try:
        command = [f"{folder}/bin/python", "-c", SAY]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        made_by = done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        made_by = "a Python that is gone"
    ours = "{} {}.{}".format(sys.implementation.name, *sys.version_info)
    if made_by == ours:
        return 0
    return (
        f"unhans: error: {folder} was made by {made_by}, and PYTHON is {ours}: "
        f"'make clean' removes it, and 'make PYTHON={folder}/bin/python ...' keeps using it"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

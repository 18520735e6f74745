#!/usr/bin/env bash
# Pins the environments: installs what is asked for into fresh ones and writes down what came.
# envs/runtime.txt runs the workflow; envs/dev.txt adds tests, linters and benchmark peers; envs/docs.txt
# adds what builds the docs site.
set -euo pipefail
python=${1:-python3}
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$root"

# A local build tag (+cpu) names one index's file; the pin must hold on every index.
freeze() { "$scratch/bin/python" -m pip freeze --exclude unhans | sed 's/+[a-z0-9.]*$//'; }

"$python" -m venv "$scratch"
"$scratch/bin/python" -m pip install --quiet --requirement envs/runtime.in .
{
    echo "# Written by envs/lock.sh from envs/runtime.in and pyproject.toml."
    freeze
} >"$scratch/runtime.txt"
"$scratch/bin/python" -m pip install --quiet --constraint "$scratch/runtime.txt" ".[dev]"
{
    echo "# Written by envs/lock.sh from pyproject.toml's extra \"dev\"; on top of runtime.txt."
    echo "-r runtime.txt"
    freeze | grep -vxFf "$scratch/runtime.txt"
} >"$scratch/dev.txt"
cat "$scratch/runtime.txt" "$scratch/dev.txt" | grep -v '^-r' >"$scratch/both.txt"
"$scratch/bin/python" -m pip install --quiet --constraint "$scratch/both.txt" ".[docs]"
{
    echo "# Written by envs/lock.sh from pyproject.toml's extra \"docs\"; on top of dev.txt."
    echo "-r dev.txt"
    freeze | grep -vxFf "$scratch/both.txt"
} >"$scratch/docs.txt"
{
    echo "# Written by envs/lock.sh: the pins of runtime.txt for conda (snakemake --sdm conda)."
    printf 'channels: [conda-forge, nodefaults]\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n'
    grep -v '^#' "$scratch/runtime.txt" | sed 's/^/      - /'
} >"$scratch/unhans.yaml"
cp "$scratch/runtime.txt" "$scratch/dev.txt" "$scratch/docs.txt" "$scratch/unhans.yaml" envs/

#!/usr/bin/env bash
# Pins the environments: installs what is asked for into fresh ones and writes down what came.
# envs/runtime.txt runs the workflow, with torch.txt; dev.txt adds tests, linters and benchmark peers,
# fuzz.txt a fuzzer, docs.txt what builds the docs site; virelay.txt stands alone. Each pin has the hashes of all files of its
# release, but for those of torch.txt: builds for CPUs, CUDA and ROCm have one version and different bytes.
set -euo pipefail
python=${1:-python3}
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$root"

builds="torch torchvision"

# A local build tag (+cpu) names one index's file; the pin must hold on every index.
freeze() { "$scratch/bin/python" -m pip freeze --exclude unhans | sed 's/+[a-z0-9.]*$//'; }

# One layer: what freeze names beyond the pins of the layers below it.
layer() {
    extra=$1
    "$scratch/bin/python" -m pip install --quiet --constraint "$scratch/all.txt" ".[$extra]"
    {
        echo "# Written by envs/lock.sh from pyproject.toml's extra \"$extra\"; on top of $2.txt."
        echo "-r $2.txt"
        freeze | grep -vxFf "$scratch/all.txt"
    } >"$scratch/$extra.txt"
    grep -v '^-r' "$scratch/$extra.txt" >>"$scratch/all.txt"
}

"$python" -m venv "$scratch"
"$scratch/bin/python" -m pip install --quiet --requirement envs/runtime.in .
{
    echo "# Written by envs/lock.sh from envs/runtime.in and pyproject.toml."
    freeze
} >"$scratch/runtime.txt"
cp "$scratch/runtime.txt" "$scratch/all.txt"
layer dev runtime
layer fuzz dev
layer docs dev
"$scratch/bin/python" envs/licences.py >"$scratch/licences.tsv"
{
    echo "# Written by envs/lock.sh from envs/runtime.in, without hashes."
    for name in $builds; do grep "^$name==" "$scratch/runtime.txt"; done
} >"$scratch/torch.txt"
{
    echo "# Written by envs/lock.sh: the pins of runtime.txt and torch.txt for conda (snakemake --sdm conda)."
    printf 'channels: [conda-forge, nodefaults]\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n'
    grep -v '^#' "$scratch/runtime.txt" | sed 's/^/      - /'
} >"$scratch/unhans.yaml"
"$python" -m venv "$scratch/virelay"
"$scratch/virelay/bin/python" -m pip install --quiet virelay
{
    echo "# Written by envs/lock.sh: ViRelAy in an environment of its own, which tests start as a server."
    "$scratch/virelay/bin/python" -m pip freeze
} >"$scratch/virelay.txt"
for layer in runtime dev fuzz docs virelay; do
    # shellcheck disable=SC2086
    "$scratch/bin/python" envs/lock_hashes.py "$scratch/$layer.txt" $builds >"$scratch/$layer.lock"
    cp "$scratch/$layer.lock" "envs/$layer.txt"
done
cp "$scratch/torch.txt" "$scratch/unhans.yaml" "$scratch/licences.tsv" envs/

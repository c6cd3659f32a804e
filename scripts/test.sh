#!/usr/bin/env bash
# Every test of the project: units, documentation, the command line, and that the training data
# still gives the models that are built in. Needs the Rust toolchain alone.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --release

# The shipped models are what `train` makes of training_data/, byte for byte.
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
cargo run --release --quiet -- train training_data -o "$made/"
for model in html text; do
    cmp "models/$model.model" "$made/$model.model"
done
echo "models/ is what training_data/ gives"

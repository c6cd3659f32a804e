#!/usr/bin/env bash
# Times dehusk beside other extractors on the same pages, in one run.
#
#     scripts/compare_speed.sh DIR [ENGINE...]
#
# DIR holds pages as plain .html files. Engines: resiliparse (the default), trafilatura,
# readability-lxml. They are installed from PyPI into target/peers first, which needs Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$1
shift
engines=("${@:-resiliparse}")
peers=target/peers
if [ ! -x "$peers/bin/python" ]; then
    python3 -m venv "$peers"
    "$peers/bin/pip" install --quiet --upgrade pip
fi
"$peers/bin/pip" install --quiet "${engines[@]}"
cargo build --release --quiet
exec "$peers/bin/python" scripts/compare_speed.py "$dir" "${engines[@]}"

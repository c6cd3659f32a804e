#!/usr/bin/env bash
# Times dehusk beside FastWARC + resiliparse over the same WARC file, and beside pyarrow + resiliparse
# over the same pages as Parquet, in one run.
#
#     scripts/compare_crawl.sh DIR
#
# DIR holds pages as plain .html files. FastWARC, resiliparse and pyarrow are installed from PyPI
# into target/peers first, which needs Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."

peers=target/peers
[ -x "$peers/bin/python" ] || python3 -m venv "$peers"
"$peers/bin/python" -m pip install --quiet fastwarc resiliparse pyarrow warcio
cargo build --release --quiet
exec "$peers/bin/python" scripts/compare_crawl.py "$1"

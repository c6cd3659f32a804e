#!/usr/bin/env bash
# Times dehusk beside other extractors on the same pages, in one run.
#
#     scripts/compare_speed.sh DIR [ENGINE...]
#
# DIR holds pages as plain .html files. Engines, all by default: resiliparse, trafilatura and
# readability-lxml, installed from PyPI into target/peers, which needs Python 3; dom_smoothie and
# rs-trafilatura, built from the Rust registry in scripts/peers.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$1
shift
[ $# -gt 0 ] || set -- resiliparse trafilatura readability-lxml dom_smoothie rs-trafilatura
peers=target/peers
[ -x "$peers/bin/python" ] || python3 -m venv "$peers"
for engine in "$@"; do
    case $engine in
        dom_smoothie | rs-trafilatura)
            cargo build --release --quiet --manifest-path scripts/peers/Cargo.toml ;;
        *) "$peers/bin/python" -m pip install --quiet "$engine" ;;
    esac
done
cargo build --release --quiet
exec "$peers/bin/python" scripts/compare_speed.py "$dir" "$@"

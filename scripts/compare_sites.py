#!/usr/bin/env python3
"""Compares word F1 without and with site evidence, by how many pages of a host are known.

    scripts/compare_sites.py CORPORA

CORPORA holds the folders wcxb-dev, news-dev and classes-dev; their pages are scored by models that have
seen no page of their site (`dehusk eval … --folds 5 --sites`). Generated sites (template_sites.py) are
scored by the models that are built in. The two constants of `src/sites/mod.rs` were chosen on the hosts
whose CRC-32 is even and on generated sites of seed 1; what counts is the other half, and seed 2.
"""

import csv
import subprocess
import sys
import tempfile
import zlib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A page that differs by less is as it was.
SAME = 0.005


def evaluate(folders, *options):
    """Runs `dehusk eval`, and returns its rows."""
    with tempfile.TemporaryDirectory() as directory:
        table = Path(directory) / "sites.csv"
        command = ["cargo", "run", "--release", "--quiet", "--", "eval", *folders, *options, "--sites", table]
        subprocess.run([str(part) for part in command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        with open(table, newline="") as file:
            return list(csv.DictReader(file))


def generated(seed):
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / f"generated, seed {seed}"
        subprocess.run([sys.executable, ROOT / "scripts/template_sites.py", folder, str(seed)], check=True)
        return evaluate([folder])


def tell(rows):
    groups = defaultdict(list)
    for row in rows:
        corpus, pages = row["id"].split("/")[0], int(row["pages"])
        size = "1" if pages == 1 else "2-4" if pages < 5 else "5+"
        half = "other" if zlib.crc32(row["host"].encode()) % 2 else "chosen on"
        groups[corpus, size, half].append((float(row["word_f1"]), float(row["word_f1_with_site"])))
    for key, scores in sorted(groups.items()):
        without, with_site = (sum(column) / len(scores) for column in zip(*scores))
        better = sum(b > a + SAME for a, b in scores)
        worse = sum(b < a - SAME for a, b in scores)
        print(
            f"{key[0]:20}{key[1]:>6}  {key[2]:10}{len(scores):6}{without:9.4f}{with_site:9.4f}"
            f"{with_site - without:+9.4f}{better:8}{worse:7}",
            flush=True,
        )


def main():
    corpora = Path(sys.argv[1]).resolve()
    print(f"{'corpus':20}{'pages':>6}  {'hosts':10}{'scored':>6}{'without':>9}{'with':>9}{'':9}{'better':>8}{'worse':>7}")
    for seed in (1, 2):
        tell(generated(seed))
    rows = evaluate([corpora / name for name in ("wcxb-dev", "news-dev", "classes-dev")], "--folds", 5)
    # The pages of classes-dev are pages of the other two.
    tell(row for row in rows if not row["id"].startswith("classes-dev/"))


if __name__ == "__main__":
    main()

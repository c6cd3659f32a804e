#!/usr/bin/env python3
"""Lays out the pages that this project has labelled itself, as `dehusk train` reads them.

    scripts/label_again.py CORPORA OUT

`training_data/labels.csv` names pages of CORPORA and has a code for each of their blocks: six
hexadecimal digits of a hash of its text, and a letter for its label (LETTERS). The pages go to
OUT/html, and to OUT/labels the texts of their blocks, as this dehusk cuts them, with the labels.
A block whose text has no label, because it is cut otherwise than it was, gets none.
"""

import csv
import json
import subprocess
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT / "training_data" / "labels.csv"
LETTERS = {
    "t": "title", "b": "body", "y": "byline", "p": "caption", "c": "comment", "i": "bio",
    "s": "teaser", "a": "ad", "n": "nav", "l": "legal",
}  # fmt: skip
CODE = 7


def hash_of(text):
    return f"{zlib.crc32(text.encode()) & 0xFFFFFF:06x}"


def blocks_of(pages):
    """The blocks of all pages of a folder, by the page's name."""
    # With a selector, none of the blocks is from a script: what is read from there is for a model
    # to say, and labels must not depend on one.
    options = ["clean", str(pages), "--blocks", "--select", "html"]
    command = ["cargo", "run", "--release", "--quiet", "--", *options]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    records = map(json.loads, done.stdout.decode().splitlines())
    return {Path(record["id"]).name.split(".")[0]: record["blocks"] for record in records}


def labelled(blocks, codes):
    """The blocks that have a label: of several of the same text each its own, in order."""
    known = {}
    for at in range(0, len(codes), CODE):
        known.setdefault(codes[at : at + CODE - 1], []).append(LETTERS[codes[at + CODE - 1]])
    for block in blocks:
        labels = known.get(hash_of(block["text"]))
        if labels:
            yield {"text": block["text"], "label": labels.pop(0) if len(labels) > 1 else labels[0]}


def lay_out(corpora, out):
    for folder in ("html", "labels"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    with open(LABELS, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        corpus, name = row["page"].split("/")
        page = corpora / corpus / "html" / f"{name}.html.gz"
        (out / "html" / page.name).write_bytes(page.read_bytes())
    blocks = blocks_of(out / "html")
    for row in rows:
        corpus, name = row["page"].split("/")
        truth = json.loads((corpora / corpus / "ground-truth" / f"{name}.json").read_text())
        page = {
            "url": truth.get("url"),
            "source": truth.get("source") or row["page"],
            "page_type": truth["_internal"]["page_type"]["primary"],
            "blocks": list(labelled(blocks[name], row["labels"])),
        }
        (out / "labels" / f"{name}.json").write_text(json.dumps(page))


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())

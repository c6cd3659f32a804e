"""Scores extracted metadata against a labelled corpus, beside trafilatura's on the same pages.

    dehusk clean DIR/html -o ours.jsonl
    python scripts/compare_metadata.py DIR ours.jsonl

DIR holds html/ID.html[.gz] and ground-truth/ID.json (the WCXB layout). Our JSONL has a row a page
with `id` (a path whose stem is ID), `title`, `authors` and `date`. Needs trafilatura.

Measures, each over the pages whose gold has the field:
  title    share of pages whose title equals the gold's, case and white space folded
  authors  mean over pages of the F1 of the sets of names, folded likewise; degrees dropped
  date     share of pages with the gold's day
  extra    share of the pages without gold authors for which authors are given
Each is printed for all pages and for both halves of a split by a hash of the ID.
"""

import argparse
import gzip
import hashlib
import json
import re
from pathlib import Path

DEGREES = re.compile(r"\b(ph\.?d|m\.?d|mba|msc|dvm|vmd|jd|cpa|rd|rdn|ms|ba|ma|jr)\.?$", re.I)


def fold(text):
    return re.sub(r"\s+", " ", (text or "").replace("\u00ad", "")).strip().casefold()


def names(value):
    """The set of folded names in a string, or in a list of strings."""
    parts = value if isinstance(value, list) else [value or ""]
    split = (name for part in parts for name in re.split(r"[;,&]|\s(?:and|und|et|y)\s", part))
    return {fold(name) for name in split if name.strip() and not DEGREES.fullmatch(name.strip())}


def f1(gold, found):
    common = len(gold & found)
    return 2 * common / (len(gold) + len(found)) if common else 0.0


def score(gold, found):
    """Field → score of one page; fields that the gold does not have are left out."""
    scores = {"title": float(fold(gold["title"]) == fold(found.get("title")))}
    authors = names(found.get("authors") or found.get("author"))
    if gold.get("author"):
        scores["authors"] = f1(names(gold["author"]), authors)
    else:
        scores["extra"] = float(bool(authors))
    if gold.get("publish_date"):
        scores["date"] = float(gold["publish_date"][:10] == (found.get("date") or "")[:10])
    return scores


def trafilatura_rows(corpus, golds):
    from trafilatura import extract_metadata
    from trafilatura.utils import decode_file

    for page, gold in golds.items():
        path = next((corpus / "html").glob(f"{page}.html*"))
        data = path.read_bytes()
        html = decode_file(gzip.decompress(data) if path.suffix == ".gz" else data)
        document = extract_metadata(html, default_url=gold.get("url"))
        yield page, document.as_dict() if document else {}


def table(tool, golds, rows):
    halves = {"all": lambda _: True}
    for half in (0, 1):
        halves[f"half {half}"] = lambda page, half=half: hashlib.md5(page.encode()).digest()[0] % 2 == half
    for name, chosen in halves.items():
        sums = {}
        for page, gold in golds.items():
            if chosen(page):
                for field, value in score(gold["ground_truth"], rows.get(page, {})).items():
                    sums.setdefault(field, []).append(value)
        cells = "  ".join(
            f"{field} {sum(sums[field]) / len(sums[field]):.3f} ({len(sums[field])})"
            for field in ("title", "authors", "date", "extra")
            if field in sums
        )
        print(f"{tool:12} {name:7} {cells}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("ours", type=Path, help="our JSONL")
    parser.add_argument("--theirs", type=Path, help="trafilatura's JSONL: written if missing, else read")
    args = parser.parse_args()

    golds = {p.stem: json.loads(p.read_text("utf-8")) for p in sorted((args.corpus / "ground-truth").glob("*.json"))}
    rows = [json.loads(line) for line in args.ours.read_text("utf-8").splitlines()]
    table("dehusk", golds, {Path(row["id"]).name.split(".")[0]: row for row in rows})
    if args.theirs and args.theirs.exists():
        theirs = {row["id"]: row for row in map(json.loads, args.theirs.read_text("utf-8").splitlines())}
    else:
        theirs = dict(trafilatura_rows(args.corpus, golds))
        if args.theirs:
            lines = (json.dumps({**row, "id": page}, ensure_ascii=False, default=str) for page, row in theirs.items())
            args.theirs.write_text("\n".join(lines) + "\n", "utf-8")
    table("trafilatura", golds, theirs)


if __name__ == "__main__":
    main()

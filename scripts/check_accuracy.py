#!/usr/bin/env python3
"""Checks dehusk's accuracy on labelled corpora against the recorded figures.

    scripts/check_accuracy.py CORPORA [--record]

CORPORA holds the folders wcxb-dev, news-dev, classes-dev and seed. Every figure is that of
domain-grouped 5-fold cross-validation (`dehusk eval … --folds 5 --json`); the check fails when
one lies more than TOLERANCE below what training_data/figures.json records. With --record the
figures are written there instead. The text of seed must come out exactly.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "training_data" / "figures.json"
# Another libm moves a figure in the fourth digit; a change that matters moves it in the third.
TOLERANCE = 0.002


def dehusk(*args):
    command = ["cargo", "run", "--release", "--quiet", "--", *map(str, args)]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def measure(corpora):
    """The figures of both models, by name."""
    folders = [corpora / name for name in ("wcxb-dev", "news-dev", "classes-dev")]
    html = json.loads(dehusk("eval", *folders, "--folds", 5, "--json"))
    text = json.loads(dehusk("eval", *folders, "--folds", 5, "--schema", "text", "--json"))
    return {"html": flat(html), "text": flat(text)}


def flat(report):
    figures = {}
    for corpus, r in report.items():
        figures[f"{corpus}/word_f1"] = r["word"]["f1"]
        figures[f"{corpus}/shingle_f1"] = r["shingle"]["f1"]
        if r["snippet"]:
            figures[f"{corpus}/snippet_f1"] = r["snippet"]["f1"]
        for page_type, of_type in r["by_type"].items():
            figures[f"{corpus}/word_f1/{page_type}"] = of_type["word_f1"]
        if r["macro_f1"] is not None:
            figures[f"{corpus}/label_macro_f1"] = r["macro_f1"]
        for label in r["labels"]:
            figures[f"{corpus}/label_f1/{label['label']}"] = label["f1"]
        figures[f"{corpus}/confidence_spearman"] = r["confidence"]
    return {name: round(value, 4) for name, value in figures.items()}


def main():
    corpora = Path(sys.argv[1]).resolve()
    found = measure(corpora)
    if "--record" in sys.argv[2:]:
        FIGURES.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        return 0
    failed = 0
    for model, recorded in json.loads(FIGURES.read_text()).items():
        for name, was in recorded.items():
            now = found[model][name]
            dropped = now < was - TOLERANCE
            failed += dropped
            print(f"{'DROPPED' if dropped else 'ok':8}{model:6}{name:42}{was:8.4f} -> {now:.4f}")
    seed = corpora / "seed"
    text = dehusk("clean", seed / "article.txt", "--profile", "page", "--format", "txt")
    exact = text == (seed / "article.clean.txt").read_bytes()
    failed += not exact
    print(f"{'ok' if exact else 'DROPPED':8}seed text is {'' if exact else 'not '}exact")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

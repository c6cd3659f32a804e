#!/usr/bin/env python3
"""Checks dehusk's accuracy on labelled corpora against the recorded figures.

    scripts/check_accuracy.py CORPORA [--record]

CORPORA holds the folders wcxb-dev, news-dev, classes-dev and seed; label_again.py adds the pages
of these that have labels of our own. Every figure is that of
domain-grouped 5-fold cross-validation (`dehusk eval … --folds 5 --json`); the check fails when
one is worse by more than TOLERANCE than what training_data/figures.json records. With --record the
figures are written there instead, and what the models' confidence is fitted to beside them. The
text of seed must come out exactly.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import label_again

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "training_data" / "figures.json"
# Another libm moves a figure in the fourth digit; a change that matters moves it in the third.
TOLERANCE = 0.002


def dehusk(*args):
    command = ["cargo", "run", "--release", "--quiet", "--", *map(str, args)]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def measure(corpora, outcomes=None):
    """The figures of both models, by name. What their confidence is fitted to goes to `outcomes`."""
    with tempfile.TemporaryDirectory() as made:
        own = Path(made) / "own-labels"
        label_again.lay_out(corpora, own)
        folders = [corpora / name for name in ("wcxb-dev", "news-dev", "classes-dev")]
        return measure_folders([*folders, own], outcomes)


def measure_folders(folders, outcomes):
    figures = {}
    for schema in ("html", "text"):
        options = ["--folds", 5, "--schema", schema, "--json"]
        if outcomes:
            options += ["--outcomes", outcomes / f"{schema}.outcomes.csv"]
        figures[schema] = flat(json.loads(dehusk("eval", *folders, *options)))
    return figures


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
        figures[f"{corpus}/confidence_spearman"] = r["confidence"]["spearman"]
        figures[f"{corpus}/confidence_error"] = r["confidence"]["mean_error"]
        if r["page_types"]:
            figures[f"{corpus}/page_type_accuracy"] = r["page_types"]["accuracy"]
    return {name: round(value, 4) for name, value in figures.items()}


def main():
    corpora = Path(sys.argv[1]).resolve()
    record = "--record" in sys.argv[2:]
    found = measure(corpora, FIGURES.parent if record else None)
    if record:
        FIGURES.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        return 0
    failed = 0
    for model, recorded in json.loads(FIGURES.read_text()).items():
        for name, was in recorded.items():
            now = found[model][name]
            # An error is better when it is smaller.
            sign = -1 if name.endswith("_error") else 1
            dropped = sign * now < sign * was - TOLERANCE
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

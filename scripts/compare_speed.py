"""Times dehusk and other extractors over every DIR/*.html. Run by compare_speed.sh.

A time is that of a whole run on one thread: every page read, decoded, extracted, and its text
written. Of dehusk it is that of the process from start to end; of the others, which are libraries,
the interpreter's start and the imports are left out. Engines take turns, and of ROUNDS turns the
fastest counts, since these vary most with what else the machine does.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 5
DEHUSK = Path("target/release/dehusk")


def resiliparse():
    from resiliparse.extract.html2text import extract_plain_text

    return lambda html: extract_plain_text(html, main_content=True, alt_texts=False, links=False)


def trafilatura():
    import trafilatura

    return lambda html: trafilatura.extract(html) or ""


def readability_lxml():
    import lxml.html
    from readability import Document

    return lambda html: lxml.html.fromstring(Document(html).summary()).text_content()


ENGINES = {
    "resiliparse": resiliparse,
    "trafilatura": trafilatura,
    "readability-lxml": readability_lxml,
}


def time_library(extract, pages):
    with open(os.devnull, "w", encoding="utf-8") as out:
        start = time.perf_counter()
        for page in pages:
            try:
                out.write(extract(page.read_bytes().decode("utf-8", "replace")))
            except Exception as error:  # a page that an engine cannot do costs what it costs
                print(f"{page.name}: {error}", file=sys.stderr)
        return time.perf_counter() - start


def time_dehusk(folder, jobs):
    command = [DEHUSK, "clean", folder, "--jobs", str(jobs), "--format", "jsonl", "-o", os.devnull]
    start = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    pages = sorted(folder.glob("*.html"))
    size = sum(page.stat().st_size for page in pages)
    runs = {f"dehusk, {jobs} thread{'s' * (jobs > 1)}": lambda jobs=jobs: time_dehusk(folder, jobs) for jobs in (1, 2)}
    for name in names:
        extract = ENGINES[name]()
        runs[name] = lambda extract=extract: time_library(extract, pages)
    best = {}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            best[name] = min(best.get(name, float("inf")), run())
    one = best["dehusk, 1 thread"]
    print(f"{len(pages)} pages, {size / 1e6:.0f} MB, fastest of {ROUNDS} runs")
    print(f"{'':20}{'s':>8}{'ms/page':>10}{'MB/s':>8}{'dehusk (1 thread) takes':>26}")
    for name, seconds in best.items():
        rate = size / 1e6 / seconds
        print(f"{name:20}{seconds:8.2f}{1e3 * seconds / len(pages):10.3f}{rate:8.1f}{one / seconds:25.2f}x")


if __name__ == "__main__":
    main()

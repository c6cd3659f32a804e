"""Times dehusk and other extractors over every DIR/*.html. Run by compare_speed.sh.

A time is that of a whole run on one thread: every page read, decoded, extracted, and its text
written. Of dehusk it is that of the process from start to end; of the others, which are libraries,
the start and the imports are left out. Each run is a process of its own, whose peak memory is that
of its resident set. Engines take turns, and of the turns the fastest counts, since these vary most
with what else the machine does.

The slow ones run over every tenth page only, and dehusk beside them over the same pages.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEHUSK = "target/release/dehusk"
RUST_PEERS = "scripts/peers/target/release/peers"
EVERY = 10
# Engine: how it is run. "python" is this script itself.
FAST = {"resiliparse": "python"}
SLOW = {
    "trafilatura": "python",
    "readability-lxml": "python",
    "dom_smoothie": RUST_PEERS,
    "rs-trafilatura": RUST_PEERS,
}


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


def run_python(engine, pages):
    """Runs a Python extractor over pages and prints the seconds."""
    extract = globals()[engine.replace("-", "_")]()
    with open(os.devnull, "w", encoding="utf-8", errors="replace") as out:
        start = time.perf_counter()
        for page in pages:
            try:
                out.write(extract(Path(page).read_bytes().decode("utf-8", "replace")))
            except Exception as error:  # a page that an engine cannot do costs what it costs
                print(f"{page}: {error}", file=sys.stderr)
        print(time.perf_counter() - start)


def run(command):
    """Seconds and peak megabytes of a command; seconds are what it prints, or else its own time."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        printed = process.stdout.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if status != 0:
            errors.seek(0)
            sys.exit(f"{' '.join(command[:3])} … failed: {errors.read()[-1000:]}")
    return float(printed or seconds), usage.ru_maxrss * 1024 / 1e6


def compare(pages, engines, jobs, rounds):
    """Prints a table of the engines, and dehusk with so many threads, over the pages."""
    size = sum(os.path.getsize(page) for page in pages)
    commands = {
        f"dehusk, {n} thread{'s' * (n > 1)}": [DEHUSK, "clean", *pages, "-j", str(n), "-o", os.devnull]
        for n in jobs
    }
    for engine, how in engines.items():
        program = [sys.executable, __file__] if how == "python" else [how]
        commands[engine] = [*program, engine, *pages]
    best = {}
    for _ in range(rounds):
        for name, command in commands.items():
            seconds, memory = run(command)
            before = best.get(name, (float("inf"), 0))
            best[name] = (min(before[0], seconds), max(before[1], memory))
    one = best["dehusk, 1 thread"][0]
    print(f"{len(pages)} pages, {size / 1e6:.0f} MB, fastest of {rounds} runs")
    print(f"{'':20}{'s':>8}{'ms/page':>10}{'MB/s':>8}{'peak MB':>9}{'dehusk (1 thread) takes':>26}")
    for name, (seconds, memory) in best.items():
        rate = size / 1e6 / seconds
        per_page = 1e3 * seconds / len(pages)
        print(f"{name:20}{seconds:8.2f}{per_page:10.3f}{rate:8.1f}{memory:9.0f}{one / seconds:25.3f}x")
    print(flush=True)


def main():
    if sys.argv[1] in FAST | SLOW:
        return run_python(sys.argv[1], sys.argv[2:])
    pages = sorted(str(page) for page in Path(sys.argv[1]).glob("*.html"))
    wanted = sys.argv[2:]
    fast, slow = ({e: how for e, how in engines.items() if e in wanted} for engines in (FAST, SLOW))
    compare(pages, fast, (1, 2), 5)
    if slow:
        compare(pages[::EVERY], slow, (1,), 2)


if __name__ == "__main__":
    main()

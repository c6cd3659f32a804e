"""Times dehusk and Python's tools over one crawl. Run by compare_crawl.sh.

The crawl is every DIR/*.html as a response, in a .warc.gz with a member a record, as crawlers write
it, and as rows of Parquet. dehusk runs on two threads. The others are two processes, each of which
begins at its half of the file, is told where that is, and writes its texts as JSON Lines. A time is
that of a whole run, the start of the interpreter and its imports left out. The contestants take
turns; of ROUNDS turns the fastest counts.
"""

import itertools
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import pyarrow
import pyarrow.parquet
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding
from resiliparse.parse.html import HTMLTree
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

ROUNDS = 3
DEHUSK = Path("target/release/dehusk")
ROW_GROUP = 100


def write_warc(pages, path):
    """Returns for each half where it begins and how many records it has."""
    middle = len(pages) // 2
    with open(path, "wb") as file:
        writer = WARCWriter(file, gzip=True)
        for place, page in enumerate(pages):
            if place == middle:
                offset = file.tell()
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            url = f"https://{page.stem}.example/"
            body = BytesIO(page.read_bytes())
            writer.write_record(writer.create_warc_record(url, "response", payload=body, http_headers=head))
    return [(0, middle), (offset, len(pages) - middle)]


def read_warc(path, half):
    offset, count = half
    with open(path, "rb") as file:
        file.seek(offset)
        records = ArchiveIterator(file, record_types=WarcRecordType.response)
        for record in itertools.islice(records, count):
            yield record.record_id, record.reader.read()


def write_parquet(pages, path):
    """Returns for each half its row groups."""
    schema = pyarrow.schema([("id", pyarrow.string()), ("html", pyarrow.binary())])
    starts = range(0, len(pages), ROW_GROUP)
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in starts:
            rows = [{"id": page.stem, "html": page.read_bytes()} for page in pages[start : start + ROW_GROUP]]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))
    middle = len(starts) // 2
    return [range(middle), range(middle, len(starts))]


def read_parquet(path, half):
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=ROW_GROUP, row_groups=half):
        yield from zip(batch["id"].to_pylist(), batch["html"].to_pylist())


def work(read, path, half, out):
    with open(out, "w", encoding="utf-8", errors="replace") as file:
        for name, html in read(path, half):
            tree = HTMLTree.parse_from_bytes(html, detect_encoding(html))
            text = extract_plain_text(tree, main_content=True, alt_texts=False, links=False)
            file.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")


def time_python(read, path, halves):
    outs = [path.with_suffix(f".{part}.jsonl") for part in range(len(halves))]
    args = [(read, path, half, out) for half, out in zip(halves, outs)]
    workers = [multiprocessing.Process(target=work, args=a) for a in args]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start, outs


def time_dehusk(path):
    out = path.with_suffix(".jsonl")
    start = time.perf_counter()
    subprocess.run([DEHUSK, "clean", path, "--jobs", "2", "-o", out], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, [out]


def main():
    pages = sorted(Path(sys.argv[1]).glob("*.html"))
    with tempfile.TemporaryDirectory(dir="target") as folder:
        for name, write, read, peer in [
            ("crawl.warc.gz", write_warc, read_warc, "FastWARC + resiliparse"),
            ("crawl.parquet", write_parquet, read_parquet, "pyarrow + resiliparse"),
        ]:
            path = Path(folder, name)
            halves = write(pages, path)
            runs = {
                "dehusk, 2 threads": lambda: time_dehusk(path),
                f"{peer}, 2 processes": lambda: time_python(read, path, halves),
            }
            best = {}
            for _ in range(ROUNDS):
                for contestant, run in runs.items():
                    seconds, outs = run()
                    lines = sum(out.read_bytes().count(b"\n") for out in outs)
                    if lines != len(pages):
                        sys.exit(f"{contestant} wrote {lines} records of {len(pages)} pages")
                    best[contestant] = min(best.get(contestant, float("inf")), seconds)
            print(f"{name}: {len(pages)} pages, {path.stat().st_size / 1e6:.0f} MB, fastest of {ROUNDS} runs")
            for contestant, seconds in best.items():
                print(f"  {contestant:38}{seconds:8.2f} s{len(pages) / seconds:9.0f} pages/s")
            dehusk, other = best.values()
            print(f"  dehusk does {other / dehusk:.2f} times the pages per second")


if __name__ == "__main__":
    main()

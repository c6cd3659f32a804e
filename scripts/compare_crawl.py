"""Times dehusk and Python's tools over one crawl. Run by compare_crawl.sh.

The crawl is every DIR/*.html as a response, in a .warc.gz with a member a record, as crawlers write
it, and as rows of Parquet. dehusk runs on two threads. The others are two processes: both read the
whole file, each extracts every other page, and both write their texts as JSON Lines. A time is that
of a whole run, the start of the interpreter left out. The contestants take turns; of ROUNDS turns
the fastest counts.
"""

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
from fastwarc.stream_io import GZipStream
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from resiliparse.parse.html import HTMLTree
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

ROUNDS = 3
PROCESSES = 2
DEHUSK = Path("target/release/dehusk")


def write_warc(pages, path):
    with open(path, "wb") as file:
        writer = WARCWriter(file, gzip=True)
        for page in pages:
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            url = f"https://{page.stem}.example/"
            body = BytesIO(page.read_bytes())
            writer.write_record(writer.create_warc_record(url, "response", payload=body, http_headers=head))


def write_parquet(pages, path):
    schema = pyarrow.schema([("id", pyarrow.string()), ("html", pyarrow.binary())])
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, len(pages), 100):
            rows = [{"id": page.stem, "html": page.read_bytes()} for page in pages[start : start + 100]]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


def warc_pages(path):
    with open(path, "rb") as file:
        records = ArchiveIterator(GZipStream(file), record_types=WarcRecordType.response)
        for record in records:
            yield record.record_id, record


def parquet_pages(path):
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=64):
        for row in batch.to_pylist():
            yield row["id"], row["html"]


def work(read, path, part, out):
    with open(out, "w", encoding="utf-8") as file:
        for place, (name, page) in enumerate(read(path)):
            if place % PROCESSES != part:
                continue
            html = page if isinstance(page, bytes) else page.reader.read()
            try:
                tree = HTMLTree.parse_from_bytes(html, detect_encoding(html))
                text = extract_plain_text(tree, main_content=True, alt_texts=False, links=False)
            except Exception as error:  # a page that it cannot do costs what it costs
                text = str(error)
            file.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")


def time_python(read, path, folder):
    args = [(read, path, part, folder / f"{part}.jsonl") for part in range(PROCESSES)]
    workers = [multiprocessing.Process(target=work, args=a) for a in args]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def time_dehusk(path, folder):
    command = [DEHUSK, "clean", path, "--jobs", "2", "-o", folder / "dehusk.jsonl"]
    start = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    pages = sorted(Path(sys.argv[1]).glob("*.html"))
    with tempfile.TemporaryDirectory(dir="target") as folder:
        folder = Path(folder)
        for name, write, read, peer in [
            ("crawl.warc.gz", write_warc, warc_pages, "FastWARC + resiliparse"),
            ("crawl.parquet", write_parquet, parquet_pages, "pyarrow + resiliparse"),
        ]:
            path = folder / name
            write(pages, path)
            runs = {
                "dehusk, 2 threads": lambda: time_dehusk(path, folder),
                f"{peer}, {PROCESSES} processes": lambda: time_python(read, path, folder),
            }
            best = {}
            for _ in range(ROUNDS):
                for contestant, run in runs.items():
                    best[contestant] = min(best.get(contestant, float("inf")), run())
            print(f"{name}: {len(pages)} pages, {path.stat().st_size / 1e6:.0f} MB, fastest of {ROUNDS} runs")
            for contestant, seconds in best.items():
                print(f"  {contestant:38}{seconds:8.2f} s{len(pages) / seconds:9.0f} pages/s")
            dehusk, other = best.values()
            print(f"  dehusk does {other / dehusk:.2f} times the pages per second")


if __name__ == "__main__":
    main()

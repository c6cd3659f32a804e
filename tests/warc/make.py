"""Makes the WARC files beside it, with the libraries that most crawls in Python are written with.

    pip install warcio==1.8.1 fastwarc==2.0.1 && python tests/warc/make.py
"""

import gzip
from io import BytesIO
from pathlib import Path

from fastwarc.stream_io import GzipWriter, ZstdWriter
from fastwarc.warc import WarcRecord, WarcRecordType
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

HERE = Path(__file__).parent
PAGE = """<!doctype html><title>Tides</title><body><nav><a href=/>Home</a></nav><article><h1>Tides</h1>
<p>The tide comes in twice a day, and it leaves twice a day, the café says.</p>
<p>Between the two, for an hour, the harbour stands still and the boats turn.</p></article>"""
LATIN = PAGE.encode("latin-1")
ZIPPED = gzip.compress(LATIN, mtime=0)
CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (ZIPPED[:100], ZIPPED[100:], b""))
DATE = "2024-05-01T12:00:00Z"
# Address, fields of the HTTP head, body.
RESPONSES = [
    ("https://tides.example/plain", {"Content-Type": "text/html; charset=iso-8859-1"}, LATIN),
    (
        "https://tides.example/chunked",
        {
            "Content-Type": "text/html; charset=iso-8859-1",
            "Content-Encoding": "gzip",
            "Transfer-Encoding": "chunked",
        },
        CHUNKED,
    ),
    ("https://tides.example/logo.png", {"Content-Type": "image/png"}, b"\x89PNG"),
]


def warcio():
    with open(HERE / "warcio.warc.gz", "wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        writer.write_record(writer.create_warcinfo_record("warcio.warc.gz", {"software": "warcio"}))
        for number, (url, fields, body) in enumerate(RESPONSES):
            ids = {"WARC-Record-ID": f"<urn:uuid:{number}>", "WARC-Date": DATE}
            head = StatusAndHeaders("GET / HTTP/1.1", [("Host", "tides.example")], is_http_request=True)
            writer.write_record(writer.create_warc_record(url, "request", http_headers=head))
            head = StatusAndHeaders("200 OK", list(fields.items()), protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(url, "response", BytesIO(body), http_headers=head, warc_headers_dict=ids)
            )
        writer.write_record(writer.create_revisit_record(RESPONSES[0][0], "sha1:A", RESPONSES[0][0], DATE))


def fastwarc(writer):
    for number, (url, fields, body) in enumerate(RESPONSES):
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        record = WarcRecord()
        record.init_headers(WarcRecordType.response, f"uuid:{number}".encode())
        record.headers["WARC-Target-URI"] = url
        record.headers["WARC-Date"] = DATE
        record.is_http = True
        record.set_bytes_content(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body)
        record.write(writer)
    writer.close()


warcio()
fastwarc(GzipWriter(str(HERE / "fastwarc.warc.gz")))
fastwarc(ZstdWriter(str(HERE / "fastwarc.warc.zst")))

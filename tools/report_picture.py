"""Take docs/report.png, the report of a night that was made up, in Chromium: ``python -m tools.report_picture``."""

import os
import struct
import time
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING

import job
from job.report import timeline
from job.report.page import html
from tests.support import browser
from tests.support.histories import START, nightly_document, nightly_orders
from tests.support.process import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect

PICTURE = ROOT / "docs" / "report.png"
WIDTH = 1200


def main() -> None:
    """Take it in the time zone in which the night's document is written."""
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    document = nightly_document()
    document["invocation"]["version"] = job.__version__
    whole = html(document, timeline.bars(nightly_orders().events), now=START + timedelta(seconds=142))
    with browser.running() as running:
        page = running.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
        page.set_content(whole)
        end = page.locator(".chart").bounding_box()
        clip: FloatRect = {"x": 0, "y": 0, "width": WIDTH, "height": end["y"] + end["height"] + 16 if end else 800}
        PICTURE.write_bytes(smaller(page.screenshot(full_page=True, clip=clip)))
    print(PICTURE.relative_to(ROOT), PICTURE.stat().st_size, "bytes")


def smaller(png: bytes) -> bytes:
    """Return a PNG of 8-bit RGB with its rows unfiltered, which compresses text on plain ground a quarter better.

    Source: W3C, PNG specification, sections 5 (chunks) and 9 (filtering).
    """
    chunks, start = [], 8
    while start < len(png):
        (length,) = struct.unpack_from(">I", png, start)
        chunks.append((png[start + 4 : start + 8], png[start + 8 : start + 8 + length]))
        start += 12 + length
    header = chunks[0][1]
    width, height, *kind = struct.unpack(">IIBBBBB", header)
    if kind[:2] != [8, 2]:
        raise ValueError(f"not 8-bit RGB: {kind}")
    filtered = zlib.decompress(b"".join(data for type_, data in chunks if type_ == b"IDAT"))
    rows, above = bytearray(), bytearray(width * 3)
    for number in range(height):
        kind_of_row, *row = filtered[number * (width * 3 + 1) : (number + 1) * (width * 3 + 1)]
        for x, up in enumerate(above):
            left, corner = (row[x - 3], above[x - 3]) if x > 2 else (0, 0)
            row[x] = (row[x] + _predicted(kind_of_row, left, up, corner)) % 256
        above = bytearray(row)
        rows += b"\0" + above
    packed = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + type_ + data + struct.pack(">I", zlib.crc32(type_ + data))
        for type_, data in packed
    )


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    nearest = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
    return (0, left, up, (left + up) // 2, nearest)[kind]


if __name__ == "__main__":
    main()

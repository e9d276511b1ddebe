#!/usr/bin/env python3
"""Writes and reads the PNG fixtures with Python's standard library alone.

    python3 png_fixtures.py         writes fixtures/read-*.png, then fixtures/pixels.json

fixtures/read-*.png are made here and read by the product. fixtures/written-*.png were made by the product; here they
are checked against the format and decoded by a decoder that shares no code with it. pixels.json holds the width, the
height and the SHA-256 of the RGB bytes of every fixture, as this script sees them.
"""
import hashlib
import json
import pathlib
import struct
import zlib

FOLDER = pathlib.Path(__file__).parent / "fixtures"
WIDTH, HEIGHT = 19, 25
SAMPLES = {0: 1, 2: 3, 3: 1, 6: 4}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def predict(kind, row, above, i, bpp):
    left = row[i - bpp] if i >= bpp else 0
    corner = above[i - bpp] if i >= bpp else 0
    return [0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner)][kind]


def encode(colour_type, rows, palette=None, bits=8, interlace=0):
    bpp = SAMPLES.get(colour_type, 2) * bits // 8
    raw, above = b"", bytes(len(rows[0]))
    for y, row in enumerate(rows):
        kind = y % 5  # every filter in turn, the first row included
        raw += bytes([kind]) + bytes((row[i] - predict(kind, row, above, i, bpp)) % 256 for i in range(len(row)))
        above = row
    data = zlib.compress(raw, 9)
    half = len(data) // 2
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, colour_type, 0, 0, interlace))
            + chunk(b"tEXt", b"Comment\x00an ancillary chunk, to be skipped")
            + (chunk(b"PLTE", bytes(palette)) if palette else b"")
            + chunk(b"IDAT", data[:half]) + chunk(b"IDAT", data[half:]) + chunk(b"IEND", b""))


def decode(file):
    """Width, height and RGB bytes; every rule of the format that is broken is an error."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    at, kinds, data, palette = 8, [], b"", None
    while at < len(file):
        length, kind = struct.unpack(">I4s", file[at:at + 8])
        body = file[at + 8:at + 8 + length]
        assert struct.unpack(">I", file[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + body), kind
        kinds.append(kind)
        if kind == b"IHDR":
            width, height, bits, colour_type, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
            assert (bits, compression, filtering, interlace) == (8, 0, 0, 0)
        elif kind == b"PLTE":
            assert len(body) % 3 == 0 and 3 <= len(body) <= 768
            palette = body
        elif kind == b"IDAT":
            data += body
        at += 12 + length
    assert kinds[0] == b"IHDR" and kinds[-1] == b"IEND" and b"IDAT" in kinds
    inflater = zlib.decompressobj()
    raw = inflater.decompress(data) + inflater.flush()
    bpp = SAMPLES[colour_type]
    assert inflater.eof and not inflater.unused_data and len(raw) == height * (1 + width * bpp)
    rgb, above = b"", bytes(width * bpp)
    for y in range(height):
        line = raw[y * (1 + width * bpp):(y + 1) * (1 + width * bpp)]
        row = bytearray(line[1:])
        for i in range(len(row)):
            row[i] = (row[i] + predict(line[0], row, above, i, bpp)) % 256
        above = row
        for x in range(width):
            pixel = row[x * bpp:(x + 1) * bpp]
            if colour_type == 3:
                assert 3 * pixel[0] + 3 <= len(palette)
                pixel = palette[3 * pixel[0]:3 * pixel[0] + 3]
            rgb += bytes(pixel[:3]) if len(pixel) > 1 else bytes(pixel) * 3
    return width, height, rgb


def main():
    def value(x, y, sample):
        return (x * (7 + 31 * sample) + y * y * (3 + sample) + (x * y) % 11) % 256

    def rows(samples, limit=256):
        return [bytes(value(x, y, s) % limit for x in range(WIDTH) for s in range(samples)) for y in range(HEIGHT)]

    palette = [(i * k) % 256 for i in range(100) for k in (5, 17, 91)]
    readable = {
        "grey": encode(0, rows(1)),
        "rgb": encode(2, rows(3)),
        "palette": encode(3, rows(1, 100), palette),
        "rgba": encode(6, rows(4)),
    }
    refused = {
        "grey-alpha": encode(4, rows(2)),
        "16-bit": encode(2, rows(6), bits=16),
        "interlaced": encode(0, rows(1), interlace=1),
        "short-palette": encode(3, rows(1, 100), palette[:30]),
        "no-palette": encode(3, rows(1, 100)),
    }
    for name, file in readable.items():
        (FOLDER / f"read-{name}.png").write_bytes(file)
    for name, file in refused.items():
        (FOLDER / f"refused-{name}.png").write_bytes(file)
    pixels = {}
    for path in sorted([*FOLDER.glob("read-*.png"), *FOLDER.glob("written-*.png")]):
        width, height, rgb = decode(path.read_bytes())
        pixels[path.name] = {"width": width, "height": height, "rgb_sha256": hashlib.sha256(rgb).hexdigest()}
    (FOLDER / "pixels.json").write_text(json.dumps(pixels, indent=2) + "\n")


main()

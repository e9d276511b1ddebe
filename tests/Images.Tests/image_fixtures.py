#!/usr/bin/env python3
"""Writes image files whose pixels are known, with Python's standard library alone.

    python3 image_fixtures.py         writes fixtures/*

Every encoder here is a few lines over the format's own rules, so the pixels follow from the format and from no decoder.
pixels.json holds width, height and the SHA-256 of the RGB bytes of each file, as Pillow's convert("RGB") gives them:
alpha dropped, grey spread, the high byte of 16 bits. refused-*.png are files that no reader may accept.
"""
import hashlib
import json
import pathlib
import struct
import zlib

FOLDER = pathlib.Path(__file__).parent / "fixtures"
WIDTH, HEIGHT = 19, 25
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def value(x, y, sample):
    return (x * (7 + 31 * sample) + y * y * (3 + sample) + (x * y) % 11) % 256


def grid(samples, limit=256, width=WIDTH, height=HEIGHT):
    """Rows of pixels, each a tuple of samples."""
    return [[tuple(value(x, y, s) % limit for s in range(samples)) for x in range(width)] for y in range(height)]


def rgb(rows, colour=lambda pixel: pixel[:3] if len(pixel) > 2 else pixel[:1] * 3):
    return len(rows[0]), len(rows), bytes(s for row in rows for pixel in row for s in colour(pixel))


# PNG


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def predict(kind, row, above, i, step):
    left = row[i - step] if i >= step else 0
    corner = above[i - step] if i >= step else 0
    nearest = min((left, above[i], corner), key=lambda v: abs(left + above[i] - corner - v))
    return [0, left, above[i], (left + above[i]) // 2, nearest][kind]


def filtered(rows, bits, samples):
    """Packed rows with every filter in turn, the first row included."""
    raw, step = b"", max(1, samples * bits // 8)
    above = bytes((len(rows[0]) * samples * bits + 7) // 8)
    for y, row in enumerate(rows):
        packed = int("".join(f"{s:0{bits}b}" for pixel in row for s in pixel).ljust(8 * len(above), "0"), 2)
        line = packed.to_bytes(len(above), "big")
        raw += bytes([y % 5]) + bytes((line[i] - predict(y % 5, line, above, i, step)) % 256 for i in range(len(line)))
        above = line
    return raw


def png(colour_type, rows, palette=None, alpha=None, bits=8, interlaced=False, size=None):
    samples = SAMPLES[colour_type]
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b"".join(filtered([row[x::across] for row in rows[y::down]], bits, samples) for x, y, across, down in passes)
    data = zlib.compress(raw, 9)
    half = len(data) // 2
    width, height = size or (len(rows[0]), len(rows))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, int(interlaced)))
            + chunk(b"gAMA", struct.pack(">I", 100000))  # a reader that manages colours changes every pixel
            + chunk(b"tEXt", b"Comment\x00an ancillary chunk, to be skipped")
            + (chunk(b"PLTE", bytes(palette)) if palette else b"")
            + (chunk(b"tRNS", bytes(alpha)) if alpha else b"")
            + chunk(b"IDAT", data[:half]) + chunk(b"IDAT", data[half:]) + chunk(b"IEND", b""))


# JPEG of flat blocks: with a divisor of 8, the first coefficient of a block is its value less 128, exactly.


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def bits_of(text):
    packed = int(text.ljust(-(-len(text) // 8) * 8, "1"), 2).to_bytes(-(-len(text) // 8), "big")
    return packed.replace(b"\xff", b"\xff\x00")


def difference(now, before):
    d = now - before
    size = abs(d).bit_length()
    return f"{size:04b}" + (f"{d if d > 0 else d + (1 << size) - 1:0{size}b}" if size else "")


def differences(blocks, suffix=""):
    """blocks: one tuple of components each. Every code of the table has four bits; the end of a block is one 0."""
    before, text = [0] * len(blocks[0]), ""
    for block in blocks:
        text += "".join(difference(n, b) + suffix for n, b in zip(block, before))
        before = block
    return text


def jpeg(blocks, across, down, progressive=False):
    parts = range(1, len(blocks[0]) + 1)
    blocks = [tuple(c - 128 for c in block) for block in blocks]
    tables = segment(0xC4, bytes([0x00, 0, 0, 0, 12] + [0] * 12 + list(range(12)))) + segment(
        0xC4, bytes([0x10, 1] + [0] * 15 + [0]))

    def scan(text, first, last, approximation):
        return segment(0xDA, bytes([len(parts)] + [b for p in parts for b in (p, 0)]
                                   + [first, last, approximation])) + bits_of(text)

    if progressive:
        data = (scan(differences([tuple(c >> 1 for c in b) for b in blocks]), 0, 0, 0x01)
                + scan("0" * len(blocks), 1, 63, 0x00)
                + scan("".join(str(b[0] & 1) for b in blocks), 0, 0, 0x10))
    else:
        data = scan(differences(blocks, "0"), 0, 63, 0)
    return (b"\xff\xd8" + segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
            + segment(0xDB, bytes([0] + [8] * 64))
            + segment(0xC2 if progressive else 0xC0, struct.pack(">BHHB", 8, 8 * down, 8 * across, len(parts))
                      + b"".join(bytes([p, 0x11, 0]) for p in parts))
            + tables + data + b"\xff\xd9")


def flat(blocks, across, down):
    return [[blocks[y // 8 * across + x // 8] for x in range(8 * across)] for y in range(8 * down)]


def from_ycc(pixel):
    y, cb, cr = pixel[0], pixel[1] - 128, pixel[2] - 128
    exact = y + 1.402 * cr, y - 0.344136286 * cb - 0.714136286 * cr, y + 1.772 * cb
    return [min(255, max(0, int(v + 1000.5) - 1000)) for v in exact]


# The others


def bmp(rows):
    lines = b"".join((bytes(s for p in row for s in p[::-1]) + bytes(3))[:-(-len(row) * 3 // 4) * 4]
                     for row in reversed(rows))
    return (struct.pack("<2sIII", b"BM", 54 + len(lines), 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, len(rows[0]), len(rows), 1, 24, 0, len(lines), 2835, 2835, 0, 0) + lines)


def gif(rows, palette):
    """128 colours; a clear code before the table outgrows eight bits."""
    codes = [pixel[0] for row in rows for pixel in row]
    data = b"".join(b"\x80" + bytes(codes[i:i + 100]) for i in range(0, len(codes), 100)) + b"\x81"
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    size = struct.pack("<HH", len(rows[0]), len(rows))
    return b"GIF89a" + size + b"\xf6\x00\x00" + bytes(palette) + b"," + bytes(4) + size + b"\x00\x07" + blocks + b"\x00;"


def webp(rows, colours):
    """Lossless: each channel has one of two values, so every code is one bit. Bits go from the lowest up."""
    bits = []

    def put(number, count):
        bits.extend(number >> i & 1 for i in range(count))

    for number, count in [(0x2F, 8), (len(rows[0]) - 1, 14), (len(rows) - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)]:
        put(number, count)
    red, green, blue = colours
    for symbols in [green, red, blue, [255], [0]]:
        put(1, 1)
        put(len(symbols) - 1, 1)
        put(1, 1)
        for symbol in symbols:
            put(symbol, 8)
    for row in rows:
        for r, g, b in row:
            bits += [green.index(g), red.index(r), blue.index(b)]
    data = int("".join(map(str, reversed(bits))), 2).to_bytes(-(-len(bits) // 8), "little")
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def main():
    palette = [(i * k) % 256 for i in range(100) for k in (5, 17, 91)]

    def entry(pixel):
        return palette[3 * pixel[0]:3 * pixel[0] + 3]

    deep = [[tuple((v * 256) + (v * 37 + 11) % 256 for v in p) for p in row] for row in grid(3)]
    pair = [(10, 250), (40, 200), (0, 90)]
    two = [[tuple(pair[s][v] for s, v in enumerate(p)) for p in row] for row in grid(3, 2)]
    across, down = 5, 4
    greys = [p for row in grid(1, width=across, height=down) for p in row]
    colours = [p for row in grid(3, width=across, height=down) for p in row]
    gif_palette = palette + [0] * 84
    files = {
        "grey.png": (png(0, grid(1)), rgb(grid(1))),
        "grey-1-bit.png": (png(0, grid(1, 2), bits=1), rgb(grid(1, 2), lambda p: [255 * p[0]] * 3)),
        "grey-16-bit.png": (png(0, [[p[:1] for p in row] for row in deep], bits=16),
                            rgb(deep, lambda p: [p[0] >> 8] * 3)),
        "grey-alpha.png": (png(4, grid(2)), rgb(grid(2))),
        "rgb.png": (png(2, grid(3)), rgb(grid(3))),
        "rgb-interlaced.png": (png(2, grid(3), interlaced=True), rgb(grid(3))),
        "rgb-16-bit.png": (png(2, deep, bits=16), rgb(deep, lambda p: [v >> 8 for v in p])),
        "rgba.png": (png(6, grid(4)), rgb(grid(4))),
        "palette.png": (png(3, grid(1, 100), palette), rgb(grid(1, 100), entry)),
        "palette-4-bit.png": (png(3, grid(1, 16), palette[:48], bits=4), rgb(grid(1, 16), entry)),
        "palette-alpha.png": (png(3, grid(1, 100), palette, [i * 5 % 256 for i in range(100)]),
                              rgb(grid(1, 100), entry)),
        "grey.jpg": (jpeg(greys, across, down), rgb(flat(greys, across, down))),
        "grey-progressive.jpg": (jpeg(greys, across, down, progressive=True), rgb(flat(greys, across, down))),
        "colour.jpg": (jpeg(colours, across, down), rgb(flat(colours, across, down), from_ycc)),
        "rgb.bmp": (bmp(grid(3)), rgb(grid(3))),
        "palette.gif": (gif(grid(1, 100), gif_palette), rgb(grid(1, 100), entry)),
        "lossless.webp": (webp(two, pair), rgb(two)),
    }
    refused = {
        "refused-huge.png": png(2, grid(3), size=(100_000, 100_000)),
        "refused-no-palette.png": png(3, grid(1, 100)),
        "refused-too-few-rows.png": png(2, grid(3), size=(WIDTH, HEIGHT + 1)),
    }
    for name, file in [*refused.items(), *((name, file) for name, (file, _) in files.items())]:
        (FOLDER / name).write_bytes(file)
    pixels = {name: {"width": width, "height": height, "rgb_sha256": hashlib.sha256(data).hexdigest()}
              for name, (_, (width, height, data)) in files.items()}
    (FOLDER / "pixels.json").write_text(json.dumps(pixels, indent=2) + "\n")


main()

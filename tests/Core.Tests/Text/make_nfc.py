#!/usr/bin/env python3
"""Writes the table of src/Core/Text/Nfc.cs and the reference of NfcTests.cs with Python's standard library alone.

    python3 make_nfc.py         writes ../../../src/Core/Text/Nfc.txt and nfc.jsonl.gz

The table holds Python's data (decompositions, combining classes), the reference what Python's own algorithm makes of
text: every code point that NFC changes, and random strings of characters that are hard. Both are of the Unicode version
that this Python knows, which the first line of the table names; a newer Python makes newer ones.
"""
import gzip
import json
import pathlib
import random
import unicodedata

HERE = pathlib.Path(__file__).parent
TABLE = HERE / "../../../src/Core/Text/Nfc.txt"
CODES = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xD7A4)
STRINGS = 3000


def nfc(text):
    return unicodedata.normalize("NFC", text)


def decomposition(code):
    """One step of the canonical one; none for a compatibility one, and for Hangul syllables, which are computed."""
    found = unicodedata.decomposition(chr(code))
    return [] if code in HANGUL or found.startswith("<") else [int(part, 16) for part in found.split()]


def table():
    yield f"# Unicode {unicodedata.unidata_version}, by tests/Core.Tests/Text/make_nfc.py"
    yield "# CODE PART [PART]: a canonical decomposition; ! before one that is never composed"
    for code in CODES:
        if parts := decomposition(code):
            excluded = len(parts) == 1 or nfc(chr(code)) != chr(code)
            yield ("!" if excluded else "") + " ".join(f"{c:X}" for c in [code, *parts])
    yield "# FIRST-LAST CLASS: a combining class other than 0"
    first = last = kind = 0
    for code in [*CODES, 0x110000]:
        found = unicodedata.combining(chr(code)) if code < 0x110000 else 0
        if found != kind or code != last + 1:
            if kind:
                yield f"{first:X}-{last:X} {kind}"
            first, kind = code, found
        last = code


def random_texts():
    rng = random.Random(20240315)
    decomposed = [c for c in CODES if decomposition(c)]
    parts = sorted({p for c in decomposed for p in decomposition(c)})
    marks = [c for c in CODES if unicodedata.combining(chr(c))]
    by_class = {}
    for mark in marks:
        by_class.setdefault(unicodedata.combining(chr(mark)), []).append(mark)
    classes = sorted(by_class)
    pools = [
        lambda: rng.choice(decomposed),
        lambda: rng.choice(parts),
        lambda: rng.choice(by_class[rng.choice(classes)]),
        lambda: rng.choice([0x300, 0x301, 0x308, 0x323, 0x327, 0x345]),
        lambda: ord(rng.choice("aeiouyAEOsS q")),
        lambda: rng.choice(HANGUL),
        lambda: rng.choice([0x1100, 0x1112, 0x1113, 0x1161, 0x1175, 0x1176, 0x11A7, 0x11A8, 0x11C2, 0x11C3]),
        lambda: rng.choice(HANGUL[::28]),
        lambda: rng.choice([0xFFFF, 0x10FFFF, 0x1F600, 0x200D, 0x0, 0x20000]),
    ]
    for _ in range(STRINGS):
        chosen = rng.choices(pools, k=rng.randint(1, 3))
        yield "".join(chr(rng.choice(chosen)()) for _ in range(rng.randint(2, 12)))


def main():
    TABLE.write_text("\n".join(table()) + "\n")
    changed = [chr(c) for c in CODES if nfc(chr(c)) != chr(c)]
    lines = [json.dumps({"text": text, "nfc": nfc(text)}) for text in [*changed, *random_texts()]]
    with open(HERE / "nfc.jsonl.gz", "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed:
        packed.write(("\n".join(lines) + "\n").encode())


main()

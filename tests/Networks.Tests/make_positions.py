#!/usr/bin/env python3
"""Positional embeddings by the formula of diffusers 0.33 (models/embeddings.py, get_2d_sincos_pos_embed), in Python alone:
columns first, then rows; places / (count / side) / scale; frequencies 1 / 10000 ** (i / (D / 4)); sines, then cosines."""
import json
import math


def waves(place, count, side, scale, width):
    at = place / (count / side) / scale
    angles = [at / 10000 ** (i / (width / 4)) for i in range(width // 4)]
    return [math.sin(a) for a in angles] + [math.cos(a) for a in angles]


def grid(rows, columns, side, scale, width):
    return [waves(c, columns, side, scale, width) + waves(r, rows, side, scale, width) for r in range(rows) for c in range(columns)]


if __name__ == "__main__":
    for case in [dict(rows=4, columns=4, side=4, scale=1.0, width=8), dict(rows=2, columns=3, side=4, scale=2.0, width=12)]:
        print(json.dumps(case | {"values": grid(**case)}))

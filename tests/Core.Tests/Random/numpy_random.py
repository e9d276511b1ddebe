#!/usr/bin/python3
"""Writes numpy_random.jsonl: what NumPy's default_rng draws, in order, from one generator per seed.

Run with Debian's python3-numpy:  /usr/bin/python3 numpy_random.py > numpy_random.jsonl
"""
import json

import numpy as np

SEEDS = [0, 1, 43, 2**32 - 1, 2**32, 2**64 - 1, 2**64, 2**96 + 5, 2**127 + 12345678901234567890, 2**128 - 1]
# 1,500,000,000 rejects about three draws in ten; 1 draws nothing.
RANGES = [1, 2, 3, 10, 79, 80, 1_500_000_000, 2**31 - 1, 1_500_000_000, 1_500_000_000, 7]
CHOICES = [(80, 80), (80, 2), (79, 2), (10, 2), (10_000, 5), (10_000, 300), (1, 1), (5, 0)]

for seed in SEEDS:
    rng = np.random.default_rng(seed)
    rounds = []
    for _ in range(3):
        rounds.append({
            "ints": [int(rng.integers(r)) for r in RANGES],
            "doubles": [float(rng.random()) for _ in range(3)],
            "choices": [rng.choice(p, c, replace=False).tolist() for p, c in CHOICES],
        })
    print(json.dumps({"seed": str(seed), "ranges": RANGES, "choices": CHOICES, "rounds": rounds}))

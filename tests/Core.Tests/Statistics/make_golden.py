"""Writes golden.json: intervals by statsmodels 0.13.5 and SciPy 1.10.1 (Debian 12: python3-statsmodels, python3-scipy).

Run in this folder: python3 make_golden.py
"""
import json

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint


def wilson(k, n):
    return [float(x) for x in proportion_confint(k, n, alpha=0.05, method="wilson")]


def mean_of_shares(counts):
    shares = [k / n for k, n in counts]
    low, high = zip(*(wilson(k, n) for k, n in counts))
    mean = np.mean(shares)
    return [
        float(mean - np.sqrt(np.sum((np.array(shares) - low) ** 2)) / len(counts)),
        float(mean + np.sqrt(np.sum((np.array(high) - shares) ** 2)) / len(counts)),
    ]


def bootstrap(strata, seed):
    def statistic(*samples, axis):
        return np.mean([np.mean(s, axis=axis) for s in samples], axis=0)

    result = stats.bootstrap(
        [np.array(s, dtype=float) for s in strata], statistic, vectorized=True, n_resamples=10_000,
        confidence_level=0.95, method="percentile", random_state=np.random.default_rng(seed))
    interval = result.confidence_interval
    return [float(interval.low), float(interval.high)]


shares = [(446, 553), (405, 553), (0, 80), (80, 80), (78, 80), (1, 1), (0, 1), (60, 100), (343, 553), (3, 7)]
means = [
    [(78, 80), (95, 99), (64, 80), (83, 94), (66, 100), (60, 100)],
    [(80, 80), (0, 99), (40, 80), (94, 94), (50, 100), (1, 100)],
    [(5, 9)],
]

# Paired differences of two arms by category, one replicate (-1, 0, 1) and the mean of three replicates (thirds).
source = np.random.default_rng(20250317)
sizes = [80, 99, 80, 94, 100, 100]
single = [source.choice([-1, 0, 1], size=n, p=[0.08, 0.78, 0.14]).tolist() for n in sizes]
thirds = [(source.integers(0, 4, n) - source.integers(0, 4, n)).tolist() for n in sizes]
bootstraps = []
for name, strata, scale in (("one replicate", single, 1), ("three replicates", thirds, 3)):
    scaled = [[v / scale for v in s] for s in strata]
    for seed in (0, 43, 2**63 - 1):
        bootstraps.append({
            "name": name, "scale": scale, "seed": seed, "strata": strata,
            "stratified": bootstrap(scaled, seed), "pooled": bootstrap([sum(scaled, [])], seed)})

with open("golden.json", "w", newline="\n") as file:
    parts = [("wilson", [{"k": k, "n": n, "interval": wilson(k, n)} for k, n in shares]),
             ("means", [{"counts": c, "interval": mean_of_shares(c)} for c in means]),
             ("bootstraps", bootstraps)]
    lines = [f' "{name}": [\n' + ",\n".join("  " + json.dumps(x) for x in items) + "\n ]" for name, items in parts]
    file.write("{\n" + ",\n".join(lines) + "\n}\n")

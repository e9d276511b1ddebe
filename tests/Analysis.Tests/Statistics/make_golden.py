"""Writes golden.json: intervals by statsmodels 0.13.5 and SciPy 1.10.1 (Debian 12: python3-statsmodels, python3-scipy).

Run in this folder: python3 make_golden.py
"""
import json

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
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


def resampled(columns, seed):
    """[column][resample]: means over the same draws for all columns."""
    columns = np.array(columns, dtype=float)
    draws = np.random.default_rng(seed).integers(0, columns.shape[1], (10_000, columns.shape[1]))
    return columns[:, draws].mean(axis=2)


def sup_t(columns, seed):
    means = resampled(columns, seed)
    estimates, errors = np.mean(columns, axis=1), means.std(axis=1, ddof=1)
    critical = np.percentile(np.max(np.abs(means - estimates[:, None]) / errors[:, None], axis=0), 95)
    return [[float(e - critical * s), float(e + critical * s)] for e, s in zip(estimates, errors)]


def at_budgets(arms, cost, share, seed):
    """Two arms of costs and shares, [arm][costs, shares][k][prompt]. NumPy interpolates rising points."""
    def estimates(means):
        at = [np.interp(cost, costs, shares) for costs, shares in means]
        reach = [np.interp(share, shares, costs, right=np.inf) for costs, shares in means]
        return [at[0] - at[1], reach[0], reach[0] / reach[1]]

    def end(values, percent, undefined):
        found = np.percentile(np.nan_to_num(values, nan=undefined, posinf=1e300), percent)
        return float(found) if found < 1e250 else None

    arms = np.array(arms, dtype=float)
    means = resampled(arms.reshape(-1, arms.shape[3]), seed).reshape(*arms.shape[:3], -1)
    with np.errstate(invalid="ignore"):
        values = np.array([estimates(means[..., r]) for r in range(means.shape[3])]).T
    return [{"value": float(e), "low": end(v, 2.5, 0), "high": end(v, 97.5, 1e300)}
            for e, v in zip(estimates(arms.mean(axis=3)), values)]


def permutation(strata):
    """SciPy relabels one sample in all ways; the strata's means are weighted inside the statistic."""
    weights = np.concatenate([np.full(len(s), 1 / len(s)) for s in strata])
    return float(stats.permutation_test(
        (np.concatenate(strata),), lambda x, axis: np.sum(x * weights, axis=axis), permutation_type="samples",
        vectorized=True, n_resamples=np.inf).pvalue)


def permutation_of_many(values):
    """Exact for whole numbers: the distribution of the sum as a product of polynomials."""
    distribution = np.ones(1)
    for v in values:
        either = np.zeros(2 * abs(v) + 1)
        either[0] += 0.5
        either[-1] += 0.5
        distribution = np.convolve(distribution, either)
    sums = np.arange(len(distribution)) - len(distribution) // 2
    return float(distribution[np.abs(sums) >= abs(sum(values))].sum())


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
    p = permutation_of_many(sum(strata, []))
    for seed in (0, 43, 2**63 - 1):
        bootstraps.append({
            "name": name, "scale": scale, "seed": seed, "strata": strata,
            "stratified": bootstrap(scaled, seed), "pooled": bootstrap([sum(scaled, [])], seed),
            "pooled_permutation": p})

# The paper's last step, N=16 to 20, is four prompts: 0 against 4 at best.
tables = [(0, 0), (0, 4), (4, 0), (5, 5), (1, 9), (12, 25), (40, 72), (100, 101), (0, 60), (300, 200), (3, 2)]
few = [
    [[1, 1, 1, -1, 0, 1, 1]],
    [[2, -1, 3, 0, 1, 1, 2, -2, 3]],
    [[0.31, -0.12, 0.88, 0.05, -0.4, 0.77, 0.2, 0.93, -0.01, 0.5]],
    [[1, 1, 0, -1], [1, 1, 1], [0, 1, 1, 1, -1]],
    [[-0.3, -0.6, -0.2], [0.1, -0.8, -0.9, -0.4]],
]
families = [[0.01, 0.04, 0.03, 0.005], [0.001, 0.2, 1.0, 0.04, 0.04, 0.5], [0.3], [0.9, 0.8, 0.0]]
curve = np.cumsum(source.random((4, 60)) < [[0.5], [0.1], [0.08], [0.05]], axis=0).clip(0, 1)
other = np.cumsum(source.random((3, 60)) < [[0.3], [0.5], [0.5]], axis=0).clip(0, 1)
arms = [[np.cumsum(1 + source.integers(0, 3, (3, 60)), axis=0).tolist(), c[:3].tolist()] for c in (curve, other)]
confusions = [(50, 10, 5, 35), (0, 0, 3, 4), (4, 0, 0, 0), (200, 150, 90, 113), (0, 7, 9, 0), (0, 2, 0, 5)]

with open("golden.json", "w", newline="\n") as file:
    parts = [("wilson", [{"k": k, "n": n, "interval": wilson(k, n)} for k, n in shares]),
             ("means", [{"counts": c, "interval": mean_of_shares(c)} for c in means]),
             ("bootstraps", bootstraps),
             ("sup_t", [{"seed": 9, "points": curve.tolist(), "band": sup_t(curve, 9)}]),
             ("budgets", [{"seed": 10, "arms": arms, "cost": 3.5, "share": share,
                           "estimates": at_budgets(arms, 3.5, share, 10)} for share in (0.505, 0.58)]),
             ("confusion", [{"counts": c, "kappa": None if np.isnan(k) else float(k)} for c, k in (
                 (c, cohens_kappa(np.array([[c[0], c[1]], [c[2], c[3]]]), return_results=False)) for c in confusions)]),
             ("clopper_pearson", [{"k": k, "n": n, "interval": [
                 float(x) for x in proportion_confint(k, n, alpha=0.05, method="beta")]} for k, n in shares]),
             ("mcnemar", [{"b": b, "c": c, "p": float(mcnemar([[0, b], [c, 0]], exact=True).pvalue)}
                          for b, c in tables]),
             ("permutation", [{"strata": s, "p": permutation(s)} for s in few]),
             ("holm", [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in families])]
    lines = [f' "{name}": [\n' + ",\n".join("  " + json.dumps(x) for x in items) + "\n ]" for name, items in parts]
    file.write("{\n" + ",\n".join(lines) + "\n}\n")

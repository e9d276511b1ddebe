"""Writes paired.json by Tango's (1998) closed form and by summing over all outcomes; Python alone, no package.

Run in this folder: python3 make_paired.py
"""
import json
from math import cos, erfc, exp, lgamma, log, pi, sin, sqrt
from statistics import NormalDist

HALF = 0.5


def statistic(n, b, c, difference, correction=HALF):
    """Tango's score statistic of b and c discordant pairs of n; his equations for the variance under the hypothesis."""
    linear = -b - c + (2 * n - b + c) * difference
    constant = -c * difference * (1 - difference)
    only_second = (sqrt(max(0.0, linear ** 2 - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * only_second + difference * (1 - difference))
    distance = max(0.0, abs(b - c - n * difference) - correction)
    return distance / sqrt(variance) if variance > 0 else (0.0 if distance == 0 else float("inf"))


def interval(n, b, c, correction=HALF):
    critical = NormalDist().inv_cdf(0.975)

    def end(limit):
        inside, outside = (b - c) / n, limit
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if statistic(n, b, c, middle, correction) < critical else (inside, middle)
        return inside

    return [end(-1.0), end(1.0)]


def outcomes(n, first, second):
    """All (b, c) with a weight worth counting."""
    for b in range(n + 1):
        for c in range(n + 1 - b):
            weight = lgamma(n + 1) - lgamma(b + 1) - lgamma(c + 1) - lgamma(n - b - c + 1)
            for count, chance in ((b, first), (c, second), (n - b - c, 1 - first - second)):
                weight += count * log(chance) if chance > 0 else 0.0 if count == 0 else -1e9
            if weight > -30:
                yield b, c, exp(weight)


def coverage(n, first, second):
    held = width = 0.0
    for b, c, weight in outcomes(n, first, second):
        low, high = interval(n, b, c)
        held += weight if low <= first - second <= high else 0.0
        width += weight * (high - low)
    return held, width


def likeliest(values, difference):
    """Mean square about it of the likeliest distribution with this mean, on the values seen, -1 and 1: by search alone."""
    support = sorted(set(values) | {-1.0, 1.0})
    counts = [values.count(x) for x in support]
    inner = support[1:-1]

    def ends(weights):
        rest = 1 - sum(weights)
        moment = difference - sum(w * x for w, x in zip(weights, inner))
        return [(rest - moment) / 2, *weights, (rest + moment) / 2]

    def likelihood(weights):
        if any(w < 0 or (w == 0 and k) for w, k in zip(weights, counts)):
            return -1e300 + sum(min(0, w) for w in weights) * 1e299
        return sum(k * log(w) for w, k in zip(weights, counts) if k)

    def best(fixed):
        if len(fixed) == len(inner):
            return likelihood(ends(fixed)), fixed
        low, high = 0.0, 1.0 - sum(fixed)
        for _ in range(70):
            one, two = low + (high - low) / 3, high - (high - low) / 3
            low, high = (one, high) if best([*fixed, one])[0] < best([*fixed, two])[0] else (low, two)
        return best([*fixed, (low + high) / 2])

    weights = ends(best([])[1])
    return sum(w * x * x for w, x in zip(weights, support)) - difference ** 2


def p_of_mean(values, difference):
    n, mean = len(values), sum(values) / len(values)
    distance = abs(mean - difference) - HALF / n
    return 1.0 if distance <= 0 else erfc(distance / sqrt(likeliest(values, difference) / n) / sqrt(2))


def area(density, low, high, parts=20000):
    """Simpson's rule."""
    step = (high - low) / parts
    return step / 3 * sum(density(low + i * step) * (1 if i in (0, parts) else 4 if i % 2 else 2) for i in range(parts + 1))


def root(function, low, high):
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def t_quantile(freedom):
    """97.5% point of Student's t, by its density."""
    scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * pi)
    return root(lambda t: area(lambda x: scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2), 0, t, 2000) - 0.475, 0, 60)


def beta_quantile(p, a, b):
    """By the density of its square root's angle: x = sin(u)^2, so that no end is infinite for a and b of a half or more."""
    def density(u):
        return 2 * sin(u) ** (2 * a - 1) * cos(u) ** (2 * b - 1)

    whole = area(density, 0, pi / 2, 2000)
    return sin(root(lambda u: area(density, 0, u, 2000) / whole - p, 0, pi / 2)) ** 2


def clusters(hits, counts):
    """Korn and Graubard 1998, with as many as there are prompts where all are alike."""
    kept = [(h, m) for h, m in zip(hits, counts) if m]
    total, k = sum(m for _, m in kept), len(kept)
    share = sum(h for h, _ in kept) / total
    n = float(k)
    if 0 < share < 1 and k > 1:
        variance = k / (k - 1) * sum((h - share * m) ** 2 for h, m in kept) / total ** 2
        n = total if variance == 0 else min(total, share * (1 - share) / variance)
        n = max(1.0, n * (t_quantile(total - 1) / t_quantile(k - 1)) ** 2)
    x = share * n
    return [0.0 if share == 0 else beta_quantile(0.025, x, n - x + 1), 1.0 if share == 1 else beta_quantile(0.975, x + 1, n - x)]


def anytime(n, b, c, difference):
    """One over the mean capital of bets on every prompt in turn, 0.9, 0.72, ... of the largest that cannot ruin, to both sides."""
    capitals = []
    for part in (0.9 * 0.8 ** i for i in range(24)):
        for bet in (part / (1 + difference), -part / (1 - difference)):
            capital = 1.0
            for outcome in [1] * b + [-1] * c + [0] * (n - b - c):
                capital *= 1 + bet * (outcome - difference)
            capitals.append(capital)
    return min(1.0, len(capitals) / sum(capitals))


def p_value(n, b, c):
    return erfc(statistic(n, b, c, 0.0) / sqrt(2)) if b + c else 1.0


def power(n, first, second, alpha):
    """The trinomial weight of all outcomes that the test rejects; without a difference its variance is b + c."""
    critical = NormalDist().inv_cdf(1 - alpha / 2)
    return sum(weight for b, c, weight in outcomes(n, first, second)
               if b + c and (abs(b - c) - HALF) / sqrt(b + c) > critical)


def detectable(n, at, most, alpha, target):
    """The smallest difference that is found with this chance, by bisection; at gives both chances for a difference."""
    if power(n, *at(most), alpha) < target:
        return None
    low, high = 0.0, most
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if power(n, *at(middle), alpha) < target else (low, middle)
    return high


def discordant(total):
    """A difference needs at least as much discordance."""
    return lambda d: ((max(total, d) + d) / 2, (max(total, d) - d) / 2)


def chi_squared_tail(q, freedom):
    """By the density of its root."""
    scale = 2 ** (1 - freedom / 2) / exp(lgamma(freedom / 2))
    return 1 - area(lambda x: scale * x ** (freedom - 1) * exp(-x * x / 2), 0, sqrt(q))


def heterogeneity(groups):
    """Distances of the groups' (n, b, c) from one common difference, in Tango's variance for it, where their sum is least: on a grid."""
    def q(common):
        total = 0.0
        for n, b, c in groups:
            total += statistic(n, b, c, common, 0.0) ** 2
        return total

    means = [(b - c) / n for n, b, c in groups]
    low, high = min(means), max(means)
    for _ in range(4):
        at = min((low + (high - low) * i / 400 for i in range(401)), key=q)
        low, high = max(low, at - (high - low) / 200), min(high, at + (high - low) / 200)
    return q(at), chi_squared_tail(q(at), len(groups) - 1)


def prediction_powered(labels, scores, others):
    """The weight from 0 to 1 with the least variance, by search, and the estimate with it (PPI++)."""
    n, size = len(labels), len(others)
    every = scores + others
    mean = sum(every) / len(every)
    variance = sum((x - mean) ** 2 for x in every) / (len(every) - 1)
    label, score = sum(labels) / n, sum(scores) / n
    of_labels = sum((y - label) ** 2 for y in labels) / (n - 1)
    both = sum((y - label) * (x - score) for y, x in zip(labels, scores)) / (n - 1)

    def error(weight):
        return weight ** 2 * variance / size + (of_labels - 2 * weight * both + weight ** 2 * variance) / n

    low, high = 0.0, 1.0
    for _ in range(100):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if error(a) < error(b) else (a, high)
    weight = (low + high) / 2
    return weight, weight * sum(others) / size + label - weight * score


tables = [(553, 4, 0), (553, 0, 0), (553, 32, 1), (80, 0, 2), (24, 3, 1), (10, 10, 0), (10, 0, 10), (99, 20, 18), (1, 0, 0),
          (4, 3, 0), (553, 72, 40), (100, 12, 0), (100, 5, 0), (80, 8, 1), (94, 0, 0)]
cells = [(80, 0.025, 0.0), (94, 0.021, 0.0), (24, 0.05, 0.0), (10, 0.1, 0.0), (553, 0.05, 0.03)]
means = [([1.0, 0.5, 0.5, 0.0], 0.0), ([0.5, 0.5, 0.0, 0.0, 0.0, 0.5], -0.3), ([0.25] * 3 + [-0.5] * 5, 0.0),
         ([0.0] * 20, 0.05), ([0.5] * 12 + [0.0] * 30, 0.4)]
# A recall from six images of six prompts, and of two; prompts that are alike in themselves, and ones that are not.
images = [([1] * 6, [1] * 6), ([3, 3], [3, 3]), ([0, 0, 0], [2, 1, 5]), ([4, 4, 0, 4, 3, 4], [4, 4, 4, 4, 4, 4]),
          ([1, 2, 1, 3, 2, 2, 1, 0], [2, 4, 2, 4, 3, 4, 3, 0]), ([5, 9, 7, 2], [10, 12, 8, 6])]
margins = [(553, 4, 0, 0.02), (553, 4, 0, 0.01), (553, 32, 1, 0.02), (553, 0, 32, 0.02), (553, 20, 20, 0.02), (553, 0, 10, 0.04)]
looks = [(60, 10, 2, 0.0), (120, 20, 5, 0.0), (240, 30, 5, 0.02), (553, 47, 10, 0.0), (553, 4, 0, -0.02), (10, 0, 0, 0.3)]
designs = [(80, 0.1, 0.05, 0.05), (94, 0.12, 0.06, 0.05), (100, 0.3, 0.1, 0.05 / 6), (60, 0.05, 0.0, 0.05),
           (20, 0.6, 0.4, 0.05), (553, 4 / 553, 0.0, 0.05)]
categories = [[(80, 0, 1), (99, 9, 0), (80, 6, 0), (94, 0, 0), (100, 12, 0), (100, 5, 0)], [(20, 2, 2), (20, 5, 1)],
              [(100, 20, 2), (100, 3, 15), (50, 4, 4)], [(80, 0, 0), (80, 0, 0)]]
labelled = [([1.0, 0.0, 1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0]),
            ([1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0], [1.0, 0.0]),
            ([0.5, 0.75, 0.2, 0.9, 0.1], [0.4, 0.8, 0.25, 0.7, 0.2], [0.3, 0.6, 0.9, 0.1, 0.5, 0.7])]
smallest = [(80, 0.2, 0.05, 0.9), (60, 0.05, 0.05, 0.8), (60, 0.0, 0.05, 0.8), (100, 0.3, 0.05 / 6, 0.8),
            (553, 4 / 553, 0.05, 0.8)]

if __name__ == "__main__":
    with open("paired.json", "w", newline="\n") as file:
        parts = [
            ("score", [{"n": n, "b": b, "c": c, "interval": interval(n, b, c), "p": p_value(n, b, c)} for n, b, c in tables]),
            ("coverage", [{"n": n, "first": b, "second": c, "held": held, "width": width}
                          for n, b, c in cells for held, width in [coverage(n, b, c)]]),
            ("means", [{"values": v, "difference": d, "p": p_of_mean(v, d)} for v, d in means]),
            ("clusters", [{"hits": h, "counts": m, "interval": clusters(h, m)} for h, m in images]),
            ("power", [{"n": n, "first": b, "second": c, "alpha": a, "power": power(n, b, c, a)} for n, b, c, a in designs]),
            ("detectable", [{"n": n, "discordance": d, "alpha": a, "power": p,
                             "effect": detectable(n, discordant(d), 1.0, a, p)} for n, d, a, p in smallest]),
        ]
        parts.append(("margins", [{"n": n, "b": b, "c": c, "margin": m, "low_p": erfc(statistic(n, b, c, -m) / sqrt(2)),
                                   "high_p": erfc(statistic(n, b, c, m) / sqrt(2))} for n, b, c, m in margins]))
        parts.append(("anytime", [{"n": n, "b": b, "c": c, "difference": d, "p": anytime(n, b, c, d)} for n, b, c, d in looks]))
        parts.append(("heterogeneity", [{"groups": g, "q": q, "p": p} for g in categories for q, p in [heterogeneity(g)]]))
        parts.append(("ppi", [{"labels": y, "scores": f, "others": o, "weight": w, "value": v}
                              for y, f, o in labelled for w, v in [prediction_powered(y, f, o)]]))
        lines = [f' "{name}": [\n' + ",\n".join("  " + json.dumps(x) for x in items) + "\n ]" for name, items in parts]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")

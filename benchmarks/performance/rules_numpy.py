#!/usr/bin/python3
"""GenEval's rules in plain NumPy: what RulesBenchmark is compared with. Needs Debian's python3-numpy.

Reads a file of oracle cases, checks every verdict, reason and kept detection, then prints cases per second of
processor time in the best of 20 rounds (file parsed and arrays built beforehand).
"""
import gzip
import json
import sys
import time

import numpy as np

ROUNDS, SECONDS = 20, 0.25
COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white"]


def overlap(a, b):
    def area(x1, y1, x2, y2):
        return max(float(x2 - x1) + 1, 0) * max(float(y2 - y1) + 1, 0)

    low = np.maximum(a[:2], b[:2])
    high = np.minimum(a[2:4], b[2:4])
    intersection = area(low[0], low[1], high[0], high[1])
    union = area(*a[:4]) + area(*b[:4]) - intersection
    return intersection / union if union else 0.0


def keep(boxes, threshold, options):
    """Indices of the detections of a class that count, best first; later ones first among equals."""
    order = np.argsort(boxes[:, 4], kind="stable")[::-1]
    order = order[boxes[order, 4] > threshold][:options["max_objects"]].tolist()
    if options["max_overlap"] == 1.0:
        return order
    kept = []
    for i in order:
        if all(overlap(boxes[j], boxes[i]) < options["max_overlap"] for j in kept):
            kept.append(i)
    return kept


def relations(a, b, threshold):
    a, b = a[:4].reshape(2, 2), b[:4].reshape(2, 2)
    offset = a.mean(axis=0) - b.mean(axis=0)
    sizes = np.abs(a[1] - a[0]) + np.abs(b[1] - b[0])
    reduced = np.maximum(np.abs(offset) - threshold * sizes, 0) * np.sign(offset)
    if np.all(np.abs(reduced) < 1e-3):
        return []
    x, y = reduced / np.linalg.norm(offset)
    found = []
    if abs(x) > 0.5:
        found.append("left of" if x < 0 else "right of")
    if abs(y) > 0.5:
        found.append("above" if y < 0 else "below")
    return found


def check_include(clause, kept, detections, groups, threshold):
    """The reason why a clause fails, or None; the objects that it matched."""
    name, count = clause["class"], clause["count"]
    objects = kept.get(name, [])[:count]
    if len(objects) < count:
        return f"expected {name}>={count}, found {len(objects)}", None
    boxes, labels = detections.get(name, (None, None))
    if "color" in clause:
        colour = clause["color"]
        seen = [labels[i] for i in objects]
        if seen.count(colour) < count:
            others = ", ".join(f"{seen.count(c)} {c}" for c in COLOURS if c in seen)
            return f"expected {colour} {name}>={count}, found {seen.count(colour)} {colour}; and {others}", None
    if "position" in clause:
        relation, target = clause["position"]
        if groups[target] is None:
            return f"no target for {name} to be {relation}", None
        for i in objects:
            for box in groups[target]:
                found = relations(boxes[i], box, threshold)
                if relation not in found:
                    return f"expected {name} {relation} target, found {' and '.join(found)} target", None
    return None, [boxes[i] for i in objects]


def score(case):
    options, metadata, detections = case["options"], case["metadata"], case["detections"]
    key = "counting_threshold" if metadata["tag"] == "counting" else "threshold"
    threshold = np.float32(options[key])
    position_threshold = np.float32(options["position_threshold"])
    kept = {}
    for name, (boxes, _) in detections.items():
        indices = keep(boxes, threshold, options)
        if indices:
            kept[name] = indices

    reasons, groups = [], []
    for clause in metadata.get("include", []):
        reason, matched = check_include(clause, kept, detections, groups, position_threshold)
        groups.append(matched)
        if reason:
            reasons.append(reason)
    for clause in metadata.get("exclude", []):
        found = len(kept.get(clause["class"], []))
        if found >= clause["count"]:
            reasons.append(f"expected {clause['class']}<{clause['count']}, found {found}")
    return not reasons, "\n".join(reasons), kept


def prepare(line):
    case = json.loads(line)
    case["detections"] = {
        name: (np.array([d[:5] for d in found], dtype=np.float32).reshape(-1, 5), [d[5] for d in found])
        for name, found in case["detections"].items()
    }
    return case


def main():
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as file:
        cases = [prepare(line) for line in file]
    for case in cases:
        expected = case["expected"]
        if score(case) != (expected["correct"], expected["reason"], expected["kept"]):
            sys.exit(f"{case['id']}: not as expected")

    rates = []
    for _ in range(ROUNDS):
        done = 0
        start = time.process_time()
        while time.process_time() - start < SECONDS:
            for case in cases:
                score(case)
            done += len(cases)
        rates.append(done / (time.process_time() - start))
    print(f"{max(rates):.0f}")
    print(f"NumPy {np.__version__}: {len(cases)} cases as expected", file=sys.stderr)


main()

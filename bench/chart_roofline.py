"""The roofline of a machine: what its products could reach at most, and what they reach.

Rows are those of `ingot bench --csv`, dated: peaks and bandwidths of the group "machine", products
of one model or several, in one type or several. A product that moves B bytes for its O operations
cannot run faster than min(peak, bandwidth * O / B) (Williams, Waterman, Patterson: Roofline, 2009).
"""

import matplotlib
from chart_style import TYPES, distinct, plt, save

BYTES = {"fp32": 4, "bf16": 2, "int8": 1}  # of a weight; activations are in fp32
MARKERS = {"training": "s", "step": "o", "whole step": "D"}
LABELS = {
    "training": "training",
    "step": "decoding step of 1, 8, 32 rows",
    "whole step": "all products of such a step",
}


def operations(row):
    return 2.0 * int(row["m"]) * int(row["n"]) * int(row["k"])


def moved(row):
    """Bytes that a product needs to read and to write once: A and C in fp32, and the weight, which
    in int8 has a scale for each column. Of gradients all three are in fp32, so it is the same."""
    m, n, k = (int(row[x]) for x in "mnk")
    scales = 4 * n if row["type"] == "int8" else 0
    return 4 * m * (n + k) + BYTES[row["type"]] * n * k + scales


def whole_steps(rows):
    """Of each decoding step (model, type, rows) its products together, one of each shape."""
    steps = {}
    for row in rows:
        if kind_of(row) == "step":
            steps.setdefault((row["model"], row["type"], int(row["m"])), []).append(row)
    for (_, weights, _), part in steps.items():
        seconds = sum(operations(r) / float(r["value"]) for r in part)
        done = sum(map(operations, part))
        yield weights, done / sum(map(moved, part)), done / seconds


def kind_of(row):
    return "step" if ", packed, " in row["name"] else "training"


def points(products):
    """(kind, type, operations per byte, 10^9 operations a second)"""
    for row in products:
        yield kind_of(row), row["type"], operations(row) / moved(row), float(row["value"])
    for step in whole_steps(products):
        yield ("whole step", *step)


def draw_roofs(axes, machine, types, span):
    """Peaks of the types, and as many slopes as there are bandwidths, up to the highest peak."""
    peaks = {
        t: max(float(r["value"]) for r in machine if r["name"] == "arithmetic" and r["type"] == t)
        for t in types
        if any(r["type"] == t for r in machine)
    }
    bandwidths = [r for r in machine if r["unit"] == "GB/s"]
    fastest = max(float(r["value"]) for r in bandwidths)
    for weights, peak in peaks.items():
        axes.plot([peak / fastest, span[1]], [peak] * 2, color=TYPES[weights], linewidth=1.2)
        axes.text(
            span[1], peak * 1.05, f"{weights}: {peak:,.0f}", ha="right", color=TYPES[weights]
        )
    for row, style in zip(bandwidths, ("-", "--")):
        slope, top = float(row["value"]), max(peaks.values())
        axes.plot(
            [span[0], top / slope],
            [span[0] * slope, top],
            style,
            color="#888888",
            linewidth=1,
            label=f"{row['name'].removeprefix('read, ')}: {slope:.0f} GB/s",
        )


def draw(rows, path):
    threads = max(int(r["threads"]) for r in rows)
    rows = [r for r in rows if int(r["threads"]) == threads]
    machine = [r for r in rows if r["group"] == "machine"]
    products = [r for r in rows if r["group"] == "product"]
    found = list(points(products))
    span = min(p[2] for p in found) / 2, max(p[2] for p in found) * 2
    figure, axes = plt.subplots(figsize=(9, 4.2))
    draw_roofs(axes, machine, distinct(products, "type"), span)
    for kind, marker in MARKERS.items():
        for weights in distinct(products, "type"):
            part = [p for p in found if p[:2] == (kind, weights)]
            if part:
                axes.scatter(
                    [p[2] for p in part],
                    [p[3] for p in part],
                    s=34 if kind == "whole step" else 14,
                    marker=marker,
                    facecolor=TYPES[weights] if kind != "training" else "none",
                    edgecolor="black" if kind == "whole step" else TYPES[weights],
                    linewidth=0.7,
                    alpha=1 if kind == "whole step" else 0.7,
                    label=f"{weights}, {LABELS[kind]}",
                )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda x, _: f"{x:g}"))
    axes.set_xlim(span)
    axes.set_xlabel("operations a byte (of weights, input and output, each moved once)", fontsize=8)
    axes.set_ylabel("10⁹ operations a second", fontsize=8)
    models = ", ".join(distinct(products, "model"))
    axes.set_title(f"Products of {models} under the machine's roofs")
    axes.grid(True, axis="both", linewidth=0.5)
    axes.legend(frameon=False, fontsize=7, loc="lower right")
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    # The machine's figures also name instruction sets that no product ran on.
    save(figure, products, path)


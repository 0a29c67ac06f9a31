"""Seconds of translating against what they grow with: rows that bench/curves.py wrote."""

import matplotlib
from chart_style import TYPES, distinct, plt, save


def draw_curve(axes, rows, curve):
    for weights in distinct(rows, "type"):
        part = sorted((r for r in rows if r["type"] == weights), key=lambda r: int(r[curve]))
        axes.plot(
            [int(r[curve]) for r in part],
            [float(r["seconds"]) for r in part],
            marker="o",
            markersize=3,
            color=TYPES[weights],
            label=weights,
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    values = sorted({int(r[curve]) for r in rows})
    axes.set_xticks(values, [short(x) for x in values])
    axes.minorticks_off()
    axes.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda x, _: f"{x:g}"))
    axes.tick_params(labelsize=7)
    axes.set_title(curve)
    axes.grid(True, axis="both", linewidth=0.5)


def short(count):
    for unit, letter in ((1_000_000, "M"), (1000, "k")):
        if count >= unit and count % unit == 0:
            return f"{count // unit}{letter}"
    return str(count)


def draw(rows, path):
    curves = distinct(rows, "curve")
    figure, axes = plt.subplots(1, len(curves), figsize=(9, 2.7), squeeze=False)
    for ax, curve in zip(axes[0], curves):
        draw_curve(ax, [r for r in rows if r["curve"] == curve], curve)
    axes[0][0].set_ylabel("seconds", fontsize=8)
    axes[0][0].legend(frameon=False, fontsize=8)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    save(figure, rows, path)

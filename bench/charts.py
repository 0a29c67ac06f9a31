"""Draws the CSV files of bench/results/ as SVG and writes its tables: charts.py [DIR]. Needs
bench/requirements.txt; the same input gives the same bytes.

speed.svg     training beside PyTorch, translation beside CTranslate2 (speed.csv)
multi30k.svg  BLEU over time of training, beside PyTorch (multi30k-bpe10k/curve.csv)
products.svg  matrix products of real models as a share of the machine's peak, beside OpenBLAS and
              MKL (products.csv)
roofline.svg  products of training and of decoding steps under the machine's roofs (roofline.csv)
curves.svg    seconds of translating against sentences, lengths, beams, threads and vocabularies
              (curves.csv)
speed.md      the tables
A file that is not there is left out.
"""

import pathlib
import sys

import matplotlib

import chart_curves
import chart_roofline
from chart_style import OURS, PEERS, caption, distinct, plt, read, save

LABELS = {
    "train-tiny": "tiny\n2.3 M",
    "train-small": "small\n7.6 M",
    "train-base": "base\n48 M",
    "train-small-bf16": "small\nbf16",
    "train-base-bf16": "base\nbf16",
    "translate-base-fp32-beam-1": "Marian base\nbeam 1",
    "translate-base-fp32-beam-4": "Marian base\nbeam 4",
    "translate-base-single-fp32-beam-1": "one by one\nbeam 1",
    "translate-base-single-fp32-beam-4": "one by one\nbeam 4",
    "translate-en-de-fp32-beam-1": "en-de, 5 M\nbeam 1",
    "translate-en-de-fp32-beam-4": "en-de, 5 M\nbeam 4",
}
LIBRARIES = {"ingot": "Ingot", "openblas": "OpenBLAS", "mkl": "MKL"}


def order(row):
    known = list(LABELS)
    return known.index(row["what"]) if row["what"] in known else len(known)


def bars(axes, groups, series, annotate=None):
    """series: (label, colour, a value for each group); annotate: texts over the last bars."""
    width = 0.8 / len(series)
    for i, (label, colour, values) in enumerate(series):
        axes.bar(
            [g + (i + 0.5) * width - 0.4 for g in range(len(groups))],
            values,
            width * 0.94,
            color=colour,
            label=label,
        )
    axes.set_xticks(range(len(groups)), groups)
    axes.tick_params(length=0, labelsize=8)
    axes.grid(True, axis="y")
    for g, text in enumerate(annotate or []):
        axes.text(
            g + 0.4 - width / 2,
            series[-1][2][g],
            text,
            ha="center",
            va="bottom",
            fontweight="bold",
            color=OURS,
        )


def speed_chart(rows, path):
    parts = [
        ("Training", [r for r in rows if r["what"].startswith("train-")]),
        ("Translation, fp32", [r for r in rows if r["what"].startswith("translate-")]),
    ]
    parts = [(title, part) for title, part in parts if part]
    figure, axes = plt.subplots(
        1,
        len(parts),
        figsize=(9, 2.9),
        squeeze=False,
        width_ratios=[len(part) + 1 for _, part in parts],
    )
    for ax, (title, part) in zip(axes[0], parts):
        ratios = [float(r["ratio"]) for r in part]
        peer = " and ".join(distinct(part, "peer"))
        bars(
            ax,
            [LABELS.get(r["what"], r["what"]) for r in part],
            [(peer, PEERS[0], [1.0] * len(part)), ("Ingot", OURS, ratios)],
            [f"{x:.2f}×" for x in ratios],
        )
        ax.set_title(f"{title}: {peer} = 1")
        ax.set_ylim(0, max(ratios + [1]) * 1.12)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    save(figure, rows, path)


def curve_chart(rows, path):
    figure, axes = plt.subplots(figsize=(9, 2.6))
    for side, colour in zip(distinct(rows, "side"), (OURS,) + PEERS):
        part = [r for r in rows if r["side"] == side]
        axes.plot(
            [float(r["seconds"]) / 60 for r in part],
            [float(r["bleu"]) for r in part],
            marker="o",
            markersize=2.5,
            color=colour,
            label=side,
        )
    axes.set_title("Multi30k en-de, published recipe: BLEU on test2016 over time of training")
    axes.set_xlabel("minutes", fontsize=8)
    axes.set_xlim(0)
    axes.set_ylim(0)
    axes.grid(True, axis="y")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    save(figure, rows, path)


def operations(row):
    return 2.0 * int(row["m"]) * int(row["n"]) * int(row["k"])


def share(rows, library):
    """Of these products together: their operations over the time that they take, by the peak."""
    rows = [r for r in rows if r.get(library)]
    if not rows:
        return 0.0
    seconds = sum(operations(r) / float(r[library]) for r in rows)
    peak = sum(float(r["ingot"]) / float(r["share_of_peak"]) for r in rows) / len(rows)
    return sum(map(operations, rows)) / seconds / peak


def products_chart(rows, path):
    rows = [r for r in rows if r["threads"] == "1"] or rows
    libraries = [name for name in LIBRARIES if any(r.get(name) for r in rows)]
    colours = dict(zip(libraries, (OURS,) + PEERS))
    figure, (training, decoding) = plt.subplots(
        1, 2, figsize=(9, 3.1), width_ratios=[5, 4], sharey=True
    )
    groups = [
        (s, o)
        for s in ("tiny", "small", "base")
        for o in ("forward", "backward-input", "backward-weight")
    ]
    groups = [
        (s, o, part)
        for s, o in groups
        if (part := [r for r in rows if r["set"] == s and r["operation"] == o])
    ]
    bars(
        training,
        [
            f"{s}\n{ {'forward': 'Y', 'backward-input': 'dX', 'backward-weight': 'dW'}[o]}"
            for s, o, _ in groups
        ],
        [
            (LIBRARIES[name], colours[name], [share(part, name) for *_, part in groups])
            for name in libraries
        ],
    )
    training.set_title("Training batches: forward, gradient of input, of weight")
    training.set_ylabel("share of the vectors' peak")
    steps = [r for r in rows if r["set"] == "decode"]
    for name in libraries:
        for style, wide in (("-", False), ("--", True)):
            part = [r for r in steps if (int(r["n"]) > 4096) == wide]
            counts = sorted({int(r["m"]) for r in part})
            decoding.plot(
                range(len(counts)),
                [share([r for r in part if int(r["m"]) == m], name) for m in counts],
                style,
                marker="o",
                markersize=3,
                color=colours[name],
            )
            if counts:
                decoding.set_xticks(range(len(counts)), counts)
    decoding.set_title("Decoding steps, by rows (dashed: output layer)")
    decoding.grid(True, axis="y")
    decoding.set_ylim(
        0, max([1.0] + [1.05 * share(part, name) for *_, part in groups for name in libraries])
    )
    decoding.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0))
    figure.legend(
        *training.get_legend_handles_labels(),
        loc="lower center",
        bbox_to_anchor=(0.5, 0.05),
        ncols=len(libraries),
        frameon=False,
        fontsize=8,
    )
    figure.tight_layout(rect=(0, 0.11, 1, 1))
    save(figure, rows, path)


def table(headings, rows):
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def number(text):
    return f"{float(text):,.{0 if float(text) >= 100 else 1}f}"


def report(speed, products):
    lines = [
        "# Speed beside PyTorch, CTranslate2, OpenBLAS and MKL",
        "",
        "Written by `bench/charts.py` from the CSV files beside it; "
        "[how it is measured](../README.md).",
        "",
    ]
    for title, prefix in (("Training", "train-"), ("Translation in fp32", "translate-")):
        part = [r for r in speed if r["what"].startswith(prefix)]
        if part:
            lines += [f"## {title}, target tokens a second", "", caption(part) + ".", ""]
            lines += table(
                ["", "peer", "peer's", "Ingot", "ratio"],
                [
                    [
                        r["what"][len(prefix) :] + (" (1 thread)" if r["threads"] == "1" else ""),
                        r["peer"],
                        number(r["theirs"]),
                        number(r["ours"]),
                        f"{float(r['ratio']):.2f}",
                    ]
                    for r in part
                ],
            )
    for threads in distinct(products, "threads"):
        part = [r for r in products if r["threads"] == threads]
        libraries = [name for name in LIBRARIES if any(r.get(name) for r in part)]
        lines += [
            f"## Matrix products, GFLOP/s with {threads} thread{'' if threads == '1' else 's'}",
            "",
            caption(part) + ".",
            "",
        ]
        lines += table(
            ["set", "operation", "m × n × k"]
            + [LIBRARIES[name] for name in libraries]
            + ["Ingot's share of the peak", "to the better peer"],
            [
                [r["set"], r["operation"], f"{r['m']} × {r['n']} × {r['k']}"]
                + [r[name] or "" for name in libraries]
                + [f"{100 * float(r['share_of_peak']):.0f}%", better(r)]
                for r in part
            ],
        )
    return "\n".join(lines).rstrip("\n") + "\n"


def better(row):
    peers = [float(row[name]) for name in LIBRARIES if name != "ingot" and row.get(name)]
    return f"{float(row['ingot']) / max(peers):.2f}" if peers else ""


def main():
    folder = (
        pathlib.Path(sys.argv[1])
        if len(sys.argv) > 1
        else pathlib.Path(__file__).resolve().parent / "results"
    )
    speed, products = sorted(read(folder / "speed.csv"), key=order), read(folder / "products.csv")
    if speed:
        speed_chart(speed, folder / "speed.svg")
    if curve := read(folder / "multi30k-bpe10k" / "curve.csv"):
        curve_chart(curve, folder / "multi30k.svg")
    if products:
        products_chart(products, folder / "products.svg")
    if roofline := read(folder / "roofline.csv"):
        chart_roofline.draw(roofline, folder / "roofline.svg")
    if curves := read(folder / "curves.csv"):
        chart_curves.draw(curves, folder / "curves.svg")
    (folder / "speed.md").write_text(report(speed, products), encoding="utf-8")


main()

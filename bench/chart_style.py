"""What all charts of bench/ look like, and how their data are read."""

import csv

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update(
    {
        "svg.hashsalt": "ingot",
        "svg.fonttype": "none",
        "font.family": ["DejaVu Sans", "sans-serif"],
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.axisbelow": True,
        "axes.grid.axis": "y",
        "grid.color": "#dddddd",
    }
)
import matplotlib.pyplot as plt

OURS, PEERS = "#c2541b", ("#8da0b3", "#4f6d8a")
TYPES = {"fp32": PEERS[1], "int8": OURS, "bf16": "#5b8c3a"}  # of weights


def read(path):
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def distinct(rows, key):
    return list(dict.fromkeys(r[key] for r in rows))


def caption(rows):
    threads = " and ".join(sorted(distinct(rows, "threads"), key=int))
    return (
        f"{', '.join(distinct(rows, 'cpu'))}; {threads} thread{'' if threads == '1' else 's'}; "
        f"kernels: {', '.join(distinct(rows, 'isa'))}; "
        f"{', '.join(distinct(rows, 'date'))}; commit {', '.join(distinct(rows, 'commit'))}"
    )


def save(figure, rows, path):
    figure.text(0.5, 0.005, caption(rows), ha="center", va="bottom", fontsize=7, color="#555555")
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)

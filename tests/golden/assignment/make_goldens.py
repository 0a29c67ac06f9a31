"""What scipy's linear_sum_assignment finds for drawn gains: python make_goldens.py [DIR]

scipy.txt: a line a matrix: its size, the seed of its gains, how many different gains are drawn
from, the largest sum, and the column of each row. tests/unit/numeric_assignment.c draws the same
gains.
"""

import pathlib, sys

import numpy
from scipy.optimize import linear_sum_assignment

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent)


def gains(n, seed, different):
    drawn, state = numpy.empty(n * n), seed
    for i in range(n * n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        drawn[i] = (state >> 40) % different - different // 2
    return drawn.reshape(n, n)


with open(OUT / "scipy.txt", "w", encoding="utf-8") as f:
    for n, seed, different in (
        (8, 1, 2**24),
        (33, 2, 2**24),
        (64, 3, 2**24),
        (100, 4, 5),
        (150, 5, 2**24),
        (257, 6, 2**24),
        (300, 7, 1000),
    ):
        x = gains(n, seed, different)
        rows, columns = linear_sum_assignment(x, maximize=True)
        print(n, seed, different, int(x[rows, columns].sum()), *columns, file=f)

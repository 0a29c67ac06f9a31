"""What POT finds for drawn gains: python make_goldens.py > pot.txt   (POT 0.9.7)

A line a matrix: its size, the seed of its gains, the regularization, and T, row after row, by
ot.sinkhorn in the logarithmic domain; rows and columns sum to 1. tests/unit/numeric_transport.c
draws the same gains.
"""

import numpy
import ot

CASES = [(4, 1, 0.5), (5, 2, 0.15), (7, 3, 0.2), (7, 4, 2.0), (12, 5, 0.1)]


def gains(n, seed):
    drawn, state = numpy.empty(n * n), seed
    for i in range(n * n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        drawn[i] = (state >> 40) / 2**23 - 1
    return drawn.reshape(n, n)


for n, seed, regularization in CASES:
    marginals = numpy.full(n, 1 / n)
    # Of sums 1 / n in place of 1 the best is T / n, for the same regularization.
    found = n * ot.sinkhorn(
        marginals,
        marginals,
        -gains(n, seed),
        regularization,
        method="sinkhorn_log",
        numItermax=200000,
        stopThr=1e-14,
    )
    print(n, seed, regularization, *(f"{x:.12g}" for x in found.ravel()))

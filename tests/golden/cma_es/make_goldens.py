#!/usr/bin/env python3
"""Writes expected.h: what CMA-ES adapts in a few generations of given points, straight from the
tutorial's equations (Hansen, arXiv:1604.00772, figure 6 and table 1), in numpy. Where pycma can be
imported, it is told the same points and must come to the same numbers.

    pip install numpy cma
    tests/golden/cma_es/make_goldens.py | clang-format >tests/golden/cma_es/expected.h
"""
import math
import sys

import numpy as np

N, POPULATION, GENERATIONS, STEP = 3, 7, 5, 0.3
START = np.array([0.5, 0.4, 0.6])


def points(generation):
    p, i = np.meshgrid(np.arange(POPULATION), np.arange(N), indexing="ij")
    return START + 0.4 * np.sin(1 + 3 * generation + 0.7 * p + 1.3 * i * (p + 1))


def value(x):
    return (x[0] - 0.2) ** 2 + 10 * (x[1] - 0.7 * x[0]) ** 2 + abs(x[2] - 0.9)


def constants():
    half = POPULATION // 2
    w = np.log((POPULATION + 1) / 2) - np.log(np.arange(1, POPULATION + 1))
    mu_eff = w[:half].sum() ** 2 / (w[:half] ** 2).sum()
    mu_eff_minus = w[half:].sum() ** 2 / (w[half:] ** 2).sum()
    c = {"mu_eff": mu_eff}
    c["c_sigma"] = (mu_eff + 2) / (N + mu_eff + 5)
    c["d_sigma"] = 1 + 2 * max(0, np.sqrt((mu_eff - 1) / (N + 1)) - 1) + c["c_sigma"]
    c["c_c"] = (4 + mu_eff / N) / (N + 4 + 2 * mu_eff / N)
    c["c_1"] = 2 / ((N + 1.3) ** 2 + mu_eff)
    c["c_mu"] = min(1 - c["c_1"], 2 * (0.25 + mu_eff + 1 / mu_eff - 2) / ((N + 2) ** 2 + mu_eff))
    alphas = (1 + c["c_1"] / c["c_mu"], 1 + 2 * mu_eff_minus / (mu_eff + 2),
              (1 - c["c_1"] - c["c_mu"]) / (N * c["c_mu"]))
    c["weights"] = np.where(w >= 0, w / w[w >= 0].sum(), min(alphas) * w / -w[w < 0].sum())
    c["chi"] = np.sqrt(N) * (1 - 1 / (4 * N) + 1 / (21 * N * N))
    return c


def inverse_root(covariance):
    values, basis = np.linalg.eigh(covariance)
    return basis @ np.diag(values**-0.5) @ basis.T


def tell(state, x, c):
    mean, sigma, covariance, path, step_path, generation = state
    order = np.argsort([value(one) for one in x], kind="stable")
    y = (x[order] - mean) / sigma
    w, root = c["weights"], inverse_root(covariance)
    step = (w[: POPULATION // 2, None] * y[: POPULATION // 2]).sum(0)
    cs, cc = c["c_sigma"], c["c_c"]
    step_path = (1 - cs) * step_path + np.sqrt(cs * (2 - cs) * c["mu_eff"]) * root @ step
    length = np.linalg.norm(step_path)
    h = length / np.sqrt(1 - (1 - cs) ** (2 * (generation + 1))) < (1.4 + 2 / (N + 1)) * c["chi"]
    path = (1 - cc) * path + h * np.sqrt(cc * (2 - cc) * c["mu_eff"]) * step
    lengths = np.array([np.linalg.norm(root @ one) ** 2 for one in y])
    signed = np.where(w >= 0, w, w * N / lengths)
    new = (1 + c["c_1"] * (1 - h) * cc * (2 - cc) - c["c_1"] - c["c_mu"] * w.sum()) * covariance
    new += c["c_1"] * np.outer(path, path)
    new += c["c_mu"] * np.einsum("p,pi,pk->ik", signed, y, y)
    mean = mean + sigma * step
    sigma = sigma * np.exp(cs / c["d_sigma"] * (length / c["chi"] - 1))
    return mean, sigma, new, path, step_path, generation + 1


def run(c):
    state = (START, STEP, np.eye(N), np.zeros(N), np.zeros(N), 0)
    for g in range(GENERATIONS):
        state = tell(state, points(g), c)
    return state


def check_with_pycma():
    """Its step-size adaptation has other defaults, and the exact mean length of a normal vector in
    place of the tutorial's approximation; it shortens steps of points that are not its own."""
    try:
        import cma
    except ImportError:
        print("pycma is not here: nothing is compared with it", file=sys.stderr)
        return
    c = constants()
    es = cma.CMAEvolutionStrategy(START, STEP, {"popsize": POPULATION, "verbose": -9, "seed": 1})
    es.adapt_sigma.cs, es.adapt_sigma.damps = c["c_sigma"], c["d_sigma"]
    c["chi"] = np.sqrt(2) * math.gamma((N + 1) / 2) / math.gamma(N / 2)
    for g in range(GENERATIONS):
        es.ask()
        es.sm.update_now(0)  # it would go on with an older decomposition
        x = points(g)
        es.tell(list(x), [value(one) for one in x], check_points=False)
    ours = run(c)
    for name, a, b in zip(("mean", "sigma", "covariance", "path"), ours,
                          (es.mean, es.sigma, es.sm.C, es.pc)):
        worst = np.abs(np.asarray(a) - np.asarray(b)).max()
        print(f"pycma {cma.__version__}: {name} differs by at most {worst:.2g}", file=sys.stderr)
        assert worst < 1e-4


def write(name, values):
    flat = np.ravel(values)
    print(f"static const double {name}[] = {{")
    for one in flat:
        print(f"    {float(one)!r},")
    print("};")


def main():
    c = constants()
    state = run(c)
    check_with_pycma()
    print("// Written by make_goldens.py: what is adapted after 5 generations.")
    for name, values in zip(("mean", "sigma", "covariance", "path", "step_path"), state):
        write(f"expected_{name}", values)
    write("expected_weights", c["weights"])


main()

#!/usr/bin/env python3
"""How well a glossary is kept, and what that costs: python3 bench/glossary.py [MODEL [BEAM]]

IATE's terms in newstest2017, English to German (terminology-ende of $INGOT_DATA): each line has
terms of its own. Lines share a run as long as no term of one occurs in another, for a term may be
given two translations. Printed: terms that are in the output, BLEU, and seconds of translating,
without and with the glossaries, in the same runs in turn, the least of $REPEATS (3) each.
"""

import json, os, pathlib, re, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("INGOT_DATA", ROOT / "../shared/data")) / "terminology-ende"
INGOT = os.environ.get("INGOT", str(ROOT / "build/ingot"))
MODEL = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "models/en-de")
REPEATS = int(os.environ.get("REPEATS", 3))
BEAM = ["--beam-size", sys.argv[2]] if len(sys.argv) > 2 else []


def occurs(term, text):
    return re.search(r"(?<!\w)" + re.escape(term) + r"(?!\w)", text, re.IGNORECASE) is not None


def read():
    sources = (DATA / "newstest2017.en").read_text().split("\n")
    references = (DATA / "newstest2017.de").read_text().split("\n")
    cases = []
    for line in (DATA / "iate.414.terminology.tsv").read_text().splitlines():
        fields = line.split("\t")
        number = int(fields[1]) - 1
        words = [f for f in fields[2:] if f]
        terms = dict(zip(words[::2], words[1::2]))
        cases.append((sources[number], references[number], terms))
    return cases


def grouped(cases):
    groups = []
    for case in cases:
        for group in groups:
            mine, its = case[2], {k: v for c in group for k, v in c[2].items()}
            clash = any(mine.get(k) != v and occurs(k, case[0]) for k, v in its.items())
            clash = clash or any(
                c[2].get(k) != v and occurs(k, c[0]) for k, v in mine.items() for c in group
            )
            clash = clash or any(its.get(k, v) != v for k, v in mine.items())
            if not clash:
                group.append(case)
                break
        else:
            groups.append([case])
    return groups


def translate(directory, group, glossary):
    source, stats = directory / "source", directory / "stats"
    source.write_text("".join(c[0] + "\n" for c in group))
    command = [INGOT, "translate", "-m", MODEL, "-i", source, "--stats", stats, "-q", *BEAM]
    if glossary:
        terms = {k: v for c in group for k, v in c[2].items()}
        (directory / "terms.tsv").write_text("".join(f"{k}\t{v}\n" for k, v in terms.items()))
        command += ["--glossary", directory / "terms.tsv"]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return out.stdout.decode().split("\n")[:-1], json.loads(stats.read_text())


def score(directory, outputs, cases):
    for name, lines in ("hypothesis", outputs), ("reference", [c[1] for c in cases]):
        (directory / name).write_text("".join(line + "\n" for line in lines))
    command = [INGOT, "score", "bleu", "--reference", directory / "reference"]
    command += ["--hypothesis", directory / "hypothesis"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().strip()


def main():
    groups = grouped(read())
    cases = [c for group in groups for c in group]
    print(f"{len(cases)} lines, {sum(len(c[2]) for c in cases)} terms, {len(groups)} runs")
    seconds = {False: [0.0] * REPEATS, True: [0.0] * REPEATS}
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        for repeat in range(REPEATS):
            outputs = {False: [], True: []}
            told = 0
            for group in groups:
                for glossary in False, True:
                    lines, stats = translate(directory, group, glossary)
                    outputs[glossary] += lines
                    seconds[glossary][repeat] += stats["seconds"]
                    told += stats.get("missing_terms", 0)
        for glossary in False, True:
            pairs = [(v, o) for c, o in zip(cases, outputs[glossary]) for v in c[2].values()]
            exact = sum(v in o for v, o in pairs)
            any_case = sum(v.lower() in o.lower() for v, o in pairs)
            print("with the glossary" if glossary else "without")
            exact, any_case = 100 * exact / len(pairs), 100 * any_case / len(pairs)
            print(f"  terms: {exact:.1f} % as given, {any_case:.1f} % in any case")
            print(f"  {score(directory, outputs[glossary], cases)}")
            print(f"  {min(seconds[glossary]):.2f} s")
        times = min(seconds[True]) / min(seconds[False])
        print(f"time: {times:.2f} times; told as missing: {told}")


main()

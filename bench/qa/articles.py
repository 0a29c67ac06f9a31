#!/usr/bin/env python3
"""Writes the questions that models/qa-en is trained on and those that it is scored on:

    python articles.py SQUAD.json XQUAD.en.json FOLDER

Both files are of SQuAD's articles, so an article is on one side only, whichever file it stands in.
FOLDER/train.json has the questions with an answer of the articles that are not held out, and of
XQuAD's only articles that the other file lacks; FOLDER/test.json has those of the held-out articles
of both files."""
import json
import pathlib
import sys

HELD_OUT = {"Packet_switching", "Harvard_University", "Oxygen", "Black_Death", "Kenya",
            "Pharmacy", "Rhine", "Doctor_Who", "Prime_number", "Nikola_Tesla"}


def answerable(article):
    paragraphs = []
    for paragraph in article["paragraphs"]:
        questions = [q for q in paragraph["qas"] if q["answers"]]
        if questions:
            paragraphs.append({"context": paragraph["context"], "qas": questions})
    return {"title": article["title"], "paragraphs": paragraphs}


def main(squad, xquad, folder):
    squad, xquad = ([answerable(a) for a in json.load(open(path, encoding="utf-8"))["data"]]
                    for path in (squad, xquad))
    titles = {a["title"] for a in squad}
    articles = squad + [a for a in xquad if a["title"] not in titles]
    for name, held_out in (("train", False), ("test", True)):
        chosen = [a for a in articles if (a["title"] in HELD_OUT) == held_out]
        path = pathlib.Path(folder) / f"{name}.json"
        path.write_text(json.dumps({"version": "1.1", "data": chosen}, ensure_ascii=False),
                        encoding="utf-8")
        print(name, len(chosen), "articles,",
              sum(len(p["qas"]) for a in chosen for p in a["paragraphs"]), "questions")


main(*sys.argv[1:])

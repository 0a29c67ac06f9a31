#!/usr/bin/env python3
"""More pairs out of the pairs that exist, for what everyday sentences have too little of.

augment.py ENGLISH GERMAN OUT_ENGLISH OUT_GERMAN

The files are text, one sentence a line, .gz or not. The output holds every pair of the input and,
after them, pairs that are drawn from it with a fixed seed:
 - numbers that both sides have, with other digits, and digits in place of words for numbers;
 - names and other words to copy (codes, addresses, signs, letters of other languages) in place of
   Tom and Mary;
 - "and" written as &, pairs in capitals, without the last dot, in brackets of each kind;
 - two to four pairs on one line, joined by a space or a sign, and two as one sentence with "and".
"""
import gzip
import random
import re
import sys

draw = random.Random(1)
NUMBER = re.compile(r"\d+")
NAME = re.compile(r"\b(Tom|Mary|Maria)\b")
NUMBER_WORDS = [pair.split() for pair in (
    "two zwei", "three drei", "four vier", "five fünf", "six sechs", "seven sieben", "eight acht",
    "nine neun", "ten zehn", "twelve zwölf", "twenty zwanzig", "thirty dreißig")]
PLAIN = "a e i o u ei ie y ä ö ü é".split()
FOREIGN = "á à â ã å æ ç č ć ê ë ě ğ í ì î ï ı ł ñ ń ó ò ô õ ø œ ř š ş ś ú ù û ý ž ź ż".split()
SIGNS = ["{0}&{1}", "#{0}", "@{0}", "{0}@{1}.com", "{0}_{1}", "{0}*", "{0}+{1}", "{0}={1}", "<{0}>",
         "{0}/{1}", "[{0}]", "{{{0}}}", "{0}~{1}", "^{0}", "`{0}`", "{0}|{1}", "{0}\\{1}", "£{2}",
         "${2}", "{2} %", "§ {2}", "{0}…", "{0}-{2}", "{0}{2}", "https://www.{0}.org/{1}",
         "{0}:{2}"]
# Words that begin with a small letter within a sentence, in both languages.
BEGINNINGS = re.compile(r"(He|She|We|They|You|It|The|This|That|Is|Are|Do|What|Er|Sie|Wir|Du|Ihr|Es|"
                        r"Das|Die|Der|Dieser|Diese|Ist|Sind|Was|Bist|Hast|Mein|Meine|My|There)\b")


def lines(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f]


def digits(first, count):
    return first + "".join(draw.choice("0123456789") for _ in range(count))


def with_other_numbers(pair):
    """None where the sides' numbers are not the same."""
    left, right = (NUMBER.findall(side) for side in pair)
    if not left or sorted(left) != sorted(right):
        return None
    new = {n: digits("0" if n[0] == "0" else draw.choice("123456789"), len(n) - 1) for n in left}
    return tuple(NUMBER.sub(lambda m: new[m.group()], side) for side in pair)


def with_digits(pair):
    """A number in digits in place of the word for one; None where it is not one on both sides."""
    for words in NUMBER_WORDS:
        found = [re.findall(rf"\b{word}\b", side) for word, side in zip(words, pair)]
        if [len(f) for f in found] == [1, 1]:
            number = digits(draw.choice("123456789"), draw.choice((1, 1, 2, 2, 3, 4, 5, 6)))
            return tuple(re.sub(rf"\b{word}\b", number, side) for word, side in zip(words, pair))
    return None


def new_name():
    vowels = FOREIGN if draw.random() < 0.15 else PLAIN
    syllables = (draw.choice("bcdfghjklmnpqrstvwxyz") + draw.choice(vowels) +
                 draw.choice(["", "", "n", "r", "l", "s", "x", "ck"])
                 for _ in range(draw.choice((1, 2, 2, 3))))
    return "".join(syllables).capitalize()


def word_to_copy():
    if draw.random() < 0.8:
        return new_name()
    number = digits(draw.choice("123456789"), draw.randrange(4))
    word = draw.choice(SIGNS).format(new_name(), new_name(), number)
    return draw.choice((word, word, word.lower(), word.upper()))


def with_other_names(pair):
    left, right = (set(NAME.findall(side.replace("Maria", "Mary"))) for side in pair)
    if not left or left != right:
        return None
    new = {"Tom": word_to_copy(), "Mary": word_to_copy()}
    new["Maria"] = new["Mary"]
    return tuple(NAME.sub(lambda m: new[m.group()], side) for side in pair)


def with_ampersand(pair):
    """"and" as a sign; None where it does not occur once on both sides."""
    english, german = pair
    if english.count(" and ") != 1 or german.count(" und ") != 1:
        return None
    return english.replace(" and ", " & "), german.replace(" und ", " & ")


def with_and(first, second):
    """One sentence of two; None where the second's beginning may be a name or a noun."""
    if not all(BEGINNINGS.match(side) for side in second):
        return None
    a, b = ([side.rstrip(".!?") for side in first], [side[0].lower() + side[1:] for side in second])
    return f"{a[0]}, and {b[0]}", f"{a[1]}, und {b[1]}"


def alike(pair, change):
    return tuple(change(side) for side in pair)


def joined(pairs, between, end="."):
    """One line of several pairs; `end` is taken away from all but the last."""
    return tuple(between.join([side.rstrip(end) for side in sides[:-1]] + [sides[-1]])
                 for sides in zip(*pairs))


def drawn(pairs):
    """The pairs that are added."""
    def some(share):
        return draw.sample(pairs, int(share * len(pairs)))

    def groups(share, size):
        return zip(*(some(share) for _ in range(size)))

    for _ in range(4):
        yield from (with_other_numbers(p) for p in pairs)
    for _ in range(2):
        yield from (with_digits(p) for p in pairs)
    yield from (with_other_names(p) for p in some(0.3))
    yield from (with_ampersand(p) for p in some(0.5))
    yield from (alike(p, str.upper) for p in some(0.05))
    yield from (alike(p, lambda side: side.rstrip(".")) for p in some(0.02))
    for opening, closing in ("()", "[]", "{}", "“”", "«»", "<>"):
        yield from (alike(p, lambda side: opening + side + closing) for p in some(0.002))
    for size, share in ((2, 0.04), (3, 0.015), (4, 0.01)):
        yield from (joined(g, " ", end="") for g in groups(share, size))
    for between in ("; ", ": ", " - ", " – ", " … ", ", "):
        yield from (joined(g, between) for g in groups(0.004, 2))
    yield from (with_and(*g) for g in groups(0.3, 2))


def main(english, german, out_english, out_german):
    pairs = list(zip(lines(english), lines(german), strict=True))
    more = [p for p in drawn(pairs) if p]
    draw.shuffle(more)
    with (open(out_english, "w", encoding="utf-8") as en,
          open(out_german, "w", encoding="utf-8") as de):
        for a, b in pairs + more:
            print(a, file=en)
            print(b, file=de)
    print(f"{len(pairs)} pairs, {len(more)} more")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])

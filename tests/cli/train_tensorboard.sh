#!/usr/bin/env bash
# Event files of TensorBoard say what metrics.jsonl says, also of a run that was stopped or killed
# and went on. They are read by the formats of TFRecord and Protocol Buffers alone.
. "$INGOT_SOURCE/tests/cli/common.bash"
command -v python3 >/dev/null || { echo "python3 is missing: skipped" && exit 77; }
cat >events.py <<'END'
import glob, json, struct, sys

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF

assert crc32c(b"123456789") == 0xE3069283  # the check value of the catalogue of CRCs

def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

def records(path):
    data, at = open(path, "rb").read(), 0
    while len(data) - at >= 12:
        size, check = struct.unpack_from("<QI", data, at)
        assert check == masked(data[at:at + 8]), "the length's checksum"
        if len(data) - at < 16 + size:
            return  # a record that a kill has cut off
        record = data[at + 12:at + 12 + size]
        assert struct.unpack_from("<I", data, at + 12 + size)[0] == masked(record), "checksum"
        yield record
        at += 16 + size

def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at

def fields(data):
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if kind == 2:
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found

def shown(folder):
    """{tag: [(step, value)]}, as a reader that heeds the starts of sessions sees it."""
    tags = {}
    for path in sorted(glob.glob(folder + "/events.out.tfevents.*")):
        for number, record in enumerate(records(path)):
            event = fields(record)
            assert struct.unpack("<d", event[1][0])[0] > 1e9
            step = event.get(2, [0])[0]
            if number == 0:
                assert event[3] == [b"brain.Event:2"]
            if 7 in event and fields(event[7][0])[1] == [1]:
                for points in tags.values():
                    points[:] = [p for p in points if p[0] < step]
            for value in [fields(v) for v in fields(event[5][0])[1]] if 5 in event else []:
                number_or_text = (struct.unpack("<f", value[2][0])[0] if 2 in value
                                  else fields(value[8][0])[8][0].decode())
                tags.setdefault(value[1][0].decode(), []).append((step, number_or_text))
    return tags

tags, wanted = shown(sys.argv[1]), {}
for line in map(json.loads, open(sys.argv[1] + "/metrics.jsonl")):
    part = "valid/" if "valid_loss" in line else "train/"
    for key, value in line.items():
        if key not in ("update", "best", "samples", "compute"):
            wanted.setdefault(part + key.replace("valid_", ""), []).append((line["update"], value))
texts = tags.pop("valid/samples", [])
assert sorted(tags) == sorted(wanted), (sorted(tags), sorted(wanted))
for tag, points in wanted.items():
    assert [p[0] for p in tags[tag]] == [p[0] for p in points], (tag, tags[tag], points)
    for (_, found), (_, value) in zip(tags[tag], points):
        assert abs(found - value) <= 1e-6 * abs(value), (tag, found, value)
assert [step for step, _ in texts] == [step for step, _ in wanted["valid/bleu"]]
assert texts[-1][1].startswith("| source | reference | output |\n|---|---|---|\n| "), texts[-1]
END
digits 40 9 v.src && reversed v.src >v.trg
keys=("log_every: 2" "validate_every: 6" "tensorboard: true")
toy whole 20 "${keys[@]}"
sed -i 's/^data:/data:\n  valid: {source: v.src, target: v.trg}/' toy.yml
expect 0 "$INGOT" train toy.yml -q
expect 0 python3 events.py whole
[ "$(find whole -name 'events.out.tfevents.*' | wc -l)" -eq 1 ] || fail "$(ls whole)"

# Stopped between two saves, and gone on with: a second file, and no update twice. What is told of
# updates that are done again is what a killed process leaves.
sed 's/output: whole/output: parts/' toy.yml >parts.yml
expect 0 "$INGOT" train parts.yml -q --set train.updates=11
cp parts/metrics.jsonl early && cp parts/events.out.* early.events
expect 0 "$INGOT" train parts.yml -q --set train.updates=13
rm -rf again && cp -r parts again
expect 0 "$INGOT" train parts.yml -q
expect 0 python3 events.py parts
[ "$(find parts -name 'events.out.tfevents.*' | wc -l)" -eq 3 ] || fail "$(ls parts)"
grep -v '"seconds"' whole/metrics.jsonl | grep -v '"update":1[13],' >a
grep -v '"seconds"' parts/metrics.jsonl | grep -v '"update":1[13],' >b
same a b

# A record that is cut off, in a file that a killed process left, harms nobody.
last=$(find again -name 'events.out.tfevents.*' | sort | tail -n 1)
head -c "$(($(wc -c <"$last") - 7))" "$last" >cut && cp cut "$last"
sed 's/output: whole/output: again/' toy.yml >again.yml
expect 0 "$INGOT" train again.yml -q
expect 0 python3 events.py again

# Negative controls: another value, and a missing checksum, are found.
cp -r whole other && sed -i 's/"bleu":/"bleu":1/' other/metrics.jsonl
expect 1 python3 events.py other && has err 'valid/bleu'
cp -r whole torn && file=$(find torn -name 'events.out.tfevents.*')
printf 'x' | dd of="$file" bs=1 seek=20 conv=notrunc 2>/dev/null
expect 1 python3 events.py torn && has err 'checksum'

# Without the key there are none; the statistics may not take the place of one.
expect 0 "$INGOT" train toy.yml -q --set train.output=plain --set train.tensorboard=false
! ls plain | grep -q events || fail "event files that nobody asked for"
expect 1 "$INGOT" train toy.yml -q --stats "$(find whole -name 'events.out.*')" &&
  has err 'the statistics would replace'

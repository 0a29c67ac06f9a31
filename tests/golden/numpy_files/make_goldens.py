#!/usr/bin/env python3
"""Makes the archives of arrays in this folder, and expected.txt: what numpy reads of each.

A line of expected.txt: FILE NAME DTYPE [SHAPE] HASH (FNV-1a, 64 bits, of the little-endian bytes in
the order of the array's indices), or FILE REFUSED: PART OF THE MESSAGE. Written with numpy 2."""

import io
import zipfile

import numpy as np

DTYPES = {"float32": "F32", "float16": "F16", "float64": "F64", "int64": "I64", "int32": "I32",
          "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16",
          "uint8": "U8", "bool": "BOOL", "complex64": "C64"}
lines = []


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def expect(name, arrays):
    for key, a in sorted(arrays.items(), key=lambda item: item[0].encode()):
        shape = ",".join(str(n) for n in a.shape)
        data = np.ascontiguousarray(a.astype(a.dtype.newbyteorder("<"))).tobytes()
        lines.append(f"{name} {key} {DTYPES[a.dtype.name]} [{shape}] {fnv(data):016x}")


def write(name, header, data):
    """An array with a header of our own."""
    text = header.encode() + b"\n"
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr(zipfile.ZipInfo("w.npy"), b"\x93NUMPY\x01\x00" +
                         len(text).to_bytes(2, "little") + text + data)


def save(name, arrays, method=zipfile.ZIP_STORED):
    """np.savez, with the same bytes each time."""
    with zipfile.ZipFile(name, "w", method) as archive:
        for key, a in arrays.items():
            out = io.BytesIO()
            np.lib.format.write_array(out, a, allow_pickle=True)
            info = zipfile.ZipInfo(key + ".npy")
            info.compress_type = method
            archive.writestr(info, out.getvalue())


draw = np.random.default_rng(1)
plain = {name: draw.integers(0, 2 if name == "bool" else 100, 6).astype(name) for name in DTYPES}
plain |= {"scalar": np.float32(2.5).reshape(()), "empty": np.zeros((0, 3), np.float32),
          "special:model.yml": np.frombuffer(b"type: x\0", np.int8),
          "three": draw.standard_normal((2, 3, 4)).astype(np.float32)}
plain["columns"] = np.asfortranarray(draw.standard_normal((3, 5)).astype(np.float32))
plain["big"] = draw.standard_normal((2, 3)).astype(">f8")
plain["bigger"] = (draw.standard_normal(4) * 1j).astype(">c8")
save("plain.npz", plain)
expect("plain.npz", plain)
save("deflated.npz", plain, zipfile.ZIP_DEFLATED)
expect("deflated.npz", plain)

F4 = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"
write("compact.npz", "{'shape':(2,),'descr':'<f4','fortran_order':False}", b"\0\0\x80?\0\0\0@")
expect("compact.npz", {"w": np.array([1, 2], np.float32)})

REFUSED = {
    "objects": ("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", "array of type '|O'"),
    "text": ("{'descr': '<U4', 'fortran_order': False, 'shape': (2,)}", "array of type '<U4'"),
    "record": ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "descr"),
    "code": ("{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,)}", "descr"),
    "short": (F4.replace("(2,)", "(3,)"), "8 bytes of values, expected 12"),
    "huge": (F4.replace("(2,)", "(5000000000,)"), "8 bytes of values, expected 20000000000"),
    "overflow": (F4.replace("(2,)", "(4611686018427387905,4)"), "8 bytes of values"),
    "wide": (F4.replace("(2,)", "(18446744073709551617,)"), "shape: too large"),
    "negative": (F4.replace("(2,)", "(-2,)"), "shape"),
    "rank": (F4.replace("(2,)", "(1,1,1,1,1,1,1,1,2)"), "rank above 8"),
    "twice": (F4.replace("{", "{'shape': (2,), "), "once each"),
    "missing": ("{'descr': '<f4', 'shape': (2,)}", "fortran_order"),
    "more": (F4 + "{", "no more"),
    "nothing": ("", "expected '{'"),
}
for name, (header, part) in REFUSED.items():
    write(name + ".npz", header, bytes(8))
    lines.append(f"{name}.npz REFUSED: {part}")
with zipfile.ZipFile("other.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("readme.txt"), b"x")
lines.append("other.npz REFUSED: readme.txt: expected members NAME.npy only")
with zipfile.ZipFile("cut.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("w.npy"), b"\x93NUMPY\x01\x00\xff\xff")
lines.append("cut.npz REFUSED: no array of numpy")
# A megabyte of zeros is 1 kB deflated; its header says 10 GB.
with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    text = F4.replace("(2,)", "(2500000000,)").encode()
    info = zipfile.ZipInfo("w.npy")
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text +
                     bytes(1 << 20))
lines.append("bomb.npz REFUSED: 1048576 bytes of values, expected 10000000000")
# The same, and the archive says so too, which its bytes cannot pay for.
data = bytearray(open("bomb.npz", "rb").read())
size = ((1 << 20) + 10 + len(text)).to_bytes(4, "little")
claimed = (4_000_000_000).to_bytes(4, "little")
assert data.count(size) == 2
open("claim.npz", "wb").write(data.replace(size, claimed))
lines.append("claim.npz REFUSED: w.npy")
with open("expected.txt", "w") as f:
    f.write("\n".join(lines) + "\n")

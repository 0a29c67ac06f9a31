#!/usr/bin/env python3
"""Makes the files of torch.save in this folder, and expected.txt: what torch.load reads of each.

A line of expected.txt: FILE NAME DTYPE [SHAPE] HASH (FNV-1a, 64 bits, of the little-endian bytes in
the order of the tensor's indices), or FILE REFUSED: PART OF THE MESSAGE. Written with PyTorch 2.13.
"""

import json
import os
import zipfile

import torch

DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
          torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
          torch.uint8: "U8", torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64",
          torch.bool: "BOOL", torch.complex64: "C64", torch.float8_e4m3fn: "F8_E4M3",
          torch.float8_e5m2: "F8_E5M2"}
lines = []


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def data_of(tensor):
    flat = tensor.detach().contiguous().clone().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def expect(name, state):
    for key, t in sorted(state.items(), key=lambda item: item[0].encode()):
        shape = ",".join(str(n) for n in t.shape)
        lines.append(f"{name} {key} {DTYPES[t.dtype]} [{shape}] {fnv(data_of(t)):016x}")


def save(name, saved, state=None):
    for form, new in (("zip", True), ("old", False)):
        if form == "old" and name == "untyped":
            continue  # torch writes such files, and cannot read them
        path = f"{name}.{form}.bin"
        torch.save(saved, path, _use_new_zipfile_serialization=new)
        expect(path, state or torch.load(path, weights_only=False))


def rezip(source, target, method, change=lambda name, data: data, leave_out=()):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", method) as new:
        for member in old.namelist():
            if os.path.basename(member) not in leave_out:
                info = zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0))
                info.compress_type = method
                new.writestr(info, change(member, old.read(member)))


def swapped(name, data):
    if name.endswith("byteorder"):
        return b"big"
    return data[::-1] if "/data/" in name else data


torch.manual_seed(1)
base = torch.randn(6, 8)
shared = torch.randn(5, 4)
plain = {
    "transposed": base.t(), "sliced": base[1:5:2, 2:7:3], "row": base[3],
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 3), "one": torch.randn(1, 1, 7), "shared.weight": shared,
    "tied.weight": shared, "permuted": torch.randn(2, 3, 4).permute(2, 0, 1),
    "half": torch.randn(9).half(), "bf": torch.randn(3, 3).bfloat16().t(),
    "double": torch.randn(2).double(),
    "i64": torch.tensor([-1, 2**40]), "i32": torch.tensor([-5], dtype=torch.int32),
    "i16": torch.tensor([-300, 7], dtype=torch.int16), "i8": torch.tensor([-128], dtype=torch.int8),
    "u8": torch.tensor([255, 0], dtype=torch.uint8), "bool": torch.tensor([True, False]),
    "complex": torch.randn(2, dtype=torch.complex64),
    "parameter": torch.nn.Parameter(torch.randn(3)),
    "näme.ü": torch.randn(2)}
save("plain", plain)
save("untyped", {"f8": torch.randn(4).to(torch.float8_e4m3fn),
                 "f8b": torch.randn(4).to(torch.float8_e5m2),
                 "u16": torch.tensor([65535, 1], dtype=torch.uint16),
                 "u32": torch.tensor([2**32 - 1], dtype=torch.uint32)})
layer = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
optimizer = torch.optim.Adam(layer.parameters())
layer(torch.randn(4, 3)).square().sum().backward()
optimizer.step()
save("checkpoint", {"epoch": 3, "model_state_dict": layer.state_dict(), "loss": 0.5,
                    "optimizer_state_dict": optimizer.state_dict()}, layer.state_dict())
save("wrapped", {"module." + k: v for k, v in layer.state_dict().items()}, layer.state_dict())
save("lightning", {"state_dict": layer.state_dict(),
                   "hyper_parameters": {"lr": 0.1, "names": ["a", ("b",)]},
                   "best": torch.tensor(0.25)}, layer.state_dict())

with_order = {k: v for k, v in plain.items() if v.dtype == torch.float32 and k in ("scalar", "one")}
torch.save(with_order, "tmp.bin")
rezip("tmp.bin", "big_endian.zip.bin", zipfile.ZIP_STORED, lambda n, d: swapped(n, d))
expect("big_endian.zip.bin", {"scalar": with_order["scalar"], "one": with_order["one"].flip(2)})
rezip("plain.zip.bin", "deflated.zip.bin", zipfile.ZIP_DEFLATED)
expect("deflated.zip.bin", plain)
rezip("plain.zip.bin", "bare.zip.bin", zipfile.ZIP_STORED,
      leave_out=("byteorder", "serialization_id", ".format_version", ".storage_alignment"))
expect("bare.zip.bin", plain)
os.remove("tmp.bin")

os.makedirs("sharded", exist_ok=True)
shards = {"pytorch_model-00001-of-00002.bin": {"a": base, "b": base[0]},
          "pytorch_model-00002-of-00002.bin": {"c": shared}}
for name, state in shards.items():
    torch.save(state, "sharded/" + name)
with open("sharded/pytorch_model.bin.index.json", "w") as f:
    weight_map = {k: n for n, s in shards.items() for k in s}
    json.dump({"metadata": {"total_size": 1}, "weight_map": weight_map}, f)
expect("sharded", {"a": base, "b": base[0], "c": shared})

REFUSED = {
    "expanded": ({"w": torch.zeros(1).expand(1000, 1000)}, "expanded tensor"),
    "conjugated": ({"w": torch.randn(2, dtype=torch.complex64).conj()}, "conjugation"),
    "sparse": ({"w": torch.eye(3).to_sparse()}, "torch._utils._rebuild_sparse_tensor"),
    "quantised": ({"w": torch.quantize_per_tensor(torch.randn(2), 0.1, 0, torch.qint8)},
                  "torch._utils._rebuild_qtensor"),
    "module": (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
    "number": ({"w": torch.zeros(2), "version": 3}, "version: expected a tensor, found a number"),
    "texts": ({"a": "b"}, "no dict of tensors"),
    "tensor": (torch.zeros(3), "no dict of tensors"),
    "rank": ({"w": torch.zeros([1] * 9)}, "rank 9"),
    "long": ({"w": torch.zeros(1), "n": 2**3000}, "LONG4"),
}
for name, (saved, part) in REFUSED.items():
    for form, new in (("zip", True), ("old", False)):
        path = f"{name}.{form}.bin"
        torch.save(saved, path, _use_new_zipfile_serialization=new)
        lines.append(f"{path} REFUSED: {part}")

torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), "script.zip.bin")
lines.append("script.zip.bin REFUSED: TorchScript")
with open("expected.txt", "w") as f:
    f.write("\n".join(lines) + "\n")

# The model of ../marian_tiny in the form before PyTorch 1.6, as a checkpoint.
from safetensors.torch import load_file  # noqa: E402

torch.save({"epoch": 1, "model_state_dict": load_file("../marian_tiny/model.safetensors")},
           "model/pytorch_model.bin", _use_new_zipfile_serialization=False)

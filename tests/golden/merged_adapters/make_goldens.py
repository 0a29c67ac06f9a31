"""Adapters as PEFT saves them, and what its merge_and_unload makes of their models: python
make_goldens.py [FOLDER]

NAME/: an adapter. bart_tiny of the folder beside is the model of all but those whose models are
written here: convolutions/ and gpt2/. merged/NAME.safetensors: the tensors of the merged model
that differ from the model's; merged/A+B.safetensors: those after merging A, loading B and merging
it too.
"""

import pathlib, shutil, sys
import peft, torch, transformers as t
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
BART = pathlib.Path(__file__).parent.parent / "bart_tiny"
LAYERS = ["q_proj", "v_proj", "fc1"]
CASES = {
    "embeddings": ("bart", dict(target_modules=["shared", "fc1"])),
    "dora": ("bart", dict(target_modules=["fc2", "shared", "k_proj"], use_dora=True)),
    "all_biases": ("bart", dict(target_modules=LAYERS, bias="all")),
    "lora_bias": ("bart", dict(target_modules=LAYERS, lora_bias=True, use_rslora=True)),
    "whole": (
        "bart",
        dict(target_modules=LAYERS, modules_to_save=["fc2", "self_attn_layer_norm"],
             bias="lora_only"),
    ),
    "tokens": (
        "bart",
        dict(target_modules=["q_proj"], trainable_token_indices={"shared": [40, 3, 60]}),
    ),
    "patterns": (
        "bart",
        dict(target_modules=LAYERS, alpha_pattern={r"(en|de)coder\.layers\.\d+\.fc1": 3},
             rank_pattern={r".*self_attn\.[qv]_proj": 1, r"decoder.*fc1": 3}),
    ),
    "convolutions": ("convolutions", dict(target_modules=["wide", "long", "small"])),
    "dora_convolutions": (
        "convolutions",
        dict(target_modules=["wide", "long", "small"], use_dora=True),
    ),
    "dora_gpt2": (
        "gpt2",
        dict(target_modules=["c_attn", "c_proj", "wte"], use_dora=True, fan_in_fan_out=True),
    ),
}
CHAINS = ["dora+whole", "embeddings+tokens", "all_biases+lora_bias", "patterns+dora+embeddings"]


class Convolutions(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.wide = torch.nn.Conv2d(3, 5, (3, 2))
        self.small = torch.nn.Conv2d(4, 3, 1)
        self.long = torch.nn.Conv1d(2, 6, 3)


def base_of(kind):
    torch.manual_seed(5)
    if kind == "bart":
        return t.AutoModelForSeq2SeqLM.from_pretrained(BART)
    if kind == "convolutions":
        return Convolutions()
    return t.GPT2LMHeadModel(t.GPT2Config(vocab_size=13, n_positions=8, n_embd=8, n_layer=1,
                                          n_head=2))


def save_base(kind):
    model, out = base_of(kind), HERE / f"{kind}_model"
    out.mkdir(parents=True, exist_ok=True)
    if kind == "gpt2":
        model.save_pretrained(out)
        (out / "generation_config.json").unlink(missing_ok=True)
    else:
        save_file(model.state_dict(), out / "model.safetensors")
        (out / "config.json").write_text('{"model_type": "convolutions"}\n')


def make_adapter(name, kind, options):
    base = base_of(kind)
    model = peft.get_peft_model(base, peft.LoraConfig(r=2, lora_alpha=5, **options))
    torch.manual_seed(sorted(CASES).index(name) + 1)
    for key, w in model.named_parameters():
        if w.requires_grad:
            w.data += 0.2 * torch.randn_like(w)
    model.peft_config["default"].base_model_name_or_path = kind
    model.save_pretrained(HERE / name)
    (HERE / name / "README.md").unlink(missing_ok=True)


def write_merged(chain, kind):
    model = base_of(kind)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    for name in chain.split("+"):
        model = peft.PeftModel.from_pretrained(model, HERE / name).merge_and_unload()
    changed = {k: v.contiguous() for k, v in model.state_dict().items()
               if not torch.equal(v, before[k])}
    # Embeddings that are tied are saved once.
    shared = changed.get("model.shared.weight")
    for k in [k for k in changed if k.endswith("embed_tokens.weight") or k == "lm_head.weight"]:
        if shared is not None and torch.equal(changed[k], shared):
            del changed[k]
    if kind == "gpt2" and "lm_head.weight" in changed:
        del changed["lm_head.weight"]
    save_file({k: v.clone() for k, v in changed.items()}, HERE / "merged" / f"{chain}.safetensors")


torch.set_num_threads(1)
shutil.rmtree(HERE / "merged", ignore_errors=True)
(HERE / "merged").mkdir(parents=True)
with torch.no_grad():
    for kind in "convolutions", "gpt2":
        save_base(kind)
    for name, (kind, options) in CASES.items():
        make_adapter(name, kind, options)
        write_merged(name, kind)
    for chain in CHAINS:
        write_merged(chain, "bart")

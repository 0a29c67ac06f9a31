"""LoRA adapters of the small models in tests/golden/*_tiny, as PEFT saves them, and what PEFT and
transformers 5.23 do with each: python make_goldens.py [FOLDER of all goldens]

adapters/FAMILY: adapter_config.json, adapter_model.safetensors, source.ids, and of the model with
the adapter greedy.ids, beam4.ids and log_probs.txt (of the tokens of greedy.ids).
"""

import pathlib, sys
import peft, torch, transformers as t

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
BART = dict(target_modules=["q_proj", "v_proj", "fc1", "out_proj"], alpha_pattern={"fc1": 6})
FAMILIES = {
    "marian": BART,
    "bart": BART,
    "m2m_100": BART | dict(use_rslora=True, rank_pattern={"fc1": 3}),
    # A head of its own, and a gated feed-forward.
    "t5_v1_1": dict(target_modules=["q", "o", "wi_0", "wo", "lm_head"]),
}


def rows_of(model, sentences, beams):
    for s in sentences:
        ids = model.generate(
            input_ids=torch.tensor([s]),
            attention_mask=torch.ones(1, len(s), dtype=torch.long),
            do_sample=False,
            max_length=33,
            num_beams=beams,
        )[0].tolist()[1:]
        while ids and ids[-1] == model.config.pad_token_id:
            ids.pop()
        yield ids


def write_log_probs(model, sentences, rows, path):
    with open(path, "w") as f:
        for s, row in zip(sentences, rows):
            x, y = torch.tensor([s]), torch.tensor([row])
            start = torch.full((1, 1), model.config.decoder_start_token_id)
            logits = model(
                input_ids=x,
                attention_mask=torch.ones_like(x),
                decoder_input_ids=torch.cat([start, y[:, :-1]], 1),
            ).logits
            lp = logits.log_softmax(-1)
            f.write(" ".join(f"{lp[0, i, v]:.6f}" for i, v in enumerate(row)) + "\n")


def make(family, options):
    tiny, out = ROOT / f"{family}_tiny", ROOT / "adapters" / family
    torch.manual_seed(3)
    base = t.AutoModelForSeq2SeqLM.from_pretrained(tiny).eval()
    model = peft.get_peft_model(base, peft.LoraConfig(r=2, lora_alpha=5, **options)).eval()
    with torch.no_grad():
        for name, w in model.named_parameters():
            if "lora_B" in name:
                w.copy_(0.15 * torch.randn_like(w))
    model.peft_config["default"].base_model_name_or_path = tiny.name
    model.save_pretrained(out)
    (out / "README.md").unlink(missing_ok=True)
    lines = (tiny / "source.ids").read_text().splitlines()
    sentences = [[int(x) for x in line.split()] for line in lines]
    (out / "source.ids").write_text("".join(line + "\n" for line in lines))
    for name, beams in ("greedy.ids", 1), ("beam4.ids", 4):
        rows = list(rows_of(model, sentences, beams))
        (out / name).write_text("".join(" ".join(map(str, r)) + "\n" for r in rows))
        if beams == 1:
            write_log_probs(model, sentences, rows, out / "log_probs.txt")


torch.set_num_threads(1)
with torch.no_grad():
    for family, options in FAMILIES.items():
        make(family, options)

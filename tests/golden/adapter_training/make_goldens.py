#!/usr/bin/env python3
"""Ten updates of LoRA and DoRA adapters by PEFT.

    python tests/golden/adapter_training/make_goldens.py

The models are those of other goldens. NAME/ is the adapter before the updates, saved by PEFT with
a random B, so that no gradient is zero; cases.json says how it is trained; NAME.safetensors has all
of its tensors after the updates, and the losses and norms of the gradients before clipping. Made
with PEFT 0.21, transformers 5.23 and torch 2.13, in float64."""
import json
import pathlib
import shutil

import peft
import torch
import transformers as t
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
# A large eps: Adam makes whole steps of gradients that are nothing but rounding where eps is below
# them.
UPDATES, RATE, EPS = 10, 0.01, 1e-3

CASES = {
    "marian_lora": dict(model="marian_tiny", r=3, lora_alpha=6, target_modules=["q_proj", "v_proj"],
                        optimizer="adam", weight_decay=0, clip_norm=0),
    "marian_dora": dict(model="marian_tiny", r=2, lora_alpha=5, use_dora=True,
                        target_modules=["k_proj", "fc1", "out_proj"],
                        optimizer="adamw", weight_decay=0.1, clip_norm=0.5),
    "bart_lora": dict(model="bart_tiny", r=4, lora_alpha=4, use_rslora=True,
                      target_modules=["v_proj", "fc2"], rank_pattern={"fc2": 2},
                      alpha_pattern={"fc2": 3}, optimizer="adamw", weight_decay=0.1, clip_norm=0.5),
    "bart_dora": dict(model="bart_tiny", r=2, lora_alpha=8, use_dora=True,
                      target_modules=["q_proj", "v_proj"], optimizer="adam", weight_decay=0,
                      clip_norm=0),
    "t5_lora": dict(model="t5_tiny", r=2, lora_alpha=4, target_modules=["q", "v", "wi"],
                    optimizer="adam", weight_decay=0, clip_norm=0.5),
    "t5_dora": dict(model="t5_tiny", r=2, lora_alpha=4, use_dora=True, target_modules=["v", "wo"],
                    optimizer="adam", weight_decay=0, clip_norm=0),
}
OF_TRAINING = "model", "optimizer", "weight_decay", "clip_norm"


def batch_of(config):
    generator = torch.Generator().manual_seed(5)
    draw = lambda n: torch.randint(3, min(config.vocab_size, 50), (n,), generator=generator)
    return [draw(n) for n in (5, 3, 7)], [draw(n) for n in (4, 6, 2)]


def loss_of(model, batch):
    loss, start = 0, torch.tensor([model.config.decoder_start_token_id])
    for source, target in zip(*batch):
        logits = model(input_ids=source[None],
                       decoder_input_ids=torch.cat([start, target[:-1]])[None]).logits[0]
        loss = loss + torch.nn.functional.cross_entropy(logits, target, reduction="sum")
    return loss / sum(len(target) for target in batch[1])


def adapted(case):
    base = t.AutoModelForSeq2SeqLM.from_pretrained(HERE.parent / case["model"], dtype=torch.float32)
    settings = {key: value for key, value in case.items() if key not in OF_TRAINING}
    torch.manual_seed(7)
    model = peft.get_peft_model(base, peft.LoraConfig(**settings))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.2)
            if "lora_magnitude" in name:
                weight.mul_(1 + 0.3 * torch.rand(weight.shape))
    return model


def tensors_of(model):
    return {name: weight.float() for name, weight in peft.get_peft_model_state_dict(model).items()}


def run(name, case):
    model = adapted(case)
    shutil.rmtree(HERE / name, ignore_errors=True)
    model.peft_config["default"].base_model_name_or_path = case["model"]
    model.save_pretrained(HERE / name)
    (HERE / name / "README.md").unlink(missing_ok=True)
    model = model.double().eval()
    batch = batch_of(model.config)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    kind = torch.optim.AdamW if case["optimizer"] == "adamw" else torch.optim.Adam
    optimizer = kind(trained, lr=RATE, betas=(0.9, 0.98), eps=EPS,
                     weight_decay=case["weight_decay"])
    losses, norms = [], []
    for _ in range(UPDATES):
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trained, case["clip_norm"] or 1e30))
        optimizer.step()
        losses.append(loss.detach())
    out = tensors_of(model)
    out |= dict(losses=torch.stack(losses).float(), norms=torch.stack(norms).float())
    save_file(out, HERE / f"{name}.safetensors")
    return case | dict(start=model.config.decoder_start_token_id,
                       source=[ids.tolist() for ids in batch[0]],
                       target=[ids.tolist() for ids in batch[1]])


cases = {name: run(name, case) for name, case in CASES.items()}
(HERE / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")

"""A small seeded, barely trained MarianMT model and what transformers 5.23 generates with it:
python make_goldens.py [DIR]

source.ids: source token ids, one sentence a line. greedy.ids, beam4.ids: target ids with the end
token. nbest.ids: the 3 best of beam 5 with length penalty 0.6 and no repeated bigram.
log_probs.txt: log-probability of each token of greedy.ids.
"""

import pathlib, sys
import torch, transformers as t

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
V, PAD = 61, 60
torch.manual_seed(4)
config = t.MarianConfig(
    vocab_size=V,
    decoder_vocab_size=V,
    d_model=16,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=2,
    decoder_attention_heads=4,
    encoder_ffn_dim=32,
    decoder_ffn_dim=24,
    max_position_embeddings=64,
    dropout=0.0,
    activation_function="swish",
    scale_embedding=True,
    pad_token_id=PAD,
    decoder_start_token_id=PAD,
    eos_token_id=0,
    forced_eos_token_id=0,
    bos_token_id=None,
    init_std=0.2,
)
model = t.MarianMTModel(config)
g = torch.Generator().manual_seed(5)
model.final_logits_bias.copy_(0.2 * torch.randn(model.final_logits_bias.shape, generator=g))
model.final_logits_bias[0, PAD] = -30.0
# A little training on "reverse the sentence", so that the model is undecided in interesting ways.
optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
for step in range(400):
    n = 2 + step % 9
    x = torch.randint(1, PAD, (64, n), generator=g)
    end = torch.zeros(64, 1, dtype=torch.long)
    loss = model(input_ids=torch.cat([x, end], 1), labels=torch.cat([x.flip(1), end], 1)).loss
    optimizer.zero_grad(), loss.backward(), optimizer.step()
torch.set_grad_enabled(False)
model.eval()
model.save_pretrained(OUT)

sentences = [
    [torch.randint(1, PAD, (1,), generator=g).item() for _ in range(n)] + [0]
    for n in [1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 20, 30] * 2
]
(OUT / "source.ids").write_text("".join(" ".join(map(str, s)) + "\n" for s in sentences))


def strip(ids):
    ids = ids.tolist()[1:]
    while ids and ids[-1] == PAD:
        ids.pop()
    return ids


def write(name, **options):
    with open(OUT / name, "w") as f:
        for s in sentences:
            ids = torch.tensor([s])
            for row in model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, max_length=33, **options
            ):
                f.write(" ".join(map(str, strip(row))) + "\n")


write("greedy.ids", num_beams=1)
write("beam4.ids", num_beams=4)
write("nbest.ids", num_beams=5, num_return_sequences=3, length_penalty=0.6, no_repeat_ngram_size=2)
with open(OUT / "log_probs.txt", "w") as f:
    for s, line in zip(sentences, (OUT / "greedy.ids").read_text().splitlines()):
        y = torch.tensor([[int(x) for x in line.split()]])
        start = torch.full((1, 1), PAD)
        lp = model(
            input_ids=torch.tensor([s]), decoder_input_ids=torch.cat([start, y[:, :-1]], 1)
        ).logits.log_softmax(-1)
        f.write(" ".join(f"{lp[0, i, v]:.6f}" for i, v in enumerate(y[0].tolist())) + "\n")

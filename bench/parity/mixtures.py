#!/usr/bin/env python3
"""What a mixture of copies of one model computes before its routers are trained, in the two
encoder-decoders of transformers that have routers:

    python bench/parity/mixtures.py

Each feed-forward layer of a small random dense model becomes the experts of a sparse one. A mixture
of equal experts should compute what the dense model does. Printed is the largest difference of
logits over the largest logit, for routers of zeros and for random ones:
docs/decisions/mixtures-of-experts.md."""
import re

import torch
import transformers as t

SIZES = dict(vocab_size=64, d_model=16, encoder_layers=2, decoder_layers=2,
             encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
             decoder_ffn_dim=32, dropout=0, attention_dropout=0, activation_dropout=0,
             encoder_layerdrop=0, decoder_layerdrop=0, max_position_embeddings=32)
T5 = dict(vocab_size=64, d_model=16, d_kv=4, d_ff=32, num_layers=2, num_decoder_layers=2,
          num_heads=2, decoder_start_token_id=0, dropout_rate=0, feed_forward_proj="relu")


def copy(dense, sparse, names):
    """Every tensor of the sparse model but its routers, from the dense one."""
    state, own = sparse.state_dict(), dense.state_dict()
    for name in state:
        if ".router." in name:
            continue
        source = name
        for pattern, text in names:
            source = re.sub(pattern, text, source)
        assert own[source].shape == state[name].shape, name
        state[name] = own[source].clone()
    sparse.load_state_dict(state)


def compare(what, dense, sparse):
    draw = torch.Generator().manual_seed(1)
    source, target = (torch.randint(1, 64, (1, n), generator=draw) for n in (9, 7))
    for kind in ("zeros", "random"):
        with torch.no_grad():
            for name, value in sparse.state_dict().items():
                if ".router." in name:
                    value.normal_(generator=draw) if kind == "random" else value.zero_()
            a, b = (model.eval()(input_ids=source, decoder_input_ids=target).logits
                    for model in (dense, sparse))
        print(f"{what},{kind},{((a - b).abs().max() / a.abs().max()).item():.2g}")


def main():
    print("mixture,router,difference")
    torch.manual_seed(0)
    for experts in (2, 4):
        dense = t.T5ForConditionalGeneration(t.T5Config(**T5))
        sparse = t.SwitchTransformersForConditionalGeneration(t.SwitchTransformersConfig(
            **T5, num_sparse_encoder_layers=2, num_sparse_decoder_layers=2, num_experts=experts,
            expert_capacity=1000))
        copy(dense, sparse, [(r"\.mlp\.experts\.expert_\d+\.", ".DenseReluDense."),
                             (r"\.mlp\.", ".DenseReluDense.")])
        compare(f"Switch of {experts} T5", dense, sparse)
    for dropped in (0.2, 0.0):
        dense = t.M2M100ForConditionalGeneration(t.M2M100Config(**SIZES))
        sparse = t.NllbMoeForConditionalGeneration(t.NllbMoeConfig(
            **SIZES, num_experts=2, encoder_sparse_step=1, decoder_sparse_step=1,
            expert_capacity=1000, moe_token_dropout=dropped))
        copy(dense, sparse, [(r"\.ffn\.experts\.expert_\d+\.", "."), (r"\.ffn\.", "."),
                             (r"\.ff_layer_norm", ".final_layer_norm"),
                             ("cross_attention", "encoder_attn")])
        compare(f"NLLB-MoE of 2 M2M-100 with moe_token_dropout {dropped}", dense, sparse)


main()

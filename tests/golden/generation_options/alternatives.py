"""Alternatives at a position as transformers' generate gives them: the likeliest tokens after a
prefix, each forced and completed. For make_goldens.py and bench/parity/alternatives.py."""

import torch


def alternatives(model, source, prefix, count, most, **options):
    """[(score, ids)] of `count` texts that begin with prefix, at most `most` tokens with it;
    options are those of generate, length_penalty among them. ids have the end, and no padding."""
    ids = torch.tensor([source])
    config = model.generation_config
    ends = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
    start = [config.decoder_start_token_id] + prefix
    logits = model(input_ids=ids, decoder_input_ids=torch.tensor([start])).logits[0, -1]
    scores = torch.log_softmax(logits.float(), -1)
    for word in config.bad_words_ids or []:
        assert len(word) == 1
        scores[word[0]] = -torch.inf
    found = []
    for first, token in zip(*(x.tolist() for x in scores.topk(count))):
        row, total = prefix + [token], first
        if token not in ends:
            tokens, row = complete(model, ids, start + [token], most, ends, options)
            total += tokens
        length = len(row) - len(prefix)
        found.append((total / length ** options.get("length_penalty", 1.0), row))
    return found


def complete(model, ids, start, most, ends, options):
    """log p of what follows `start`, and all ids but the first one of `start`."""
    out = model.generate(
        ids, attention_mask=torch.ones_like(ids), decoder_input_ids=torch.tensor([start]),
        max_new_tokens=most + 1 - len(start), output_scores=True, return_dict_in_generate=True,
        **options)
    row = out.sequences[0].tolist()
    for i in range(len(start), len(row)):
        if row[i] in ends:
            row = row[: i + 1]
            break
    beams = getattr(out, "beam_indices", None)
    tokens = model.compute_transition_scores(
        out.sequences, out.scores, beams, normalize_logits=beams is None)[0]
    return tokens[: len(row) - len(start)].sum().item(), row[1:]

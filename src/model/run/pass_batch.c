// Checks of a batch.
#include "model/run/pass_batch.h"

#include "base/fail.h"
#include "model/head/head.h"
#include "model/run/masks.h"

static ig_status check_offsets(const char *side, int sequences, const int *offsets, ig_error *err) {
  if (!offsets)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s_offsets: expected sequences + 1 numbers, found NULL",
                   side);
  if (offsets[0] != 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s_offsets[0]: expected 0, found %d", side, offsets[0]);
  for (int s = 0; s < sequences; s++)
    if (offsets[s + 1] < offsets[s])
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s_offsets[%d]: expected at least %d, found %d", side,
                     s + 1, offsets[s], offsets[s + 1]);
  return IG_OK;
}

ig_status ig_pass_batch_check(const ig_batch *batch, ig_error *err) {
  IG_TRY(ig_fail_if_null(batch, "batch", err));
  if (batch->sequences < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "sequences: expected a number not below 0, found %d",
                   batch->sequences);
  IG_TRY(check_offsets("source", batch->sequences, batch->source_offsets, err));
  IG_TRY(check_offsets("target", batch->sequences, batch->target_offsets, err));
  if (batch->source_offsets[batch->sequences] > 0)
    IG_TRY(ig_fail_if_null(batch->source, "source", err));
  if (batch->target_offsets[batch->sequences] > 0)
    IG_TRY(ig_fail_if_null(batch->target_input, "target_input", err));
  return IG_OK;
}

static ig_status check_ids(const char *what, const int *ids, int rows, int vocabulary,
                           ig_error *err) {
  for (int r = 0; r < rows; r++)
    if (ids[r] < 0 || ids[r] >= vocabulary)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s id of row %d: expected 0 to %d, found %d", what, r,
                     vocabulary - 1, ids[r]);
  return IG_OK;
}

// Negative ids are targets that are not counted.
static ig_status check_target_output(const int *ids, int rows, int vocabulary, ig_error *err) {
  if (!ids) return IG_OK;
  for (int r = 0; r < rows; r++)
    if (ids[r] >= vocabulary)
      return ig_fail(err, IG_ERROR_ARGUMENT,
                     "target output id of row %d: expected at most %d, found %d", r, vocabulary - 1,
                     ids[r]);
  return IG_OK;
}

// A recurrent decoder sees the rows before each, whatever masks say.
static ig_status check_recurrent(const ig_batch *batch, const ig_config *config, ig_error *err) {
  const ig_masks *m = batch->masks;
  if (!config->decoder.recurrent || !m) return IG_OK;
  if (m->tgt_is_causal && !m->tgt.boolean && !m->tgt.additive && !m->tgt_key_padding.boolean &&
      !m->tgt_key_padding.additive)
    return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "masks: the decoder is recurrent: expected tgt_is_causal and no other mask of the "
                 "target");
}

// A second text adds the second row of the types.
static ig_status check_second_text(int row, int sequence, const ig_config *config, ig_error *err) {
  if (row == 0 || config->token_types != 1) return IG_OK;
  return ig_fail(
      err, IG_ERROR_ARGUMENT,
      "target %d of sequence %d: expected 0, for the model has one type of tokens, found "
      "a second text from row %d on",
      IG_SPAN_SECOND_TEXT, sequence, row);
}

// Of an encoder with a head for spans.
static ig_status check_spans(const ig_batch *batch, const ig_config *config, ig_error *err) {
  if (!batch->target_output)
    return ig_fail(err, IG_ERROR_ARGUMENT, "target_output: an encoder's batch needs its spans");
  for (int s = 0; s < batch->sequences; s++) {
    const int rows = batch->source_offsets[s + 1] - batch->source_offsets[s],
              count = batch->target_offsets[s + 1] - batch->target_offsets[s];
    if (count != IG_SPAN_TARGETS)
      return ig_fail(err, IG_ERROR_ARGUMENT, "targets of sequence %d: expected %d, found %d", s,
                     IG_SPAN_TARGETS, count);
    for (int i = 0; i < IG_SPAN_TARGETS; i++) {
      const int row = batch->target_output[s * IG_SPAN_TARGETS + i];
      if (row < 0 || row >= rows)
        return ig_fail(err, IG_ERROR_ARGUMENT,
                       "target %d of sequence %d: expected a row from 0 to %d, found %d", i, s,
                       rows - 1, row);
    }
    IG_TRY(check_second_text(batch->target_output[s * IG_SPAN_TARGETS + IG_SPAN_SECOND_TEXT], s,
                             config, err));
  }
  return IG_OK;
}

// Of an encoder whose head gives tokens: one for each row, or none that is wanted.
static ig_status check_row_targets(const ig_batch *batch, const ig_config *config, ig_error *err) {
  if (!batch->target_output)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "target_output: a batch with masked tokens needs what they were");
  for (int s = 0; s <= batch->sequences; s++)
    if (batch->target_offsets[s] != batch->source_offsets[s])
      return ig_fail(err, IG_ERROR_ARGUMENT,
                     "target_offsets[%d]: expected a target for each row of the source, %d, found "
                     "%d",
                     s, batch->source_offsets[s], batch->target_offsets[s]);
  return check_target_output(batch->target_output, batch->target_offsets[batch->sequences],
                             config->target_vocab_size, err);
}

static ig_status check_longest(int longest, const ig_config *config, ig_error *err) {
  if (!config->positions.count || longest <= config->positions.count) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "a sequence of %d tokens is longer than the model's %d positions", longest,
                 config->positions.count);
}

ig_status ig_pass_batch_check_contents(const ig_batch *batch, int longest, const ig_config *config,
                                       ig_error *err) {
  const int source_rows = batch->source_offsets[batch->sequences],
            target_rows = batch->target_offsets[batch->sequences];
  IG_TRY(check_ids("source", batch->source, source_rows, config->vocab_size, err));
  if (!ig_config_decodes(config)) {
    IG_TRY(check_longest(longest, config, err));
    IG_TRY(config->head.kind == IG_HEAD_SPAN ? check_spans(batch, config, err)
                                             : check_row_targets(batch, config, err));
    return ig_masks_check(batch, err);
  }
  IG_TRY(
      check_ids("target input", batch->target_input, target_rows, config->target_vocab_size, err));
  IG_TRY(check_target_output(batch->target_output, target_rows, config->target_vocab_size, err));
  IG_TRY(check_longest(longest, config, err));
  IG_TRY(check_recurrent(batch, config, err));
  return ig_masks_check(batch, err);
}

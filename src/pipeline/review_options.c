#include "pipeline/review_options.h"

#include "base/fail.h"

#define SHALLOW 3  // layers, at most

// layer counts from 1, or from the last, which is -1. The default is the layer before the last, of
// a shallow decoder the last (docs/decisions/alignments.md).
int ig_review_options_usual_layer(int layers) { return layers > SHALLOW ? layers - 2 : layers - 1; }

static ig_status find_layer(int layer, int layers, int *out, ig_error *err) {
  *out = ig_review_options_usual_layer(layers);
  if (layer == 0) return IG_OK;
  *out = layer > 0 ? layer - 1 : layers + layer;
  if (*out >= 0 && *out < layers) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "alignments: layer: the decoder has layers 1 to %d (or -1 to %d, from the last), "
                 "found %d",
                 layers, -layers, layer);
}

ig_status ig_review_options_read(const ig_translator_options *o, const ig_config *config,
                                 ig_review *out, ig_error *err) {
  const int heads = config->decoder.cross.heads;
  out->alignments = o->alignments;
  out->keep_unknown = o->keep_unknown;
  out->scores = o->score_columns != IG_SCORE_COLUMNS_AUTO;
  if (o->keep_unknown && (o->ids_in || o->ids_out))
    return ig_fail(err, IG_ERROR_ARGUMENT, "keep_unknown: it copies text, and ids are none");
  IG_TRY(find_layer(o->alignments.layer, config->decoder.layers, &out->attention.layer, err));
  if (o->alignments.head < 0 || o->alignments.head > heads)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "alignments: head: the decoder has heads 1 to %d (0: the mean of all), found %d",
                   heads, o->alignments.head);
  out->attention.head = o->alignments.head - 1;
  return IG_OK;
}

bool ig_review_options_ask(const ig_review *review) {
  return ig_review_options_align(review) || review->keep_unknown || review->scores;
}

bool ig_review_options_align(const ig_review *review) {
  return review->alignments.write || review->keeps_alignments;
}

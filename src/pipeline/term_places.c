#include "pipeline/term_places.h"

#include "base/fail.h"

// The tokens that the bytes of a place have made.
static ig_term_place place_of(const ig_glossary_place *place, const ig_source_range *ranges,
                              size_t count) {
  ig_term_place out = {.term = place->term};
  for (size_t i = 0; i < count; i++) {
    if (ranges[i].begin >= place->end || ranges[i].end <= place->begin) continue;
    if (out.end == 0) out.begin = (int)i;
    out.end = (int)i + 1;
  }
  return out;
}

ig_status ig_term_places_set(const ig_translator *t, const ig_window_sentence *sentence,
                             const ig_glossary_terms *found, ig_error *err) {
  const ig_text_span *span = &sentence->source_text;
  const ig_side_text text = {IG_SIDE_SOURCE, t->window.text + span->begin, span->length,
                             t->sources[0].language};
  ig_ids ids = {0};
  ig_source_ranges ranges = {0};
  ig_status status = ig_tokenizer_encode_placed(t->sources[0].tokenizer, &text, &ids, &ranges, err);
  ig_term_place places[IG_GLOSSARY_PLACES];
  const size_t kept = sentence->sources[0].count, count = ranges.count < kept ? ranges.count : kept;
  for (int i = 0; i < found->place_count && status == IG_OK; i++) {
    ig_glossary_place place = found->places[i];
    place.begin += t->prefix_length;
    place.end += t->prefix_length;
    places[i] = place_of(&place, ranges.list, count);
  }
  if (status == IG_OK) status = ig_terms_place(found->terms, places, found->place_count, err);
  ig_ids_free(&ids);
  ig_source_ranges_free(&ranges);
  return status;
}

#include "answer/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/text_repair.h"
#include "text/utf8.h"

void ig_prompt_free(ig_prompt *p) {
  free(p->text);
  ig_ids_free(&p->ids);
  ig_source_ranges_free(&p->places);
  *p = (ig_prompt){0};
}

// The text without the white space that it begins with.
static ig_status skip_space(const char *text, const char *what, const char **out, ig_error *err) {
  size_t length = strlen(text);
  const ig_status status = ig_text_repair_refuse(text, length, err);
  if (status != IG_OK) return ig_fail_in(err, status, "the %s", what);
  ig_utf8_strip_begin(&text, &length);
  *out = text;
  if (*text != '\0') return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "the %s has no tokens", what);
}

// *begin: where the context begins in it.
static ig_status write_text(ig_prompt *p, const char *question, const char *context, size_t *begin,
                            ig_error *err) {
  const char *const parts[] = {"question: ", question, " context: ", context};
  enum { PARTS = sizeof parts / sizeof *parts };
  size_t size = 1, used = 0;
  for (int i = 0; i < PARTS; i++) size += strlen(parts[i]);
  IG_TRY(ig_allocate_more((void **)&p->text, &p->capacity, size, 1, err));
  for (int i = 0; i < PARTS; i++) {
    *begin = used;
    memcpy(p->text + used, parts[i], strlen(parts[i]));
    used += strlen(parts[i]);
  }
  p->text[used] = '\0';
  return IG_OK;
}

// Finds the ids of the context, which begins at byte `begin` of the text. A token of the space
// before it, too, is one of them.
static void find_context(ig_prompt *p, size_t begin) {
  const ig_source_range *places = p->places.list;
  p->first = 0;
  p->end = p->ids.count;
  while (p->end > 0 && places[p->end - 1].end <= begin) p->end--;
  while (p->first < p->end && places[p->first].end <= begin) p->first++;
}

// Places in the text become places in the context, whose first `skipped` bytes the text lacks. An
// id that has none is where the one before it ends.
static void move_places(ig_prompt *p, size_t begin, size_t skipped) {
  size_t before = skipped;
  for (size_t i = p->first; i < p->end; i++) {
    ig_source_range *place = &p->places.list[i];
    const bool placed = place->end > begin;
    place->begin = placed ? (place->begin > begin ? place->begin - begin : 0) + skipped : before;
    place->end = placed ? place->end - begin + skipped : before;
    before = place->end;
  }
}

ig_status ig_prompt_read(ig_prompt *p, const ig_tokenizer *tokenizer, const ig_question *asked,
                         ig_error *err) {
  const char *question, *context;
  size_t begin;
  IG_TRY(skip_space(asked->question, "question", &question, err));
  IG_TRY(skip_space(asked->context, "context", &context, err));
  IG_TRY(write_text(p, question, context, &begin, err));
  p->ids.count = p->places.count = 0;
  const ig_side_text text = {
      .side = IG_SIDE_SOURCE, .text = p->text, .length = strlen(p->text), .language = 0};
  IG_TRY(ig_tokenizer_encode_placed(tokenizer, &text, &p->ids, &p->places, err));
  find_context(p, begin);
  if (p->first == p->end) return ig_fail(err, IG_ERROR_ARGUMENT, "the context has no tokens");
  move_places(p, begin, (size_t)(context - asked->context));
  return IG_OK;
}

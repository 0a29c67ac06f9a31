// Glossaries: see glossary.h.
#include "pipeline/glossary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/shown.h"
#include "text/term_match.h"
#include "text/utf8.h"

enum { BUCKETS = 256, NAMES = 400 };

typedef struct glossary_entry {
  char *source;
  size_t line;
  int first_form, form_count;  // in the glossary's forms
  int next;                    // of the same bucket; -1: none
} glossary_entry;

typedef struct glossary_form {
  ig_ids ids;
  bool initial;  // for the beginning of a text alone
} glossary_form;

struct ig_glossary {
  const ig_tokenizer *tokenizer;
  glossary_entry *entries;
  size_t entry_count, entry_capacity;
  glossary_form *forms;
  size_t form_count, form_capacity;
  int buckets[BUCKETS];  // by the first character of the source: the first entry; -1: none
  size_t unusable;
  char unusable_names[NAMES];
};

static size_t bucket_of(const char *text) {
  size_t step;
  return ig_term_match_fold(ig_utf8_decode(text, &step)) % BUCKETS;
}

// ---- forms --------------------------------------------------------------------

// A form that is to be added.
typedef struct glossary_spelling {
  const glossary_entry *entry;
  const char *text;
  bool initial;
} glossary_spelling;

// Takes the ids of a form, if it is new, has ids, and none that is a special token or stands for
// what the vocabulary lacks: a translation would end there.
static ig_status take_form(ig_glossary *g, const glossary_spelling *of, const int *ids,
                           size_t count, ig_error *err) {
  const int unknown = ig_tokenizer_unk_id(g->tokenizer, IG_SIDE_TARGET);
  for (size_t i = 0; i < count; i++)
    if (ids[i] == unknown || ig_tokenizer_is_special(g->tokenizer, IG_SIDE_TARGET, ids[i]))
      return IG_OK;
  for (size_t f = (size_t)of->entry->first_form; f < g->form_count; f++)
    if (g->forms[f].ids.count == count &&
        memcmp(g->forms[f].ids.ids, ids, count * sizeof *ids) == 0)
      return IG_OK;
  if (count == 0) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&g->forms, &g->form_capacity, g->form_count + 1,
                          sizeof *g->forms, err));
  glossary_form *form = &g->forms[g->form_count++];
  *form = (glossary_form){.initial = of->initial};
  for (size_t i = 0; i < count; i++) IG_TRY(ig_ids_append(&form->ids, ids[i], err));
  return IG_OK;
}

// The ids of a text without special tokens at its ends; and without the mark of a word's beginning,
// where that is a piece of its own, for a term may come after another sign.
static ig_status add_text(ig_glossary *g, const glossary_spelling *of, const char *text,
                          ig_error *err) {
  const ig_tokenizer *t = g->tokenizer;
  ig_ids ids = {0};
  ig_status status = ig_tokenizer_encode_target(t, text, strlen(text), &ids, err);
  size_t begin = 0, end = ids.count;
  while (begin < end && ig_tokenizer_is_special(t, IG_SIDE_TARGET, ids.ids[begin])) begin++;
  while (end > begin && ig_tokenizer_is_special(t, IG_SIDE_TARGET, ids.ids[end - 1])) end--;
  if (status == IG_OK) status = take_form(g, of, ids.ids + begin, end - begin, err);
  if (status == IG_OK && end - begin > 1 &&
      strcmp(ig_tokenizer_piece_of_id(t, IG_SIDE_TARGET, ids.ids[begin]), "\xE2\x96\x81") == 0)
    status = take_form(g, of, ids.ids + begin + 1, end - begin - 1, err);
  ig_ids_free(&ids);
  return status;
}

// In byte-level vocabularies a word after a space has other ids.
static ig_status add_spaced(ig_glossary *g, const glossary_spelling *of, ig_error *err) {
  const ig_tokenizer_kind kind = ig_tokenizer_kind_of(g->tokenizer);
  if (kind != IG_TOKENIZER_BYTE_LEVEL && kind != IG_TOKENIZER_STEPS) return IG_OK;
  const size_t length = strlen(of->text);
  char *spaced = ig_allocate(length + 2, 1, err);
  if (!spaced) return IG_ERROR_MEMORY;
  spaced[0] = ' ';
  memcpy(spaced + 1, of->text, length + 1);
  const ig_status status = add_text(g, of, spaced, err);
  free(spaced);
  return status;
}

static ig_status add_spellings(ig_glossary *g, const glossary_spelling *of, ig_error *err) {
  IG_TRY(add_spaced(g, of, err));
  return add_text(g, of, of->text, err);
}

// A form may begin a sentence.
static ig_status add_form(ig_glossary *g, const glossary_entry *entry, const char *text,
                          ig_error *err) {
  char *capital;
  IG_TRY(add_spellings(g, &(glossary_spelling){entry, text, false}, err));
  IG_TRY(ig_term_match_capitalize(text, &capital, err));
  if (!capital) return IG_OK;
  const ig_status status = add_spellings(g, &(glossary_spelling){entry, capital, true}, err);
  free(capital);
  return status;
}

// ---- the file -----------------------------------------------------------------

// Makes each run of white space one space.
static void join_spaces(char *text) {
  char *to = text;
  for (const char *from = text; *from;) {
    size_t spaces = 0, step;
    while ((step = ig_utf8_space(from + spaces, strlen(from + spaces))) > 0) spaces += step;
    const size_t size = ig_utf8_step(from);
    if (spaces > 0) *to++ = ' ';
    for (size_t i = 0; spaces == 0 && i < size; i++) *to++ = from[i];
    from += spaces > 0 ? spaces : size;
  }
  *to = '\0';
}

// The next field of a line, without white space at its ends and with single spaces inside; *line is
// moved after it.
static char *take_field(char **line) {
  char *field = *line, *tab = strchr(field, '\t');
  const char *text = field;
  *line = tab ? tab + 1 : NULL;
  size_t length = tab ? (size_t)(tab - field) : strlen(field);
  ig_utf8_strip(&text, &length);
  field = field + (text - field);
  field[length] = '\0';
  join_spaces(field);
  return field;
}

static void note_unusable(ig_glossary *g, const char *source) {
  char shown[80];
  const size_t used = strlen(g->unusable_names);
  if (g->unusable++ >= 10) return;
  ig_shown_write(source, shown, sizeof shown);
  snprintf(g->unusable_names + used, sizeof g->unusable_names - used, "%s%s", used ? ", " : "",
           shown);
}

static ig_status check_new(const ig_glossary *g, const char *source, ig_error *err) {
  for (int e = g->buckets[bucket_of(source)]; e >= 0; e = g->entries[e].next)
    if (strcmp(g->entries[e].source, source) == 0)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "the source term '%.100s' is in line %zu, too: put all target forms into one "
                     "line, with tabs between them",
                     source, g->entries[e].line);
  return IG_OK;
}

// line: a copy, which is cut at its tabs.
static ig_status add_line(ig_glossary *g, char *line, size_t number, ig_error *err) {
  const char *source = take_field(&line);
  bool any = false;
  if (!*source && !line) return IG_OK;
  if (!*source || !line)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "expected a source term, a tab and a target term (then tabs and other forms)");
  IG_TRY(check_new(g, source, err));
  IG_TRY(ig_allocate_more((void **)&g->entries, &g->entry_capacity, g->entry_count + 1,
                          sizeof *g->entries, err));
  glossary_entry *entry = &g->entries[g->entry_count];
  const size_t bucket = bucket_of(source);
  *entry = (glossary_entry){
      .line = number, .first_form = (int)g->form_count, .next = g->buckets[bucket]};
  entry->source = ig_allocate_copy(source, strlen(source), err);
  if (!entry->source) return IG_ERROR_MEMORY;
  g->buckets[bucket] = (int)g->entry_count++;
  while (line) {
    const char *form = take_field(&line);
    any |= *form != '\0';
    if (*form) IG_TRY(add_form(g, entry, form, err));
  }
  entry->form_count = (int)g->form_count - entry->first_form;
  if (!any)
    return ig_fail(err, IG_ERROR_FORMAT, "the source term '%.100s' has no target term", source);
  if (entry->form_count == 0) note_unusable(g, source);
  return IG_OK;
}

static ig_status read_lines(ig_glossary *g, ig_lines *lines, const char *path, ig_error *err) {
  for (;;) {
    const char *line;
    size_t length;
    IG_TRY(ig_lines_next(lines, &line, &length, err));
    if (!line) return IG_OK;
    char *copy = ig_allocate_copy(line, length, err);
    if (!copy) return IG_ERROR_MEMORY;
    const size_t number = ig_lines_number(lines);
    const ig_status status = add_line(g, copy, number, err);
    free(copy);
    if (status != IG_OK) return ig_fail_in(err, status, "%s: line %zu", path, number);
  }
}

ig_status ig_glossary_load(const char *path, const ig_tokenizer *tokenizer, ig_glossary **out,
                           ig_error *err) {
  const ig_lines_options options = {.bad_bytes = IG_BAD_BYTES_REFUSE};
  ig_lines *lines;
  *out = NULL;
  IG_TRY(ig_lines_open(path, &options, &lines, err));
  ig_glossary *g = ig_allocate(1, sizeof *g, err);
  ig_status status = g ? IG_OK : IG_ERROR_MEMORY;
  if (g) {
    g->tokenizer = tokenizer;
    for (size_t b = 0; b < BUCKETS; b++) g->buckets[b] = -1;
    status = read_lines(g, lines, path, err);
  }
  ig_lines_close(lines);
  if (status == IG_OK)
    *out = g;
  else
    ig_glossary_free(g);
  return status;
}

void ig_glossary_free(ig_glossary *g) {
  if (!g) return;
  for (size_t e = 0; e < g->entry_count; e++) free(g->entries[e].source);
  for (size_t f = 0; f < g->form_count; f++) ig_ids_free(&g->forms[f].ids);
  free(g->entries);
  free(g->forms);
  free(g);
}

size_t ig_glossary_unusable(const ig_glossary *g, const char **names) {
  *names = g->unusable_names;
  return g->unusable;
}

// ---- a text -------------------------------------------------------------------

// Of a text: which entries occur, in the order of the text.
typedef struct occurring_terms {
  const glossary_entry *list[IG_TERMS_MOST];
  int count;
  int wanted;  // without the limits
} occurring_terms;

// Returns its index; -1: there is no room for it.
static int add_occurring(occurring_terms *o, const glossary_entry *entry) {
  for (int i = 0; i < o->count; i++)
    if (o->list[i] == entry) return i;
  o->wanted++;
  if (o->count == IG_TERMS_MOST) return -1;
  o->list[o->count++] = entry;
  return o->count - 1;
}

static void add_place(ig_glossary_terms *out, int term, size_t begin, size_t end) {
  if (term >= 0 && out->place_count < IG_GLOSSARY_PLACES)
    out->places[out->place_count++] = (ig_glossary_place){term, begin, end};
}

// Whether the text has the term as it is written, not only with a capital for a small letter.
static bool is_verbatim(const char *text, size_t length, size_t at, const char *term) {
  const size_t size = strlen(term);
  return size <= length - at && memcmp(text + at, term, size) == 0;
}

// The entry that has the most bytes at this place; of several the one that the text has verbatim.
// NULL: none.
static const glossary_entry *find_longest(const ig_glossary *g, const char *text, size_t length,
                                          size_t at, size_t *matched) {
  const glossary_entry *best = NULL;
  *matched = 0;
  for (int e = g->buckets[bucket_of(text + at)]; e >= 0; e = g->entries[e].next) {
    const size_t found = ig_term_match_at(text, length, at, g->entries[e].source);
    if (found == 0 || found < *matched || g->entries[e].form_count == 0) continue;
    if (found == *matched && !is_verbatim(text, length, at, g->entries[e].source)) continue;
    *matched = found;
    best = &g->entries[e];
  }
  return best;
}

static ig_status make_terms(const ig_glossary *g, const occurring_terms *o,
                            const ig_decode_options *options, ig_terms **terms, ig_error *err) {
  int count = 0, next = 0;
  for (int i = 0; i < o->count; i++) count += o->list[i]->form_count;
  ig_term_form *forms = ig_allocate((size_t)count, sizeof *forms, err);
  if (!forms) return IG_ERROR_MEMORY;
  for (int i = 0; i < o->count; i++)
    for (int f = 0; f < o->list[i]->form_count; f++) {
      const glossary_form *form = &g->forms[o->list[i]->first_form + f];
      forms[next++] = (ig_term_form){.term = i,
                                     .ids = form->ids.ids,
                                     .length = (int)form->ids.count,
                                     .initial = form->initial};
    }
  const ig_status status = ig_terms_create(forms, count, options, terms, err);
  free(forms);
  return status;
}

ig_status ig_glossary_find(const ig_glossary *g, const char *text, size_t length,
                           const ig_decode_options *options, ig_glossary_terms *out,
                           ig_error *err) {
  occurring_terms o = {.count = 0};
  *out = (ig_glossary_terms){0};
  for (size_t at = 0, matched; at < length; at += matched) {
    const glossary_entry *entry = find_longest(g, text, length, at, &matched);
    if (entry)
      add_place(out, add_occurring(&o, entry), at, at + matched);
    else
      matched = ig_utf8_step(text + at);
  }
  out->count = o.wanted;
  // The last terms of more than fit are left out.
  for (; o.count > 0; o.count--) {
    IG_TRY(make_terms(g, &o, options, &out->terms, err));
    const int needed = ig_terms_length(out->terms);
    if (needed == 0) out->excluded = o.count;
    if (needed > 0 && needed + 2 <= options->sentence.max_length) return IG_OK;
    ig_terms_free(out->terms);
    out->terms = NULL;
    if (needed == 0) return IG_OK;  // the sentence is translated as if it had none
  }
  return IG_OK;
}

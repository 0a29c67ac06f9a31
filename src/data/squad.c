// Reading corpora in SQuAD's JSON: the shape is checked value by value, answers are looked up in
// their contexts, ids are sorted.
#include "data/squad.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/report.h"
#include "io/json.h"
#include "io/json_numbers.h"
#include "text/shown.h"
#include "text/utf8.h"

enum { ODDITIES_TOLD = 10 };  // of each kind; of all of them the number is told

typedef struct ig_squad_place {
  char *id;  // owned; the ids of questions are these
  size_t number;
} ig_squad_place;

// Where in the file reading is, for messages; numbers count from 1.
typedef struct squad_reader {
  const ig_squad_reading *reading;
  ig_squad *squad;
  const char *item;                     // what the list of data has: "article" or "row"
  size_t article, paragraph, question;  // 0: before the first
  size_t question_capacity, answer_count, answer_capacity, place_capacity;
  const char *title;  // of the row before; NULL: it was none
} squad_reader;

// ---- messages -------------------------------------------------------------------------

static const char *where_is(const squad_reader *r, char out[100]) {
  int length = snprintf(out, 100, "%s %zu", r->item, r->article);
  if (r->paragraph) length += snprintf(out + length, 40, ", paragraph %zu", r->paragraph);
  if (r->question) snprintf(out + length, 40, ", question %zu", r->question);
  return out;
}

static ig_status refuse_value(const squad_reader *r, const char *key, const char *expected,
                              const json_t *found, ig_error *err) {
  char where[100];
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: \"%s\": expected %s, found %s", r->reading->path,
                 where_is(r, where), key, expected, ig_json_type_name(found));
}

static void tell_oddity(const squad_reader *r, size_t *count, const char *id, const char *what) {
  char where[100];
  if ((*count)++ < ODDITIES_TOLD)
    ig_report(r->reading->reporter, IG_LEVEL_WARNING, "%s: %s (id %s): %s", r->reading->path,
              where_is(r, where), id, what);
}

static void tell_number(const squad_reader *r, size_t count, const char *what) {
  if (count > ODDITIES_TOLD)
    ig_report(r->reading->reporter, IG_LEVEL_WARNING, "%s: %zu %s in all", r->reading->path, count,
              what);
}

static void tell_numbers(const squad_reader *r) {
  const ig_squad_oddities *o = &r->squad->oddities;
  tell_number(r, o->moved, "answers are elsewhere than at their answer_start");
  tell_number(r, o->absent, "answers do not occur in their contexts");
  tell_number(r, o->duplicate, "questions have the id of an earlier one");
  tell_number(r, o->blank, "questions are empty");
  tell_number(r, o->doubtful, "questions have an is_impossible that contradicts their answers");
}

// ---- values ---------------------------------------------------------------------------

// A string that is a word such as NaN in the file is none.
static const char *text_of(const json_t *value) {
  const char *text = json_string_value(value);
  return text && !ig_json_numbers_word(text) ? text : NULL;
}

static ig_status read_text(const squad_reader *r, const json_t *from, const char *key,
                           const char **out, ig_error *err) {
  const json_t *value = json_object_get(from, key);
  *out = text_of(value);
  return *out ? IG_OK : refuse_value(r, key, "text", value, err);
}

// The list that an object has under a key.
static ig_status read_list(const squad_reader *r, const json_t *from, const char *key,
                           const json_t **out, ig_error *err) {
  *out = json_object_get(from, key);
  return json_is_array(*out) ? IG_OK : refuse_value(r, key, "a list", *out, err);
}

static ig_status check_object(const squad_reader *r, const json_t *value, const char *list,
                              ig_error *err) {
  return json_is_object(value) ? IG_OK : refuse_value(r, list, "a list of objects", value, err);
}

// Of two names of a key the one that an object has; the first if it has none.
static const char *name_in(const json_t *from, const char *one, const char *other) {
  return !json_object_get(from, one) && json_object_get(from, other) ? other : one;
}

// Keeps the id and puts it among the places, which own it.
static ig_status read_id(squad_reader *r, const json_t *from, const char **out, ig_error *err) {
  const char *key = name_in(from, "id", "query_id");
  const json_t *value = json_object_get(from, key);
  const char *text = text_of(value);
  char digits[32];
  if (json_is_integer(value)) {
    snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    text = digits;
  }
  if (!text || !*text) return refuse_value(r, key, "text or an integer", text ? NULL : value, err);
  ig_squad *s = r->squad;
  IG_TRY(ig_allocate_more((void **)&s->sorted, &r->place_capacity, s->count + 1, sizeof *s->sorted,
                          err));
  char *id = ig_allocate_copy(text, strlen(text), err);
  if (!id) return IG_ERROR_MEMORY;
  s->sorted[s->count] = (ig_squad_place){id, s->count};
  *out = id;
  return IG_OK;
}

// ---- answers --------------------------------------------------------------------------

static bool begins_character(char byte) { return ((unsigned char)byte & 0xC0) != 0x80; }

// Finds the answer's text in the context, the occurrence nearest to the place stated, of two as
// near the first. An empty text is wherever the file says, if the context reaches so far.
static void place_answer(const char *context, ig_squad_answer *a) {
  const size_t length = strlen(a->text);
  const int64_t wanted = a->stated > 0 ? a->stated : 0;
  int64_t nearest = INT64_MAX, point = 0;
  a->start = a->begin = IG_SQUAD_NOWHERE;
  for (const char *at = context;; at++) {
    if (begins_character(*at) || !*at) {
      const int64_t distance = point > wanted ? point - wanted : wanted - point;
      if (distance < nearest && strncmp(at, a->text, length) == 0) {
        nearest = distance;
        a->start = (size_t)point;
        a->begin = (size_t)(at - context);
      }
      point++;
    }
    if (!*at) break;
  }
}

// start NULL: the file has none.
static ig_status read_start(const squad_reader *r, const json_t *start, int64_t *out,
                            ig_error *err) {
  *out = -1;
  if (!start || json_is_null(start)) return IG_OK;
  if (!json_is_integer(start)) return refuse_value(r, "answer_start", "an integer", start, err);
  // CMRC2018 has -1 where nobody found the text.
  if (json_integer_value(start) >= 0) *out = json_integer_value(start);
  return IG_OK;
}

static void tell_of_place(const squad_reader *r, const char *id, const ig_squad_answer *a) {
  char text[100], what[300];
  if (a->stated >= 0 && a->start == (size_t)a->stated) return;
  ig_shown_write(a->text, text, sizeof text);
  if (a->start == IG_SQUAD_NOWHERE) {
    snprintf(what, sizeof what, "the answer %s does not occur in the context", text);
    tell_oddity(r, &r->squad->oddities.absent, id, what);
  } else if (a->stated >= 0) {
    snprintf(what, sizeof what, "the answer %s is not at answer_start %" PRId64 ", but at %zu",
             text, a->stated, a->start);
    tell_oddity(r, &r->squad->oddities.moved, id, what);
  } else {
    snprintf(what, sizeof what,
             "the answer %s has no answer_start from 0 on; it is taken to be at %zu", text,
             a->start);
    tell_oddity(r, &r->squad->oddities.moved, id, what);
  }
}

// An answer as the file has it: a text, and where it is.
typedef struct stated_answer {
  const json_t *text, *start;
  bool without_place;  // a form of the file in which answers have no place
} stated_answer;

static ig_status add_answer(squad_reader *r, const stated_answer *from, const ig_squad_question *q,
                            ig_error *err) {
  ig_squad_answer a = {.text = text_of(from->text)};
  if (!a.text) return refuse_value(r, "text", "text", from->text, err);
  IG_TRY(read_start(r, from->start, &a.stated, err));
  place_answer(q->context, &a);
  if (!from->without_place || a.start == IG_SQUAD_NOWHERE) tell_of_place(r, q->id, &a);
  IG_TRY(ig_allocate_more((void **)&r->squad->answers, &r->answer_capacity, r->answer_count + 1,
                          sizeof a, err));
  r->squad->answers[r->answer_count++] = a;
  return IG_OK;
}

// {"text": [...], "answer_start": [...]}, as `datasets` has them.
static ig_status read_columns(squad_reader *r, const json_t *from, ig_squad_question *q,
                              ig_error *err) {
  const json_t *texts, *starts, *text;
  size_t i;
  IG_TRY(read_list(r, from, "text", &texts, err));
  IG_TRY(read_list(r, from, "answer_start", &starts, err));
  if (json_array_size(texts) != json_array_size(starts)) {
    char where[100];
    return ig_fail(
        err, IG_ERROR_FORMAT, "%s: %s: \"answers\": %zu of \"text\", but %zu of \"answer_start\"",
        r->reading->path, where_is(r, where), json_array_size(texts), json_array_size(starts));
  }
  json_array_foreach(texts, i, text)
      IG_TRY(add_answer(r, &(stated_answer){text, json_array_get(starts, i), false}, q, err));
  q->answer_count = i;
  return IG_OK;
}

// A list of objects, or of texts alone.
static ig_status read_list_of_answers(squad_reader *r, const json_t *list, ig_squad_question *q,
                                      ig_error *err) {
  const json_t *answer;
  size_t i;
  json_array_foreach(list, i, answer) {
    stated_answer stated = {answer, NULL, true};
    if (!json_is_string(answer)) {
      IG_TRY(check_object(r, answer, "answers", err));
      stated = (stated_answer){json_object_get(answer, "text"),
                               json_object_get(answer, "answer_start"), false};
    }
    IG_TRY(add_answer(r, &stated, q, err));
  }
  q->answer_count = i;
  return IG_OK;
}

// A file to be answered may have no answers at all.
static ig_status read_answers(squad_reader *r, const json_t *from, ig_squad_question *q,
                              ig_error *err) {
  const json_t *list = json_object_get(from, "answers");
  if (!list || json_is_null(list)) return IG_OK;
  if (json_is_object(list)) return read_columns(r, list, q, err);
  IG_TRY(read_list(r, from, "answers", &list, err));
  return read_list_of_answers(r, list, q, err);
}

// ---- questions ------------------------------------------------------------------------

static ig_status read_impossible(squad_reader *r, const json_t *from, const ig_squad_question *q,
                                 ig_error *err) {
  const json_t *value = json_object_get(from, "is_impossible");
  if (!value || json_is_null(value)) return IG_OK;
  if (!json_is_boolean(value)) return refuse_value(r, "is_impossible", "true or false", value, err);
  r->squad->states_impossible = true;
  if (json_is_true(value) && q->answer_count > 0)
    tell_oddity(r, &r->squad->oddities.doubtful, q->id,
                "is_impossible is true, but it has answers; it counts as answerable");
  else if (json_is_false(value) && q->answer_count == 0)
    tell_oddity(r, &r->squad->oddities.doubtful, q->id,
                "is_impossible is false, but it has no answer; it counts as unanswerable");
  return IG_OK;
}

static bool is_blank(const char *text) {
  size_t length = strlen(text);
  ig_utf8_strip(&text, &length);
  return length == 0;
}

static ig_status read_question(squad_reader *r, const json_t *from, const char *context,
                               ig_error *err) {
  ig_squad *s = r->squad;
  ig_squad_question q = {.context = context, .article = s->articles - 1};
  IG_TRY(check_object(r, from, "qas", err));
  IG_TRY(
      ig_allocate_more((void **)&s->questions, &r->question_capacity, s->count + 1, sizeof q, err));
  IG_TRY(read_id(r, from, &q.id, err));
  // From here on its id is freed with the others.
  s->count++;
  IG_TRY(read_text(r, from, name_in(from, "question", "query_text"), &q.text, err));
  if (is_blank(q.text)) tell_oddity(r, &s->oddities.blank, q.id, "the question is empty");
  IG_TRY(read_answers(r, from, &q, err));
  IG_TRY(read_impossible(r, from, &q, err));
  if (q.answer_count > 0) s->answered++;
  s->questions[s->count - 1] = q;
  return IG_OK;
}

static ig_status read_paragraph(squad_reader *r, const json_t *from, ig_error *err) {
  const json_t *questions, *question;
  const char *context;
  size_t i;
  r->question = 0;
  IG_TRY(check_object(r, from, "paragraphs", err));
  IG_TRY(read_text(r, from, name_in(from, "context", "context_text"), &context, err));
  IG_TRY(read_list(r, from, "qas", &questions, err));
  json_array_foreach(questions, i, question) {
    r->question = i + 1;
    IG_TRY(read_question(r, question, context, err));
  }
  return IG_OK;
}

// Rows of one title that follow one another are of one article; without titles, of one context.
static void begin_row(squad_reader *r, const json_t *from, const char *context) {
  const char *title = text_of(json_object_get(from, "title"));
  if (!title) title = context;
  if (!r->title || strcmp(r->title, title) != 0) r->squad->articles++;
  r->title = title;
}

static void begin_article(squad_reader *r) {
  r->squad->articles++;
  r->title = NULL;
}

static ig_status read_article(squad_reader *r, const json_t *from, ig_error *err) {
  const json_t *paragraphs, *paragraph;
  size_t i;
  IG_TRY(read_list(r, from, "paragraphs", &paragraphs, err));
  json_array_foreach(paragraphs, i, paragraph) {
    r->paragraph = i + 1;
    IG_TRY(read_paragraph(r, paragraph, err));
  }
  return IG_OK;
}

// An article; or a question with its context, as `datasets` has them; or a paragraph, as in the
// first form of CMRC2018.
static ig_status read_item(squad_reader *r, const json_t *from, ig_error *err) {
  const char *context;
  r->item = "article";
  r->paragraph = r->question = 0;
  IG_TRY(check_object(r, from, "data", err));
  if (json_object_get(from, "question") && !json_object_get(from, "paragraphs") &&
      !json_object_get(from, "qas")) {
    r->item = "row";
    IG_TRY(read_text(r, from, "context", &context, err));
    begin_row(r, from, context);
    return read_question(r, from, context, err);
  }
  begin_article(r);
  if (json_object_get(from, "paragraphs") || !json_object_get(from, "qas"))
    return read_article(r, from, err);
  r->paragraph = 1;
  return read_paragraph(r, from, err);
}

// ---- the whole ------------------------------------------------------------------------

static int compare_places(const void *a, const void *b) {
  const ig_squad_place *x = a, *y = b;
  const int order = strcmp(x->id, y->id);
  return order ? order : (x->number > y->number) - (x->number < y->number);
}

static void sort_places(const squad_reader *r) {
  ig_squad *s = r->squad;
  qsort(s->sorted, s->count, sizeof *s->sorted, compare_places);
  for (size_t i = 1; i < s->count; i++) {
    if (strcmp(s->sorted[i].id, s->sorted[i - 1].id) != 0) continue;
    if (s->oddities.duplicate++ < ODDITIES_TOLD)
      ig_report(r->reading->reporter, IG_LEVEL_WARNING,
                "%s: questions %zu and %zu of the file have the same id %s", r->reading->path,
                s->sorted[i - 1].number + 1, s->sorted[i].number + 1, s->sorted[i].id);
  }
}

static ig_status read_data(squad_reader *r, ig_error *err) {
  const json_t *root = r->squad->json, *item,
               *data = json_is_array(root) ? root : json_object_get(root, "data");
  const char *path = r->reading->path;
  size_t i;
  if (!json_is_array(data))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: expected the JSON of SQuAD, {\"data\": [{\"paragraphs\": [...]}]}, found %s"
                   "%s",
                   path, json_is_object(root) ? "\"data\" is " : "",
                   ig_json_type_name(json_is_object(root) ? data : root));
  r->squad->version = text_of(json_object_get(root, "version"));
  json_array_foreach(data, i, item) {
    r->article = i + 1;
    IG_TRY(read_item(r, item, err));
  }
  if (r->squad->count == 0) return ig_fail(err, IG_ERROR_FORMAT, "%s: it has no question", path);
  return IG_OK;
}

// The array of answers is complete now, and moves no more.
static void give_answers(ig_squad *s) {
  const ig_squad_answer *next = s->answers;
  for (size_t i = 0; i < s->count; i++) {
    s->questions[i].answers = next;
    if (next) next += s->questions[i].answer_count;
  }
}

// Parses one value a line. *out: a list.
static ig_status parse_lines(const char *text, const char *path, json_t **out, ig_error *err) {
  size_t number = 0;
  *out = json_array();
  ig_status status = *out ? IG_OK : ig_fail_memory(err);
  while (status == IG_OK && *text) {
    char name[600];
    const size_t length = strcspn(text, "\n");
    json_t *value = NULL;
    snprintf(name, sizeof name, "%s line %zu", path, ++number);
    if (strspn(text, " \t\r") < length) {
      status = ig_json_parse(text, length, name, &value, err);
      if (status == IG_OK && json_array_append_new(*out, value) != 0) status = ig_fail_memory(err);
    }
    text += length + (text[length] == '\n');
  }
  return status;
}

// A file of one value, or of one a line if its first line is a value of its own.
static ig_status parse_file(const char *text, size_t size, const char *path, json_t **out,
                            ig_error *err) {
  json_t *first = NULL;
  const size_t length = strcspn(text, "\n");
  const bool lines =
      length < size && text[0] == '{' && ig_json_parse(text, length, path, &first, NULL) == IG_OK;
  const bool rows = lines && text[length + 1 + strspn(text + length + 1, " \t\r\n")] == '{';
  json_decref(first);
  return rows ? parse_lines(text, path, out, err) : ig_json_parse(text, size, path, out, err);
}

ig_status ig_squad_read(const ig_squad_reading *reading, ig_squad *out, ig_error *err) {
  *out = (ig_squad){0};
  char *text;
  size_t size;
  json_t *json = NULL;
  IG_TRY(ig_file_load_stream(reading->path, NULL, IG_FILE_MOST_BYTES, &text, &size, err));
  ig_status status = parse_file(text, size, reading->path, &json, err);
  free(text);
  out->json = json;
  squad_reader r = {.reading = reading, .squad = out};
  if (status == IG_OK) status = read_data(&r, err);
  if (status != IG_OK) {
    ig_squad_free(out);
    return status;
  }
  give_answers(out);
  sort_places(&r);
  tell_numbers(&r);
  return IG_OK;
}

void ig_squad_free(ig_squad *s) {
  for (size_t i = 0; s->sorted && i < s->count; i++) free(s->sorted[i].id);
  free(s->sorted);
  free(s->questions);
  free(s->answers);
  json_decref(s->json);
  *s = (ig_squad){0};
}

size_t ig_squad_find(const ig_squad *s, const char *id) {
  size_t low = 0, high = s->count;  // those before `low` are not after id, those from `high` on are
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (strcmp(s->sorted[middle].id, id) > 0)
      high = middle;
    else
      low = middle + 1;
  }
  return low > 0 && strcmp(s->sorted[low - 1].id, id) == 0 ? s->sorted[low - 1].number
                                                           : IG_SQUAD_NOWHERE;
}

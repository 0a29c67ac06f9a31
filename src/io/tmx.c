// Expat stops at the end of each unit, and goes on with the next call.
#include "io/tmx.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/byte_source.h"

enum {
  CHUNK = 1 << 16,
  MOST_TEXT = 1 << 24,  // bytes of a variant
};

// How well a variant's language is the one that is asked for.
typedef enum variant_match {
  VARIANT_MATCH_NONE,
  VARIANT_MATCH_REGION,
  VARIANT_MATCH_EXACT
} variant_match;

typedef struct variant_text {
  char *text;
  size_t length, capacity;
  variant_match match;  // VARIANT_MATCH_NONE: there is no text
} variant_text;

typedef struct unit_side {
  variant_text kept, read;  // the best variant so far, and the one that is being read
  size_t spare;             // variants of the language that another is kept in place of
} unit_side;

struct ig_tmx {
  char *path;
  const char *language[2];
  ig_byte_source *source;
  XML_Parser parser;
  unit_side side[2];
  size_t line;  // of the unit
  bool in_tmx;  // the root is right
  bool in_unit, in_segment;
  int codes;                 // elements of formatting that we are within
  variant_match offered[2];  // by the variant that we are within
  bool unit_done, ended;
  ig_status status;  // of a callback that failed
  ig_error *err;
};

// ---- languages --------------------------------------------------------------

static variant_match match_language(const char *wanted, const char *found) {
  const size_t length = strlen(wanted);
  if (strcasecmp(wanted, found) == 0) return VARIANT_MATCH_EXACT;
  const bool region =
      strncasecmp(wanted, found, length) == 0 && (found[length] == '-' || found[length] == '_');
  return region ? VARIANT_MATCH_REGION : VARIANT_MATCH_NONE;
}

static const char *find_attribute(const XML_Char **attributes, const char *name) {
  for (; *attributes; attributes += 2)
    if (strcmp(attributes[0], name) == 0) return attributes[1];
  return NULL;
}

// ---- what expat finds -------------------------------------------------------

static void stop_with(ig_tmx *t, ig_status status) {
  t->status = status;
  XML_StopParser(t->parser, XML_FALSE);
}

static bool is_code(const XML_Char *name) {
  static const char *const codes[] = {"bpt", "ept", "it", "ph", "ut"};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (strcmp(name, codes[i]) == 0) return true;
  return false;
}

static void begin_unit(ig_tmx *t) {
  t->in_unit = true;
  t->line = (size_t)XML_GetCurrentLineNumber(t->parser);
  for (int s = 0; s < 2; s++) {
    t->side[s].kept.match = t->offered[s] = VARIANT_MATCH_NONE;
    t->side[s].spare = 0;
  }
}

// Versions before 1.4 say lang in place of xml:lang.
static void begin_variant(ig_tmx *t, const XML_Char **attributes) {
  const char *found = find_attribute(attributes, "xml:lang");
  if (!found) found = find_attribute(attributes, "lang");
  for (int s = 0; s < 2; s++)
    t->offered[s] = found ? match_language(t->language[s], found) : VARIANT_MATCH_NONE;
}

static void begin_segment(ig_tmx *t) {
  t->in_segment = true;
  t->codes = 0;
  for (int s = 0; s < 2; s++) {
    t->side[s].read.match = t->offered[s];
    t->side[s].read.length = 0;
  }
}

static bool is_empty(const variant_text *v) {
  for (size_t i = 0; i < v->length; i++)
    if (v->text[i] != ' ') return false;
  return true;
}

// A text is better than none, the language itself than a region of it, the earlier than the later.
static bool is_better(const variant_text *v, const variant_text *kept) {
  if (kept->match == VARIANT_MATCH_NONE || is_empty(v) != is_empty(kept))
    return kept->match == VARIANT_MATCH_NONE || is_empty(kept);
  return v->match > kept->match;
}

static void end_segment(ig_tmx *t) {
  t->in_segment = false;
  for (int s = 0; s < 2; s++) {
    unit_side *side = &t->side[s];
    if (side->read.match == VARIANT_MATCH_NONE) continue;
    side->spare += side->kept.match != VARIANT_MATCH_NONE;
    if (!is_better(&side->read, &side->kept)) continue;
    const variant_text other = side->kept;
    side->kept = side->read;
    side->read = other;
  }
}

static void XMLCALL see_begin(void *context, const XML_Char *name, const XML_Char **attributes) {
  ig_tmx *t = context;
  if (t->status != IG_OK) return;
  if (!t->in_tmx && strcmp(name, "tmx") != 0) {
    stop_with(t, ig_fail(t->err, IG_ERROR_FORMAT, "%s: expected TMX, found XML of <%.60s>", t->path,
                         name));
    return;
  }
  t->in_tmx = true;
  if (t->in_segment)
    t->codes += t->codes > 0 || is_code(name);
  else if (strcmp(name, "tu") == 0)
    begin_unit(t);
  else if (t->in_unit && strcmp(name, "tuv") == 0)
    begin_variant(t, attributes);
  else if (t->in_unit && strcmp(name, "seg") == 0)
    begin_segment(t);
}

static void XMLCALL see_end(void *context, const XML_Char *name) {
  ig_tmx *t = context;
  if (t->status != IG_OK) return;
  if (t->codes > 0) {
    t->codes--;
  } else if (t->in_segment && strcmp(name, "seg") == 0) {
    end_segment(t);
  } else if (strcmp(name, "tuv") == 0) {
    t->offered[0] = t->offered[1] = VARIANT_MATCH_NONE;
  } else if (t->in_unit && strcmp(name, "tu") == 0) {
    t->in_unit = false;
    t->unit_done = true;
    XML_StopParser(t->parser, XML_TRUE);
  }
}

static ig_status add_text(const ig_tmx *t, variant_text *v, const XML_Char *text, size_t length) {
  if (v->length + length > MOST_TEXT)
    return ig_fail(t->err, IG_ERROR_FORMAT, "%s:%zu: the unit has a text of more than %d MB",
                   t->path, t->line, MOST_TEXT >> 20);
  IG_TRY(ig_allocate_more((void **)&v->text, &v->capacity, v->length + length + 1, 1, t->err));
  for (size_t i = 0; i < length; i++) {
    const bool breaks = text[i] == '\n' || text[i] == '\r' || text[i] == '\t';
    v->text[v->length++] = breaks ? ' ' : text[i];
  }
  return IG_OK;
}

static bool is_read(const ig_tmx *t, int side) {
  return t->in_segment && t->codes == 0 && t->side[side].read.match != VARIANT_MATCH_NONE;
}

static void XMLCALL see_text(void *context, const XML_Char *text, int length) {
  ig_tmx *t = context;
  for (int s = 0; s < 2; s++) {
    if (t->status != IG_OK || !is_read(t, s)) continue;
    const ig_status status = add_text(t, &t->side[s].read, text, (size_t)length);
    if (status != IG_OK) stop_with(t, status);
  }
}

// An entity that only a document type declares, which is never loaded, has no text here. Expat
// drops it, and with it a part of the translation.
static void XMLCALL see_unknown_entity(void *context, const XML_Char *name, int in_dtd) {
  ig_tmx *t = context;
  if (t->status != IG_OK || in_dtd || !(is_read(t, 0) || is_read(t, 1))) return;
  stop_with(t, ig_fail(t->err, IG_ERROR_FORMAT,
                       "%s:%lu: the entity '&%.60s;' is unknown, for document types are never "
                       "loaded: expected the character itself or its number, as in '&#233;'",
                       t->path, (unsigned long)XML_GetCurrentLineNumber(t->parser), name));
}

// Declarations within the file can make entities that grow without bound.
static void XMLCALL see_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                                const XML_Char *public_id, int has_declarations) {
  ig_tmx *t = context;
  (void)name;
  (void)system_id;
  (void)public_id;
  if (has_declarations && t->status == IG_OK)
    stop_with(t, ig_fail(t->err, IG_ERROR_FORMAT,
                         "%s:%lu: a document type with declarations of its own is refused", t->path,
                         (unsigned long)XML_GetCurrentLineNumber(t->parser)));
}

// ---- reading ----------------------------------------------------------------

ig_status ig_tmx_open(const char *path, const char *const language[2], ig_tmx **out,
                      ig_error *err) {
  *out = NULL;
  if (strcasecmp(language[0], language[1]) == 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s: source_language and target_language are both %.40s",
                   path, language[0]);
  ig_tmx *t = ig_allocate(1, sizeof *t, err);
  if (!t) return IG_ERROR_MEMORY;
  t->language[0] = language[0];
  t->language[1] = language[1];
  t->path = ig_allocate_copy(path, strlen(path), err);
  ig_status status = t->path ? ig_byte_source_open(path, NULL, &t->source, err) : IG_ERROR_MEMORY;
  if (status == IG_OK && !(t->parser = XML_ParserCreate(NULL)))
    status = ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", path);
  if (status != IG_OK) {
    ig_tmx_close(t);
    return status;
  }
  XML_SetUserData(t->parser, t);
  XML_SetElementHandler(t->parser, see_begin, see_end);
  XML_SetCharacterDataHandler(t->parser, see_text);
  XML_SetStartDoctypeDeclHandler(t->parser, see_doctype);
  XML_SetSkippedEntityHandler(t->parser, see_unknown_entity);
  *out = t;
  return IG_OK;
}

void ig_tmx_close(ig_tmx *t) {
  if (!t) return;
  if (t->parser) XML_ParserFree(t->parser);
  ig_byte_source_close(t->source);
  for (int s = 0; s < 2; s++) {
    free(t->side[s].kept.text);
    free(t->side[s].read.text);
  }
  free(t->path);
  free(t);
}

static ig_status fail_parse(ig_tmx *t, ig_error *err) {
  if (t->status != IG_OK) return t->status;
  const enum XML_Error code = XML_GetErrorCode(t->parser);
  const ig_status status = code == XML_ERROR_NO_MEMORY ? IG_ERROR_MEMORY : IG_ERROR_FORMAT;
  return ig_fail(err, status, "%s:%lu: %s", t->path,
                 (unsigned long)XML_GetCurrentLineNumber(t->parser), XML_ErrorString(code));
}

// Parses on until a unit is complete or the bytes at hand are used up.
static ig_status parse_some(ig_tmx *t, ig_error *err) {
  XML_ParsingStatus state;
  XML_GetParsingStatus(t->parser, &state);
  if (state.parsing == XML_SUSPENDED)
    return XML_ResumeParser(t->parser) == XML_STATUS_ERROR ? fail_parse(t, err) : IG_OK;
  if (state.parsing == XML_FINISHED) {
    t->ended = true;
    return IG_OK;
  }
  void *buffer = XML_GetBuffer(t->parser, CHUNK);
  size_t got;
  if (!buffer) return ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", t->path);
  const ig_status status = ig_byte_source_read(t->source, buffer, CHUNK, &got, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s", t->path);
  return XML_ParseBuffer(t->parser, (int)got, got == 0) == XML_STATUS_ERROR ? fail_parse(t, err)
                                                                            : IG_OK;
}

ig_status ig_tmx_next(ig_tmx *t, ig_tmx_unit *out, ig_error *err) {
  *out = (ig_tmx_unit){.ended = true};
  t->err = err;
  t->unit_done = false;
  while (!t->unit_done && !t->ended) IG_TRY(parse_some(t, err));
  if (!t->unit_done) return IG_OK;
  out->ended = false;
  out->line = t->line;
  for (int s = 0; s < 2; s++) {
    variant_text *kept = &t->side[s].kept;
    out->spare[s] = t->side[s].spare;
    if (kept->match == VARIANT_MATCH_NONE) continue;
    IG_TRY(ig_allocate_more((void **)&kept->text, &kept->capacity, kept->length + 1, 1, err));
    kept->text[kept->length] = '\0';
    out->text[s] = kept->text;
    out->length[s] = kept->length;
  }
  return IG_OK;
}

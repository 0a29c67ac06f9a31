#include "model/arch/marian_vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/name.h"
#include "base/file.h"
#include "io/json.h"
#include "text/sentencepiece.h"

static ig_status load_pieces(const char *path, json_t *out, ig_error *err) {
  ig_sentencepiece *model;
  IG_TRY(ig_sentencepiece_load(path, &model, err));
  ig_status status = IG_OK;
  for (int id = 0; status == IG_OK && id < ig_sentencepiece_size(model); id++)
    if (json_object_set_new(out, ig_sentencepiece_piece(model, id), json_integer(id)))
      status = ig_fail_memory_in(path, err);
  ig_sentencepiece_free(model);
  return status;
}

// ---- YAML as Marian writes it -----------------------------------------------
//
// A line "token: id" for each, where every token is text, whatever it looks like: 1.5, true, <<,
// and quoted ones. So lines are read as they are, and not as YAML.

typedef struct token_lines {
  const char *path;
  int line;
  json_t *out;
} token_lines;

static ig_status fail_line(const token_lines *l, ig_error *err, const char *what) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s:%d: %s", l->path, l->line, what);
}

// The letter of an escape that stands for one character; 0: it does not.
static uint32_t plain_escape(char letter) {
  static const char letters[] = "\"\\/abtnvfreN_LP";
  static const uint32_t characters[] = {'"',  '\\', '/',  '\a', '\b', '\t',   '\n',  '\v',
                                        '\f', '\r', 0x1b, 0x85, 0xa0, 0x2028, 0x2029};
  const char *found = letter ? strchr(letters, letter) : NULL;
  return found ? characters[found - letters] : 0;
}

// Writes a character as UTF-8 and returns the place after it.
static char *put_character(uint32_t code, char *to) {
  static const unsigned first[] = {0, 0, 0xc0, 0xe0, 0xf0};
  const int bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (int i = bytes - 1; i > 0; i--, code >>= 6) to[i] = (char)(0x80 | (code & 0x3f));
  to[0] = (char)(first[bytes] | code);
  return to + bytes;
}

// Reads the escape after a backslash; *at is at its letter. false: there is no such escape.
static bool read_escape(const char **at, char **to) {
  const char letter = **at;
  uint32_t code = plain_escape(letter);
  const int digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  ++*at;
  for (int i = 0; i < digits; i++, ++*at) {
    const char *hex = "0123456789abcdef0123456789ABCDEF", *found = **at ? strchr(hex, **at) : NULL;
    if (!found) return false;
    code = code << 4 | (uint32_t)((found - hex) % 16);
  }
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
  *to = put_character(code, *to);
  return true;
}

// Takes the quotes off in place. An escape is never shorter than what it stands for.
static bool unquote(char *token) {
  const size_t length = strlen(token);
  const char quote = token[0], *at = token + 1, *end = token + length - 1;
  if (length < 2 || *end != quote) return false;
  char *to = token;
  while (at < end) {
    if (quote == '"' && *at == '\\') {
      at++;
      if (!read_escape(&at, &to) || at > end) return false;
    } else {
      if (quote == '\'' && *at == '\'' && at + 1 < end) at++;  // '' is one
      *to++ = *at++;
    }
  }
  *to = '\0';
  return true;
}

static bool read_id(const char *text, int *out) {
  char *end;
  const long value = strtol(text, &end, 10);
  if (end == text || *end || value < 0 || value > INT32_MAX) return false;
  *out = (int)value;
  return true;
}

static ig_status add_token(const token_lines *l, char *token, const char *id_text, ig_error *err) {
  int id;
  if (!read_id(id_text, &id)) return fail_line(l, err, "expected 'token: id'");
  if ((*token == '"' || *token == '\'') && !unquote(token))
    return fail_line(l, err, "a quoted token that does not end, or an unknown escape in it");
  if (json_object_get(l->out, token)) return fail_line(l, err, "a token that is there already");
  if (json_object_set_new(l->out, token, json_integer(id)))
    return fail_line(l, err, "out of memory, or a token that is not UTF-8");
  return IG_OK;
}

// The last ": " of a line; NULL: it has none.
static char *find_separator(char *line) {
  char *found = NULL;
  for (char *at = strstr(line, ": "); at; at = strstr(at + 1, ": ")) found = at;
  return found;
}

static ig_status read_line(token_lines *l, char *line, char **long_token, ig_error *err) {
  if (!*line || strcmp(line, "---") == 0 || strcmp(line, "...") == 0) return IG_OK;
  if (*long_token && strncmp(line, ": ", 2) == 0) {
    char *token = *long_token;
    *long_token = NULL;
    return add_token(l, token, line + 2, err);
  }
  if (strncmp(line, "? ", 2) == 0) {
    *long_token = line + 2;
    return IG_OK;
  }
  char *separator = find_separator(line);
  if (!separator) return fail_line(l, err, "expected 'token: id'");
  *separator = '\0';
  return add_token(l, line, separator + 2, err);
}

static ig_status read_lines(token_lines *l, char *text, ig_error *err) {
  char *long_token = NULL;
  for (char *line = text; line;) {
    char *end = strchr(line, '\n');
    if (end) *end = '\0';
    const size_t length = strlen(line);
    if (length && line[length - 1] == '\r') line[length - 1] = '\0';
    l->line++;
    IG_TRY(read_line(l, line, &long_token, err));
    line = end ? end + 1 : NULL;
  }
  return long_token ? fail_line(l, err, "a token without an id") : IG_OK;
}

static ig_status load_lines(const char *path, json_t *out, ig_error *err) {
  char *text;
  IG_TRY(ig_file_load(path, &text, NULL, err));
  const ig_status status = read_lines(&(token_lines){.path = path, .out = out}, text, err);
  free(text);
  return status;
}

static ig_status check_ids(const char *path, const json_t *vocabulary, ig_error *err) {
  const char *token;
  json_t *id;
  json_object_foreach((json_t *)vocabulary, token, id) {
    if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) > INT32_MAX)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: '%.40s': expected an id", path, token);
  }
  return IG_OK;
}

ig_status ig_marian_vocabulary_load(const char *path, json_t **out, ig_error *err) {
  *out = NULL;
  if (ig_name_ends_with(path, ".json")) {
    IG_TRY(ig_json_load_object(path, out, err));
    return check_ids(path, *out, err);
  }
  *out = json_object();
  if (!*out) return ig_fail_memory_in(path, err);
  return ig_name_ends_with(path, ".yml") || ig_name_ends_with(path, ".yaml")
             ? load_lines(path, *out, err)
             : load_pieces(path, *out, err);
}

// YAML documents: copies libyaml's tree into ours (with lines, paths and bounds); overrides and
// look-ups.
#include "io/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"

#define MAX_BYTES ((size_t)1 << 20)
// Counted with aliases as copies: this bound stops documents that multiply themselves.
#define MAX_NODES 20000
#define MAX_DEPTH 32
#define MAX_KEY 128
#define MAX_ANCHORS 1000
#define MAX_DOCUMENTS 1000
#define MAX_DIRECTIVES 100
// Of the tree: an alias of a long text copies it.
#define MAX_MEMORY ((size_t)64 << 20)

struct ig_yaml {
  ig_yaml_node *root;
  void **owned;  // every allocation of the tree
  size_t owned_count, owned_capacity;
  size_t nodes, bytes;
};

// ---- building ---------------------------------------------------------------

// count * size zeroed bytes that live as long as the document.
static void *own(ig_yaml *yaml, size_t count, size_t size, ig_error *err) {
  if (ig_allocate_more((void **)&yaml->owned, &yaml->owned_capacity, yaml->owned_count + 1,
                       sizeof *yaml->owned, err) != IG_OK)
    return NULL;
  void *memory = ig_allocate(count, size, err);
  if (!memory) return NULL;
  yaml->owned[yaml->owned_count++] = memory;
  yaml->bytes += count * size;
  return memory;
}

static char *own_text(ig_yaml *yaml, const char *text, size_t length, ig_error *err) {
  char *copy = own(yaml, length + 1, 1, err);
  if (copy && length) memcpy(copy, text, length);
  return copy;
}

// The path of a child: "parent.key", or "parent[index]" if key is NULL.
static const char *child_path(ig_yaml *yaml, const char *parent, const char *key, size_t index,
                              ig_error *err) {
  size_t size = strlen(parent) + (key ? strlen(key) : 0) + 32;
  char *path = own(yaml, size, 1, err);
  if (!path) return NULL;
  if (key)
    snprintf(path, size, "%s%s%s", parent, *parent ? "." : "", key);
  else
    snprintf(path, size, "%s[%zu]", parent, index);
  return path;
}

// Where in a document something is; line 0: in an override.
typedef struct yaml_position {
  const char *file, *path;
  int line, depth;
} yaml_position;

static ig_status fail_at(yaml_position at, ig_error *err, const char *message) {
  if (at.line > 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s:%d: %s%s%s", at.file, at.line, at.path,
                   *at.path ? ": " : "", message);
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s%s%s", at.file, at.path, *at.path ? ": " : "",
                 message);
}

static ig_yaml_node *new_node(ig_yaml *yaml, ig_yaml_kind kind, yaml_position at, ig_error *err) {
  ig_yaml_node *node = own(yaml, 1, sizeof *node, err);
  if (node) *node = (ig_yaml_node){.kind = kind, .file = at.file, .line = at.line, .path = at.path};
  return node;
}

// A document of libyaml that is being copied.
typedef struct tree_copy {
  ig_yaml *yaml;
  yaml_document_t *document;
} tree_copy;

static ig_status copy_node(const tree_copy *copy, int index, yaml_position at, ig_yaml_node **out,
                           ig_error *err);

static ig_status copy_sequence(const tree_copy *copy, const yaml_node_t *from, yaml_position at,
                               ig_yaml_node *node, ig_error *err) {
  node->count = (size_t)(from->data.sequence.items.top - from->data.sequence.items.start);
  node->children = own(copy->yaml, node->count, sizeof *node->children, err);
  if (!node->children) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < node->count; ++i) {
    yaml_position child = {at.file, child_path(copy->yaml, at.path, NULL, i, err), at.line,
                           at.depth + 1};
    if (!child.path) return IG_ERROR_MEMORY;
    IG_TRY(copy_node(copy, from->data.sequence.items.start[i], child, &node->children[i], err));
  }
  return IG_OK;
}

// The key's text; one that `map` has already is an error.
static ig_status copy_key(const tree_copy *copy, int index, yaml_position at,
                          const ig_yaml_node *map, const char **out, ig_error *err) {
  const yaml_node_t *key = yaml_document_get_node(copy->document, index);
  if (key && at.line > 0) at.line = (int)key->start_mark.line + 1;
  if (!key || key->type != YAML_SCALAR_NODE) return fail_at(at, err, "a key must be a plain word");
  const char *text = (const char *)key->data.scalar.value;
  size_t length = key->data.scalar.length;
  if (length > MAX_KEY || memchr(text, '\0', length))
    return fail_at(at, err, "a key is too long or holds a NUL");
  for (size_t i = 0; i < map->count; ++i)
    if (strcmp(map->keys[i], text) == 0) {
      char message[MAX_KEY + 64];
      snprintf(message, sizeof message, "key '%s' stands twice", text);
      return fail_at(at, err, message);
    }
  *out = own_text(copy->yaml, text, length, err);
  return *out ? IG_OK : IG_ERROR_MEMORY;
}

// A map that is being filled.
typedef struct map_copy {
  const tree_copy *copy;
  ig_yaml_node *node;
  size_t capacity;
  yaml_position at;
} map_copy;

static ig_status make_room(map_copy *map, ig_error *err) {
  ig_yaml_node *node = map->node;
  if (node->count < map->capacity) return IG_OK;
  const size_t capacity = map->capacity ? 2 * map->capacity : 8;
  const char **keys = own(map->copy->yaml, capacity, sizeof *keys, err);
  ig_yaml_node **children = own(map->copy->yaml, capacity, sizeof(ig_yaml_node *), err);
  if (!keys || !children) return IG_ERROR_MEMORY;
  if (node->count) memcpy(keys, node->keys, node->count * sizeof *keys);
  if (node->count) memcpy(children, node->children, node->count * sizeof *children);
  node->keys = keys;
  node->children = children;
  map->capacity = capacity;
  return IG_OK;
}

static ig_status copy_pair(map_copy *map, const yaml_node_pair_t *pair, ig_error *err) {
  ig_yaml_node *node = map->node;
  const yaml_position at = map->at;
  IG_TRY(make_room(map, err));
  IG_TRY(copy_key(map->copy, pair->key, at, node, &node->keys[node->count], err));
  yaml_position child = {at.file,
                         child_path(map->copy->yaml, at.path, node->keys[node->count], 0, err),
                         at.line, at.depth + 1};
  if (!child.path) return IG_ERROR_MEMORY;
  ig_yaml_node **value = &node->children[node->count];
  IG_TRY(copy_node(map->copy, pair->value, child, value, err));
  // A value is where its key is, also when it begins a line below.
  if (at.line > 0)
    (*value)->line =
        (int)yaml_document_get_node(map->copy->document, pair->key)->start_mark.line + 1;
  node->count++;
  return IG_OK;
}

// Whether the key is YAML 1.1's merge key, a plain <<.
static bool is_merge_key(const map_copy *map, int index) {
  const yaml_node_t *key = yaml_document_get_node(map->copy->document, index);
  return key && key->type == YAML_SCALAR_NODE && key->data.scalar.length == 2 &&
         key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
         memcmp(key->data.scalar.value, "<<", 2) == 0;
}

static bool has_key(const map_copy *map, int index) {
  const yaml_node_t *key = yaml_document_get_node(map->copy->document, index);
  for (size_t i = 0; key && key->type == YAML_SCALAR_NODE && i < map->node->count; i++)
    if (strcmp(map->node->keys[i], (const char *)key->data.scalar.value) == 0) return true;
  return false;
}

static ig_status merge_maps(map_copy *map, int index, ig_error *err);

// Adds the pairs of a map that is merged, except keys that are known already: those of the map that
// it is merged into count, and of several merged maps those of the first.
static ig_status merge_map(map_copy *map, const yaml_node_t *from, ig_error *err) {
  const yaml_node_pair_t *pairs = from->data.mapping.pairs.start,
                         *end = from->data.mapping.pairs.top;
  for (const yaml_node_pair_t *pair = pairs; pair < end; pair++)
    if (!is_merge_key(map, pair->key) && !has_key(map, pair->key))
      IG_TRY(copy_pair(map, pair, err));
  for (const yaml_node_pair_t *pair = pairs; pair < end; pair++)
    if (is_merge_key(map, pair->key)) IG_TRY(merge_maps(map, pair->value, err));
  return IG_OK;
}

// Merges the value of a merge key: a map, or a list of maps.
static ig_status merge_maps(map_copy *map, int index, ig_error *err) {
  const yaml_node_t *from = yaml_document_get_node(map->copy->document, index);
  const yaml_position at = map->at;
  if (!from || from->type == YAML_SCALAR_NODE)
    return fail_at(at, err, "the merge key '<<' takes a map, or a list of maps");
  if (at.depth >= MAX_DEPTH || ++map->copy->yaml->nodes > MAX_NODES)
    return fail_at(at, err, "the document is too large (aliases count as copies)");
  map->at.depth++;
  ig_status status = IG_OK;
  if (from->type == YAML_MAPPING_NODE) {
    status = merge_map(map, from, err);
  } else {
    const yaml_node_item_t *items = from->data.sequence.items.start;
    for (; status == IG_OK && items < from->data.sequence.items.top; items++)
      status = merge_maps(map, *items, err);
  }
  map->at.depth--;
  return status;
}

static ig_status copy_map(const tree_copy *copy, const yaml_node_t *from, yaml_position at,
                          ig_yaml_node *node, ig_error *err) {
  const yaml_node_pair_t *pairs = from->data.mapping.pairs.start,
                         *end = from->data.mapping.pairs.top;
  map_copy map = {.copy = copy, .node = node, .at = at};
  if (end - pairs > MAX_NODES) return fail_at(at, err, "too many keys");
  for (const yaml_node_pair_t *pair = pairs; pair < end; pair++)
    if (!is_merge_key(&map, pair->key)) IG_TRY(copy_pair(&map, pair, err));
  for (const yaml_node_pair_t *pair = pairs; pair < end; pair++)
    if (is_merge_key(&map, pair->key)) IG_TRY(merge_maps(&map, pair->value, err));
  return make_room(&map, err);
}

static ig_status copy_node(const tree_copy *copy, int index, yaml_position at, ig_yaml_node **out,
                           ig_error *err) {
  const yaml_node_t *from = yaml_document_get_node(copy->document, index);
  if (!from) return fail_at(at, err, "an empty node");
  if (at.line > 0) at.line = (int)from->start_mark.line + 1;
  if (at.depth > MAX_DEPTH) return fail_at(at, err, "nested too deep");
  if (copy->yaml->bytes > MAX_MEMORY)
    return fail_at(at, err, "the document takes too much memory (aliases count as copies)");
  if (++copy->yaml->nodes > MAX_NODES)
    return fail_at(at, err, "the document is too large (aliases count as copies)");
  ig_yaml_kind kind = from->type == YAML_MAPPING_NODE    ? IG_YAML_MAP
                      : from->type == YAML_SEQUENCE_NODE ? IG_YAML_SEQUENCE
                                                         : IG_YAML_SCALAR;
  ig_yaml_node *node = new_node(copy->yaml, kind, at, err);
  *out = node;
  if (!node) return IG_ERROR_MEMORY;
  if (kind == IG_YAML_MAP) return copy_map(copy, from, at, node, err);
  if (kind == IG_YAML_SEQUENCE) return copy_sequence(copy, from, at, node, err);
  if (memchr(from->data.scalar.value, '\0', from->data.scalar.length))
    return fail_at(at, err, "a value holds a NUL");
  node->scalar =
      own_text(copy->yaml, (const char *)from->data.scalar.value, from->data.scalar.length, err);
  node->quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  return node->scalar ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status fail_parsing(const yaml_parser_t *parser, yaml_position at, ig_error *err) {
  if (parser->error == YAML_MEMORY_ERROR) return ig_fail_memory_in(at.file, err);
  if (at.line > 0) at.line = (int)parser->problem_mark.line + 1;
  char message[256];
  snprintf(message, sizeof message, "not valid YAML: %s",
           parser->problem ? parser->problem : "unknown problem");
  return fail_at(at, err, message);
}

// ---- bounds -----------------------------------------------------------------

// What has been seen of a text that is looked through before anything of it is kept.
typedef struct text_survey {
  size_t nodes, anchors, documents;
  int depth;
} text_survey;

static const char *survey_event(text_survey *t, const yaml_event_t *event) {
  switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
      return ++t->documents > MAX_DOCUMENTS ? "too many documents" : NULL;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: t->depth--; return NULL;
    case YAML_MAPPING_START_EVENT:
      t->anchors += event->data.mapping_start.anchor != NULL;
      t->depth++;
      break;
    case YAML_SEQUENCE_START_EVENT:
      t->anchors += event->data.sequence_start.anchor != NULL;
      t->depth++;
      break;
    case YAML_SCALAR_EVENT: t->anchors += event->data.scalar.anchor != NULL; break;
    case YAML_ALIAS_EVENT: break;
    default: return NULL;
  }
  if (t->depth > MAX_DEPTH + 1) return "nested too deep";
  if (t->anchors > MAX_ANCHORS) return "too many anchors";
  // Keys are counted here, and not in the tree.
  return ++t->nodes > 2 * MAX_NODES + MAX_DOCUMENTS ? "the document is too large" : NULL;
}

// libyaml keeps directives in a list that it searches for each of them.
static bool has_too_many_directives(const char *text, size_t size) {
  size_t found = size > 0 && text[0] == '%';
  for (size_t i = 1; i < size && found <= MAX_DIRECTIVES; i++)
    found += text[i] == '%' && (text[i - 1] == '\n' || text[i - 1] == '\r');
  return found > MAX_DIRECTIVES;
}

// libyaml takes quadratic time over open brackets, and over anchors, when it makes a tree. Its
// events come one by one: they are counted first, and the text is refused where a bound is passed.
// A text that is not valid passes: making the tree tells where it is wrong.
static ig_status survey_text(yaml_position at, yaml_parser_t *parser, ig_error *err) {
  text_survey survey = {0};
  for (bool end = false; !end;) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event)) return IG_OK;
    const char *passed = survey_event(&survey, &event);
    if (at.line > 0) at.line = (int)event.start_mark.line + 1;
    end = event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT;
    yaml_event_delete(&event);
    if (passed) return fail_at(at, err, passed);
  }
  return IG_OK;
}

static bool is_null(const ig_yaml_node *node) {
  if (!node || node->kind != IG_YAML_SCALAR || node->quoted) return !node;
  const char *s = node->scalar;
  return !*s || !strcmp(s, "~") || !strcmp(s, "null") || !strcmp(s, "Null") || !strcmp(s, "NULL");
}

// Appends to a list that was made empty. Its memory doubles when it is full, at counts that are
// powers of two.
static ig_status append_child(ig_yaml *yaml, ig_yaml_node *list, ig_yaml_node *node,
                              ig_error *err) {
  const size_t count = list->count;
  if ((count & (count - 1)) == 0) {
    ig_yaml_node **children = own(yaml, count ? 2 * count : 1, sizeof(ig_yaml_node *), err);
    if (!children) return IG_ERROR_MEMORY;
    if (count) memcpy(children, list->children, count * sizeof *children);
    list->children = children;
  }
  list->children[list->count++] = node;
  return IG_OK;
}

// A text that is being parsed. Its documents are appended to list.
typedef struct text_parse {
  ig_yaml *yaml;
  bool many;         // documents are allowed; empty ones (null) are passed over
  yaml_position at;  // of its beginning
  ig_yaml_node *list;
} text_parse;

// Appends the stream's next document to the list. *end: there is none.
static ig_status parse_document(const text_parse *parse, yaml_parser_t *parser, bool *end,
                                ig_error *err) {
  yaml_document_t document;
  if (!yaml_parser_load(parser, &document)) return fail_parsing(parser, parse->at, err);
  ig_yaml_node *node = NULL;
  ig_status status = IG_OK;
  *end = !yaml_document_get_root_node(&document);
  if (!*end && !parse->many && parse->list->count > 0)
    status = fail_at(parse->at, err, "a second YAML document");
  if (!*end && status == IG_OK)
    status = copy_node(&(tree_copy){parse->yaml, &document}, 1, parse->at, &node, err);
  yaml_document_delete(&document);
  if (status != IG_OK || !node || (parse->many && is_null(node))) return status;
  return append_child(parse->yaml, parse->list, node, err);
}

static ig_status begin_parser(yaml_parser_t *parser, const text_parse *parse, const char *text,
                              size_t size, ig_error *err) {
  if (!yaml_parser_initialize(parser)) return ig_fail_memory_in(parse->at.file, err);
  yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(parser, (const unsigned char *)text, size);
  return IG_OK;
}

static ig_status parse_all(const text_parse *parse, yaml_parser_t *parser, ig_error *err) {
  for (bool end = false; !end;) IG_TRY(parse_document(parse, parser, &end, err));
  return IG_OK;
}

static ig_status parse_text(const text_parse *parse, const char *text, size_t size, ig_error *err) {
  yaml_parser_t parser;
  if (has_too_many_directives(text, size)) return fail_at(parse->at, err, "too many directives");
  IG_TRY(begin_parser(&parser, parse, text, size, err));
  ig_status status = survey_text(parse->at, &parser, err);
  yaml_parser_delete(&parser);
  IG_TRY(status);
  IG_TRY(begin_parser(&parser, parse, text, size, err));
  status = parse_all(parse, &parser, err);
  yaml_parser_delete(&parser);
  return status;
}

static ig_status build_tree(ig_yaml *yaml, const char *text, size_t size, const char *name,
                            bool many, ig_error *err) {
  yaml_position at = {own_text(yaml, name, strlen(name), err), "", 1, 0};
  if (!at.file) return IG_ERROR_MEMORY;
  if (size > MAX_BYTES)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %zu bytes, at most %zu are read", name, size,
                   MAX_BYTES);
  // Some editors write a byte order mark, at which libyaml stumbles.
  const size_t mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  ig_yaml_node *list = new_node(yaml, IG_YAML_SEQUENCE, at, err);
  if (!list) return IG_ERROR_MEMORY;
  IG_TRY(parse_text(&(text_parse){yaml, many, at, list}, text + mark, size - mark, err));
  if (list->count == 0 || (!many && is_null(list->children[0]))) {
    ig_yaml_node *empty = new_node(yaml, IG_YAML_MAP, at, err);
    if (!empty) return IG_ERROR_MEMORY;
    list->count = 0;
    IG_TRY(append_child(yaml, list, empty, err));
  }
  yaml->root = many ? list : list->children[0];
  return IG_OK;
}

static ig_status parse_documents(const char *text, size_t size, const char *name, bool many,
                                 ig_yaml **out, ig_error *err) {
  *out = NULL;
  ig_yaml *yaml = ig_allocate(1, sizeof *yaml, err);
  if (!yaml) return IG_ERROR_MEMORY;
  ig_status status = build_tree(yaml, text, size, name, many, err);
  if (status != IG_OK)
    ig_yaml_free(yaml);
  else
    *out = yaml;
  return status;
}

static ig_status load_documents(const char *path, const ig_interrupter *interrupter, bool many,
                                ig_yaml **out, ig_error *err) {
  *out = NULL;
  char *text;
  size_t size;
  IG_TRY(ig_file_load_stream(path, interrupter, MAX_BYTES, &text, &size, err));
  ig_status status = parse_documents(text, size, path, many, out, err);
  free(text);
  return status;
}

ig_status ig_yaml_parse(const char *text, size_t size, const char *name, ig_yaml **out,
                        ig_error *err) {
  return parse_documents(text, size, name, false, out, err);
}
ig_status ig_yaml_load(const char *path, const ig_interrupter *interrupter, ig_yaml **out,
                       ig_error *err) {
  return load_documents(path, interrupter, false, out, err);
}
ig_status ig_yaml_parse_documents(const char *text, size_t size, const char *name, ig_yaml **out,
                                  ig_error *err) {
  return parse_documents(text, size, name, true, out, err);
}
ig_status ig_yaml_load_documents(const char *path, const ig_interrupter *interrupter, ig_yaml **out,
                                 ig_error *err) {
  return load_documents(path, interrupter, true, out, err);
}

void ig_yaml_free(ig_yaml *yaml) {
  if (!yaml) return;
  for (size_t i = 0; i < yaml->owned_count; ++i) free(yaml->owned[i]);
  free(yaml->owned);
  free(yaml);
}

const ig_yaml_node *ig_yaml_root(const ig_yaml *yaml) { return yaml->root; }

ig_status ig_yaml_make_scalar(ig_yaml *yaml, const ig_yaml_node *node, const char *text,
                              ig_error *err) {
  ig_yaml_node *changed = (ig_yaml_node *)node;  // the document owns all its nodes
  char *scalar = own_text(yaml, text, strlen(text), err);
  if (!scalar) return IG_ERROR_MEMORY;
  changed->kind = IG_YAML_SCALAR;
  changed->scalar = scalar;
  changed->quoted = true;
  changed->count = 0;
  return IG_OK;
}

ig_status ig_yaml_make_json(ig_yaml *yaml, const ig_yaml_node *node, const json_t *scalar,
                            ig_error *err) {
  if (json_is_string(scalar))
    return ig_yaml_make_scalar(yaml, node, json_string_value(scalar), err);
  char *text = ig_json_text(scalar, JSON_ENCODE_ANY);
  if (!text) return ig_fail_memory(err);
  const ig_status status = ig_yaml_make_scalar(yaml, node, text, err);
  if (status == IG_OK) ((ig_yaml_node *)node)->quoted = false;
  free(text);
  return status;
}

void ig_yaml_drop(const ig_yaml_node *map, size_t index) {
  ig_yaml_node *changed = (ig_yaml_node *)map;  // the document owns all its nodes
  const size_t after = map->count - index - 1;
  memmove(changed->keys + index, changed->keys + index + 1, after * sizeof *changed->keys);
  memmove(changed->children + index, changed->children + index + 1,
          after * sizeof *changed->children);
  changed->count--;
}

// ---- look-ups ---------------------------------------------------------------

static ig_yaml_node **find_slot(const ig_yaml_node *map, const char *key, size_t length) {
  if (!map || map->kind != IG_YAML_MAP) return NULL;
  for (size_t i = 0; i < map->count; ++i)
    if (strncmp(map->keys[i], key, length) == 0 && map->keys[i][length] == '\0')
      return &map->children[i];
  return NULL;
}

const ig_yaml_node *ig_yaml_get(const ig_yaml_node *map, const char *key) {
  ig_yaml_node **found = find_slot(map, key, strlen(key));
  return found && !is_null(*found) ? *found : NULL;
}

const ig_yaml_node *ig_yaml_find(const ig_yaml_node *map, const char *path) {
  for (;;) {
    size_t length = strcspn(path, ".");
    ig_yaml_node **found = find_slot(map, path, length);
    if (!found || is_null(*found)) return NULL;
    if (!path[length]) return *found;
    map = *found;
    path += length + 1;
  }
}

// ---- overrides --------------------------------------------------------------

// Adds a last child under `key` to a map; its value is for the caller to set.
static ig_yaml_node **add_slot(ig_yaml *yaml, ig_yaml_node *map, const char *key, size_t length,
                               ig_error *err) {
  const char **keys = own(yaml, map->count + 1, sizeof *keys, err);
  ig_yaml_node **children = own(yaml, map->count + 1, sizeof *children, err);
  char *name = own_text(yaml, key, length, err);
  if (!keys || !children || !name) return NULL;
  if (map->count) {
    memcpy(keys, map->keys, map->count * sizeof *keys);
    memcpy(children, map->children, map->count * sizeof *children);
  }
  keys[map->count] = name;
  map->keys = keys;
  map->children = children;
  return &children[map->count++];
}

// Puts the value at a dotted path, whose text ends at path + length. Maps on the way are made.
static ig_status put_value(ig_yaml *yaml, const char *path, size_t length, ig_yaml_node *value,
                           ig_error *err) {
  ig_yaml_node *map = yaml->root;
  size_t begin = 0;
  for (;;) {
    size_t part = 0;
    while (begin + part < length && path[begin + part] != '.') ++part;
    if (part == 0 || part > MAX_KEY)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %.*s: an empty or overlong key", value->file,
                     (int)length, path);
    if (map->kind != IG_YAML_MAP)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %.*s: '%s' is not a map", value->file,
                     (int)length, path, map->path);
    ig_yaml_node **found = find_slot(map, path + begin, part);
    ig_yaml_node *next = value;
    bool last = begin + part == length;
    if (!last && found && !is_null(*found)) {
      next = *found;
    } else if (!last) {
      yaml_position at = {value->file, own_text(yaml, path, begin + part, err), 0, 0};
      next = at.path ? new_node(yaml, IG_YAML_MAP, at, err) : NULL;
    }
    if (next && !found) found = add_slot(yaml, map, path + begin, part, err);
    if (!next || !found) return IG_ERROR_MEMORY;
    *found = next;
    map = next;
    if (last) return IG_OK;
    begin += part + 1;
  }
}

// What messages call an override: "config.yml, --set".
static char *override_name(ig_yaml *yaml, ig_error *err) {
  const char *file = yaml->root->file;
  const size_t size = strlen(file) + sizeof ", --set";
  char *name = own(yaml, size, 1, err);
  if (name) snprintf(name, size, "%s, --set", file);
  return name;
}

ig_status ig_yaml_set(ig_yaml *yaml, const char *assignment, ig_error *err) {
  const char *equals = strchr(assignment, '=');
  if (!equals || equals == assignment || strlen(assignment) > MAX_BYTES ||
      equals - assignment > MAX_KEY * MAX_DEPTH)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s, --set: expected key.path=value, found '%.200s'",
                   yaml->root->file, assignment);
  size_t length = (size_t)(equals - assignment);
  yaml_position at = {override_name(yaml, err), own_text(yaml, assignment, length, err), 0, 0};
  if (!at.file || !at.path) return IG_ERROR_MEMORY;
  ig_yaml_node values = {0};
  IG_TRY(parse_text(&(text_parse){yaml, false, at, &values}, equals + 1, strlen(equals + 1), err));
  ig_yaml_node *value = values.count ? values.children[0] : NULL;
  if (!value) {  // nothing after '=' is null
    value = new_node(yaml, IG_YAML_SCALAR, at, err);
    if (!value) return IG_ERROR_MEMORY;
    value->scalar = own_text(yaml, "", 0, err);
    if (!value->scalar) return IG_ERROR_MEMORY;
  }
  return put_value(yaml, assignment, length, value, err);
}

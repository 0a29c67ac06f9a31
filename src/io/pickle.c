#include "io/pickle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/utf8_sequence.h"
#include "io/little_endian.h"

enum {
  MOST_STACK = 1 << 20,
  MOST_MARKS = 200,
  MOST_MEMO = 4 << 20,
  MOST_NODES = 8 << 20,
  MOST_NAME = 255,
  MOST_TEXT = 1 << 20,
};

typedef struct pickle_machine {
  const ig_pickle_source *source;
  ig_pickle *out;
  size_t at;      // the next byte
  size_t opcode;  // where the present operation began
  uint32_t *stack;
  size_t depth, stack_capacity;
  uint32_t *memo;
  size_t memo_count, memo_capacity;
  size_t marks[MOST_MARKS];
  int mark_count;
} pickle_machine;

static ig_status fail_at(const pickle_machine *m, const char *what, ig_error *err) {
  ig_fail(err, IG_ERROR_FORMAT, "%s: byte %zu of its pickle: %s", m->source->where, m->opcode,
          what);
  return IG_ERROR_FORMAT;  // so that the compiler sees that it is no success
}

// ---- bytes ------------------------------------------------------------------

static ig_status take_bytes(pickle_machine *m, uint64_t count, const unsigned char **out,
                            ig_error *err) {
  if (count > m->source->size - m->at) {
    m->out->is_too_short = true;
    return fail_at(m, "it ends in the middle", err);
  }
  *out = m->source->bytes + m->at;
  m->at += (size_t)count;
  return IG_OK;
}

static ig_status take_number(pickle_machine *m, int bytes, uint64_t *out, ig_error *err) {
  const unsigned char *from;
  IG_TRY(take_bytes(m, (uint64_t)bytes, &from, err));
  *out = ig_little_endian_read(from, bytes);
  return IG_OK;
}

// ---- nodes and the stack ----------------------------------------------------

static ig_status new_node(pickle_machine *m, ig_pickle_node node, uint32_t *out, ig_error *err) {
  ig_pickle *p = m->out;
  if (p->node_count == MOST_NODES) return fail_at(m, "more values than are read", err);
  IG_TRY(ig_allocate_more((void **)&p->nodes, &p->node_capacity, p->node_count + 1,
                          sizeof *p->nodes, err));
  *out = (uint32_t)p->node_count;
  p->nodes[p->node_count++] = node;
  return IG_OK;
}

static ig_status push_number(pickle_machine *m, uint32_t node, ig_error *err) {
  if (m->depth == MOST_STACK) return fail_at(m, "more open values than are read", err);
  IG_TRY(ig_allocate_more((void **)&m->stack, &m->stack_capacity, m->depth + 1, sizeof *m->stack,
                          err));
  m->stack[m->depth++] = node;
  return IG_OK;
}

static ig_status push(pickle_machine *m, ig_pickle_node node, ig_error *err) {
  uint32_t number;
  IG_TRY(new_node(m, node, &number, err));
  return push_number(m, number, err);
}

static ig_status push_integer(pickle_machine *m, int64_t value, ig_error *err) {
  return push(m, (ig_pickle_node){.kind = IG_PICKLE_INTEGER, .integer = value}, err);
}

static ig_pickle_node container(ig_pickle_kind kind) {
  return (ig_pickle_node){.kind = kind, .first = IG_PICKLE_END, .second = IG_PICKLE_END};
}

static size_t stack_floor(const pickle_machine *m) {
  return m->mark_count ? m->marks[m->mark_count - 1] : 0;
}

// Fails unless there are `count` values above the last mark.
static ig_status need_values(const pickle_machine *m, size_t count, ig_error *err) {
  return m->depth - stack_floor(m) < count ? fail_at(m, "a value is missing", err) : IG_OK;
}

static ig_status pop(pickle_machine *m, uint32_t *out, ig_error *err) {
  IG_TRY(need_values(m, 1, err));
  *out = m->stack[--m->depth];
  return IG_OK;
}

static ig_status add_link(pickle_machine *m, uint32_t to, uint32_t node, ig_error *err) {
  ig_pickle *p = m->out;
  if (p->link_count == 2 * (size_t)MOST_NODES) return fail_at(m, "more values than are read", err);
  IG_TRY(ig_allocate_more((void **)&p->links, &p->link_capacity, p->link_count + 1,
                          sizeof *p->links, err));
  const uint32_t link = (uint32_t)p->link_count++;
  p->links[link] = (ig_pickle_link){.node = node, .next = IG_PICKLE_END};
  ig_pickle_node *n = &p->nodes[to];
  if (n->first == IG_PICKLE_END)
    n->first = link;
  else
    p->links[n->second].next = link;
  n->second = link;
  n->count++;
  return IG_OK;
}

// Takes the values from `floor` on from the stack, and adds them to a container; to anything else
// nothing is added.
static ig_status move_values(pickle_machine *m, size_t floor, uint32_t to, ig_pickle_kind kind,
                             ig_error *err) {
  for (size_t i = floor; i < m->depth && m->out->nodes[to].kind == kind; i++)
    IG_TRY(add_link(m, to, m->stack[i], err));
  m->depth = floor;
  return IG_OK;
}

static ig_status pop_mark(pickle_machine *m, size_t *floor, ig_error *err) {
  if (m->mark_count == 0) return fail_at(m, "a mark is missing", err);
  *floor = m->marks[--m->mark_count];
  return IG_OK;
}

static ig_status make_tuple(pickle_machine *m, size_t floor, ig_error *err) {
  uint32_t tuple;
  IG_TRY(new_node(m, container(IG_PICKLE_TUPLE), &tuple, err));
  IG_TRY(move_values(m, floor, tuple, IG_PICKLE_TUPLE, err));
  return push_number(m, tuple, err);
}

// ---- values -----------------------------------------------------------------

static ig_status read_text(pickle_machine *m, uint64_t given, bool ascii_only, ig_error *err) {
  const unsigned char *text;
  IG_TRY(take_bytes(m, given, &text, err));
  const size_t length = (size_t)given;  // the file has as many bytes
  if (length > MOST_TEXT) return fail_at(m, "a text of more than 1 MiB", err);
  bool fine = true;
  for (size_t i = 0; fine && i < length;) {
    const size_t n = ascii_only ? text[i] < 0x80 : ig_utf8_sequence_length(text + i, length - i);
    fine = n > 0;
    i += n;
  }
  if (!fine && ascii_only) return push(m, container(IG_PICKLE_OTHER), err);
  if (!fine) return fail_at(m, "a text that is not UTF-8", err);
  return push(m,
              (ig_pickle_node){.kind = IG_PICKLE_TEXT,
                               .first = (uint32_t)(text - m->source->bytes),
                               .second = (uint32_t)length},
              err);
}

static ig_status read_long(pickle_machine *m, ig_error *err) {
  uint64_t count;
  const unsigned char *bytes;
  IG_TRY(take_number(m, 1, &count, err));
  IG_TRY(take_bytes(m, count, &bytes, err));
  if (count > 8) return push(m, container(IG_PICKLE_OTHER), err);
  uint64_t value = count && bytes[count - 1] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = (size_t)count; i-- > 0;) value = value << 8 | bytes[i];
  return push_integer(m, (int64_t)value, err);
}

static ig_status read_real(pickle_machine *m, ig_error *err) {
  const unsigned char *bytes;
  IG_TRY(take_bytes(m, 8, &bytes, err));
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++) bits = bits << 8 | bytes[i];
  ig_pickle_node node = {.kind = IG_PICKLE_REAL};
  memcpy(&node.real, &bits, sizeof bits);
  return push(m, node, err);
}

// One line of a name, without its end.
static ig_status read_line(pickle_machine *m, char line[MOST_NAME + 1], size_t *length,
                           ig_error *err) {
  *length = 0;
  for (const unsigned char *c;;) {
    IG_TRY(take_bytes(m, 1, &c, err));
    if (*c == '\n') break;
    if (*length == MOST_NAME || *c <= ' ' || *c > '~')
      return fail_at(m, "a name that is no name", err);
    line[(*length)++] = (char)*c;
  }
  line[*length] = '\0';
  return IG_OK;
}

static ig_status read_name(pickle_machine *m, ig_error *err) {
  char module[MOST_NAME + 1], name[MOST_NAME + 1];
  size_t module_length, name_length;
  const size_t first = m->at;
  IG_TRY(read_line(m, module, &module_length, err));
  IG_TRY(read_line(m, name, &name_length, err));
  if (!m->source->is_allowed || !m->source->is_allowed(module, name))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: byte %zu of its pickle asks for %s.%s: only tensors and plain containers "
                   "are read, and nothing is run; save the state dict alone, or save it as "
                   "safetensors",
                   m->source->where, m->opcode, module, name);
  return push(m,
              (ig_pickle_node){.kind = IG_PICKLE_NAME,
                               .first = (uint32_t)first,
                               .second = (uint32_t)module_length,
                               .count = (uint32_t)name_length},
              err);
}

// ---- what would run ---------------------------------------------------------

// Adds the pairs of OrderedDict([[key, value], …]), which Python 2 wrote.
static ig_status add_pairs(pickle_machine *m, uint32_t dict, uint32_t list, ig_error *err) {
  if (m->out->nodes[list].kind != IG_PICKLE_LIST) return fail_at(m, "a dict of no pairs", err);
  for (uint32_t at = m->out->nodes[list].first; at != IG_PICKLE_END; at = m->out->links[at].next) {
    uint32_t pair[2];
    if (ig_pickle_items(m->out, m->out->links[at].node, 2, pair) != 2)
      return fail_at(m, "a dict of no pairs", err);
    IG_TRY(add_link(m, dict, pair[0], err));
    IG_TRY(add_link(m, dict, pair[1], err));
  }
  return IG_OK;
}

static ig_status make_call(pickle_machine *m, ig_error *err) {
  uint32_t arguments, callee, node, argument;
  IG_TRY(pop(m, &arguments, err));
  IG_TRY(pop(m, &callee, err));
  const ig_pickle *p = m->out;
  if (p->nodes[callee].kind != IG_PICKLE_NAME || p->nodes[arguments].kind != IG_PICKLE_TUPLE)
    return fail_at(m, "a call of what has no name", err);
  if (!ig_pickle_is_name(p, callee, "collections.OrderedDict"))
    return push(m, (ig_pickle_node){.kind = IG_PICKLE_CALL, .first = callee, .second = arguments},
                err);
  const size_t count = ig_pickle_items(p, arguments, 1, &argument);
  if (count > 1) return fail_at(m, "a dict of several arguments", err);
  IG_TRY(new_node(m, container(IG_PICKLE_DICT), &node, err));
  if (count == 1) IG_TRY(add_pairs(m, node, argument, err));
  return push_number(m, node, err);
}

// What BUILD would set are attributes, such as the versions that a state dict has: they are left
// out.
static ig_status drop_state(pickle_machine *m, ig_error *err) {
  uint32_t state;
  IG_TRY(pop(m, &state, err));
  IG_TRY(need_values(m, 1, err));
  const ig_pickle_kind kind = m->out->nodes[m->stack[m->depth - 1]].kind;
  if (kind != IG_PICKLE_DICT && kind != IG_PICKLE_CALL && kind != IG_PICKLE_OTHER)
    return fail_at(m, "it sets attributes of what has none", err);
  return IG_OK;
}

static ig_status make_persistent(pickle_machine *m, ig_error *err) {
  uint32_t id;
  IG_TRY(pop(m, &id, err));
  return push(m, (ig_pickle_node){.kind = IG_PICKLE_PERSISTENT, .first = id}, err);
}

// ---- containers -------------------------------------------------------------

static ig_status add_to(pickle_machine *m, size_t floor, ig_pickle_kind kind, ig_error *err) {
  const size_t added = m->depth - floor;
  if (floor == 0 || floor <= stack_floor(m)) return fail_at(m, "a value is missing", err);
  if (kind == IG_PICKLE_DICT && added % 2) return fail_at(m, "a key without a value", err);
  const uint32_t to = m->stack[floor - 1];
  const ig_pickle_kind found = m->out->nodes[to].kind;
  if (found != kind && found != IG_PICKLE_CALL && found != IG_PICKLE_OTHER)
    return fail_at(m, "it adds to what is no container", err);
  return move_values(m, floor, to, kind, err);
}

static ig_status add_few(pickle_machine *m, size_t count, ig_pickle_kind kind, ig_error *err) {
  IG_TRY(need_values(m, count + 1, err));
  return add_to(m, m->depth - count, kind, err);
}

static ig_status add_many(pickle_machine *m, ig_pickle_kind kind, ig_error *err) {
  size_t floor;
  IG_TRY(pop_mark(m, &floor, err));
  return add_to(m, floor, kind, err);
}

static ig_status make_marked_tuple(pickle_machine *m, ig_error *err) {
  size_t floor;
  IG_TRY(pop_mark(m, &floor, err));
  return make_tuple(m, floor, err);
}

static ig_status make_small_tuple(pickle_machine *m, size_t count, ig_error *err) {
  IG_TRY(need_values(m, count, err));
  return make_tuple(m, m->depth - count, err);
}

static ig_status put_mark(pickle_machine *m, ig_error *err) {
  if (m->mark_count == MOST_MARKS) return fail_at(m, "values nested too deep", err);
  m->marks[m->mark_count++] = m->depth;
  return IG_OK;
}

// ---- the memo ---------------------------------------------------------------

// Python numbers what it remembers from 0 on, without gaps.
static ig_status remember(pickle_machine *m, int bytes, ig_error *err) {
  uint64_t index;
  IG_TRY(take_number(m, bytes, &index, err));
  IG_TRY(need_values(m, 1, err));
  if (index > m->memo_count || index >= MOST_MEMO)
    return fail_at(m, "the numbers of what it remembers have gaps", err);
  if (index == m->memo_count) {
    IG_TRY(ig_allocate_more((void **)&m->memo, &m->memo_capacity, m->memo_count + 1,
                            sizeof *m->memo, err));
    m->memo_count++;
  }
  m->memo[index] = m->stack[m->depth - 1];
  return IG_OK;
}

static ig_status recall(pickle_machine *m, int bytes, ig_error *err) {
  uint64_t index;
  IG_TRY(take_number(m, bytes, &index, err));
  if (index >= m->memo_count) return fail_at(m, "it recalls what it did not remember", err);
  return push_number(m, m->memo[index], err);
}

// ---- operations -------------------------------------------------------------

static ig_status read_integer(pickle_machine *m, int bytes, ig_error *err) {
  uint64_t value;
  IG_TRY(take_number(m, bytes, &value, err));
  return push_integer(m, bytes == 4 ? (int32_t)(uint32_t)value : (int64_t)value, err);
}

static ig_status read_sized_text(pickle_machine *m, int bytes, bool ascii_only, ig_error *err) {
  uint64_t length;
  IG_TRY(take_number(m, bytes, &length, err));
  return read_text(m, length, ascii_only, err);
}

static ig_status fail_opcode(const pickle_machine *m, unsigned char opcode, ig_error *err) {
  static const struct {
    unsigned char opcode;
    const char *name;
  } names[] = {{'i', "INST"},          {'o', "OBJ"},    {0x93, "STACK_GLOBAL"}, {0x82, "EXT1"},
               {0x83, "EXT2"},         {0x84, "EXT4"},  {'P', "PERSID"},        {0x92, "NEWOBJ_EX"},
               {0x8b, "LONG4"},        {0x95, "FRAME"}, {0x94, "MEMOIZE"},      {'B', "BINBYTES"},
               {'C', "SHORT_BINBYTES"}};
  const char *name = "an operation";
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].opcode == opcode) name = names[i].name;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: byte %zu of its pickle asks for %s (0x%02x), which is not read: save it by "
                 "torch.save with its default protocol, 2",
                 m->source->where, m->opcode, name, opcode);
}

static ig_status do_value(pickle_machine *m, unsigned char opcode, ig_error *err) {
  switch (opcode) {
    case 'N': return push(m, (ig_pickle_node){.kind = IG_PICKLE_NONE}, err);
    case 0x88:
    case 0x89:
      return push(m, (ig_pickle_node){.kind = IG_PICKLE_BOOL, .integer = opcode == 0x88}, err);
    case 'K': return read_integer(m, 1, err);
    case 'M': return read_integer(m, 2, err);
    case 'J': return read_integer(m, 4, err);
    case 0x8a: return read_long(m, err);
    case 'G': return read_real(m, err);
    case 'X': return read_sized_text(m, 4, false, err);
    case 'U': return read_sized_text(m, 1, true, err);
    case 'T': return read_sized_text(m, 4, true, err);
    case 'c': return read_name(m, err);
    case 'Q': return make_persistent(m, err);
    case 'R':
    case 0x81: return make_call(m, err);
    case 'b': return drop_state(m, err);
    default: return fail_opcode(m, opcode, err);
  }
}

static ig_status do_operation(pickle_machine *m, unsigned char opcode, ig_error *err) {
  switch (opcode) {
    case '(': return put_mark(m, err);
    case '}': return push(m, container(IG_PICKLE_DICT), err);
    case ']': return push(m, container(IG_PICKLE_LIST), err);
    case ')': return push(m, container(IG_PICKLE_TUPLE), err);
    case 0x8f: return push(m, container(IG_PICKLE_OTHER), err);
    case 't': return make_marked_tuple(m, err);
    case 0x85:
    case 0x86:
    case 0x87: return make_small_tuple(m, opcode - 0x84u, err);
    case 'q': return remember(m, 1, err);
    case 'r': return remember(m, 4, err);
    case 'h': return recall(m, 1, err);
    case 'j': return recall(m, 4, err);
    case 'a': return add_few(m, 1, IG_PICKLE_LIST, err);
    case 'e': return add_many(m, IG_PICKLE_LIST, err);
    case 's': return add_few(m, 2, IG_PICKLE_DICT, err);
    case 'u': return add_many(m, IG_PICKLE_DICT, err);
    default: return do_value(m, opcode, err);
  }
}

static ig_status read_protocol(pickle_machine *m, ig_error *err) {
  const unsigned char *bytes;
  IG_TRY(take_bytes(m, 2, &bytes, err));
  if (bytes[0] == 0x80 && (bytes[1] == 2 || bytes[1] == 3)) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: byte %zu: expected a pickle of protocol 2 or 3, as torch.save writes it",
                 m->source->where, m->opcode);
}

static ig_status read_operations(pickle_machine *m, ig_error *err) {
  IG_TRY(read_protocol(m, err));
  for (;;) {
    const unsigned char *opcode;
    m->opcode = m->at;
    IG_TRY(take_bytes(m, 1, &opcode, err));
    if (*opcode == '.') break;
    IG_TRY(do_operation(m, *opcode, err));
  }
  if (m->depth != 1 || m->mark_count) return fail_at(m, "it ends with other than one value", err);
  m->out->root = m->stack[0];
  m->out->size = m->at;
  return IG_OK;
}

ig_status ig_pickle_read(const ig_pickle_source *source, ig_pickle *out, ig_error *err) {
  *out = (ig_pickle){.bytes = source->bytes};
  if (source->size > IG_PICKLE_MOST_BYTES)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: a pickle of more than 64 MiB", source->where);
  pickle_machine *m = ig_allocate(1, sizeof *m, err);
  if (!m) return IG_ERROR_MEMORY;
  m->source = source;
  m->out = out;
  const ig_status status = read_operations(m, err);
  free(m->stack);
  free(m->memo);
  free(m);
  return status;
}

void ig_pickle_free(ig_pickle *pickle) {
  free(pickle->nodes);
  free(pickle->links);
  *pickle = (ig_pickle){0};
}

// ---- looking at values ------------------------------------------------------

bool ig_pickle_is_text(const ig_pickle *p, uint32_t node, const char *text) {
  const ig_pickle_node *n = &p->nodes[node];
  return n->kind == IG_PICKLE_TEXT && n->second == strlen(text) &&
         memcmp(p->bytes + n->first, text, n->second) == 0;
}

void ig_pickle_name(const ig_pickle *p, uint32_t node, char text[IG_PICKLE_NAME_TEXT]) {
  const ig_pickle_node *n = &p->nodes[node];
  const char *module = (const char *)p->bytes + n->first;
  snprintf(text, IG_PICKLE_NAME_TEXT, "%.*s.%.*s", (int)n->second, module, (int)n->count,
           module + n->second + 1);
}

bool ig_pickle_is_name(const ig_pickle *p, uint32_t node, const char *dotted) {
  char text[IG_PICKLE_NAME_TEXT];
  if (p->nodes[node].kind != IG_PICKLE_NAME) return false;
  ig_pickle_name(p, node, text);
  return strcmp(text, dotted) == 0;
}

size_t ig_pickle_items(const ig_pickle *p, uint32_t node, size_t most, uint32_t *out) {
  const ig_pickle_node *n = &p->nodes[node];
  if (n->kind != IG_PICKLE_TUPLE && n->kind != IG_PICKLE_LIST) return 0;
  uint32_t at = n->first;
  for (size_t i = 0; i < most && at != IG_PICKLE_END; i++) {
    out[i] = p->links[at].node;
    at = p->links[at].next;
  }
  return n->count;
}

const char *ig_pickle_kind_name(ig_pickle_kind kind) {
  static const char *const names[] = {"None",   "a boolean", "a number",  "a number",
                                      "a text", "a tuple",   "a list",    "a dict",
                                      "a name", "a storage", "an object", "another value"};
  return names[kind];
}

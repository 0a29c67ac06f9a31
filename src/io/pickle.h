// Python pickles, protocols 2 and 3, as data: nothing is imported, called or set. The machine knows
// numbers, text, tuples, lists, dicts, and *names*: of what a pickle asks to import, to call, to
// build. The caller says which names may occur; any other is an error that tells it.
// Format: pickletools.py of CPython.
#ifndef IG_IO_PICKLE_H
#define IG_IO_PICKLE_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"

typedef enum ig_pickle_kind {
  IG_PICKLE_NONE,
  IG_PICKLE_BOOL,
  IG_PICKLE_INTEGER,
  IG_PICKLE_REAL,
  IG_PICKLE_TEXT,
  IG_PICKLE_TUPLE,
  IG_PICKLE_LIST,
  IG_PICKLE_DICT,
  IG_PICKLE_NAME,        // module and name of something that would be imported
  IG_PICKLE_PERSISTENT,  // something outside the pickle; first: what names it
  IG_PICKLE_CALL,        // first: the IG_PICKLE_NAME; second: the tuple of arguments
  IG_PICKLE_OTHER,       // a value of no use here: a set, a long integer, bytes
} ig_pickle_kind;

// A value, by its number: what two places share has one number.
typedef struct ig_pickle_node {
  ig_pickle_kind kind;
  // Text: place and length in the bytes; a name: place, length of the module, length of the name.
  // Containers: first and last link, number of links.
  uint32_t first, second, count;
  union {
    int64_t integer;
    double real;
  };
} ig_pickle_node;

// Members of containers are a chain of links; a dict's are keys and values by turns.
typedef struct ig_pickle_link {
  uint32_t node, next;
} ig_pickle_link;
#define IG_PICKLE_END UINT32_MAX

typedef struct ig_pickle {
  const unsigned char *bytes;  // borrowed
  ig_pickle_node *nodes;
  size_t node_count, node_capacity;
  ig_pickle_link *links;
  size_t link_count, link_capacity;
  uint32_t root;
  size_t size;        // bytes up to and with STOP
  bool is_too_short;  // it failed because the bytes ended
} ig_pickle;

typedef struct ig_pickle_source {
  const unsigned char *bytes;
  size_t size;
  const char *where;  // what messages call it
  bool (*is_allowed)(const char *module, const char *name);
} ig_pickle_source;

enum { IG_PICKLE_MOST_BYTES = 64 << 20, IG_PICKLE_NAME_TEXT = 520 };

// Memory is linear in the bytes, and there is no recursion. ig_pickle_free also after an error.
ig_status ig_pickle_read(const ig_pickle_source *source, ig_pickle *out, ig_error *err);
void ig_pickle_free(ig_pickle *pickle);  // harmless on a zeroed one

// True if the node is a text, and this text.
bool ig_pickle_is_text(const ig_pickle *p, uint32_t node, const char *text);
// "module.name" of an IG_PICKLE_NAME, cut to fit.
void ig_pickle_name(const ig_pickle *p, uint32_t node, char text[IG_PICKLE_NAME_TEXT]);
bool ig_pickle_is_name(const ig_pickle *p, uint32_t node, const char *dotted);
// Stores the first `most` members of a tuple or list; returns how many there are in all.
size_t ig_pickle_items(const ig_pickle *p, uint32_t node, size_t most, uint32_t *out);
const char *ig_pickle_kind_name(ig_pickle_kind kind);  // "a number", for messages
#endif

// Translation memories in TMX (Translation Memory eXchange 1.4b), read unit by unit in bounded
// memory by expat. Codes of formatting within a text (bpt, ept, it, ph, ut) are left out, line ends
// become spaces. A document type with declarations of its own, such as entities, which can grow
// without bound, is refused; so is an entity in a text that another document type would declare.
#ifndef IG_IO_TMX_H
#define IG_IO_TMX_H
#include "ingot/core.h"

typedef struct ig_tmx ig_tmx;  // ig_tmx_close
// language: of source and target, borrowed; both of them one is an error. Of several variants (tuv)
// one with a text is preferred to an empty one, then one of the language itself to one of a region
// of it, then an earlier one to a later one; letters of either case are the same.
ig_status ig_tmx_open(const char *path, const char *const language[2], ig_tmx **out, ig_error *err);

typedef struct ig_tmx_unit {
  bool ended;           // there is no unit any more
  const char *text[2];  // UTF-8, NUL-terminated, borrowed until the next call; NULL: not there
  size_t length[2];
  size_t spare[2];  // further variants of the language, which are not taken
  size_t line;      // where the unit begins
} ig_tmx_unit;
ig_status ig_tmx_next(ig_tmx *tmx, ig_tmx_unit *out, ig_error *err);
void ig_tmx_close(ig_tmx *tmx);  // harmless on NULL
#endif

// Draws learned coefficients as a table of colours, and the losses of the steps as curves.
#ifndef IG_FUSE_PAGE_LEARNED_PAGE_H
#define IG_FUSE_PAGE_LEARNED_PAGE_H
#include <jansson.h>
#include "page/page.h"

// learned: that of fusion.json (docs/fusion.md).
ig_status ig_learned_page_draw(const ig_page *page, const json_t *learned, ig_error *err);
#endif

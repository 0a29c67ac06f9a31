// Draws what a search has tried: scores on the way, against each parameter and against each other,
// and a table of all.
#ifndef IG_FUSE_PAGE_SEARCHED_PAGE_H
#define IG_FUSE_PAGE_SEARCHED_PAGE_H
#include <jansson.h>
#include "page/page.h"

// searched: that of fusion.json (docs/fusion.md).
ig_status ig_searched_page_draw(const ig_page *page, const json_t *searched, ig_error *err);
#endif

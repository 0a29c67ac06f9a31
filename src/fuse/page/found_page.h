// Draws what a fusion has found, from its record (fusion.json): learned coefficients with the way
// to them, and what a search has tried. A record may come from elsewhere: what is not as it is
// written here is left out.
#ifndef IG_FUSE_PAGE_FOUND_PAGE_H
#define IG_FUSE_PAGE_FOUND_PAGE_H
#include <jansson.h>
#include "page/page.h"

// Whether the record of a fusion, or of one of its stages, has something to draw.
bool ig_found_page_has(const json_t *record);
// Draws the stages first.
ig_status ig_found_page_draw(const ig_page *page, const json_t *record, ig_error *err);
#endif

#include "fuse/page/found_page.h"

#include "base/fail.h"
#include "fuse/page/learned_page.h"
#include "fuse/page/searched_page.h"

static bool has_own(const json_t *record) {
  return json_is_object(json_object_get(record, "learned")) ||
         json_is_object(json_object_get(record, "searched"));
}

bool ig_found_page_has(const json_t *record) {
  const json_t *stages = json_object_get(record, "stages");
  for (size_t i = 0; i < json_array_size(stages); i++)
    if (has_own(json_array_get(stages, i))) return true;
  return has_own(record);
}

static ig_status draw_own(const ig_page *page, const json_t *record, ig_error *err) {
  const json_t *learned = json_object_get(record, "learned"),
               *searched = json_object_get(record, "searched"),
               *name = json_object_get(json_object_get(record, "recipe"), "name");
  if (!has_own(record)) return IG_OK;
  if (json_is_string(name)) {
    fputs("<h2>Stage ", page->file);
    ig_page_text(page, json_string_value(name));
    fputs("</h2>\n", page->file);
  }
  if (json_is_object(learned)) IG_TRY(ig_learned_page_draw(page, learned, err));
  return json_is_object(searched) ? ig_searched_page_draw(page, searched, err) : IG_OK;
}

ig_status ig_found_page_draw(const ig_page *page, const json_t *record, ig_error *err) {
  const json_t *stages = json_object_get(record, "stages");
  for (size_t i = 0; i < json_array_size(stages); i++)
    IG_TRY(draw_own(page, json_array_get(stages, i), err));
  return draw_own(page, record, err);
}

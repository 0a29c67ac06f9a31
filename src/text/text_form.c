#include "text/text_form.h"

ig_status ig_text_form_open(const char *const *files, const ig_text_form *forms, size_t f,
                            ig_pairs **out, ig_error *err) {
  const ig_text_form form = forms ? forms[f] : (ig_text_form){.side = 0};
  return ig_pairs_open(
      &(ig_pairs_input){.form = form.form, .path = {files[f], files[f]}, .side = form.side}, NULL,
      out, err);
}

#include "text/tokenizer_step_lists.h"

#include <stdlib.h>

void ig_tokenizer_step_lists_free(struct ig_tokenizer_steps *s) {
  if (!s) return;
  ig_normal_steps_free(&s->normal);
  ig_cutting_steps_free(&s->cutting);
  ig_joining_steps_free(&s->joining);
  ig_tokenizer_template_free(&s->ends);
  free(s);
}

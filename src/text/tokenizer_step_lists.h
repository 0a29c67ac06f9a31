// What a tokenizer of IG_TOKENIZER_STEPS is made of besides its model. For the files
// text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_STEP_LISTS_H
#define IG_TEXT_TOKENIZER_STEP_LISTS_H
#include "text/cutting_steps.h"
#include "text/joining_steps.h"
#include "text/normal_steps.h"
#include "text/tokenizer_json_model.h"
#include "text/tokenizer_template.h"

struct ig_tokenizer_steps {
  ig_normal_steps normal;
  ig_cutting_steps cutting;
  ig_joining_steps joining;
  ig_tokenizer_template ends;
  ig_tokenizer_json_rules rules;
};
void ig_tokenizer_step_lists_free(struct ig_tokenizer_steps *steps);  // NULL is fine
#endif

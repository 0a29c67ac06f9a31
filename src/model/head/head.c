// The table of heads.
#include "model/head/head.h"

static const ig_head *const heads[] = {
    [IG_HEAD_LANGUAGE_MODEL] = &ig_head_language_model,
};

const ig_head *ig_head_of(const ig_model *model) { return heads[model->head]; }

// The table of heads.
#include "model/head/head.h"

static const ig_head *const heads[] = {
    [IG_HEAD_LANGUAGE_MODEL] = &ig_head_language_model,
    [IG_HEAD_NONE] = &ig_head_none,
    [IG_HEAD_SPAN] = &ig_head_span,
    [IG_HEAD_CLASSES] = &ig_head_classes,
    [IG_HEAD_TOKEN_CLASSES] = &ig_head_token_classes,
    [IG_HEAD_MASKED_TOKENS] = &ig_head_masked_tokens,
};

const ig_head *ig_head_of(const ig_model *model) { return heads[model->config.head.kind]; }

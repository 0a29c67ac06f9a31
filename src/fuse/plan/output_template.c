#include "fuse/plan/output_template.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "fuse/input/chat_templates.h"

// Loads the templates of all models that exist; NULL where a model has none.
static ig_status load_templates(ig_fusion_plan *plan, char **templates, ig_error *err) {
  for (size_t i = 0; i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    ig_error why = {0};
    if (!m->tensors || m->not_made_yet) continue;
    const ig_status status = ig_chat_templates_of(m->directory, &templates[i], &why);
    IG_TRY(ig_problems_judge(&plan->problems, status, &why, err));
  }
  return IG_OK;
}

// The index of the template that occurs most often; count: there is none.
static size_t most_common(char *const *templates, size_t count) {
  size_t best = count, most = 0;
  for (size_t i = 0; i < count; i++) {
    size_t same = 0;
    for (size_t k = 0; templates[i] && k < count; k++)
      same += templates[k] && strcmp(templates[i], templates[k]) == 0;
    if (same <= most) continue;
    most = same;
    best = i;
  }
  return best;
}

static ig_status choose_common(ig_fusion_plan *plan, ig_error *err) {
  const size_t count = plan->models.count;
  char **templates = ig_allocate(count, sizeof *templates, err);
  ig_status status = templates ? load_templates(plan, templates, err) : IG_ERROR_MEMORY;
  const size_t best = status == IG_OK ? most_common(templates, count) : count;
  for (size_t i = 0; templates && i < count; i++) {
    if (i == best)
      plan->chat_template = templates[i];
    else
      free(templates[i]);
  }
  free(templates);
  if (status != IG_OK || best < count) return status;
  return ig_problems_add(&plan->notes, NULL, err,
                         "chat_template: auto has no effect: no model has a chat template");
}

ig_status ig_output_template_choose(ig_fusion_plan *plan, ig_error *err) {
  const char *asked = plan->recipe->chat_template;
  ig_error why = {0};
  if (!asked) return IG_OK;
  if (strcmp(asked, "auto") == 0) return choose_common(plan, err);
  if (strchr(asked, '{')) {
    plan->chat_template = ig_allocate_copy(asked, strlen(asked), err);
    return plan->chat_template ? IG_OK : IG_ERROR_MEMORY;
  }
  if (ig_file_exists(asked)) {
    const ig_status status = ig_chat_templates_load(asked, &plan->chat_template, &why);
    IG_TRY(ig_problems_judge(&plan->problems, status, &why, err));
    if (status != IG_OK || plan->chat_template) return IG_OK;
  }
  return ig_problems_add(&plan->problems, NULL, err,
                         "chat_template: '%.100s' is neither auto, nor a template, nor a file that "
                         "has one: templates that mergekit knows by name (alpaca, chatml, exaone, "
                         "llama3, mistral) are not built in, give the text or a file",
                         asked);
}

#include "fuse/plan/vocabulary_match.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/listing.h"
#include "fuse/input/tokenizer_union.h"
#include "fuse/input/tokenizer_union_check.h"
#include "fuse/input/vocabulary_files.h"
#include "fuse/plan/special_ids.h"
#include "fuse/plan/vocabulary_tensors.h"

// ---- which pieces -----------------------------------------------------------

// Loads the pieces of the model in a directory or, if stage is not NULL, of the model that the
// stage makes.
static ig_status load_pieces(const ig_stage_model *stage, const char *directory, ig_pieces *out,
                             ig_error *err) {
  if (!stage) return ig_pieces_load(directory, out, err);
  if (stage->directory) return ig_pieces_load(stage->directory, out, err);
  if (stage->pieces) return ig_pieces_copy(stage->pieces, out, err);
  if (stage->tokenizer) return ig_pieces_load(stage->tokenizer, out, err);
  return ig_fail(err, IG_ERROR_FORMAT, "%s: its tokenizer is not known yet", stage->name);
}

static bool is_word(const char *source, const char *word) { return strcmp(source, word) == 0; }

// The model whose tokenizer the output's begins with; NULL: it is that of a directory, or of a
// stage.
static const ig_fuse_model *source_model(const ig_fusion_plan *plan) {
  const char *source = plan->recipe->tokenizer.source;
  const bool is_donor = is_word(source, "union") || is_word(source, "base");
  const ig_fuse_model *found = is_donor ? ig_fusion_plan_donor(plan) : NULL;
  for (size_t i = 0; i < plan->models.count; i++)
    if (ig_fuse_models_is_same(plan->models.model[i].reference, source))
      found = &plan->models.model[i];
  return found;
}

// Where the tokenizer of the model in a directory, or of a stage's model, is. NULL: not known yet.
static const char *find_tokenizer(const ig_stage_model *stage, const char *directory) {
  if (!stage) return directory;
  return stage->directory ? stage->directory : stage->tokenizer;
}

// The directory, or else the stage, that the output's tokenizer comes from.
static const char *find_source(const ig_fusion_plan *plan, const ig_stage_model **stage) {
  const char *source = plan->recipe->tokenizer.source;
  const ig_fuse_model *model = source_model(plan);
  *stage = ig_fuse_models_find_stage(&plan->models, source, strlen(source));
  if (!model) return source;
  if (!*stage) *stage = model->stage;
  return model->directory;
}

// The tokenizer that the output's begins with. *complete false: the model that it would come from
// could not be opened, or planned, which is a problem of the list already.
static ig_status load_source(const ig_fusion_plan *plan, ig_alignment *a, bool *complete,
                             ig_error *err) {
  const ig_stage_model *stage;
  const char *directory = find_source(plan, &stage);
  *complete = stage ? stage->directory || stage->tensors : directory != NULL;
  if (!*complete) return IG_OK;
  const char *existing = stage ? stage->directory : directory;
  if (existing) {
    a->directory = ig_allocate_copy(existing, strlen(existing), err);
    if (!a->directory) return IG_ERROR_MEMORY;
  }
  return load_pieces(stage, directory, &a->output, err);
}

static const char *source_name(const ig_fusion_plan *plan) {
  const ig_alignment *a = plan->alignment;
  return a->directory ? a->directory : plan->recipe->tokenizer.source;
}

static ig_status add_piece(ig_alignment *a, int side, const char *piece, ig_error *err) {
  ig_vocabulary *to = &a->output.side[side];
  if (ig_vocabulary_find(to, piece, strlen(piece)) >= 0) return IG_OK;
  a->added = true;
  return ig_vocabulary_add(to, piece, strlen(piece), to->size, err);
}

static ig_status add_pieces(ig_alignment *a, const ig_pieces *from, ig_error *err) {
  for (int side = 0; side <= a->output.separate; side++) {
    const ig_vocabulary *v = ig_pieces_side(from, side);
    for (int id = 0; id < v->size; id++)
      if (v->tokens[id]) IG_TRY(add_piece(a, side, v->tokens[id], err));
  }
  return IG_OK;
}

// A token beside another model's vocab.json would be a piece like any other in the output's, and
// found in no text.
static ig_status add_all_pieces(ig_alignment *a, const ig_pieces *from, ig_error *err) {
  const int before = a->output.side[0].size;
  IG_TRY(add_pieces(a, from, err));
  if (from->has_beside && a->output.side[0].size > before) a->output.extensible = false;
  return IG_OK;
}

// Pieces of models, and those that the recipe names, for a tokenizer without a tokenizer.json.
static ig_status extend_pieces(ig_fusion_plan *plan, const ig_pieces *pieces, ig_error *err) {
  ig_alignment *a = plan->alignment;
  const ig_token_rules *rules = &plan->recipe->tokenizer.rules;
  for (size_t i = 0; i < a->models && is_word(plan->recipe->tokenizer.source, "union"); i++)
    IG_TRY(add_all_pieces(a, &pieces[i], err));
  for (size_t i = 0; i < rules->count; i++)
    for (int side = 0; side <= a->output.separate; side++)
      IG_TRY(add_piece(a, side, rules->items[i].piece, err));
  return IG_OK;
}

static ig_status unite(ig_fusion_plan *plan, const ig_pieces *pieces, ig_tokenizer_union *u,
                       ig_error *err) {
  const ig_alignment *a = plan->alignment;
  const ig_token_rules *rules = &plan->recipe->tokenizer.rules;
  for (size_t i = 0; i < a->models && is_word(plan->recipe->tokenizer.source, "union"); i++)
    IG_TRY(
        ig_tokenizer_union_add(u, &pieces[i], plan->models.model[i].reference, &plan->notes, err));
  for (size_t i = 0; i < rules->count; i++) {
    const char *piece = rules->items[i].piece;
    if (ig_vocabulary_find(&a->output.side[0], piece, strlen(piece)) < 0)
      IG_TRY(ig_tokenizer_union_add_token(u, piece, NULL, err));
  }
  return ig_tokenizer_union_finish(u, err);
}

// Files of the tokenizer that do not go along, for tokenizer.json alone tells the output's pieces.
static ig_status note_left_files(ig_fusion_plan *plan, const char *directory, ig_error *err) {
  ig_listing files = {0};
  ig_status status = ig_listing_read(directory, &files, err);
  char names[300] = "";
  for (size_t i = 0; status == IG_OK && i < files.count; i++) {
    const size_t used = strlen(names);
    if (ig_vocabulary_files_of_class(files.names[i]))
      snprintf(names + used, sizeof names - used, "%s%.40s", used ? ", " : "", files.names[i]);
  }
  ig_listing_free(&files);
  if (status != IG_OK || !*names) return status;
  return ig_problems_add(&plan->notes, NULL, err,
                         "%s: not copied, for they do not have the united pieces: %s", directory,
                         names);
}

// If pieces cannot be read or united, adds a problem and sets *complete to false.
static ig_status judge_pieces(ig_fusion_plan *plan, ig_status status, const ig_error *why,
                              bool *complete, ig_error *err) {
  *complete = *complete && status == IG_OK;
  return ig_problems_judge(&plan->problems, status, why, err);
}

// The same for a tokenizer.json.
static ig_status extend_tokenizer(ig_fusion_plan *plan, const ig_pieces *pieces, bool *complete,
                                  ig_error *err) {
  ig_alignment *a = plan->alignment;
  ig_tokenizer_union u = {.output = &a->output, .name = source_name(plan)};
  ig_error why = {0};
  const ig_status status = unite(plan, pieces, &u, &why);
  a->added = u.new_tokens || u.has_new_text;
  a->new_text = u.has_new_text;
  a->new_tokens = json_incref(u.new_tokens);
  ig_tokenizer_union_free(&u);
  IG_TRY(judge_pieces(plan, status, &why, complete, err));
  return *complete && a->new_text && a->directory ? note_left_files(plan, a->directory, err)
                                                  : IG_OK;
}

// ---- which rows -------------------------------------------------------------

static ig_status match_rows(const ig_pieces *pieces, const ig_alignment *a, int side, int *rows) {
  const ig_vocabulary *out = ig_pieces_side(&a->output, side), *in = ig_pieces_side(pieces, side);
  for (int id = 0; id < out->size; id++)
    rows[id] =
        out->tokens[id] ? ig_vocabulary_find(in, out->tokens[id], strlen(out->tokens[id])) : -1;
  return IG_OK;
}

static ig_status match_all(const ig_fusion_plan *plan, const ig_pieces *pieces, ig_alignment *a,
                           ig_error *err) {
  for (int side = 0; side < 2; side++) {
    ig_aligned_side *s = &a->side[side];
    const int multiple = plan->recipe->tokenizer.pad_to_multiple_of;
    s->pieces = ig_pieces_side(&a->output, side)->size;
    s->rows = (s->pieces + multiple - 1) / multiple * multiple;
    s->row_of = ig_allocate(a->models, sizeof *s->row_of, err);
    if (!s->row_of) return IG_ERROR_MEMORY;
    for (size_t m = 0; m < a->models; m++) {
      s->row_of[m] = ig_allocate((size_t)s->pieces, sizeof **s->row_of, err);
      if (!s->row_of[m]) return IG_ERROR_MEMORY;
      match_rows(&pieces[m], a, side, s->row_of[m]);
    }
  }
  return IG_OK;
}

static ig_status match_ids(const ig_pieces *donor, ig_alignment *a, ig_error *err) {
  const ig_vocabulary *old = ig_pieces_side(donor, 1), *new = ig_pieces_side(&a->output, 1);
  a->new_ids = old->size;
  a->new_id = ig_allocate((size_t)old->size, sizeof *a->new_id, err);
  if (!a->new_id) return IG_ERROR_MEMORY;
  for (int id = 0; id < old->size; id++)
    a->new_id[id] =
        old->tokens[id] ? ig_vocabulary_find(new, old->tokens[id], strlen(old->tokens[id])) : -1;
  return IG_OK;
}

// ---- what the recipe says of single pieces ----------------------------------

static ig_status find_model(const ig_fusion_plan *plan, const ig_yaml_node *node,
                            const char *reference, size_t *out, ig_error *err) {
  for (*out = 0; *out < plan->models.count; ++*out)
    if (ig_fuse_models_is_same(plan->models.model[*out].reference, reference)) return IG_OK;
  return ig_yaml_fail(node, err, "'%.200s' is none of the models", reference);
}

// Looks up the row of one side that a rule of the recipe is about, and the row that takes its
// place.
static ig_status resolve_rule(const ig_fusion_plan *plan, const ig_token_rule *rule,
                              const ig_pieces *pieces, int side, ig_row_rule *out, ig_error *err) {
  const ig_vocabulary *output = ig_pieces_side(&plan->alignment->output, side);
  *out = (ig_row_rule){.row = ig_vocabulary_find(output, rule->piece, strlen(rule->piece)),
                       .force = rule->force,
                       .zero = rule->source == IG_TOKEN_SOURCE_ZERO,
                       .model_row = rule->id};
  if (rule->source != IG_TOKEN_SOURCE_MODEL) return IG_OK;
  IG_TRY(find_model(plan, rule->node, rule->model, &out->model, err));
  if (!rule->token) return IG_OK;
  const ig_vocabulary *v = ig_pieces_side(&pieces[out->model], side);
  out->model_row = ig_vocabulary_find(v, rule->token, strlen(rule->token));
  return out->model_row >= 0 ? IG_OK
                             : ig_yaml_fail(rule->node, err, "%.200s has no piece '%.200s'",
                                            rule->model, rule->token);
}

static ig_status resolve_rules(ig_fusion_plan *plan, const ig_pieces *pieces, ig_error *err) {
  const ig_token_rules *rules = &plan->recipe->tokenizer.rules;
  for (int side = 0; side < 2 && rules->count; side++) {
    ig_aligned_side *s = &plan->alignment->side[side];
    s->rules = ig_allocate(rules->count, sizeof *s->rules, err);
    if (!s->rules) return IG_ERROR_MEMORY;
    for (size_t i = 0; i < rules->count; i++) {
      const ig_token_rule *rule = &rules->items[i];
      if (rule->source != IG_TOKEN_SOURCE_NONE)
        IG_TRY(resolve_rule(plan, rule, pieces, side, &s->rules[s->rule_count++], err));
    }
  }
  return IG_OK;
}

// ---- whether anything is to be matched --------------------------------------

// Whether the files of all models tell the same pieces as those of the output's tokenizer.
static ig_status have_same_files(const ig_fusion_plan *plan, const char *source, bool *same,
                                 ig_error *err) {
  *same = true;
  for (size_t i = 0; *same && i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    const char *const directories[2] = {source, find_tokenizer(m->stage, m->directory)};
    *same = directories[1] != NULL;
    if (*same && strcmp(directories[0], directories[1]) != 0)
      IG_TRY(ig_vocabulary_files_are_alike(directories, same, err));
  }
  return IG_OK;
}

// Tokenizers in a form by which rows cannot be matched: if all models have the same one, nothing is
// to be matched. *alike: they have, and the alignment is idle.
static ig_status align_unread(ig_fusion_plan *plan, bool *alike, ig_error *err) {
  const ig_recipe_tokenizer *asked = &plan->recipe->tokenizer;
  const ig_stage_model *stage;
  const char *directory = find_source(plan, &stage), *source = find_tokenizer(stage, directory);
  ig_pieces pieces;
  ig_error why = {0};
  *alike = false;
  if (!source || (stage && stage->pieces) || asked->rules.count || asked->pad_to_multiple_of != 1)
    return IG_OK;
  ig_status status = ig_pieces_load(source, &pieces, &why);
  if (status == IG_OK) ig_pieces_free(&pieces);
  if (status != IG_ERROR_UNSUPPORTED) return IG_OK;  // told where the pieces are needed
  status = have_same_files(plan, source, alike, &why);
  *alike = *alike && status == IG_OK && ig_vocabulary_tensors_are_alike(plan);
  if (status == IG_ERROR_MEMORY) return ig_fail(err, status, "%s", why.message);
  if (!*alike) return IG_OK;
  ig_alignment *a = plan->alignment;
  a->idle = a->unread = true;
  a->directory = ig_allocate_copy(source, strlen(source), err);
  return a->directory ? IG_OK : IG_ERROR_MEMORY;
}

static bool has_output_pieces(const ig_alignment *a, size_t model, const ig_pieces *pieces) {
  bool same = true;
  for (int side = 0; same && side < 2; side++) {
    const ig_aligned_side *s = &a->side[side];
    same = ig_pieces_side(pieces, side)->size == s->pieces;
    for (int row = 0; same && row < s->pieces; row++)
      same = s->row_of[model][row] == row || !ig_pieces_side(&a->output, side)->tokens[row];
  }
  return same;
}

// Whether the rows of all models are the output's as they stand.
static bool is_idle(const ig_fusion_plan *plan, const ig_pieces *pieces) {
  const ig_alignment *a = plan->alignment;
  const ig_recipe_tokenizer *asked = &plan->recipe->tokenizer;
  bool idle = !a->added && asked->rules.count == 0 && asked->pad_to_multiple_of == 1;
  for (size_t i = 0; idle && i < a->models; i++) idle = has_output_pieces(a, i, &pieces[i]);
  return idle && ig_vocabulary_tensors_are_alike(plan);
}

// ---- what is left out -------------------------------------------------------

enum { NAMED = 10 };  // pieces that a note names

// Pieces of a note: the first few, then their number.
typedef struct piece_list {
  size_t count;
  char names[NAMED * 60 + 1];
} piece_list;

static void list_piece(piece_list *list, const char *piece) {
  const size_t used = strlen(list->names);
  if (list->count++ < NAMED)
    snprintf(list->names + used, sizeof list->names - used, "%s'%.40s'", used ? ", " : "", piece);
}

// The note is "NAME: N pieces WHAT: …".
static ig_status note_pieces(ig_fusion_plan *plan, const char *name, const piece_list *list,
                             const char *what, ig_error *err) {
  char more[48] = "";
  if (list->count == 0) return IG_OK;
  if (list->count > NAMED) snprintf(more, sizeof more, " and %zu more", list->count - NAMED);
  return ig_problems_add(&plan->notes, NULL, err, "%s: %zu piece%s %s: %s%s", name, list->count,
                         list->count == 1 ? "" : "s", what, list->names, more);
}

// The pieces of one side of a model that the output lacks.
static ig_status note_side(ig_fusion_plan *plan, const ig_fuse_model *m, const ig_vocabulary *in,
                           const ig_vocabulary *out, ig_error *err) {
  piece_list lost = {0};
  for (int id = 0; id < in->size; id++) {
    const char *piece = in->tokens[id];
    if (piece && ig_vocabulary_find(out, piece, strlen(piece)) < 0) list_piece(&lost, piece);
  }
  return note_pieces(plan, m->reference, &lost, "that the output's vocabulary lacks", err);
}

// Whether a model has the piece of a row of the output, or the recipe says what becomes of it.
// rows: of the tables of each model; NULL: whether a piece has a row is not asked.
static bool has_source(const ig_alignment *a, const ig_aligned_side *s, int row,
                       const size_t *rows) {
  for (size_t m = 0; m < a->models; m++)
    if (s->row_of[m][row] >= 0 && (!rows || (size_t)s->row_of[m][row] < rows[m])) return true;
  for (size_t i = 0; i < s->rule_count; i++)
    if (s->rules[i].row == row) return true;
  return false;
}

// The pieces of one side of the output that no model has, and those whose ids are beyond the rows
// of all that have them.
static ig_status note_zeros(ig_fusion_plan *plan, int side, const size_t *rows, ig_error *err) {
  const ig_alignment *a = plan->alignment;
  const ig_vocabulary *output = ig_pieces_side(&a->output, side);
  const char *source = source_name(plan);
  piece_list unknown = {0}, rowless = {0};
  for (int id = 0; id < output->size; id++)
    if (output->tokens[id] && !has_source(a, &a->side[side], id, rows))
      list_piece(has_source(a, &a->side[side], id, NULL) ? &rowless : &unknown, output->tokens[id]);
  IG_TRY(note_pieces(plan, source, &unknown, "that no model has, with rows of zeros", err));
  return note_pieces(plan, source, &rowless, "that no model has a row for, with rows of zeros",
                     err);
}

static ig_status note_zeros_of_models(ig_fusion_plan *plan, int side, ig_error *err) {
  const ig_alignment *a = plan->alignment;
  size_t *rows = ig_allocate(a->models, sizeof *rows, err);
  if (!rows) return IG_ERROR_MEMORY;
  for (size_t m = 0; m < a->models; m++)
    rows[m] = ig_vocabulary_tensors_rows(plan->models.model[m].tensors,
                                         a->output.separate ? side : IG_VOCABULARY_BOTH_SIDES);
  const ig_status status = note_zeros(plan, side, rows, err);
  free(rows);
  return status;
}

static ig_status note_lost_pieces(ig_fusion_plan *plan, const ig_pieces *pieces, ig_error *err) {
  const ig_pieces *output = &plan->alignment->output;
  for (int side = 0; side <= output->separate; side++)
    IG_TRY(note_zeros_of_models(plan, side, err));
  for (size_t i = 0; i < plan->models.count; i++)
    for (int side = 0; side <= output->separate; side++)
      IG_TRY(note_side(plan, &plan->models.model[i], ig_pieces_side(&pieces[i], side),
                       ig_pieces_side(output, side), err));
  return IG_OK;
}

// ---- the whole --------------------------------------------------------------

static ig_status open_model(ig_fusion_plan *plan, const char *reference, ig_error *err) {
  size_t index;
  ig_error why = {0};
  if (!reference) return IG_OK;
  const ig_status status = ig_fuse_models_open(&plan->models, reference, &index, &why);
  return status == IG_OK ? IG_OK : ig_problems_judge(&plan->problems, status, &why, err);
}

static ig_status open_models(ig_fusion_plan *plan, ig_error *err) {
  const ig_recipe *recipe = plan->recipe;
  for (size_t m = 0; m < recipe->module_count; m++)
    for (size_t s = 0; s < recipe->modules[m].count; s++) {
      const ig_recipe_slice *slice = &recipe->modules[m].slices[s];
      for (size_t i = 0; i < slice->count; i++)
        IG_TRY(open_model(plan, slice->sources[i].model, err));
      IG_TRY(open_model(plan, slice->base_model, err));
    }
  return open_model(plan, recipe->base_model, err);
}

// Adds a problem if the rows of a model cannot be matched with the output's pieces.
static ig_status check_fit(ig_fusion_plan *plan, const ig_fuse_model *m, const ig_pieces *pieces,
                           bool *complete, ig_error *err) {
  const ig_alignment *a = plan->alignment;
  const char *source = source_name(plan);
  ig_error why = {0};
  if (pieces->separate != a->output.separate) {
    *complete = false;
    return ig_problems_add(&plan->problems, NULL, err,
                           "%s: separate_vocabs is not as in the output's tokenizer", m->reference);
  }
  const bool is_union =
      is_word(plan->recipe->tokenizer.source, "union") && a->output.tokenizer && pieces->tokenizer;
  const ig_status fits = is_union ? ig_tokenizer_union_check(&a->output, source, pieces,
                                                             m->reference, &plan->notes, &why)
                                  : ig_pieces_fit(&a->output, source, pieces, m->reference, &why);
  return judge_pieces(plan, fits, &why, complete, err);
}

static ig_status load_all(ig_fusion_plan *plan, ig_pieces *pieces, bool *complete, ig_error *err) {
  ig_alignment *a = plan->alignment;
  ig_error why = {0};
  const ig_status loaded = load_source(plan, a, complete, &why);
  IG_TRY(judge_pieces(plan, loaded, &why, complete, err));
  for (size_t i = 0; i < a->models; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    if (!m->tensors) *complete = false;
    if (!m->tensors) continue;
    IG_TRY(judge_pieces(plan, load_pieces(m->stage, m->directory, &pieces[i], &why), &why, complete,
                        err));
    if (*complete) IG_TRY(check_fit(plan, m, &pieces[i], complete, err));
  }
  return IG_OK;
}

static ig_status match_pieces(ig_fusion_plan *plan, ig_pieces *pieces, bool *complete,
                              ig_error *err) {
  ig_alignment *a = plan->alignment;
  IG_TRY(load_all(plan, pieces, complete, err));
  if (!*complete) return IG_OK;
  IG_TRY(a->output.tokenizer ? extend_tokenizer(plan, pieces, complete, err)
                             : extend_pieces(plan, pieces, err));
  if (!*complete) return IG_OK;
  if (a->added && !a->output.extensible)
    IG_TRY(ig_problems_add(
        &plan->problems, NULL, err,
        "%s: pieces cannot be added to its tokenizer: neither it nor what is added is a "
        "vocab.json alone or a tokenizer.json; tokenizer_source: base, or a model that has all "
        "pieces",
        source_name(plan)));
  IG_TRY(match_all(plan, pieces, a, err));
  IG_TRY(match_ids(&pieces[ig_fusion_plan_donor(plan) - plan->models.model], a, err));
  a->idle = is_idle(plan, pieces);
  if (a->idle) return IG_OK;
  IG_TRY(resolve_rules(plan, pieces, err));
  IG_TRY(note_lost_pieces(plan, pieces, err));
  IG_TRY(ig_special_ids_compare(plan, pieces, err));
  return ig_special_ids_check(plan, err);
}

ig_status ig_vocabulary_match(ig_fusion_plan *plan, ig_error *err) {
  IG_TRY(open_models(plan, err));
  bool complete = true;
  plan->alignment = ig_allocate(1, sizeof *plan->alignment, err);
  if (!plan->alignment) return IG_ERROR_MEMORY;
  bool alike;
  IG_TRY(align_unread(plan, &alike, err));
  if (alike) return IG_OK;
  plan->alignment->models = plan->models.count;
  ig_pieces *pieces = ig_allocate(plan->models.count, sizeof *pieces, err);
  const ig_status status = pieces ? match_pieces(plan, pieces, &complete, err) : IG_ERROR_MEMORY;
  for (size_t i = 0; pieces && i < plan->models.count; i++) ig_pieces_free(&pieces[i]);
  free(pieces);
  if (complete) return status;
  plan->unmatched = true;
  ig_alignment_free(plan->alignment);
  plan->alignment = NULL;
  return status;
}

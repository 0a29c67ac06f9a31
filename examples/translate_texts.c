// Texts that are translated while the program does something else, with the scores of their
// sentences and which words belong together.
//   cc translate_texts.c $(pkg-config --cflags --libs ingot) && ./a.out MODEL "How are you?" …
#include <ingot_texts.h>
#include <stdio.h>

static void print_sentence(const ig_translation *t) {
  printf("  %.3f  %s\n", (double)t->score, t->text);
  const ig_token_alignment *a = t->alignment;
  for (int j = 0; a && j < a->target_count; j++)
    if (a->links[j] >= 0)
      printf("    %-14s %-14s %5.1f %%\n", a->target_pieces[j], a->source_pieces[a->links[j]],
             100 * (double)a->weights[j * a->source_count + a->links[j]]);
}

static void print_texts(const ig_translations *found) {
  for (size_t i = 0; i < found->count; i++) {
    const ig_translated_text *text = &found->texts[i];
    puts(text->status == IG_OK ? text->text : text->message);
    for (size_t s = 0; s < text->sentences; s++) print_sentence(&text->translations[s]);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s MODEL TEXT ...\n", argv[0]);
    return 2;
  }
  const ig_texts_options options = {.log_probs = true, .alignments = true};
  ig_translator *translator = NULL;
  ig_future *future = NULL;
  ig_translations *found = NULL;
  ig_error err;
  ig_status status = ig_translator_open(argv[1], NULL, &translator, &err);
  if (status == IG_OK)
    status = ig_submit_texts(translator, (const char *const *)argv + 2, (size_t)argc - 2, &options,
                             &future, &err);
  // Here the program has time for other work.
  if (status == IG_OK) status = ig_future_wait(future, &found, &err);
  if (status == IG_OK)
    print_texts(found);
  else
    fprintf(stderr, "%s\n", err.message);
  ig_translations_free(found);
  ig_future_free(future);
  ig_translator_free(translator);
  return status != IG_OK;
}

// The ids of texts by a tokenizer of a family of models, and the texts of those ids, for
// bench/parity/ids.py.
//
//   bench_tokenize FAMILY DIRECTORY [ids|places|words] < texts
//
// Each text of the input ends with a NUL. For each the output holds its ids, with a space between
// them, a NUL, the text of the ids, and a NUL; with "places" also the bytes where each token begins
// and ends, and a NUL. With "words" it holds first what stands beside a pair (ids and types before
// the texts, between them, after them, and the types of the texts), a NUL each; and then for each
// text the ids without special tokens, the places and the words. With "ids" the time of encoding
// alone goes to stderr and nothing else is written.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/arch/encoder_tokenizers.h"
#include "model/arch/family.h"
#include "model/arch/t5_tokenizers.h"
#include "text/tokenizer.h"
#include "text/tokenizer_pairs.h"

static void stop_on_error(ig_status status, const ig_error *err) {
  if (status == IG_OK) return;
  fprintf(stderr, "%s\n", err->message);
  exit(1);
}

static char *read_input(size_t *size) {
  size_t capacity = 1 << 16;
  char *text = malloc(capacity);
  *size = 0;
  for (size_t got; text && (got = fread(text + *size, 1, capacity - *size, stdin)) > 0;) {
    *size += got;
    if (*size < capacity) continue;
    capacity *= 2;
    text = realloc(text, capacity);
  }
  if (!text) exit(1);
  return text;
}

static void write_ids(const ig_ids *ids) {
  for (size_t i = 0; i < ids->count; i++) printf(i ? " %d" : "%d", ids->ids[i]);
  putchar('\0');
}

static void write_case(const ig_tokenizer *t, const ig_ids *ids) {
  char *text;
  ig_error err = {0};
  write_ids(ids);
  stop_on_error(ig_tokenizer_decode(t, ids->ids, ids->count, &text, &err), &err);
  fputs(text, stdout);
  putchar('\0');
  free(text);
}

static void write_ranges(const ig_source_ranges *places) {
  for (size_t i = 0; i < places->count; i++)
    printf(i ? " %zu %zu" : "%zu %zu", places->list[i].begin, places->list[i].end);
  putchar('\0');
}

static void write_frame(const ig_tokenizer *t) {
  ig_tokenizer_frame frame = {0};
  ig_error err = {0};
  stop_on_error(ig_tokenizer_pairs_frame(t, &frame, &err), &err);
  const ig_frame_tokens *const lists[] = {&frame.before, &frame.between, &frame.after};
  for (size_t i = 0; i < 3; i++) {
    write_ids(&lists[i]->ids);
    write_ids(&lists[i]->types);
  }
  printf("%d %d", frame.first_type, frame.second_type);
  putchar('\0');
  ig_tokenizer_frame_free(&frame);
}

static void write_words(const ig_tokenizer *t, const char *text, ig_text_tokens *tokens) {
  ig_error err = {0};
  stop_on_error(ig_tokenizer_pairs_encode(t, text, strlen(text), tokens, &err), &err);
  write_ids(&tokens->ids);
  write_ranges(&tokens->places);
  write_ids(&tokens->words);
}

static void write_all_words(const ig_tokenizer *t, const char *input, size_t size) {
  ig_text_tokens tokens = {0};
  write_frame(t);
  for (size_t at = 0; at < size; at += strlen(input + at) + 1) write_words(t, input + at, &tokens);
  ig_tokenizer_pairs_free_tokens(&tokens);
}

static void write_places(const ig_tokenizer *t, const char *text) {
  const ig_side_text side_text = {IG_SIDE_SOURCE, text, strlen(text), 0};
  ig_ids ids = {0};
  ig_source_ranges places = {0};
  ig_error err = {0};
  stop_on_error(ig_tokenizer_encode_placed(t, &side_text, &ids, &places, &err), &err);
  write_ranges(&places);
  ig_source_ranges_free(&places);
  ig_ids_free(&ids);
}

static const ig_tokenizer_description *const *find_tokenizers(const char *name) {
  static const struct {
    const char *name;
    const ig_tokenizer_description *const *offered;
  } others[] = {{"t5", ig_t5_tokenizers},
                {"bert", ig_encoder_tokenizers_word_pieces},
                {"roberta", ig_encoder_tokenizers_roberta},
                {"xlm-roberta", ig_encoder_tokenizers_xlm_roberta},
                {"camembert", ig_encoder_tokenizers_camembert},
                {"albert", ig_encoder_tokenizers_albert}};
  const ig_family *family = ig_family_find(name);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strcmp(name, others[i].name) == 0) return others[i].offered;
  if (family) return family->tokenizers;
  fprintf(stderr, "no family %s\n", name);
  exit(2);
}

int main(int argc, char **argv) {
  ig_tokenizer *t;
  ig_error err = {0};
  ig_ids ids = {0};
  size_t size, tokens = 0;
  if (argc < 3) return 2;
  const bool places = argc > 3 && strcmp(argv[3], "places") == 0;
  const bool words = argc > 3 && strcmp(argv[3], "words") == 0;
  stop_on_error(ig_tokenizer_load(argv[2], find_tokenizers(argv[1]), &t, &err), &err);
  char *input = read_input(&size);
  const clock_t begin = clock();
  if (words) write_all_words(t, input, size);
  for (size_t at = 0; !words && at < size; at += strlen(input + at) + 1) {
    const char *text = input + at;
    ids.count = 0;
    stop_on_error(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
    tokens += ids.count;
    if (argc == 3 || places) write_case(t, &ids);
    if (places) write_places(t, text);
  }
  if (argc > 3 && !places && !words)
    fprintf(stderr, "%zu tokens in %.3f s\n", tokens,
            (double)(clock() - begin) / (double)CLOCKS_PER_SEC);
  ig_ids_free(&ids);
  free(input);
  ig_tokenizer_free(t);
  return 0;
}

// A word of WordPiece becomes <unk> for its length, or for letters without a piece: of these the
// tokenizer tells the letters alone.
#include "train/text_losses.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/report.h"
#include "text/utf8.h"
#include "text/word_pieces.h"

enum { LISTED = 10 };

typedef struct unknown_advice {
  bool too_long;       // words that no vocabulary helps
  bool in_training;    // letters that the training text has and the vocabulary lacks
  bool in_validation;  // letters that the training text does not have
} unknown_advice;

static size_t letters_of(const char *text) {
  size_t count = 0;
  for (size_t step; *text; text += step, count++) ig_utf8_decode(text, &step);
  return count;
}

static void note_part(const ig_run *run, const char *part, unknown_advice *kinds) {
  const ig_vocabulary *train = &run->train.unknown[IG_SIDE_SOURCE].parts.texts;
  if (letters_of(part) > IG_WORD_PIECES_USUAL_LONGEST)
    kinds->too_long = true;
  else if (ig_vocabulary_find(train, part, strlen(part)) >= 0)
    kinds->in_training = true;
  else
    kinds->in_validation = true;
}

static void advise(const ig_run *run, const ig_corpus *corpus, char *out, size_t size) {
  const ig_vocabulary *parts = &corpus->unknown[IG_SIDE_SOURCE].parts.texts;
  unknown_advice kinds = {false};
  if (run->config.data.vocabulary != IG_VOCABULARY_WORD_PIECES) {
    snprintf(out, size, "; the tokenizer of model.init has no piece for them");
    return;
  }
  for (int id = 0; id < parts->size; id++) note_part(run, parts->tokens[id], &kinds);
  snprintf(out, size, "%s%s%s",
           kinds.in_training
               ? "; a larger data.wordpiece.vocab_size has room for more letters of data.train"
               : "",
           kinds.in_validation ? "; what data.valid alone has gets no piece from data.train" : "",
           kinds.too_long ? "; WordPiece cuts no word of more than 100 letters" : "");
}

ig_status ig_text_losses_report(const ig_run *run, const char *key, const ig_corpus *corpus,
                                ig_error *err) {
  const ig_corpus_unknown *unknown = &corpus->unknown[IG_SIDE_SOURCE];
  char list[1024], advice[320];
  if (unknown->tokens == 0) return IG_OK;
  IG_TRY(ig_tally_describe(&unknown->parts, LISTED, list, sizeof list, err));
  advise(run, corpus, advice, sizeof advice);
  ig_report(run->reporter, IG_LEVEL_WARNING, "%s: %" PRIu64 " of %zu tokens are %s: %s%s", key,
            unknown->tokens, ig_corpus_token_count(corpus, IG_SIDE_SOURCE),
            ig_tokenizer_piece_of_id(run->tokenizer, IG_SIDE_SOURCE,
                                     ig_tokenizer_unk_id(run->tokenizer, IG_SIDE_SOURCE)),
            list, advice);
  return IG_OK;
}

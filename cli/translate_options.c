// The options of ingot translate.
#include <math.h>
#include <string.h>

#include "translate_values.h"

#define CLI_VALUES cli_translate_values

static const char *const splits[] = {"auto", "off", NULL};
static const char *const means[] = {"arithmetic", "geometric", NULL};  // as ig_mean

static const char *const score_columns[] = {"sentence", "tokens", NULL};
static const char *const stoppings[] = {"false", "true", "never", NULL};
static const char *const alignment_formats[] = {"pharaoh", "soft", "json", NULL};  // as the enum

static const cli_option translate_options[] = {
    CLI_REQUIRED_LIST_OPTION('m', "model", "DIR", models,
                             "The model's directory, or its name in the Hugging Face hub's local "
                             "cache (ORGANISATION/NAME[@REVISION]; nothing is downloaded), or "
                             "MODEL+ADAPTER[+ADAPTER...], with LoRA adapters; given several times, "
                             "the models decide together (an ensemble)."),
    CLI_CHOICE_OPTION("ensemble", "MEAN", ensemble, means,
                      "How several models decide: by the mean of their probabilities (arithmetic), "
                      "or of their log-probabilities (geometric). "
                      "Default: arithmetic."),
    CLI_TEXT_OPTION(0, "weights", "A,B,...", weights,
                    "What each model counts for, in the order of -m: numbers from 0 on. Default: "
                    "all the same."),
    CLI_TEXT_OPTION('i', "input", "FILE", input,
                    "Lines of text, plain or compressed by gzip. Default: standard input (-)."),
    CLI_TEXT_OPTION(
        'o', "output", "FILE", output,
        "Default: standard output (-). A file is replaced only when all is translated; until then "
        "the finished lines are in FILE.partial."),
    CLI_FLAG_OPTION(0, "resume", resume,
                    "Go on from FILE.partial of -o FILE, which an earlier run with the same model, "
                    "options and input left: the result is that of a run that was never stopped. "
                    "Without one, begin."),
    CLI_CHOICE_OPTION(
        "split-sentences", "MODE", split_sentences, splits,
        "auto: the sentences of a line are translated one by one, and joined with "
        "the white space between them; not with --ids, --ids-in, --n-best above 1, "
        "--alternatives and --score-target. off: a line is one sentence. Default: auto."),
    CLI_TEXT_OPTION(0, "source-language", "CODE", source_language,
                    "The source's language, as en: its abbreviations end no sentence. Default: "
                    "what the model's tokenizer_config.json says, else its directory's name, as "
                    "en-de. A multilingual model reads it from here: one of the codes that "
                    "ingot inspect lists."),
    CLI_TEXT_OPTION(0, "target-language", "CODE", target_language,
                    "The language to translate into, for a multilingual model: one of the codes "
                    "that ingot inspect lists. Default: what the model's files say."),
    CLI_INTEGER_OPTION(
        "beam-size", "N", beam_size, 1, 1024,
        "Hypotheses kept while searching; 1 is greedy. Default: the model's num_beams, else 1."),
    CLI_INTEGER_OPTION("n-best", "N", n_best, 1, 1024,
                       "Print the N best translations of each sentence, each as SCORE<TAB>TEXT; 1: "
                       "the best alone, without its score."),
    CLI_INTEGER_OPTION("alternatives", "N", alternatives, 2, 1024,
                       "Print for each sentence N translations, each as SCORE<TAB>TEXT, that go on "
                       "with the N likeliest tokens after --target-prefix (without it: that begin "
                       "with them), the likeliest first; each is completed by the search."),
    CLI_CHOICE_OPTION("scores", "WHICH", scores, score_columns,
                      "Print before each translation, with a tab after it, its score (sentence): "
                      "its log-probability divided by its length to the power of "
                      "--length-penalty; or its score and the log-probabilities of its tokens, the "
                      "end included, with spaces between (tokens). A line is then one sentence."),
    CLI_INTEGER_OPTION("min-length", "N", min_length, 0, 1000000,
                       "Fewest tokens to generate, the end-of-sentence token included."),
    CLI_INTEGER_OPTION(
        "max-length", "N", max_length, 1, 1000000,
        "Most tokens to generate, the end-of-sentence token included. Default: the model's."),
    CLI_NUMBER_OPTION("max-length-factor", "X", max_length_factor,
                      "A brake for models that do not end: most tokens to generate, as a multiple "
                      "of the source's tokens; 0: any. Default: 0."),
    CLI_CHOICE_OPTION("early-stopping", "WHEN", early_stopping, stoppings,
                      "When beam search whose hypotheses have all ended may stop: as soon as no "
                      "running one is better by its score now (false), at once (true), or only "
                      "when none can become better by any length (never). Default: the model's, "
                      "else false."),
    CLI_NUMBER_OPTION("length-penalty", "X", length_penalty,
                      "Beam search divides a hypothesis' log-probability by its length to the "
                      "power of X. Default: the model's, else 1."),
    CLI_INTEGER_OPTION("no-repeat-ngram-size", "N", no_repeat_ngram_size, 0, 1000,
                       "No N tokens in a row occur twice in a translation; 0: they may. Default: "
                       "the model's, else 0."),
    CLI_NUMBER_OPTION("repetition-penalty", "X", repetition_penalty,
                      "The score of a token that the translation has already is divided by X, or, "
                      "if it is negative, multiplied. Default: the model's, else 1."),
    CLI_FLAG_OPTION(0, "sample", sample,
                    "Draw each token by its probability in place of searching for the best "
                    "translation; --n-best N draws N translations. The same seed gives the same "
                    "ones. Default: the model's do_sample."),
    CLI_NUMBER_OPTION("temperature", "X", temperature,
                      "Sampling divides logits by X: below 1 the likely tokens become likelier. "
                      "Default: the model's, else 1."),
    CLI_INTEGER_OPTION("top-k", "N", top_k, 0, 10000000,
                       "Sampling draws from the N likeliest tokens alone; 0: from all. Default: "
                       "the model's, else 50."),
    CLI_NUMBER_OPTION("top-p", "X", top_p,
                      "Sampling draws from the fewest tokens that have together a probability of "
                      "X. Default: the model's, else 1: all."),
    CLI_NUMBER_OPTION("min-p", "X", min_p,
                      "Sampling draws from tokens with at least X times the probability of the "
                      "likeliest. Default: the model's, else 0: all."),
    CLI_INTEGER_OPTION("seed", "N", seed, 0, 2147483647,
                       "Other numbers draw other translations. Default: 0."),
    CLI_WEIGHT_TYPE_OPTION,
    CLI_TEXT_OPTION(0, "draft", "DIR", draft,
                    "A small model with the vocabularies of the model, which guesses how a "
                    "translation goes on: the model then settles several tokens in one step. With "
                    "--beam-size 1; the output is the same. It is asked where few sentences are "
                    "translated together, as with --batch-tokens 1."),
    CLI_INTEGER_OPTION("draft-tokens", "N", draft_tokens, 1, 31,
                       "Tokens that it guesses for a sentence in a step, at most. Default: 5."),
    CLI_TEXT_OPTION(
        0, "shortlist", "PATH", shortlist,
        "Choose the tokens of a translation among those that its source leads to: by a "
        "shortlist, PATH, or lex.s2t.bin in the directory PATH (`ingot optimize "
        "--shortlist`; docs/shortlists.md). Faster; some translations differ, and beam "
        "search ranks by scores among these tokens. --stats says how long the lists were."),
    CLI_THREADS_OPTION,
    CLI_INTEGER_OPTION("workers", "N", workers, 1, CLI_MOST_THREADS,
                       "Batches translated at the same time, each on a thread of its own. Default: "
                       "chosen by the work."),
    CLI_INTEGER_OPTION(
        "batch-tokens", "N", batch_tokens, 1, 10000000,
        "Source tokens translated together, at most. Results do not depend on it. Default: 2048."),
    CLI_FLAG_OPTION(0, "ids", ids,
                    "Print target token ids, end of sentence included, instead of text. With "
                    "--score-target: both files are token ids."),
    CLI_FLAG_OPTION(
        0, "ids-in", ids_in,
        "The input is source token ids, taken as they stand. With --score-target: as --ids."),
    CLI_TEXT_OPTION(0, "score-target", "FILE", score_target,
                    "Do not translate: print the log-probability of each line of FILE as the "
                    "translation of the input's line; with --ids, of each token."),
    CLI_TEXT_OPTION(0, "prefix", "TEXT", prefix,
                    "Put TEXT before each sentence, as it stands: models of several tasks are told "
                    "theirs so, as 'translate English to German: '."),
    CLI_TEXT_OPTION(
        0, "target-prefix", "TEXT", target_prefix,
        "Begin the translation of each sentence with TEXT; with --ids, with these ids. It counts "
        "in lengths, not in scores."),
    CLI_TEXT_OPTION(0, "bad-words", "FILE", bad_words,
                    "Lines of text that no translation may contain, as the tokens that the "
                    "tokenizer makes of each where it begins a text, or after a space; with --ids, "
                    "lines of token ids. Besides those that the model's files name."),
    CLI_TEXT_OPTION(0, "glossary", "FILE", glossary,
                    "Lines SOURCE<TAB>TARGET[<TAB>OTHER FORM ...]: where a sentence has a source "
                    "term, one of its target forms is put into the translation by beam search "
                    "(--beam-size 2 or more). A small letter of a source term stands for its "
                    "capital, too; a form may begin with a capital."),
    CLI_FLAG_OPTION(0, "keep-unknown", keep_unknown,
                    "Where the model writes an unknown token, copy what it attends to most of what "
                    "the vocabulary lacks in the source (emoji, rare letters); a sentence of which "
                    "the vocabulary has nothing is copied whole. Without it they are left out."),
    CLI_TEXT_OPTION(0, "alignments", "FILE", alignments,
                    "Write what each target token attends to in the source, a line for each line "
                    "of output. Positions count from 0: in text, tokens that stand for no text "
                    "(ends, languages) have none, nor have those of --prefix; with --ids and "
                    "--ids-in, every id counts."),
    CLI_CHOICE_OPTION("alignments-format", "FORMAT", alignments_format, alignment_formats,
                      "pharaoh: I-J for each target token J and the source token I that it attends "
                      "to most. soft: for each target token the weights of all source tokens, "
                      "special ones included, with commas between them; sentences of a line have "
                      "tabs between them. json: an object with tokens, links and weights. "
                      "Default: pharaoh."),
    CLI_INTEGER_OPTION("alignments-layer", "N", alignments_layer, -1000, 1000,
                       "Attention of the decoder's layer N, from 1, or from the last, which is -1, "
                       "also for --keep-unknown. Default: the one before the last; of at most "
                       "three layers the last."),
    CLI_INTEGER_OPTION("alignments-head", "N", alignments_head, 0, 1000,
                       "Attention of head N, from 1; 0: the mean of all. Default: 0."),
    CLI_TEXT_OPTION(0, "alignments-svg", "FILE", alignments_svg,
                    "Draw what the first sentence attends to, as an SVG."),
    CLI_STRICT_OPTION,
    CLI_STATS_OPTION,
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

const cli_translate_values cli_translate_no_values = {.length_penalty = NAN,
                                                      .repetition_penalty = NAN,
                                                      .temperature = NAN,
                                                      .top_p = NAN,
                                                      .min_p = NAN,
                                                      .top_k = -1,
                                                      .no_repeat_ngram_size = -1};

ig_translator_options cli_translate_library_options(const cli_translate_values *values) {
  ig_translator_options options = ig_translator_options_default();
  options.beam_size = values->beam_size;
  options.n_best = values->n_best;
  options.alternatives = values->alternatives;
  options.min_length = values->min_length;
  options.max_length = values->max_length;
  options.length_penalty = (float)values->length_penalty;
  options.no_repeat_ngram = values->no_repeat_ngram_size;
  if (!isnan(values->repetition_penalty))
    options.repetition_penalty = (float)values->repetition_penalty;
  options.sampling = (ig_sampling_options){.on = values->sample ? IG_SWITCH_ON : IG_SWITCH_MODEL,
                                           .temperature = (float)values->temperature,
                                           .top_k = values->top_k,
                                           .top_p = (float)values->top_p,
                                           .min_p = (float)values->min_p,
                                           .seed = (uint64_t)values->seed};
  options.threads = values->threads;
  options.workers = values->workers;
  options.batch_tokens = values->batch_tokens;
  options.ids_in = values->ids_in || (values->ids && values->score_target != NULL);
  options.ids_out = values->ids;
  options.type = values->type;
  options.draft = values->draft;
  options.shortlist = values->shortlist;
  options.draft_tokens = values->draft_tokens;
  options.strict = values->strict;
  if (values->split_sentences != NULL && strcmp(values->split_sentences, "off") == 0)
    options.split_sentences = IG_SPLIT_SENTENCES_OFF;
  options.source_language = values->source_language;
  options.target_language = values->target_language;
  options.glossary = values->glossary;
  if (values->scores != NULL)
    options.score_columns = strcmp(values->scores, score_columns[0]) == 0
                                ? IG_SCORE_COLUMNS_SENTENCE
                                : IG_SCORE_COLUMNS_TOKENS;
  options.early_stopping = values->early_stopping;
  options.max_length_factor = (float)values->max_length_factor;
  options.prefix = values->prefix;
  options.target_prefix = values->target_prefix;
  options.bad_words = values->bad_words;
  options.keep_unknown = values->keep_unknown;
  options.alignments.layer = values->alignments_layer;
  options.alignments.head = values->alignments_head;
  return options;
}

cli_alignments_options cli_translate_alignments(const cli_translate_values *values) {
  cli_alignments_options options = {.path = values->alignments, .picture = values->alignments_svg};
  const char *format = values->alignments_format;
  for (int i = 0; format != NULL && alignment_formats[i] != NULL; i++)
    if (strcmp(format, alignment_formats[i]) == 0) options.format = (cli_alignments_format)i;
  return options;
}

bool cli_translate_is_geometric(const cli_translate_values *values) {
  return values->ensemble != NULL && strcmp(values->ensemble, means[IG_MEAN_GEOMETRIC]) == 0;
}

const cli_verb cli_translate = {
    .name = "translate",
    .summary = "Translate lines of text, or score given translations.",
    .synopsis =
        "translate -m MODEL [-m MODEL ...] [-i IN] [-o OUT] [OPTION ...]\ntranslate -m MODEL -i "
        "SOURCE --score-target TARGET [--ids]",
    .description =
        "Reads lines and writes the translation of each, in the same order. A line of several "
        "sentences is translated sentence by sentence. Beam search is "
        "that of Hugging Face's transformers; "
        "defaults are those of the model's generation_config.json, or of its config.json where "
        "that "
        "file is missing. Any number of lines is "
        "translated in bounded memory; where the input pauses, all "
        "lines so far are answered at once.\n\n"
        "The output does not depend on --threads, --workers and --batch-tokens, nor on N where "
        "`mpirun "
        "-n N ingot translate ...` deals the lines to several processes (docs/cluster.md).\n\n"
        "Several models translate together, token by token, if they have one target vocabulary, "
        "the same pieces with the same ids: checkpoints of a "
        "run, "
        "runs from other seeds, models of other sizes or families. The source is each model's own "
        "to tokenize. Defaults are the first model's.\n\n"
        "The shipped model, models/en-de in the source, is PREFIX/share/ingot/models/en-de where "
        "Ingot is installed.",
    .examples =
        "echo 'How are you?' | ingot translate -m models/en-de\n"
        "ingot translate -m models/en-de -i test.en -o test.de --beam-size 4 --stats stats.json\n"
        "ingot translate -m models/en-de -i test.en --score-target test.de\n"
        "ingot translate -m run-1/best -m run-2/best -i test.en --ensemble geometric --weights 2,1",
    .options = translate_options,
    .option_count = sizeof translate_options / sizeof *translate_options,
    .shared = true,
    .run = cli_translate_run,
};

// ingot answer: answers to questions from the passages that they are about.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "identity.h"
#include "ingot_answer.h"
#include "input.h"
#include "json.h"
#include "options.h"
#include "output_path.h"
#include "paths.h"
#include "report.h"
#include "stop.h"
#include "streams.h"
#include "whole_file.h"

typedef struct answer_values {
  cli_list models;
  const char *question, *context;  // one question
  const char *input, *output;      // a file of them
  const char *n_best_file, *null_odds, *post_processing, *type, *stats;
  int n_best, max_answer_length, max_length, stride, threads, workers, batch_tokens, beam_size;
  double null_threshold, length_penalty;
  bool no_answer, part_words, json_lines, print_json, show_passage, resume;
  cli_log log;
} answer_values;
#define CLI_VALUES answer_values

static const char *const post_processings[] = {"pipeline", "run_qa", NULL};

static const cli_option answer_options[] = {
    CLI_REQUIRED_LIST_OPTION(
        'm', "model", "DIR", models,
        "A model directory: an encoder with a head for question answering, or a model that "
        "generates text, named as in translate; several answer together, by the mean of what they "
        "say."),
    CLI_TEXT_OPTION(0, "question", "TEXT", question, "One question, about --context."),
    CLI_TEXT_OPTION(0, "context", "FILE", context,
                    "The text that the answer is looked for in; - is standard input."),
    CLI_TEXT_OPTION('i', "input", "FILE", input,
                    "Questions with their contexts: a JSON file in the form of SQuAD, or with "
                    "--json-lines lines of JSON (- is standard input)."),
    CLI_TEXT_OPTION('o', "output", "FILE", output,
                    "The answers to --input. Default: standard output."),
    CLI_FLAG_OPTION(0, "json-lines", json_lines,
                    "--input has a line {\"question\": …, \"context\": …} for each question, with "
                    "an \"id\" or without; the output has a line for each."),
    CLI_TEXT_OPTION(0, "n-best-file", "FILE", n_best_file,
                    "Write the --n-best answers of each question of --input to FILE, as JSON."),
    CLI_TEXT_OPTION(0, "null-odds", "FILE", null_odds,
                    "Write by how much \"no answer\" beats the best answer to FILE, for "
                    "`ingot score squad --null-odds`; of run_qa with --no-answer."),
    CLI_CHOICE_OPTION("post-processing", "NAME", post_processing, post_processings,
                      "Of encoders: how answers come out of what the model gives each token: "
                      "pipeline, as the last question-answering pipeline of transformers (4.57), "
                      "or run_qa, as its example of that name. Default: pipeline."),
    CLI_INTEGER_OPTION("n-best", "N", n_best, 1, 10000,
                       "Answers of a question, at most; of a model that generates at most "
                       "--beam-size. Default: 1, of run_qa 20."),
    CLI_INTEGER_OPTION("max-answer-length", "N", max_answer_length, 1, 100000,
                       "Tokens of an answer, at most. Default: 15, of run_qa 30; generated 30, the "
                       "end token included."),
    CLI_INTEGER_OPTION("max-length", "N", max_length, 1, 100000,
                       "Tokens that the model reads at once: a question and a window of its "
                       "context. Default: 384, or the model's positions."),
    CLI_INTEGER_OPTION("stride", "N", stride, 0, 100000,
                       "Tokens that two windows of a context share. Default: 128, or half of "
                       "--max-length."),
    CLI_FLAG_OPTION(
        0, "no-answer", no_answer,
        "A question may have no answer in its context, as in SQuAD 2.0; then the answer "
        "is empty. A model that generates may answer nothing in any case."),
    CLI_NUMBER_OPTION("null-threshold", "X", null_threshold,
                      "Of run_qa with --no-answer: how much better \"no answer\" must be. "
                      "Default: 0."),
    CLI_FLAG_OPTION(0, "part-words", part_words,
                    "Of encoders: answers begin and end with tokens, not with whole words: for "
                    "languages without "
                    "spaces, whose words are whole sentences to some tokenizers."),
    CLI_INTEGER_OPTION("beam-size", "N", beam_size, 1, 10000,
                       "Of models that generate: how many texts the search keeps; 1 is greedy. "
                       "Default: the model's."),
    CLI_NUMBER_OPTION("length-penalty", "X", length_penalty,
                      "Of models that generate: log p of a text is divided by its length to this "
                      "power; 0: not at all. Default: the model's."),
    CLI_FLAG_OPTION(0, "show-passage", show_passage,
                    "Show the sentences that the answer is in, too: below it, with the answer "
                    "between ** and **, or in JSON as \"passage\"."),
    CLI_FLAG_OPTION(0, "json", print_json,
                    "Print the answer to --question as JSON, with its score and place."),
    CLI_WEIGHT_TYPE_OPTION,
    CLI_THREADS_OPTION,
    CLI_INTEGER_OPTION("workers", "N", workers, 1, CLI_MOST_THREADS,
                       "Batches at the same time, each on one thread. Default: by the work."),
    CLI_INTEGER_OPTION("batch-tokens", "N", batch_tokens, 1, 1 << 24,
                       "Tokens a batch. Default: 2048. Results do not depend on it."),
    CLI_FLAG_OPTION(0, "resume", resume,
                    "With --json-lines: go on where an earlier run into the same file stopped."),
    CLI_STATS_OPTION,
    CLI_QUIET_OPTION,
};

static const answer_values no_values = {.stride = -1, .length_penalty = NAN};

// What is open while questions are answered.
typedef struct answering {
  const cli_verb *verb;
  const answer_values *values;
  ig_answerer *answerer;
} answering;

// ---- one question -----------------------------------------------------------

// Text of the context within a line: with spaces for tabs and ends of lines.
static void print_text(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    putchar(text[i] == '\t' || text[i] == '\r' || text[i] == '\n' ? ' ' : text[i]);
}

// The passage, with the answer in it marked if it has a place there.
static void print_passage(const ig_answer *answer) {
  const char *passage = answer->passage;
  const size_t before = answer->placed ? answer->begin - answer->passage_begin : 0,
               marked = answer->end - answer->begin;
  print_text(passage, before);
  if (marked > 0) fputs("**", stdout);
  print_text(passage + before, marked);
  if (marked > 0) fputs("**", stdout);
  print_text(passage + before + marked, strlen(passage + before + marked));
}

static void print_answer(const ig_answer *answer) {
  printf("%.9g\t", answer->score);
  if (answer->placed)
    printf("%zu\t%zu\t", answer->start_code, answer->end_code);
  else
    fputs("-\t-\t", stdout);
  print_text(answer->text, strlen(answer->text));
  if (answer->passage != NULL) putchar('\t');
  if (answer->passage != NULL) print_passage(answer);
  putchar('\n');
}

static void print_best(const ig_answer *answer) {
  print_text(answer->text, strlen(answer->text));
  putchar('\n');
  if (answer->passage == NULL) return;
  print_passage(answer);
  putchar('\n');
}

static void print_answer_json(const ig_answer *answer) {
  fputs("{\"answer\": ", stdout);
  cli_json_string(stdout, answer->text);  // as the context has it
  printf(", \"score\": %.9g, ", answer->score);
  if (answer->placed)
    printf("\"start\": %zu, \"end\": %zu", answer->start_code, answer->end_code);
  else
    fputs("\"start\": null, \"end\": null", stdout);
  if (answer->passage != NULL) {
    fputs(", \"passage\": {\"text\": ", stdout);
    cli_json_string(stdout, answer->passage);
    printf(", \"start\": %zu, \"end\": %zu}", answer->passage_start_code, answer->passage_end_code);
  }
  puts("}");
}

// "There is no answer" is in the list where it may be one.
static double score_of_none(const ig_answers *answers) {
  for (size_t i = 0; i < answers->count; i++)
    if (answers->list[i].text[0] == '\0') return answers->list[i].score;
  return 0;
}

static int print_answers(const answering *a, const ig_answers *answers) {
  if (answers->problem != NULL) return cli_fail(a->verb, "%s", answers->problem);
  const bool json = a->values->print_json;
  const ig_answer none = {.text = "", .score = score_of_none(answers), .placed = true};
  const ig_answer *best = answers->chosen >= 0 ? &answers->list[answers->chosen] : &none;
  if (a->values->n_best <= 1) {
    if (json)
      print_answer_json(best);
    else
      print_best(best);
    return CLI_OK;
  }
  for (size_t i = 0; i < answers->count; i++) {
    if (json)
      print_answer_json(&answers->list[i]);
    else
      print_answer(&answers->list[i]);
  }
  return CLI_OK;
}

// The lines of a file as one text.
static char *join_lines(const cli_text *text) {
  size_t size = 1;
  for (size_t i = 0; i < text->count; i++) size += strlen(text->lines[i]) + 1;
  char *whole = malloc(size), *end = whole;
  if (whole == NULL) return NULL;
  for (size_t i = 0; i < text->count; i++) {
    const size_t length = strlen(text->lines[i]);
    if (i > 0) *end++ = '\n';
    memcpy(end, text->lines[i], length);
    end += length;
  }
  *end = '\0';
  return whole;
}

static int answer_one(answering *a) {
  ig_error err = {0};
  cli_text text = {0};
  const ig_reporter reporter = cli_report_begin(&a->values->log, false);
  const ig_lines_options reading = {.reporter = reporter};
  if (cli_text_read(&text, a->values->context, &reading, &err) != IG_OK)
    return cli_fail(a->verb, "%s", err.message);
  char *context = join_lines(&text);
  cli_text_free(&text);
  if (context == NULL) return cli_fail_memory(a->verb);
  const ig_question question = {a->values->question, context};
  ig_answers answers;
  const ig_status status = ig_answerer_run(a->answerer, &question, 1, &answers, &err);
  const int code = status == IG_OK ? print_answers(a, &answers)
                                   : cli_stop_code(status, cli_fail(a->verb, "%s", err.message));
  if (status == IG_OK) ig_answers_free(&answers);
  free(context);
  return code;
}

// ---- files of questions -----------------------------------------------------

// For the library, to which "-" is a file of that name. NULL stays what is not asked for.
static const char *path_of(const char *path) {
  return path != NULL && cli_is_standard(path) ? "/dev/stdout" : path;
}

static int answer_squad(answering *a) {
  const answer_values *v = a->values;
  ig_error err = {0};
  const ig_reporter reporter = cli_report_begin(&v->log, true);
  const ig_answer_files files = {.questions = v->input,
                                 .predictions = path_of(v->output != NULL ? v->output : "-"),
                                 .n_best = path_of(v->n_best_file),
                                 .null_odds = path_of(v->null_odds),
                                 .reporter = &reporter};
  const ig_status status = ig_answer_squad(a->answerer, &files, &err);
  cli_report_end();
  if (status == IG_OK) return CLI_OK;
  return cli_stop_code(status, cli_fail(a->verb, "%s", err.message));
}

static ig_status put_identity(void *context, char **out, ig_error *err) {
  static const char *const without_effect[] = {"model",   "input",        "output", "resume",
                                               "threads", "workers",      "stats",  "quiet",
                                               "json",    "batch-tokens", NULL};
  static const char *const none[] = {NULL};
  const answering *a = context;
  return cli_identity_text(&(cli_identity_options){.verb = a->verb,
                                                   .values = a->values,
                                                   .defaults = &no_values,
                                                   .without_effect = without_effect,
                                                   .files = none,
                                                   .contents = none,
                                                   .models = &a->values->models},
                           out, err);
}

static ig_status answer_open_lines(answering *a, cli_streams *s, ig_error *err) {
  const ig_line_stream stream = cli_streams_lines(s);
  const ig_reporter reporter = cli_report_begin(&a->values->log, s->output.file != stdout);
  const ig_status status = ig_answer_lines(a->answerer, &stream, &reporter, err);
  cli_report_end();
  return status == IG_OK ? cli_output_commit(&s->output, err) : status;
}

static int answer_lines(answering *a) {
  const answer_values *v = a->values;
  ig_error err = {0};
  cli_streams streams = {0};
  const cli_streams_options options = {.source = v->input,
                                       .count_lines = !v->log.quiet,
                                       .output = {.path = v->output,
                                                  .resume = v->resume,
                                                  .lines_each = 1,
                                                  .identity = put_identity,
                                                  .context = a}};
  ig_status status = cli_streams_open(&streams, &options, &err);
  int code = CLI_OK;
  if (status != IG_OK) {
    code = cli_fail(a->verb, "%s", err.message);
  } else {
    status = answer_open_lines(a, &streams, &err);
    char count[600] = "";
    if (status != IG_OK) {
      cli_output_stop(&streams.output, count, sizeof count);
      code = cli_stop_code(status, cli_fail(a->verb, "%s%s", err.message, count));
    }
  }
  cli_streams_close(&streams);
  return code;
}

// ---- the verb ---------------------------------------------------------------

static ig_status write_stats(const answering *a, ig_error *err) {
  const ig_answer_stats stats = ig_answerer_stats(a->answerer);
  const char *isa = "";
  char text[512];
  if (ig_isa_name(&isa, err) != IG_OK) return IG_ERROR_UNSUPPORTED;
  const int length =
      snprintf(text, sizeof text,
               "{\"questions\": %zu, \"problems\": %zu, \"windows\": %zu, \"tokens\": %zu, "
               "\"generated_tokens\": %zu, "
               "\"load_seconds\": %.6f, \"seconds\": %.6f, \"isa\": \"%s\", \"threads\": %d}\n",
               stats.questions, stats.problems, stats.windows, stats.tokens, stats.generated_tokens,
               stats.load_seconds, stats.seconds, isa, stats.threads);
  return cli_whole_file_write(a->values->stats, text, (size_t)length, err);
}

static int answer_and_tell(answering *a) {
  ig_error err = {0};
  const answer_values *v = a->values;
  const int code = v->question != NULL ? answer_one(a)
                   : v->json_lines     ? answer_lines(a)
                                       : answer_squad(a);
  if (code != CLI_OK || v->stats == NULL || write_stats(a, &err) == IG_OK) return code;
  return cli_fail(a->verb, "%s", err.message);
}

static ig_answerer_options library_options(const answer_values *v) {
  ig_answerer_options o = ig_answerer_options_default();
  if (v->post_processing != NULL && strcmp(v->post_processing, "run_qa") == 0)
    o.post_processing = IG_POST_PROCESSING_RUN_QA;
  o.type = v->type;
  o.threads = v->threads;
  o.workers = v->workers;
  o.n_best = v->n_best;
  o.max_answer_length = v->max_answer_length;
  o.max_length = v->max_length;
  o.stride = v->stride;
  o.no_answer = v->no_answer;
  o.null_threshold = v->null_threshold;
  o.part_words = v->part_words;
  o.batch_tokens = v->batch_tokens;
  o.beam_size = v->beam_size;
  o.length_penalty = (float)v->length_penalty;
  o.passages = v->show_passage;
  o.interrupter = cli_stop_on_signals(!v->log.quiet);
  return o;
}

static int open_answerer(answering *a) {
  const answer_values *v = a->values;
  ig_error err = {0};
  ig_ensemble_member *members = calloc(v->models.count, sizeof *members);
  if (members == NULL) return cli_fail_memory(a->verb);
  for (size_t i = 0; i < v->models.count; i++) members[i].directory = v->models.items[i];
  const ig_ensemble ensemble = {.members = members, .count = v->models.count};
  const ig_answerer_options options = library_options(v);
  const ig_status status = ig_answerer_open(&ensemble, &options, &a->answerer, &err);
  free(members);
  if (status != IG_OK) return cli_fail_of_library(a->verb, err.message);
  if (!ig_answerer_generates(a->answerer) || v->post_processing == NULL) return CLI_GO_ON;
  return cli_fail(a->verb,
                  "--post-processing is of encoders, which find answers: %s generates them",
                  v->models.items[0]);
}

static int check_values(const cli_verb *verb, const answer_values *v) {
  if ((v->question == NULL) != (v->context == NULL))
    return cli_usage_error(verb, "--question needs --context, and --context a --question");
  if ((v->question == NULL) == (v->input == NULL))
    return cli_usage_error(verb, "expected either --question and --context, or --input");
  if (v->question != NULL && (v->output != NULL || v->json_lines))
    return cli_usage_error(verb, "%s is of --input: the answer to --question is printed",
                           v->output != NULL ? "--output" : "--json-lines");
  if (v->input != NULL && v->print_json)
    return cli_usage_error(verb, "--json is of --question: answers to --input are JSON anyway");
  const bool squad = v->input != NULL && !v->json_lines;
  if (!squad && (v->n_best_file != NULL || v->null_odds != NULL))
    return cli_usage_error(verb, "--n-best-file and --null-odds are of an --input in SQuAD's form");
  if (squad && v->show_passage && v->n_best_file == NULL)
    return cli_usage_error(verb,
                           "--show-passage: predictions have no place for a passage: expected "
                           "--n-best-file, --json-lines or --question");
  if (v->resume && !v->json_lines) return cli_usage_error(verb, "--resume is of --json-lines");
  const bool run_qa = v->post_processing != NULL && strcmp(v->post_processing, "run_qa") == 0;
  if (v->null_odds != NULL && !(run_qa && v->no_answer))
    return cli_usage_error(verb, "--null-odds needs --post-processing run_qa and --no-answer");
  if (v->null_threshold != 0 && !(run_qa && v->no_answer))
    return cli_usage_error(verb, "--null-threshold needs --post-processing run_qa and --no-answer");
  if (squad && cli_is_standard(v->input))
    return cli_usage_error(verb, "--input: standard input is for --json-lines");
  return CLI_GO_ON;
}

// Could the files be written, once all questions are answered?
static int check_writable(const cli_verb *verb, const answer_values *v) {
  const char *const outputs[] = {v->json_lines ? NULL : v->output, v->n_best_file, v->null_odds,
                                 v->stats};
  for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
    ig_error err = {0};
    if (outputs[i] == NULL || cli_is_standard(outputs[i])) continue;
    if (cli_whole_file_check(outputs[i], &err) != IG_OK) return cli_fail(verb, "%s", err.message);
  }
  return CLI_GO_ON;
}

static bool is_same_output(const char *one, const char *other) {
  if (one == NULL || other == NULL) return false;
  return cli_is_standard(one) ? cli_is_standard(other) : cli_same_file(one, other);
}

static int check_outputs(const cli_verb *verb, const answer_values *v) {
  const char *const outputs[] = {v->output != NULL ? v->output : "-", v->n_best_file, v->null_odds,
                                 v->stats};
  const size_t count = sizeof outputs / sizeof *outputs;
  for (size_t i = 0; i < count; i++) {
    const int code = cli_check_output(verb, outputs[i], v->input, &v->models);
    if (code != CLI_GO_ON) return code;
    for (size_t j = 0; j < i; j++)
      if (is_same_output(outputs[i], outputs[j]))
        return cli_usage_error(verb, "'%s' is two outputs", outputs[i]);
  }
  return CLI_GO_ON;
}

static int run_parsed(answering *a) {
  int code = check_values(a->verb, a->values);
  if (code == CLI_GO_ON) code = check_outputs(a->verb, a->values);
  if (code == CLI_GO_ON) code = check_writable(a->verb, a->values);
  if (code == CLI_GO_ON) code = open_answerer(a);
  if (code == CLI_GO_ON) code = answer_and_tell(a);
  ig_answerer_free(a->answerer);
  return code;
}

static int run_answer(const cli_verb *verb, int argc, char **argv) {
  answer_values values = no_values;
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  answering a = {.verb = verb, .values = &values};
  if (code == CLI_GO_ON) code = run_parsed(&a);
  cli_list_free(&values.models);
  return code;
}

const cli_verb cli_answer = {
    .name = "answer",
    .summary = "Answer questions from the passages that they are about.",
    .synopsis =
        "answer -m MODEL --question TEXT --context FILE [--n-best N] [--json]\n"
        "answer -m MODEL -i SQUAD.json -o PREDICTIONS.json [--no-answer]\n"
        "answer -m MODEL -i LINES.jsonl -o ANSWERS.jsonl --json-lines",
    .description =
        "Finds the stretch of a text that answers a question, with a model whose class ends in "
        "ForQuestionAnswering, or has an encoder-decoder model generate "
        "the answer from \"question: … context: …\". A text that is longer than the model reads at "
        "once is read in "
        "windows that overlap; of generated answers the one with the best score wins, and windows "
        "that generate nothing are passed over unless all do.\n\n"
        "With --question the answer is printed, or with --n-best lines of score, place and "
        "answer; places are those of characters of the context, from 0, where the "
        "end of a line is one character; tabs and ends of lines in an answer are printed as "
        "spaces. The score of pipeline is a sum over windows and places, and no probability; that "
        "of a generated answer the log-probability of its tokens by --length-penalty. Generated "
        "text that the context does not have has no place (-, in JSON null).\n\n"
        "A file in SQuAD's form gives one JSON object of answers by the questions' ids, which "
        "`ingot score squad` takes. A question that cannot be asked (it is empty, or leaves its "
        "context no room) is told, and its answer is empty.",
    .examples =
        "ingot answer -m models/qa-en --question 'Who wrote it?' --context book.txt\n"
        "ingot answer -m models/qa-en -i dev-v1.1.json -o predictions.json",
    .options = answer_options,
    .option_count = sizeof answer_options / sizeof *answer_options,
    .run = run_answer,
};

// What ingot.h offers for a stream of lines: this process alone translates or scores it, or shares
// it with other ranks.
#include "base/fail.h"
#include "pipeline/shared_lines.h"
#include "pipeline/translate_lines.h"

static ig_status check_stream(const ig_translator *translator, const ig_line_stream *stream,
                              ig_error *err) {
  IG_TRY(ig_fail_if_null(translator, "translator", err));
  IG_TRY(ig_fail_if_null(stream, "stream", err));
  if (ig_cluster_rank(stream->cluster) > 0) return IG_OK;  // it is read and written elsewhere
  IG_TRY(ig_fail_if_missing(!stream->read, "stream: read", err));
  return ig_fail_if_missing(!stream->write, "stream: write", err);
}

ig_status ig_translate_lines(ig_translator *translator, const ig_line_stream *stream,
                             const ig_reporter *reporter, ig_error *err) {
  IG_TRY(check_stream(translator, stream, err));
  if (stream->cluster) return ig_shared_lines_run(translator, stream, reporter, err);
  return ig_translate_lines_run(translator, &(ig_stream_input){.stream = stream}, reporter, err);
}

ig_status ig_score_targets(ig_translator *translator, const ig_line_stream *stream,
                           ig_target_reader read_target, const ig_reporter *reporter,
                           ig_error *err) {
  IG_TRY(check_stream(translator, stream, err));
  IG_TRY(ig_fail_if_missing(!read_target, "read_target", err));
  if (translator->starts_otherwise)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "target_language: targets are scored after the start token that the model's "
                   "files name: set decoder_start_token_id there");
  if (translator->shortlist.list)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "shortlist: targets are scored against all tokens: open the translator without "
                   "one");
  ig_stream_input in = {.stream = stream, .read_target = read_target};
  return ig_translate_lines_run(translator, &in, reporter, err);
}

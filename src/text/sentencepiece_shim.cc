// Implements text/sentencepiece.h with the SentencePiece library: the one C++ file. It checks every
// status of the library, and every exception ends here.
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/sentencepiece.h"
extern "C" {
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "base/random.h"
#include "io/lines.h"
#include "text/utf8.h"
}

namespace sp = sentencepiece;

struct ig_sentencepiece {
  sp::SentencePieceProcessor processor;
  std::string bytes;
};

namespace {

// Runs body and turns what it throws into a status.
template <typename Body>
ig_status guarded(ig_error *err, const char *where, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return ig_fail_memory_in(where, err);
  } catch (const std::exception &e) {
    return ig_fail(err, IG_ERROR_FORMAT, "%s: SentencePiece: %s", where, e.what());
  } catch (...) {
    return ig_fail(err, IG_ERROR_FORMAT, "%s: SentencePiece failed", where);
  }
}

// The library's messages begin with a position in its own source and the condition that failed
// there: "INTERNAL: src/x.cc(591) [(a) == (b)] What happened." Only what happened helps a user. For
// bytes that are no model, the library says nothing at all.
std::string what_happened(const sp::util::Status &status) {
  std::string text = status.error_message();
  const size_t source = text.find(".cc("),
               open = text.find(") [", source == std::string::npos ? 0 : source);
  if (source != std::string::npos && open != std::string::npos) {
    size_t at = open + 2;
    int depth = 0;
    for (; at < text.size(); ++at) {
      depth += (text[at] == '[') - (text[at] == ']');
      if (depth == 0) break;
    }
    text.erase(0, at + 1);
  }
  for (char &c : text)
    if (c == '\n' || c == '\r') c = ' ';
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

ig_status fail_with(ig_error *err, const char *where, const sp::util::Status &status,
                    const char *nothing_said) {
  const std::string text = what_happened(status);
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s%s", where,
                 text.empty() ? "" : "SentencePiece: ", text.empty() ? nothing_said : text.c_str());
}

ig_status feed_pieces(const sp::ImmutableSentencePieceText &text, const ig_piece_sink *sink,
                      ig_error *err) {
  const size_t count = text.pieces_size();
  for (size_t i = 0; i < count; ++i) {
    const auto piece = text.pieces(static_cast<int>(i));
    IG_TRY(sink->piece(sink->context, piece.piece().data(), piece.piece().size(),
                       static_cast<int>(piece.id()), err));
  }
  return IG_OK;
}

}  // namespace

// ---- models -----------------------------------------------------------------

ig_status ig_sentencepiece_load_memory(const void *data, size_t size, const char *name,
                                       ig_sentencepiece **out, ig_error *err) {
  *out = nullptr;
  return guarded(err, name, [&]() -> ig_status {
    auto model = std::make_unique<ig_sentencepiece>();
    model->bytes.assign(static_cast<const char *>(data), size);
    const auto status = model->processor.LoadFromSerializedProto(model->bytes);
    if (!status.ok()) return fail_with(err, name, status, "damaged, or not a SentencePiece model");
    if (model->processor.GetPieceSize() <= 0)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: a SentencePiece model without pieces", name);
    *out = model.release();
    return IG_OK;
  });
}

ig_status ig_sentencepiece_load(const char *path, ig_sentencepiece **out, ig_error *err) {
  *out = nullptr;
  char *bytes;
  size_t size;
  IG_TRY(ig_file_load(path, &bytes, &size, err));
  ig_status status = size ? ig_sentencepiece_load_memory(bytes, size, path, out, err)
                          : ig_fail(err, IG_ERROR_FORMAT,
                                    "%s: an empty file, expected a SentencePiece model", path);
  std::free(bytes);
  return status;
}

void ig_sentencepiece_free(ig_sentencepiece *model) { delete model; }
int ig_sentencepiece_size(const ig_sentencepiece *model) { return model->processor.GetPieceSize(); }
int ig_sentencepiece_unk_id(const ig_sentencepiece *model) { return model->processor.unk_id(); }
int ig_sentencepiece_eos_id(const ig_sentencepiece *model) { return model->processor.eos_id(); }

const char *ig_sentencepiece_piece(const ig_sentencepiece *model, int id) {
  if (id < 0 || id >= model->processor.GetPieceSize()) return nullptr;
  return model->processor.IdToPiece(id).c_str();
}

const void *ig_sentencepiece_bytes(const ig_sentencepiece *model, size_t *size) {
  *size = model->bytes.size();
  return model->bytes.data();
}

// ---- text to pieces and back ------------------------------------------------

ig_status ig_sentencepiece_encode(const ig_sentencepiece *model, const char *text, size_t length,
                                  const ig_piece_sink *sink, ig_error *err) {
  return guarded(err, "encoding", [&]() -> ig_status {
    sp::ImmutableSentencePieceText pieces;
    const auto status =
        model->processor.Encode(absl::string_view(text, length), pieces.mutable_proto());
    if (!status.ok()) return fail_with(err, "encoding", status, "SentencePiece failed");
    return feed_pieces(pieces, sink, err);
  });
}

ig_status ig_sentencepiece_sample(const ig_sentencepiece *model, const char *text, size_t length,
                                  const ig_sentencepiece_sampling *sampling,
                                  const ig_piece_sink *sink, ig_error *err) {
  if (sampling->n_best < 2 || sampling->n_best > 512 || !(sampling->alpha >= 0))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "sampling: expected 2 to 512 best segmentations and alpha >= 0, found %d and %g",
                   sampling->n_best, static_cast<double>(sampling->alpha));
  return guarded(err, "sampling", [&]() -> ig_status {
    sp::ImmutableNBestSentencePieceText n_best;
    const auto status = model->processor.NBestEncode(absl::string_view(text, length),
                                                     sampling->n_best, n_best.mutable_proto());
    if (!status.ok()) return fail_with(err, "sampling", status, "SentencePiece failed");
    const auto candidates = n_best.nbests();
    if (candidates.empty()) return IG_OK;  // the text is only white space
    // The weights are exp(alpha (score - best)); the list is sorted, the best first.
    std::vector<double> sums(candidates.size());
    double sum = 0;
    for (size_t i = 0; i < candidates.size(); ++i) {
      sum += std::exp(static_cast<double>(sampling->alpha) *
                      (static_cast<double>(candidates[i].score()) - candidates[0].score()));
      sums[i] = sum;
    }
    const double draw =
        ig_random_uniform(sampling->seed, sampling->stream, sampling->position) * sum;
    size_t chosen = 0;
    while (chosen + 1 < sums.size() && sums[chosen] <= draw) ++chosen;
    return feed_pieces(candidates[chosen], sink, err);
  });
}

ig_status ig_sentencepiece_decode(const ig_sentencepiece *model, const char *const *pieces,
                                  size_t count, char **out, size_t *length, ig_error *err) {
  *out = nullptr;
  return guarded(err, "decoding", [&]() -> ig_status {
    std::vector<absl::string_view> views(pieces, pieces + count);
    std::string text;
    const auto status = model->processor.Decode(views, &text);
    if (!status.ok()) return fail_with(err, "decoding", status, "SentencePiece failed");
    char *copy = static_cast<char *>(std::malloc(text.size() + 1));
    if (!copy) return ig_fail_memory_in("decoding", err);
    std::memcpy(copy, text.c_str(), text.size() + 1);
    *out = copy;
    *length = text.size();
    return IG_OK;
  });
}

// ---- training ---------------------------------------------------------------

namespace {

// Gives the trainer the lines of all files, one after the other. An error ends the iteration and is
// kept.
class Corpus : public sp::SentenceIterator {
 public:
  Corpus(const ig_sentencepiece_training &training, ig_error *err)
      : training_(training), err_(err) {
    Next();
  }
  ~Corpus() override { ig_lines_close(lines_); }
  Corpus(const Corpus &) = delete;
  Corpus &operator=(const Corpus &) = delete;

  bool done() const override { return done_; }
  const std::string &value() const override { return value_; }
  sp::util::Status status() const override {
    return failure_ == IG_OK
               ? sp::util::Status()
               : sp::util::Status(sp::util::StatusCode::kInternal, "reading the corpus failed");
  }
  ig_status failure() const { return failure_; }

  void Next() override {
    while (!done_ && failure_ == IG_OK) {
      if (!lines_) {
        if (file_ == training_.file_count) {
          done_ = true;
          return;
        }
        failure_ = ig_lines_open(training_.files[file_], nullptr, &lines_, err_);
        continue;
      }
      const char *line;
      size_t length;
      failure_ = ig_lines_next(lines_, &line, &length, err_);
      if (failure_ != IG_OK) break;
      if (!line) {
        ig_lines_close(lines_);
        lines_ = nullptr;
        ++file_;
      } else if (take(line, length)) {
        return;
      }
    }
    done_ = true;
  }

 private:
  bool take(const char *line, size_t length) {
    if (length == 0 || length > static_cast<size_t>(training_.max_sentence_bytes)) return false;
    value_.assign(line, length);
    return true;
  }

  const ig_sentencepiece_training &training_;
  ig_error *err_;
  ig_lines *lines_ = nullptr;
  size_t file_ = 0;
  bool done_ = false;
  ig_status failure_ = IG_OK;
  std::string value_;
};

// Draws max_sentences lines of the corpus, each line as likely as the other (Vitter 1985, algorithm
// R). The random numbers are ours, for the library's are not repeatable.
std::vector<std::string> draw_sentences(Corpus *corpus, size_t max_sentences) {
  std::vector<std::string> kept;
  for (uint64_t seen = 0; !corpus->done(); corpus->Next(), ++seen) {
    if (kept.size() < max_sentences) {
      kept.push_back(corpus->value());
      continue;
    }
    const uint64_t at =
        static_cast<uint64_t>(ig_random_uniform(0, ig_random_stream("sentencepiece"), seen) *
                              static_cast<double>(seen + 1));
    if (at < max_sentences) kept[at] = corpus->value();
  }
  return kept;
}

class Sentences : public sp::SentenceIterator {
 public:
  explicit Sentences(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  bool done() const override { return at_ == lines_.size(); }
  void Next() override { ++at_; }
  const std::string &value() const override { return lines_[at_]; }
  sp::util::Status status() const override { return sp::util::Status(); }

 private:
  std::vector<std::string> lines_;
  size_t at_ = 0;
};

ig_status check_training_options(const ig_sentencepiece_training &t, ig_error *err) {
  const std::string type = t.model_type ? t.model_type : "";
  if (type != "unigram" && type != "bpe" && type != "char" && type != "word")
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "model_type: expected unigram, bpe, char or word, found '%s'", type.c_str());
  if (t.vocab_size < 4 || t.vocab_size > 1000000)
    return ig_fail(err, IG_ERROR_ARGUMENT, "vocab_size: expected 4 to 1000000, found %d",
                   t.vocab_size);
  if (!(t.character_coverage >= 0.98 && t.character_coverage <= 1))
    return ig_fail(err, IG_ERROR_ARGUMENT, "character_coverage: expected 0.98 to 1, found %g",
                   t.character_coverage);
  if (t.max_sentence_bytes < 1 || t.threads < 1 || t.threads > 1024 || t.file_count < 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "SentencePiece training: max_sentence_bytes, threads and the number of files "
                   "must be positive");
  return IG_OK;
}

std::unordered_map<std::string, std::string> library_options(const ig_sentencepiece_training &t) {
  char coverage[32];
  ig_number_format(coverage, sizeof coverage, "%.9f", t.character_coverage);
  return {{"model_type", t.model_type},
          {"vocab_size", std::to_string(t.vocab_size)},
          {"character_coverage", coverage},
          {"max_sentence_length", std::to_string(t.max_sentence_bytes)},
          {"num_threads", std::to_string(t.threads)},
          {"hard_vocab_limit", t.soft_vocab_limit ? "false" : "true"},
          {"eos_id", "0"},
          {"unk_id", "1"},
          {"bos_id", "-1"},
          {"pad_id", "-1"},
          {"minloglevel", "4"}};
}

}  // namespace

ig_sentencepiece_training ig_sentencepiece_training_default(void) {
  ig_sentencepiece_training t{};
  t.vocab_size = 8000;
  t.model_type = "unigram";
  t.character_coverage = 0.9995;
  t.max_sentence_bytes = 4192;
  t.threads = 4;
  return t;
}

ig_status ig_sentencepiece_train(const ig_sentencepiece_training *training, const char *model_path,
                                 ig_error *err) {
  return guarded(err, model_path, [&]() -> ig_status {
    IG_TRY(check_training_options(*training, err));
    Corpus corpus(*training, err);
    if (corpus.failure() != IG_OK) return corpus.failure();
    if (corpus.done())
      return ig_fail(err, IG_ERROR_FORMAT, "%s: no text to train SentencePiece on",
                     training->files[0]);
    std::unique_ptr<Sentences> drawn;
    if (training->max_sentences) {
      drawn = std::make_unique<Sentences>(draw_sentences(&corpus, training->max_sentences));
      if (corpus.failure() != IG_OK) return corpus.failure();
    }
    std::string bytes;
    sp::SentenceIterator *sentences =
        drawn ? static_cast<sp::SentenceIterator *>(drawn.get()) : &corpus;
    const auto status =
        sp::SentencePieceTrainer::Train(library_options(*training), sentences, &bytes);
    if (corpus.failure() != IG_OK) return corpus.failure();
    if (!status.ok())
      return fail_with(err, training->files[0], status, "SentencePiece could not be trained on it");
    return ig_file_write(model_path, bytes.data(), bytes.size(), err);
  });
}

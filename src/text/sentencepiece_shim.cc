// Implements text/sentencepiece.h with the SentencePiece library: the one C++ file. It checks every
// status of the library, and every exception ends here.
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
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

#include <utf8proc.h>

#include "text/sentencepiece.h"
extern "C" {
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "base/random.h"
#include "text/text_form.h"
#include "text/piece_model.h"
#include "text/tally.h"
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
    if (sink->place) sink->place(sink->context, piece.begin(), piece.end());
    IG_TRY(sink->piece(sink->context, piece.piece().data(), piece.piece().size(),
                       static_cast<int>(piece.id()), err));
  }
  return IG_OK;
}

ig_status check_pieces(const ig_sentencepiece &model, const char *name, ig_error *err) {
  const int count = model.processor.GetPieceSize();
  if (count <= 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: a SentencePiece model without pieces", name);
  for (int id = 0; id < count; ++id) {
    const std::string &piece = model.processor.IdToPiece(id);
    if (std::memchr(piece.data(), 0, piece.size()))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: piece %d has a NUL in it", name, id);
  }
  return IG_OK;
}

}  // namespace

// ---- models -----------------------------------------------------------------

ig_status ig_sentencepiece_load_memory(const void *data, size_t size, const char *name,
                                       ig_sentencepiece **out, ig_error *err) {
  *out = nullptr;
  IG_TRY(ig_piece_model_check(data, size, name, err));
  return guarded(err, name, [&]() -> ig_status {
    auto model = std::make_unique<ig_sentencepiece>();
    model->bytes.assign(static_cast<const char *>(data), size);
    const auto status = model->processor.LoadFromSerializedProto(model->bytes);
    if (!status.ok()) return fail_with(err, name, status, "damaged, or not a SentencePiece model");
    IG_TRY(check_pieces(*model, name, err));
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
    std::replace(text.begin(), text.end(), '\0', ' ');
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

// Gives the trainer the lines of all files, one after the other, but empty and overlong ones. An
// error ends the iteration and is kept.
class Corpus : public sp::SentenceIterator {
 public:
  Corpus(const ig_sentencepiece_training &training, size_t longest, ig_error *err)
      : training_(training), longest_(longest), err_(err) {
    Next();
  }
  ~Corpus() override { ig_pairs_close(pairs_); }
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
      if (!pairs_) {
        if (file_ == training_.file_count) {
          done_ = true;
          return;
        }
        failure_ = ig_text_form_open(training_.files, training_.forms, file_, &pairs_, err_);
        continue;
      }
      ig_pair pair;
      failure_ = ig_pairs_next(pairs_, &pair, err_);
      if (failure_ != IG_OK) break;
      const int side = pair.text[0] ? 0 : 1;
      if (!pair.text[side]) {
        ig_pairs_close(pairs_);
        pairs_ = nullptr;
        ++file_;
      } else if (take(pair.text[side], pair.length[side])) {
        return;
      }
    }
    done_ = true;
  }

 private:
  bool take(const char *line, size_t length) {
    if (length == 0 || length > longest_) return false;
    value_.assign(line, length);
    return true;
  }

  const ig_sentencepiece_training &training_;
  const size_t longest_;
  ig_error *err_;
  ig_pairs *pairs_ = nullptr;
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
  void rewind() { at_ = 0; }
  void add(const std::string &line) { lines_.push_back(line); }

 private:
  std::vector<std::string> lines_;
  size_t at_ = 0;
};

// The library fails on fewer, so that a model always has room for its special pieces and a letter.
constexpr int kSmallestVocabulary = 4;
// Whoever has fewer characters than that keeps all of them.
constexpr size_t kSmallAlphabet = 3000;
// Beyond that, a character that occurs less often teaches a model nothing.
constexpr uint64_t kOftenEnough = 10;
// </s> is piece 0 and <unk> piece 1. The library numbers the symbols from here on.
constexpr int kFirstSymbol = 2;
constexpr size_t kBytePieces = 256;
// The character by which the library counts a symbol, and ends a line's part.
constexpr uint32_t kBoundary = '\t';
// The character that the library prints for <unk>, which it gives no piece.
constexpr uint32_t kUnknownCode = 0x2047;
constexpr char kUnknownMark[] = "\xE2\x81\x87";

ig_status check_training_options(const ig_sentencepiece_training &t, ig_error *err) {
  const std::string type = t.model_type ? t.model_type : "";
  if (type != "unigram" && type != "bpe" && type != "char" && type != "word")
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "model_type: expected unigram, bpe, char or word, found '%s'", type.c_str());
  if (t.vocab_size < kSmallestVocabulary || t.vocab_size > 1000000)
    return ig_fail(err, IG_ERROR_ARGUMENT, "vocab_size: expected 4 to 1000000, found %d",
                   t.vocab_size);
  if (t.character_coverage != 0 && !(t.character_coverage >= 0.98 && t.character_coverage <= 1))
    return ig_fail(err, IG_ERROR_ARGUMENT, "character_coverage: expected 0.98 to 1, found %g",
                   t.character_coverage);
  if (t.max_sentence_bytes < 1 || t.threads < 1 || t.threads > 1024 || t.file_count < 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "SentencePiece training: max_sentence_bytes, threads and the number of files "
                   "must be positive");
  return IG_OK;
}

constexpr char kSpace[] = "\xE2\x96\x81";

// A model of words looks up whole words, which begin with a space: a symbol without one would never
// be found. Codes are cut off before the model sees the text.
bool is_written_as_word(const ig_sentencepiece_training &t, const std::string &symbol) {
  const bool is_code = symbol.rfind(">>", 0) == 0;
  if (std::strcmp(t.model_type, "word") != 0 || is_code || symbol.rfind(kSpace, 0) == 0)
    return false;
  for (size_t i = 0; i < t.symbol_count; ++i)
    if (t.symbols[i] == kSpace + symbol) return false;  // it is named already
  return true;
}

// The library reads a list as a line of comma-separated values.
std::string list_of_symbols(const ig_sentencepiece_training &t) {
  std::string list;
  for (size_t i = 0; i < t.symbol_count; ++i) {
    list += i ? ",\"" : "\"";
    if (is_written_as_word(t, t.symbols[i])) list += kSpace;
    for (const char *c = t.symbols[i]; *c; ++c) list += *c == '"' ? "\"\"" : std::string(1, *c);
    list += '"';
  }
  return list;
}

using Options = std::unordered_map<std::string, std::string>;

// Pieces of vocab_size that can be characters.
size_t room_for_characters(const ig_sentencepiece_training &t) {
  const size_t taken = kFirstSymbol + t.symbol_count + (t.byte_fallback ? kBytePieces : 0);
  const size_t size = static_cast<size_t>(t.vocab_size);
  return size > taken ? size - taken : 0;
}

// What decides how a text is normalized and cut at symbols.
Options normalization_options(const ig_sentencepiece_training &t) {
  Options options = {{"normalization_rule_name", t.normalization},
                     {"eos_id", "0"},
                     {"unk_id", "1"},
                     {"bos_id", "-1"},
                     {"pad_id", "-1"},
                     {"minloglevel", "4"}};
  if (t.symbol_count) options["user_defined_symbols"] = list_of_symbols(t);
  return options;
}

Options library_options(const ig_sentencepiece_training &t) {
  Options options = normalization_options(t);
  options["model_type"] = t.model_type;
  options["vocab_size"] = std::to_string(t.vocab_size);
  options["max_sentence_length"] = std::to_string(t.max_sentence_bytes);
  options["num_threads"] = std::to_string(t.threads);
  options["hard_vocab_limit"] = t.soft_vocab_limit ? "false" : "true";
  options["byte_fallback"] = t.byte_fallback ? "true" : "false";
  options["split_digits"] = t.split_digits ? "true" : "false";
  return options;
}

// Both, one after the other.
class TwoTexts : public sp::SentenceIterator {
 public:
  TwoTexts(sp::SentenceIterator *first, sp::SentenceIterator *second)
      : first_(first), second_(second) {}
  bool done() const override { return first_->done() && second_->done(); }
  void Next() override { now()->Next(); }
  const std::string &value() const override { return now()->value(); }
  sp::util::Status status() const override { return now()->status(); }

 private:
  sp::SentenceIterator *now() const { return first_->done() ? second_ : first_; }
  sp::SentenceIterator *first_;
  sp::SentenceIterator *second_;
};

// The text that a model is trained on. It can be read anew as often as need be.
class TrainingText {
 public:
  TrainingText(const ig_sentencepiece_training &training, ig_error *err)
      : training_(training), err_(err) {}

  // Each reads from the beginning; an iterator lives until the next call. `failure` tells what
  // reading has met meanwhile. Of all lines of the files:
  sp::SentenceIterator *all() { return open(SIZE_MAX); }
  // Of those that the model is trained on:
  sp::SentenceIterator *begin() {
    added_.rewind();
    if (drawn_)
      drawn_->rewind();
    else if (open(longest()) && training_.max_sentences)
      drawn_ = std::make_unique<Sentences>(draw_sentences(corpus_.get(), training_.max_sentences));
    both_ = std::make_unique<TwoTexts>(
        drawn_ ? static_cast<sp::SentenceIterator *>(drawn_.get()) : corpus_.get(), &added_);
    return both_.get();
  }
  // A line that the model is trained on besides those of the files.
  void add(const std::string &line) { added_.add(line); }
  size_t longest() const { return static_cast<size_t>(training_.max_sentence_bytes); }
  ig_status failure() const { return corpus_->failure(); }

 private:
  Corpus *open(size_t longest) {
    corpus_ = std::make_unique<Corpus>(training_, longest, err_);
    return corpus_.get();
  }

  const ig_sentencepiece_training &training_;
  ig_error *err_;
  std::unique_ptr<Corpus> corpus_;
  std::unique_ptr<Sentences> drawn_;
  Sentences added_{{}};
  std::unique_ptr<TwoTexts> both_;
};

using Counts = std::unordered_map<uint32_t, uint64_t>;

// Of private use: U+E000.
constexpr char kRareLetter[] = "\xEE\x80\x80";

// Normalizes text. The library has no function for it. A model of the characters of one letter
// does: its pieces, known and unknown, are the normalized text. Of a letter that texts do not have,
// for unknown characters that follow each other are one piece, which is faster.
class Normalizer {
 public:
  sp::util::Status make(const ig_sentencepiece_training &t) {
    Options options = normalization_options(t);
    options["model_type"] = "char";
    options["vocab_size"] = "1000000";
    symbols_ = static_cast<int>(t.symbol_count);
    std::string bytes;
    Sentences letter({kRareLetter});
    const auto status = sp::SentencePieceTrainer::Train(options, &letter, &bytes);
    return status.ok() ? model_.LoadFromSerializedProto(bytes) : status;
  }

  // Adds the characters of the normalized line. The library counts a symbol as kBoundary.
  sp::util::Status count(const std::string &line, Counts *counts) {
    sp::ImmutableSentencePieceText text;
    const auto status = model_.Encode(line, text.mutable_proto());
    const size_t pieces = status.ok() ? text.pieces_size() : 0;
    for (size_t i = 0; i < pieces; ++i) {
      const auto piece = text.pieces(static_cast<int>(i));
      const int id = static_cast<int>(piece.id());
      if (id >= kFirstSymbol && id < kFirstSymbol + symbols_)
        ++(*counts)[kBoundary];
      else
        count_characters(piece.piece().data(), piece.piece().size(), counts);
    }
    return status;
  }

 private:
  static void count_characters(const char *text, size_t length, Counts *counts) {
    for (size_t i = 0, step; i < length; i += step) {
      const uint32_t code = ig_utf8_decode(text + i, &step);
      if (code != 0 && code != ' ') ++(*counts)[code];
    }
  }

  sp::SentencePieceProcessor model_;
  int symbols_ = 0;
};

// Which characters of the text become pieces, and how the library is told.
class Alphabet {
 public:
  // The characters of all lines, also of those that the model is not trained on.
  ig_status choose(const ig_sentencepiece_training &t, TrainingText *text, ig_error *err) {
    auto status = normalizer_.make(t);
    for (auto *lines = text->all(); status.ok() && !lines->done(); lines->Next()) {
      status = normalizer_.count(lines->value(), &all_);
      const bool trained = lines->value().size() <= text->longest() &&
                           lines->value().find(kUnknownMark) == std::string::npos;
      if (!trained) ++lines_left_out_;
    }
    IG_TRY(text->failure());
    choose_kept(t);
    if (status.ok()) status = look_at_training(text);
    IG_TRY(text->failure());
    return status.ok()
               ? IG_OK
               : fail_with(err, t.files[0], status, "SentencePiece could not read the text");
  }

  size_t distinct() const { return all_.size() - all_.count(kBoundary); }
  size_t kept() const { return kept_.size(); }
  size_t lines_left_out() const { return lines_left_out_; }

  // The library goes through the required characters by falling count, then through the others, and
  // stops before the first one where the share of those before it is not below the coverage. It
  // computes with floats. This is a coverage that stops it after the kept characters.
  double coverage() const {
    if (kept_.size() == distinct()) return 1;
    uint64_t total = 0, sum = 0, least = UINT64_MAX;
    for (const auto &count : trained_) total += count.second;
    for (const uint32_t code : kept_) {
      const auto found = trained_.find(code);
      const uint64_t count = found == trained_.end() ? 0 : found->second;
      sum += count;
      least = std::min(least, count);
    }
    if (sum == 0) return 1;
    const auto all = static_cast<double>(total);
    const auto share = static_cast<float>(static_cast<double>(sum) / all);
    const auto before = static_cast<float>(static_cast<double>(sum - least) / all);
    const float stop = share > before ? share : std::nextafter(before, 2.0f);
    return std::fmin(std::fmax(static_cast<double>(stop), 0.98), 1);
  }

  // UTF-8, in the order of code points; empty where all characters are kept.
  std::string required() const {
    std::string text;
    if (kept_.size() == distinct()) return text;
    for (const uint32_t code : kept_) append(code, &text);
    return text;
  }

 private:
  static void append(uint32_t code, std::string *text) {
    utf8proc_uint8_t bytes[4];
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
    text->append(reinterpret_cast<const char *>(bytes), static_cast<size_t>(length));
  }

  // A count, and the code point that has it.
  using CountedCharacter = std::pair<uint64_t, uint32_t>;
  static bool is_more_frequent(const CountedCharacter &a, const CountedCharacter &b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  }

  // All characters of a small alphabet, else those that occur kOftenEnough; the most frequent
  // first, as many as the vocabulary has room for.
  void choose_kept(const ig_sentencepiece_training &t) {
    std::vector<CountedCharacter> sorted;
    for (const auto &count : all_)
      if (count.first != kBoundary && count.first != kUnknownCode)
        sorted.emplace_back(count.second, count.first);
    std::sort(sorted.begin(), sorted.end(), is_more_frequent);
    const bool every = sorted.size() <= kSmallAlphabet || t.character_coverage == 1;
    const size_t room = t.character_coverage == 1 ? SIZE_MAX : room_for_characters(t);
    for (const auto &count : sorted)
      if (kept_.size() < room && (every || count.first >= kOftenEnough))
        kept_.push_back(count.second);
    std::sort(kept_.begin(), kept_.end());
  }

  // Counts the characters of the text to train on. What that lacks of the kept ones is added to it
  // as lines of its own.
  sp::util::Status look_at_training(TrainingText *text) {
    for (auto *lines = text->begin(); !lines->done(); lines->Next()) {
      // The library leaves out lines with that character.
      if (lines->value().find(kUnknownMark) != std::string::npos) continue;
      const auto status = normalizer_.count(lines->value(), &trained_);
      if (!status.ok()) return status;
    }
    std::string line;
    for (const uint32_t code : kept_) {
      if (trained_.count(code)) continue;
      if (line.size() + 5 > text->longest()) {
        const auto status = add_line(&line, text);
        if (!status.ok()) return status;
      }
      if (!line.empty()) line += ' ';
      append(code, &line);
    }
    return add_line(&line, text);
  }
  sp::util::Status add_line(std::string *line, TrainingText *text) {
    if (line->empty()) return {};
    text->add(*line);
    const auto status = normalizer_.count(*line, &trained_);
    line->clear();
    return status;
  }

  Normalizer normalizer_;
  Counts all_, trained_;
  size_t lines_left_out_ = 0;
  std::vector<uint32_t> kept_;
};

// Fills *out and, where the characters are chosen here, the options that name them.
ig_status choose_characters(const ig_sentencepiece_training &t, TrainingText *text,
                            ig_sentencepiece_trained *out, Options *options, ig_error *err) {
  out->character_coverage = t.character_coverage;
  if (t.character_coverage == 0 || t.character_coverage == 1) {
    Alphabet alphabet;
    IG_TRY(alphabet.choose(t, text, err));
    const bool words = std::strcmp(t.model_type, "word") == 0;
    out->characters = words ? 0 : alphabet.distinct();
    out->kept_characters = words ? 0 : alphabet.kept();
    out->lines_left_out = alphabet.lines_left_out();
    out->character_coverage = alphabet.coverage();
    if (!alphabet.required().empty()) (*options)["required_chars"] = alphabet.required();
  }
  char coverage[32];
  ig_number_format(coverage, sizeof coverage, "%.9f", out->character_coverage);
  (*options)["character_coverage"] = coverage;
  return IG_OK;
}

// The number after `words` in the text; -1: none.
long number_after(const std::string &text, const char *words) {
  const size_t at = text.find(words);
  return at == std::string::npos ? -1
                                 : std::strtol(text.c_str() + at + std::strlen(words), nullptr, 10);
}

// The library's advice on a vocab_size names options of its own command.
ig_status fail_training(const ig_sentencepiece_training &t, const sp::util::Status &status,
                        ig_error *err) {
  const std::string text = what_happened(status);
  const long most = number_after(text, "value <= ");
  const long characters = number_after(text, " vs ");
  if (text.find("Vocabulary size too high") != std::string::npos && most > 0)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "expected at most %ld, for the text has no more pieces; found %d", most,
                   t.vocab_size);
  if (text.find("Vocabulary size is smaller") != std::string::npos && characters > 0)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "expected at least %ld, for so many are the characters that "
                   "character_coverage keeps and the special pieces; found %d",
                   characters, t.vocab_size);
  return fail_with(err, t.files[0], status, "SentencePiece could not be trained on it");
}

}  // namespace

ig_sentencepiece_training ig_sentencepiece_training_default(void) {
  ig_sentencepiece_training t{};
  t.vocab_size = 8000;
  t.model_type = "unigram";
  t.normalization = "nmt_nfkc";
  t.max_sentence_bytes = 4192;
  t.threads = 4;
  return t;
}

ig_status ig_sentencepiece_train(const ig_sentencepiece_training *training, const char *model_path,
                                 ig_sentencepiece_trained *out, ig_error *err) {
  ig_sentencepiece_trained unwanted;
  if (!out) out = &unwanted;
  *out = {};
  return guarded(err, model_path, [&]() -> ig_status {
    IG_TRY(check_training_options(*training, err));
    TrainingText text(*training, err);
    const bool empty = text.begin()->done();
    IG_TRY(text.failure());
    if (empty)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: no text to train SentencePiece on",
                     training->files[0]);
    Options options = library_options(*training);
    IG_TRY(choose_characters(*training, &text, out, &options, err));
    std::string bytes;
    const auto status = sp::SentencePieceTrainer::Train(options, text.begin(), &bytes);
    IG_TRY(text.failure());
    if (!status.ok()) return fail_training(*training, status, err);
    sp::SentencePieceProcessor trained;
    const auto loaded = trained.LoadFromSerializedProto(bytes);
    if (!loaded.ok()) return fail_with(err, model_path, loaded, "SentencePiece made no model");
    out->pieces = trained.GetPieceSize();
    return ig_file_write(model_path, bytes.data(), bytes.size(), err);
  });
}

ig_status ig_sentencepiece_merge_words(const ig_tally_entry *words, size_t count, int vocab_size,
                                       const ig_piece_sink *sink, ig_error *err) {
  constexpr char where[] = "training WordPiece";
  return guarded(err, where, [&]() -> ig_status {
    ig_sentencepiece_training t = ig_sentencepiece_training_default();
    t.model_type = "bpe";
    t.normalization = "identity";
    t.vocab_size = vocab_size;
    t.soft_vocab_limit = true;
    Options options = library_options(t);
    options["input_format"] = "tsv";
    options["character_coverage"] = "1";
    std::vector<std::string> lines;
    for (size_t i = 0; i < count; ++i)
      lines.push_back(words[i].text + ("\t" + std::to_string(words[i].count)));
    Sentences text(std::move(lines));
    std::string bytes;
    const auto status = sp::SentencePieceTrainer::Train(options, &text, &bytes);
    if (!status.ok()) return fail_with(err, where, status, "SentencePiece failed");
    sp::SentencePieceProcessor trained;
    const auto loaded = trained.LoadFromSerializedProto(bytes);
    if (!loaded.ok()) return fail_with(err, where, loaded, "SentencePiece made no model");
    for (int id = kFirstSymbol; id < trained.GetPieceSize(); ++id) {
      const std::string &piece = trained.IdToPiece(id);
      IG_TRY(sink->piece(sink->context, piece.data(), piece.size(), id, err));
    }
    return IG_OK;
  });
}

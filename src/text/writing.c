// Blocks of Unicode 15.1 by script. What is in no block of any system, such as digits and
// punctuation, is no letter here.
#include "text/writing.h"

#include <string.h>

#include "text/utf8.h"

typedef struct writing_range {
  uint32_t first, last;
} writing_range;

enum { MOST_RANGES = 12 };

struct ig_writing {
  const char *name;
  writing_range ranges[MOST_RANGES];  // up to the first whose last is 0
};

#define HAN                                                                                   \
  {0x2E80, 0x2FD5}, {0x3005, 0x3007}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, { \
    0x20000, 0x323AF                                                                          \
  }
#define KANA \
  {0x3041, 0x30FF}, {0x31F0, 0x31FF}, { 0xFF66, 0xFF9F }

static const ig_writing writings[] = {
    {"Latin",
     {{0x41, 0x5A},
      {0x61, 0x7A},
      {0xAA, 0xAA},
      {0xBA, 0xBA},
      {0xC0, 0xD6},
      {0xD8, 0xF6},
      {0xF8, 0x2B8},
      {0x1D00, 0x1DBF},
      {0x1E00, 0x1EFF},
      {0x2C60, 0x2C7F},
      {0xA720, 0xA7FF},
      {0xFF21, 0xFF5A}}},
    {"Cyrillic", {{0x400, 0x52F}, {0x1C80, 0x1C8F}, {0x2DE0, 0x2DFF}, {0xA640, 0xA69F}}},
    {"Greek", {{0x370, 0x373}, {0x376, 0x3FF}, {0x1F00, 0x1FFF}}},
    {"Armenian", {{0x531, 0x58F}}},
    {"Georgian", {{0x10A0, 0x10FF}, {0x1C90, 0x1CBF}, {0x2D00, 0x2D2F}}},
    {"Hebrew", {{0x591, 0x5F4}, {0xFB1D, 0xFB4F}}},
    {"Arabic",
     {{0x610, 0x65F},
      {0x66E, 0x6EF},
      {0x6FA, 0x6FF},
      {0x750, 0x77F},
      {0x870, 0x8FF},
      {0xFB50, 0xFDFF},
      {0xFE70, 0xFEFC}}},
    {"Devanagari", {{0x900, 0x963}, {0x970, 0x97F}, {0xA8E0, 0xA8FF}}},
    {"Bengali", {{0x980, 0x9E3}, {0x9F0, 0x9F1}}},
    {"Gurmukhi", {{0xA01, 0xA5E}, {0xA70, 0xA76}}},
    {"Gujarati", {{0xA81, 0xAE3}, {0xAF9, 0xAFF}}},
    {"Tamil", {{0xB82, 0xBD7}}},
    {"Telugu", {{0xC00, 0xC63}}},
    {"Kannada", {{0xC80, 0xCE3}}},
    {"Malayalam", {{0xD00, 0xD63}}},
    {"Sinhala", {{0xD81, 0xDDF}}},
    {"Thai", {{0xE01, 0xE3A}, {0xE40, 0xE4E}}},
    {"Lao", {{0xE81, 0xECD}, {0xEDC, 0xEDF}}},
    {"Tibetan", {{0xF00, 0xF00}, {0xF40, 0xFBC}}},
    {"Myanmar", {{0x1000, 0x103F}, {0x1050, 0x108F}, {0xA9E0, 0xA9EF}, {0xAA60, 0xAA7F}}},
    {"Khmer", {{0x1780, 0x17D3}}},
    {"Ethiopic", {{0x1200, 0x135A}, {0x1380, 0x138F}, {0x2D80, 0x2DDE}}},
    {"Hangul", {{0x1100, 0x11FF}, {0x3131, 0x318E}, {0xA960, 0xA97C}, {0xAC00, 0xD7FB}}},
    {"Han", {HAN}},
    {"Japanese", {HAN, KANA}},
    {"Hiragana", {{0x3041, 0x309F}}},
    {"Katakana", {{0x30A1, 0x30FF}, {0x31F0, 0x31FF}, {0xFF66, 0xFF9F}}},
};
enum { WRITINGS = sizeof writings / sizeof *writings };

const ig_writing *ig_writing_find(const char *name) {
  for (size_t i = 0; i < WRITINGS; i++)
    if (strcmp(writings[i].name, name) == 0) return &writings[i];
  return NULL;
}

const char *ig_writing_name(const ig_writing *writing) { return writing->name; }

const char *ig_writing_list(size_t i) { return i < WRITINGS ? writings[i].name : NULL; }

static bool has_letter(const ig_writing *writing, uint32_t code) {
  for (size_t i = 0; i < MOST_RANGES && writing->ranges[i].last; i++)
    if (code >= writing->ranges[i].first && code <= writing->ranges[i].last) return true;
  return false;
}

static bool is_letter(uint32_t code) {
  for (size_t i = 0; i < WRITINGS; i++)
    if (has_letter(&writings[i], code)) return true;
  return false;
}

bool ig_writing_is_of(const ig_writing *writing, const char *text, size_t length) {
  size_t letters = 0, own = 0;
  for (size_t i = 0, step; i < length; i += step) {
    const uint32_t code = ig_utf8_decode(text + i, &step);
    const bool is_own = has_letter(writing, code);
    own += is_own;
    letters += is_own || is_letter(code);
  }
  return 2 * own >= letters;
}

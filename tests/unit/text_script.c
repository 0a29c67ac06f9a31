// Which scripts write words apart.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "text/script.h"

static void scripts(void **state) {
  (void)state;
  static const struct {
    const char *line;
    ig_script script;
  } cases[] = {
      {"Ein Satz.", IG_SCRIPT_SPACED},
      {"", IG_SCRIPT_SPACED},
      {"123, 456!", IG_SCRIPT_SPACED},
      {"Это предложение.", IG_SCRIPT_SPACED},
      {"هذه جملة.", IG_SCRIPT_SPACED},
      {"यह एक वाक्य है।", IG_SCRIPT_SPACED},
      {"이것은 문장입니다.", IG_SCRIPT_SPACED},  // Hangul
      {"这是一句话。", IG_SCRIPT_CHINESE},
      {"這是一句話，對嗎？", IG_SCRIPT_CHINESE},
      {"我在Python里写了这个很长的程序。", IG_SCRIPT_CHINESE},  // Latin names
      {"これは文です。", IG_SCRIPT_UNSPACED},
      {"東京都知事選挙は日曜日です。", IG_SCRIPT_UNSPACED},  // mostly Han, some kana
      {"นี่คือประโยค", IG_SCRIPT_UNSPACED},
      {"ນີ້ແມ່ນປະໂຫຍກ", IG_SCRIPT_UNSPACED},
      {"នេះជាប្រយោគ", IG_SCRIPT_UNSPACED},
      {"ဒါက ဝါကျတစ်ခုပါ", IG_SCRIPT_UNSPACED},
      {"འདི་ཚིག་གྲུབ་ཅིག་རེད།", IG_SCRIPT_UNSPACED},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (ig_script_of(&cases[i].line, 1) != cases[i].script)
      fail_msg("'%s': expected %d, found %d", cases[i].line, (int)cases[i].script,
               (int)ig_script_of(&cases[i].line, 1));
}

// Most letters of all lines decide: one quoted word of another script does not.
static void most_letters_decide(void **state) {
  (void)state;
  static const char *const german[] = {"Das Wort heißt 中文 und ist chinesisch.", "这是"};
  static const char *const chinese[] = {"这是一句很长的话，里面有一个の字。",
                                        "这也是一句很长的话。"};
  assert_int_equal(ig_script_of(german, 2), IG_SCRIPT_SPACED);
  assert_int_equal(ig_script_of(chinese, 2), IG_SCRIPT_CHINESE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scripts),
      cmocka_unit_test(most_letters_decide),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

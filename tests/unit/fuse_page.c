// The page of what a fusion found: cells, colours and curves follow the record, names cannot break
// out of it, it loads nothing, and records that are not as they should be do no harm.
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fuse/page/found_page.h"
#include "io/json.h"
#include "page/plot.h"

static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *text = calloc(1, 1 << 20);
  assert_non_null(text);
  assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
  fclose(file);
  return text;
}

// The page of a record, which is given as JSON; for free().
static char *draw(const char *text) {
  ig_page page;
  ig_error err = {0};
  json_t *record;
  assert_int_equal(ig_json_parse(text, strlen(text), "record", &record, &err), IG_OK);
  assert_int_equal(ig_page_open(&page, "page.html", "A & B", &err), IG_OK);
  assert_int_equal(ig_found_page_draw(&page, record, &err), IG_OK);
  assert_int_equal(ig_page_close(&page, &err), IG_OK);
  json_decref(record);
  char *html = read_file("page.html");
  assert_int_equal(unlink("page.html"), 0);
  return html;
}

static int count(const char *text, const char *what) {
  int found = 0;
  for (const char *at = text; (at = strstr(at, what)) != NULL; at++) found++;
  return found;
}

static void has(const char *html, const char *what) {
  if (!strstr(html, what)) fail_msg("'%s' is not in %s", what, html);
}

static void comes_before(const char *html, const char *first, const char *second) {
  has(html, first);
  has(html, second);
  assert_true(strstr(html, first) < strstr(html, second));
}

// ---- learned coefficients ---------------------------------------------------

static const char learned[] =
    "{\"recipe\": {\"name\": \"tuned\"}, \"learned\": {\"steps\": 10, \"held_out\": 1.5,"
    " \"held_out_of_models\": {\"base\": 2.25, \"a<b\": 3},"
    " \"history\": [{\"step\": 0, \"held_out\": 2}, {\"step\": 10, \"held_out\": 1.5, \"train\": "
    "1},"
    "  {\"step\": 20, \"held_out\": 1.75, \"train\": 0.5}],"
    " \"groups\": [\"layers.10\", \"layers.2\", \"</table>\"],"
    " \"coefficients\": {\"a<b\": [0.5, -0.25, 0], \"c\": [0.125, 0.0625, 0.5]}}}";

static void a_cell_has_the_colour_of_its_coefficient(void **state) {
  (void)state;
  char *html = draw(learned);
  assert_int_equal(count(html, "<td style=\"background:rgb("), 6);
  // The largest magnitude is red, its negative would be blue, and zero is white.
  has(html, "rgb(255,110,70)\" title=\"0.5\">0.50</td>");
  has(html, "rgb(255,255,255)\" title=\"0\">0.00</td>");
  has(html, "rgb(163,183,255)\" title=\"-0.25\">-0.25</td>");
  has(html, "<span>-0.5</span><span>0</span><span>0.5</span>");
  // As people count, with the values of their own rows.
  comes_before(html, "<th>layers.2</th>", "<th>layers.10</th>");
  comes_before(html, "<th>layers.2</th>", "title=\"-0.25\"");
  comes_before(html, "title=\"-0.25\"", "<th>layers.10</th>");
  has(html, "Stage tuned");
  free(html);
}

static void names_stay_text(void **state) {
  (void)state;
  char *html = draw(learned);
  assert_int_equal(count(html, "<th>a&lt;b</th>"), 2);
  has(html, "<th>&lt;/table></th>");
  has(html, "<title>A &amp; B</title>");
  assert_int_equal(count(html, "<table"), count(html, "</table>"));
  assert_null(strstr(html, "http"));
  assert_null(strstr(html, "<script"));
  assert_null(strstr(html, "url("));
  free(html);
}

static void curves_have_all_points_and_the_chosen_step(void **state) {
  (void)state;
  char *html = draw(learned);
  assert_int_equal(count(html, "<circle class=\"b\""), 3);
  assert_int_equal(count(html, "<circle class=\"a\""), 2);
  has(html, "<title>20, 0.5: learned from</title>");
  // Steps from 0 to 20 with a twentieth of room on both sides: 10 is in the middle of the frame.
  has(html, "<path class=\"mark\" d=\"M254.0 10V256\"/>");
  has(html, "<tr class=\"best\"><th>learned</th><td>1.5000</td>");
  free(html);
}

static void what_is_no_record_does_no_harm(void **state) {
  (void)state;
  const char *const records[] = {
      "{\"learned\": {}}",
      "{\"learned\": {\"groups\": 5, \"coefficients\": [1], \"history\": {}, \"steps\": \"x\"}}",
      "{\"learned\": {\"groups\": [1, \"g\"], \"coefficients\": {\"a\": [\"x\"], \"b\": 3},"
      " \"history\": [7, {}, {\"step\": 1e308, \"held_out\": -1e308, \"train\": 1e308}]}}",
      "{\"searched\": {}}",
      "{\"searched\": {\"best\": -7, \"evaluations\": [1, {}, {\"score\": 1}, {\"score\": "
      "\"x\"}]}}",
      "{\"searched\": {\"best\": 99, \"evaluations\": [{\"score\": 1e308, \"values\": 3,"
      " \"scores\": {\"a\": -1e308, \"b\": []}}, {\"score\": 2, \"values\": {\"x\": [1]}}]}}",
      "{\"stages\": [3, {\"learned\": []}, {\"learned\": {\"history\": [{\"step\": 1}]}}]}"};
  for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
    char *html = draw(records[i]);
    has(html, "</html>");
    assert_null(strstr(html, "nan"));
    assert_null(strstr(html, "inf"));
    free(html);
  }
  json_t *none = json_pack("{s:s}", "method", "linear");
  assert_false(ig_found_page_has(none));
  assert_false(ig_found_page_has(NULL));
  json_decref(none);
}

// ---- searches ---------------------------------------------------------------

static const char searched[] =
    "{\"searched\": {\"best\": 3, \"evaluations\": ["
    " {\"values\": {\"x\": 0, \"how\": \"ties\"}, \"impossible\": \"a < b\"},"
    " {\"values\": {\"x\": 0.5, \"how\": \"ties\"}, \"scores\": {\"de\": 10, \"fr\": 30},"
    "  \"score\": 20, \"front\": true},"
    " {\"values\": {\"x\": 1, \"how\": \"slerp\"}, \"scores\": {\"de\": 9, \"fr\": 29},"
    "  \"score\": 19, \"front\": false},"
    " {\"values\": {\"x\": 1, \"how\": \"<b>\"}, \"scores\": {\"de\": 30, \"fr\": 12},"
    "  \"score\": 21, \"front\": true}]}}";

static void a_search_has_its_plots_and_its_table(void **state) {
  (void)state;
  char *html = draw(searched);
  // The way, the front, and two parameters, each with the three that have scores.
  assert_int_equal(count(html, "<figure>"), 4);
  assert_int_equal(count(html, "<circle"), 12);
  // The best one is marked on all plots, the other one of the front on all but the way.
  assert_int_equal(count(html, "<circle class=\"b\""), 4 + 3);
  has(html, "<title>1, 21: {\"x\":1,\"how\":\"&lt;b>\"}</title>");
  // Best so far, as stairs: the second from the left, then level, then up to the top. Evaluations 2
  // to 4 and scores 19 to 21, with a twentieth of room.
  has(html, "<path class=\"b\" d=\"M81.3 133.0H254.0L254.0 133.0H426.7L426.7 21.2\"/>");
  // Words are places on the axis, in the order in which they came.
  comes_before(html, ">ties</text>", ">slerp</text>");
  has(html,
      "<tr><th>1</th><td>0</td><td>ties</td><td>–</td><td>–</td><td>–</td>"
      "<td class=\"words\">impossible: a &lt; b</td></tr>");
  has(html,
      "<tr class=\"best\"><th>4</th><td>1</td><td>&lt;b></td><td>30</td><td>12</td>"
      "<td>21</td><td class=\"words\">the best, on the front</td></tr>");
  assert_int_equal(count(html, "class=\"best\""), 1);
  free(html);
}

// ---- plots ------------------------------------------------------------------

static void ticks_are_round_numbers(void **state) {
  (void)state;
  ig_page page;
  ig_error err = {0};
  assert_int_equal(ig_page_open(&page, "page.html", "plot", &err), IG_OK);
  ig_plot plot = {
      .page = &page, .title = "t", .x = ig_plot_axis_make("x"), .y = ig_plot_axis_make("y")};
  ig_plot_axis_extend(&plot.x, -0.31);
  ig_plot_axis_extend(&plot.x, 0.72);
  ig_plot_axis_extend(&plot.y, 27.25);
  ig_plot_begin(&plot);
  ig_plot_end(&plot, NULL, 0);
  assert_int_equal(ig_page_close(&page, &err), IG_OK);
  char *html = read_file("page.html");
  has(html, ">-0.2</text>");
  has(html, ">0</text>");
  has(html, ">0.6</text>");
  has(html, ">27</text>");
  assert_null(strstr(html, "-0<"));
  free(html);
  assert_int_equal(unlink("page.html"), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cell_has_the_colour_of_its_coefficient),
      cmocka_unit_test(names_stay_text),
      cmocka_unit_test(curves_have_all_points_and_the_chosen_step),
      cmocka_unit_test(what_is_no_record_does_no_harm),
      cmocka_unit_test(a_search_has_its_plots_and_its_table),
      cmocka_unit_test(ticks_are_round_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

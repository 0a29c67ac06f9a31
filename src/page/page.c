#include "page/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"

// Lines of plots have classes: see plot.h. On paper there is no dark, and nothing scrolls.
static const char style[] =
    ":root{color-scheme:light dark;--ink:#222;--paper:#fff;--line:#ccc;--a:#0b5cad;--b:#c2410c;"
    "--s0:#0b5cad;--s1:#c2410c;--s2:#15803d;--s3:#7e22ce;--s4:#a16207;--s5:#be185d;--s6:#0f766e;"
    "--s7:#525252}\n"
    "@media screen and (prefers-color-scheme:dark){:root{--ink:#ddd;--paper:#181a1b;--line:#555;"
    "--a:#6cb2ff;--b:#ff9d66;--s0:#6cb2ff;--s1:#ff9d66;--s2:#6ee787;--s3:#d0a2ff;--s4:#f2cc60;"
    "--s5:#ff9bce;--s6:#5eead4;--s7:#b8b8b8}}\n"
    "body{font:14px sans-serif;margin:2em;color:var(--ink);background:var(--paper)}\n"
    "table{border-collapse:separate;border-spacing:0;border:solid var(--line);"
    "border-width:1px 0 0 1px}\n"
    "td,th{border:solid var(--line);border-width:0 1px 1px 0;padding:2px "
    "6px;font-weight:normal;text-align:right;"
    "font-size:12px}\n"
    "td[style],td[style] a{color:#000}\n"
    "th{background:var(--paper);position:sticky;left:0;white-space:nowrap}\n"
    "tr:first-child th{writing-mode:vertical-rl;text-align:left;top:0;z-index:1}\n"
    "tr:first-child th:first-child{z-index:2}\n"
    "tr.best td,tr.best th{font-weight:bold;border-color:var(--b)}\n"
    "td.words{text-align:left}\n"
    ".flat tr:first-child th{writing-mode:horizontal-tb}\n"
    ".wide{overflow:auto;max-height:90vh;max-width:100%}\n"
    "@media print{:root{color-scheme:light}.wide{overflow:visible;max-height:none}"
    "th,nav{position:static!important}figure,tr{break-inside:avoid}"
    "*{print-color-adjust:exact}}\n"
    ".chosen,body:has(.chosen:target) .unless-chosen{display:none}.chosen:target{display:block}\n"
    "@media(max-width:40em){body{margin:1em}tr>th:first-child{min-width:7em;max-width:9em;white-"
    "space:normal;"
    "overflow-wrap:anywhere}}\n"
    ".beside{display:flex;flex-wrap:wrap;gap:2em 1em;align-items:flex-start}\n"
    ".colours{width:20em;max-width:100%;height:1em;border:1px solid var(--line)}\n"
    ".ends{display:flex;justify-content:space-between;width:20em;max-width:100%;margin-bottom:1em}"
    "\n"
    "figure{margin:0;max-width:100%}figcaption{font-weight:bold}\n"
    "svg{max-width:100%;height:auto}\n"
    "svg text{fill:var(--ink);font:11px sans-serif}\n"
    ".frame{fill:none;stroke:var(--line)}\n"
    ".a{stroke:var(--a);fill:none}.b{stroke:var(--b);fill:none}\n"
    "circle.a{fill:var(--a)}circle.b{fill:var(--b)}\n"
    ".series-0{color:var(--s0)}.series-1{color:var(--s1)}.series-2{color:var(--s2)}"
    ".series-3{color:var(--s3)}.series-4{color:var(--s4)}.series-5{color:var(--s5)}"
    ".series-6{color:var(--s6)}.series-7{color:var(--s7)}\n"
    "path[class^=series]{stroke:currentColor;fill:none;vector-effect:non-scaling-stroke;"
    "stroke-linejoin:round}circle[class^=series]{fill:currentColor}path.dashed{stroke-dasharray:5 "
    "3}"
    "\n"
    ".hint{position:fixed;top:0;left:0;z-index:9;pointer-events:none;padding:4px "
    "8px;font-size:12px;"
    "background:var(--paper);border:1px solid var(--line);max-width:90vw;overflow-wrap:anywhere}\n"
    "nav{position:sticky;top:0;z-index:3;background:var(--paper);padding:.5em 0;display:flex;"
    "flex-wrap:wrap;gap:.3em 1.2em}\n"
    ".by-seconds,body:has(#by-seconds:checked) .by-update{display:none}"
    "body:has(#by-seconds:checked) .by-seconds{display:block}\n"
    ".mark{stroke:var(--ink);stroke-dasharray:3 3;fill:none}\n";

ig_status ig_page_may_replace(const char *path, bool *may, ig_error *err) {
  static const char doctype[] = "<!doctype html";
  struct stat status;
  char begin[sizeof doctype - 1] = "";
  *may = true;
  if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || ig_path_descriptor(path) >= 0)
    return IG_OK;
  ig_file file;
  IG_TRY(ig_file_open(&file, path, err));
  const size_t size = file.size < sizeof begin ? file.size : sizeof begin;
  const ig_status read = ig_file_read(&file, path, 0, begin, size, err);
  ig_file_close(&file);
  IG_TRY(read);
  *may = size == 0 || (size == sizeof begin && strncasecmp(begin, doctype, size) == 0);
  return IG_OK;
}

ig_status ig_page_check_path(const char *path, ig_error *err) {
  bool may;
  IG_TRY(ig_path_refuse_home(path, err));
  IG_TRY(ig_page_may_replace(path, &may, err));
  if (may) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: the page would replace a file that is no page of HTML", path);
}

ig_status ig_page_open(ig_page *page, const char *path, const char *title, ig_error *err) {
  *page = (ig_page){0};
  IG_TRY(ig_writer_open_named(&page->writer, path, err));
  page->file = page->writer.file;
  page->before = ig_number_locale_enter();
  fputs("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">", page->file);
  fputs("<meta name=\"viewport\" content=\"width=device-width\">", page->file);
  ig_page_element(page, "title", title);
  fprintf(page->file, "<style>\n%s</style></head><body>", style);
  ig_page_element(page, "h1", title);
  fputc('\n', page->file);
  return IG_OK;
}

ig_status ig_page_close(ig_page *page, ig_error *err) {
  fputs("</body></html>\n", page->file);
  ig_number_locale_leave(page->before);
  if (!ferror(page->file)) return ig_writer_commit(&page->writer, err);
  const ig_status status = ig_fail(err, IG_ERROR_IO, "%s: cannot write", page->writer.path);
  ig_writer_abandon(&page->writer);
  return status;
}

void ig_page_abandon(ig_page *page) {
  ig_number_locale_leave(page->before);
  ig_writer_abandon(&page->writer);
}

void ig_page_text(const ig_page *page, const char *text) {
  char *clean = strdup(text);
  ig_clean_text(clean, false);
  for (const char *p = clean ? clean : "?"; *p; p++) {
    if (*p == '<')
      fputs("&lt;", page->file);
    else if (*p == '&')
      fputs("&amp;", page->file);
    else
      fputc(*p, page->file);
  }
  free(clean);
}

void ig_page_element(const ig_page *page, const char *tag, const char *text) {
  fprintf(page->file, "<%s>", tag);
  ig_page_text(page, text);
  fprintf(page->file, "</%s>", tag);
}

// ---- colours -------------------------------------------------------------------

static void write_colour(const ig_page *page, double part) {
  const double x = fmin(fmax(part, 0), 1);
  const int red = (int)lround(x < 0.5 ? 70 + 370 * x : 255),
            blue = (int)lround(x < 0.5 ? 255 : 255 - 370 * (x - 0.5));
  const int green = (int)lround(255 - 290 * fabs(x - 0.5));
  fprintf(page->file, "rgb(%d,%d,%d)", red, green, blue);
}

static void begin_cell(const ig_page *page, double value, double part) {
  fputs("<td style=\"background:", page->file);
  write_colour(page, part);
  fprintf(page->file, "\" title=\"%.9g\">", value);
}

void ig_page_cell(const ig_page *page, double value, int decimals, double part) {
  if (isnan(value)) {
    fputs("<td>–</td>", page->file);
    return;
  }
  begin_cell(page, value, part);
  fprintf(page->file, "%.*f</td>", decimals, value);
}

void ig_page_link_cell(const ig_page *page, double value, double part, const char *link) {
  if (isnan(value) || !link) {
    ig_page_cell(page, value, 3, part);
    return;
  }
  begin_cell(page, value, part);
  fprintf(page->file, "<a href=\"%s\">%.3f</a></td>", link, value);
}

void ig_page_legend(const ig_page *page, double least, double middle, double most) {
  fputs("<div class=\"colours\" style=\"background:linear-gradient(90deg,", page->file);
  write_colour(page, 0);
  fputc(',', page->file);
  write_colour(page, 0.5);
  fputc(',', page->file);
  write_colour(page, 1);
  fprintf(page->file,
          ")\"></div><div class=\"ends\"><span>%.3g</span><span>%.3g</span><span>%.3g</span>"
          "</div>\n",
          least, middle, most);
}

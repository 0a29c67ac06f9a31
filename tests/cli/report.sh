#!/usr/bin/env bash
# The page of trainings: every curve of every run with its values, what is left out is told, and
# nothing but a page is replaced.
. "$INGOT_SOURCE/tests/cli/common.bash"

line() { # UPDATE LOSS
  printf '{"update":%d,"epoch":0,"loss":%s,"nll":1,"learning_rate":0.001,' "$1" "$2"
  printf '"gradient_norm":2.5,"kl_divergence":0.5,'
  printf '"clipped":0.0,"target_tokens_per_second":1234.5,"seconds":%s}\n' "$1.5"
}
valid() { # UPDATE LOSS BLEU
  printf '{"update":%d,"valid_loss":%s,"valid_nll":1,"bleu":%s,"chrf":50.0,' "$1" "$2" "$3"
  printf '"best":true,'
  printf '"samples":[{"source":"<b>eins</b>","reference":"one & only","output":"wan %d"}]}\n' "$1"
}
settings() { # DIR SEED
  mkdir -p "$1/latest"
  echo "{\"version\": 1, \"identity\": {\"train.seed\": $2, \"model.d_model\": 64}}" \
    >"$1/latest/training.json"
}
settings one 1
settings two 2
{ line 10 5.25 && line 20 4.5 && valid 20 4.75 7.5 && line 30 3.125 && valid 30 4.8125 7.25; } \
  >one/metrics.jsonl
{ line 10 6 && line 20 5.5; } >two/metrics.jsonl

expect 0 "$INGOT" report one two -o page.html --title 'A & B'
[ ! -s err ] || fail "something was told of whole files"
has page.html '<title>A &amp; B</title>'
has page.html 'd="M10 5.25L20 4.5L30 3.125"><desc>one, loss<'
has page.html 'd="M20 4.75L30 4.8125"><desc>one, valid_loss<'
has page.html 'd="M10 6L20 5.5"><desc>two, loss<'
has page.html 'd="M20 7.5L30 7.25"><desc>one, bleu<'
has page.html 'd="M10.5 5.25L20.5 4.5L30.5 3.125"><desc>one, loss<'
# A validation has no seconds of its own: those of its update.
has page.html 'd="M20.5 4.75L30.5 4.8125"><desc>one, valid_loss<'
for what in 'learning_rate' 'gradient_norm' 'target_tokens_per_second' 'chrf'; do
  has page.html "<desc>one, $what<"
done
! grep -q '<desc>two, bleu<' page.html || fail "a run without validation has scores"
has page.html 'KL divergence, of teachers or two draws'
has page.html '<td>7.25</td><td><b>7.5</b> at 20</td>'
has page.html '<td>4.8125</td><td><b>4.75</b> at 20</td>'
has page.html '<tr><th>train.seed</th><td class="words">1</td><td class="words">2</td></tr>'
[ "$(grep -c '<th>model.d_model</th>' page.html)" -eq 1 ] || fail "equal settings are no difference"
has page.html '&lt;b>eins&lt;/b></td>'
has page.html 'one &amp; only</td>'
has page.html 'wan 30</td>'
! grep -q 'wan 20' page.html || fail "samples of an earlier validation"
! grep -qE 'https?:|src=|@import|url\(' page.html || fail "the page loads something"

# As a file, compressed, and by itself: the same curves.
gzip -kc one/metrics.jsonl >one.gz
expect 0 "$INGOT" report one.gz -o single.html
[ "$(grep -o ' d="M1[^"]*"' single.html | sort)" = "$(grep '<desc>one' page.html |
  grep -o ' d="M1[^"]*"' | sort)" ] || fail "a compressed file has other curves"
expect 0 "$INGOT" report one/metrics.jsonl -o /dev/stdout
has out '</html>' && has out '<th>train.seed</th>'

# A run that is going on: the last line is half there. Others that cannot be read are counted.
cp -r one odd
{ line 40 3 && printf '{"update":50,"lo'; } >>odd/metrics.jsonl
expect 0 "$INGOT" report odd -o odd.html
has err 'odd/metrics.jsonl: the last line is not complete and is left out'
has odd.html 'L30 3.125L40 3"><desc>odd, loss<'
{ printf '\n[1]\n' && line 60 2.5 && echo '{"update":70,"loss":"low"}' && echo '{"loss":1}' &&
  line 80 NaN && line 90 2; } >>odd/metrics.jsonl
expect 0 "$INGOT" report odd -o odd.html
has err 'odd/metrics.jsonl: 5 lines cannot be read and are left out; the first is line 7: '
has odd.html '5 lines cannot be read'
has odd.html 'L40 3L60 2.5L90 2"><desc>odd, loss<'
expect 0 "$INGOT" report odd -o odd.html -q && has err '5 lines cannot be read'
# A last line that is whole, and no line of metrics, is not one that is half there.
cp -r one last && echo '{}' >>last/metrics.jsonl
expect 0 "$INGOT" report last -o last.html
has err 'last/metrics.jsonl: 1 line cannot be read and is left out; the first is line 6: update:'
# A file that goes back tells those updates anew.
cp -r one back
line 20 4.25 >>back/metrics.jsonl
expect 0 "$INGOT" report back -o back.html
has err 'back/metrics.jsonl: line 6 goes back'
has err 'left out (1 such line)'
# Samples of an update that is told anew are forgotten, and those of earlier ones are not.
! grep -q 'wan 30' back.html || fail 'samples of an update that was forgotten'
cp -r one later && line 25 4.25 >>later/metrics.jsonl
sed -i '/wan 30/d' later/metrics.jsonl
expect 0 "$INGOT" report later -o later.html
has later.html 'wan 20'
has back.html 'd="M10 5.25L20 4.25"><desc>back, loss<'

# Where a run went on with other values, the page says from when on; what was forgotten is not told.
changed() { printf '{"update":%d,"changed":{"train.learning_rate":[0.002,%s]}}\n' "$1" "$2"; }
cp -r one other
{ changed 30 0.0005 && line 40 3 && changed 40 0.25 && line 35 2; } >>other/metrics.jsonl
expect 0 "$INGOT" report other -o other.html
has other.html 'from update 30 on train.learning_rate is 0.0005 (before: 0.002'
! grep -q 'is 0.25' other.html || fail 'a change that was forgotten'

# A long run: the page stays small, and its peak is there.
mkdir long
awk 'BEGIN { for (i = 1; i <= 50000; i++)
  printf "{\"update\":%d,\"loss\":%s,\"seconds\":%d}\n", i,
    i == 33333 ? 99.5 : 2 + i % 7 / 8, i }' >long/metrics.jsonl
expect 0 "$INGOT" report long -o long.html
has err 'curves of more than 600 points'
has long.html '33333 99.5'
has long.html 'd="M1 '
grep -q 'L50000 [0-9.]*"' long.html || fail "the last point is missing"
[ "$(wc -c <long.html)" -lt 60000 ] || fail "the page has $(wc -c <long.html) bytes"

# What cannot be drawn.
mkdir empty none wrong
: >empty/metrics.jsonl
printf '{"step": 1}\n{"step": 2}\n' >wrong/metrics.jsonl
expect 1 "$INGOT" report none -o no.html && has err 'none: has no metrics.jsonl'
expect 1 "$INGOT" report empty -o no.html && has err 'empty/metrics.jsonl: has no lines yet'
expect 1 "$INGOT" report wrong -o no.html &&
  has err "wrong/metrics.jsonl:1: no line of a training's metrics: update: expected a whole"
expect 1 "$INGOT" report nowhere -o no.html && has err 'nowhere'
cp -r one damaged && echo '{' >damaged/latest/training.json
expect 1 "$INGOT" report damaged -o no.html && has err 'damaged/latest/training.json:'
[ ! -e no.html ] || fail "a page was written"
expect 2 "$INGOT" report one
expect 2 "$INGOT" report one one one one one one one one two -o no.html
has err "expected at most 8 of RUN, found another: 'two'"
expect 2 "$INGOT" report -o no.html

# Nothing but a page is replaced.
cp one/metrics.jsonl kept
for file in one/metrics.jsonl one/latest/training.json; do
  expect 1 "$INGOT" report one -o $file && has err 'would replace a file that is no page of HTML'
done
same one/metrics.jsonl kept
expect 0 "$INGOT" report two -o page.html
! grep -q 'one, loss' page.html || fail "the page was not replaced"

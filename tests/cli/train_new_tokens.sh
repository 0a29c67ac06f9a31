#!/usr/bin/env bash
# data.new_tokens: rows for tokens that a model's vocabulary gets, from a list and from a file; what
# is told, what is refused, and that a run goes on with them.
. "$INGOT_SOURCE/tests/cli/common.bash"

model=$INGOT_SOURCE/models/en-de
printf 'the cat <en> reads\n<domain>the dog\n' >s
printf 'die Katze\nder Hund <domain>\n' >t
# A byte order mark, a carriage return, a blank line, one twice, one that no text has, one of two
# words.
printf '\xef\xbb\xbf<en>\r\n\n<domain>\n<en>\n</s>\n<unused>\nzwei Worte\n' >list
cat >run.yml <<END
data: {train: {source: s, target: t}, new_tokens: list}
model: {init: $model}
train: {output: run, updates: 2, learning_rate: 0.0001}
END
expect 0 "$INGOT" train run.yml
grep -q 'list: 1 blank line left out' err || fail 'the blank line is not told'
grep -q 'in the vocabulary already, or twice in the list, and left as they are (2): <en>, </s>' \
  err || fail 'tokens that are there already are not told'
grep -q '4 added, 8005 tokens in all' err || fail 'what was added is not told'
grep -q 'in no text of data.train, so that nothing is learned of them (2): <unused>, zwei Worte' \
  err || fail 'tokens without a text are not told'
grep -q '"vocab_size": 8005' run/latest/config.json || fail 'config.json has the old size'

# It is a model like any other.
expect 0 "$INGOT" inspect run/latest
grep -q 8005 out || fail 'inspect does not tell the vocabulary'
expect 0 "$INGOT" translate -m run/latest -i s -q

# The same bits in parts, and another list is another run.
sed 's/output: run/output: parts/' run.yml >parts.yml
expect 0 "$INGOT" train parts.yml -q --set train.updates=1
expect 0 "$INGOT" train parts.yml -q
same run/latest/model.safetensors parts/latest/model.safetensors
same run/latest/tokenizer_config.json parts/latest/tokenizer_config.json
sed -i 's/<unused>/<other>/' list
expect 1 "$INGOT" train run.yml -q --set train.updates=3
grep -q 'data.new_tokens is' err || fail 'another list goes on with the run'

# A list in the configuration; a second model begins from the first one and gets more.
expect 0 "$INGOT" train run.yml -q --set train.output=more --set "model.init=run/latest" \
  --set 'data.new_tokens=[<en>, <more>]'
grep -q '"vocab_size": 8006' more/latest/config.json || fail 'the second list is not added'
grep -q '"8004"' more/latest/tokenizer_config.json || fail 'tokens of the first list are lost'

# Fusion matches their rows by their texts, though no vocab.json lists them: another token of the
# same id is another one.
expect 0 "$INGOT" train run.yml -q --set train.output=apart --set 'data.new_tokens=[<xx>, <domain>]'
cat >fuse.yml <<END
{merge_method: linear, tokenizer_source: base, parameters: {weight: 1},
 models: [{model: run/latest}, {model: apart/latest}]}
END
expect 0 "$INGOT" fuse fuse.yml -o fused
grep -qF "apart/latest: 1 piece that the output's vocabulary lacks: '<xx>'" err ||
  fail 'a token of another text took part in a row'
grep -q '"vocab_size": 8005' fused/config.json || fail 'rows of new tokens are lost'
sed -i 's/source: base/source: union/' fuse.yml
expect 1 "$INGOT" fuse fuse.yml -o united
grep -q 'pieces cannot be added to its tokenizer' err || fail 'a token became a piece in a union'

# refuse MESSAGE TOKENS
refuse() {
  expect 1 "$INGOT" train run.yml -q --set train.output=refused --set "data.new_tokens=$2"
  grep -qF -- "$1" err || fail "expected: $1; found: $(cat err)"
  [ ! -e refused ] || fail "refused, and yet begun: $1"
}
printf 'fine\n bad\n' >bad
refuse "bad: line 2: token ' bad': it begins or ends with white space" bad
printf 'fine\n\xff\n' >bad
refuse 'bad:2: not UTF-8' bad
printf '\n\n' >bad
refuse 'bad: expected a token a line' bad
refuse "token '': a token is empty" '["<a>", ""]'
refuse "it holds a control character or the end of a line" '["a\tb"]'
refuse "it holds U+2581, which stands for a space" '[▁a]'
refuse 'expected a list of tokens, or a file' '[]'
refuse 'expected a list of tokens, or a file' '""'
refuse 'run.yml: data.new_tokens: nowhere: No such file' nowhere
mkdir folder
refuse 'run.yml: data.new_tokens: folder: line 1: Is a directory' folder
expect 1 "$INGOT" train run.yml -q --set train.output=refused \
  --set 'train.adapter={method: lora, rank: 2, target_modules: [q_proj]}'
grep -q 'an adapter has no rows for new tokens' err || fail 'an adapter is not refused'
toy new 2
sed -i 's/tokens: whitespace/tokens: whitespace\n  new_tokens: [<a>]/' toy.yml
expect 1 "$INGOT" train toy.yml -q
grep -q 'user_defined_symbols' err || fail 'a new tokenizer is not refused'

# Sixty thousand.
seq 60000 | sed 's/.*/<t&>/' >many
expect 0 "$INGOT" train run.yml -q --set train.output=large --set data.new_tokens=many \
  --set train.updates=1
grep -q '"vocab_size": 68001' large/latest/config.json || fail 'many tokens are not added'
expect 0 "$INGOT" translate -m large/latest -i s -q

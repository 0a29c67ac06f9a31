# Shared by tests/cli/*.sh: a working directory, and checks that name what they expected. $INGOT is
# the command, $INGOT_SOURCE the repository.
set -u
: "${INGOT:?the command under test}" "${INGOT_SOURCE:?the repository}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() {
  echo "FAILED: $*" >&2
  for file in out err; do [ -s "$work/$file" ] &&
    { echo "--- $file"; head -n 20 "$work/$file"; } >&2; done
  exit 1
}

# expect CODE COMMAND...: runs it with standard output and error in ./out and ./err; the exit code
# must be CODE.
expect() {
  local code=$1 got
  shift
  "$@" >"$work/out" 2>"$work/err"
  got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got instead of $code: $*"
}

# has FILE TEXT: the file contains the text as it stands.
has() { grep -qF -- "$2" "$1" || fail "'$2' is not in $1"; }
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }

# digits COUNT SEED FILE: rows of two to six digits, the same on every machine.
digits() {
  awk -v count="$1" -v state="$2" 'BEGIN {
    for (i = 0; i < count; i++) {
      state = (state * 16807) % 2147483647; n = 2 + state % 5; line = ""
      for (j = 0; j < n; j++) {
        state = (state * 16807) % 2147483647
        line = line (j ? " " : "") int(state / 1000) % 10
      }
      print line
    }
  }' >"$3"
}
reversed() {
  awk '{ line = ""; for (i = NF; i > 0; i--) line = line (i < NF ? " " : "") $i; print line }' "$1"
}

# toy OUTPUT UPDATES [LINE...]: writes toy.yml, a model that learns to reverse rows of digits; more
# lines go into its train: part.
toy() {
  local output=$1 updates=$2 line
  shift 2
  [ -f toy.src ] || { digits 2000 7 toy.src && reversed toy.src >toy.trg; }
  cat >toy.yml <<EOF
data:
  train: {source: toy.src, target: toy.trg}
  tokens: whitespace
model: {family: marian, d_model: 32, encoder_layers: 1, decoder_layers: 1,
        encoder_attention_heads: 4, decoder_attention_heads: 4,
        encoder_ffn_dim: 64, decoder_ffn_dim: 64, dropout: 0.1}
train:
  output: $output
  seed: 3
  batch_tokens: 160
  updates: $updates
  learning_rate: 0.005
  schedule: inverse_sqrt
  warmup: 50
  save_every: 50
EOF
  for line in "$@"; do echo "  $line" >>toy.yml; done
}

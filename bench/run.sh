#!/usr/bin/env bash
# Everything that is measured, in one command: the machine, products beside OpenBLAS and MKL,
# training beside PyTorch, translation beside CTranslate2; if asked, curves of seconds. Writes
# machine.csv, roofline.csv, products.csv, speed.csv and curves.csv; bench/charts.py draws them.
# bench/README.md says what each holds. Keep the machine quiet meanwhile.
# Usage: run.sh [--only roofline,products,training,translation,curves] [--out DIR] [--ingot FILE]
#               [--threads N] [--cpu NAME] [--roofline MODEL]...
#               [--openblas LIBRARY] [--mkl LIBRARY]
#               [--peers DIR [--python FILE] [--data DIR] [--repeat N]]   scripts bench_train.py,
# bench_translate.py and make_models.py
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
only=roofline,products,training,translation out=$root/bench/results ingot=$root/build/ingot \
  threads=$(getconf _NPROCESSORS_ONLN) cpu="" repeat=3
peers="" python=python3 roofline_models=() data=${INGOT_DATA:-$root/../shared/data} libraries=()
while [ $# -gt 0 ]; do
  case "$1" in
    --only) only=$2 ;;
    --out) out=$2 ;;
    --ingot) ingot=$2 ;;
    --threads) threads=$2 ;;
    --cpu) cpu=$2 ;;
    --openblas | --mkl) libraries+=("$1" "$2") ;;
    --peers) peers=$2 ;;
    --python) python=$2 ;;
    --data) data=$2 ;;
    --repeat) repeat=$2 ;;
    --roofline) roofline_models+=("$(realpath "$2")") ;;
    *) echo "run.sh: unknown option '$1'" >&2 && exit 2 ;;
  esac
  [ $# -ge 2 ] || { echo "run.sh: $1 lacks its value" >&2 && exit 2; }
  shift 2
done
ingot=$(realpath "$ingot")
[ ${#roofline_models[@]} -gt 0 ] || roofline_models=("$root/models/en-de")
gemm=$(dirname "$ingot")/bench/bench_gemm
model=$root/models/en-de
if [[ ,$only, == *,products,* ]] && ! [ -x "$gemm" ]; then
  echo "run.sh: $gemm is missing: cmake --build $(dirname "$ingot") --target benchmarks" >&2
  exit 1
fi
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wanted() { [[ ,$only, == *,$1,* ]]; }
say() { printf '\n== %s\n' "$*" >&2; }

say "the machine, and the shipped model on it"
{
  "$ingot" bench --csv --only machine --threads "$threads"
  # no path of this machine
  (cd "$root/models" && "$ingot" bench --csv -m "$(basename "$model")" --threads "$threads" \
    --only run) | tail -n +2
} | tee "$work/machine.csv"
isa=$(sed -n '/,run,/{s/^"[^"]*","[^"]*",\([^,]*\),.*/\1/p;q}' "$work/machine.csv")
[ -n "$cpu" ] || cpu=$(sed -n '2s/^"[^"]*","\([^"]*\)".*/\1/p' "$work/machine.csv")
cpu=${cpu//,/ }  # a comma would end the field for awk
stamp="$(date -u +%F),$(git -C "$root" describe --always --dirty --exclude '*'),\"$cpu\""
# With the date, the commit and the name of the CPU before each row.
dated() { sed "1s/^/date,commit,/; 2,\$s/^/${stamp%,*},/"; }
dated <"$work/machine.csv" >"$out/machine.csv"

# ---- roofline: the machine's roofs, products of decoding in both types -------

# of_model FOLDER TYPE: its products, rows without a heading and without a path of this machine.
of_model() {
  (cd "$(dirname "$1")" && "$ingot" bench --csv -m "$(basename "$1")" --threads "$threads" \
    --only product --type "$2") | tail -n +2
}
if wanted roofline; then
  say "products of ${roofline_models[*]##*/}, in fp32 and int8"
  {
    grep -v ',run,' "$work/machine.csv"
    for m in "${roofline_models[@]}"; do
      of_model "$m" fp32
      of_model "$m" int8 | grep ',int8,'
    done
  } | tee "$work/roofline.csv"
  dated <"$work/roofline.csv" >"$out/roofline.csv"
fi

# ---- curves: seconds against sentences, lengths, beams, threads, vocabularies -
# Rows that the file has are not measured again.

if wanted curves; then
  say "curves of seconds"
  "$python" "$root/bench/curves.py" "$ingot" "$out/curves.csv" --threads "$threads" \
    --repeat "$repeat" --cpu "$cpu"
fi

# ---- products: each set of shapes with one thread and with all ---------------

if wanted products; then
  for n in $(printf '1\n%s\n' "$threads" | sort -un); do
    say "products, $n of $threads threads"
    "$gemm" --threads "$n" ${libraries[@]+"${libraries[@]}"} "$root"/bench/shapes/*.csv |
      tee -a "$work/products"
  done
  awk -v stamp="$stamp" '
    NR == 1 { print "date,commit,cpu," $0; heading = $0; next }
    $0 != heading { print stamp "," $0 }' "$work/products" >"$out/products.csv"
fi

# ---- beside peers: rows of speed.csv -----------------------------------------

# speeds PREFIX PEER THREADS: reads what a peer's script prints, "NAME CASE: … S s, … N target
# tokens …" for either side, and adds a row for each case of both. Speeds are taken from counts and
# seconds: printed ones may be rounded.
speeds() {
  awk -v prefix="$1" -v peer="$2" -v stamp="$stamp,$isa,$3" '
    match($0, /[0-9.]+ s,/) {
      value = 1 / substr($0, RSTART, RLENGTH - 3)
      if (!match($0, /[0-9]+ target tokens/)) next
      value *= substr($0, RSTART, RLENGTH - 14)
      what = $0
      sub(/:.*/, "", what)
      sub(/^[^ ]+ +/, "", what)
      gsub(/ /, "-", what)
      if ($1 == "ingot") { ours[what] = value } else { theirs[what] = value }
      if (what in ours && what in theirs)
        printf "%s,%s-%s,target tokens/s,%.1f,%s,%.1f,%.4f\n", stamp, prefix, what, ours[what],
          peer, theirs[what], ours[what] / theirs[what]
    }' >>"$work/speed.csv"
}
version() { "$python" -c "import $1; print($1.__version__.split('+')[0])"; }
touch "$work/speed.csv"
if wanted training && [ -n "$peers" ]; then
  say "training"
  INGOT_DATA=$data "$python" "$peers/bench_train.py" --ingot "$ingot" --threads "$threads" \
    --repeat "$repeat" | tee "$work/log"
  speeds train "PyTorch $(version torch)" "$threads" <"$work/log"
fi
if wanted translation && [ -n "$peers" ]; then
  base=$(dirname "$ingot")/bench/marian-base peer="CTranslate2 $(version ctranslate2)"
  [ -e "$base/config.json" ] || INGOT_DATA=$data "$python" "$peers/make_models.py" marian-base \
    "$base"
  translate() { INGOT_DATA=$data "$python" "$peers/bench_translate.py" "$@" --ingot "$ingot" \
    --types fp32 --repeat "$repeat" | tee "$work/log"; }
  say "translation: Marian base, random weights, 24 tokens a line"
  translate "$base" "$data/tatoeba-en-de/test.en" --fixed-length 24 --lines 400 --threads "$threads"
  speeds translate-base "$peer" "$threads" <"$work/log"
  say "translation: the same, one sentence at a time"
  translate "$base" "$data/tatoeba-en-de/test.en" --fixed-length 24 --lines 40 --latency --threads 1
  speeds translate-base-single "$peer" 1 <"$work/log"
  say "translation: the shipped model, Tatoeba's test set"
  translate "$model" "$data/tatoeba-en-de/test.en" --threads "$threads"
  speeds translate-en-de "$peer" "$threads" <"$work/log"
fi

# What was measured now takes the place of what was known.
if [ -s "$work/speed.csv" ]; then
  [ -e "$out/speed.csv" ] || : >"$out/speed.csv"
  {
    echo "date,commit,cpu,isa,threads,what,unit,ours,peer,theirs,ratio"
    awk -F, 'FNR == NR { new[$6] = 1; next } FNR > 1 && !($6 in new)' "$work/speed.csv" \
      "$out/speed.csv"
    cat "$work/speed.csv"
  } >"$work/merged.csv"
  mv "$work/merged.csv" "$out/speed.csv"
  cat "$out/speed.csv"
fi

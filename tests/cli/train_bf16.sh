#!/usr/bin/env bash
# train.compute: bfloat16: the same bytes for 1 and 2 threads, after an interruption, and with every
# instruction set's way to multiply; what is told, and what is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"
bf16="--set train.compute=bfloat16"

toy whole 40
expect 0 "$INGOT" train toy.yml $bf16 --threads 1 --stats whole.json
grep -q '"compute": *"bfloat16"' whole.json || fail "the statistics do not say the type"
grep '"loss"' whole/metrics.jsonl | grep -v valid | grep -qv '"compute":"bfloat16"' &&
  fail "a line of metrics does not say the type"
has whole/metrics.jsonl '"compute":"bfloat16"'
toy threads 40
expect 0 "$INGOT" train toy.yml $bf16 --threads 2
same whole/latest/model.safetensors threads/latest/model.safetensors

# A run that goes on ends in the same bytes; one of the other type is another run.
toy resumed 15
expect 0 "$INGOT" train toy.yml $bf16
expect 1 "$INGOT" train toy.yml --set train.updates=40
has err "train.compute is \"bfloat16\" there, nothing now"
expect 0 "$INGOT" train toy.yml $bf16 --set train.updates=40
same whole/latest/model.safetensors resumed/latest/model.safetensors

# float32 is the default, and gives other weights.
toy float32 40
expect 0 "$INGOT" train toy.yml --stats float32.json
grep -q '"compute": *"float32"' float32.json || fail "the statistics do not say float32"
! grep -q compute float32/metrics.jsonl || fail "lines of metrics of float32 say so"
! cmp -s whole/latest/model.safetensors float32/latest/model.safetensors ||
  fail "bfloat16 changes nothing"
toy float32_named 40
expect 0 "$INGOT" train toy.yml --set train.compute=float32
same float32/latest/model.safetensors float32_named/latest/model.safetensors
# Its checkpoint goes on as it always did.
expect 0 "$INGOT" train toy.yml --set train.updates=41

# Without the instruction it is told that nothing is gained; with it, in what is computed.
for isa in reference avx2 avx512 avx512_bf16; do
  toy isa_$isa 2
  IG_ISA=$isa "$INGOT" train toy.yml $bf16 >out 2>err || {
    has err "lacks '$isa'"
    continue
  }
  case $isa in
  avx512_bf16) has err "linear layers compute in bfloat16" ;;
  *) has err "no instruction that multiplies bfloat16 ($isa)" ;;
  esac
done

# The two ways to multiply: the rest of avx512 and avx512_bf16 is the same code.
if [ -e isa_avx512_bf16/latest ]; then
  same isa_avx512/latest/model.safetensors isa_avx512_bf16/latest/model.safetensors
fi

toy wrong 2
expect 1 "$INGOT" train toy.yml --set train.compute=bf16
has err "train.compute: expected one of float32, bfloat16, found 'bf16'; did you mean 'bfloat16'?"
for pair in compute=fp32:float32 compute=floot32:float32 dtype=fp16:float16 dtype=half:float16; do
  expect 1 "$INGOT" train toy.yml --set "train.${pair%:*}"
  has err "; did you mean '${pair#*:}'?"
done
# Neither a short name nor a slip: nothing is guessed. Float16 is no type of products.
for pair in compute=fp16 compute=tensor; do
  expect 1 "$INGOT" train toy.yml --set "train.$pair"
  ! grep -q 'did you mean' err || fail "a guess for $pair: $(cat err)"
done
expect 1 "$INGOT" train toy.yml --set train.bf16=true
has err "did you mean 'train.compute'"
[ ! -e wrong ] || fail "a refused run left its directory"

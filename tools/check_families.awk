# No file outside src/model/arch/ and the one table of fusion names a family of models in its code
# or strings: see check_laws.sh. The words are the files of src/model/arch/ and well-known names.
# PyTorch's generator of random numbers, its names of dtypes and its files are no family, nor is
# marian-nmt, the program.
BEGIN {
  known = "albert bart bert blenderbot byt5 deberta distilbert electra gpt2 llama m2m m2m100 " \
          "marian mbart minilm mpnet mt5 nllb opus pegasus roberta t5 torch umt5 xlm xlmr"
  n = split(known " " families, list, " ")
  for (i = 1; i <= n; i++) word[list[i]] = 1
}

{
  code = strip($0, 1)
  if (code ~ /^[ \t]*#[ \t]*include/) next
  is_pytorch = FILENAME ~ /^src\/io\/torch_/ ||
               tolower(code) ~ /torch_random|torch_dtype|torch_file|torch\.save/ ||
               tolower(code) ~ /draws_torch|philox|"torch\./
  n = split(tolower(code), list, /[^a-z0-9]+/)
  for (i = 1; i <= n; i++)
    if (list[i] in word && !(is_pytorch && list[i] == "torch") &&
        !(list[i] == "marian" && tolower(code) ~ /marian-nmt/) &&
        code !~ ("ig_config_" list[i] "\\("))
      report(FILENAME ":" FNR, "names the family '" list[i] "'")
}

END { conclude("families") }

# One effect a statement, and words that mislead: see check_laws.sh.
BEGIN {
  target = "[a-z_][][a-zA-Z0-9_.>*-]* [-+*/|&]?= "
  assignments = "^[ \t]*" target "[^;({]*, " target
}

{
  code = strip($0, 0)
  if (tolower($0) ~ /(^|[^a-z_])behind([^a-z_]|$)/ && $0 ~ /\/\/|\/?\*/)
    report(FILENAME ":" FNR, "'behind': say after, before, or what implements it")
  if (code ~ /^[ \t]*return [^({]*[^({ ], [^;]*;$/ && code !~ /return \(/)
    report(FILENAME ":" FNR, "a comma in a return: two statements")
  if (code ~ assignments && code !~ /\[\] = /)
    report(FILENAME ":" FNR, "a comma statement: one effect a statement")
  if (code ~ /\([^()]* \? [^()]* : [^()]*\)\(/)
    report(FILENAME ":" FNR, "a call through a conditional: name the function first")
}

END { conclude("statements") }

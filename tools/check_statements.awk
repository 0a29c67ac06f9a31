# One effect a statement, and words that mislead: see check_laws.sh. A statement is collected from
# its lines, without what is in brackets, so that only the commas between its parts remain.
function begin_statement() {
  statement = ""
  depth = 0
}

# The statement without what precedes it: "if ()", "else", "do", "case X:".
function bare(text) {
  while (sub(/^[ \t]*((if|for|while|switch) ?\(\)|else|do|case [^:]*:|default:|[a-z_]+:)[ \t]*/, "",
             text)) {}
  sub(/^[ \t]+/, "", text)
  return text
}

# In a declaration a name follows a type's name.
function is_declaration(text) {
  return text ~ /^(typedef|extern|static|const|struct|enum|union|unsigned|_Thread_local) / ||
         text ~ /^[A-Za-z_][A-Za-z0-9_]*( const)? \**(const )?[A-Za-z_]/
}

function end_statement(    text) {
  text = bare(statement)
  if (text ~ /^return[ (].*,/) report(place, "a comma in a return: two statements")
  else if (text ~ /,/ && text !~ /^(\(\)[a-z_]+(, )?)+$/ && !is_declaration(text))
    report(place, "a comma statement: one effect a statement")
  begin_statement()
}

FNR == 1 { begin_statement() }

{
  code = strip($0, 0)
  if (tolower($0) ~ /(^|[^a-z_])behind([^a-z_]|$)/ && $0 ~ /\/\/|\/?\*/)
    report(FILENAME ":" FNR, "'behind': say after, before, or what implements it")
  if (in_macro || code ~ /^[ \t]*#/) {
    in_macro = $0 ~ /\\$/
    next
  }
  if (statement ~ /^[ \t]*$/) place = FILENAME ":" FNR
  else if (statement !~ / $/) statement = statement " "
  while (match(code, /[][(){};?]/)) {
    before = substr(code, 1, RSTART - 1)
    sign = substr(code, RSTART, 1)
    code = substr(code, RSTART + 1)
    if (depth == 0) statement = statement before
    if (sign == "?") {
      if (depth > 0) chooses[depth] = 1
    } else if (sign == "{" && depth == 0 && statement !~ /(\)|=|= |, )$/) {
      begin_statement()
      place = FILENAME ":" FNR
    } else if (index("([{", sign)) {
      if (depth == 0) statement = statement sign
      chooses[++depth] = 0
    } else if (index(")]}", sign)) {
      if (sign == ")" && depth > 0 && chooses[depth] && code ~ /^\(/)
        report(FILENAME ":" FNR, "a call through a conditional: name the function first")
      if (depth > 0) depth--
      if (depth == 0 && sign == "}" && statement !~ /{$/) {
        begin_statement()
        place = FILENAME ":" FNR
      } else if (depth == 0) statement = statement sign
    } else if (sign == ";" && depth == 0) {
      end_statement()
      place = FILENAME ":" FNR
    }
  }
  if (depth == 0) statement = statement code
}

END { conclude("statements") }

# Lets bash complete `jamdev`, also behind npx, pnpm, yarn, bunx and so on. Works from bash 3.2 on, with nothing else.
# Words of the command line and completions are data: nothing here evaluates them.

# Runs the jamdev that printed this script.
__jamdev_run() {
  __JAMDEV__ "$@" 2>/dev/null
}

# Sets `words`, the command line up to the cursor without quotes, and `skipped`, what bash replaces no part of.
__jamdev_read_line() {
  local line=${COMP_LINE:0:COMP_POINT} index word last=
  words=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    # Bash breaks words at ":" and "=" as well.
    if ((index > 0)) && [[ -n $word && ${line:0:${#word}} == "$word" && ${#words[@]} -gt 0 ]]; then
      last=${#words[@]}
      words[last - 1]=${words[last - 1]}$word
    else
      line=${line#"${line%%[![:space:]]*}"}
      words+=("$word")
    fi
    line=${line#"$word"}
  done
  last=$((${#words[@]} - 1))
  skipped=${words[last]%"${COMP_WORDS[COMP_CWORD]}"}
  for ((index = 0; index <= last; index++)); do
    words[index]=${words[index]//[\"\'\\]/}
  done
}

# Offers what may stand in place of the last of the words, which are those behind `jamdev`.
__jamdev_offer() {
  local out line value quoted directive=0 current=${!#}
  COMPREPLY=()
  out=$(__jamdev_run complete -- "$@") || return 0
  while IFS= read -r line; do
    if [[ $line =~ ^:[0-9]+$ ]]; then
      directive=${line#:}
    elif [[ -n $line ]]; then
      value=${line%%$'\t'*}
      [[ $value == "$current"* ]] || continue
      printf -v quoted %q "${value#"$skipped"}"
      COMPREPLY+=("$quoted")
    fi
  done <<<"$out"
  # No files in place of backends; compopt came with bash 4.
  if ((directive & 4)); then compopt +o default 2>/dev/null; fi
  return 0
}

_jamdev() {
  local words skipped
  __jamdev_read_line
  __jamdev_offer "${words[@]:1}"
}

# For a package runner: `npx jamdev`, `pnpm exec jamdev`, `npm exec -- jamdev`, `bun x jamdev`. Anything else is completed
# as it was before.
__jamdev_behind_runner() {
  local words skipped index before
  __jamdev_read_line
  for ((index = 1; index < ${#words[@]} - 1; index++)); do
    case ${words[index]} in
      jamdev) __jamdev_offer "${words[@]:index+1}" && return ;;
      exec | run | x | -*) ;;
      *) break ;;
    esac
  done
  before=__jamdev_before_$1
  if [[ -n ${!before-} ]]; then "${!before}" "$@"; fi
}

complete -o default -F _jamdev jamdev

for __jamdev_runner in npx npm pnpm yarn bunx bun; do
  __jamdev_spec=$(complete -p "$__jamdev_runner" 2>/dev/null)
  if [[ $__jamdev_spec =~ -F\ ([^ ]+) && ${BASH_REMATCH[1]} != __jamdev_behind_runner ]]; then
    printf -v "__jamdev_before_$__jamdev_runner" %s "${BASH_REMATCH[1]}"
  fi
  complete -o default -F __jamdev_behind_runner "$__jamdev_runner"
done
unset __jamdev_runner __jamdev_spec

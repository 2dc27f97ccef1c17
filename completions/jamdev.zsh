#compdef jamdev
# Lets zsh complete `jamdev`, also behind npx, pnpm, yarn, bunx and so on.
# Words of the command line and completions are data: nothing here evaluates them.

# Runs the jamdev that printed this script.
__jamdev_run() {
  __JAMDEV__ "$@" 2>/dev/null
}

# Offers what may stand at the cursor; `words` begins with jamdev.
_jamdev() {
  local line value text directive=0
  local -a values texts asked
  # (Q): without quotes and backslashes.
  asked=("${(@Q)words[2,CURRENT]}")
  for line in "${(@f)$(__jamdev_run complete -- "${asked[@]}")}"; do
    if [[ $line == :<-> ]]; then
      directive=${line#:}
    elif [[ -n $line ]]; then
      value=${line%%$'\t'*} text=${line#*$'\t'}
      values+=("$value")
      if [[ -n $text && $text != "$line" ]]; then texts+=("$value  -- $text"); else texts+=("$value"); fi
    fi
  done
  if ((${#values})); then compadd -l -d texts -a values && return; fi
  if ((directive & 4)); then return 0; fi
  _files
}

# For a package runner: `npx jamdev`, `pnpm exec jamdev`, `npm exec -- jamdev`, `bun x jamdev`. Anything else is completed
# as it was before.
_jamdev_behind_runner() {
  local index before=${__jamdev_before[$service]:-_default}
  for ((index = 2; index < CURRENT; index++)); do
    case ${words[index]} in
      (jamdev)
        words=("${(@)words[index,-1]}")
        ((CURRENT -= index - 1))
        _jamdev
        return ;;
      (exec|run|x|-*) ;;
      (*) break ;;
    esac
  done
  $=before
}

if ! whence compdef >/dev/null; then
  autoload -Uz compinit && compinit -i
fi
typeset -gA __jamdev_before
() {
  local runner
  for runner in npx npm pnpm yarn bunx bun; do
    if [[ -n ${_comps[$runner]-} && ${_comps[$runner]} != _jamdev_behind_runner ]]; then
      __jamdev_before[$runner]=${_comps[$runner]}
    fi
    compdef _jamdev_behind_runner $runner
  done
}
compdef _jamdev jamdev

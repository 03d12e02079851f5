# Completions of aftertrace for bash. Made by `aftertrace completions bash`; not edited by hand.

# The containers of the capture files on the line; without any, those that run.
_aftertrace_containers() {
  local word found=
  for word in "${COMP_WORDS[@]:2}"; do
    if [[ -f $word ]]; then
      found=1
      aftertrace containers --json "$word" 2>/dev/null | sed -n 's/.*"container\.name":"\([^"]*\)".*/\1/p'
    fi
  done
  [[ -n $found ]] || { docker ps --format '{{.Names}}' || podman ps --format '{{.Names}}'; } 2>/dev/null
}

_aftertrace() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} flags= files=
  local IFS=$' \t\n' index
  COMPREPLY=()
  # `--flag=value` arrives as three words.
  if [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi
  if [[ $current == = ]]; then current=; fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W 'record watch trigger status captures doctor inspect info containers ps state logs top connections dns packets events export slice findings rules fields help version completions man --help --version' -- "$current"))
    return
  fi
  case ${COMP_WORDS[1]} in
    record)
      for ((index = 2; index < COMP_CWORD; index++)); do
        if [[ ${COMP_WORDS[index]} == -- ]]; then
          if ((index + 1 == COMP_CWORD)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$current")
          else
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
          fi
          return
        fi
      done
      case $previous in
        --output | -o) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --filter) :; return ;;
        --for) :; return ;;
        --max-size) :; return ;;
        --snaplen) :; return ;;
        --durations) COMPREPLY=($(compgen -W 'all blocked off' -- "$current")); return ;;
        --packets) COMPREPLY=($(compgen -W 'headers all off' -- "$current")); return ;;
        --packet-filter) :; return ;;
        --packet-snaplen) :; return ;;
        --ring-size) :; return ;;
      esac
      flags='--output --container --filter --for --max-size --snaplen --no-payload --no-mask --durations --packets --packet-filter --packet-snaplen --ring-size --'
      ;;
    watch)
      case $previous in
        --config) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --rules) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --socket) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --memory) :; return ;;
      esac
      flags='--config --check --json --directory --rules --socket --memory'
      ;;
    trigger)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --pod) :; return ;;
        --cgroup) :; return ;;
        --pid) :; return ;;
        --alert) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --at) :; return ;;
        --before) :; return ;;
        --after) :; return ;;
        --reason) :; return ;;
        --socket) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
      esac
      flags='--container --pod --cgroup --pid --host --alert --at --before --after --reason --wait --socket --json'
      ;;
    status)
      case $previous in
        --socket) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
      esac
      flags='--socket --json'
      ;;
    captures)
      case $previous in
        --directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
      esac
      flags='--directory --json --local'
      ;;
    doctor)
      case $previous in
        --directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
      esac
      flags='--directory --all --json'
      ;;
    inspect)
      case $previous in
      esac
      flags='--local'
      files=1
      ;;
    info)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
      esac
      flags='--container --from --to --json --local'
      files=1
      ;;
    containers)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
      esac
      flags='--container --from --to --json --local'
      files=1
      ;;
    ps)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
        --filter | -f) :; return ;;
      esac
      flags='--container --from --to --json --local --filter'
      files=1
      ;;
    state)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
      esac
      flags='--container --from --to --json --local'
      files=1
      ;;
    logs)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
        --filter | -f) :; return ;;
      esac
      flags='--container --from --to --json --local --filter --all'
      files=1
      ;;
    top)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
      esac
      flags='--container --from --to --json --local'
      files=1
      ;;
    connections)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
        --filter | -f) :; return ;;
      esac
      flags='--container --from --to --json --local --filter'
      files=1
      ;;
    dns)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
        --filter | -f) :; return ;;
      esac
      flags='--container --from --to --json --local --filter'
      files=1
      ;;
    packets)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
      esac
      flags='--container --from --to --json --local'
      files=1
      ;;
    events)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
        --filter | -f) :; return ;;
        --print | -p) :; return ;;
        --symbols) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
      esac
      flags='--container --from --to --json --local --filter --print --symbols'
      files=1
      ;;
    export)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) COMPREPLY=($(compgen -W 'jsonl json scap pcap pcapng' -- "$current")); return ;;
        --filter | -f) :; return ;;
        --output | -o) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --symbols) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
      esac
      flags='--container --from --to --json --local --filter --output --symbols'
      files=1
      ;;
    slice)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
        --filter | -f) :; return ;;
        --output | -o) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
      esac
      flags='--container --from --to --local --filter --output'
      files=1
      ;;
    findings)
      case $previous in
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
      esac
      flags='--container --from --to --json --local --rules'
      files=1
      ;;
    rules)
      case $previous in
        --rules) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --container) COMPREPLY=($(compgen -W "$(_aftertrace_containers)" -- "$current")); return ;;
        --from) :; return ;;
        --to) :; return ;;
      esac
      flags='--rules --container --from --to --json --local'
      ;;
    fields)
      case $previous in
      esac
      flags='--json --markdown'
      ;;
    help)
      case $previous in
      esac
      flags=''
      [[ $current == -* ]] || COMPREPLY=($(compgen -W 'record watch trigger status captures doctor inspect info containers ps state logs top connections dns packets events export slice findings rules fields help version completions man' -- "$current"))
      ;;
    version)
      case $previous in
      esac
      flags=''
      ;;
    completions)
      case $previous in
      esac
      flags=''
      [[ $current == -* ]] || COMPREPLY=($(compgen -W 'bash zsh fish' -- "$current"))
      ;;
    man)
      case $previous in
      esac
      flags=''
      ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags --help" -- "$current"))
  elif [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -F _aftertrace aftertrace

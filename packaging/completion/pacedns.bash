# bash completion of pacedns(8)

_pacedns() {
  local current=${COMP_WORDS[COMP_CWORD]} previous="" command="" word words
  local -i i positionals=0
  [ "$COMP_CWORD" -gt 0 ] && previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()

  case $previous in
    -c | --config | --socket)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --suffix) return ;;
  esac

  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      -c | --config | --socket | --suffix) i+=1 ;;
      -*) ;;
      *) if [ -z "$command" ]; then command=$word; else positionals+=1; fi ;;
    esac
  done

  words="-c --config -h --help"
  case $command in
    "") words+=" --version" ;;
    check) words+=" --quiet --probe" ;;
    status) words+=" --socket --json --watch" ;;
    explain | dump) words+=" --socket --json" ;;
    flush) words+=" --socket --json --suffix --all" ;;
  esac
  if [[ $current != -* ]]; then
    case $command,$positionals in
      ,*) words="run check status explain flush dump" ;;
      explain,1) words="A AAAA CAA CNAME DNSKEY DS HTTPS MX NAPTR NS PTR SOA SRV SSHFP SVCB TLSA TXT" ;;
      *) words="" ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _pacedns pacedns

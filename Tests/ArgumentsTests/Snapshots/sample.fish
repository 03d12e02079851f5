# Completions of sample for fish. Made by `sample completions fish`; not edited by hand.

# The containers of the capture files on the line; without any, those that run.
function __sample_containers
    set -l found
    for word in (commandline -opc)[3..-1]
        if test -f $word
            set found 1
            sample containers --json $word 2>/dev/null | string replace -rf '.*"container\.name":"([^"]*)".*' '$1'
        end
    end
    test -n "$found"; or docker ps --format '{{.Names}}' 2>/dev/null; or podman ps --format '{{.Names}}' 2>/dev/null
end

complete -c sample -f
complete -c sample -n __fish_use_subcommand -s V -l version -d 'print the version'
complete -c sample -s h -l help -d 'print help'

complete -c sample -n __fish_use_subcommand -a record -d 'record now'
complete -c sample -n '__fish_seen_subcommand_from record' -s o -l output -r -F -d 'where to'
complete -c sample -n '__fish_seen_subcommand_from record' -l for -x -d 'how long'
complete -c sample -n '__fish_seen_subcommand_from record' -l size -x -d 'how much'
complete -c sample -n '__fish_seen_subcommand_from record' -s q -l quiet -d 'say less'
complete -c sample -n '__fish_seen_subcommand_from record' -s v -l verbose -d 'say more'
complete -c sample -n '__fish_seen_subcommand_from record' -a '(__fish_complete_subcommand --fcs-skip=2)'

complete -c sample -n __fish_use_subcommand -a ps -d 'list [processes]: it\'s all'
complete -c sample -n '__fish_seen_subcommand_from ps' -l container -x -a '(__sample_containers)' -d 'which'
complete -c sample -n '__fish_seen_subcommand_from ps' -l from -x -d 'since'
complete -c sample -n '__fish_seen_subcommand_from ps' -l to -x -a 'jsonl\\t\'lines\' json\\t\'array\'' -d 'until'
complete -c sample -n '__fish_seen_subcommand_from ps' -l json -d 'as JSON'
complete -c sample -n '__fish_seen_subcommand_from ps' -F

complete -c sample -n __fish_use_subcommand -a completions -d 'a script'
complete -c sample -n '__fish_seen_subcommand_from completions' -a 'bash\\t\'GNU\\\'s\' zsh\\t\'Z\''

complete -c sample -n __fish_use_subcommand -a help -d 'help'
complete -c sample -n '__fish_seen_subcommand_from help' -a 'record ps completions help'

# Completions of aftertrace for fish. Made by `aftertrace completions fish`; not edited by hand.

# The containers of the capture files on the line; without any, those that run.
function __aftertrace_containers
    set -l found
    for word in (commandline -opc)[3..-1]
        if test -f $word
            set found 1
            aftertrace containers --json $word 2>/dev/null | string replace -rf '.*"container\.name":"([^"]*)".*' '$1'
        end
    end
    test -n "$found"; or docker ps --format '{{.Names}}' 2>/dev/null; or podman ps --format '{{.Names}}' 2>/dev/null
end

complete -c aftertrace -f
complete -c aftertrace -n __fish_use_subcommand -s V -l version -d 'print the version'
complete -c aftertrace -s h -l help -d 'print help'

complete -c aftertrace -n __fish_use_subcommand -a record -d 'record now, until interrupted'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -s o -l output -r -F -d 'write the capture to FILE; `-` is standard output'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l container -x -a '(__aftertrace_containers)' -d 'record only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l filter -x -d 'keep only events that pass the filter EXPR'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l for -x -d 'stop after this long, such as 30s, 5m or 1h30m'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l max-size -x -d 'stop when the file reaches this size'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l snaplen -x -d 'bytes kept of each read, write, send and receive'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l no-payload -d 'keep nothing of what is read, written, sent and received'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l no-mask -d 'keep likely secrets as they are'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l durations -x -a 'all\\t\'every call, from its beginning to its return\' blocked\\t\'calls that slept, from when they first did\' off\\t\'none\'' -d 'which calls have a duration'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l packets -x -a 'headers\\t\'headers, DNS, the TLS client\\\'s hello, HTTP\\\'s request line\' all\\t\'every packet up to --packet-snaplen\' off\\t\'none\'' -d 'how much is kept of what goes over the network'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l packet-filter -x -d 'keep only packets that EXPR takes, as of tcpdump'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l packet-snaplen -x -d 'bytes kept of each packet with --packets all'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -l ring-size -x -d 'memory of each ring between kernel and recorder'
complete -c aftertrace -n '__fish_seen_subcommand_from record' -a '(__fish_complete_subcommand --fcs-skip=2)'

complete -c aftertrace -n __fish_use_subcommand -a watch -d 'keep the last minutes of every container, armed'
complete -c aftertrace -n '__fish_seen_subcommand_from watch' -l config -r -F -d 'read FILE in place of /etc/aftertrace'
complete -c aftertrace -n '__fish_seen_subcommand_from watch' -l check -d 'check the configuration, print what it comes to, and end'
complete -c aftertrace -n '__fish_seen_subcommand_from watch' -l json -d 'with --check: print one JSON object'
complete -c aftertrace -n '__fish_seen_subcommand_from watch' -l directory -r -F -d 'write captures into DIR'
complete -c aftertrace -n '__fish_seen_subcommand_from watch' -l rules -r -F -d 'try Falco\'s rules in FILE on what is recorded'
complete -c aftertrace -n '__fish_seen_subcommand_from watch' -l socket -r -F -d 'take triggers on the Unix socket PATH'
complete -c aftertrace -n '__fish_seen_subcommand_from watch' -l memory -x -d 'all memory that it may take, the kernel\'s rings included'

complete -c aftertrace -n __fish_use_subcommand -a trigger -d 'keep what a container did, before and after'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l container -x -a '(__aftertrace_containers)' -d 'this container'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l pod -x -d 'the containers of this Kubernetes pod'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l cgroup -x -d 'the container of this cgroup, such as /system.slice/x.scope'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l pid -x -d 'the container of this process, by its number on the host'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l host -d 'what is in no container'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l alert -r -F -d 'an alert as it came, in JSON; `-` is standard input'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l at -x -d 'when it happened, such as 14:02, -30s or an ISO date; now'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l before -x -d 'so much of the past, in place of the usual windows'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l after -x -d 'go on for so long after it'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l reason -x -d 'why, in your words; kept in the capture'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l wait -d 'return when the capture is closed'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l socket -r -F -d 'the watcher\'s socket'
complete -c aftertrace -n '__fish_seen_subcommand_from trigger' -l json -d 'print one JSON object a line'

complete -c aftertrace -n __fish_use_subcommand -a status -d 'what the watcher remembers, costs and lost'
complete -c aftertrace -n '__fish_seen_subcommand_from status' -l socket -r -F -d 'the watcher\'s socket'
complete -c aftertrace -n '__fish_seen_subcommand_from status' -l json -d 'print the whole account as one JSON object'

complete -c aftertrace -n __fish_use_subcommand -a captures -d 'list, keep or remove what triggers have written'
complete -c aftertrace -n '__fish_seen_subcommand_from captures' -l directory -r -F -d 'the directory that `watch` writes into'
complete -c aftertrace -n '__fish_seen_subcommand_from captures' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from captures' -l local -d 'print times in this machine\'s zone, not UTC'

complete -c aftertrace -n __fish_use_subcommand -a doctor -d 'whether recording works here, and what would help'
complete -c aftertrace -n '__fish_seen_subcommand_from doctor' -l directory -r -F -d 'where captures are to go, in place of what is configured'
complete -c aftertrace -n '__fish_seen_subcommand_from doctor' -l all -d 'print also what is well, probe by probe and act by act'
complete -c aftertrace -n '__fish_seen_subcommand_from doctor' -l json -d 'print one JSON object a line'

complete -c aftertrace -n __fish_use_subcommand -a inspect -d 'look through a capture in the terminal'
complete -c aftertrace -n '__fish_seen_subcommand_from inspect' -l local -d 'show and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from inspect' -F

complete -c aftertrace -n __fish_use_subcommand -a info -d 'what a capture holds, and what it lost'
complete -c aftertrace -n '__fish_seen_subcommand_from info' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from info' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from info' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from info' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from info' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from info' -F

complete -c aftertrace -n __fish_use_subcommand -a containers -d 'the containers of a capture'
complete -c aftertrace -n '__fish_seen_subcommand_from containers' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from containers' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from containers' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from containers' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from containers' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from containers' -F

complete -c aftertrace -n __fish_use_subcommand -a ps -d 'the process forest, the dead included'
complete -c aftertrace -n '__fish_seen_subcommand_from ps' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from ps' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from ps' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from ps' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from ps' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from ps' -s f -l filter -x -d 'only what passes the filter EXPR'
complete -c aftertrace -n '__fish_seen_subcommand_from ps' -F

complete -c aftertrace -n __fish_use_subcommand -a state -d 'who was alive at the window\'s start, and what was open'
complete -c aftertrace -n '__fish_seen_subcommand_from state' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from state' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from state' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from state' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from state' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from state' -F

complete -c aftertrace -n __fish_use_subcommand -a logs -d 'what was written to standard output and error'
complete -c aftertrace -n '__fish_seen_subcommand_from logs' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from logs' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from logs' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from logs' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from logs' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from logs' -s f -l filter -x -d 'only what passes the filter EXPR'
complete -c aftertrace -n '__fish_seen_subcommand_from logs' -l all -d 'also what is piped to another process of the container'
complete -c aftertrace -n '__fish_seen_subcommand_from logs' -F

complete -c aftertrace -n __fish_use_subcommand -a top -d 'what containers took of the machine, and their limits'
complete -c aftertrace -n '__fish_seen_subcommand_from top' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from top' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from top' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from top' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from top' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from top' -F

complete -c aftertrace -n __fish_use_subcommand -a connections -d 'who talked with whom, a line a connection'
complete -c aftertrace -n '__fish_seen_subcommand_from connections' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from connections' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from connections' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from connections' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from connections' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from connections' -s f -l filter -x -d 'only what passes the filter EXPR'
complete -c aftertrace -n '__fish_seen_subcommand_from connections' -F

complete -c aftertrace -n __fish_use_subcommand -a dns -d 'what was asked of name servers, and the answers'
complete -c aftertrace -n '__fish_seen_subcommand_from dns' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from dns' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from dns' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from dns' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from dns' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from dns' -s f -l filter -x -d 'only what passes the filter EXPR'
complete -c aftertrace -n '__fish_seen_subcommand_from dns' -F

complete -c aftertrace -n __fish_use_subcommand -a packets -d 'what went over the network, a line a packet'
complete -c aftertrace -n '__fish_seen_subcommand_from packets' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from packets' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from packets' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from packets' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from packets' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from packets' -F

complete -c aftertrace -n __fish_use_subcommand -a events -d 'every event, a line each, in the order of time'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -s f -l filter -x -d 'only what passes the filter EXPR'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -s p -l print -x -d 'print the fields that FORMAT names'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -l symbols -r -F -d 'name the functions of a crash from the programs in PATH'
complete -c aftertrace -n '__fish_seen_subcommand_from events' -F

complete -c aftertrace -n __fish_use_subcommand -a export -d 'the timeline in another format'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -l to -x -a 'jsonl\\t\'one JSON object a line\' json\\t\'one JSON array\' scap\\t\'a file for sysdig, csysdig and Stratoshark: one boot, with processes and open files as they stood\' pcap\\t\'packets alone, the classic file with nanoseconds\' pcapng\\t\'packets alone, with interfaces, directions and each packet\\\'s container and process\'' -d 'the format, or the time to end at, or each once'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -s f -l filter -x -d 'only what passes the filter EXPR'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -s o -l output -r -F -d 'write to OUT in place of standard output'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -l symbols -r -F -d 'name the functions of a crash from the programs in PATH'
complete -c aftertrace -n '__fish_seen_subcommand_from export' -F

complete -c aftertrace -n __fish_use_subcommand -a slice -d 'a part of a capture, or another tool\'s file, as a capture'
complete -c aftertrace -n '__fish_seen_subcommand_from slice' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from slice' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from slice' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from slice' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from slice' -s f -l filter -x -d 'only what passes the filter EXPR'
complete -c aftertrace -n '__fish_seen_subcommand_from slice' -s o -l output -r -F -d 'write to OUT in place of standard output'
complete -c aftertrace -n '__fish_seen_subcommand_from slice' -F

complete -c aftertrace -n __fish_use_subcommand -a findings -d 'what is worth a look, by built-in rules'
complete -c aftertrace -n '__fish_seen_subcommand_from findings' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from findings' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from findings' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from findings' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from findings' -l local -d 'print and read times in this machine\'s zone, not UTC'
complete -c aftertrace -n '__fish_seen_subcommand_from findings' -l rules -d 'print the rules themselves, for `rules run`'
complete -c aftertrace -n '__fish_seen_subcommand_from findings' -F

complete -c aftertrace -n __fish_use_subcommand -a rules -d 'check Falco\'s rules, or try them on a capture'
complete -c aftertrace -n '__fish_seen_subcommand_from rules' -l rules -r -F -d 'rules to try, in this order'
complete -c aftertrace -n '__fish_seen_subcommand_from rules' -l container -x -a '(__aftertrace_containers)' -d 'only this container'
complete -c aftertrace -n '__fish_seen_subcommand_from rules' -l from -x -d 'begin here, such as 14:02, -30s or an ISO date'
complete -c aftertrace -n '__fish_seen_subcommand_from rules' -l to -x -d 'end here; the same forms as --from'
complete -c aftertrace -n '__fish_seen_subcommand_from rules' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from rules' -l local -d 'print and read times in this machine\'s zone, not UTC'

complete -c aftertrace -n __fish_use_subcommand -a fields -d 'what a filter can name'
complete -c aftertrace -n '__fish_seen_subcommand_from fields' -l json -d 'print one JSON object a line'
complete -c aftertrace -n '__fish_seen_subcommand_from fields' -l markdown -d 'print the page docs/fields.md'

complete -c aftertrace -n __fish_use_subcommand -a help -d 'help on the program or on one command'
complete -c aftertrace -n '__fish_seen_subcommand_from help' -a 'record watch trigger status captures doctor inspect info containers ps state logs top connections dns packets events export slice findings rules fields help version completions man'

complete -c aftertrace -n __fish_use_subcommand -a version -d 'the program\'s version'

complete -c aftertrace -n __fish_use_subcommand -a completions -d 'a completion script for a shell'
complete -c aftertrace -n '__fish_seen_subcommand_from completions' -a 'bash\\t\'to be sourced, or put into bash-completion\\\'s directory\' zsh\\t\'to be put into fpath as _aftertrace\' fish\\t\'to be put into fish\\\'s completions directory\''

complete -c aftertrace -n __fish_use_subcommand -a man -d 'the man page, as roff'

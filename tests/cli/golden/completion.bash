_wrtd() {
    local cur=${COMP_WORDS[COMP_CWORD]} words=''
    COMPREPLY=()
    case ${COMP_WORDS[1]} in
    run) words='--invoke --wasm --system --dir --dir-ro --env --link --fuel --memory --fuel-table --trace --exit-codes --json --color --quiet --verbose --help ' ;;
    tasks) words='--wasm --system --dir --dir-ro --env --link --fuel --memory --fuel-table --trace --policy --live --exit-codes --json --color --quiet --verbose --help ' ;;
    validate) words='--wasm --exit-codes --json --color --quiet --verbose --help ' ;;
    inspect) words='--wasm --link --fuel-table --disasm --json --color --quiet --verbose --help ' ;;
    profile) words='--invoke --wasm --system --dir --dir-ro --env --link --fuel --memory --fuel-table --format --top --output --exit-codes --json --color --quiet --verbose --help ' ;;
    bench) words='--wasm --system --dir --dir-ro --env --link --fuel --memory --fuel-table --runs --warmup --calibrate --fresh --output --exit-codes --json --color --quiet --verbose --help ' ;;
    sched) words='--trace --policy --until --virtual --wcet --seed --report --inject --force --iterations --json --color --quiet --verbose --help ' ;;
    build-image) words='--force --output --json --color --quiet --verbose --help ' ;;
    wcet) words='--wasm --fuel-table --seed --report --annotate --pragmas --facts --fail-over --host --arg --state --also --no-inference --blocks --certificate --measure --samples --method --margin --confidence --min-samples --check-facts --json --color --quiet --verbose --help ' ;;
    wast) words='--wasm --exit-codes --json --color --quiet --verbose --help ' ;;
    trace) words='--to --span --tasks --output --json --color --quiet --verbose --help ' ;;
    fuel-table) words='--diff --json --color --quiet --verbose --help ' ;;
    explain) words='--all --json --color --quiet --verbose --help ' ;;
    schema) words='--json --color --quiet --verbose --help ' ;;
    version) words='--json --color --quiet --verbose --help ' ;;
    help) words='--json --color --quiet --verbose --help ' ;;
    man) words='--json --color --quiet --verbose --help ' ;;
    completion) words='--json --color --quiet --verbose --help ' ;;
    esac
    if [ "$COMP_CWORD" = 1 ]; then
        words='run tasks validate inspect profile bench sched build-image wcet wast trace fuel-table explain schema version help man completion '
        COMPREPLY=($(compgen -W "$words" -- "$cur") $(compgen -f -X '!*.wasm' -- "$cur"))
    elif [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}
complete -o filenames -F _wrtd wrtd

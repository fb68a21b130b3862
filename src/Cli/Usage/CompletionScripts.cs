namespace HyperSpector.Cli.Usage;

/// <summary>
/// Shell functions that ask the program itself: System.CommandLine's <c>[suggest:POSITION]</c> directive prints what could stand
/// there, one word a line, names of VMs from the daemon included. Options are offered once a dash is there.
/// </summary>
internal static class CompletionScripts
{
    internal static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["bash"] = """
            # source <(hyperspector completion bash), or write it to /usr/share/bash-completion/completions/hyperspector
            _hyperspector() {
              local word i cur=${COMP_WORDS[COMP_CWORD]}
              COMPREPLY=()
              for ((i = 1; i < COMP_CWORD; i++)); do
                [[ ${COMP_WORDS[i]} != -- ]] || return 0
              done
              while IFS= read -r word; do
                [[ $word != -* || $cur == -* ]] || continue
                [[ $word != "$cur"* ]] || COMPREPLY+=("$word")
              done < <("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
            }
            complete -o default -F _hyperspector hyperspector

            """,
        ["zsh"] = """
            #compdef hyperspector
            # source <(hyperspector completion zsh), or write it to a file _hyperspector in your $fpath
            _hyperspector() {
              local -a candidates
              local line="${(j: :)words[1,CURRENT]}"
              [[ ${words[(i)--]} -ge CURRENT ]] || { _files; return }
              candidates=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
              [[ ${words[CURRENT]} == -* ]] || candidates=("${(@)candidates:#-*}")
              candidates=("${(@)candidates:#}")
              if (( $#candidates )); then compadd -a candidates; else _files; fi
            }
            compdef _hyperspector hyperspector

            """,
        ["fish"] = """
            # hyperspector completion fish | source, or write it to ~/.config/fish/completions/hyperspector.fish
            function __hyperspector_complete
                set -l line (commandline -cp)
                hyperspector "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c hyperspector -a '(__hyperspector_complete)'

            """,
    };
}

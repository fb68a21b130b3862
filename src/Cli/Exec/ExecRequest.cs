namespace HyperSpector.Cli.Exec;

/// <summary>What to run in a VM, as the user asked for it.</summary>
/// <param name="Machine">The VM's name.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Terminal">On a terminal of its own.</param>
/// <param name="NoInput">Its standard input is empty.</param>
/// <param name="User">Null: the VM's root, or whom the runtime's configuration says.</param>
/// <param name="WorkingDirectory">Null: that of the VM's first process.</param>
/// <param name="Variables"><c>NAME=value</c>.</param>
internal sealed record ExecRequest(
    string Machine,
    IReadOnlyList<string> Command,
    bool Terminal,
    bool NoInput,
    string? User,
    string? WorkingDirectory,
    IReadOnlyList<string> Variables);

using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Cli.Changes;

/// <summary>States of a server VM that were recorded under a name. They lie with what it has written, and go with it.</summary>
internal sealed class RecordedStates(HostPaths paths, string machine)
{
    private string Directory => $"{paths.MachineState(machine)}/changes";

    /// <summary>Records a list; returns how many differences it has. A list that breaks off leaves what was recorded before.</summary>
    internal async Task<long> WriteAsync(string name, IAsyncEnumerable<(ReadOnlyMemory<byte> Line, ChangeRecord Record)> list)
    {
        // Whether there is such a VM is the daemon's to say, with its first line.
        await using var lines = list.GetAsyncEnumerator();
        var isThere = await lines.MoveNextAsync();
        PrivateDirectory.Create(Directory);
        var draft = $"{Directory}/{name}.new~";
        var count = 0L;
        try
        {
            await using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
            {
                for (; isThere; isThere = await lines.MoveNextAsync())
                {
                    await file.WriteAsync(lines.Current.Line);
                    file.WriteByte((byte)'\n');
                    count += lines.Current.Record.Kind is ChangeKind.End or ChangeKind.Mount ? 0 : 1;
                }
            }

            File.Move(draft, $"{Directory}/{name}", overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }

        return count;
    }

    /// <summary>Reads a state: by its name, or a file, which has a slash in it.</summary>
    internal RecordedState Read(string state)
    {
        var file = state.Contains('/', StringComparison.Ordinal) ? state : $"{Directory}/{(RecordedState.IsName(state) ? state : throw Unknown(state))}";
        if (!File.Exists(file))
            throw file == state ? new CliException($"{state}: there is no such file") : Unknown(state);
        var records = new Dictionary<string, ChangeRecord>();
        var number = 0;
        var isWhole = false;
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                number++;
                var record = JsonSerializer.Deserialize(line, ApiJson.Default.ChangeRecord);
                isWhole |= record?.Kind == ChangeKind.End;
                if (record is { Path: not null })
                    records[RecordedState.KeyOf(record)] = record;
            }
        }
        catch (JsonException)
        {
            throw new CliException($"{file}: line {number} is not one of 'hyperspector changes --json'; record the state again");
        }

        return isWhole ? new RecordedState(records) : throw new CliException($"{file}: is not a whole list of changes: its last line is missing; record the state again");
    }

    private CliException Unknown(string state)
    {
        var names = System.IO.Directory.Exists(Directory)
            ? System.IO.Directory.GetFiles(Directory).Select(f => Path.GetFileName(f)).Where(RecordedState.IsName).Order(StringComparer.Ordinal).ToList() : [];
        return new CliException(names.Count == 0
            ? $"no state of '{machine}' is recorded; 'hyperspector changes {machine} --record NAME' does that. (A file is named with a slash in it: ./{state})"
            : $"no state '{state}' of '{machine}' is recorded{(Nearest.Suggest(state, names) is { Length: > 0 } near ? near : $"; there are: {string.Join(", ", names)}")}");
    }
}

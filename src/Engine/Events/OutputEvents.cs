using System.Text;
using HyperSpector.Api.Events;

namespace HyperSpector.Engine.Events;

/// <summary>Makes events of an output's lines, by its format, and puts them into the spool.</summary>
internal sealed class OutputEvents : ILineSink
{
    private readonly Spool _spool;
    private readonly ReaderNotes _notes;
    private readonly EventOrigin _origin;
    private readonly TimeProvider _clock;
    private readonly IReadOnlyDictionary<string, string> _servers;
    private readonly string? _onlyServer;
    private readonly string _sensor;
    private readonly string _subject;
    private readonly bool _eve;

    /// <summary>An output of a VM.</summary>
    /// <param name="spool">Gets the events.</param>
    /// <param name="notes">Gets our remarks.</param>
    /// <param name="origin">Host, VM, environment.</param>
    /// <param name="servers">Interface → server VM.</param>
    /// <param name="output">Format and sensor.</param>
    /// <param name="clock">For lines that have no time of their own.</param>
    internal OutputEvents(
        Spool spool,
        ReaderNotes notes,
        EventOrigin origin,
        IReadOnlyDictionary<string, string> servers,
        Api.Plans.ReaderOutput output,
        TimeProvider clock)
    {
        _spool = spool;
        _notes = notes;
        _origin = origin;
        _clock = clock;
        _servers = servers;
        var distinct = servers.Values.Distinct(StringComparer.Ordinal).ToList();
        _onlyServer = distinct.Count == 1 ? distinct[0] : null;
        _sensor = output.Sensor;
        _subject = $"{output.Sensor}: output {output.FileName}";
        _eve = output.Format == "eve";
    }

    public bool Accept(ReadOnlySpan<byte> line, SourcePosition after) => _eve ? AcceptEve(line, after) : AcceptText(line, after);

    public void TooLong(SourcePosition after)
    {
        _ = _spool.TryPass(after, EventLimits.OutputLine);
        _notes.Add($"{_subject}: a line of more than {EventLimits.OutputLine / 1024} KiB was skipped");
    }

    public void Trouble(string what) => _notes.Add($"{_subject} {what}");

    private bool AcceptEve(ReadOnlySpan<byte> line, SourcePosition after)
    {
        var record = line;
        var verdict = EveParser.Parse(record, out var alert);
        if (verdict == EveVerdict.Malformed && !System.Text.Unicode.Utf8.IsValid(line))
        {
            // An alert must not hide behind a byte that is no UTF-8; its record is kept as well as JSON can keep it.
            record = EveParser.Mend(line);
            verdict = EveParser.Parse(record, out alert);
        }

        switch (verdict)
        {
            case EveVerdict.Alert:
                var entry = _origin.FromOutput(
                    after, alert.Time ?? _clock.GetUtcNow(), _sensor, ServerOf(alert.Interface), "alert", alert.SeverityName, alert.Signature);
                return _spool.TryAppend(entry, record);
            case EveVerdict.Malformed:
                _notes.Add($"{_subject}: a line is no EVE record");
                break;
        }

        return _spool.TryPass(after, line.Length);
    }

    private bool AcceptText(ReadOnlySpan<byte> line, SourcePosition after)
    {
        var text = Encoding.UTF8.GetString(line.TrimEnd((byte)'\r'));
        var entry = _origin.FromOutput(
            after, _clock.GetUtcNow(), _sensor, _onlyServer, "line", "info", EveParser.Cut(text, EventLimits.Summary));
        return _spool.TryAppendText(entry, text);
    }

    private string? ServerOf(string? captureDevice) =>
        _onlyServer ?? (captureDevice is not null && _servers.TryGetValue(captureDevice, out var server) ? server : null);
}

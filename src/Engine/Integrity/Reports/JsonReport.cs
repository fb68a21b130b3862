using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HyperSpector.Engine.Integrity.Checks;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;

namespace HyperSpector.Engine.Integrity.Reports;

/// <summary>A report for programs: one JSON object on each line, a summary first.</summary>
internal static class JsonReport
{
    internal static void Write(Stream into, CheckSummary summary)
    {
        Line(into, writer =>
        {
            writer.WriteString("kind", "summary");
            writer.WriteString("server", summary.Server);
            writer.WriteString("at", summary.At);
            writer.WriteString("scope", summary.ChangedOnly ? "changed" : "full");
            writer.WriteBoolean("base_moved", summary.BaseMoved);
            writer.WriteBoolean("policy_differs", summary.PolicyDiffers);
            writer.WriteString("baseline_made", summary.BaselineMade);
            writer.WriteNumber("measured", summary.Measured);
            foreach (var kind in Enum.GetValues<FindingKind>())
                writer.WriteNumber(TextReport.Word(kind), summary.Count(kind));
        });
        foreach (var finding in summary.Findings)
            Line(into, writer => Write(writer, finding));
    }

    private static void Write(Utf8JsonWriter writer, Finding finding)
    {
        writer.WriteString("kind", TextReport.Word(finding.Kind));
        // A name need not be text; where it is not, its bytes are told as well.
        writer.WriteString("path", Encoding.UTF8.GetString(finding.Path));
        if (!Utf8.IsValid(finding.Path))
            writer.WriteBase64String("path_base64", finding.Path);
        if (finding.Kind == FindingKind.Unreadable)
            writer.WriteString("error", finding.Error.ToString());
        if (finding.Kind != FindingKind.Changed)
            return;
        writer.WriteStartArray("attributes");
        foreach (var name in AttributeWords.Names(finding.Differing))
            writer.WriteStringValue(name);
        writer.WriteEndArray();
        State(writer, "before", finding.Differing, finding.Before!);
        State(writer, "after", finding.Differing, finding.After!);
    }

    private static void State(Utf8JsonWriter writer, string name, Attributes differing, FileState state)
    {
        writer.WriteStartObject(name);
        foreach (var (attribute, value) in TextReport.Values)
        {
            if ((differing & attribute) != 0)
                writer.WriteString(AttributeWords.Names(attribute).First(), value(state));
        }

        writer.WriteEndObject();
    }

    private static void Line(Stream into, Action<Utf8JsonWriter> write)
    {
        using (var writer = new Utf8JsonWriter(into))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        into.WriteByte((byte)'\n');
    }
}

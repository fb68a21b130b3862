using System.Text.Json;
using HyperSpector.Engine.Terminal;

namespace HyperSpector.Engine.Hosts;

/// <summary>What can be wrong with JSON in our own formats that the serializer does not see, or does not say in one short line.</summary>
internal static class JsonMistakes
{
    private const int MessageLength = 300;

    /// <summary>
    /// Is there a null anywhere? What is absent is left out. The serializer refuses null for a property that cannot be, but not in a list or
    /// a mapping.
    /// </summary>
    internal static bool HoldsNull(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => element.EnumerateArray().Any(HoldsNull),
        JsonValueKind.Object => element.EnumerateObject().Any(p => HoldsNull(p.Value)),
        _ => false,
    };

    /// <summary>What an exception says; it repeats names from the document, whatever they hold.</summary>
    internal static string Line(Exception mistake) =>
        Escaping.Line(mistake.Message.Length <= MessageLength ? mistake.Message : mistake.Message[..MessageLength] + "…");
}

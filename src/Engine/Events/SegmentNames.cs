using System.Globalization;

namespace HyperSpector.Engine.Events;

/// <summary>Names of segments: <c>00000001.jsonl</c>, counting up.</summary>
internal static class SegmentNames
{
    private const string Suffix = ".jsonl";

    internal static string Of(int number) => number.ToString("D8", CultureInfo.InvariantCulture) + Suffix;

    internal static bool TryParse(string name, out int number)
    {
        number = 0;
        return name.Length == 8 + Suffix.Length && name.EndsWith(Suffix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(0, 8), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The segments among a directory's names, in order.</summary>
    internal static List<int> Among(IEnumerable<string> names)
    {
        var numbers = new List<int>();
        foreach (var name in names)
        {
            if (TryParse(name, out var number))
                numbers.Add(number);
        }

        numbers.Sort();
        return numbers;
    }
}

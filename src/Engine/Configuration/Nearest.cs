namespace HyperSpector.Engine.Configuration;

/// <summary>Which known word a misspelt one was meant to be.</summary>
public static class Nearest
{
    /// <summary><c>; did you mean 'publish'?</c>, or nothing when no candidate is near enough.</summary>
    public static string Suggest(string word, IEnumerable<string> candidates)
    {
        // Comparing is quadratic in the length: a word that long was not a slip of the finger.
        if (word.Length > ConfigurationLimits.QuotedLength)
            return "";
        // A third of the letters may be wrong, and at least one.
        var allowed = Math.Max(1, word.Length / 3);
        var best = candidates
            .Select(c => (Word: c, Distance: Distance(word.ToLowerInvariant(), c.ToLowerInvariant())))
            .Where(c => c.Distance <= allowed)
            .OrderBy(c => c.Distance).ThenBy(c => c.Word, StringComparer.Ordinal)
            .FirstOrDefault();
        return best.Word is null ? "" : $"; did you mean {Quoted.Text(best.Word)}?";
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).</summary>
    internal static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                var least = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    least = Math.Min(least, rows[i - 2, j - 2] + 1);
                rows[i, j] = least;
            }
        }

        return rows[a.Length, b.Length];
    }
}

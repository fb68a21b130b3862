using System.Text;

namespace HyperSpector.Engine.Integrity.Policies;

/// <summary>
/// A pattern over absolute paths, as bytes: <c>*</c> and <c>?</c> stop at slashes, <c>**</c> does not, <c>/**/</c> is also a single slash,
/// a backslash takes the next character as it is. It matches a path and, unless <c>itself</c> only, everything below it.
/// </summary>
internal sealed class PathPattern
{
    private enum Kind : byte { Literal, Any, Star, Deep, Directories }

    private readonly record struct Token(Kind Kind, byte Value);

    private readonly Token[] _tokens;
    private readonly byte[] _literal;
    private readonly bool _below;

    private PathPattern(Token[] tokens, bool below)
    {
        _tokens = tokens;
        _below = below;
        _literal = [.. tokens.TakeWhile(t => t.Kind == Kind.Literal).Select(t => t.Value)];
        if (_literal is [(byte)'/'] && tokens.Length == 1)
            (_tokens, _literal) = ([], []);
    }

    /// <summary>How many bytes a pattern says at least: the more, the more particular it is.</summary>
    internal int Literals => _tokens.Count(t => t.Kind == Kind.Literal);

    /// <summary>Reads a pattern; null and one line when it is none.</summary>
    internal static PathPattern? Parse(string text, bool below, out string problem)
    {
        problem = "";
        if (text is "" || text[0] != '/')
            problem = "must begin with a slash: paths are those of the server VM";
        else if (text.Length > PolicyLimits.PatternLength)
            problem = $"is longer than {PolicyLimits.PatternLength} characters";
        else if (text.Length > 1 && text[^1] == '/')
            problem = "ends with a slash; leave it out";
        else if (text.Contains("//", StringComparison.Ordinal))
            problem = "holds two slashes in a row; write one";
        else if (text.Split('/').Any(p => p is "." or ".."))
            problem = "holds '.' or '..'; write the path out";
        else if (Tokens(Encoding.UTF8.GetBytes(text)) is not { } tokens)
            problem = "ends with a backslash, which takes the next character as it is";
        else
            return new PathPattern(tokens, below);
        return null;
    }

    /// <summary>Whether it matches a path, which is empty for the root and else begins with a slash and does not end with one.</summary>
    internal bool Matches(ReadOnlySpan<byte> path)
    {
        if (!path.StartsWith(_literal))
            return false;
        if (_literal.Length == _tokens.Length)
            return path.Length == _literal.Length || (_below && path[_literal.Length] == (byte)'/');
        return Run(path[_literal.Length..]);
    }

    /// <summary>Whether it could match something below a directory.</summary>
    internal bool MayMatchBelow(ReadOnlySpan<byte> directory)
    {
        if (_literal.Length == _tokens.Length && !_below)
            return _literal.Length > directory.Length && _literal.AsSpan().StartsWith(directory) && _literal[directory.Length] == (byte)'/';
        var common = Math.Min(directory.Length, _literal.Length);
        if (!directory[..common].SequenceEqual(_literal.AsSpan(0, common)))
            return false;
        // Above the literal part: does a component end where the directory does? Below it: what follows a plain path begins with a slash.
        if (directory.Length < _literal.Length)
            return _literal[directory.Length] == (byte)'/';
        return directory.Length == _literal.Length || _literal.Length < _tokens.Length || directory[_literal.Length] == (byte)'/';
    }

    // All states at once: one pass over the path, whatever the pattern. Two bits of a state: at it; inside a name that 'Directories' skips.
    private bool Run(ReadOnlySpan<byte> rest)
    {
        var first = _literal.Length;
        var count = _tokens.Length - first;
        Span<byte> now = stackalloc byte[count + 1];
        Span<byte> next = stackalloc byte[count + 1];
        now.Clear();
        now[0] = 1;
        for (var at = 0; ; at++)
        {
            for (var i = 0; i < count; i++)
            {
                // These may stand for nothing.
                if ((now[i] & 1) != 0 && _tokens[first + i].Kind is Kind.Star or Kind.Deep or Kind.Directories)
                    now[i + 1] |= (byte)(now[i] & 1);
            }

            var ends = at == rest.Length || (_below && rest[at] == (byte)'/');
            if (ends && (now[count] & 1) != 0)
                return true;
            if (at == rest.Length)
                return false;
            next.Clear();
            var any = false;
            for (var i = 0; i < count; i++)
            {
                if (now[i] != 0)
                    any |= Step(_tokens[first + i], rest[at], now[i], ref next[i], ref next[i + 1]);
            }

            if (!any)
                return false;
            next.CopyTo(now);
        }
    }

    private static bool Step(Token token, byte value, byte state, ref byte stays, ref byte goes)
    {
        const byte slash = (byte)'/';
        switch (token.Kind)
        {
            case Kind.Literal when value == token.Value:
            case Kind.Any when value != slash:
                goes |= 1;
                return true;
            case Kind.Star when value != slash:
            case Kind.Deep:
                stays |= 1;
                return true;
            case Kind.Directories:
                // A slash ends a name: at the token's beginning (1) again; else inside of one (2).
                if (value != slash)
                    stays |= 2;
                else if ((state & 2) != 0)
                    stays |= 1;
                return true;
            default:
                return false;
        }
    }

    private static Token[]? Tokens(ReadOnlySpan<byte> text)
    {
        var tokens = new List<Token>();
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\' when i + 1 == text.Length:
                    return null;
                case (byte)'\\':
                    tokens.Add(new Token(Kind.Literal, text[++i]));
                    break;
                case (byte)'?':
                    tokens.Add(new Token(Kind.Any, 0));
                    break;
                case (byte)'*' when text[i..].StartsWith("**/"u8) && text[i - 1] == (byte)'/':
                    tokens.Add(new Token(Kind.Directories, 0));
                    i += 2;
                    break;
                case (byte)'*' when text[i..].StartsWith("**"u8):
                    tokens.Add(new Token(Kind.Deep, 0));
                    i++;
                    break;
                case (byte)'*':
                    tokens.Add(new Token(Kind.Star, 0));
                    break;
                default:
                    tokens.Add(new Token(Kind.Literal, text[i]));
                    break;
            }
        }

        return [.. tokens];
    }
}

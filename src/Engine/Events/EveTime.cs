namespace HyperSpector.Engine.Events;

/// <summary>Suricata's time stamps: <c>2026-11-24T02:10:48.123456+0000</c>; also with <c>Z</c> or <c>+00:00</c>.</summary>
internal static class EveTime
{
    private const int FractionDigits = 7; // of a .NET tick

    internal static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length is < 20 or > 40
            || !Number(text[..4], out var year) || text[4] != '-' || !Number(text[5..7], out var month) || text[7] != '-'
            || !Number(text[8..10], out var day) || text[10] != 'T' || !Number(text[11..13], out var hour) || text[13] != ':'
            || !Number(text[14..16], out var minute) || text[16] != ':' || !Number(text[17..19], out var second))
        {
            return false;
        }

        var rest = text[19..];
        long ticks = 0;
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits <= 0)
                return false;
            for (var i = 0; i < FractionDigits; i++)
                ticks = (ticks * 10) + (i < digits ? rest[1 + i] - '0' : 0);
            rest = rest[(1 + digits)..];
        }

        if (!Zone(rest, out var zone) || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        // The ends of the calendar would overflow when moved to UTC.
        if (year is < 2 or > 9998)
            return false;
        var local = new DateTime(year, month, day, hour, minute, second).AddTicks(ticks);
        time = new DateTimeOffset(local.Ticks, zone).ToUniversalTime();
        return true;
    }

    private static bool Zone(ReadOnlySpan<byte> text, out TimeSpan zone)
    {
        zone = TimeSpan.Zero;
        if (text.Length == 1 && text[0] == 'Z')
            return true;
        var colon = text.Length == 6 && text[3] == ':' ? 1 : 0;
        if (text.Length != 5 + colon || (text[0] != '+' && text[0] != '-')
            || !Number(text[1..3], out var hours) || !Number(text[(3 + colon)..], out var minutes) || hours > 13 || minutes > 59)
        {
            return false;
        }

        zone = new TimeSpan(hours, minutes, 0);
        if (text[0] == '-')
            zone = -zone;
        return true;
    }

    private static bool Number(ReadOnlySpan<byte> digits, out int value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            value = (value * 10) + (digit - '0');
        }

        return true;
    }
}

using System.Globalization;
using System.Net;
using CsCheck;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Configuration.Keys;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Images;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Configuration;

/// <summary>Single values: what is accepted means what it says.</summary>
public class ValueTargets
{
    private static readonly Gen<string> s_text = Corpus.Around(
        "192.0.2.1", "010.1.2.3", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%1", "1.5G", "512 MiB", "64k", "0.0001T", "SIGTERM", "RTMIN+3", "15", "web", "my-host", "a 'b c' \"d\\\"e\" f\\ g")
        .Select(System.Text.Encoding.UTF8.GetString);

    [Fact]
    public void HostName_AnyText_IsSafeInPathsAndTablesWhenAccepted() => Target.Run(s_text, text =>
    {
        if (HostPaths.IsValidName(text))
            Assert.Matches("^[A-Za-z][A-Za-z0-9-]{0,31}$", text);
    }, few: 50_000);

    [Fact]
    public void Address_AnyText_IsWhatItsBytesAre() => Target.Run(s_text, text =>
    {
        if (IpText.Address(text) is not { } address)
            return;
        // Nothing that another program would read otherwise: no zones, no octal or missing parts.
        Assert.Equal(address, new IPAddress(address.GetAddressBytes()));
        Assert.Equal(address, IpText.Address(address.ToString()));
        Assert.All(Enumerable.Range(0, (address.GetAddressBytes().Length * 8) + 1), length =>
            Assert.Equal(IpText.Masked(address, length), new IPNetwork(IpText.Masked(address, length), length).BaseAddress));
    }, few: 30_000);

    [Fact]
    public void Address_Any_IsReadBack() => Target.Run(Gen.Byte.Array[4].Select(b => new IPAddress(b)).Select(Gen.Byte.Array[16].Select(b => new IPAddress(b))), pair =>
    {
        Assert.Equal(pair.Item1, IpText.Address(pair.Item1.ToString()));
        Assert.Equal(pair.Item2, IpText.Address(pair.Item2.ToString()));
    }, few: 20_000);

    [Fact]
    public void Size_AnyText_IsANumberOfItsUnit() => Target.Run(s_text, text =>
    {
        if (Sizes.TryBytes(text) is { } bytes)
            Assert.True(bytes >= 0 && !double.IsNaN(bytes), text);
    }, few: 50_000);

    [Fact]
    public void Size_Written_IsReadBack() => Target.Run(
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 3], Gen.OneOfConst("", " "), Gen.OneOfConst("", "B", "i", "iB")),
        size =>
        {
            var (number, unit, blank, end) = size;
            Assert.Equal(number * Math.Pow(1024, unit + 1), Sizes.TryBytes(string.Create(CultureInfo.InvariantCulture, $"{number}{blank}{"KMGT"[unit]}{end}")));
        }, few: 20_000);

    [Fact]
    public void Signal_AnyText_HasOneNormalForm() => Target.Run(s_text, text =>
    {
        if (Signals.NumberOf(text) is not { } number)
        {
            Assert.Null(Signals.Normal(text));
            return;
        }

        Assert.InRange(number, 1, 64);
        // The two that glibc keeps have a number and no name.
        if (Signals.Normal(text) is { } normal)
            Assert.Equal(number, Signals.NumberOf(normal));
    }, few: 50_000);

    [Fact]
    public void CommandLine_Quoted_IsReadBack() => Target.Run(Gen.OneOf(Gen.Char[' ', '~'], Gen.Const('\''), Gen.Const('\\'), Gen.Const('"')).Array[0, 12].List[1, 5], words =>
    {
        // POSIX 2.2.2: within single quotes nothing means anything but the quote itself.
        var quoted = "/bin/x " + string.Join(' ', words.Select(w => "'" + new string(w).Replace("'", "'\\''", StringComparison.Ordinal) + "'"));
        var problems = new List<Diagnostic>();
        Assert.Equal(["/bin/x", .. words.Select(w => new string(w))], CommandLine.Read(new SourceFile("f", "/", problems), new TextNode(new Position(1, 1), quoted, false), "run"));
    }, few: 20_000);

    [Fact]
    public void Quoted_AnyText_IsOneShortLine() => Target.Run(Gen.String, text =>
    {
        var quoted = Quoted.Text(text);
        Properties.IsOneLine(quoted);
        Assert.InRange(quoted.Length, 2, ConfigurationLimits.QuotedLength + 10);
    }, few: 30_000);

    [Fact]
    public void Variables_AnyText_AreReplacedOrExplained() => Target.Run(
        Corpus.Around("a ${A} b", "${A:-x}${B:?why}", "$$A ${EMPTY}", "${A").Select(System.Text.Encoding.UTF8.GetString),
        text =>
        {
            var result = new Variables(SiteScene.Variables).Substitute(text, out var problem);
            if (result is null)
                Properties.IsOneLine(problem);
            else if (!text.Contains('$', StringComparison.Ordinal))
                Assert.Equal(text, result);
            else
                Assert.InRange(result.Length, 0, text.Length + (text.Length * SiteScene.Variables.Values.Max(v => v.Length)));
        }, few: 50_000);
}

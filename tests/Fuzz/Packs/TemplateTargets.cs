using CsCheck;
using HyperSpector.Engine.Packs;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Packs;

/// <summary>What becomes of a pack's text files.</summary>
public class TemplateTargets
{
    private static readonly string[] s_mirrors = ["mon-web", "mon-db", "mon-a"];

    // A line as it stands in the file, and what it becomes for a mirror port.
    private static readonly Gen<(string Written, Func<string, int, string> Filled)> s_line = Gen.OneOfConst<(string, Func<string, int, string>)>(
        ("plain", (_, _) => "plain"), ("", (_, _) => ""), ("  interface: ${mirror}", (mirror, _) => $"  interface: {mirror}"), ("n=${mirror_number}.", (_, number) => $"n={number}."),
        ("${HOME} ${none} $mirror", (_, _) => "${HOME} ${none} $mirror"), ("${rules}", (_, _) => "a/${mirror}*.rules"), ("# end of it", (_, _) => "# end of it"), ("${mirrors}", (_, _) => "${mirrors}"));

    [Fact]
    public void Render_AnyBlocks_RepeatsThemForEachMirror() => Target.Run(
        Gen.Select(Gen.Select(Gen.Bool, s_line.List[0, 4]).List[0, 5], Gen.Int[0, 3]),
        sample =>
        {
            var (sections, count) = sample;
            var mirrors = s_mirrors[..count];
            var first = count > 0 ? mirrors[0] : "";
            var (written, expected) = (new List<string>(), new List<string>());
            foreach (var (repeated, lines) in sections)
            {
                written.AddRange(repeated ? ["  # each mirror", .. lines.Select(l => l.Written), "# end"] : lines.Select(l => l.Written));
                expected.AddRange(repeated ? mirrors.SelectMany((m, i) => lines.Select(l => l.Filled(m, i))) : lines.Select(l => l.Filled(first, 0)));
            }

            var template = string.Concat(written.Select(l => l + "\n"));
            Assert.Null(PackTemplate.Problem(template));
            Assert.Equal(
                string.Concat(expected.Select(l => l + "\n")),
                PackTemplate.Render(template, new Dictionary<string, string> { ["rules"] = "a/${mirror}*.rules" }, new PackSurroundings([.. mirrors], [])));
        }, few: 10_000);

    [Fact]
    public void Render_AnyText_IsRefusedOrRendered() => Target.Run(
        Corpus.Around("a\n# each mirror\n${mirror}\n# end\nb\n", "# each mirror\n# each mirror\n# end", "${x}${mirror_number}").Select(System.Text.Encoding.UTF8.GetString),
        template =>
        {
            if (PackTemplate.Problem(template) is { } problem)
                Properties.IsOneLine(problem);
            else
                Assert.InRange(PackTemplate.Render(template, new Dictionary<string, string>(), new PackSurroundings(s_mirrors, s_mirrors)).Length, 0, (template.Length * (s_mirrors.Length + 16)) + 1);
        }, few: 20_000);
}

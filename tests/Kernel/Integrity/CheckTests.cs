using HyperSpector.Engine.Integrity;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Kernel.Integrity;

/// <summary>What checks say, row by row of the table in docs/integrity.md, and that a check of what has changed costs what has changed.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly OverlayScene _scene = new("index=on,redirect_dir=on,metacopy=off");

    public CheckTests()
    {
        foreach (var name in (string[])["kept", "edited", "deleted", "replaced", "touched"])
            File.WriteAllText($"{_scene.Lower}/{name}", name);
        _ = Directory.CreateDirectory($"{_scene.Lower}/directory/deep");
        File.WriteAllText($"{_scene.Lower}/directory/deep/file", "1");
        File.WriteAllText($"{_scene.Lower}/one", "linked");
        Nodes.Link($"{_scene.Lower}/one", $"{_scene.Lower}/directory/two");
        _scene.Mount();
        File.WriteAllText($"{_scene.Merged}/own", "of the server");
        File.WriteAllText($"{_scene.Merged}/log", "line 1\n");
        _scene.LetTimePass();
    }

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("nothing", "")]
    [InlineData("add", "Added /new ")]
    [InlineData("delete lower", "Removed /deleted ")]
    [InlineData("delete upper", "Removed /own ")]
    [InlineData("edit lower", "Changed /edited size+sha256")]
    [InlineData("edit upper", "Changed /own sha256")]
    [InlineData("edit and set the time back", "Changed /edited sha256")]
    [InlineData("mode", "Changed /touched mode")]
    [InlineData("write a link's other name", "Changed /directory/two size+sha256|Changed /one size+sha256")]
    [InlineData("rename a directory", "Removed /directory |Removed /directory/deep |Removed /directory/deep/file |Removed /directory/two |Added /elsewhere |Added /elsewhere/deep |Added /elsewhere/deep/file |Added /elsewhere/two ")]
    [InlineData("make a directory again", "Removed /directory/deep |Removed /directory/deep/file |Removed /directory/two |Changed /one links")]
    [InlineData("a file for a directory", "Changed /directory mode+type+links+size+sha256|Removed /directory/deep |Removed /directory/deep/file |Removed /directory/two |Changed /one links")]
    [InlineData("mount over", "Removed /directory/deep |Removed /directory/deep/file |Removed /directory/two ")]
    public void Check_AfterOneDeed_TellsIt(string deed, string expected)
    {
        const string policy = "check: {/: mode+type+size+sha256+links}\n";
        var baseline = _scene.Record(policy);
        var m = _scene.Merged;
        switch (deed)
        {
            case "add":
                File.WriteAllText($"{m}/new", "");
                break;
            case "delete lower":
                File.Delete($"{m}/deleted");
                break;
            case "delete upper":
                File.Delete($"{m}/own");
                break;
            case "edit lower":
                File.AppendAllText($"{m}/edited", "x");
                break;
            case "edit upper":
                File.WriteAllText($"{m}/own", "of the secret");
                break;
            case "edit and set the time back":
                File.WriteAllText($"{m}/edited", "EDITED");
                Nodes.SetModified($"{m}/edited", NodeStatus.TryOf($"{_scene.Lower}/edited")!.ModifiedSeconds);
                break;
            case "mode":
                Nodes.SetMode($"{m}/touched", 0x9ED);
                break;
            case "write a link's other name":
                File.AppendAllText($"{m}/one", "!");
                break;
            case "rename a directory":
                Directory.Move($"{m}/directory", $"{m}/elsewhere");
                break;
            case "make a directory again":
                Directory.Delete($"{m}/directory", recursive: true);
                _ = Directory.CreateDirectory($"{m}/directory");
                break;
            case "a file for a directory":
                Directory.Delete($"{m}/directory", recursive: true);
                File.WriteAllText($"{m}/directory", "");
                break;
            case "mount over":
                _scene.MountInside("/directory");
                break;
            default:
                break;
        }

        var full = _scene.Check(baseline, changedOnly: false, out _, policy);
        Assert.Equal(expected, string.Join('|', full));
        Assert.Equal(full, _scene.Check(baseline, changedOnly: true, out _, policy));
    }

    [Fact]
    public void Log_ThatGrows_IsNoChangeAndOneThatIsRewrittenIs()
    {
        const string policy = "check: {/log: log}\n";
        var baseline = _scene.Record(policy);
        var log = $"{_scene.Merged}/log";
        File.AppendAllText(log, "line 2\n");
        Assert.Empty(_scene.Check(baseline, changedOnly: true, out _, policy));
        File.WriteAllText(log, "line X\nline 2\n");
        Assert.Equal(["Changed /log growing"], _scene.Check(baseline, changedOnly: true, out _, policy));
        File.WriteAllText(log, "line");
        Assert.Equal(["Changed /log growing"], _scene.Check(baseline, changedOnly: false, out _, policy));
    }

    [Fact]
    public void ChangedOnly_OfALargeTree_MeasuresWhatWasWritten()
    {
        _scene.Unmount();
        for (var i = 0; i < 50; i++)
        {
            _ = Directory.CreateDirectory($"{_scene.Lower}/many/{i}");
            for (var j = 0; j < 50; j++)
                File.WriteAllText($"{_scene.Lower}/many/{i}/{j}", "x");
        }

        _scene.Generation++;
        _scene.Mount();
        var baseline = _scene.Record();
        File.AppendAllText($"{_scene.Merged}/many/7/7", "y");
        Assert.Single(_scene.Check(baseline, changedOnly: true, out var some), f => f.StartsWith("Changed /many/7/7 ", StringComparison.Ordinal));
        _ = _scene.Check(baseline, changedOnly: false, out var all);
        Assert.InRange(all, 2550, 2600);
        // The root, its two own files, many, many/7, many/7/7.
        Assert.InRange(some, 3, 8);
    }

    [Fact]
    public void Generation_ThatIsAnother_HasEverythingChecked()
    {
        var baseline = _scene.Record();
        _scene.Unmount();
        File.WriteAllText($"{_scene.Lower}/kept", "upgraded");
        _scene.Generation++;
        _scene.Mount();
        Assert.Single(_scene.Check(baseline, changedOnly: true, out _), f => f.StartsWith("Changed /kept ", StringComparison.Ordinal));
    }

    [Fact]
    public void NamesOfAnyBytes_AndDeepDirectories_AreTold()
    {
        var baseline = _scene.Record();
        var at = _scene.Merged;
        // Deeper than PATH_MAX is reached by renaming what is deep below what is deep.
        var deep = string.Concat(Enumerable.Repeat("/d", 700));
        foreach (var top in (string[])["x", "y"])
            Tool.RunChecked("mkdir", ["-p", $"{at}/{top}{deep}"]);
        Tool.RunChecked("sh", ["-ec", $"cd '{at}/y'; touch \"$(printf 'a\\377\\nb')\"; cd '{at}/x{deep}'; mv '{at}/y' ."]);
        var found = _scene.Check(baseline, changedOnly: true, out _);
        Assert.Equal(found, _scene.Check(baseline, changedOnly: false, out _));
        Assert.Contains(found, f => f.StartsWith("Unreadable /x/d/d", StringComparison.Ordinal) && f.EndsWith("ENAMETOOLONG", StringComparison.Ordinal));
        Assert.Contains(found, f => f.Contains("\nb", StringComparison.Ordinal));
        Assert.Throws<IntegrityException>(() => _scene.Check([1, 2, 3], changedOnly: true, out _));
        Tool.RunChecked("rm", ["-r", $"{at}/x"]);
    }
}

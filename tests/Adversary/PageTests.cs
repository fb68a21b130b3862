using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>The catalogue and its page, docs/attacks.md; <c>tests/attacks-table --check</c> compares the page with what was run.</summary>
public sealed class PageTests
{
    [Fact]
    public void Catalogue_EveryRow_HasItsOwnId()
    {
        var ids = Catalogue.Rows.Select(a => a.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[a-z0-9]+(\\.[a-z0-9-]+)+$", id));
    }

    [Fact]
    public void Page_Rows_AreThoseOfTheCatalogue()
    {
        var listed = File.ReadLines(PathOf("docs/attacks.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('`')[1]);
        Assert.Equal(Catalogue.Rows.Select(a => a.Id).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    /// <summary>Nothing is left out in silence: the log, and so the page, says what there is nothing to try with on this machine.</summary>
    [Fact]
    public void Catalogue_WhatThisKernelLacks_IsLoggedAsAbsent()
    {
        foreach (var attack in Catalogue.Absent)
        {
            foreach (var machine in Scene.Attackers(attack.From))
                AttackLog.Write(attack, machine, new Outcome("absent", "this kernel does not have what is attacked", null), "not tried", "absent");
        }

        Assert.Empty(Catalogue.Absent.IntersectBy(Catalogue.All.Select(a => a.Id), a => a.Id));
    }

    private static string PathOf(string file)
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(directory, "HyperSpector.slnx")))
            directory = Path.GetDirectoryName(directory) ?? throw new IOException($"{AppContext.BaseDirectory} is not below the repository");
        return Path.Join(directory, file);
    }
}

using System.Text.RegularExpressions;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace HyperSpector.Tests.Adversary;

/// <summary>Every attack of the catalogue, from every VM that it is made from.</summary>
[Collection(nameof(Scene))]
public sealed class AttackTests(Scene scene)
{
    public static TheoryData<string> Ids => [.. Catalogue.All.Select(a => a.Id)];

    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var attack in Catalogue.All)
            {
                foreach (var machine in Scene.Attackers(attack.From))
                    rows.Add(attack.Id, machine);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Control_AsRootOnTheBase_Works(string id)
    {
        var outcome = scene.Control(Catalogue.Find(id));
        Assert.True(Worked(Catalogue.Find(id), outcome), $"the control of {id} did not work, so the attack proves nothing: {outcome}");
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Attack_AsRootInVm_Fails(string id, string machine)
    {
        var attack = Catalogue.Find(id);
        var native = scene.Control(attack);
        var worked = Worked(attack, native);
        Outcome outcome;
        try
        {
            outcome = new Runner(scene).Inside(attack, scene.Machine(machine));
        }
        catch (Exception failure)
        {
            AttackLog.Write(attack, machine, native, $"not run: {failure.Message.Split('\n')[0]}", "unproven");
            throw;
        }

        // A silent program is not a refusal: its interpreter may be missing, and then nothing was tried.
        var held = outcome.Effect is null && outcome.Word is "refused" or "done" && Regex.IsMatch(outcome.Detail, attack.Expected);
        var broken = outcome.Effect is not null || outcome.Word == "succeeded";
        AttackLog.Write(attack, machine, native, outcome.ToString(), broken ? "broken" : held && worked ? "held" : "unproven");
        Assert.True(worked, $"the control of {id} did not work, so the attack proves nothing: {native}");
        Assert.True(held, $"{attack.What}, from {machine}: {outcome}");
    }

    private static bool Worked(Attack attack, Outcome native) =>
        native.Word switch
        {
            "succeeded" => true,
            "done" => native.Effect is not null,
            _ => false,
        } && attack.Present;
}

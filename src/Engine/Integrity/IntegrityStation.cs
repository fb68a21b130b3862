using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Engine.Integrity.Checks;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Reports;
using HyperSpector.Engine.Integrity.Trees;

namespace HyperSpector.Engine.Integrity;

/// <summary>Records and checks the files of one server VM (docs/integrity.md).</summary>
public sealed class IntegrityStation(StationSettings settings, TimeProvider time)
{
    /// <summary>Bits of <see cref="Check"/>'s result, as AIDE's; 8: something could not be read.</summary>
    public const int Added = 1, Removed = 2, Changed = 4, Unreadable = 8;

    // More than somebody reads before accepting.
    private const int MostTold = 1000;

    private static int Threads => Math.Min(Environment.ProcessorCount, 8);

    /// <summary>Records what is there, as the candidate; it is also accepted, where no signature is asked for.</summary>
    /// <param name="by">Who.</param>
    /// <param name="reason">Why.</param>
    /// <param name="first">There must be no baseline yet, or there must be one; null: either.</param>
    /// <param name="output">For people.</param>
    /// <returns>0, or <see cref="Unreadable"/>.</returns>
    public int Record(string by, string reason, bool? first, TextWriter output)
    {
        var store = new BaselineStore(settings);
        if (first == true && store.Log().Entries.Count > 0)
            throw new IntegrityException($"there is a baseline of {settings.Server} already; 'accept' records what has changed");
        if (first == false && store.Log().Entries.Count == 0)
            throw new IntegrityException($"there is no baseline of {settings.Server} yet; 'init' makes the first");
        var policy = PolicyReader.Load(settings.Policy, out var problems)
            ?? throw new IntegrityException(string.Join('\n', problems));
        var made = time.GetUtcNow();
        var (root, marks) = OpenTree();
        List<Finding> findings;
        BaselineBuilder builder;
        try
        {
            using var measurer = new Measurer(Threads);
            var recorder = new Recorder(root, marks, policy, measurer);
            builder = recorder.Run();
            findings = recorder.Findings;
        }
        finally
        {
            root.Release();
        }

        var digest = store.WriteCandidate(builder, new BaselineFacts(marks.Generation, policy.Text, marks.Mounts, made.ToUnixTimeSeconds()));
        Differences(store, output);
        foreach (var finding in findings)
            output.WriteLine($"could not be read: {Terminal.Escaping.Line(finding.Path)} ({finding.Error})");
        output.WriteLine($"{settings.Server}: {builder.Count} files recorded; root digest {Convert.ToHexStringLower(digest)}");
        if (settings.PublicKey is null)
            store.Accept(digest, by, reason, made);
        else
            output.WriteLine($"nothing is accepted yet: compare the digest on the base and sign there: hyperspector-integrity sign --server {settings.Server} … {store.CandidatePath}");
        return findings.Count == 0 ? 0 : Unreadable;
    }

    // What whoever accepts the candidate accepts: told from the two baselines, so that nothing else can have come in between.
    private static void Differences(BaselineStore store, TextWriter output)
    {
        IReadOnlyList<Finding> differences;
        try
        {
            using var accepted = store.Accepted();
            if (accepted is null)
                return;
            using var candidate = Baseline.Open(store.CandidatePath);
            differences = BaselineComparison.Of(accepted, candidate);
        }
        catch (IntegrityException damaged)
        {
            output.WriteLine($"what differs from the accepted baseline cannot be told: {damaged.Message}");
            return;
        }

        output.WriteLine(FormattableString.Invariant($"{(differences.Count == 0 ? "nothing differs" : $"{differences.Count} files differ")} from the accepted baseline"));
        foreach (var one in differences.Take(MostTold))
            TextReport.Write(output, one);
        if (differences.Count > MostTold)
            output.WriteLine(FormattableString.Invariant($"… and {differences.Count - MostTold} more; 'check' lists them until this is accepted"));
    }

    /// <summary>Checks, and writes a report.</summary>
    /// <param name="changedOnly">Only what can have changed, if that can be told.</param>
    /// <param name="json">JSON lines, not text.</param>
    /// <param name="output">Where the report goes.</param>
    /// <returns>0 if nothing differs; else a sum of <see cref="Added"/>, <see cref="Removed"/>, <see cref="Changed"/>, <see cref="Unreadable"/>.</returns>
    public int Check(bool changedOnly, bool json, Stream output)
    {
        var at = time.GetUtcNow();
        using var baseline = new BaselineStore(settings).Open();
        var problems = new List<Diagnostic>();
        var policy = PolicyReader.Read("the recorded policy", baseline.Facts.Policy, problems)
            ?? throw new IntegrityException(string.Join('\n', problems));
        var (root, marks) = OpenTree();
        try
        {
            using var measurer = new Measurer(Threads);
            var only = changedOnly && Checker.CanTellChanges(marks, baseline);
            var checker = new Checker(root, marks, baseline, policy, measurer);
            checker.Run(only);
            var summary = new CheckSummary
            {
                Server = settings.Server,
                At = at,
                ChangedOnly = only,
                BaseMoved = marks.Generation != baseline.Facts.Generation,
                PolicyDiffers = File.Exists(settings.Policy) && !File.ReadAllBytes(settings.Policy).AsSpan().SequenceEqual(policy.Text),
                BaselineMade = DateTimeOffset.FromUnixTimeSeconds(baseline.Facts.Made),
                Measured = measurer.Count,
                Findings = checker.Findings,
            };
            Write(output, json, summary);
            Save(json, summary);
            return summary.Findings.Aggregate(0, (bits, finding) => bits | 1 << (int)finding.Kind);
        }
        finally
        {
            root.Release();
        }
    }

    /// <summary>Writes the last check's report again, and who accepted which baseline.</summary>
    public void Report(bool json, Stream output)
    {
        var path = Path.Join(settings.State, json ? "report.jsonl" : "report");
        if (!File.Exists(path))
            throw new IntegrityException($"nothing was checked yet{(json ? " with --json" : "")}; 'check' does");
        using (var report = File.OpenRead(path))
            report.CopyTo(output);
        if (json)
            return;
        using var text = new StreamWriter(output, leaveOpen: true);
        foreach (var entry in new BaselineStore(settings).Log().Entries)
            text.WriteLine($"accepted {entry.Number}: {entry.At:u} by {Terminal.Escaping.Line(entry.By)}: {Terminal.Escaping.Line(entry.Reason)} ({entry.Root})");
    }

    private static void Write(Stream output, bool json, CheckSummary summary)
    {
        if (json)
        {
            JsonReport.Write(output, summary);
            return;
        }

        using var text = new StreamWriter(output, leaveOpen: true);
        TextReport.Write(text, summary);
    }

    private void Save(bool json, CheckSummary summary)
    {
        var path = Path.Join(settings.State, json ? "report.jsonl" : "report");
        using (var file = File.Create(path + ".new"))
            Write(file, json, summary);
        File.Move(path + ".new", path, overwrite: true);
    }

    private (TreeDirectory Root, IOverlayMarks Marks) OpenTree()
    {
        if (settings.Generation is { } generation)
        {
            var local = AttributeMarks.OfOverlay(generation, []);
            return (TreeDirectory.Root(settings.Merged, settings.Upper, local), local);
        }

        using var view = Linux.Calls.Files.OpenDirectory(settings.Merged);
        var marks = AttributeMarks.OfView(view);
        return (TreeDirectory.Root(settings.Merged, settings.Upper, marks), marks);
    }
}

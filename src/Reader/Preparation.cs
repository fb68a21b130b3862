using System.Globalization;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Events;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;

namespace HyperSpector.Reader;

/// <summary>The first image, as root: opens all that the reader will need, and nothing that a VM wrote; then confines itself.</summary>
internal static class Preparation
{
    private const int PipeSize = 1024 * 1024;

    /// <summary>Does not return.</summary>
    internal static void Confine(string planPath)
    {
        var planFile = Files.OpenRead(planPath);
        var plan = Load(planFile);
        var policy = Files.OpenRead(Path.Join(AppContext.BaseDirectory, "policy/reader-seccomp.json"));
        var spool = Prepare(plan.SpoolDirectory, plan);
        var log = Prepare(plan.LogDirectory, plan);
        NoteOurselves(planPath, log);
        var fifo = plan.LogFifo is null ? null : Files.OpenFifo(plan.LogFifo);
        // A VM that writes fast should seldom wait for us; a machine where root may not enlarge pipes works all the same.
        if (fifo is not null)
            _ = Pipe.TryResize(fifo, PipeSize);
        var outputs = plan.Outputs.Select(o => Files.OpenDirectory(o.Directory)).ToArray();
        var inotify = new Inotify();
        foreach (var output in outputs)
            inotify.Add(output);

        var rules = new List<LandlockRule>();
        foreach (var place in new[] { spool, log })
        {
            if (place is not null)
                rules.Add(new LandlockRule(place, LandlockAccess.Read | LandlockAccess.WriteRegular));
        }

        rules.AddRange(outputs.Select(o => new LandlockRule(o, LandlockAccess.Read)));
        FileDescriptor?[] all = [planFile, policy, inotify.Descriptor, spool, log, fifo, .. outputs];
        new Confinement
        {
            User = plan.Uid,
            Group = plan.Gid,
            Rules = rules,
            Descriptors = [.. all.OfType<FileDescriptor>()],
            // An IDS that says much, or a VM that floods its output on purpose, must not slow the servers down through us.
            Nice = 10,
            Limits =
            [
                new ResourceLimit(LimitedResource.CoreSize, 0),
                new ResourceLimit(LimitedResource.Descriptors, 256),
                new ResourceLimit(LimitedResource.LockedMemory, 0),
                // Segments are smaller; a reader that was taken over cannot fill the disk with one file.
                new ResourceLimit(LimitedResource.FileSize, 4 * (ulong)EventLimits.SpoolSegment),
            ],
        }.Enter([string.Join(',', all.Select(d => (d?.Number ?? -1).ToString(CultureInfo.InvariantCulture))), plan.Machine]);
    }

    /// <summary>
    /// The reader notes itself beside its plan: a daemon that is killed just after it has started one could not. Only one serves a VM, so
    /// that none overwrites another's note: the lock stays with the directory's open file description, over execve(2), to our end.
    /// </summary>
    private static void NoteOurselves(string planPath, FileDescriptor? log)
    {
        for (var attempt = 0; log is not null && !Files.TryLock(log); attempt++)
        {
            // It outlives its holder by the moment in which a child of it has not yet closed its copy.
            if (attempt == 50)
                throw new KernelException("flock", Errno.EBUSY, "log");
            Thread.Sleep(10);
        }

        PartProcess.WritePidFile(Path.Join(Path.GetDirectoryName(Path.GetFullPath(planPath)), "reader.pid"));
    }

    /// <summary>Reads a plan, and refuses one that no daemon of ours would write.</summary>
    internal static ReaderPlan Load(FileDescriptor file)
    {
        var bytes = new byte[Math.Min(FileStatus.Of(file).Size, 1024 * 1024)];
        var count = FileIo.ReadAt(file, bytes, 0);
        var plan = JsonSerializer.Deserialize(bytes.AsSpan(0, count), ApiJson.Default.ReaderPlan)
            ?? throw new JsonException("a plan is an object");
        if (plan.Uid == 0 || plan.Gid == 0)
            throw new InvalidOperationException("the plan names root: a reader is never root");
        if (plan.Outputs.Count > EventLimits.Outputs || plan.Outputs.Any(o => o.Index is < 0 or >= EventLimits.Outputs))
            throw new InvalidOperationException($"the plan has more than {EventLimits.Outputs} outputs, or an index beyond");
        if (plan.Outputs.Any(o => o.FileName.Contains('/', StringComparison.Ordinal) || o.FileName is "" or "." or ".."))
            throw new InvalidOperationException("an output's file name is a path");
        if (plan.Outputs.Any(o => o.Format is not ("eve" or "lines")))
            throw new InvalidOperationException("an output's format is neither eve nor lines");
        if (plan.Outputs.Count > 0 && plan.SpoolDirectory is null)
            throw new InvalidOperationException("the plan has outputs and no spool");
        return plan;
    }

    /// <summary>Makes a directory that is the reader's own, or gives it the one that an earlier reader left.</summary>
    private static FileDescriptor? Prepare(string? path, ReaderPlan plan)
    {
        if (path is null)
            return null;
        _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var directory = Files.OpenDirectory(path);
        foreach (var name in FileIo.List(directory, EventLimits.DirectoryEntries))
            Files.ChangeOwner(directory, name, plan.Uid, plan.Gid);
        Files.ChangeOwner(directory, "", plan.Uid, plan.Gid);
        return directory;
    }
}

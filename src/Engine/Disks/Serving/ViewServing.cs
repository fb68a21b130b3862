using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>Serves the views of one IDS VM, with what a keeper has handed in.</summary>
public static class ViewServing
{
    private const int PlanLimit = 1024 * 1024;

    /// <summary>Reads a plan. Written by the daemon, so not hostile; and still checked.</summary>
    private static ViewPlan ReadPlan(FileDescriptor file, out ulong number)
    {
        var bytes = new byte[PlanLimit];
        var count = FileIo.ReadAt(file, bytes, 0);
        number = NumberOf(bytes.AsSpan(0, count));
        return JsonSerializer.Deserialize(bytes.AsSpan(0, count), ApiJson.Default.ViewPlan)
            ?? throw new IOException("the plan of the views is empty");
    }

    // FNV-1a: nobody chooses plans so that two of them have the same number, and OpenSSL cannot be loaded in here.
    private static ulong NumberOf(ReadOnlySpan<byte> text)
    {
        var number = 0xcbf29ce484222325UL;
        foreach (var one in text)
            number = (number ^ one) * 0x100000001b3UL;
        return number;
    }

    /// <summary>Serves until both file systems are unmounted.</summary>
    public static void Run(BoundedLog log)
    {
        var plan = ReadPlan(new FileDescriptor(ViewDescriptors.Plan), out var number);
        using var page = new FileDescriptor(ViewDescriptors.State);
        using var state = new ViewState(new MappedPage(page));
        var descriptors = Enumerable.Range(ViewDescriptors.FirstDisk, state.Disks).Select(n => new FileDescriptor(n)).ToList();
        using var requests = new FileDescriptor(ViewDescriptors.Requests);
        using var files = new FileDescriptor(ViewDescriptors.ServerFiles);
        using var changes = new FileDescriptor(ViewDescriptors.ServerChanges);
        var marks = new KeeperMarks(requests);
        var life = state.BeginLife(number, out var isNew);
        var nodes = Enumerable.Range(ViewDescriptors.Nodes, 2).Select(n => new FileDescriptor(n)).ToList();
        // Before the first word is said: nodes of another plan are none of ours.
        foreach (var file in isNew ? nodes : [])
            FileIo.Truncate(file, 0);
        using var first = new ViewConnection(ViewAssembly.Whole(plan, descriptors, marks), files, nodes[0], state, 0, life, log);
        using var second = new ViewConnection(ViewAssembly.Changes(plan, descriptors, marks), changes, nodes[1], state, 1, life, log);
        first.Wait();
        second.Wait();
    }
}

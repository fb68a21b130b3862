using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Disks.Changes;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>Lists what a server VM has changed, with what the daemon has handed in.</summary>
public static class ChangeServing
{
    private const int PlanLimit = 1024 * 1024;

    /// <summary>Reads the plan. Written by the daemon, so not hostile; and still checked.</summary>
    public static ChangePlan ReadPlan(FileDescriptor file)
    {
        var bytes = new byte[PlanLimit];
        var count = FileIo.ReadAt(file, bytes, 0);
        return JsonSerializer.Deserialize(bytes.AsSpan(0, count), ApiJson.Default.ChangePlan)
            ?? throw new IOException("the plan of the changes is empty");
    }

    /// <summary>Tells everything, and goes on if that is wanted; every ending is the last line.</summary>
    public static void Run()
    {
        using var planFile = new FileDescriptor(ChangeDescriptors.Plan);
        using var requests = new FileDescriptor(ChangeDescriptors.Requests);
        using var pipe = new FileDescriptor(ChangeDescriptors.Output);
        var plan = ReadPlan(planFile);
        var output = new ChangeOutput(pipe);
        try
        {
            var descriptors = Enumerable.Range(ChangeDescriptors.FirstDisk, plan.Disk.Descriptors).Select(n => new FileDescriptor(n)).ToList();
            using var disk = ViewAssembly.Whole(new ViewPlan { Disks = [plan.Disk] }, descriptors, new KeeperMarks(requests))[0];
            List(plan, disk, output, requests);
        }
        catch (IOException failure) when (failure is not KernelException { Errno: Errno.EPIPE })
        {
            output.Write(new ChangeRecord { Kind = ChangeKind.Failed, Text = failure.Message });
            output.Flush();
        }
    }

    private static void List(ChangePlan plan, ServerDisk disk, ChangeOutput output, FileDescriptor requests)
    {
        var scope = new ChangeScope(plan.Paths, plan.Mounts);
        if (plan.Follow)
        {
            using var follower = new ChangeFollower(disk, scope, output);
            follower.Run(requests);
            return;
        }

        new ChangeWalk(disk, scope, new ChangeList(output, disk.Ids)).Everything();
        output.Write(new ChangeRecord { Kind = ChangeKind.End });
        output.Flush();
    }
}

using System.Globalization;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;

namespace HyperSpector.Monitor;

/// <summary>The first image, as root: opens the policy, gives up everything, starts the program anew.</summary>
internal static class Preparation
{
    // Beside the listeners: mirrors, sockets, epoll and what the runtime has open.
    private const int OtherDescriptors = 256;

    /// <summary>Does not return.</summary>
    internal static void Confine(uint user)
    {
        using var policy = Files.OpenRead(Path.Join(AppContext.BaseDirectory, "policy/monitor-seccomp.json"));
        new Confinement
        {
            User = user,
            Group = user,
            Descriptors = [new FileDescriptor(Inherited.Control), new FileDescriptor(Inherited.InFlight), policy],
            Limits =
            [
                new ResourceLimit(LimitedResource.CoreSize, 0),
                new ResourceLimit(LimitedResource.Descriptors, MediatorLoop.ListenerLimit + OtherDescriptors),
                new ResourceLimit(LimitedResource.LockedMemory, 0),
            ],
        }.Enter([policy.Number.ToString(CultureInfo.InvariantCulture)]);
    }
}

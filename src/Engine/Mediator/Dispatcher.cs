using HyperSpector.Linux;

namespace HyperSpector.Engine.Mediator;

/// <summary>Finds who answers a trapped call, and bounds the harm that one call can do.</summary>
internal sealed class Dispatcher(SyscallTable table, MediationState state, BoundedLog log)
{
    /// <summary>Answers one call; never throws.</summary>
    internal Answer Handle(in Notification call)
    {
        var row = table.Find(call);
        if (row is null)
        {
            log.Write($"no handler for call {call.Number} of architecture 0x{call.Architecture:x}: ENOSYS");
            return Answer.Fail(Errno.ENOSYS);
        }

        try
        {
            return row.Handler(call, state);
        }
#pragma warning disable CA1031 // one failing request harms one request
        catch (Exception failure)
#pragma warning restore CA1031
        {
            log.Write($"{row.Name}: {failure.GetType().Name}: {failure.Message}");
            return Answer.Fail(Errno.EIO);
        }
    }
}

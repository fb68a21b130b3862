namespace HyperSpector.Engine.Mediator.Syscalls;

/// <summary>
/// <c>socket(AF_PACKET, …)</c> (socket(2), packet(7)): how a capture begins. The mirrors copy before the call runs, so that the
/// new socket misses no frame. Nothing here depends on memory of the caller; the call then runs with the caller's own rights.
/// </summary>
internal static class Socket
{
    internal const int AF_PACKET = 17;

    internal static readonly MediatedCall Row = new(
        "socket", [CallNumber.X64(41), CallNumber.X32(41), CallNumber.I386(359)], Handle);

    private static Answer Handle(in Notification call, MediationState state)
    {
        if (call.LowerHalf(0) == AF_PACKET)
            state.Capture.Trapped();
        return Answer.Proceed;
    }
}

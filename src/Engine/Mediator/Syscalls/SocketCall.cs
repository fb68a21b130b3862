namespace HyperSpector.Engine.Mediator.Syscalls;

/// <summary>
/// <c>socketcall</c> of i386 (socketcall(2)): all socket calls of old 32-bit programs in one, with the arguments in memory, where
/// neither the filter nor we can read them reliably. So each of its <c>socket</c> calls counts as the beginning of a capture.
/// </summary>
internal static class SocketCall
{
    // linux/net.h
    internal const int SYS_SOCKET = 1;

    internal static readonly MediatedCall Row = new("socketcall", [CallNumber.I386(102)], Handle);

    private static Answer Handle(in Notification call, MediationState state)
    {
        if (call.LowerHalf(0) == SYS_SOCKET)
            state.Capture.Trapped();
        return Answer.Proceed;
    }
}

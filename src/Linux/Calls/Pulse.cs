using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>
/// A descriptor that closes as soon as this process is killed, even if one of its threads does not leave the kernel yet. Others cannot see that
/// otherwise: a process ends with its last thread (pidfd_open(2), wait(2)), and so do its descriptors.
/// </summary>
public static class Pulse
{
    /// <summary>
    /// Takes the descriptor over. From then on only one thread has it, which has a table of descriptors of its own (unshare(2), CLONE_FILES)
    /// and does nothing but wait. That thread's table keeps what is open now open until the process is killed.
    /// </summary>
    public static void Hold(FileDescriptor pulse)
    {
        using var held = new ManualResetEventSlim();
        KernelException? failure = null;
        var thread = new Thread(() =>
        {
            if (LibC.unshare(LibC.CLONE_FILES) < 0)
                failure = new KernelException("unshare(CLONE_FILES)", KernelException.LastErrno);
            held.Set();
            if (failure is null)
                Thread.Sleep(Timeout.Infinite);
        }, maxStackSize: 64 * 1024)
        { IsBackground = true, Name = "pulse" };
        thread.Start();
        held.Wait();
        pulse.Dispose();
        if (failure is not null)
            throw failure;
    }
}

namespace HyperSpector.Linux.Calls;

/// <summary>How the kernel shares processors among processes (sched(7)).</summary>
public static class Scheduling
{
    /// <summary>
    /// Puts a process, and what it will start, under SCHED_BATCH: its share of a processor stays what it is, but its threads do not
    /// interrupt others when they wake up. execve(2) and fork(2) keep the policy.
    /// </summary>
    /// <param name="pid">A process.</param>
    /// <exception cref="KernelException">ESRCH: there is none.</exception>
    public static unsafe void SetBatch(int pid)
    {
        const long SYS_sched_setscheduler = 144;
        const int SCHED_BATCH = 3;
        // struct sched_param: the priority, which only the real-time policies have.
        var priority = 0;
        // The policy is each thread's own. A thread that has ended meanwhile needs none.
        foreach (var task in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            var thread = int.Parse(Path.GetFileName(task), System.Globalization.CultureInfo.InvariantCulture);
            // SAFETY: the kernel reads four bytes during the call.
            if (LibC.syscall(SYS_sched_setscheduler, thread, SCHED_BATCH, (long)&priority, 0, 0, 0) < 0
                && (thread == pid || KernelException.LastErrno != Errno.ESRCH))
            {
                throw new KernelException("sched_setscheduler", KernelException.LastErrno, $"{thread}");
            }
        }
    }
}

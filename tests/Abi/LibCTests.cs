using System.Reflection;
using System.Text;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Abi;

/// <summary>The constants that stand beside the imports, and our error numbers.</summary>
public sealed class LibCTests
{
    // Everything our imports come from; a constant in LibC that none of these knows fails the test.
    private const string Headers = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <sched.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stdio.h>
        #include <termios.h>
        #include <unistd.h>
        #include <net/if.h>
        #include <sys/epoll.h>
        #include <sys/eventfd.h>
        #include <sys/file.h>
        #include <sys/inotify.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/mount.h>
        #include <sys/prctl.h>
        #include <sys/resource.h>
        #include <sys/signalfd.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/statfs.h>
        #include <sys/syscall.h>
        #include <sys/timerfd.h>
        #include <sys/un.h>
        #include <sys/wait.h>
        #include <sys/xattr.h>
        #include <linux/bpf.h>
        #include <linux/capability.h>
        #include <linux/close_range.h>
        #include <linux/landlock.h>
        #include <linux/magic.h>
        #include <linux/openat2.h>
        #include <linux/seccomp.h>
        // Newer than Debian 12's headers (6.1): compared where they know it.
        #ifndef SYS_listxattrat
        #define SYS_listxattrat 465
        #endif

        """;

    [Theory]
    [InlineData(typeof(LibC), "sys/syscall.h")]
    [InlineData(typeof(LibBpf), "bpf/libbpf.h")]
    [InlineData(typeof(LibSeccomp), "seccomp.h")]
    public void Constants_ComparedWithHeaders_Agree(Type type, string header)
    {
        var c = new StringBuilder(Headers).Append("#include <").Append(header).Append(">\n");
        var constants = type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
            .Where(f => f.IsLiteral && IsKernelName(f.Name)).ToArray();
        Assert.NotEmpty(constants);
        foreach (var constant in constants)
        {
            // A macro with a parameter, of which we keep the part without it.
            var name = constant.Name == nameof(LibSeccomp.SCMP_ACT_ERRNO) ? "SCMP_ACT_ERRNO(0)" : constant.Name;
            KernelHeaders.AppendConstant(c, name, constant.GetRawConstantValue()!);
        }

        var complaints = Compiler.Check(c.ToString());
        Assert.True(complaints.Length == 0, complaints);
    }

    [Fact]
    public void Errno_ComparedWithHeader_Agrees()
    {
        var c = new StringBuilder(Headers);
        foreach (var errno in Enum.GetValues<Errno>().Where(e => e != Errno.None))
            KernelHeaders.AppendConstant(c, errno.ToString(), (int)errno);
        var complaints = Compiler.Check(c.ToString());
        Assert.True(complaints.Length == 0, complaints);
    }

    // Ours are PascalCase; the kernel's are CAPITALS, with the call's name in lower case after SYS_.
    private static bool IsKernelName(string name) =>
        name.StartsWith("SYS_", StringComparison.Ordinal) || !name.Any(char.IsLower);
}

using HyperSpector.Api.Messages;
using HyperSpector.Engine.Doctor;
using HyperSpector.Engine.Hosts;
using Xunit;

namespace HyperSpector.Tests.Kernel.Doctor;

/// <summary>Counts what the whole process holds: no other test may run beside it.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public static class Alone;

/// <summary>The doctor as root on a machine that is fit for us.</summary>
[Collection(nameof(Alone))]
public sealed class DoctorTests
{
    [Fact]
    public void Run_AsRoot_TriesEverythingAndFindsWhatIsRequired()
    {
        var report = DoctorRunner.Run();

        Assert.DoesNotContain(report.Checks, c => c.State == DoctorState.Unknown);
        Assert.DoesNotContain(
            report.Checks,
            c => c.Level == DoctorLevel.Required && c.State != DoctorState.Ok && !c.Id.StartsWith("install.", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_Done_LeavesNothingBehind()
    {
        var prefix = Directory.CreateTempSubdirectory("hyperspector-doctor-");
        try
        {
            _ = DoctorRunner.Run(new HostPaths(prefix: prefix.FullName));
            var (descriptors, threads, children) = (Descriptors(), Throwaways(), Children());

            _ = DoctorRunner.Run(new HostPaths(prefix: prefix.FullName));

            Assert.Empty(prefix.EnumerateFileSystemInfos());
            Assert.Equal(descriptors, Descriptors());
            Assert.Equal(threads, Throwaways());
            Assert.DoesNotContain(File.ReadLines("/proc/self/mountinfo"), l => l.Contains("hyperspector-probe", StringComparison.Ordinal));
            Assert.False(Directory.Exists("/sys/class/net/probe0"));
            Assert.Empty(Children().Except(children));
        }
        finally
        {
            prefix.Delete(recursive: true);
        }
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static int Throwaways() => Directory.GetDirectories("/proc/self/task")
        .Count(t => File.ReadAllText(Path.Join(t, "comm")).StartsWith("throwaway", StringComparison.Ordinal));

    private static string[] Children() =>
    [
        .. Directory.GetDirectories("/proc/self/task").SelectMany(t => File.ReadAllText(Path.Join(t, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)),
    ];
}

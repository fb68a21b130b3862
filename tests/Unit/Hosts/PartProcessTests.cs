using System.Globalization;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Procfs;
using Xunit;

namespace HyperSpector.Tests.Unit.Hosts;

public sealed class PartProcessTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperspector-part-");

    private string PidFile => $"{_directory.FullName}/part.pid";

    private string Log => $"{_directory.FullName}/part.log";

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Started_IsFoundAgainAndStopped()
    {
        using var part = PartProcess.Start("/bin/sh", ["-c", "echo hello >&2; exec sleep 100"], Log, PidFile);
        while (new FileInfo(Log).Length == 0)
            Thread.Sleep(5);
        using (var found = PartProcess.Find(PidFile))
        {
            Assert.Equal(part.Pid, found?.Pid);
            Assert.True(found!.IsAlive);
            // A session of its own: field 6 of stat equals the pid.
            var stat = File.ReadAllText($"/proc/{part.Pid}/stat").Split(") ")[1].Split(' ');
            Assert.Equal(part.Pid.ToString(CultureInfo.InvariantCulture), stat[3]);
        }

        part.Stop(TimeSpan.FromSeconds(10));
        Assert.False(part.IsAlive);
        Assert.False(File.Exists(PidFile));
        Assert.Equal("hello\n", File.ReadAllText(Log));
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(Log));
    }

    [Fact]
    public void Stubborn_IsKilledAfterTheGrace()
    {
        using var part = PartProcess.Start("/bin/sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"], Log, PidFile);
        while (new FileInfo(Log).Length == 0)
            Thread.Sleep(5);
        part.Stop(TimeSpan.FromMilliseconds(50));
        Assert.Null(ProcStat.Read(part.Pid));
    }

    [Fact]
    public void Ended_IsNotFound()
    {
        using var part = PartProcess.Start("/bin/true", [], Log, PidFile);
        Assert.True(part.Process.WaitForEnd(TimeSpan.FromSeconds(10)));
        // Still a zombie, as nobody has reaped it yet.
        Assert.Null(PartProcess.Find(PidFile));
        Assert.False(part.IsAlive);
    }

    [Fact]
    public void AnotherProcess_WithTheSamePid_IsNotFound()
    {
        var own = ProcStat.Read(Environment.ProcessId)!.Value;
        File.WriteAllText(PidFile, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {own.StartTime + 1}\n"));
        Assert.Null(PartProcess.Find(PidFile));
        PartProcess.WritePidFile(PidFile);
        using var found = PartProcess.Find(PidFile);
        Assert.Equal(Environment.ProcessId, found?.Pid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("12 ")]
    [InlineData("12 34")] // torn: no line end
    [InlineData("0 34\n")]
    [InlineData("-1 34\n")]
    [InlineData("12 34 56\n")]
    [InlineData("x y\n")]
    [InlineData("99999999999 1\n")]
    public void PidFile_Malformed_IsNobody(string text)
    {
        File.WriteAllText(PidFile, text);
        Assert.False(PartProcess.TryRead(PidFile, out _, out _));
        Assert.Null(PartProcess.Find(PidFile));
    }

    [Fact]
    public void PidFile_Missing_IsNobody() => Assert.Null(PartProcess.Find(PidFile));
}

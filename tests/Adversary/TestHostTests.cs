using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>The ground the attacks are made on must itself stand: two namespaces that reach each other, and nothing left behind.</summary>
public sealed class TestHostTests
{
    [Theory]
    [InlineData(TestNetwork.BaseAddress4)]
    [InlineData(TestNetwork.BaseAddress6)]
    public void TestHost_ClientPingsBase_Answers(string address)
    {
        using var host = new TestHost();
        Assert.True(host.InClient("ping", "-c", "1", "-W", "2", address).Status.Succeeded);
    }

    [Fact]
    public void TestHost_DisposedWithProcessRunning_LeavesNothing()
    {
        var host = new TestHost();
        using var process = host.StartInBase("sleep", "1000");
        host.Dispose();
        Assert.True(process.HasEnded);
        Assert.Empty(host.Leftovers());
        Assert.False(Directory.Exists(host.Prefix));
        Assert.False(File.Exists($"/run/netns/{host.Network.Base}"));
    }
}

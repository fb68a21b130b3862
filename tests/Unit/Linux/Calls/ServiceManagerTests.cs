using System.Net.Sockets;
using System.Text;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Unit.Linux.Calls;

// One class: the variable is the whole process's.
public class ServiceManagerTests
{
    [Theory]
    [InlineData("/{0}")]
    [InlineData("@hyperspector-test-{0}")]
    public void Say_WithAManager_ReachesItAndTheAddressIsForgotten(string form)
    {
        var directory = Directory.CreateTempSubdirectory("hs-notify-");
        var address = form[0] == '@' ? string.Format(null, form, Environment.ProcessId) : $"{directory.FullName}/notify";
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(address[0] == '@' ? $"\0{address[1..]}" : address));
        manager.ReceiveTimeout = 30_000;
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", address);

        var service = ServiceManager.Take();

        Assert.Null(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
        service.Say("READY=1\nSTATUS=üben");
        var buffer = new byte[100];
        Assert.Equal("READY=1\nSTATUS=üben", Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer)));
        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("relative/path")]
    [InlineData("/nobody/listens/here")]
    public void Say_WithoutAManager_DoesNothing(string? address)
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", address);
        ServiceManager.Take().Say("READY=1");
        Assert.Null(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
    }
}

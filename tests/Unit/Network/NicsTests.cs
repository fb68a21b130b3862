using HyperSpector.Engine.Network.Switch;
using Xunit;

namespace HyperSpector.Tests.Unit.Network;

public sealed class NicsTests
{
    [Theory]
    [InlineData("eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0   ", true)]
    [InlineData("eth1\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0", false)]
    [InlineData("eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0", false)]
    [InlineData("eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0", false)] // 0.0.0.0/1
    [InlineData("eth0\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0", false)] // one that refuses
    [InlineData("Iface\tDestination\tGateway", false)]
    [InlineData("", false)]
    public void RouteOfIPv4_IsDefaultOrNot(string line, bool expected) => Assert.Equal(expected, Nics.IsDefault4(line, "eth0"));

    [Theory]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0", true)]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200     eth0", false)]
    [InlineData("20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0", false)]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00000003       lo", false)]
    [InlineData("", false)]
    public void RouteOfIPv6_IsDefaultOrNot(string line, bool expected) => Assert.Equal(expected, Nics.IsDefault6(line, "eth0"));

    [Fact]
    public void Mac_IsTheSameAgain_AndAnotherForEverythingElse()
    {
        string[] all =
        [
            Text("machine", "default", "web"), Text("other", "default", "web"), Text("machine", "lab", "web"), Text("machine", "default", "db"),
        ];

        Assert.Equal(all[0], Text("machine", "default", "web"));
        Assert.Equal(4, all.Distinct().Count());
        // As the programs at the port want it (bpf/gate.bpf.h).
        Assert.All(all, mac => Assert.Matches("^02:48:..:..:01:..$", mac));

        static string Text(string machine, string host, string server) => AddressPlan.Text(Nics.Mac(machine, host, server));
    }

    [Fact]
    public void LinkLocalAddress_IsWhatTheKernelMakesOfTheMac() => Assert.Equal(
        "fe80::48:12ff:fe34:156", $"{NicPort.LinkLocal(System.Net.NetworkInformation.PhysicalAddress.Parse("02:48:12:34:01:56"))}");
}

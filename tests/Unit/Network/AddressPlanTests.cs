using System.Net.NetworkInformation;
using HyperSpector.Engine.Network.Switch;
using Xunit;

namespace HyperSpector.Tests.Unit.Network;

public sealed class AddressPlanTests
{
    [Fact]
    public void For_EveryIndexOfAHost_IsDifferent()
    {
        var all = Enumerable.Range(0, AddressPlan.Capacity).Select(i => AddressPlan.For("default", i)).ToList();

        Assert.Equal(AddressPlan.Capacity, all.Select(a => a.V4).Distinct().Count());
        Assert.Equal(AddressPlan.Capacity, all.Select(a => a.V6).Distinct().Count());
        Assert.Equal(2 * AddressPlan.Capacity, all.SelectMany(a => (PhysicalAddress[])[a.MachineMac, a.BaseMac]).Distinct().Count());
        Assert.DoesNotContain(all[0].BaseV4, all.Select(a => a.V4));
        Assert.DoesNotContain(all[0].BaseV6, all.Select(a => a.V6));
    }

    [Fact]
    public void For_AnyHost_StaysInPrivateRanges()
    {
        foreach (var host in Enumerable.Range(0, 500).Select(i => $"host-{i}"))
        {
            var addresses = AddressPlan.For(host, AddressPlan.Capacity - 1);

            var v4 = addresses.V4.GetAddressBytes();
            Assert.True(v4[0] == 10 && v4[1] is >= 80 and <= 95 && v4[3] is > 0 and < 255);
            Assert.Equal(0xfd, addresses.V6.GetAddressBytes()[0]);
            // Locally administered, and not a group address.
            Assert.Equal(2, addresses.MachineMac.GetAddressBytes()[0] & 3);
            Assert.Equal(2, addresses.BaseMac.GetAddressBytes()[0] & 3);
        }
    }

    [Fact]
    public void For_TheSameHostAndIndex_IsTheSame() => Assert.Equal(AddressPlan.For("a", 7), AddressPlan.For("a", 7));

    [Theory]
    [InlineData(-1)]
    [InlineData(AddressPlan.Capacity)]
    public void For_AnIndexOutOfRange_Throws(int index) => Assert.Throws<ArgumentOutOfRangeException>(() => AddressPlan.For("a", index));
}

using HyperSpector.Api.Site;
using HyperSpector.Cli.Output;
using HyperSpector.Engine.Network.Mirror;
using Xunit;

namespace HyperSpector.Tests.Unit.Configuration;

/// <summary>From what a user writes to what the kernel is told, and back into words.</summary>
public sealed class FilterTests : IDisposable
{
    private readonly Loading _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Filter_WithEveryKey_ArrivesInTheSpec()
    {
        var environment = Load("""
            watch:
              - plain
              - server: web
                only:
                  - {protocol: tcp, ports: 80, direction: in}
                  - protocol: [udp, 132]
                    peer_ports: [53, 8000-8099]
                    networks: ["2001:db8::/32", 192.0.2.7]
                except: {networks: 192.0.2.0/24}
                sample: 1/10
                truncate: 256
            """);

        Assert.Equal(["plain", "web"], environment.Watch);
        var filter = Assert.Single(environment.Filters).Value;
        Assert.Equal((10, 256), (filter.Sample, filter.Truncate));
        Assert.Equal((FrameDirection.In, null), (filter.Only[0].Direction, filter.Only[1].Direction));
        Assert.Equal([6], filter.Only[0].Protocols);
        Assert.Equal([new(80, 80)], filter.Only[0].Ports);
        Assert.Equal([17, 132], filter.Only[1].Protocols);
        Assert.Equal([new(53, 53), new(8000, 8099)], filter.Only[1].PeerPorts);
        Assert.Equal(["2001:db8::/32", "192.0.2.7/32"], filter.Only[1].Networks);
        Assert.Equal(["192.0.2.0/24"], Assert.Single(filter.Except).Networks);
        Assert.Equal(
            "only tcp port 80 in or udp/sctp peer port 53,8000-8099 with 2001:db8::/32,192.0.2.7/32; not with 192.0.2.0/24; 1 flow of 10; 256 bytes of each",
            FilterText.Of(filter));
    }

    [Fact]
    public void Server_WithoutAnythingToLeaveOut_HasNoFilter() => Assert.Empty(Load("watch: [plain, {server: web}]").Filters);

    [Fact]
    public void Image_OfRules_HasABitForEach()
    {
        var image = FilterImage.Of(
            new FilterSpec
            {
                Only = [new FilterRule { Protocols = [6], Ports = [new(80, 80)], Direction = FrameDirection.In }, new FilterRule { PeerPorts = [new(80, 80)] }],
                Except = [new FilterRule { Networks = ["192.0.2.0/24", "::/0", "192.0.2.0/24"] }],
                Sample = 7,
            },
            seed: 99);

        Assert.Equal((0b011u, 0b100u, 0b111u, 0b110u), (image.Only, image.Except, image.In, image.Out));
        Assert.Equal((0b110u, 0b110u, 0b101u, 0b011u), (image.AnyProtocol, image.AnyPort, image.AnyPeerPort, image.AnyNetwork));
        Assert.Equal((0b111u, 0b110u), (image.Protocols[6], image.Protocols[17]));
        Assert.Equal((1u, 0b001u, 0b010u), (image.PortCount, image.Ports[0].Own, image.Ports[0].Peer));
        Assert.Equal((2u, 4u, 6u), (image.NetworkCount, image.Networks[0].Version, image.Networks[1].Version));
        Assert.Equal((7u, 99u, 0u), (image.Sample, image.Seed, image.Truncate));
    }

    [Fact]
    public void Image_OfTooMuch_IsRefused()
    {
        var many = Enumerable.Range(1, FilterSpec.MostRules + 1).ToList();

        Assert.Throws<IOException>(() => FilterImage.Of(new FilterSpec { Only = [.. many.Select(_ => new FilterRule { Protocols = [6] })] }, 0));
        Assert.Throws<IOException>(() => FilterImage.Of(new FilterSpec { Only = [new FilterRule { Ports = [.. many.Select(p => new PortRange(p, p))] }] }, 0));
        Assert.Throws<IOException>(() => FilterImage.Of(new FilterSpec { Only = [new FilterRule { Networks = [.. many.Select(n => $"192.0.2.{n}/32")] }] }, 0));
    }

    private EnvironmentSpec Load(string watch)
    {
        var result = _files.Load($"""
            servers:
              web: &vm
                run: [nginx]
              plain: *vm
            environments:
              edge:
                run: [tcpdump]
            {string.Join('\n', watch.Split('\n').Select(l => "    " + l))}
            """);
        Assert.Empty(result.Problems);
        return result.Site!.Environments["edge"];
    }
}

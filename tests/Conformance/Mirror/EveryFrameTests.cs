using System.Globalization;
using System.Text.Json.Nodes;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Conformance.Mirror;

/// <summary>
/// SW-2, frame by frame: a hundred thousand generated frames from a fixed seed, half of them sent by the server VM and half towards it, are
/// compared with what the IDS VM sees, by hash. What a veth refuses is listed, with the same send on a plain veth pair beside it.
/// </summary>
public sealed class EveryFrameTests(ITestOutputHelper output)
{
    private const int Frames = 100_000;
    private const int Seed = 1;

    [Fact]
    public void GeneratedFrames_ThroughTheMirror_AreUnchanged()
    {
        using var host = new TestHost();
        host.Up("""
            servers:
              web:
                run: [/bin/sleep, infinity]
            environments:
              edge:
                watch: [web]
                run: [/bin/sleep, infinity]
                capture: always
            """);
        var machines = host.Ps();
        string Pid(string name) => machines.Single(m => m.Name == name).Pid!.Value.ToString(CultureInfo.InvariantCulture);
        string[] command =
        [
            "python3", Path.Join(AppContext.BaseDirectory, "Mirror/frames.py"), Number(Seed), Number(Frames), Pid("web"), Pid("edge"), host.Paths.Interface('p', "web"),
        ];

        var said = Tool.Run("nsenter", TestNetwork.Enter(host.Network.Base, command), "", TimeSpan.FromMinutes(5));

        Assert.True(said.Status.Succeeded, said.Error);
        var result = JsonNode.Parse(said.Output)!;
        output.WriteLine($"{result["sent"]} frames of these kinds: {result["kinds"]!.ToJsonString()}");
        output.WriteLine($"refused by the port as by a plain veth pair: {result["refused"]!.ToJsonString()}");
        Assert.Empty(result["missing"]!.AsArray());
        Assert.Empty(result["differing"]!.AsArray());
        var refused = result["refused"]!.AsObject().Sum(r => r.Value!.GetValue<int>());
        Assert.Equal(result["sent"]!.GetValue<int>(), result["seen"]!.GetValue<int>() + refused);
        Assert.True(result["sent"]!.GetValue<int>() >= Frames);
        // Most frames are ones that a veth takes: else the test would say little.
        Assert.InRange(refused, 1, Frames / 5);
        Assert.Equal(16, result["kinds"]!.AsObject().Count);
        Assert.Equal(0, host.Status().Mirrors.Single().Dropped);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

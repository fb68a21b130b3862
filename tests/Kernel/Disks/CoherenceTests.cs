using HyperSpector.Engine.Disks;
using HyperSpector.Tests.Kit.Disks;
using Xunit;

namespace HyperSpector.Tests.Kernel.Disks;

/// <summary>What an IDS VM's kernel may keep of a view is never wrong for longer than it takes to tell it (DISK-1, "live").</summary>
public sealed class CoherenceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1, ScratchOverlay.Usual)]
    [InlineData(2, ScratchOverlay.Usual)]
    [InlineData(3, "index=off,redirect_dir=on,metacopy=off,xino=auto")]
    [InlineData(4, "index=on,redirect_dir=nofollow,metacopy=off,xino=off")]
    public void Walk_AfterRandomChanges_SaysWhatTheServerSees(int seed, string options)
    {
        using var overlay = new ScratchOverlay(options);
        using (var below = new TreeWorker(overlay.Base))
        {
            below.Seed(seed);
            Assert.True(below.Fill(300) > 200);
        }

        overlay.Mount();
        using var server = new TreeWorker(overlay.Merged);
        server.Seed(seed + 1000);
        var client = new TreeClient();
        using var tree = new ViewTree([overlay.Open()], client, descriptors: 24);
        client.Tree = tree;
        for (var round = 0; round < 20; round++)
        {
            Assert.True(tree.Settle(Patience));
            Assert.Equal(server.Walk(), client.Walk());
            _ = server.Change(round % 4 == 0 ? 40 : 3);
        }

        Assert.True(client.Kept > 100, $"nothing was kept: {client.Kept}");
        client.ForgetAll();
        Assert.Equal(1, tree.NodeCount);
    }
}

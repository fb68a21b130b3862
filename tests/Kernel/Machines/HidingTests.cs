using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Machines;

// One at a time: some compare which processes of VMs there are, and all use the same user ids.
[Collection("machines")]
public sealed class HidingTests : IDisposable
{
    private readonly ScratchHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Write_WhatPolicyAndModesHide_BecomesWhiteoutsAndOpaqueDirectories()
    {
        var root = $"{_host.Prefix}/root";
        Put($"{root}/usr/local/etc/secret.conf", 0x1A4);
        Put($"{root}/usr/local/bin/tool", 0x1ED);
        Put($"{root}/usr/local/bin/key", 0x180 /* 0600 */);
        Put($"{root}/usr/lib/helper", 0x9EC /* 4754: no secret, a set-user-id program */);
        Put($"{root}/usr/share/closed/inner", 0x1A4);
        File.SetUnixFileMode($"{root}/usr/share/closed", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var layer = $"{_host.Prefix}/layer";
        var policy = BasePolicy.Read(Path.Join(AppContext.BaseDirectory, "policy"));
        Assert.True(new Hiding(policy, root).Write("/usr", layer, []));

        const string script = "import os, sys; print(os.getxattr(sys.argv[1], 'trusted.overlay.opaque').decode())";
        Assert.Equal("y", Tool.RunChecked("python3", ["-c", script, $"{layer}/local/etc"]).Trim());
        Assert.Empty(Directory.GetFileSystemEntries($"{layer}/local/etc"));
        foreach (var whiteout in (string[])["local/bin/key", "share/closed"])
            Assert.Equal("character special file 0 0", Tool.RunChecked("stat", ["-c", "%F %t %T", $"{layer}/{whiteout}"]).Trim());
        Assert.False(Path.Exists($"{layer}/local/bin/tool"));
        Assert.False(Path.Exists($"{layer}/lib"));
    }

    private static void Put(string path, int mode)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "x");
        Nodes.SetMode(path, (uint)mode);
    }
}

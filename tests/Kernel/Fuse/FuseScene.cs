using System.Collections.Concurrent;
using HyperSpector.Engine.Fuse;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Probing;
using HyperSpector.Tests.Kit.Fuse;
using Xunit;

namespace HyperSpector.Tests.Kernel.Fuse;

/// <summary>
/// A tree that is really mounted, at <see cref="View"/>, in a mount namespace that ends with the test. Programs see it because they are
/// started from inside. When it ends, however it does, the descriptor is closed, which ends every request that still waits.
/// </summary>
internal sealed class FuseScene
{
    internal const string View = Root + "/view";

    // Not in /tmp, where the programs under test may lie.
    internal const string Root = "/mnt";

    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<string> _lines = [];

    private FuseScene(MemoryTree tree)
    {
        Tree = tree;
        Log = new BoundedLog("test", TimeProvider.System, _lines.Enqueue);
        Device = FuseDevice.Open();
        Channel = new FuseChannel(Device);
        Server = new FuseServer(tree, Log, null, session => Session = session);
    }

    internal MemoryTree Tree { get; }

    internal FileDescriptor Device { get; }

    internal FuseChannel Channel { get; }

    internal BoundedLog Log { get; }

    internal FuseServer Server { get; }

    internal FuseSession? Session { get; private set; }

    internal FuseNotifier Notifier => new(Channel, Session!);

    internal IEnumerable<string> Lines => _lines;

    /// <summary>Runs a test with a loop that serves; what the server complains about fails it.</summary>
    internal static void Run(MemoryTree tree, Action<FuseScene> test) => Mounted(tree, scene =>
    {
        using var loop = scene.Loop();
        loop.Start();
        test(scene);
        Assert.Empty(scene.Lines);
    });

    /// <summary>Runs a test that does the serving itself.</summary>
    internal static void Mounted(MemoryTree tree, Action<FuseScene> test) => _ = Throwaway.Run(() =>
    {
        var scene = new FuseScene(tree);
        _ = Directory.CreateDirectory(View);
        try
        {
            using (var mount = FuseDevice.Mount(scene.Device, new FuseMountOptions { Source = "web" }))
            using (var target = Files.OpenDirectory(View))
                Mounts.Attach(mount, target, View);
            test(scene);
        }
        finally
        {
            _ = Mounts.Detach(View);
            scene.Device.Dispose();
        }

        return 0;
    }, Root);

    internal FuseLoop Loop(FuseServer? server = null) => new(server ?? Server, Channel, 0, Log);

    /// <summary>What a line of shell says; the view is its working directory.</summary>
    internal static string Shell(string line) => Tool.RunChecked("sh", ["-ec", $"cd {View}; export LC_ALL=C; {line}"], timeout: Limit);

    /// <summary>The same, of a line that says nothing of interest.</summary>
    internal static void Do(string line) => _ = Shell(line);

    /// <summary>Something that waits for the file system, so that the test does not.</summary>
    internal static (Thread Thread, Func<string> Result) Background(Func<string> work)
    {
        var result = "";
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
#pragma warning disable CA1031 // shown where the result is asked for
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }
        })
        { IsBackground = true };
        thread.Start();
        return (thread, () => failure is null ? result : throw new InvalidOperationException(failure.Message, failure));
    }

    internal static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31 + i / 251))];
}

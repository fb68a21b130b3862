using System.Diagnostics;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Disks.Changes;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Tests.Kit.Disks;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace HyperSpector.Tests.Kernel.Disks.Changes;

/// <summary><c>hyperspector changes -f</c>: whoever applies each line to what he knows has, in the end, what a new list says.</summary>
public sealed class ChangeFollowerTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1, ScratchOverlay.Usual)]
    [InlineData(2, "index=off,redirect_dir=on,metacopy=on,xino=auto")]
    public void Lines_AppliedOneByOne_GiveTheList(int seed, string options)
    {
        using var overlay = new ScratchOverlay(options);
        using (var below = new TreeWorker(overlay.Base))
        {
            below.Seed(seed);
            Assert.True(below.Fill(150) > 80);
        }

        overlay.Mount();
        using var server = new TreeWorker(overlay.Merged);
        server.Seed(seed + 1000);
        using var follower = new Follower(overlay);
        for (var round = 0; round < 12; round++)
        {
            _ = server.Change(round % 4 == 0 ? 40 : 2);
            follower.ExpectWhatAListSays();
        }

        Assert.True(follower.Lines > 50, $"too little was told: {follower.Lines}");
    }

    [Fact]
    public void Change_IsToldOnce_AndThatItIsGone()
    {
        using var overlay = new ScratchOverlay();
        using (var below = new TreeWorker(overlay.Base))
            _ = below.Do("[os.makedirs(root+b'/usr/bin'), open(root+b'/usr/bin/ls','wb').write(b'ls')] and 1");
        overlay.Mount();
        using var server = new TreeWorker(overlay.Merged);
        using var follower = new Follower(overlay);
        follower.ExpectWhatAListSays();
        Assert.Equal(0, follower.Lines);

        // The directory has no upper part yet: nothing is watched there.
        _ = server.Do("open(root+b'/usr/bin/ls','ab').write(b'evil')");
        follower.ExpectWhatAListSays(atLeast: 1);
        Assert.Equal(ChangeKind.Changed, Assert.Single(follower.Known).Value.Kind);
        // Now it has, and so has the file: overlayfs tells nobody there.
        _ = server.Do("open(root+b'/usr/bin/ls','ab').write(b'more')");
        follower.ExpectWhatAListSays(atLeast: 2);
        _ = server.Do("[os.mkdir(root+b'/usr/new'), open(root+b'/usr/new/file','wb').close(), os.rename(root+b'/usr/new',root+b'/moved')] and 1");
        follower.ExpectWhatAListSays(atLeast: 4);
        _ = server.Do("[os.unlink(root+b'/moved/file'), os.rmdir(root+b'/moved')] and 1");
        follower.ExpectWhatAListSays(atLeast: 6);
        Assert.Single(follower.Known);
    }

    // More than the kernel's queue (fs.inotify.max_queued_events) holds, or than is looked at name by name.
    [Fact]
    public void Storm_LosesNothing()
    {
        using var overlay = new ScratchOverlay();
        overlay.Mount();
        using var server = new TreeWorker(overlay.Merged);
        _ = server.Do("os.mkdir(root+b'/d')");
        using var follower = new Follower(overlay);
        _ = server.Do("[open(root+b'/d/%d'%i,'wb').close() for i in range(25000)] and 1");
        _ = server.Do("[os.unlink(root+b'/d/%d'%i) for i in range(0,25000,2)] and [os.mkdir(root+b'/d/%d'%i) for i in range(0,25000,500)] and 1");
        follower.ExpectWhatAListSays();
        Assert.Equal(1 + 12500 + 50, follower.Known.Count);
    }

    // No event tells of it: it is found all the same.
    [Fact]
    public void WriteByAnotherName_IsFound()
    {
        using var overlay = new ScratchOverlay();
        using (var below = new TreeWorker(overlay.Base))
            _ = below.Do("[os.makedirs(root+b'/a'), os.makedirs(root+b'/b'), open(root+b'/a/x','wb').write(b'x'), os.link(root+b'/a/x',root+b'/b/x')] and 1");
        overlay.Mount();
        using var server = new TreeWorker(overlay.Merged);
        using var follower = new Follower(overlay);
        _ = server.Do("open(root+b'/a/x','ab').write(b'1')");
        follower.ExpectWhatAListSays(atLeast: 2);
        Assert.Equal(2, follower.Known.Count);
        _ = server.Do("open(root+b'/b/x','ab').write(b'22')");
        follower.ExpectWhatAListSays(atLeast: 4);
    }

    [Fact]
    public void TooMuchToRemember_EndsWithOneLine()
    {
        using var overlay = new ScratchOverlay();
        overlay.Mount();
        using var server = new TreeWorker(overlay.Merged);
        _ = server.Do("[open(root+b'/%d'%i,'wb').close() for i in range(50)] and 1");
        using var end = new EventFd();
        using var disk = overlay.Open();
        using var file = MemoryFile.Create("list", []);
        using var follower = new ChangeFollower(disk, ChangeScope.Everything, new ChangeOutput(file), nodeLimit: 20);
        Assert.Contains("more than 20 paths", Assert.Throws<IOException>(() => follower.Run(end.Descriptor)).Message, StringComparison.Ordinal);
    }

    /// <summary>A follower on threads of its own, and what its lines have told so far.</summary>
    private sealed class Follower : IDisposable
    {
        private readonly ScratchOverlay _overlay;
        private readonly EventFd _end = new();
        private readonly Thread _thread;
        private readonly Thread _reader;
        private readonly Lock _lock = new();
        private readonly SortedDictionary<string, ChangeRecord> _known = new(StringComparer.Ordinal);
        private int _lines;

        internal Follower(ScratchOverlay overlay)
        {
            _overlay = overlay;
            var (read, write) = Pipe.Create();
            using var ready = new ManualResetEventSlim();
            _thread = new Thread(() =>
            {
                using (write)
                {
                    using var disk = overlay.Open();
                    using var follower = new ChangeFollower(disk, ChangeScope.Everything, new ChangeOutput(write));
                    follower.Run(_end.Descriptor);
                }
            });
            _reader = new Thread(() =>
            {
                using (read)
                {
                    using var lines = new StreamReader(new FileStream(new SafeFileHandle(read.Number, ownsHandle: false), FileAccess.Read));
                    while (lines.ReadLine() is { } line)
                        Apply(JsonSerializer.Deserialize(line, ApiJson.Default.ChangeRecord)!, ready);
                }
            });
            _thread.Start();
            _reader.Start();
            Assert.True(ready.Wait(s_patience));
        }

        internal int Lines
        {
            get
            {
                lock (_lock)
                    return _lines;
            }
        }

        internal SortedDictionary<string, ChangeRecord> Known
        {
            get
            {
                lock (_lock)
                    return new SortedDictionary<string, ChangeRecord>(_known, StringComparer.Ordinal);
            }
        }

        internal void ExpectWhatAListSays(int atLeast = 0)
        {
            var list = ChangeScene.ByPath(ChangeScene.List(_overlay.Open())).Select(Brief).ToList();
            var started = Stopwatch.GetTimestamp();
            while (Lines < atLeast || !list.SequenceEqual(Known.Select(Brief)))
            {
                if (Stopwatch.GetElapsedTime(started) > s_patience)
                    Assert.Equal(list, Known.Select(Brief));
                Thread.Sleep(20);
            }
        }

        public void Dispose()
        {
            _end.Set();
            _thread.Join();
            _reader.Join();
            _end.Dispose();
        }

        private void Apply(ChangeRecord record, ManualResetEventSlim ready)
        {
            lock (_lock)
            {
                _lines++;
                if (record.Kind == ChangeKind.End)
                {
                    _lines = 0;
                    ready.Set();
                }
                else if (record.Kind == ChangeKind.Same)
                {
                    _ = _known.Remove(ChangeScene.PathOf(record));
                }
                else
                {
                    _known[ChangeScene.PathOf(record)] = record;
                }
            }
        }

        private static string Brief(KeyValuePair<string, ChangeRecord> one) =>
            $"{one.Key} {one.Value.Kind} {one.Value.Type} {string.Join('+', one.Value.What ?? [])} {one.Value.State}";
    }
}

using HyperSpector.Linux;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>
/// Measures files with several threads while the caller walks on, and hands back what came out in the order in which they were added.
/// Batches, not single files, go to the threads: waking one takes longer than measuring a small file. At most two batches are under way,
/// whatever the size of the tree.
/// </summary>
internal sealed class Measurer : IDisposable
{
    private const int BatchSize = 256;
    private readonly List<Thread> _threads = [];
    private readonly SemaphoreSlim _work = new(0);
    private readonly Meter _own = new();
    private Batch _filling = new();
    private Batch? _running;

    // Read by the threads when they are woken, after the caller has set it.
    private volatile Batch? _current;
    private volatile bool _ends;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">The caller's own counts; 1: no others.</param>
    internal Measurer(int threads)
    {
        for (var i = 1; i < threads; i++)
        {
            var thread = new Thread(Work, maxStackSize: 256 * 1024) { IsBackground = true, Name = "measure" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    private sealed class Batch
    {
        internal readonly List<Measurement> Files = new(BatchSize);
        internal int Taken;
        internal Exception? Failure;
        private int _measured;

        internal void OneMeasured()
        {
            if (Interlocked.Increment(ref _measured) != Files.Count)
                return;
            lock (Files)
                Monitor.PulseAll(Files);
        }

        internal void Wait()
        {
            lock (Files)
            {
                while (Volatile.Read(ref _measured) != Files.Count)
                    _ = Monitor.Wait(Files);
            }
        }
    }

    /// <summary>How many files were measured.</summary>
    internal long Count { get; private set; }

    /// <summary>Adds one; earlier ones may be handed back meanwhile.</summary>
    internal void Add(Measurement file)
    {
        _ = file.Directory.Hold();
        Count++;
        _filling.Files.Add(file);
        if (_filling.Files.Count == BatchSize)
            Turn();
    }

    /// <summary>Hands back all that were added.</summary>
    internal void Finish()
    {
        Turn();
        Turn();
    }

    public void Dispose()
    {
        _ends = true;
        if (_threads.Count > 0)
            _ = _work.Release(_threads.Count);
        foreach (var thread in _threads)
            thread.Join();
        foreach (var left in (Batch?[])[_running, _filling])
        {
            foreach (var file in left?.Files ?? [])
                file.Directory.Release();
        }

        _own.Dispose();
        _work.Dispose();
    }

    // Ends the running batch, and starts the one that was filled meanwhile.
    private void Turn()
    {
        var done = _running;
        if (done is not null)
        {
            Measure(done, _own);
            done.Wait();
        }

        _running = null;
        if (_filling.Files.Count > 0)
        {
            (_running, _filling) = (_filling, new Batch());
            _current = _running;
            if (_threads.Count > 0)
                _ = _work.Release(_threads.Count);
        }

        if (done is not null)
            HandBack(done);
    }

    private static void HandBack(Batch batch)
    {
        foreach (var file in batch.Files)
            file.Directory.Release();
        if (batch.Failure is { } failure)
            throw new IntegrityException($"a file could not be measured: {failure.Message}");
        foreach (var file in batch.Files)
            file.Done(file.Result, file.Error);
    }

    private void Work()
    {
        using var meter = new Meter();
        while (true)
        {
            _work.Wait();
            if (_ends)
                return;
            if (_current is { } batch)
                Measure(batch, meter);
        }
    }

    private static void Measure(Batch batch, Meter meter)
    {
        while (true)
        {
            var index = Interlocked.Increment(ref batch.Taken) - 1;
            if (index >= batch.Files.Count)
                return;
            try
            {
                meter.Measure(batch.Files[index]);
            }
            catch (Exception failed) when (failed is IOException or InvalidOperationException or ArgumentException)
            {
                // A thread must not end the program: the walk tells it, when it comes to that batch.
                batch.Failure = failed;
                batch.Files[index].Error = Errno.EIO;
            }

            batch.OneMeasured();
        }
    }
}

namespace HyperSpector.Engine.Packs;

/// <summary>One at a time over all daemons of a machine, by flock(2).</summary>
internal sealed class CacheTurn : IDisposable
{
    private readonly FileStream _file;

    internal CacheTurn(string path, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                // FileShare.None is flock(LOCK_EX | LOCK_NB) in .NET; the kernel drops it when the holder dies.
                _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return;
            }
            catch (IOException) when (File.Exists(path))
            {
                _ = cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    public void Dispose() => _file.Dispose();
}

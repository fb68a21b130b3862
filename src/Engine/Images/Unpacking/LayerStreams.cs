using System.IO.Compression;
using System.Security.Cryptography;
using HyperSpector.Api.Site;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Images.Unpacking;

/// <summary>The stored layers as archives: checked against their digests before a byte is unpacked.</summary>
internal static class LayerStreams
{
    /// <summary>Opens a layer of the layout.</summary>
    /// <exception cref="ImageException">It is not what its digest says.</exception>
    internal static Stream Open(string layout, ImageLayerSpec layer)
    {
        var path = Path.Join(layout, "blobs/sha256", Digest.Parse(layer.Digest).Hex);
        var stored = File.OpenRead(path);
        try
        {
            if (stored.Length != layer.Size || Convert.ToHexStringLower(SHA256.HashData(stored)) != Digest.Parse(layer.Digest).Hex)
                throw new ImageException($"layer {layer.Digest} is not what its digest says: the layout is damaged");
            stored.Position = 0;
            return layer.Packing switch
            {
                LayerPacking.None => stored,
                LayerPacking.Gzip => new GZipStream(stored, CompressionMode.Decompress),
                _ => Unzstd(stored),
            };
        }
        catch
        {
            stored.Dispose();
            throw;
        }
    }

    // .NET has no zstd of its own. The program must be started now: later the file system is the image's.
    private static FileStream Unzstd(FileStream stored)
    {
        var program = Tool.Find("zstd") ?? throw new ImageException("a layer is compressed with zstd, which the host has not: apt-get install zstd");
        var (read, write) = Pipe.Create();
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        using (read)
        using (write)
        using (stored)
        {
            // It ends with its output, or with this VM.
            using var child = Spawn.Start(new SpawnRequest
            {
                Program = program,
                Arguments = ["--decompress", "--stdout", "--quiet"],
                Descriptors = [(0, stored.SafeFileHandle), (1, write), (2, nothing)],
            });
            return new FileStream(read.ProcPath, FileMode.Open, FileAccess.Read);
        }
    }
}

/// <summary>Hashes what is read through it.</summary>
internal sealed class HashingStream(Stream inner) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Reads what is left, and tells the digest of all.</summary>
    internal string Finish()
    {
        Span<byte> rest = stackalloc byte[16 * 1024];
        while (Read(rest) > 0)
        {
        }

        return $"sha256:{Convert.ToHexStringLower(_hash.GetHashAndReset())}";
    }

    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        _hash.AppendData(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

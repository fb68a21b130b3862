using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Cryptography;

namespace HyperSpector.Engine.Integrity.Signing;

/// <summary>
/// The base's part of accepting (docs/adr/0005). Of what the IDS VM wrote it takes 40 bytes at a fixed place, and understands none of
/// them: the digest that it signs stands for all the rest.
/// </summary>
public static class BaseSigner
{
    /// <summary>Makes a key pair; neither file may exist.</summary>
    public static void MakeKeys(string privatePath, string publicPath)
    {
        var key = Ed25519.Generate();
        Write(privatePath, FileMode.CreateNew, key, UnixFileMode.UserRead);
        Write(publicPath, FileMode.CreateNew, Ed25519.PublicKey(key), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <summary>Reads a key of either kind.</summary>
    public static byte[] ReadKey(string path)
    {
        using var file = File.OpenRead(path);
        var key = new byte[Ed25519.KeySize + 1];
        return file.ReadAtLeast(key, key.Length, throwOnEndOfStream: false) == Ed25519.KeySize
            ? key[..Ed25519.KeySize]
            : throw new IntegrityException($"{path}: a key has {Ed25519.KeySize} bytes; 'hyperspector-integrity keygen' makes a pair");
    }

    /// <summary>Accepts a candidate: adds a signed line to the base's list.</summary>
    /// <returns>The digest that was accepted, in hexadecimal digits.</returns>
    public static string Accept(string candidate, string log, string server, byte[] privateKey, (string By, string Reason, DateTimeOffset At) what)
    {
        var start = new byte[BaselineFormat.HeadLengthAt];
        // Whoever made it may have put a link or a FIFO there.
        using (var directory = Files.OpenDirectory(Path.GetDirectoryName(Path.GetFullPath(candidate))!))
        {
            var errno = Files.TryOpenUntrusted(directory, Path.GetFileName(candidate), out var file);
            using (file)
            {
                if (file is null || !FileStatus.Of(file).IsRegular || FileIo.ReadAt(file, start, 0) != start.Length
                    || !start.AsSpan().StartsWith(BaselineFormat.Magic))
                    throw new IntegrityException($"{candidate}: {(file is null ? $"cannot be opened ({errno})" : "is no baseline")}");
            }
        }

        var root = start.AsSpan(BaselineFormat.RootAt);
        Accept(root, log, server, privateKey, what);
        return Convert.ToHexStringLower(root);
    }

    /// <summary>Accepts the candidate that has a root digest, whoever says so: adds a signed line to the base's list.</summary>
    internal static void Accept(
        ReadOnlySpan<byte> root, string log, string server, byte[] privateKey, (string By, string Reason, DateTimeOffset At) what)
    {
        var known = File.Exists(log) ? File.ReadAllBytes(log) : [];
        var list = AcceptanceLog.Read(server, known, Ed25519.PublicKey(privateKey));
        Write(log, FileMode.Append, list.Accept(root, what.By, what.Reason, what.At, privateKey),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static void Write(string path, FileMode mode, byte[] bytes, UnixFileMode permissions)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = mode, Access = FileAccess.Write, UnixCreateMode = permissions });
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }
}

using HyperSpector.Linux.Calls;
using Microsoft.Win32.SafeHandles;

namespace HyperSpector.Linux.Cryptography;

/// <summary>
/// SHA-256 by libcrypto, which uses the processor's own instructions. Not .NET's: that loads libcrypto at run time, which a static
/// program cannot do. Used by one thread at a time, for one text after another.
/// </summary>
public sealed unsafe class Sha256 : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>Bytes of a digest.</summary>
    public const int Size = 32;

    private readonly nint _type;

    /// <summary>Makes a context, ready for the first text.</summary>
    public Sha256() : base(ownsHandle: true)
    {
        _type = LibCrypto.EVP_sha256();
        SetHandle(LibCrypto.EVP_MD_CTX_new());
        if (IsInvalid)
            throw new InsufficientMemoryException("EVP_MD_CTX_new: no memory");
        Restart();
    }

    /// <summary>Digest of one text.</summary>
    public static byte[] Of(params ReadOnlySpan<byte[]> parts)
    {
        using var hash = new Sha256();
        foreach (var part in parts)
            hash.Add(part);
        var digest = new byte[Size];
        hash.Finish(digest);
        return digest;
    }

    /// <summary>Takes more of the text.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) // SAFETY: libcrypto reads exactly bytes.Length bytes.
            Check(LibCrypto.EVP_DigestUpdate(handle, start, (nuint)bytes.Length), "EVP_DigestUpdate");
        GC.KeepAlive(this);
    }

    /// <summary>Ends the text and begins the next.</summary>
    public void Finish(Span<byte> digest)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(digest.Length, Size);
        fixed (byte* into = digest) // SAFETY: SHA-256 writes 32 bytes, which the check above has seen to.
            Check(LibCrypto.EVP_DigestFinal_ex(handle, into, null), "EVP_DigestFinal_ex");
        Restart();
        GC.KeepAlive(this);
    }

    private void Restart() => Check(LibCrypto.EVP_DigestInit_ex(handle, _type, 0), "EVP_DigestInit_ex");

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_MD_CTX_free(handle);
        return true;
    }

    private static void Check(int result, string call)
    {
        if (result != 1)
            throw new InvalidOperationException($"{call} failed");
    }
}

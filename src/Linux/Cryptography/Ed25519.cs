using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Cryptography;

/// <summary>Signatures by Ed25519 (RFC 8032), by libcrypto: .NET has none on Linux (docs/adr/0005).</summary>
public static unsafe class Ed25519
{
    /// <summary>Bytes of a private key and of a public one.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = 64;

    /// <summary>Makes a private key, of the kernel's random numbers (getrandom(2)).</summary>
    public static byte[] Generate()
    {
        var key = new byte[KeySize];
        // SAFETY: the kernel writes at most 32 bytes; up to 256 are never cut short once its pool is ready, for which it waits.
        fixed (byte* into = key)
        {
            if (LibC.syscall(LibC.SYS_getrandom, (long)into, KeySize, 0, 0, 0, 0) != KeySize)
                throw new KernelException("getrandom", KernelException.LastErrno);
        }

        return key;
    }

    /// <summary>The public key of a private one.</summary>
    public static byte[] PublicKey(ReadOnlySpan<byte> privateKey)
    {
        using var key = Key.Private(privateKey);
        var result = new byte[KeySize];
        nuint length = KeySize;
        // SAFETY: libcrypto writes at most the length that it is told.
        fixed (byte* into = result)
        {
            if (LibCrypto.EVP_PKEY_get_raw_public_key(key.Pointer, into, &length) != 1 || length != KeySize)
                throw new InvalidOperationException("EVP_PKEY_get_raw_public_key failed");
        }

        return result;
    }

    /// <summary>Signs.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> message)
    {
        using var key = Key.Private(privateKey);
        var signature = new byte[SignatureSize];
        nuint length = SignatureSize;
        var context = NewContext();
        try
        {
            // SAFETY: libcrypto reads message.Length bytes, and writes at most the length that it is told.
            fixed (byte* into = signature, data = message)
            {
                if (LibCrypto.EVP_DigestSignInit(context, null, 0, 0, key.Pointer) != 1
                    || LibCrypto.EVP_DigestSign(context, into, &length, data, (nuint)message.Length) != 1 || length != SignatureSize)
                    throw new InvalidOperationException("EVP_DigestSign failed");
            }
        }
        finally
        {
            LibCrypto.EVP_MD_CTX_free(context);
        }

        return signature;
    }

    /// <summary>Whether a signature is that of a message by the owner of a key.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeySize || signature.Length != SignatureSize)
            return false;
        using var key = Key.Public(publicKey);
        var context = NewContext();
        try
        {
            // SAFETY: libcrypto reads message.Length and SignatureSize bytes.
            fixed (byte* data = message, given = signature)
            {
                return LibCrypto.EVP_DigestVerifyInit(context, null, 0, 0, key.Pointer) == 1
                    && LibCrypto.EVP_DigestVerify(context, given, SignatureSize, data, (nuint)message.Length) == 1;
            }
        }
        finally
        {
            LibCrypto.EVP_MD_CTX_free(context);
        }
    }

    private static nint NewContext() =>
        LibCrypto.EVP_MD_CTX_new() is var context and not 0 ? context : throw new InsufficientMemoryException("EVP_MD_CTX_new: no memory");

    // An EVP_PKEY, freed exactly once by whoever made it.
    private readonly ref struct Key(nint pointer)
    {
        internal nint Pointer => pointer;

        internal static Key Private(ReadOnlySpan<byte> bytes)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, KeySize);
            fixed (byte* start = bytes) // SAFETY: 32 bytes, as checked; libcrypto copies them.
                return Made(LibCrypto.EVP_PKEY_new_raw_private_key(LibCrypto.EVP_PKEY_ED25519, 0, start, KeySize));
        }

        internal static Key Public(ReadOnlySpan<byte> bytes)
        {
            fixed (byte* start = bytes) // SAFETY: 32 bytes, as Verify has checked; libcrypto copies them.
                return Made(LibCrypto.EVP_PKEY_new_raw_public_key(LibCrypto.EVP_PKEY_ED25519, 0, start, KeySize));
        }

        private static Key Made(nint key) => key != 0 ? new Key(key) : throw new InvalidOperationException("EVP_PKEY_new failed");

        public void Dispose() => LibCrypto.EVP_PKEY_free(pointer);
    }
}

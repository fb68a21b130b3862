using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

// libcrypto 3 (openssl/evp.h, openssl/crypto.h). Functions return 1 for success, unless their name says what they return.
internal static unsafe partial class LibCrypto
{
    internal const string Library = "libcrypto.so.3";

    internal const int EVP_PKEY_ED25519 = 1087;
    internal const ulong OPENSSL_INIT_NO_LOAD_CONFIG = 0x80;

    // Never openssl.cnf: in a VM, who writes it could name a library to be loaded into whoever checks signatures.
    static LibCrypto() => _ = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, null);

    [LibraryImport(Library)]
    internal static partial int OPENSSL_init_crypto(ulong options, void* settings);

    [LibraryImport(Library)]
    internal static partial nint EVP_sha256();

    [LibraryImport(Library)]
    internal static partial nint EVP_MD_CTX_new();

    [LibraryImport(Library)]
    internal static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestInit_ex(nint context, nint type, nint engine);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestUpdate(nint context, byte* data, nuint length);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestFinal_ex(nint context, byte* digest, uint* length);

    [LibraryImport(Library)]
    internal static partial nint EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    internal static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    internal static partial int EVP_PKEY_get_raw_public_key(nint key, byte* into, nuint* length);

    [LibraryImport(Library)]
    internal static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestSignInit(nint context, nint* keyContext, nint type, nint engine, nint key);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestSign(nint context, byte* signature, nuint* signatureLength, byte* data, nuint length);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestVerifyInit(nint context, nint* keyContext, nint type, nint engine, nint key);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestVerify(nint context, byte* signature, nuint signatureLength, byte* data, nuint length);
}

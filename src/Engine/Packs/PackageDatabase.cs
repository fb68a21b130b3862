using System.Security.Cryptography;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Packs;

/// <summary>
/// What a layer of packages depends on: the packages below it. Two bases with the same dpkg database can share a layer; when the
/// base has been upgraded, the layer is fetched anew.
/// </summary>
internal static class PackageDatabase
{
    internal static string Fingerprint(BaseSpec lower)
    {
        // Nothing below it can change.
        if (lower.Image is { } image)
            return image.Manifest[^32..];
        var status = Path.Join(lower.Directory ?? "/", "var/lib/dpkg/status");
        if (!File.Exists(status))
        {
            throw new IOException(
                $"base {lower.Directory ?? "host"} has no dpkg database ({status}): packs with 'apt:' need a Debian or Ubuntu base");
        }

        using var file = File.OpenRead(status);
        return Convert.ToHexStringLower(SHA256.HashData(file))[..32];
    }
}

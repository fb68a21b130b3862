using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>
/// A hash over everything that a lower layer depends on, without reading file contents: names, modes, owners, sizes and times.
/// </summary>
internal sealed class Generation : IDisposable
{
    private const int Length = 16;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    internal Generation Add(string text)
    {
        _hash.AppendData(Encoding.UTF8.GetBytes(text));
        _hash.AppendData("\0"u8);
        return this;
    }

    internal Generation Add(byte[] bytes)
    {
        _hash.AppendData(bytes);
        return this;
    }

    /// <summary>A path and, for a directory, what is in it down to <paramref name="depth"/> levels.</summary>
    internal Generation AddTree(string hostRoot, string path, int depth, Func<string, bool>? except = null)
    {
        if (except is not null && except(path))
            return this;
        var status = NodeStatus.TryOf(hostRoot + path);
        if (status is null)
            return Add($"{path} absent");
        _ = Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{path} {status.Mode} {status.User} {status.Group} {status.Size} {status.ModifiedSeconds}.{status.ModifiedNanoseconds}"));
        if (!status.IsDirectory || depth == 0)
            return this;
        foreach (var entry in Directory.GetFileSystemEntries(hostRoot + path).Order(StringComparer.Ordinal))
            _ = AddTree(hostRoot, entry[hostRoot.Length..], depth - 1, except);
        return this;
    }

    /// <summary>The generation's name: letters and digits.</summary>
    internal string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset())[..Length];

    public void Dispose() => _hash.Dispose();
}

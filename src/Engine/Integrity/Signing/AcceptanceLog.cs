using System.Buffers;
using System.Text;
using System.Text.Json;
using HyperSpector.Linux.Cryptography;

namespace HyperSpector.Engine.Integrity.Signing;

/// <summary>
/// Who accepted which baseline, when and why: a file of lines, each the JSON of an <see cref="Acceptance"/>, a tab, and its signature in
/// hexadecimal digits (or a dash). Each line holds the digest of the one before: nothing can be taken out or put in. The last one says
/// which baseline counts.
/// </summary>
public sealed class AcceptanceLog
{
    /// <summary>Bytes of a log: some ten thousand acceptances.</summary>
    public const int MostBytes = 4 << 20;

    /// <summary>Characters of a name and of a reason.</summary>
    public const int MostText = 500;

    // Nothing else that the same key may ever sign begins so.
    private static ReadOnlySpan<byte> Context => "HyperSpector integrity acceptance 1\n"u8;

    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string _server;
    private readonly List<Acceptance> _entries = [];
    private byte[] _last = [];

    private AcceptanceLog(string server) => _server = server;

    /// <summary>From the first to the last.</summary>
    public IReadOnlyList<Acceptance> Entries => _entries;

    /// <summary>Reads a log, which may be empty.</summary>
    /// <param name="server">Whose it must be.</param>
    /// <param name="bytes">What the file holds.</param>
    /// <param name="publicKey">Whose signatures it must have; null: they are not looked at.</param>
    /// <exception cref="IntegrityException">Something in it was changed, or it is none.</exception>
    public static AcceptanceLog Read(string server, ReadOnlySpan<byte> bytes, byte[]? publicKey)
    {
        if (bytes.Length > MostBytes)
            throw new IntegrityException($"the list of acceptances is longer than {MostBytes >> 20} MiB");
        var log = new AcceptanceLog(server);
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
                throw log.Wrong("has no end");
            log.Add(bytes[..end], publicKey);
            bytes = bytes[(end + 1)..];
        }

        return log;
    }

    /// <summary>The line, with its end, that accepts a baseline after all that are there.</summary>
    /// <param name="root">The baseline's root digest.</param>
    /// <param name="by">Who.</param>
    /// <param name="reason">Why.</param>
    /// <param name="at">When.</param>
    /// <param name="privateKey">To sign with; null: the line is not signed.</param>
    public byte[] Accept(ReadOnlySpan<byte> root, string by, string reason, DateTimeOffset at, byte[]? privateKey)
    {
        if (by.Length is 0 or > MostText || reason.Length is 0 or > MostText)
            throw new IntegrityException($"who accepts and why must be told, in at most {MostText} characters each");
        var json = JsonSerializer.SerializeToUtf8Bytes(
            new Acceptance
            {
                Server = _server,
                Number = _entries.Count + 1,
                Root = Convert.ToHexStringLower(root),
                At = at,
                By = by,
                Reason = reason,
                Previous = Convert.ToHexStringLower(_last),
            },
            AcceptanceJson.Default.Acceptance);
        var signature = privateKey is null ? "-" : Convert.ToHexStringLower(Ed25519.Sign(privateKey, [.. Context, .. json]));
        return [.. json, (byte)'\t', .. Encoding.ASCII.GetBytes(signature), (byte)'\n'];
    }

    private void Add(ReadOnlySpan<byte> line, byte[]? publicKey)
    {
        var tab = line.IndexOf((byte)'\t');
        var json = tab < 0 ? line : line[..tab];
        Acceptance? entry = null;
        try
        {
            entry = tab < 0 ? null : JsonSerializer.Deserialize(json, AcceptanceJson.Default.Acceptance);
        }
        catch (JsonException)
        {
        }

        if (entry is not { Server: not null, Root: { Length: 64 } root, By: not null, Reason: not null, Previous: not null } || !IsHex(root))
            throw Wrong("cannot be read");
        if (publicKey is not null && !IsSigned(json, line[(tab + 1)..], publicKey))
            throw Wrong("is not signed with this host's key");
        if (entry.Server != _server || entry.Number != _entries.Count + 1 || entry.Previous != Convert.ToHexStringLower(_last))
            throw Wrong("does not belong there");
        _entries.Add(entry);
        _last = Sha256.Of(line.ToArray());
    }

    private static bool IsSigned(ReadOnlySpan<byte> json, ReadOnlySpan<byte> signature, byte[] publicKey)
    {
        var bytes = new byte[Ed25519.SignatureSize];
        return signature.Length == 2 * bytes.Length
            && Convert.FromHexString(signature, bytes, out _, out _) == OperationStatus.Done
            && Ed25519.Verify(publicKey, [.. Context, .. json], bytes);
    }

    private static bool IsHex(string text) => !text.AsSpan().ContainsAnyExcept(s_hexDigits);

    private IntegrityException Wrong(string what) =>
        new($"line {_entries.Count + 1} of the list of acceptances {what}; put back a copy, or begin anew with 'init'");
}

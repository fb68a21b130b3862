using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Engine.Integrity.Signing;

namespace HyperSpector.Engine.Integrity;

/// <summary>
/// The directory of one server's baselines: <c>baseline</c>, the <c>candidate</c> that nobody has accepted yet, <c>acceptances</c>. The
/// last acceptance says which of the two counts: a candidate becomes the baseline by that line, whoever writes it and wherever it is
/// kept, and is only then given its name.
/// </summary>
internal sealed class BaselineStore(StationSettings settings)
{
    private string BaselinePath => Path.Join(settings.State, "baseline");

    internal string CandidatePath => Path.Join(settings.State, "candidate");

    private string LogPath => settings.Log ?? Path.Join(settings.State, "acceptances");

    internal AcceptanceLog Log()
    {
        byte[] bytes = [];
        if (File.Exists(LogPath))
        {
            using var file = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);
            var most = new byte[AcceptanceLog.MostBytes + 1];
            bytes = most[..file.ReadAtLeast(most, most.Length, throwOnEndOfStream: false)];
        }

        return AcceptanceLog.Read(settings.Server, bytes, settings.PublicKey);
    }

    /// <summary>The baseline that counts.</summary>
    /// <exception cref="IntegrityException">There is none, or it is not the one that was accepted.</exception>
    internal Baseline Open()
    {
        if (Log().Entries is not [.., var last])
        {
            throw new IntegrityException(File.Exists(CandidatePath)
                ? $"{CandidatePath}: the baseline was not accepted yet; on the base: hyperspector-integrity sign"
                : $"{settings.State}: there is no baseline of {settings.Server}; make one with 'hyperspector-integrity init'");
        }

        return Name(last) ?? Named(last);
    }

    /// <summary>The baseline that counts while there is a newer candidate; null: nothing was accepted yet.</summary>
    internal Baseline? Accepted() => Log().Entries is [.., var last] ? Named(last) : null;

    // Gives a candidate that was accepted its name; null if it was not.
    private Baseline? Name(Acceptance last)
    {
        if (TryOpen(CandidatePath, last) is not { } candidate)
            return null;
        File.Move(CandidatePath, BaselinePath, overwrite: true);
        return candidate;
    }

    private Baseline Named(Acceptance last) =>
        TryOpen(BaselinePath, last) ?? throw new IntegrityException(
            $"{BaselinePath} is not the baseline that {last.By} accepted at {last.At:u}: put that one back, or make and accept a new one");

    /// <summary>Makes the candidate. One that was accepted and not given its name yet stays.</summary>
    /// <returns>Its root digest.</returns>
    internal byte[] WriteCandidate(BaselineBuilder builder, BaselineFacts facts)
    {
        if (Log().Entries is [.., var last])
            Name(last)?.Dispose();
        _ = Directory.CreateDirectory(settings.State, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var written = CandidatePath + ".new";
        byte[] root;
        using (var file = Create(written, FileMode.Create))
        {
            root = builder.Write(file, facts);
            file.Flush(flushToDisk: true);
        }

        File.Move(written, CandidatePath, overwrite: true);
        return root;
    }

    /// <summary>Accepts the candidate without a signature.</summary>
    internal void Accept(byte[] root, string by, string reason, DateTimeOffset at)
    {
        var line = Log().Accept(root, by, reason, at, privateKey: null);
        using (var file = Create(LogPath, FileMode.Append))
        {
            file.Write(line);
            file.Flush(flushToDisk: true);
        }

        Open().Dispose();
    }

    private static FileStream Create(string path, FileMode mode) => new(path, new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        BufferSize = 1 << 16,
    });

    // Null if it is another one, or not even one: what counts is whether the accepted one is there.
    private static Baseline? TryOpen(string path, Acceptance accepted)
    {
        if (!File.Exists(path))
            return null;
        var baseline = Baseline.Open(path);
        if (Convert.ToHexStringLower(baseline.RootDigest) == accepted.Root)
            return baseline;
        baseline.Dispose();
        return null;
    }
}

using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Doctor;

/// <summary>What several probes of one run share.</summary>
internal sealed class DoctorScene(HostPaths paths, string programs) : IDisposable
{
    private ThrowawayUserNamespace? _userNamespace;

    /// <summary>Where the host keeps its things.</summary>
    internal HostPaths Paths => paths;

    /// <summary>The directory that our programs are installed in.</summary>
    internal string Programs => programs;

    /// <summary>Root with CAP_SYS_ADMIN: what the daemon will be.</summary>
    internal bool IsRoot { get; } = HasPrivilege();

    /// <summary>A user namespace of 65,536 ids; made when first asked for.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal ThrowawayUserNamespace UserNamespace => _userNamespace ??= new ThrowawayUserNamespace();

    /// <summary>First line that a program prints about its version.</summary>
    internal static Finding Version(string program, params string[] arguments)
    {
        if (Tool.Find(program) is not { } path)
            return Finding.Missing("not installed");
        var result = Tool.Run(path, arguments, timeout: TimeSpan.FromSeconds(1));
        var line = (result.Output + result.Error).Split('\n', 2)[0].Trim();
        return result.Status.Succeeded ? Finding.Ok($"{path}: {line}") : Finding.Missing($"{path} does not work: {line} ({result.Status})");
    }

    /// <summary>The one line of a file of /proc or /sys; null when it cannot be read.</summary>
    internal static string? ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _userNamespace?.Dispose();

    private static bool HasPrivilege()
    {
        const int CAP_SYS_ADMIN = 21;
        var effective = ReadLine("/proc/self/status")?.Split('\n').FirstOrDefault(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        return effective is not null && (Convert.ToUInt64(effective[7..].Trim(), 16) & (1UL << CAP_SYS_ADMIN)) != 0;
    }
}

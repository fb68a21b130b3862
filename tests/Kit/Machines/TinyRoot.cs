using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Machines;

/// <summary>A root file system of a few programs, and others as asked for, copied from the host with the libraries they need.</summary>
public static class TinyRoot
{
    private static readonly string[] Programs =
        ["sh", "cat", "ls", "id", "echo", "rm", "mkdir", "ln", "stat", "touch", "printf", "sleep", "chmod", "mv", "true", "grep"];

    public static void Make(string directory, params IReadOnlyList<string> more)
    {
        foreach (var inner in (string[])["usr/bin", "etc", "proc", "sys", "dev", "tmp", "root"])
            _ = Directory.CreateDirectory($"{directory}/{inner}");
        _ = File.CreateSymbolicLink($"{directory}/bin", "usr/bin");
        File.WriteAllText($"{directory}/etc/passwd", "root:x:0:0::/root:/bin/sh\nguest:x:1234:1235::/tmp:/bin/sh\n");
        File.WriteAllText($"{directory}/etc/group", "root:x:0:\nguests:x:1235:\nextra:x:77:guest\n");
        foreach (var program in Programs.Concat(more))
        {
            var path = Tool.Find(program)!;
            Copy(path, $"{directory}/usr/bin/{program}");
            // "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)" and "/lib64/ld-linux-x86-64.so.2 (0x…)"
            foreach (var word in Tool.RunChecked("ldd", [path]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.StartsWith('/'))
                    Copy(word, directory + word);
            }
        }
    }

    private static void Copy(string from, string to)
    {
        if (File.Exists(to))
            return;
        _ = Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
    }
}

using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kernel.Integrity;

/// <summary>What somebody does in a server VM, or the distribution below it.</summary>
internal enum DeedKind
{
    Write, Append, Truncate, Mode, Owner, Attribute, HardLink, Rename, RenameDirectory, Delete, DeleteTree, DeleteAndMakeAgain, MakeDirectory, SymbolicLink,
    Fifo, Device, ReplaceByTheSame, SetTime, Exchange, Mount, Unmount, MountAgain, EmptyUpper, Upgrade,
}

/// <summary>One deed; the same deed always does the same.</summary>
internal sealed record Deed(DeedKind Kind, string Path, string Other, int Value)
{
    private static readonly string[] s_names = ["a", "b", "c"];

    internal static Deed Random(Random random, bool below)
    {
        // Mounts and upgrades are rarer: they widen the check, and would hide what else goes wrong.
        var kind = (DeedKind)random.Next((int)DeedKind.Mount);
        if (!below && random.Next(25) == 0)
            kind = (DeedKind)random.Next((int)DeedKind.Mount, (int)DeedKind.Upgrade + 1);
        return new Deed(kind, RandomPath(random), RandomPath(random), random.Next(1000));
    }

    /// <summary>Does it below a directory; what is not possible there is left out.</summary>
    internal void Do(string root)
    {
        var (path, other) = (root + Path, root + Other);
        try
        {
            var status = NodeStatus.TryOf(path);
            switch (Kind)
            {
                case DeedKind.Write when status is null or { IsRegular: true }:
                    File.WriteAllText(path, $"content {Value % 3}");
                    break;
                case DeedKind.Append when status is { IsRegular: true }:
                    File.AppendAllText(path, "more");
                    break;
                case DeedKind.Truncate when status is { IsRegular: true }:
                    using (var file = File.OpenWrite(path))
                        file.SetLength(Value % 4);
                    break;
                case DeedKind.Mode when status is { IsLink: false }:
                    Nodes.SetMode(path, Value % 2 == 0 ? 0x1EDu : 0x1C0u);
                    break;
                case DeedKind.Owner when status is not null:
                    Nodes.Own(path, (uint)Value % 3, (uint)Value % 2);
                    break;
                case DeedKind.Attribute when status is not null:
                    Nodes.SetAttribute(path, "trusted.hs-test", [(byte)(Value % 3)]);
                    break;
                case DeedKind.HardLink when status is { IsDirectory: false }:
                    Nodes.Link(path, other);
                    break;
                // Between file systems .NET copies, and would wait for a FIFO's writer.
                case DeedKind.Rename when status is { IsDirectory: false, IsFifo: false }:
                    File.Move(path, other, overwrite: true);
                    break;
                case DeedKind.Rename or DeedKind.RenameDirectory when status is { IsDirectory: true }:
                    Directory.Move(path, other);
                    break;
                case DeedKind.Delete when status is not null:
                    Delete(path, status, recursive: false);
                    break;
                case DeedKind.DeleteTree when status is not null:
                    Delete(path, status, recursive: true);
                    break;
                case DeedKind.DeleteAndMakeAgain when status is not null:
                    Delete(path, status, recursive: true);
                    _ = Directory.CreateDirectory(path);
                    break;
                case DeedKind.MakeDirectory when status is null:
                    _ = Directory.CreateDirectory(path);
                    break;
                case DeedKind.SymbolicLink when status is null:
                    // Never out of the tree: later deeds go through it.
                    Nodes.LinkTo(s_names[Value % 3], path);
                    break;
                case DeedKind.Fifo when status is null:
                    _ = Nodes.MakeFifo(path, 0x180);
                    break;
                case DeedKind.Device when status is null:
                    Nodes.MakeCharacterDevice(path, 1, (uint)(3 + (Value % 2)));
                    break;
                // Not onto a FIFO: it would wait for a reader.
                case DeedKind.ReplaceByTheSame when status is { IsRegular: true } && NodeStatus.TryOf(other) is null or { IsRegular: true }:
                    File.Copy(path, other, overwrite: true);
                    File.Move(other, path, overwrite: true);
                    break;
                case DeedKind.SetTime when status is not null:
                    Nodes.SetModified(path, Value);
                    break;
                case DeedKind.Exchange when status is { IsRegular: true } && NodeStatus.TryOf(other) is { IsRegular: true }:
                    File.Move(path, path + ".x", overwrite: true);
                    File.Move(other, path, overwrite: true);
                    File.Move(path + ".x", other, overwrite: true);
                    break;
                default:
                    break;
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // EXDEV, ENOTEMPTY, ENOENT of what is above …: the same in every run.
        }
    }

    public override string ToString() => $"{Kind} {Path} {Other} {Value}";

    private static void Delete(string path, NodeStatus status, bool recursive)
    {
        if (status.IsDirectory)
            Directory.Delete(path, recursive);
        else
            File.Delete(path);
    }

    private static string RandomPath(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "/" + s_names[random.Next(s_names.Length)]));
}

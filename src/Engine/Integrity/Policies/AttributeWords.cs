using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Integrity.Policies;

/// <summary>How attributes are written: AIDE's letters and groups, a word for each, and groups of the user's.</summary>
internal static class AttributeWords
{
    private const Attributes Permanent = Attributes.Mode | Attributes.Type | Attributes.Target | Attributes.Links | Attributes.User
        | Attributes.Group | Attributes.Device | Attributes.AnyExtended;

    private const Attributes Everything = Permanent | Attributes.Size | Attributes.Modified | Attributes.Changed | Attributes.Content;

    /// <summary>Word, meaning, what people are told of it. The first word of an attribute is what reports call it.</summary>
    internal static readonly IReadOnlyList<(string Word, Attributes Value, string Help)> All =
    [
        ("mode", Attributes.Mode, "permissions, with set-user-id, set-group-id and sticky"),
        ("p", Attributes.Mode, "AIDE's letter for mode"),
        ("type", Attributes.Type, "regular file, directory, link …"),
        ("ftype", Attributes.Type, "AIDE's word for type"),
        ("inode", Attributes.Inode, "inode number"),
        ("i", Attributes.Inode, "AIDE's letter for inode"),
        ("links", Attributes.Links, "hard links; not of directories"),
        ("n", Attributes.Links, "AIDE's letter for links"),
        ("user", Attributes.User, "owner"),
        ("u", Attributes.User, "AIDE's letter for user"),
        ("group", Attributes.Group, "the owner's group"),
        ("g", Attributes.Group, "AIDE's letter for group"),
        ("size", Attributes.Size, "bytes; not of directories"),
        ("s", Attributes.Size, "AIDE's letter for size"),
        ("mtime", Attributes.Modified, "last change of the content; the owner can set it"),
        ("m", Attributes.Modified, "AIDE's letter for mtime"),
        ("ctime", Attributes.Changed, "last change of anything; nobody can set it"),
        ("c", Attributes.Changed, "AIDE's letter for ctime"),
        ("sha256", Attributes.Content, "content of a regular file"),
        ("growing", Attributes.Growing, "content of a regular file that may grow: what it held must still be how it begins"),
        ("S", Attributes.Growing, "AIDE's letter for a size that grows; here the content is looked at, too"),
        ("target", Attributes.Target, "text of a symbolic link"),
        ("l", Attributes.Target, "AIDE's letter for target"),
        ("device", Attributes.Device, "number of a device node"),
        ("acl", Attributes.Acl, "access control lists"),
        ("caps", Attributes.Capability, "capabilities that a program gets"),
        ("xattrs", Attributes.Extended, "all other extended attributes"),
        ("R", Everything, "everything but inode: what is not to change"),
        ("full", Everything, "the same"),
        ("L", Permanent, "everything but content, size and times: what is written to"),
        ("log", Permanent | Attributes.Growing, "L and growing: logs"),
        (">", Permanent | Attributes.Growing, "the same, as AIDE writes it"),
        ("X", Attributes.AnyExtended, "acl, caps and xattrs"),
        ("E", Attributes.None, "nothing: only that it is there"),
    ];

    // What AIDE knows and we do not, with what to write instead.
    private static readonly Dictionary<string, string> Foreign = new(StringComparer.Ordinal)
    {
        ["a"] = "the views show no access times: nothing that is checked may notice it",
        ["b"] = "blocks depend on the layer that a file lies in; use 'size'",
        ["selinux"] = "use 'xattrs', which holds the label",
        ["e2fsattrs"] = "a view has no such attributes; use 'xattrs'",
        ["I"] = "use 'inode' or leave it out",
        ["H"] = "use 'sha256'",
        ["md5"] = "can be forged; use 'sha256'",
        ["sha1"] = "can be forged; use 'sha256'",
        ["rmd160"] = "use 'sha256'",
        ["tiger"] = "use 'sha256'",
        ["crc32"] = "can be forged; use 'sha256'",
        ["sha512"] = "use 'sha256'",
    };

    /// <summary>Reads <c>p+u+g</c>, <c>R-m-c</c>; null when something is wrong, which is reported.</summary>
    internal static Attributes? Read(SourceFile file, Node node, string what, IReadOnlyDictionary<string, Attributes> groups)
    {
        if (Values.Text(file, node, what) is not { } text)
            return null;
        var result = Attributes.None;
        var plus = true;
        foreach (var range in text.AsSpan().SplitAny('+', '-'))
        {
            var word = text[range].Trim();
            if (range.Start.Value > 0)
                plus = text[range.Start.Value - 1] == '+';
            if (Meaning(word, groups) is not { } value)
            {
                file.Report(node, Unknown(what, word, groups));
                return null;
            }

            result = plus ? result | value : result & ~value;
        }

        if ((result & Attributes.AnyContent) == Attributes.AnyContent)
        {
            file.Report(node, $"{what}: 'sha256' and 'growing' exclude each other; write e.g. R-sha256+growing, or log");
            return null;
        }

        if ((result & Attributes.Growing) != 0 && (result & (Attributes.Size | Attributes.Modified | Attributes.Changed)) != 0)
        {
            file.Report(node, $"{what}: what is 'growing' changes its size, mtime and ctime: leave these out, or write log");
            return null;
        }

        return result;
    }

    /// <summary>Whether a group of the user's may have that name.</summary>
    internal static bool IsTaken(string name) => All.Any(w => w.Word == name) || Foreign.ContainsKey(name);

    /// <summary>What reports call the attributes, in a fixed order.</summary>
    internal static IEnumerable<string> Names(Attributes attributes)
    {
        var told = Attributes.None;
        foreach (var (word, value, _) in All)
        {
            if (System.Numerics.BitOperations.IsPow2((uint)value) && (attributes & value) != 0 && (told & value) == 0)
            {
                told |= value;
                yield return word;
            }
        }
    }

    private static Attributes? Meaning(string word, IReadOnlyDictionary<string, Attributes> groups)
    {
        foreach (var (known, value, _) in All)
        {
            if (known == word)
                return value;
        }

        return groups.TryGetValue(word, out var group) ? group : null;
    }

    private static string Unknown(string what, string word, IReadOnlyDictionary<string, Attributes> groups)
    {
        if (word.Length == 0)
            return $"{what}: an attribute is missing beside '+' or '-'";
        if (Foreign.TryGetValue(word, out var instead))
            return $"{what}: attribute {Quoted.Text(word)} is not known here: {instead}";
        var known = All.Select(w => w.Word).Concat(groups.Keys).Where(w => w.Length > 1);
        var suggestion = Nearest.Suggest(word, known);
        return $"{what}: unknown attribute {Quoted.Text(word)}"
            + (suggestion.Length > 0 ? suggestion : "; docs/integrity.md lists them");
    }
}

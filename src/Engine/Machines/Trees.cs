using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines;

/// <summary>Removing directory trees that a VM may have filled.</summary>
internal static class Trees
{
    /// <summary>
    /// Removes a tree, if it exists. rm(1) does it: it never follows a link, leaves no mount's content touched, and copes with
    /// names that are no text and with any depth, where .NET's enumeration does not.
    /// </summary>
    internal static void Remove(string path)
    {
        if (NodeStatus.TryOf(path) is not null)
            _ = Tool.RunChecked("rm", ["-rf", "--one-file-system", "--", path], timeout: TimeSpan.FromMinutes(10));
    }
}

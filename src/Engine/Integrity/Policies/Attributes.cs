namespace HyperSpector.Engine.Integrity.Policies;

/// <summary>What of a file is recorded and compared. The numbers are part of the baseline's format.</summary>
[Flags]
public enum Attributes : uint
{
    /// <summary>Only that it is there.</summary>
    None = 0,

    /// <summary>Permissions, with set-user-id, set-group-id and sticky.</summary>
    Mode = 1,

    /// <summary>Regular file, directory, link …</summary>
    Type = 2,

    /// <summary>Inode number.</summary>
    Inode = 4,

    /// <summary>Hard links; not of directories.</summary>
    Links = 8,

    /// <summary>Owner.</summary>
    User = 0x10,

    /// <summary>Its group.</summary>
    Group = 0x20,

    /// <summary>Bytes; not of directories.</summary>
    Size = 0x40,

    /// <summary>Last change of the content, as somebody may have set it.</summary>
    Modified = 0x80,

    /// <summary>Last change of anything: nobody can set it.</summary>
    Changed = 0x100,

    /// <summary>Content of a regular file, by its SHA-256.</summary>
    Content = 0x200,

    /// <summary>Content of a regular file that only grows: what it held must still be how it begins.</summary>
    Growing = 0x400,

    /// <summary>Text of a symbolic link.</summary>
    Target = 0x800,

    /// <summary>Number of a device node.</summary>
    Device = 0x1000,

    /// <summary>Access control lists.</summary>
    Acl = 0x2000,

    /// <summary>The capabilities that a program gets.</summary>
    Capability = 0x4000,

    /// <summary>All other extended attributes.</summary>
    Extended = 0x8000,

    /// <summary>Those that are read by way of extended attributes.</summary>
    AnyExtended = Acl | Capability | Extended,

    /// <summary>Those for which a file is read.</summary>
    AnyContent = Content | Growing,
}

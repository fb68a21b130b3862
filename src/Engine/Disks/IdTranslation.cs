using System.Buffers.Binary;

namespace HyperSpector.Engine.Disks;

/// <summary>
/// Ids on disk are those of the server VM's range; the IDS VM is to see what the server VM sees. So ids of the one range become those of
/// the other, and the kernel takes each VM's range away again. Ids of neither range are nobody's.
/// </summary>
/// <param name="From">First id of the server VM's range.</param>
/// <param name="To">First id of the IDS VM's range.</param>
public readonly record struct IdTranslation(uint From, uint To)
{
    /// <summary>Ids in a range.</summary>
    public const uint Size = 65536;

    // What the kernel shows in the place of an id that is not mapped (/proc/sys/kernel/overflowuid).
    private const uint Nobody = 65534;

    // struct posix_acl_xattr_header and _entry: u32 version; then u16 tag, u16 permissions, u32 id each.
    private const int AclHeader = 4, AclEntry = 8, AclIdAt = 4;
    private const int ACL_USER = 0x02, ACL_GROUP = 0x08;

    // struct vfs_ns_cap_data: u32 magic and revision, four u32 of bits, u32 root id.
    private const int CapabilitySize3 = 24, RootIdAt = 20;
    private const uint VFS_CAP_REVISION_MASK = 0xFF000000, VFS_CAP_REVISION_3 = 0x03000000;

    /// <summary>The id that is shown.</summary>
    public uint Of(uint id) => id - From < Size ? To + (id - From) : To + Nobody;

    /// <summary>Translates the ids in an attribute's value, where it has any (acl(5), capabilities(7)).</summary>
    public void Translate(ReadOnlySpan<byte> attribute, Span<byte> value)
    {
        if (attribute.SequenceEqual("system.posix_acl_access"u8) || attribute.SequenceEqual("system.posix_acl_default"u8))
            TranslateAcl(value);
        else if (attribute.SequenceEqual("security.capability"u8))
            TranslateCapability(value);
    }

    private void TranslateAcl(Span<byte> value)
    {
        for (var at = AclHeader; at + AclEntry <= value.Length; at += AclEntry)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(value[at..]) is not (ACL_USER or ACL_GROUP))
                continue;
            var id = value[(at + AclIdAt)..];
            BinaryPrimitives.WriteUInt32LittleEndian(id, Of(BinaryPrimitives.ReadUInt32LittleEndian(id)));
        }
    }

    // We are in the initial user namespace: the kernel gives us revision 3 with the root id of the VM's range, whatever is on disk.
    private void TranslateCapability(Span<byte> value)
    {
        if (value.Length != CapabilitySize3
            || (BinaryPrimitives.ReadUInt32LittleEndian(value) & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3)
        {
            return;
        }

        var root = value[RootIdAt..];
        BinaryPrimitives.WriteUInt32LittleEndian(root, Of(BinaryPrimitives.ReadUInt32LittleEndian(root)));
    }
}

using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

// libbpf 1.x (bpf/libbpf.h, bpf/bpf.h). Functions return -errno, or null with errno set.
internal static unsafe partial class LibBpf
{
    internal const string Library = "libbpf.so.1";

    internal const int BPF_TC_INGRESS = 1;
    internal const int BPF_TC_EGRESS = 2;
    internal const uint BPF_TC_F_REPLACE = 1 << 0;

    /// <summary>struct bpf_tc_hook.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    internal struct TcHook
    {
        internal ulong Size;
        internal int Interface;
        internal int AttachPoint;
        internal uint Parent;
    }

    /// <summary>struct bpf_tc_opts.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 32)]
    internal struct TcOptions
    {
        internal ulong Size;
        internal int Program;
        internal uint Flags;
        internal uint ProgramId;
        internal uint Handle;
        internal uint Priority;
    }

    /// <summary>struct bpf_prog_info up to its name; the kernel fills as much as it is given room for.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 80)]
    internal struct ProgramInfo
    {
        [FieldOffset(4)] internal uint Id;
        [FieldOffset(52)] internal uint MapCount;
        [FieldOffset(56)] internal ulong MapIds;
    }

    /// <summary>struct bpf_map_info up to its name.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    internal struct MapInfo
    {
        [FieldOffset(4)] internal uint Id;
        [FieldOffset(12)] internal uint ValueSize;
        [FieldOffset(24)] internal fixed byte Name[16];
    }

    [LibraryImport(Library)]
    internal static partial void* libbpf_set_print(void* print);

    [LibraryImport(Library)]
    internal static partial int libbpf_num_possible_cpus();

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void* bpf_object__open_file(string path, void* options);

    [LibraryImport(Library)]
    internal static partial int bpf_object__load(void* bpfObject);

    [LibraryImport(Library)]
    internal static partial void bpf_object__close(void* bpfObject);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void* bpf_object__find_program_by_name(void* bpfObject, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void* bpf_object__find_map_by_name(void* bpfObject, string name);

    [LibraryImport(Library)]
    internal static partial int bpf_program__fd(void* program);

    [LibraryImport(Library)]
    internal static partial int bpf_map__fd(void* map);

    [LibraryImport(Library)]
    internal static partial int bpf_map__reuse_fd(void* map, int descriptor);

    [LibraryImport(Library)]
    internal static partial int bpf_map_update_elem(int descriptor, void* key, void* value, ulong flags);

    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_elem(int descriptor, void* key, void* value);

    [LibraryImport(Library)]
    internal static partial int bpf_map_get_fd_by_id(uint id);

    [LibraryImport(Library)]
    internal static partial int bpf_prog_get_fd_by_id(uint id);

    [LibraryImport(Library)]
    internal static partial int bpf_obj_get_info_by_fd(int descriptor, void* info, uint* length);

    [LibraryImport(Library)]
    internal static partial int bpf_prog_bind_map(int program, int map, void* options);

    [LibraryImport(Library)]
    internal static partial int bpf_tc_hook_create(TcHook* hook);

    [LibraryImport(Library)]
    internal static partial int bpf_tc_attach(TcHook* hook, TcOptions* options);

    [LibraryImport(Library)]
    internal static partial int bpf_tc_detach(TcHook* hook, TcOptions* options);

    [LibraryImport(Library)]
    internal static partial int bpf_tc_query(TcHook* hook, TcOptions* options);

    /// <summary>libbpf explains itself on stderr unless told not to; our errors are exceptions.</summary>
    internal static void Silence() => _ = libbpf_set_print(null);

    /// <summary>Throws for a negative result, which is -errno; else returns it.</summary>
    internal static int Check(int result, string call, string? subject = null) =>
        result >= 0 ? result : throw new KernelException(call, (Errno)(-result), subject);
}

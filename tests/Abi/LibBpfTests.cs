using System.Runtime.InteropServices;
using System.Text;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Abi;

/// <summary>
/// libbpf's structures. Those of the kernel grow at their end, and it fills as much as it is given room for: we declare their
/// beginning, and only offsets are compared.
/// </summary>
public sealed class LibBpfTests
{
    [Fact]
    public void Structures_ComparedWithHeaders_Agree()
    {
        var c = new StringBuilder("#include <stddef.h>\n#include <linux/bpf.h>\n#include <bpf/libbpf.h>\n");
        Size<LibBpf.TcHook>(c, "struct bpf_tc_hook");
        Offset<LibBpf.TcHook>(c, "struct bpf_tc_hook", nameof(LibBpf.TcHook.Interface), "ifindex");
        Offset<LibBpf.TcHook>(c, "struct bpf_tc_hook", nameof(LibBpf.TcHook.AttachPoint), "attach_point");
        Offset<LibBpf.TcHook>(c, "struct bpf_tc_hook", nameof(LibBpf.TcHook.Parent), "parent");
        Size<LibBpf.TcOptions>(c, "struct bpf_tc_opts");
        Offset<LibBpf.TcOptions>(c, "struct bpf_tc_opts", nameof(LibBpf.TcOptions.Program), "prog_fd");
        Offset<LibBpf.TcOptions>(c, "struct bpf_tc_opts", nameof(LibBpf.TcOptions.Flags), "flags");
        Offset<LibBpf.TcOptions>(c, "struct bpf_tc_opts", nameof(LibBpf.TcOptions.ProgramId), "prog_id");
        Offset<LibBpf.TcOptions>(c, "struct bpf_tc_opts", nameof(LibBpf.TcOptions.Handle), "handle");
        Offset<LibBpf.TcOptions>(c, "struct bpf_tc_opts", nameof(LibBpf.TcOptions.Priority), "priority");
        Offset<LibBpf.ProgramInfo>(c, "struct bpf_prog_info", nameof(LibBpf.ProgramInfo.Id), "id");
        Offset<LibBpf.ProgramInfo>(c, "struct bpf_prog_info", nameof(LibBpf.ProgramInfo.MapCount), "nr_map_ids");
        Offset<LibBpf.ProgramInfo>(c, "struct bpf_prog_info", nameof(LibBpf.ProgramInfo.MapIds), "map_ids");
        Offset<LibBpf.MapInfo>(c, "struct bpf_map_info", nameof(LibBpf.MapInfo.Id), "id");
        Offset<LibBpf.MapInfo>(c, "struct bpf_map_info", nameof(LibBpf.MapInfo.ValueSize), "value_size");
        Offset<LibBpf.MapInfo>(c, "struct bpf_map_info", nameof(LibBpf.MapInfo.Name), "name");
        KernelHeaders.AppendConstant(c, nameof(LibBpf.BPF_TC_INGRESS), LibBpf.BPF_TC_INGRESS);
        KernelHeaders.AppendConstant(c, nameof(LibBpf.BPF_TC_EGRESS), LibBpf.BPF_TC_EGRESS);
        KernelHeaders.AppendConstant(c, nameof(LibBpf.BPF_TC_F_REPLACE), LibBpf.BPF_TC_F_REPLACE);

        var complaints = Compiler.Check(c.ToString());

        Assert.True(complaints.Length == 0, complaints);
    }

    private static void Size<T>(StringBuilder c, string type) => c.Append(
        System.Globalization.CultureInfo.InvariantCulture,
        $"_Static_assert(sizeof({type}) == {Marshal.SizeOf<T>()}, \"size of {type}\");\n");

    private static void Offset<T>(StringBuilder c, string type, string ours, string theirs) => c.Append(
        System.Globalization.CultureInfo.InvariantCulture,
        $"_Static_assert(offsetof({type}, {theirs}) == {Marshal.OffsetOf<T>(ours)}, \"offset of {type}.{theirs}\");\n");
}

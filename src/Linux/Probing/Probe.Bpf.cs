using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Probing;

// bpf(2): what the mirror needs of eBPF, in its smallest form.
public static unsafe partial class Probe
{
    /// <summary>Loads a traffic-control program of two instructions.</summary>
    public static Errno TryBpfProgram()
    {
        const long BPF_PROG_LOAD = 5;
        const uint BPF_PROG_TYPE_SCHED_CLS = 3;
        // r0 = 0; exit. struct bpf_insn: opcode, registers, 16-bit offset, 32-bit immediate.
        var instructions = stackalloc ulong[2] { 0xb7, 0x95 };
        var license = "GPL\0"u8;
        fixed (byte* text = license)
        {
            var attributes = stackalloc ulong[16];
            new Span<ulong>(attributes, 16).Clear();
            attributes[0] = BPF_PROG_TYPE_SCHED_CLS | (2UL << 32); // prog_type, insn_cnt
            attributes[1] = (ulong)instructions;
            attributes[2] = (ulong)text;
            // SAFETY: the kernel reads the instructions, the license and 128 bytes of union bpf_attr.
            return Closed(LibC.syscall(LibC.SYS_bpf, BPF_PROG_LOAD, (long)attributes, 128, 0, 0, 0));
        }
    }

    /// <summary>Makes an array map that a program can map into its memory.</summary>
    public static Errno TryBpfMap()
    {
        const long BPF_MAP_CREATE = 0;
        const uint BPF_MAP_TYPE_ARRAY = 2;
        const uint BPF_F_MMAPABLE = 1 << 10;
        // map_type, key_size, value_size, max_entries, map_flags
        var attributes = stackalloc uint[32];
        new Span<uint>(attributes, 32).Clear();
        (attributes[0], attributes[1], attributes[2], attributes[3], attributes[4]) = (BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_MMAPABLE);
        // SAFETY: the kernel reads 128 bytes of union bpf_attr.
        return Closed(LibC.syscall(LibC.SYS_bpf, BPF_MAP_CREATE, (long)attributes, 128, 0, 0, 0));
    }
}

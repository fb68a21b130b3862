using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HyperSpector.Api.Site;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Network.Mirror;

// What a mirror leaves out (bpf/filter.bpf.h).
internal sealed partial class MirrorProgram
{
    private const string FilterMap = "hs_filter";
    private const string LeftOutMap = "hs_left_out";

    // Of Target.How: which of the two filters holds, counted from 1.
    private const int FilterAt = 8;

    /// <summary>What was not copied; the C structure of the same name.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LeftOut
    {
        internal ulong ByRule;
        internal ulong BySample;
        internal ulong Bytes;
        internal ulong Cut;
        internal ulong CutBytes;
    }

    /// <summary>
    /// Changes what is left out, unless it is so already. The filter that does not hold is written, then one word: each frame meets
    /// the old one or the new one. Which flows are in a sample stays, so that connections are whole over a change of rules.
    /// </summary>
    /// <param name="path">The object file.</param>
    /// <param name="name">The mirror's base end.</param>
    /// <param name="filter">Null: nothing is left out.</param>
    internal void Filter(string path, string name, FilterSpec? filter)
    {
        var target = _target.Read<Target>(0);
        var slot = target.How >> FilterAt;
        if (filter is null)
        {
            Use(target, 0);
            Cut(path, name, false);
            return;
        }

        var present = slot == 0 ? default : _filter.Read<FilterImage>(slot - 1);
        var image = FilterImage.Of(filter, slot == 0 ? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))) : present.Seed);
        if (image.Truncate > 0)
            Cut(path, name, true);
        if (slot == 0 || !BytesOf(ref image).SequenceEqual(BytesOf(ref present)))
        {
            var next = slot == 1 ? 2u : 1u;
            _filter.Write(next - 1, image);
            Use(target, next);
        }

        if (image.Truncate == 0)
            Cut(path, name, false);
    }

    /// <summary>The sum over all processors.</summary>
    internal LeftOut ReadLeftOut()
    {
        var sum = default(LeftOut);
        foreach (var one in _leftOut.ReadEach<LeftOut>(0))
        {
            sum.ByRule += one.ByRule;
            sum.BySample += one.BySample;
            sum.Bytes += one.Bytes;
            sum.Cut += one.Cut;
            sum.CutBytes += one.CutBytes;
        }

        return sum;
    }

    private static ReadOnlySpan<byte> BytesOf(ref FilterImage image) => MemoryMarshal.AsBytes(new ReadOnlySpan<FilterImage>(ref image));

    private void Use(Target target, uint slot)
    {
        var how = (target.How & ((1 << FilterAt) - 1)) | (slot << FilterAt);
        if (how != target.How)
            _target.Write(0, target with { How = how });
    }

    // A program of its own, and only there while something is cut: it would cost every copy otherwise.
    private void Cut(string path, string name, bool wanted)
    {
        var index = Interfaces.IndexOf(name);
        using var present = TrafficControl.Find(index, TrafficDirection.Egress, Only);
        if (wanted == present is not null)
            return;
        if (!wanted)
        {
            TrafficControl.Detach(index, TrafficDirection.Egress, Only);
            return;
        }

        using var loaded = Load(path);
        using var cut = loaded.Program("hs_cut");
        _ = TrafficControl.TryAttach(index, TrafficDirection.Egress, Only, cut);
    }
}

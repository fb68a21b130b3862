using System.Collections.Frozen;
using HyperSpector.Engine.Mediator.Syscalls;

namespace HyperSpector.Engine.Mediator;

/// <summary>
/// Every mediated call, by architecture and number. A call that is trapped and has no row gets ENOSYS: the filter and this table
/// come from different places, and a call that only one of them knows must not pass.
/// </summary>
internal sealed class SyscallTable
{
    private readonly FrozenDictionary<CallNumber, MediatedCall> _rows;

    internal SyscallTable(IEnumerable<MediatedCall> rows) =>
        _rows = rows.SelectMany(row => row.Numbers.Select(number => (number, row))).ToFrozenDictionary(r => r.number, r => r.row);

    /// <summary>The product's.</summary>
    internal static SyscallTable Standard { get; } = new([Socket.Row, SocketCall.Row]);

    internal MediatedCall? Find(in Notification call) =>
        _rows.GetValueOrDefault(new CallNumber(call.Architecture, call.Number));
}

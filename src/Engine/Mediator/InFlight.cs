using HyperSpector.Linux;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Mediator;

/// <summary>
/// The notification that is being answered, in memory that the keeper holds. The kernel never hands out a notification twice: if
/// the monitor were killed between receiving and answering, its caller would wait for ever. So the kernel writes it straight into
/// this page, which outlives the monitor, and the next one finds it there and answers. The keeper never looks inside.
/// </summary>
internal sealed class InFlight : IDisposable
{
    // What was found at the start moves to a place of its own, so that the next notification does not overwrite it: one
    // place per monitor that died badly in a row.
    private const int AbandonedLimit = 7;

    private readonly MappedPage _page;
    private readonly int _size = SeccompListener.Sizes.seccomp_notif;

    internal InFlight(MappedPage page)
    {
        if (_size * (AbandonedLimit + 1) > MappedPage.Size)
            throw new NotSupportedException($"the kernel's notifications have {_size} bytes");
        _page = page;
        if (Notification.TryParse(Current, out _))
        {
            var free = 1;
            while (free < AbandonedLimit && Notification.TryParse(Place(free), out _))
                free++;
            Current.CopyTo(Place(free));
        }

        // Also if it is none: the kernel refuses to receive into memory that is not zero.
        Current.Clear();
    }

    /// <summary>Where to receive; zeroed by whoever has answered.</summary>
    internal Span<byte> Current => Place(0);

    /// <summary>
    /// Answers what an earlier monitor left, if it came from this listener (ids are random 64-bit numbers per filter, so that no
    /// other listener takes the answer).
    /// </summary>
    internal int AnswerAbandoned(SeccompListener listener, Dispatcher dispatcher)
    {
        var answered = 0;
        for (var place = 1; place <= AbandonedLimit; place++)
        {
            if (!Notification.TryParse(Place(place), out var call))
                continue;
            var answer = dispatcher.Handle(call).ToResponse(call.Id);
            if (listener.TrySend(answer) != Errno.None)
                continue;
            Place(place).Clear();
            answered++;
        }

        return answered;
    }

    public void Dispose() => _page.Dispose();

    private Span<byte> Place(int number) => _page.Bytes.Slice(number * _size, _size);
}

using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>Waiting for what must come; the limit is for a machine under load, and only a broken promise takes that long.</summary>
internal static class Eventually
{
    internal static void Holds(string what, Func<bool> condition)
    {
        for (var i = 0; i < 600; i++)
        {
            if (condition())
                return;
            Thread.Sleep(100);
        }

        Assert.Fail($"not within a minute: {what}");
    }
}

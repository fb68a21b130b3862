using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Life;

/// <summary>Asks a published port from the client.</summary>
internal static class Web
{
    internal static bool Answers(TestHost host, int port)
    {
        for (var attempt = 0; attempt < 30; attempt++)
        {
            if (Get(host, port))
                return true;
            Thread.Sleep(100);
        }

        return false;
    }

    internal static bool Get(TestHost host, int port) => Get(host, $"{TestNetwork.BaseAddress4}:{port}");

    internal static bool Get(TestHost host, string address) =>
        host.InClient("curl", "-fsS", "-o", "/dev/null", "--max-time", "1", $"http://{address}/").Status.Succeeded;
}

using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>A host whose VMs root inside can have started anew, with what it has prepared for the runtime and for our mounts.</summary>
public sealed class RuntimeHost : IDisposable
{
    public const string Server = "turn";
    public const string Ids = "turnids";

    // Ends when it is told to; says first what lies where it begins, and far above that.
    private const string First =
        "cat .$SECRET ./secret ../../../../../../../../..$SECRET > /root/got 2>&1; pwd >> /root/got; rm -f /root/stop; while [ ! -e /root/stop ]; do sleep 0.1; done";

    public RuntimeHost()
    {
        Host = new TestHost();
        try
        {
            Secret = Scene.NewToken() + "-SECRET";
            SecretFile = $"/root/hyperspector-test-{Host.Name}";
            File.WriteAllText(SecretFile, Secret + "\n");
            Outside = Directory.CreateDirectory($"{Host.Prefix}/outside").FullName;
            Volume = Directory.CreateDirectory($"{Host.Prefix}/volume").FullName;
            File.WriteAllText($"{Volume}/mark", "the volume");
            var machine = $$"""
                base: host
                    run: [/bin/sh, -c, "{{First.Replace("$SECRET", SecretFile, StringComparison.Ordinal)}}"]
                    volumes: ["{{Volume}}:/srv/site/x"]
                    restart: always
                """;
            Host.Up($"servers:\n  {Server}:\n    {machine}\n    working_dir: /srv/work\nenvironments:\n  {Ids}:\n    watch: [{Server}]\n    {machine}\n");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TestHost Host { get; }

    public string Secret { get; } = "";

    public string SecretFile { get; } = "";

    /// <summary>A directory of the base to which nobody has given a VM a way.</summary>
    public string Outside { get; } = "";

    public string Volume { get; } = "";

    public void Dispose()
    {
        if (SecretFile.Length > 0)
            File.Delete(SecretFile);
        Host.Dispose();
    }
}

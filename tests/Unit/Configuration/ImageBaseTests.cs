using System.Text.Json.Nodes;
using HyperSpector.Tests.Kit.Images;
using Xunit;

namespace HyperSpector.Tests.Unit.Configuration;

/// <summary><c>base: oci:…</c>: what an image says by default, and what YAML says instead.</summary>
public sealed class ImageBaseTests : IDisposable
{
    private static readonly byte[] s_archive = LayoutWriter.Archive("bin/", "bin/server");
    private readonly Loading _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Server_OfAnImage_IsWhatTheImageSays()
    {
        Write();

        var machine = _files.Load("servers: {web: {base: \"oci:image:1.0\"}}").Site!.Servers["web"].Machine;

        Assert.Equal(["/bin/server", "--port", "80"], machine.Run);
        Assert.Equal("image", machine.Environment["MODE"]);
        Assert.Equal("1000:1000", machine.User);
        Assert.Equal("/srv", machine.WorkingDirectory);
        Assert.Equal("SIGQUIT", machine.StopSignal);
        Assert.Equal(Path.Join(_files.Root, "image"), machine.Base.Image!.Layout);
        Assert.Equal("1.0", machine.Base.Image.Tag);
    }

    [Fact]
    public void Server_OfAnImage_SaysOtherwise()
    {
        Write();

        var machine = _files.Load("""
            servers:
              web:
                base: oci:image
                run: [/bin/other]
                environment: {MODE: yaml, MORE: "1"}
                user: root
                working_dir: /tmp
                stop_signal: 15
            """).Site!.Servers["web"].Machine;

        Assert.Equal(["/bin/other"], machine.Run);
        Assert.Equal(["PATH=/bin", "MODE=yaml", "MORE=1"], machine.Environment.Select(e => $"{e.Key}={e.Value}"));
        Assert.Equal("root", machine.User);
        Assert.Equal("/tmp", machine.WorkingDirectory);
        Assert.Equal("SIGTERM", machine.StopSignal);
    }

    [Fact]
    public void Tag_ThatIsMissing_IsNamedWithThoseThereAre()
    {
        Write();
        Assert.Equal(
            ["hyperspector.yaml:1:23: base 'oci:image:1.1': there is no tag '1.1' in it; there are: '1.0'; did you mean '1.0'?"],
            _files.Problems("servers: {web: {base: \"oci:image:1.1\"}}"));
    }

    [Fact]
    public void Image_WithoutACommand_NeedsRun()
    {
        Write(config => config["config"] = new JsonObject());
        Assert.Equal(
            ["hyperspector.yaml:1:11: server 'web' needs 'run', its command line: its image names none"],
            _files.Problems("servers: {web: {base: \"oci:image\"}}"));
    }

    private void Write(Action<JsonObject>? change = null)
    {
        var writer = new LayoutWriter(Path.Join(_files.Root, "image"));
        var config = LayoutWriter.Config(s_archive);
        change?.Invoke(config);
        _ = writer.Add(writer.Blob(LayoutWriter.ManifestType, writer.Manifest(config, (LayoutWriter.LayerType, s_archive))), "1.0");
        writer.Finish();
    }
}

using HyperSpector.Engine.Machines.Bases;
using Xunit;

namespace HyperSpector.Tests.Unit.Machines;

public sealed class SkeletonTests : IDisposable
{
    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("hs-skeleton-");
    private readonly BasePolicy _policy = BasePolicy.Read(Path.Join(AppContext.BaseDirectory, "policy"));

    private string Host => $"{_scratch.FullName}/host";

    private string Target => $"{_scratch.FullName}/target";

    public void Dispose() => _scratch.Delete(recursive: true);

    [Fact]
    public void Build_RowsOfThePolicy_AreCopiedAndNothingElse()
    {
        Put("/etc/nginx/nginx.conf", "worker_processes 1;");
        Put("/etc/unknown.conf", "password");
        Put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n");
        Put("/etc/shadow", "root:$6$secret:1::::::");
        Put("/home/user/file", "private");
        Build();
        Assert.Equal("worker_processes 1;", File.ReadAllText(Target + "/etc/nginx/nginx.conf"));
        Assert.False(File.Exists(Target + "/etc/unknown.conf"));
        Assert.Empty(Directory.GetFileSystemEntries(Target + "/home"));
        Assert.Equal("root:*:19000:0:99999:7:::\nwww-data:*:19000:0:99999:7:::\n", File.ReadAllText(Target + "/etc/shadow"));
    }

    [Theory]
    [InlineData("/etc/nginx/site.key", "anything")]
    [InlineData("/etc/nginx/bundle.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n")]
    [InlineData("/etc/nginx/.htpasswd", "user:$apr1$")]
    [InlineData("/etc/apt/sources.list", "deb https://user:word@example.org/debian bookworm main")]
    [InlineData("/etc/apt/auth.conf", "machine example.org login a password b")]
    public void Build_Secrets_AreLeftOut(string path, string content)
    {
        Put(path, content);
        Build();
        Assert.False(Path.Exists(Target + path));
    }

    [Theory]
    [InlineData("/etc/nginx/site.pem", "-----BEGIN CERTIFICATE-----\n")]
    [InlineData("/etc/apt/sources.list", "deb https://example.org:8080/debian bookworm main\n# mail: a@example.org")]
    public void Build_WhatOnlyLooksLikeASecret_IsCopied(string path, string content)
    {
        Put(path, content);
        Build();
        Assert.Equal(content, File.ReadAllText(Target + path));
    }

    [Fact]
    public void Build_FileThatNotEverybodyMayRead_IsLeftOut()
    {
        Put("/etc/nginx/private.conf", "x", UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Put("/etc/nginx/closed/inner.conf", "x");
        File.SetUnixFileMode(Host + "/etc/nginx/closed", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Build();
        Assert.False(Path.Exists(Target + "/etc/nginx/private.conf"));
        Assert.False(Path.Exists(Target + "/etc/nginx/closed"));
    }

    [Fact]
    public void Build_Links_AreKeptAsLinks()
    {
        Put("/etc/nginx/nginx.conf", "x");
        _ = File.CreateSymbolicLink(Host + "/etc/nginx/secret", "/etc/shadow");
        _ = File.CreateSymbolicLink(Host + "/bin", "usr/bin");
        Build();
        Assert.Equal("/etc/shadow", new FileInfo(Target + "/etc/nginx/secret").LinkTarget);
        Assert.Equal("usr/bin", new FileInfo(Target + "/bin").LinkTarget);
    }

    [Fact]
    public void Build_PristineConffile_IsCopiedAndAChangedOneIsNot()
    {
        Put("/etc/init.d/same", "as shipped");
        Put("/etc/init.d/changed", "edited");
        Put("/var/lib/dpkg/status", $"Package: a\nConffiles:\n /etc/init.d/same {Conffiles.Md5("as shipped"u8.ToArray())}\n /etc/init.d/changed {new string('0', 32)}\nDescription: a\n");
        Build();
        Assert.True(File.Exists(Target + "/etc/init.d/same"));
        Assert.False(File.Exists(Target + "/etc/init.d/changed"));
    }

    [Fact]
    public void Build_DirectoryOfAPackage_IsThereAndEmpty()
    {
        Put("/var/lib/dpkg/info/nginx.list", "/.\n/var\n/var/log\n/var/log/nginx\n/usr/sbin/nginx\n");
        Put("/var/log/nginx/access.log", "visitors");
        Put("/var/log/other/file", "x");
        Build();
        Assert.Empty(Directory.GetFileSystemEntries(Target + "/var/log/nginx"));
        Assert.False(Path.Exists(Target + "/var/log/other"));
    }

    private void Build() => new Skeleton(_policy, Host, Target).Build([], ["/bin", "/usr"]);

    private void Put(string path, string content, UnixFileMode? mode = null)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(Host + path)!);
        File.WriteAllText(Host + path, content);
        File.SetUnixFileMode(Host + path, mode ?? UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }
}

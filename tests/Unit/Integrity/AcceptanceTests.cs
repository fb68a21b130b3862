using System.Text;
using HyperSpector.Engine.Integrity;
using HyperSpector.Engine.Integrity.Signing;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Cryptography;
using Xunit;

namespace HyperSpector.Tests.Unit.Integrity;

public sealed class AcceptanceTests : IDisposable
{
    private static readonly byte[] s_root = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private readonly byte[] _key = Ed25519.Generate();
    private readonly string _place = Directory.CreateTempSubdirectory("hyperspector-unit-").FullName;

    public void Dispose() => Directory.Delete(_place, recursive: true);

    // RFC 8032, 7.1, test 2.
    [Fact]
    public void Signature_OfTheStandardsExample_IsTheStandards()
    {
        var secret = Convert.FromHexString("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        var open = Convert.FromHexString("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        var signature = Convert.FromHexString("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
        Assert.Equal(open, Ed25519.PublicKey(secret));
        Assert.Equal(signature, Ed25519.Sign(secret, [0x72]));
        Assert.True(Ed25519.Verify(open, [0x72], signature));
        Assert.False(Ed25519.Verify(open, [0x73], signature));
    }

    [Fact]
    public void Log_OfSignedLines_TellsWhoWhenAndWhy()
    {
        var bytes = Lines(3);
        var log = AcceptanceLog.Read("web", bytes, Ed25519.PublicKey(_key));
        Assert.Equal([1, 2, 3], log.Entries.Select(e => e.Number));
        var last = log.Entries[^1];
        Assert.Equal(("admin", "upgrade 3", Convert.ToHexStringLower(s_root)), (last.By, last.Reason, last.Root));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(3), last.At);
    }

    [Fact]
    public void Log_WithAnythingChanged_IsRefused()
    {
        var bytes = Lines(3);
        var open = Ed25519.PublicKey(_key);
        for (var at = 0; at < bytes.Length; at += 7)
        {
            var bad = (byte[])bytes.Clone();
            bad[at] ^= 1;
            Assert.Throws<IntegrityException>(() => AcceptanceLog.Read("web", bad, open));
        }

        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        // A line in another's place, taken out, for another server, or of another key.
        Refused("web", $"{lines[1]}\n{lines[0]}\n", open);
        Refused("web", $"{lines[0]}\n{lines[2]}\n", open);
        Refused("db", $"{lines[0]}\n", open);
        Refused("web", $"{lines[0]}\n", Ed25519.PublicKey(Ed25519.Generate()));
        Refused("web", Encoding.UTF8.GetString(AcceptanceLog.Read("web", [], null).Accept(s_root, "a", "b", default, null)), open);
        Refused("web", lines[0], open);
    }

    [Fact]
    public void Signer_OfACandidate_SignsItsDigestAndNothingElse()
    {
        var (secret, open, candidate, log) = (At("secret"), At("open"), At("candidate"), At("log"));
        BaseSigner.MakeKeys(secret, open);
        var baseline = BaselineTests.Made();
        File.WriteAllBytes(candidate, baseline);
        var what = ("admin", "first", DateTimeOffset.UnixEpoch);
        var digest = BaseSigner.Accept(candidate, log, "web", BaseSigner.ReadKey(secret), what);
        Assert.Equal(Convert.ToHexStringLower(baseline[8..40]), digest);
        Assert.Equal(digest, AcceptanceLog.Read("web", File.ReadAllBytes(log), BaseSigner.ReadKey(open)).Entries.Single().Root);
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(secret));

        // What an IDS VM may have put there instead.
        File.CreateSymbolicLink(At("link"), candidate);
        Assert.Throws<IntegrityException>(() => BaseSigner.Accept(At("link"), log, "web", BaseSigner.ReadKey(secret), what));
        Assert.True(Nodes.MakeFifo(At("fifo"), 0x180));
        Assert.Throws<IntegrityException>(() => BaseSigner.Accept(At("fifo"), log, "web", BaseSigner.ReadKey(secret), what));
        File.WriteAllBytes(At("short"), baseline[..39]);
        Assert.Throws<IntegrityException>(() => BaseSigner.Accept(At("short"), log, "web", BaseSigner.ReadKey(secret), what));
        Assert.Throws<IntegrityException>(() => BaseSigner.ReadKey(candidate));
        Assert.Single(File.ReadAllLines(log));
    }

    private string At(string name) => Path.Join(_place, name);

    private static void Refused(string server, string text, byte[] publicKey) =>
        Assert.Throws<IntegrityException>(() => AcceptanceLog.Read(server, Encoding.UTF8.GetBytes(text), publicKey));

    private byte[] Lines(int count)
    {
        byte[] bytes = [];
        for (var i = 1; i <= count; i++)
            bytes = [.. bytes, .. AcceptanceLog.Read("web", bytes, null).Accept(s_root, "admin", $"upgrade {i}", DateTimeOffset.UnixEpoch.AddDays(i), _key)];
        return bytes;
    }
}

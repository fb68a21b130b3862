using Xunit;

namespace HyperSpector.Tests.Conformance.Packs;

/// <summary>
/// Unmodified scanners and checkers of files in an IDS VM: what is planted or changed in a server VM is an event that names the server and
/// the path, once, and nothing else is one. They find in the view what they find in a copy of it on a file system of their own.
/// </summary>
public sealed class FilePacksTests(FilePacksSite site) : IClassFixture<FilePacksSite>
{
    // The EICAR test file, in two parts: this source is no test file.
    private const string Eicar = @"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

    private const string Tools = "/opt/hyperspector/chkrootkit-tools:/usr/sbin:/usr/bin";

    [Fact]
    public void Yara_TellsEachFindingOnce_AndRulesOfTheUsersToo()
    {
        const string Broken = "YARA could not check: error: rule \"broken\" in /etc/yara/local/own.yar";
        Assert.Equal(0, site.Check("yara", "db"));
        // Links to what never ends, and to the IDS VM's own files, are not followed.
        site.Do("web", "mkdir /srv && ln -s /dev/zero /srv/zero && ln -s /etc /srv/etc && ln -s yara.txt /srv/link");
        site.Do("web", $"printf %s '{Eicar}' > /srv/yara.txt && cp /bin/true /tmp/program");
        Assert.Equal(1, site.Check("yara", "web"));
        site.WaitFor("yara", "web", "found eicar_test_file in /srv/yara.txt");

        // Of a rule that is none nothing else is known, and it is told once; what was found before is not told again afterwards.
        site.Do("edge", "mkdir -p /etc/yara/local && echo 'rule broken { condition: }' > /etc/yara/local/own.yar");
        Assert.Equal(2, site.Check("yara", "web"));
        Assert.Equal(2, site.Check("yara", "web"));
        site.Do("edge", "echo 'rule own { strings: $a = \"of my own\" condition: $a }' > /etc/yara/local/own.yar");
        site.Do("web", "echo of my own > /srv/own && echo '<?php system($_GET[\"c\"]);' > '/srv/a b.php'");
        Assert.Equal(1, site.Check("yara", "web"));
        site.WaitFor("yara", "web", "found php_web_shell in /srv/a b.php");

        string[] others = ["found program_in_a_temporary_directory in /tmp/program", "found own in /srv/own", "found php_web_shell in /srv/a b.php"];
        var told = site.Told("yara", "web").Where(t => t.Contains("yara", StringComparison.OrdinalIgnoreCase) || others.Contains(t)).ToList();
        Assert.StartsWith(Broken, Assert.Single(told, t => t.StartsWith("YARA", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(
            others.Append("found eicar_test_file in /srv/yara.txt").Order(StringComparer.Ordinal),
            told.Where(t => !t.StartsWith("YARA", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal([], site.Told("yara", "db"));
    }

    [Fact]
    public void ClamAV_TellsEachFindingOnce_AndThatItHasNoSignatures()
    {
        const string None = "there are no signatures in /var/lib/clamav: only the EICAR test file is found until freshclam has put them there (docs/packs.md)";
        Assert.Equal(2, site.Check("clamav", "db"));
        site.Do("web", $"printf %s '{Eicar}' > /home/clamav.txt");
        Assert.Equal(2, site.Check("clamav", "web"));
        site.WaitFor("clamav", "web", "found HyperSpector.Test.EICAR.UNOFFICIAL in /home/clamav.txt");

        var bytes = Convert.ToHexString("a worm that is in no database"u8);
        site.Do("edge", $"echo 'Own.Worm:0:*:{bytes}' > /var/lib/clamav/own.ndb");
        site.Do("web", "echo this is a worm that is in no database > '/home/a: b FOUND'");
        Assert.Equal(1, site.Check("clamav", "web"));
        site.WaitFor("clamav", "web", "found Own.Worm.UNOFFICIAL in /home/a: b FOUND");
        Assert.Equal(0, site.Check("clamav", "db"));

        Assert.Equal(1, site.Told("clamav", "web").Count(t => t.EndsWith("/home/clamav.txt", StringComparison.Ordinal)));
        Assert.Equal(None, Assert.Single(site.Told("clamav", "web"), t => !t.StartsWith("found", StringComparison.Ordinal)));
        Assert.Equal([None], site.Told("clamav", "db"));
    }

    [Fact]
    public void Chkrootkit_TellsEachFindingOnce_AndRunsNothingThatTheServerNames()
    {
        site.Do("web", "echo > /tmp/.bugtraq && for name in 'x$(touch here)' 'y`touch here`' 'a b'; do echo '#!/usr/bin/php' > \"/tmp/$name\"; done");
        Assert.Equal(1, site.Check("chkrootkit", "web"));
        site.WaitFor("chkrootkit", "web", "Possible Slapper Worm installed: /tmp/.bugtraq");
        site.Do("web", "mkdir -p /usr/bin && echo > /usr/bin/.etc");
        Assert.Equal(1, site.Check("chkrootkit", "web"));
        site.WaitFor("chkrootkit", "web", "The following known suspicious files were found: /usr/bin/.etc");
        var told = site.Told("chkrootkit", "web");
        Assert.Single(told, "Possible Slapper Worm installed: /tmp/.bugtraq");
        Assert.Single(told, "The following suspicious PHP files were found: /tmp/a b");
        // The check that came with the start.
        const string Findings = "/var/lib/hyperspector/chkrootkit/db/findings";
        Assert.Equal("", site.Do("edge", $"for i in $(seq 300); do [ ! -e {Findings} ] || break; sleep 0.2; done; cat {Findings}"));
        Assert.Equal([], site.Told("chkrootkit", "db"));

        Assert.Equal("", site.Do("edge", "find / /usr -xdev -name here"));
        // The name means something: without our find, it runs in the IDS VM.
        site.Do("edge", "HOME=/root SHELL=/bin/sh chkrootkit -q -r /.serverfs/web aliens; rm /usr/lib/chkrootkit/here");
        site.Do("web", "rm /tmp/x* /tmp/y*");
    }

    [Theory]
    [InlineData("aide", "AIDE")]
    [InlineData("tripwire", "Tripwire")]
    public void Checker_TellsEachDifferenceOnce_UntilItIsAccepted(string pack, string name)
    {
        site.WaitFor(pack, "web", $"{name}'s database was made of what is there now");
        site.Do("web", $"echo {pack} > /etc/{pack}.new && chmod 640 /etc/group");
        Assert.NotEqual(0, site.Check(pack, "web", "check"));
        site.WaitFor(pack, "web", $"added /etc/{pack}.new");
        site.Do("web", $"echo {pack} > /etc/{pack}.later");
        Assert.NotEqual(0, site.Check(pack, "web", "check"));
        site.WaitFor(pack, "web", $"added /etc/{pack}.later");
        Assert.Single(site.Told(pack, "web"), t => t.StartsWith($"added /etc/{pack}.new", StringComparison.Ordinal));
        Assert.Contains(site.Told(pack, "web"), t => t.StartsWith("changed /etc/group", StringComparison.Ordinal));

        Assert.Equal(0, site.Check(pack, "web", "accept"));
        Assert.DoesNotContain($"{pack}.new", site.Do("edge", $"/opt/hyperspector/{pack} check web"), StringComparison.Ordinal);
        Assert.Equal([$"{name}'s database was made of what is there now"], site.Told(pack, "db"));
    }

    [Fact]
    public void Integrity_TellsWhatDiffersFromTheAcceptedBaseline()
    {
        site.WaitFor("integrity", "web", "nothing is checked until somebody has said that its files are right: hyperspector integrity accept");
        Accept("freshly installed");
        site.Do("web", "echo changed >> /etc/passwd");
        site.WaitFor("integrity", "web", "changed /etc/passwd");
        site.Do("web", "echo > /etc/second");
        site.WaitFor("integrity", "web", "added /etc/second");
        Accept("ticket 17");
        site.Do("web", "echo more > /etc/more");
        site.WaitFor("integrity", "web", "added /etc/more");
        Assert.Single(site.Told("integrity", "web"), t => t.StartsWith("changed /etc/passwd", StringComparison.Ordinal));
        Assert.DoesNotContain("/etc/passwd", site.Do("edge", "cat /var/lib/hyperspector/integrity/web/report"), StringComparison.Ordinal);
        Assert.Equal([], site.Told("integrity", "db").Where(t => !t.StartsWith("nothing is checked", StringComparison.Ordinal)));

        var history = site.Host.Hyperspector("integrity", "history", "edge", "--server", "web").Output;
        Assert.Matches("(?s)freshly installed.*ticket 17", history);

        void Accept(string reason)
        {
            var result = site.Host.Hyperspector("integrity", "accept", "edge", "--server", "web", "--reason", reason);
            Assert.True(result.Status.Succeeded, result.Output + result.Error);
        }
    }

    [Fact]
    public void Scanners_InTheView_FindWhatTheyFindInACopy()
    {
        site.Do("web", $"printf %s '{Eicar}' > /root/eicar && cp /bin/ls /var/tmp/ls && echo > /tmp/.unlock");
        site.Do("edge", "cp -a /.serverfs/web /root/copy");
        // chkrootkit writes to /proc, which is no file system of this kind in a server.
        site.Do("edge", "rm -r /root/copy/proc");
        foreach (var scan in (string[])
            [
                "yara -r -N -w /etc/yara/hyperspector.yar ROOT", "yara -r -N -w /etc/yara/temporary.yar ROOT",
                "clamscan -r -i --no-summary --follow-file-symlinks=0 --database=/etc/clamav/hyperspector.ndb ROOT",
                $"HOME=/root SHELL=/bin/sh chkrootkit -q -p {Tools} -r ROOT aliens slapper",
            ])
        {
            var here = Found(scan, "/root/copy");
            var there = Found(scan, "/.serverfs/web");
            Assert.Contains(here, line => line.Contains("ROOT/", StringComparison.Ordinal));
            Assert.Equal(here.Except(there), there.Except(here));
        }

        string[] Found(string scan, string root) =>
            site.Do("edge", $"{{ {scan.Replace("ROOT", root, StringComparison.Ordinal)} 2>/dev/null; true; }}").Replace(root, "ROOT", StringComparison.Ordinal)
                .Split('\n');
    }

    [Theory]
    [InlineData("aide", "check")]
    [InlineData("chkrootkit")]
    [InlineData("clamav")]
    [InlineData("integrity", "full")]
    [InlineData("tripwire", "check")]
    [InlineData("yara")]
    public void Command_OfAServerThatHasEnded_SaysNotNow(string pack, params string[] mode)
    {
        var result = site.Host.Exec("edge", [$"/opt/hyperspector/{pack}", .. mode, "ended"]);
        Assert.Equal((FilePacksSite.NotNow, "ended does not run: there is nothing in /.serverfs/ended\n"), (result.Status.ShellCode, result.Output));
        Assert.Equal([], site.Told(pack, "ended"));
    }
}

using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Packs;

/// <summary>What runs as the first process of a throw-away build VM: the distribution's package manager, and nothing after it.</summary>
internal static class FetchScript
{
    /// <summary>The command line. Values travel as arguments, never inside the script's text.</summary>
    internal static IReadOnlyList<string> For(AptSpec apt) =>
        ["/bin/sh", "-c", Text, "fetch", apt.Suite ?? "", .. apt.Packages];

    // policy-rc.d (Debian Policy 9.3.3.1, invoke-rc.d(8)): 101 forbids maintainer scripts to start services.
    // The further suite is asked of the mirror that the base itself uses. Lists that cannot be fetched (a third party's, say)
    // only matter if the packages are then not found, which apt-get install reports.
    private const string Text = """
        set -eu
        suite=$1; shift
        export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
        mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial /var/log/apt /tmp /etc/apt/sources.list.d
        chmod 1777 /tmp
        update() { apt-get -q -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root update || true; }
        update
        if [ -n "$suite" ]; then
          # indextargets tells of fetched lists only.
          mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E 'debian/?$|ubuntu/?$' | head -n 1)
          [ -n "$mirror" ] || { echo "the base's apt sources name no mirror of the distribution" >&2; exit 1; }
          printf 'deb %s %s main\n' "$mirror" "$suite" > /etc/apt/sources.list.d/hyperspector-suite.list
          update
        fi
        apt-get -q -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root install -y --no-install-recommends ${suite:+-t "$suite"} "$@"
        apt-get clean
        rm -rf /usr/sbin/policy-rc.d /etc/apt/sources.list.d/hyperspector-suite.list /var/lib/apt/lists/* /tmp/* /var/log/apt
        """;
}

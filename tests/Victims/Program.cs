using System.Globalization;
using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Sandbox;
using HyperSpector.Tests.Victims;

// Program POLICY: tries everything once without the policy (the native control) and once under it; one line each:
// attempt, errno before, errno after. What a policy must stop, and what it must let through.
if (args is not [var path])
    return 2;
using var file = Files.OpenRead(path);
var policy = SeccompPolicy.Load(file);
Privileges.NoNewPrivileges();
var before = Run();
// The second time, everything that running and telling needs has been loaded and compiled: under the policy nothing can be.
Attempts.Say(Tell(before, Run())[..0]);
policy.Apply();
Attempts.Say(Tell(before, Run()));
return 0;

static int[] Run()
{
    var results = new int[Attempts.All.Count];
    for (var i = 0; i < results.Length; i++)
        results[i] = Attempts.All[i].Try();
    return results;
}

static string Tell(int[] before, int[] after)
{
    var text = new StringBuilder();
    for (var i = 0; i < before.Length; i++)
        _ = text.Append(CultureInfo.InvariantCulture, $"{Attempts.All[i].Name} {before[i]} {after[i]}\n");
    return text.ToString();
}

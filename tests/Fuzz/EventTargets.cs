using System.Text;
using CsCheck;
using HyperSpector.Engine.Events;
using Xunit;

namespace HyperSpector.Tests.Fuzz;

/// <summary>What an IDS VM writes.</summary>
public class EventTargets
{
    private static readonly byte[] s_alert = Encoding.UTF8.GetBytes(
        """{"timestamp":"2026-11-24T03:41:33.002305+0000","flow_id":1415869982003928,"in_iface":"mon0","event_type":"alert","src_ip":"10.0.0.1","src_port":42844,"dest_ip":"10.0.0.3","dest_port":80,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":8200001,"rev":1,"signature":"path traversal é","category":"","severity":1}}""");

    private static readonly byte[] s_flow = Encoding.UTF8.GetBytes("""{"timestamp":"2026-11-24T03:41:33+0000","event_type":"flow","flow":{"pkts_toserver":[1,[2,[3]]]}}""");

    [Fact]
    public void EveParser_AnyLine_IsBoundedAndNeverThrows() => Corpus.Around(600, s_alert, s_flow).Sample(
        line =>
        {
            var verdict = EveParser.Parse(line, out var alert);
            if (verdict != EveVerdict.Alert)
                return;
            Assert.True(alert.Signature.Length <= EventLimits.OutputLine);
            Assert.True(alert.SeverityName is "high" or "medium" or "low" or "info");
        },
        iter: Corpus.Iterations(200_000));

    [Fact]
    public void EveParser_DeepNesting_IsRefused()
    {
        var deep = Encoding.UTF8.GetBytes("{\"event_type\":\"alert\",\"x\":" + new string('[', 100_000));

        Assert.NotEqual(EveVerdict.Alert, EveParser.Parse(deep, out _));
    }
}

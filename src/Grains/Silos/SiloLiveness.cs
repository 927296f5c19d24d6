using Krewe.Abstractions.Errors;
using Krewe.Client.Control;
using Krewe.Grains.Interfaces.Nodes;
using SiloStatus = Orleans.Runtime.SiloStatus;

namespace Krewe.Grains.Silos;

/// <summary>
/// Checks whether silos are alive. A silo that was just killed is listed as active until others have missed its answers, so the check waits
/// for that verdict instead of trusting the table.
/// </summary>
internal sealed class SiloLiveness(
    IClusterMembershipService membership, IGrainFactory grains, GrainCalls calls, LocalNode local, TimeProvider time)
{
    private static readonly TimeSpan VerdictTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>The silos that are alive, as addresses with their generation.</summary>
    public async Task<HashSet<string>> FindLivingAsync(IEnumerable<string> silos)
    {
        var asked = silos.Distinct(StringComparer.Ordinal).ToArray();
        var answers = await Task.WhenAll(asked.Select(IsAliveAsync));
        return [.. asked.Where((_, i) => answers[i])];
    }

    private async Task<bool> IsAliveAsync(string text)
    {
        var silo = SiloAddress.FromParsableString(text);
        if (silo.Equals(local.Address))
        {
            return true;
        }

        var start = time.GetTimestamp();
        while (StatusOf(silo) is not SiloStatus.Dead)
        {
            await membership.Refresh();
            if (StatusOf(silo) is SiloStatus.Dead or SiloStatus.None)
            {
                return false;
            }

            // If no member declares it dead, it counts as alive; the crash is recorded at the next load.
            if (await AnswersAsync(text) || time.GetElapsedTime(start) > VerdictTimeout)
            {
                return true;
            }

            await Task.Delay(Pause, time);
        }

        return false;
    }

    private SiloStatus StatusOf(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo);

    private async Task<bool> AnswersAsync(string silo)
    {
        try
        {
            await calls.AskSiloBrieflyAsync(
                silo, () => grains.GetGrain<INodeGrain>(silo).ReportAsync(new NodeReportRequest(long.MaxValue, long.MaxValue)),
                CancellationToken.None);
            return true;
        }
        catch (KreweException)
        {
            return false;
        }
    }
}

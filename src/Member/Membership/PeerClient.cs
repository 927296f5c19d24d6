using Orleans.Runtime.Services;

namespace Krewe.Member.Membership;

/// <summary>Probes other members, from here and through witnesses. Never throws.</summary>
internal sealed class PeerClient(IServiceProvider services, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time)
    : GrainServiceClient<IPeerService>(services)
{
    // As many as Orleans uses to probe a member.
    private const int MaxWitnesses = 10;

    /// <summary>Probes a member from here.</summary>
    public async Task<PeerState> ProbeAsync(SiloAddress silo)
    {
        var state = await EndpointProbe.ConnectAsync(silo.Endpoint, time, CancellationToken.None);
        return state == PeerState.Listening && await PingAsync(silo) ? PeerState.Answering : state;
    }

    /// <summary>Probes a member through other members; returns the results that arrive within the limit.</summary>
    public async Task<IReadOnlyList<PeerState>> ProbeFromOthersAsync(SiloAddress silo, TimeSpan limit)
    {
        var asked = membership.CurrentSnapshot.Members.Values
            .Where(static member => member.Status is SiloStatus.Active or SiloStatus.Joining)
            .Select(static member => member.SiloAddress)
            .Where(member => !member.Equals(self.SiloAddress) && !member.Equals(silo))
            .OrderBy(static _ => Random.Shared.Next())
            .Take(MaxWitnesses)
            .Select(member => AskAsync(member, silo));
        using var timeout = new CancellationTokenSource(limit, time);
        var answers = new List<PeerState>();
        try
        {
            await foreach (var asking in Task.WhenEach(asked).WithCancellation(timeout.Token))
            {
                if (await asking is { } answer)
                {
                    answers.Add(answer);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Members without an answer are not counted.
        }

        return answers;
    }

    private async Task<PeerState?> AskAsync(SiloAddress witness, SiloAddress silo)
    {
        try
        {
            return await GetGrainService(witness).ProbeAsync(silo);
        }
        catch (Exception)
        {
            return null;
        }
    }

    private async Task<bool> PingAsync(SiloAddress silo)
    {
        try
        {
            await GetGrainService(silo).PingAsync();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }
}

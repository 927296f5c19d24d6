using Orleans.Runtime.Services;

namespace Krewe.Member.Membership;

/// <summary>Looks at other members, from here and through the eyes of the rest. Nothing here throws.</summary>
internal sealed class PeerClient(IServiceProvider services, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time)
    : GrainServiceClient<IPeerService>(services)
{
    // As many as the engine has probe one member.
    private const int MostWitnesses = 10;

    /// <summary>What this member sees of another.</summary>
    public async Task<PeerState> LookAsync(SiloAddress silo)
    {
        var state = await EndpointProbe.ConnectAsync(silo.Endpoint, time, CancellationToken.None);
        return state == PeerState.Listening && await PingAsync(silo) ? PeerState.Answering : state;
    }

    /// <summary>What others see of a member: of those asked, the ones that answer within the limit.</summary>
    public async Task<IReadOnlyList<PeerState>> AskOthersAsync(SiloAddress silo, TimeSpan limit)
    {
        var asked = membership.CurrentSnapshot.Members.Values
            .Where(static member => member.Status is SiloStatus.Active or SiloStatus.Joining)
            .Select(static member => member.SiloAddress)
            .Where(member => !member.Equals(self.SiloAddress) && !member.Equals(silo))
            .OrderBy(static _ => Random.Shared.Next())
            .Take(MostWitnesses)
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
            // Those who have not answered are no witnesses.
        }

        return answers;
    }

    private async Task<PeerState?> AskAsync(SiloAddress witness, SiloAddress silo)
    {
        try
        {
            return await GetGrainService(witness).LookAsync(silo);
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

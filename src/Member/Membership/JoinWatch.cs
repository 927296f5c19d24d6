using Microsoft.Extensions.Logging;

namespace Krewe.Member;

/// <summary>
/// Keeps what crashed before from holding up who joins now. A joining member must reach all that the table calls active; after a
/// crash of everything those may be gone, and nobody is left to say so. Until this member is active, it looks itself: a member
/// whose machine refuses connections is dead; so is one that cannot be reached and has not written its sign of life for
/// <see cref="SilenceForProof"/>, while the database could be read all the time.
/// </summary>
internal sealed partial class JoinWatch(
    IMembershipTable table, ILocalSiloDetails self, DeathWatch deaths, TimeProvider time, ILogger<JoinWatch> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Four signs of life missed, see <see cref="MemberTiming"/>.</summary>
    private static readonly TimeSpan SilenceForProof = 4 * MemberTiming.SignOfLifeInterval;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(1);

    private readonly Dictionary<SiloAddress, (DateTime LastSign, long Since)> signs = [];

    public void Participate(ISiloLifecycle lifecycle)
    {
        var stop = new CancellationTokenSource();
        var watching = Task.CompletedTask;
        lifecycle.Subscribe(
            nameof(JoinWatch),
            ServiceLifecycleStage.ValidateInitialConnectivity - 1,
            async cancellationToken =>
            {
                await LookAsync(cancellationToken);
                watching = Task.Run(() => WatchAsync(stop.Token), CancellationToken.None);
            },
            _ => stop.CancelAsync());
        lifecycle.Subscribe(
            nameof(JoinWatch),
            ServiceLifecycleStage.Active,
            async _ =>
            {
                await stop.CancelAsync();
                await watching;
            },
            _ => Task.CompletedTask);
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await LookAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var members = await table.ReadAllAsync(cancellationToken);
            await Task.WhenAll(members.Members
                .Select(member => member.Item1)
                .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Endpoint.Equals(self.SiloAddress.Endpoint))
                .Select(member => JudgeAsync(member, SilentFor(member), cancellationToken)));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // What was not seen does not count as silence.
            signs.Clear();
            LogLookFailed(error);
        }
    }

    private TimeSpan SilentFor(MembershipEntry member)
    {
        if (!signs.TryGetValue(member.SiloAddress, out var seen) || seen.LastSign < member.IAmAliveTime - MemberTiming.SignOfLifeInterval / 2)
        {
            signs[member.SiloAddress] = seen = (member.IAmAliveTime, time.GetTimestamp());
        }

        return time.GetElapsedTime(seen.Since);
    }

    private async Task JudgeAsync(MembershipEntry member, TimeSpan silent, CancellationToken cancellationToken)
    {
        if (!await deaths.CheckAsync(member.SiloAddress) && silent > SilenceForProof
            && await EndpointProbe.AskAsync(member.SiloAddress.Endpoint, AttemptLimit, time, cancellationToken) == EndpointState.Silent)
        {
            deaths.Declare(member.SiloAddress, "it cannot be reached and has given no sign of life while this member joins");
        }
    }
}

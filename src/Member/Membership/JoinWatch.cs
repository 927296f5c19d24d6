namespace Krewe.Member.Membership;

/// <summary>
/// Keeps crashed members from delaying a join. Orleans makes a joining member reach all members that are listed as active, and takes half a
/// minute to detect that some are dead. Until this member is active, it checks the others itself.
/// </summary>
internal sealed class JoinWatch(IClusterMembershipService membership, ILocalSiloDetails self, DeathWatch deaths, TimeProvider time)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public void Participate(ISiloLifecycle lifecycle)
    {
        var stop = new CancellationTokenSource();
        var watching = Task.CompletedTask;
        lifecycle.Subscribe(
            nameof(JoinWatch),
            ServiceLifecycleStage.ValidateInitialConnectivity - 1,
            _ =>
            {
                watching = Task.Run(() => WatchAsync(stop.Token), CancellationToken.None);
                return Task.CompletedTask;
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
            static _ => Task.CompletedTask);
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                foreach (var member in membership.CurrentSnapshot.Members.Values.Where(MayHoldUp))
                {
                    _ = deaths.CheckAsync(member.SiloAddress, orSilent: true);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private bool MayHoldUp(ClusterMember member) =>
        member.Status == SiloStatus.Active && !member.SiloAddress.Endpoint.Equals(self.SiloAddress.Endpoint);
}

namespace Krewe.Access.Limits.Leases;

/// <summary>The <see cref="ShareBook"/> of the cluster. After it has moved it learns from the processes what they hold.</summary>
[GrainType("krewe.limit")]
internal sealed class LimitGrain(TimeProvider time) : Grain, ILimitGrain
{
    private readonly ShareBook shares = new(time);

    public Task<LimitLeases> LeaseAsync(LimitPoll poll) => Task.FromResult(shares.Lease(poll));
}

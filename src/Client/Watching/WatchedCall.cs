using Krewe.Client.Endpoints;

namespace Krewe.Client.Watching;

/// <summary>A call under way that is being watched. Its caller disposes it when it ends.</summary>
internal sealed class WatchedCall : IDisposable
{
    private readonly CallWatch watch;
    private readonly CancellationTokenSource giveUp;
    private readonly Lock gate = new();
    private bool hasEnded;

    public WatchedCall(CallWatch watch, ReplicaEndpoint endpoint, long id, long begunAt, CancellationToken caller)
    {
        (this.watch, Endpoint, Channel, Id, BegunAt, CheckedAt) = (watch, endpoint, endpoint.Channel, id, begunAt, begunAt);
        giveUp = CancellationTokenSource.CreateLinkedTokenSource(caller);
        Token = giveUp.Token;
    }

    public ReplicaEndpoint Endpoint { get; }

    /// <summary>The channel of the call and its reply.</summary>
    public ReplicaChannel Channel { get; }

    /// <summary>The id by which the replica knows the call.</summary>
    public long Id { get; }

    /// <summary>Cancelled when the caller gives up or the call is lost.</summary>
    public CancellationToken Token { get; }

    /// <summary>When it began, as a timestamp.</summary>
    public long BegunAt { get; }

    /// <summary>When it began or was last checked. For <see cref="CallWatch"/> only.</summary>
    public long CheckedAt { get; set; }

    /// <summary>True if the call is lost.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Gives the call up as lost, which releases its caller. False if it has ended.</summary>
    public bool Abandon()
    {
        lock (gate)
        {
            if (hasEnded)
            {
                return false;
            }

            IsAbandoned = true;
            giveUp.Cancel();
            return true;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            hasEnded = true;
            giveUp.Dispose();
        }

        watch.End(this);
    }
}

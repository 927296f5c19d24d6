using Krewe.Client.Endpoints;

namespace Krewe.Client.Watching;

/// <summary>One call that is asked after while it is under way. Disposed by its caller when it is over.</summary>
internal sealed class WatchedCall : IDisposable
{
    private readonly CallWatch watch;
    private readonly CancellationTokenSource giveUp;
    private readonly Lock gate = new();
    private bool isOver;

    public WatchedCall(CallWatch watch, ReplicaEndpoint line, long id, long begunAt, CancellationToken caller)
    {
        (this.watch, Line, Channel, Id, BegunAt, AskedAt) = (watch, line, line.Channel, id, begunAt, begunAt);
        giveUp = CancellationTokenSource.CreateLinkedTokenSource(caller);
        Token = giveUp.Token;
    }

    public ReplicaEndpoint Line { get; }

    /// <summary>The way it takes, and its answer.</summary>
    public ReplicaChannel Channel { get; }

    /// <summary>The mark under which the replica knows the call.</summary>
    public long Id { get; }

    /// <summary>Cancelled when the caller goes away, and when the call is lost.</summary>
    public CancellationToken Token { get; }

    /// <summary>When it began, as a timestamp.</summary>
    public long BegunAt { get; }

    /// <summary>When it began or was asked after last. For the watch alone.</summary>
    public long AskedAt { get; set; }

    /// <summary>Nobody knew of it any more.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>The call is lost: whoever waits for it is let go. False where it is over already.</summary>
    public bool Abandon()
    {
        lock (gate)
        {
            if (isOver)
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
            isOver = true;
            giveUp.Dispose();
        }

        watch.End(this);
    }
}

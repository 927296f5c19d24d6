using System.Collections.Concurrent;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces.Tests;

/// <summary>
/// A replica that does what a test says. Like Orleans it lets a caller go at once when the token is cancelled, whatever the replica does.
/// </summary>
internal sealed class FakeReplica(ReplicaId id) : IReplicaGrain
{
    public ReplicaId Id { get; } = id;

    /// <summary>Answers a call; by default at once.</summary>
    public Func<InferenceRequest, long, CancellationToken, Task<ReplicaReply>> OnInfer { get; set; } =
        (request, _, _) => Task.FromResult(Replies.Answer(request));

    public Func<long, Task<bool>> OnAsked { get; set; } = _ => Task.FromResult(true);

    public Func<Task<ReplicaReply>> OnLoad { get; set; } = () => Task.FromResult(Replies.Loaded());

    /// <summary>The calls that came, in order.</summary>
    public ConcurrentQueue<InferenceRequest> Calls { get; } = [];

    /// <summary>The marks that were asked after.</summary>
    public ConcurrentQueue<long> Asked { get; } = [];

    public int Loads => loads;

    private int loads;

    public Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken)
    {
        Calls.Enqueue(request);
        return OnInfer(request, callId, cancellationToken).WaitAsync(cancellationToken);
    }

    public Task<bool> IsRunningAsync(long callId)
    {
        Asked.Enqueue(callId);
        return OnAsked(callId);
    }

    public Task<ReplicaReply> LoadAsync()
    {
        Interlocked.Increment(ref loads);
        return OnLoad();
    }

    public Task RetireAsync() => Task.CompletedTask;
}

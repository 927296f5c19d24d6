using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Tests.Routing.Fakes;

/// <summary>
/// A replica that does what a test says. Like Orleans it lets a caller go at once when the token is cancelled, whatever the replica does.
/// </summary>
internal sealed class FakeReplica(ReplicaId id) : IReplicaGrain
{
    public ReplicaId Id { get; } = id;

    /// <summary>Answers a call; by default at once.</summary>
    public Func<InferenceRequest, long, CancellationToken, Task<ReplicaReply>> OnInfer { get; set; } =
        (request, _, _) => Task.FromResult(Replies.Answer(request));

    /// <summary>Whether a call is under way here; 0 for a question after none.</summary>
    public Func<long, Task<bool>> OnAsked { get; set; } = _ => Task.FromResult(true);

    public Func<Task<ReplicaReply>> OnLoad { get; set; } = () => Task.FromResult(Replies.Loaded());

    /// <summary>The calls that came, in order.</summary>
    public ConcurrentQueue<InferenceRequest> Calls { get; } = [];

    /// <summary>The questions, each with the marks of the calls that were asked after.</summary>
    public ConcurrentQueue<ImmutableArray<long>> Questions { get; } = [];

    public int Loads => loads;

    private int loads;

    public Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken)
    {
        Calls.Enqueue(request);
        return OnInfer(request, callId, cancellationToken).WaitAsync(cancellationToken);
    }

    public async Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds)
    {
        Questions.Enqueue(callIds);
        if (callIds.IsEmpty)
        {
            await OnAsked(0);
        }

        var known = await Task.WhenAll(callIds.Select(OnAsked));
        return [.. callIds.Where((_, i) => !known[i])];
    }

    public Task<ReplicaReply> LoadAsync()
    {
        Interlocked.Increment(ref loads);
        return OnLoad();
    }

    public Task RetireAsync() => Task.CompletedTask;
}

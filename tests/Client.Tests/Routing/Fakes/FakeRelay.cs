using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Tests.Routing.Fakes;

/// <summary>A silo that passes calls on to what a test gives it; to nobody until then.</summary>
internal sealed class FakeRelay : IRelayGrain
{
    /// <summary>The replica as this silo reaches it; null where it does not.</summary>
    public FakeReplica? Reaches { get; set; }

    /// <summary>The calls that came, in order.</summary>
    public ConcurrentQueue<InferenceRequest> Calls { get; } = [];

    public Task<ReplicaReply> InferAsync(ReplicaId replica, InferenceRequest request, long callId, CancellationToken cancellationToken)
    {
        Calls.Enqueue(request);
        return Reaches?.InferAsync(request, callId, cancellationToken) ?? Task.FromException<ReplicaReply>(Lost());
    }

    public Task<ImmutableArray<long>> FindUnknownAsync(ReplicaId replica, ImmutableArray<long> callIds) =>
        Reaches?.FindUnknownAsync(callIds) ?? Task.FromException<ImmutableArray<long>>(Lost());

    public Task<ReplicaReply> LoadAsync(ReplicaId replica) => Reaches?.LoadAsync() ?? Task.FromException<ReplicaReply>(Lost());

    public Task<RoutingTable?> ReadRoutesAsync(long knownSequence, RouteSubscriber reader) => throw new NotSupportedException();

    private static SiloUnavailableException Lost() => new("not from here either");
}

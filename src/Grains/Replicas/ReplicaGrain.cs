using System.Collections.Immutable;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Client.Settings;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Krewe.Grains.Silos;
using Krewe.Placement;
using Krewe.Serving.Node;
using Orleans.Placement;

namespace Krewe.Grains.Replicas;

/// <summary>
/// One replica of a version on this silo. Activation only registers it: the session is loaded by the first call, and
/// <see cref="ReplicaRegistry"/> deactivates the replica when the session is freed. Orleans' idle collection plays no part.
/// </summary>
[GrainType("krewe.replica"), ReplicaPlacement, Immovable, CollectionAgeLimit(Days = 1)]
internal sealed class ReplicaGrain : IReplicaGrain, IGrainBase
{
    private readonly IServingNode node;
    private readonly ReplicaRegistry registry;
    private readonly ReplicaServing serving;
    private readonly long maxAnswerBytes;
    private readonly TimeProvider time;
    private readonly ResidentReplica replica;

    public ReplicaGrain(
        IGrainContext context, IServingNode node, ReplicaRegistry registry, ReplicaServing serving, LocalNode local, NodeOptions options,
        MessageLimit messages, TimeProvider time)
    {
        (GrainContext, this.node, this.registry, this.serving) = (context, node, registry, serving);
        (maxAnswerBytes, this.time) = (messages.Apply(nameof(options.MaxAnswerBytes), options.MaxAnswerBytes), time);
        replica = new ResidentReplica(ReplicaId.Parse(context.GrainId.Key.ToString()!), context, local.IsDraining, serving, time);
    }

    public IGrainContext GrainContext { get; }

    private ModelId Model => replica.Id.Model;

    public Task OnActivateAsync(CancellationToken token)
    {
        registry.Add(replica);
        return Task.CompletedTask;
    }

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token)
    {
        registry.Remove(replica);
        if (replica.IsRetired && !registry.Of(Model).Any())
        {
            try
            {
                await node.ReleaseAsync(Model, token);
            }
            catch (OperationCanceledException)
            {
                // Its last calls outlast the deactivation timeout; memory is freed after them.
            }
        }
    }

    public async Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken)
    {
        using var span = CallTrace.Receive(replica.Id);
        using var call = new InferenceCall(request, time, cancellationToken);

        // A control call is answered by the version beside the replica's own.
        call.Version = call.Beside is null ? Model.Version : call.Version ?? Model.Version;
        var answerBytes = 0L;
        replica.Begin(callId);
        try
        {
            var reply = await serving.InferAsync(replica, call);
            if (reply.Response is not { } response)
            {
                return reply;
            }

            answerBytes = ReplicaFaults.SizeOf(response);
            if (ReplicaFaults.TooLarge(response, maxAnswerBytes) is { } tooLarge)
            {
                response.Dispose();
                return serving.Reply(replica, tooLarge);
            }

            return reply;
        }
        finally
        {
            replica.Forget(callId, answerBytes);
            ReceivedMemory.Release(request);
        }
    }

    public Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) =>
        Task.FromResult(callIds.RemoveAll(replica.IsRunning));

    public Task<ReplicaReply> LoadAsync()
    {
        replica.Begin();
        return serving.LoadAsync(replica);
    }

    public Task RetireAsync()
    {
        replica.Retire();
        return Task.CompletedTask;
    }
}

using System.Collections.Immutable;
using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
using Krewe.Serving;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace Krewe.Grains;

/// <summary>
/// One serving copy of a version on this silo. Its activation does nothing but register: the session comes with the first call and
/// goes when <see cref="ReplicaRegistry"/> hears that it was freed. How long Orleans keeps idle activations is therefore of no account.
/// </summary>
[GrainType("krewe.replica"), ReplicaPlacement, Immovable, CollectionAgeLimit(Days = 1)]
internal sealed partial class ReplicaGrain : IReplicaGrain, IGrainBase
{
    private readonly IServingNode node;
    private readonly ReplicaRegistry registry;
    private readonly ReplicaServing serving;
    private readonly NodeOptions options;
    private readonly TimeProvider time;
    private readonly ResidentReplica replica;
    private readonly ILogger<ReplicaGrain> logger;

    public ReplicaGrain(
        IGrainContext context, IServingNode node, ReplicaRegistry registry, ReplicaServing serving, LocalNode local, NodeOptions options,
        TimeProvider time, ILogger<ReplicaGrain> logger)
    {
        (GrainContext, this.node, this.registry, this.serving) = (context, node, registry, serving);
        (this.options, this.time, this.logger) = (options, time, logger);
        replica = new ResidentReplica(ReplicaId.Parse(context.GrainId.Key.ToString()!), context, local.IsDraining, serving, time);
    }

    public IGrainContext GrainContext { get; }

    private ModelId Model => replica.Id.Model;

    public Task OnActivateAsync(CancellationToken token)
    {
        registry.Add(replica);
        return Task.CompletedTask;
    }

    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token)
    {
        registry.Remove(replica);
        if (replica.IsRetired && !registry.Of(Model).Any())
        {
            _ = ReleaseAsync();
        }

        return Task.CompletedTask;
    }

    public async Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken)
    {
        using var deadline = new CallDeadline(request.Timeout, time, cancellationToken);
        var answerBytes = 0L;
        replica.Begin(callId);
        try
        {
            var reply = await serving.InferAsync(replica, request, deadline.Token);
            if (reply.Response is not { } response)
            {
                return deadline.HasPassed && reply.Fault is { Code: KreweErrorCode.Cancelled }
                    ? serving.Reply(replica, ReplicaFault.Of(deadline.TooLate(Model.ToString())))
                    : reply;
            }

            answerBytes = ReplicaFaults.SizeOf(response);
            if (ReplicaFaults.OfSize(response, answerBytes, options.MaxAnswerBytes) is { } tooLarge)
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

    private async Task ReleaseAsync()
    {
        try
        {
            await node.ReleaseAsync(Model, CancellationToken.None);
        }
        catch (Exception error)
        {
            LogReleaseFailed(error, Model);
        }
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Warning, Message = "Model {Model} stays in memory: its memory could not be given back")]
    private partial void LogReleaseFailed(Exception error, ModelId model);
}

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
    private readonly LocalLoads loads;
    private readonly IClusterViewSource views;
    private readonly NodeOptions options;
    private readonly ResidentReplica replica;
    private readonly SiloAddress silo;
    private readonly string siloText;
    private readonly ILogger<ReplicaGrain> logger;

    public ReplicaGrain(
        IGrainContext context, IServingNode node, ReplicaRegistry registry, LocalLoads loads, LocalNode local, IClusterViewSource views,
        NodeOptions options, TimeProvider time, ILogger<ReplicaGrain> logger)
    {
        (GrainContext, this.node, this.registry, this.loads) = (context, node, registry, loads);
        (this.views, this.options, this.logger) = (views, options, logger);
        silo = local.Address;
        siloText = silo.ToParsableString();
        replica = new ResidentReplica(ReplicaId.Parse(context.GrainId.Key.ToString()!), context, local.IsDraining, time);
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
        var answerBytes = 0L;
        replica.Begin(callId);
        try
        {
            if (replica.IsLate && TryMove())
            {
                return Reply(new ReplicaFault(KreweErrorCode.Unavailable, "the silo is stopping", TimeSpan.Zero, true));
            }

            var response = await node.Host.InferAsync(request, cancellationToken);
            answerBytes = ReplicaFaults.SizeOf(response);
            if (ReplicaFaults.OfSize(response, answerBytes, options.MaxAnswerBytes) is { } tooLarge)
            {
                response.Dispose();
                return Reply(tooLarge);
            }

            return new ReplicaReply { Response = response, Silo = siloText, Replicas = registry.CountOf(Model) };
        }
        catch (Exception error)
        {
            // The host has logged what is unexpected.
            return Fail(error, mayMove: !request.IsBackground && request.Beside is null);
        }
        finally
        {
            replica.End(callId, answerBytes);
            ReceivedMemory.Release(request);
        }
    }

    public Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) =>
        Task.FromResult(callIds.RemoveAll(replica.IsRunning));

    public async Task<ReplicaReply> LoadAsync()
    {
        replica.Begin(0);
        try
        {
            await loads.LoadAsync(Model, CancellationToken.None);
            return Reply(null);
        }
        catch (Exception error)
        {
            return Fail(error, mayMove: true);
        }
        finally
        {
            replica.End(0);
        }
    }

    public Task RetireAsync()
    {
        replica.IsRetired = true;
        replica.Deactivate("there are fewer replicas now");
        return Task.CompletedTask;
    }

    /// <summary>
    /// Where this silo cannot serve the version and another could, the replica goes there, and the caller's next try with it. A caller
    /// of a version that is out everywhere has not seen that yet.
    /// </summary>
    private ReplicaReply Fail(Exception error, bool mayMove)
    {
        var fault = ReplicaFaults.Of(error);
        if (!ReplicaFaults.IsOfSilo(fault.Code))
        {
            return Reply(fault);
        }

        return Reply(loads.IsOut(Model) ? fault with { IsPictureOld = true }
            : mayMove && !registry.IsInMemory(Model) ? fault with { TryElsewhere = TryMove() }
            : fault);
    }

    private bool TryMove()
    {
        if (OtherNodes.Choose(views, replica.Id, silo) is not { } target)
        {
            return false;
        }

        views.Expect(replica.Id, target);
        replica.MoveTo(target);
        return true;
    }

    private ReplicaReply Reply(ReplicaFault? fault) => new() { Fault = fault, Silo = siloText, Replicas = registry.CountOf(Model) };

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
}

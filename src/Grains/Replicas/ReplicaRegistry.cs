using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Client.Endpoints;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Serving.Node;

namespace Krewe.Grains.Replicas;

/// <summary>
/// The replicas on this silo. A replica lives where its session is: when a session leaves memory, its idle replicas deactivate, and the
/// next call is placed where memory is free. Thread-safe.
/// </summary>
public sealed class ReplicaRegistry : ILocalReplicas, IDisposable
{
    private readonly ConcurrentDictionary<ReplicaId, ResidentReplica> replicas = new();
    private readonly ConcurrentDictionary<ResidentReplica, byte> leaving = new();
    private readonly ConcurrentDictionary<ModelId, byte> sessions = new();
    private readonly ConcurrentDictionary<ModelId, int> counts = new();
    private readonly IServingNode node;
    private long sequence = 1;

    public ReplicaRegistry(IServingNode node)
    {
        this.node = node;
        node.SessionLoaded += OnLoaded;
        node.SessionFreed += OnFreed;
        foreach (var model in node.ReadSessions())
        {
            sessions.TryAdd(model, 0);
        }
    }

    /// <summary>Grows when a replica or session is added or removed.</summary>
    public long Sequence => Volatile.Read(ref sequence);

    /// <summary>The replicas, in no order.</summary>
    public IEnumerable<ResidentReplica> All => replicas.Values;

    /// <summary>
    /// Calls under way in all replicas, including deactivated ones: local calls without a message do not keep an activation alive.
    /// </summary>
    public int Running => replicas.Values.Concat(leaving.Keys).Sum(replica => replica.Running);

    /// <summary>Whether the version is in this process's memory.</summary>
    public bool IsInMemory(ModelId model) => sessions.ContainsKey(model);

    /// <summary>The replicas' ids, ordered.</summary>
    public ImmutableArray<ReplicaId> ReadReplicas() =>
        [.. replicas.Keys.OrderBy(replica => replica.Model).ThenBy(replica => replica.Index)];

    public ILocalReplica? Find(ReplicaId replica) => replicas.GetValueOrDefault(replica);

    /// <summary>The replicas of one version.</summary>
    public IEnumerable<ResidentReplica> Of(ModelId model) => replicas.Values.Where(replica => replica.Id.Model == model);

    /// <summary>How many replicas callers choose from, as last reported; 0 if unknown.</summary>
    public int CountOf(ModelId model) => counts.GetValueOrDefault(model);

    /// <summary>Updates how many replicas callers choose from.</summary>
    public void Learn(ModelId model, int count) => counts[model] = count;

    /// <summary>Adds an activated replica.</summary>
    public void Add(ResidentReplica replica)
    {
        replicas[replica.Id] = replica;
        Interlocked.Increment(ref sequence);
    }

    /// <summary>Removes a deactivated replica.</summary>
    public void Remove(ResidentReplica replica)
    {
        replica.Leave();
        leaving.TryAdd(replica, 0);
        foreach (var gone in leaving.Keys.Where(gone => gone.Running == 0))
        {
            leaving.TryRemove(gone, out _);
        }

        if (replicas.TryRemove(KeyValuePair.Create(replica.Id, replica)))
        {
            Interlocked.Increment(ref sequence);
        }

        if (!Of(replica.Id.Model).Any())
        {
            counts.TryRemove(replica.Id.Model, out _);
        }
    }

    public void Dispose()
    {
        node.SessionLoaded -= OnLoaded;
        node.SessionFreed -= OnFreed;
    }

    private void OnLoaded(ModelId model)
    {
        sessions.TryAdd(model, 0);
        Interlocked.Increment(ref sequence);
    }

    private void OnFreed(ModelId model)
    {
        sessions.TryRemove(model, out _);
        Interlocked.Increment(ref sequence);

        // The event is raised under the locks of the code that freed the session.
        ThreadPool.UnsafeQueueUserWorkItem(
            static state => state.Registry.EndIdle(state.Model), (Registry: this, Model: model), preferLocal: false);
    }

    /// <summary>A replica with calls under way stays: they load the version again.</summary>
    private void EndIdle(ModelId model)
    {
        foreach (var replica in Of(model).Where(_ => !IsInMemory(model)))
        {
            replica.DeactivateIdle("its session left memory");
        }
    }
}

using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Monitoring;

/// <summary>
/// Placements made in this process that no report shows yet, so that those made between two polls do not all choose the silo with the most
/// free memory. Bounded in time and number.
/// </summary>
internal sealed class PendingPlacements(TimeProvider time, TimeSpan life, int most)
{
    private readonly Lock gate = new();
    private readonly Queue<Expectation> inOrder = new();
    private readonly Dictionary<ReplicaId, Expectation> byReplica = [];
    private readonly Dictionary<ModelId, List<Expectation>> byModel = [];
    private readonly Dictionary<SiloAddress, (long Bytes, int Replicas)> bySilo = [];

    /// <summary>Adds a placement with its estimated bytes.</summary>
    public void Add(ReplicaId replica, SiloAddress silo, long bytes)
    {
        lock (gate)
        {
            Forget(replica);
            DropOld(most - 1);
            var expectation = new Expectation(replica, silo, bytes, time.GetTimestamp());
            inOrder.Enqueue(expectation);
            byReplica.Add(replica, expectation);
            (byModel.TryGetValue(replica.Model, out var siblings) ? siblings : byModel[replica.Model] = []).Add(expectation);
            Count(silo, bytes, 1);
        }
    }

    /// <summary>The silo of a pending placement.</summary>
    public SiloAddress? Find(ReplicaId replica)
    {
        lock (gate)
        {
            DropOld(most);
            return byReplica.GetValueOrDefault(replica)?.Silo;
        }
    }

    /// <summary>The silos of a version's pending placements, one per replica.</summary>
    public IReadOnlyCollection<SiloAddress> At(ModelId model)
    {
        lock (gate)
        {
            DropOld(most);
            return byModel.TryGetValue(model, out var siblings) ? siblings.ConvertAll(sibling => sibling.Silo) : [];
        }
    }

    /// <summary>The pending placements on a silo.</summary>
    public (long Bytes, int Replicas) On(SiloAddress silo)
    {
        lock (gate)
        {
            DropOld(most);
            return bySilo.GetValueOrDefault(silo);
        }
    }

    /// <summary>Drops placements that the reports show, expired ones, and those on silos that are gone.</summary>
    public void Settle(IReadOnlyCollection<NodeSnapshot> nodes)
    {
        lock (gate)
        {
            DropOld(most);
            if (byReplica.Count == 0)
            {
                return;
            }

            var known = nodes.ToDictionary(node => node.Address);
            var shown = byReplica.Values
                .Where(one => !known.TryGetValue(one.Silo, out var node) || node.Replicas.Contains(one.Replica))
                .Select(one => one.Replica)
                .ToArray();
            Array.ForEach(shown, Forget);
        }
    }

    private void DropOld(int keep)
    {
        while (inOrder.TryPeek(out var oldest) && (
            oldest.IsForgotten || byReplica.Count > keep || time.GetElapsedTime(oldest.Since) >= life))
        {
            Forget(oldest);
            inOrder.Dequeue();
        }
    }

    private void Forget(ReplicaId replica)
    {
        if (byReplica.TryGetValue(replica, out var expectation))
        {
            Forget(expectation);
        }
    }

    private void Forget(Expectation expectation)
    {
        if (expectation.IsForgotten)
        {
            return;
        }

        expectation.IsForgotten = true;
        byReplica.Remove(expectation.Replica);
        Count(expectation.Silo, -expectation.Bytes, -1);
        var siblings = byModel[expectation.Replica.Model];
        siblings.Remove(expectation);
        if (siblings.Count == 0)
        {
            byModel.Remove(expectation.Replica.Model);
        }
    }

    private void Count(SiloAddress silo, long bytes, int replicas)
    {
        var (knownBytes, knownReplicas) = bySilo.GetValueOrDefault(silo);
        if (knownReplicas + replicas == 0)
        {
            bySilo.Remove(silo);
        }
        else
        {
            bySilo[silo] = (knownBytes + bytes, knownReplicas + replicas);
        }
    }

    private sealed class Expectation(ReplicaId replica, SiloAddress silo, long bytes, long since)
    {
        public ReplicaId Replica { get; } = replica;

        public SiloAddress Silo { get; } = silo;

        public long Bytes { get; } = bytes;

        public long Since { get; } = since;

        public bool IsForgotten { get; set; }
    }
}

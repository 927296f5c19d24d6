using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Client.Tests.Monitoring;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Tests.Placement;

/// <summary>A silo that loads and evicts by least recent use, and reports what it has.</summary>
internal sealed class SimulatedSilo(int number, long budget, CatalogEntry[] catalog)
{
    private readonly LinkedList<(ModelId Model, long Bytes)> byUse = new();
    private readonly Dictionary<ModelId, LinkedListNode<(ModelId Model, long Bytes)>> sessions = [];
    private long sequence;

    public int Number => number;

    public long Used { get; private set; }

    public int Calls { get; private set; }

    public int Loads { get; private set; }

    public bool Holds(ModelId model) => sessions.ContainsKey(model);

    public void Call(ModelId model, long bytes)
    {
        Calls++;
        if (sessions.TryGetValue(model, out var known))
        {
            byUse.Remove(known);
            byUse.AddLast(known);
            return;
        }

        Loads++;
        sequence++;
        while (Used + bytes > budget)
        {
            var (oldest, freed) = byUse.First!.Value;
            byUse.RemoveFirst();
            sessions.Remove(oldest);
            Used -= freed;
        }

        sessions.Add(model, byUse.AddLast((model, bytes)));
        Used += bytes;
    }

    public NodeSnapshot Report(NodeSnapshot? before) => NodeSnapshot.Of(
        TestNodes.Silo(number),
        TestNodes.Report(number) with
        {
            BudgetBytes = budget,
            UsedBytes = Used,
            Catalog = before is null ? [.. catalog] : default,
            ResidentSequence = sequence,
            Sessions = [.. sessions.Keys],
            Replicas = [.. sessions.Keys.Select(model => new ReplicaId(model, 0))],
        },
        before);
}

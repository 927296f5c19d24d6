using System.Collections.Concurrent;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Counting;

/// <summary>Rollouts that this process sent back by itself, by model and by what sent them; safe from any thread.</summary>
public sealed class RollbackCounter
{
    private const string WarmUp = "warm_up";
    private readonly ConcurrentDictionary<(ModelName Model, string Guard), long> rollbacks = new();

    /// <summary>One went back: a guard sent it, or where that is null its new version could not be warmed up.</summary>
    public void Add(ModelName model, GuardKind? guard) =>
        rollbacks.AddOrUpdate((model, guard is { } kind ? RolloutWords.Name(kind) : WarmUp), 1, static (_, count) => count + 1);

    /// <summary>A reading.</summary>
    public IEnumerable<(ModelName Model, string Guard, long Count)> Read() =>
        rollbacks.Select(static pair => (pair.Key.Model, pair.Key.Guard, pair.Value));
}

using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.States;

/// <summary>
/// A model's durable traffic decisions: aliases, rollout, retired versions, history. Immutable; a change makes the next revision.
/// </summary>
public sealed record ModelTraffic
{
    /// <summary>
    /// The alias that serves callers who name no version. If it is not set, that is the newest version that can serve.
    /// </summary>
    public const string Prod = "prod";

    /// <summary>The alias of the newest version that can serve, unless it is set to another.</summary>
    public const string Latest = "latest";

    /// <summary>The maximum length of the history; older changes are dropped.</summary>
    public const int MaxHistory = 500;

    /// <summary>The maximum number of aliases of one model.</summary>
    public const int MaxAliases = 100;

    /// <summary>Without any decision.</summary>
    public static ModelTraffic None { get; } = new();

    /// <summary>Incremented by every change.</summary>
    [JsonPropertyName("revision")]
    public long Revision { get; init; }

    /// <summary>Aliases that are set.</summary>
    [JsonPropertyName("aliases")]
    public ImmutableSortedDictionary<string, ModelVersion> Aliases { get; init; } = ImmutableSortedDictionary.Create<string, ModelVersion>(
        StringComparer.Ordinal);

    /// <summary>The active rollout, or the last one; null before the first.</summary>
    [JsonPropertyName("rollout")]
    public Rollout? Rollout { get; init; }

    /// <summary>Versions that are being deleted and get no new calls.</summary>
    [JsonPropertyName("retired")]
    public ImmutableSortedSet<ModelVersion> Retired { get; init; } = [];

    /// <summary>The history of changes, oldest first.</summary>
    [JsonPropertyName("history")]
    public ImmutableArray<HistoryEntry> History { get; init; } = [];

    /// <summary>The active rollout; null for none.</summary>
    public Rollout? ActiveRollout => Rollout is { } rollout && rollout.Phase.IsUnderWay() ? rollout : null;

    /// <summary>Versions that stay in memory: those of an active rollout.</summary>
    [JsonPropertyName("keptWarm")]
    public IEnumerable<ModelVersion> KeptWarm =>
        ActiveRollout is { Plan.ReplicaByReplica: false } rollout ? [rollout.From, rollout.Plan.Version] : [];

    /// <summary>Why a version must not be deleted, and what to do first; null if nothing names it.</summary>
    public string? FindUse(ModelVersion version)
    {
        if (ActiveRollout is { } rollout && (rollout.From == version || rollout.Plan.Version == version))
        {
            return $"the rollout from version {rollout.From} to version {rollout.Plan.Version} needs it: "
                + $"{(rollout.Phase == RolloutPhase.KeepingWarm ? RolloutWords.EndKeepWarm(rollout) : "wait until it ends, or abort it")}";
        }

        var names = Aliases.Where(alias => alias.Value == version).Select(alias => $"'{alias.Key}'").ToArray();
        return names.Length == 0 ? null
            : $"the alias{(names.Length > 1 ? "es" : "")} {string.Join(", ", names)} name{(names.Length > 1 ? "" : "s")} it: point "
                + $"{(names.Length > 1 ? "them" : "it")} to another version first";
    }
}

using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.States;

/// <summary>
/// Everything that was decided about a model's traffic; durable. Immutable, a change makes the next revision.
/// </summary>
public sealed record ModelTraffic
{
    /// <summary>
    /// The alias of what callers get who name no version. Where it is not set, that is the newest version that can serve.
    /// </summary>
    public const string Prod = "prod";

    /// <summary>The alias of the newest version that can serve, where it is not set to another.</summary>
    public const string Latest = "latest";

    /// <summary>Changes that are remembered; older ones are forgotten.</summary>
    public const int MaxHistory = 500;

    /// <summary>The most aliases of one model.</summary>
    public const int MaxAliases = 100;

    /// <summary>Nothing was decided.</summary>
    public static ModelTraffic None { get; } = new();

    /// <summary>Grows by one with every change.</summary>
    [JsonPropertyName("revision")]
    public long Revision { get; init; }

    /// <summary>The aliases that were set.</summary>
    [JsonPropertyName("aliases")]
    public ImmutableSortedDictionary<string, ModelVersion> Aliases { get; init; } = ImmutableSortedDictionary.Create<string, ModelVersion>(
        StringComparer.Ordinal);

    /// <summary>The rollout under way, or the last one; null before the first.</summary>
    [JsonPropertyName("rollout")]
    public Rollout? Rollout { get; init; }

    /// <summary>Versions that are being deleted: nobody is sent there any more.</summary>
    [JsonPropertyName("retired")]
    public ImmutableSortedSet<ModelVersion> Retired { get; init; } = [];

    /// <summary>The changes, oldest first.</summary>
    [JsonPropertyName("history")]
    public ImmutableArray<HistoryEntry> History { get; init; } = [];

    /// <summary>The rollout if it is under way.</summary>
    public Rollout? ActiveRollout => Rollout is { } rollout && rollout.Phase.IsUnderWay() ? rollout : null;

    /// <summary>Versions that are to stay in memory: those of a rollout under way.</summary>
    [JsonPropertyName("keptWarm")]
    public IEnumerable<ModelVersion> KeptWarm =>
        ActiveRollout is { Plan.ReplicaByReplica: false } rollout ? [rollout.From, rollout.Plan.Version] : [];

    /// <summary>Why a version must not be deleted, and what to do first; null where nothing names it.</summary>
    public string? FindUse(ModelVersion version)
    {
        if (ActiveRollout is { } rollout && (rollout.From == version || rollout.Plan.Version == version))
        {
            return $"the rollout from version {rollout.From} to version {rollout.Plan.Version} needs it: "
                + $"{(rollout.Phase == RolloutPhase.KeepingWarm ? RolloutWords.EndKeepWarm(rollout) : "wait for its end, or abort it")}";
        }

        var names = Aliases.Where(alias => alias.Value == version).Select(alias => $"'{alias.Key}'").ToArray();
        return names.Length == 0 ? null
            : $"the alias{(names.Length > 1 ? "es" : "")} {string.Join(", ", names)} name{(names.Length > 1 ? "" : "s")} it: point "
                + $"{(names.Length > 1 ? "them" : "it")} to another version first";
    }
}

using System.Diagnostics;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Api.Rollouts;

/// <summary>
/// Names of rollouts on the wire: request values in lower case, states in upper case.
/// </summary>
internal static class RolloutNames
{
    public const string Automatic = "automatic";
    public const string Manual = "manual";

    private static readonly (string, RolloutStrategy)[] StrategyWords = [.. Enum.GetValues<RolloutStrategy>().Select(
        static word => (Of(word), word))];
    private static readonly (string, RolloutCommand)[] ActionWords = [.. Enum.GetValues<RolloutCommand>().Select(
        static word => (Of(word), word))];

    private static readonly (string, bool)[] PromotionWords = [(Automatic, true), (Manual, false)];

    /// <summary>The strategies by name.</summary>
    public static ReadOnlySpan<(string, RolloutStrategy)> Strategies => StrategyWords;

    /// <summary>The commands by name.</summary>
    public static ReadOnlySpan<(string, RolloutCommand)> Actions => ActionWords;

    /// <summary>Automatic or manual promotion, by name.</summary>
    public static ReadOnlySpan<(string, bool)> Promotions => PromotionWords;

    public static string Of(RolloutStrategy strategy) => strategy switch
    {
        RolloutStrategy.Canary => "canary",
        RolloutStrategy.Shadow => "shadow",
        RolloutStrategy.BlueGreen => "blue_green",
        _ => throw new UnreachableException($"no strategy {strategy}"),
    };

    public static string Of(RolloutPhase phase) => phase switch
    {
        RolloutPhase.Warming => "WARMING",
        RolloutPhase.Running => "RUNNING",
        RolloutPhase.Paused => "PAUSED",
        RolloutPhase.AwaitingPromotion => "AWAITING_PROMOTION",
        RolloutPhase.KeepingWarm => "KEEPING_WARM",
        RolloutPhase.Promoted => "PROMOTED",
        RolloutPhase.RolledBack => "ROLLED_BACK",
        RolloutPhase.Aborted => "ABORTED",
        _ => throw new UnreachableException($"no phase {phase}"),
    };

    public static string Of(RolloutCommand command) => command switch
    {
        RolloutCommand.Pause => "pause",
        RolloutCommand.Resume => "resume",
        RolloutCommand.Promote => "promote",
        RolloutCommand.Abort => "abort",
        _ => throw new UnreachableException($"no command {command}"),
    };

    public static string Of(GuardKind guard) => RolloutWords.Name(guard);
}

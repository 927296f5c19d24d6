namespace Krewe.Member.Files;

/// <summary>How a state of our grains is kept in files.</summary>
/// <param name="Folder">The folder of its files; null where it is kept in memory only, because others' state makes it anew.</param>
/// <param name="IsDurable">
/// Whether a write is to survive the end of the machine, and fails where it cannot. Otherwise it survives that of the process, and is kept
/// in memory where files cannot be written.
/// </param>
/// <param name="IsDecision">Whether nobody may guess what cannot be read; otherwise it begins anew.</param>
internal sealed record StateKind(string? Folder, bool IsDurable, bool IsDecision)
{
    /// <summary>What was decided about a model.</summary>
    public static StateKind Decisions { get; } = new("models", IsDurable: true, IsDecision: true);

    /// <summary>What was counted under its rollout. A decision rests on it, and is written after it.</summary>
    public static StateKind Counts { get; } = new("rollouts", IsDurable: true, IsDecision: false);

    /// <summary>Loads under way: an intent is to outlive the process that it may end, and small models load by the thousand.</summary>
    public static StateKind Loads { get; } = new("loads", IsDurable: false, IsDecision: false);

    private static StateKind RouteBook { get; } = new(null, IsDurable: false, IsDecision: false);

    /// <summary>The kind of a state by the name that its grain gives it.</summary>
    public static StateKind Of(string stateName) => stateName switch
    {
        "route" => Decisions,
        "counts" => Counts,
        "loads" => Loads,
        "routes" => RouteBook,
        _ when stateName.StartsWith("routed-models-", StringComparison.Ordinal) => RouteBook,
        _ => new(stateName, IsDurable: true, IsDecision: true),
    };
}

namespace Krewe.Member.Files;

/// <summary>How a grain state is stored in files.</summary>
/// <param name="Folder">The folder of its files; null for memory only, if it can be rebuilt from other state.</param>
/// <param name="IsDurable">
/// True if a write must survive a power failure, and fails otherwise. False if it must survive the process only; it is kept in memory if
/// files cannot be written.
/// </param>
/// <param name="IsDecision">True if an unreadable state is an error; false if it starts over.</param>
internal sealed record StateKind(string? Folder, bool IsDurable, bool IsDecision)
{
    /// <summary>The decisions about a model.</summary>
    public static StateKind Decisions { get; } = new("models", IsDurable: true, IsDecision: true);

    /// <summary>The counts of its rollout, stored before the decision that rests on them.</summary>
    public static StateKind Counts { get; } = new("rollouts", IsDurable: true, IsDecision: false);

    /// <summary>Loads under way: the record must survive a crash of the process, and small models load by the thousand.</summary>
    public static StateKind Loads { get; } = new("loads", IsDurable: false, IsDecision: false);

    private static StateKind RoutingTable { get; } = new(null, IsDurable: false, IsDecision: false);

    /// <summary>The kind of a state, by its name in the grain.</summary>
    public static StateKind Of(string stateName) => stateName switch
    {
        "route" => Decisions,
        "counts" => Counts,
        "loads" => Loads,
        "routes" => RoutingTable,
        _ when stateName.StartsWith("routed-models-", StringComparison.Ordinal) => RoutingTable,
        _ => new(stateName, IsDurable: true, IsDecision: true),
    };
}

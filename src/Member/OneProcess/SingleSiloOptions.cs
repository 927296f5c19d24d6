namespace Krewe.Member.OneProcess;

/// <summary>Options of a single silo, which no other silo can join.</summary>
public sealed class SingleSiloOptions
{
    /// <summary>The folder of stored decisions.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The silo's name, for display. Crashes are recorded under it, so it must be the same after each start.</summary>
    public string SiloName { get; init; } = "krewe";

    /// <summary>The loopback port that Orleans requires. Every connection to it is closed unread.</summary>
    public required int EnginePort { get; init; }
}

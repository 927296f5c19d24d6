namespace Krewe.Member.OneProcess;

/// <summary>How one process is a silo by itself, which nobody joins.</summary>
public sealed class SingleSiloOptions
{
    /// <summary>Where decisions are kept.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The silo's name, for people. It is the same after each start: what happened to this silo is recorded under it.</summary>
    public string SiloName { get; init; } = "krewe";

    /// <summary>
    /// The port that the engine opens on loopback, as it cannot do without. Whoever connects is sent away, and nothing is read from it.
    /// </summary>
    public required int EnginePort { get; init; }
}

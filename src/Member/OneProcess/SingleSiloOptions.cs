namespace Krewe.Member.OneProcess;

/// <summary>Options of a single silo, which no other silo can join.</summary>
public sealed class SingleSiloOptions
{
    /// <summary>Where decisions are kept.</summary>
    public string StateFolder { get; set; } = "";

    /// <summary>The silo's name, for people. It is the same after each start: what happened to this silo is recorded under it.</summary>
    public string SiloName { get; set; } = "krewe";

    /// <summary>
    /// The port that the engine opens on loopback, as it cannot do without. Whoever connects is sent away, and nothing is read from it.
    /// </summary>
    public int EnginePort { get; set; }
}

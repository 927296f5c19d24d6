namespace Krewe.Member.OneProcess;

/// <summary>Options of a single silo, which no other silo can join.</summary>
public sealed class SingleSiloOptions
{
    /// <summary>Where decisions are kept.</summary>
    public string StateFolder { get; set; } = "";

    /// <summary>The silo's name, for people. It is the same after each start: what happened to this silo is recorded under it.</summary>
    public string SiloName { get; set; } = "krewe";

    /// <summary>
    /// The port that Orleans always opens, on loopback. Connections are closed without reading from them.
    /// </summary>
    public int EnginePort { get; set; }
}

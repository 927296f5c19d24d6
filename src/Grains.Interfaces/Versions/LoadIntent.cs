namespace Krewe.Grains.Interfaces.Versions;

/// <summary>A silo's intent to load a version.</summary>
/// <param name="Silo">The silo, with its generation, as <see cref="SiloAddress.ToParsableString"/> writes it.</param>
/// <param name="SiloName">The silo's name, for display.</param>
/// <param name="Artifact">A fingerprint of the files by size and time; a changed artifact starts with a clean record.</param>
/// <param name="Alone">True if the silo loads nothing else meanwhile. A suspect's intent is recorded only then, so that a crash is
/// attributed to it alone.</param>
/// <param name="Process">Names the file that says what was under way if the silo ends; empty if there is none.</param>
[GenerateSerializer, Immutable, Alias("krewe.load-intent")]
public sealed record LoadIntent(
    [property: Id(0)] string Silo, [property: Id(1)] string SiloName, [property: Id(2)] string Artifact,
    [property: Id(3)] bool Alone = false, [property: Id(4)] string Process = "");

/// <summary>Whether a version may be loaded.</summary>
/// <param name="Allowed">False for a quarantined version.</param>
/// <param name="Suspect">True if it has crashed a process before: load it exclusively, so that a crash is attributed to it.</param>
/// <param name="Reason">Why it may not be loaded.</param>
[GenerateSerializer, Immutable, Alias("krewe.load-verdict")]
public sealed record LoadVerdict([property: Id(0)] bool Allowed, [property: Id(1)] bool Suspect, [property: Id(2)] string Reason);

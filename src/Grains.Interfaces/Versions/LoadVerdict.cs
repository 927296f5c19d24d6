namespace Krewe.Grains.Interfaces;

/// <summary>Whether a version may be loaded.</summary>
/// <param name="Allowed">False for a quarantined version.</param>
/// <param name="Suspect">It has taken a process down before: load it while nothing else loads, so that only it can be blamed.</param>
/// <param name="Reason">Why it may not be loaded.</param>
[GenerateSerializer, Immutable, Alias("krewe.load-verdict")]
public sealed record LoadVerdict([property: Id(0)] bool Allowed, [property: Id(1)] bool Suspect, [property: Id(2)] string Reason);

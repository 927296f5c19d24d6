namespace Krewe.Grains;

/// <summary>A process that ended while it loaded the version.</summary>
/// <param name="SiloName">The silo's name.</param>
/// <param name="At">When that was found out.</param>
[GenerateSerializer, Immutable, Alias("krewe.load-death")]
internal sealed record LoadDeath([property: Id(0)] string SiloName, [property: Id(1)] DateTimeOffset At);

namespace Krewe.Grains;

/// <summary>A load whose end was not heard of yet.</summary>
/// <param name="Silo">The silo with its generation.</param>
/// <param name="SiloName">Its name.</param>
[GenerateSerializer, Immutable, Alias("krewe.open-load")]
internal sealed record OpenLoad([property: Id(0)] string Silo, [property: Id(1)] string SiloName);
